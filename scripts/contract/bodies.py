"""Bodies and parameters with sense in them, where the schema leaves open what the call, the rules or the database decide."""

from datetime import UTC, date, datetime, timedelta

# Words of the call, and texts of some form. Nothing outside is asked: no address ends in more than `.invalid`.
WORDS = {
    "locale": ("en", "fr"),
    "sector": ("private_sector", "academia", "civil_society"),
    "country": ("FR", "DE", "KE", "US"),
    "time_zone": ("Europe/Paris", "Africa/Nairobi", "UTC"),
    "url": ("https://told.invalid/a", "https://told.invalid/b"),
    "website": ("https://example.invalid",),
    "recording_url": ("https://example.invalid/film",),
    "link": ("https://example.invalid/call",),
    "password": ("four words make one 7", "another of those, 8"),
    "new_password": ("four words make one 9",),
    "path": ("/api/v1/board.svg", "/api/v1/deliverables?health=late"),
}
TEXTS = set(
    "title name summary mandate background reason message body subject note text markdown prompt point display_name agenda minutes place"
    " room venue city statement job_title organisation options".split()
)
# Ids that are known under another name.
SAME = {
    "into_supporter_id": "supporter_id",
    "membership_id": "membership",
    "lead_membership_id": "membership",
    "person_id": "person",
    "actor": "person",
    "reply_to": "comment",
    "reference": "deliverable",
    "forum_year": "year",
    "move_to_year": "year",
    "principles": "principle",
}
# The pages that mails lead to with the tokens that an operation takes.
PAGES = {
    "/auth/verify-email": "verify-email",
    "/auth/password/reset": "reset-password",
    "/auth/email/confirm": "confirm-email",
    "/auth/email/undo": "undo-email",
    "/auth/invitations/accept": "accept-invitation",
    "/me/invitations/accept": "accept-invitation",
    "/supporter-applications/confirm": "confirm-application",
    "/public-contributions/confirm": "confirm-contribution",
    "/public-contributions/withdraw": "withdraw-contribution",
}


