"""A demo that runs: who signs in there, asks, and is mailed."""

import re
import time
from pathlib import Path

import requests


class Demo:
    """A running demo, and how to sign in there."""

    def __init__(self, url, logins, mails):
        self.url, self.logins, self.mails = url, logins, Path(mails)
        self.tokens, self.read, self.mailed = {}, set(), {}

    def sign_in(self, role):
        """A new session of who plays the role: its access token; None for anyone."""
        return self.token_of(*self.logins[role]) if role in self.logins else None

    def token_of(self, address, password):
        """An access token of a new session."""
        answer = requests.post(f"{self.url}/api/v1/auth/login", json={"email": address, "password": password}, timeout=10)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def token(self, role):
        """The access token of the one session in which the role asks."""
        if role not in self.tokens:
            self.tokens[role] = self.sign_in(role)
        return self.tokens[role]

    def ask(self, method, path, body=None, role="secretariat", etag=None):
        """An answer to who plays the role."""
        token = self.token(role)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"If-Match": etag} if etag else {}
        return requests.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=10)

    def items(self, path, role="secretariat"):
        """A list's first page; none where there is no such list."""
        answer = self.ask("GET", path, role=role)
        return answer.json()["items"] if answer.ok else []

    def mailed_tokens(self):
        """The tokens of all mails so far, by the page that their link leads to. A mail does not change: each is read once, and not parsed,
        which would take longer than all requests."""
        for file in sorted(self.mails.glob("*.eml")):
            if file.name not in self.read:
                self.read.add(file.name)
                lines = re.sub(rb"=\r?\n", b"", file.read_bytes())
                for page, token in re.findall(rb"/([a-z-]+)\?token=(?:3D)?([\w-]{43})\r?\n", lines):
                    self.mailed.setdefault(page.decode(), []).append(token.decode())
        return self.mailed

    def awaited(self, page, number):
        """So many tokens: the worker sends mails twice a second."""
        for _ in range(200):
            if len(self.mailed_tokens().get(page, [])) >= number:
                return self.mailed[page]
            time.sleep(0.1)
        raise TimeoutError(f"of {number} mails that lead to {page} some did not come")
