"""Makes what the demo has none of: open requests, links in mails, a public round, drafts."""

from datetime import UTC, date, datetime, timedelta

PASSWORD = "four words make one 7"


def prepare(demo, role):
    """What is made for the role itself is made by the secretariat, as the rest."""
    demo.ask("POST", "/webhooks", {"url": "https://told.invalid", "kinds": ["supporter.endorsed"]})
    invited = ["guest@demo.example"] + ([demo.logins[role][0]] if role in demo.logins else [])
    for address in invited:
        demo.ask("POST", "/supporters/demo-cloud-company/invitations", {"email": address, "role": "representative"})
        demo.ask("POST", "/groups/101/invitations", {"email": address, "role": "observer", "body": "Guests"})
    demo.ask("POST", "/supporters/demo-university/affiliation-requests", {}, role="person")
    demo.ask("POST", "/me/calendar-feed", role="member")
    year = date.today().year + 9
    days = {"starts_on": f"{year}-11-11", "ends_on": f"{year}-11-13"}
    demo.ask("POST", "/forum-editions", {"name": "Made up", "city": "Paris", "country": "FR", **days})
    rounds(demo)
    applications(demo)
    accounts(demo)


def rounds(demo):
    """A draft, and a round in which everybody may take part."""
    now = datetime.now(UTC)
    question = {"questions": [{"kind": "text", "prompt": "Why?"}]}
    hours = {"opens_at": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}", "closes_at": f"{now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"}
    for title in ("A draft", "A public round"):
        made = demo.ask("POST", "/consultations", {"scope": "call", "title": title, "audience": "public", **hours}).json()
        path = f"/consultations/{made['id']}"
        demo.ask("PUT", f"{path}/questions", question, etag=demo.ask("GET", f"{path}/questions").headers["ETag"])
    for status in ("scheduled", "open"):
        demo.ask("POST", f"{path}/transitions", {"to": status})
    asked = demo.ask("GET", f"{path}/questions").json()["questions"][0]["id"]
    for number in range(4):
        body = {"email": f"says-{number}@demo.example", "answers": [{"question_id": asked, "value": "Because."}]}
        demo.ask("POST", f"{path}/public-contributions", body, role="anyone")
    for token in demo.awaited("confirm-contribution", 4)[:2]:
        demo.ask("POST", f"{path}/public-contributions/confirm", {"token": token}, role="anyone")


def applications(demo):
    for number in range(6):
        name = f"Applicant {number}"
        contact = {"name": name, "email": f"applies-{number}@demo.example", "job_title": "Head", "authorised": True}
        body = {"name": name, "sector": "academia", "kind": "university", "country": "FR", "contact": contact}
        demo.ask("POST", "/supporter-applications", body, role="anyone")
    for token in demo.awaited("confirm-application", 6)[:4]:
        demo.ask("POST", "/supporter-applications/confirm", {"token": token}, role="anyone")


def accounts(demo):
    """New ones: some not confirmed, some that ask for another password, and some with another address."""

    def register(name):
        body = {"email": f"{name}@demo.example", "password": PASSWORD, "display_name": name}
        demo.ask("POST", "/auth/register", body, role="anyone")

    for number in range(8):
        register(f"new-{number}")
    for token in demo.awaited("verify-email", 8)[:8]:
        demo.ask("POST", "/auth/verify-email", {"token": token}, role="anyone")
    for number in range(4):
        register(f"late-{number}")
        demo.ask("POST", "/auth/password/forgot", {"email": f"new-{number}@demo.example"}, role="anyone")
    for number in range(4, 8):
        name = f"new-{number}"
        demo.tokens[name] = demo.token_of(f"{name}@demo.example", PASSWORD)
        etag = demo.ask("GET", "/me", role=name).headers["ETag"]
        demo.ask("PATCH", "/me", {"email": f"moved-{number}@demo.example", "password": PASSWORD}, name, etag)
    for token in demo.awaited("confirm-email", 4)[:2]:
        demo.ask("POST", "/auth/email/confirm", {"token": token}, role="anyone")
    demo.awaited("undo-email", 2)