class Filler:
    """Fills one request; `choice` is its source of chance."""

    def __init__(self, known, tokens, template, choice):
        self.known, self.tokens, self.template, self.choice = known, tokens, template, choice
        self.year = date.today().year + choice.randint(2, 70)

    def filled(self, name, value):
        """A value with what there is in place of what was made up, at every depth."""
        choice = self.choice
        if isinstance(value, dict):
            return {inner: self.filled(name if name in TEXTS else inner, part) for inner, part in value.items()}
        if isinstance(value, list):
            return [self.filled(name, part) for part in value]
        if value is None or isinstance(value, bool) or choice.random() < 0.1:
            return value
        name = SAME.get(name, name)
        if name == "principle":
            return choice.randint(1, 9)
        if isinstance(value, int | float):
            return int(choice.choice(self.known[("year",)])[0]) if name == "year" else value
        if not isinstance(value, str):
            return value
        if name == "token":
            page = next((page for end, page in PAGES.items() if self.template.endswith(end)), None)
            return choice.choice(self.tokens().get(page) or [value])
        if name == "email":
            return self.email()
        if (name,) in self.known:
            return str(choice.choice(self.known[(name,)])[0])
        if name in WORDS:
            return choice.choice(WORDS[name])
        if name == "kind" and "supporter" in self.template:
            return choice.choice(("company", "university", "ngo"))
        if name == "slug":
            return f"made-up-{choice.randint(1, 10**6)}"
        if name in TEXTS:
            return self.text()
        if name == "sort":
            # A field stands in it once.
            return value.split(",")[0]
        if name.endswith("_at") or "T" in value and name in ("from", "to"):
            return self.instant({"opens_at": 1, "starts_at": 10}.get(name, 20))
        if name.endswith(("_on", "deadline", "until", "day")):
            return self.day({"submission_deadline": 1, "starts_on": 9}.get(name, 12))
        return value

    def text(self):
        return f"Made up {self.choice.randint(1, 10**6)}"

    def email(self):
        return f"somebody-{self.choice.randint(1, 10**4)}@demo.example"

    def instant(self, days):
        return f"{datetime.now(UTC) + timedelta(days=days, minutes=self.choice.randint(0, 600)):%Y-%m-%dT%H:%M:%SZ}"

    def day(self, day):
        return f"{self.year}-11-{day:02}"

    def any(self, name):
        return self.choice.choice(self.known.get((name,)) or [("",)])[0]

    def of_round(self, name, case):
        """What belongs to the round that is asked for by its slug."""
        return [one for slug, one in self.known.get(("consultation", name), []) if slug == case.path_parameters["consultation"]]

    def answers(self, case):
        return [{"question_id": question, "value": self.text()} for question in self.of_round("question_id", case)]

    def whole(self, label, case, logins, role):
        """A body that rules accept where they ask for more than chance gives; None elsewhere."""
        choice, reason = self.choice, self.text()
        days = {"starts_on": self.day(11), "ends_on": self.day(13), "submission_deadline": self.day(1)}
        match label:
            case "POST /auth/login" if role in logins:
                return dict(zip(("email", "password"), logins[role]))
            case "POST /me/totp" if role in logins:
                return {"password": logins[role][1]}
            case "POST /forum-editions":
                return {"name": self.text(), "city": "Paris", "country": "FR", **days}
            case "POST /forum-editions/{year}/copy":
                return {"year": self.year, **days}
            case "POST /forum-editions/{year}/reschedule":
                year = date.today().year + 1
                days = {name: f"{year}{day[4:]}" for name, day in days.items()}
                return {"deliverables": choice.choice(("keep", "shift")), "reason": reason, **days}
            case "POST /forum-editions/{year}/sessions":
                year = case.path_parameters["year"]
                shown = {"reference": self.any("deliverable"), "as": "preliminary"}
                return {"title": self.text(), "day": f"{year}-11-11", "deliverables": choice.choice(([], [shown]))}
            case "POST /groups":
                number = choice.randint(200, 10**5)
                return {"number": number, "title": self.text(), "join_policy": "open", "principles": [choice.randint(1, 9)]}
            case "POST /consultations":
                of = choice.choice(({"scope": "call"}, {"scope": "group", "group_id": self.any("group_id")}))
                return {"title": self.text(), "audience": "supporters", "opens_at": self.instant(1), "closes_at": self.instant(30), **of}
            case "PUT /consultations/{consultation}/questions":
                return {"questions": [{"kind": "text", "prompt": reason}, {"kind": "scale", "prompt": self.text(), "min": 1, "max": 5}]}
            case "PUT /consultations/{consultation}/dispositions":
                given = self.of_round("contribution_id", case)
                return {"items": [{"contribution_id": one, "disposition": "noted", "reason": reason} for one in given[:2]]}
            case "PUT /consultations/{consultation}/contribution":
                return {"answers": self.answers(case)}
            case "PATCH /consultations/{consultation}/contribution":
                return {"visibility": "anonymous"}
            case "POST /consultations/{consultation}/public-contributions":
                return {"email": self.email(), "answers": self.answers(case)}
            case "PUT /groups/{group}/co-chairs":
                derogation = {"waives": ["not_endorsed", "sectors", "countries"], "reason": reason}
                return {"seats": [{"supporter_id": self.any("supporter_id")}], "derogation": derogation}
            case "PATCH /groups/{group}/co-chairs/{seat_id}":
                return {"person_id": None}
            case "POST /supporter-applications":
                contact = {"name": self.text(), "email": self.email(), "job_title": "Head", "authorised": True}
                return {"name": self.text(), "sector": "academia", "kind": "university", "country": "FR", "contact": contact}
            case "POST /supporters/{supporter}/transitions" if choice.random() < 0.2:
                return {"to": "withdrawn", "reason": reason}
            case "PUT /meetings/{meeting}/attendance":
                return {"items": [{"person_id": self.any("attendant"), "status": choice.choice(("accepted", "present"))}]}
            case "POST /meetings/{meeting}/transitions":
                return {"to": "cancelled", "reason": reason}
            case "PUT /deliverables/{deliverable}/acknowledgements":
                return {"items": []}
            case "POST /groups/{group}/memberships" | "POST /groups/{group}/invitations":
                member = {"supporter_id": self.any("supporter_id"), "role": "member"}
                return member if label.endswith("memberships") else {"email": self.email(), **member}
            case "POST /groups/{group}/deliverables":
                return {"title": self.text(), "kind": "report", "due_on": self.day(12)}
        return None
