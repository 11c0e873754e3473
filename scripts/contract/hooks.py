"""What schemathesis is told about Plenary: who asks, real ids in place of random ones, current ETags, and what to leave alone lest the
session of all requests ends. What schemathesis makes up to be invalid stays so. What is chosen here depends on the request alone, so
that the same seed asks the same again."""

import atexit
import json
import os
import random
import re
import time

import schemathesis
from schemathesis.generation import GenerationMode

from bodies import Filler
from demo import Demo
from known import keys
from prepare import prepare

role = os.environ["CONTRACT_ROLE"]
directory = os.environ["CONTRACT_DIR"]
with open(f"{directory}/logins") as lines:
    logins = {name: (address, password) for name, address, password in map(str.split, lines)}
demo = Demo(os.environ["CONTRACT_URL"], logins, f"{directory}/data/mail")

known = {}
mailed = {"at": 0.0, "tokens": {}}
statuses = {}


@schemathesis.hook
def after_load_schema(context, schema):
    prepare(demo, role)
    known.update(keys(demo, role))


@schemathesis.hook
def before_call(context, case, kwargs):
    template = case.operation.path.removeprefix("/api/v1")
    choice = random.Random(repr((case.operation.label, case.path_parameters, case.query, case.body)))
    is_fuzzing = case.meta is not None and case.meta.phase.name.value == "fuzzing"

    def is_valid(part):
        component = case.meta and case.meta.components.get(part)
        return component is None or component.mode is GenerationMode.POSITIVE

    if is_valid("path"):
        fill_path(case, template, choice)
    filler = Filler(known, tokens, template, choice)
    if is_fuzzing and is_valid("query") and case.query:
        # A made-up cursor is always refused, so that nothing else would be seen of a list.
        case.query = {name: filler.filled(name, value) for name, value in case.query.items() if name != "cursor"}
    if is_fuzzing and is_valid("body") and isinstance(case.body, dict) and case.media_type == "application/json":
        whole = filler.whole(f"{case.method.upper()} {template}", case, logins, role) if choice.random() < 0.6 else None
        case.body = filler.filled("", case.body) if whole is None else whole
        choose_move(case, template, choice)
    case.headers = case.headers or {}
    if is_valid("header"):
        fill_headers(case, choice)
    if role in logins:
        # Signing out takes a session of its own.
        token = demo.sign_in(role) if template == "/auth/logout" else demo.token(role)
        case.headers["Authorization"] = f"Bearer {token}"


def fill_path(case, template, choice):
    """Puts what there is into the path, most of the time."""
    names = tuple(re.findall(r"\{(\w+)\}", template))
    if names == ("session",) and role in logins:
        # Any of one's sessions but that of all requests.
        demo.sign_in(role)
        others = [session["id"] for session in demo.items("/me/sessions", role) if not session["current"]]
        case.path_parameters["session"] = choice.choice(others)
    elif names in known and choice.random() < 0.85:
        case.path_parameters.update(zip(names, choice.choice(known[names])))


def choose_move(case, template, choice):
    """One of the moves that the object itself says are open to the role."""
    if template.endswith("/transitions"):
        moves = (read(case.formatted_path.removesuffix("/transitions"))[1] or {}).get("allowed_transitions")
        if moves and choice.random() < 0.8:
            case.body["to"] = choice.choice(moves)


def fill_headers(case, choice):
    takes = {part.name for part in case.operation.iter_parameters()}
    if "Idempotency-Key" in case.headers:
        # A short key comes again with another request, which is refused.
        case.headers["Idempotency-Key"] = f"{choice.getrandbits(64):x}"
    if "If-Match" in takes and choice.random() < 0.9:
        etag = read(case.formatted_path)[0]
        if etag:
            case.headers["If-Match"] = etag


def read(path):
    """The ETag and the object at a path, as the role sees it."""
    answer = demo.ask("GET", path.removeprefix("/api/v1"), role=role)
    is_json = answer.ok and answer.headers.get("Content-Type", "") == "application/json"
    return answer.headers.get("ETag"), answer.json() if is_json else None


def tokens():
    """The tokens of all mails, looked at once a second."""
    if time.monotonic() - mailed["at"] > 1:
        mailed.update(at=time.monotonic(), tokens=demo.mailed_tokens())
    return mailed["tokens"]


@schemathesis.hook
def after_call(context, case, response):
    counts = statuses.setdefault(case.operation.label, {})
    counts[response.status_code] = counts.get(response.status_code, 0) + 1


@schemathesis.hook
def filter_failure(context, failure, case, response):
    # Schemathesis holds each event against the schema, which is that of the stream, a text.
    return not case.operation.path.endswith("/notifications/stream") or failure.code != "ST108"


@atexit.register
def tell():
    with open(f"{directory}/statuses.json", "w") as file:
        json.dump(statuses, file)
    if role in logins and demo.ask("GET", "/me", role=role).status_code != 200:
        # Everything after that was answered 401 only.
        print("the session of all requests ended")
        os._exit(1)
