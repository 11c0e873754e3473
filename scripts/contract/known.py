"""What there is in the demo: the ids and references with which requests get past 404."""

# The demo's groups and supporters that have everything; in the call's own there is little to find.
GROUPS = ("101", "102", "103", "104")
SUPPORTERS = ("demo-cloud-company", "demo-university", "demo-security-company", "demo-digital-rights-association")


def keys(demo, role):
    """What fills path parameters, by their names, and fields that name the same; what only the role itself has comes from its own lists."""
    found = {}

    def know(names, *values):
        found.setdefault(names, []).append(values)

    for group in demo.items("/groups?limit=200"):
        if str(group["number"]) not in GROUPS:
            continue
        number = str(group["number"])
        for name in (number, number, group["slug"], group["id"]):
            know(("group",), name)
        know(("group_id",), group["id"])
        for seat in demo.items(f"/groups/{number}/co-chairs"):
            know(("group", "seat_id"), number, seat["id"])
        for membership in demo.items(f"/groups/{number}/memberships"):
            know(("membership",), membership["id"])
        for meeting in demo.items(f"/groups/{number}/meetings"):
            know(("meeting",), meeting["id"])
            for attendance in demo.items(f"/meetings/{meeting['id']}/attendance"):
                know(("attendant",), attendance["person"]["id"])
        for invitation in demo.items(f"/groups/{number}/invitations"):
            know(("invitation",), invitation["id"])
    for deliverable in demo.items("/deliverables?limit=200"):
        reference = deliverable["reference"]
        for name in (reference, reference, deliverable["id"]):
            know(("deliverable",), name)
        for version in demo.items(f"/deliverables/{reference}/versions"):
            know(("deliverable", "number"), reference, version["number"])
        for comment in demo.items(f"/deliverables/{reference}/comments"):
            know(("comment",), comment["id"])
        for milestone in deliverable["milestones"]:
            know(("milestone",), milestone["id"])
    for consultation in demo.items("/consultations"):
        slug = consultation["slug"]
        for name in (slug, slug, consultation["id"]):
            know(("consultation",), name)
        for question in demo.ask("GET", f"/consultations/{slug}/questions").json()["questions"]:
            know(("question_id",), question["id"])
            if question["kind"] == "text":
                know(("consultation", "question_id"), slug, question["id"])
        for contribution in demo.items(f"/consultations/{slug}/contributions"):
            know(("consultation", "contribution_id"), slug, contribution["id"])
    for slug in SUPPORTERS:
        supporter = demo.ask("GET", f"/supporters/{slug}").json()
        for name in (slug, slug, supporter["id"]):
            know(("supporter",), name)
        know(("supporter_id",), supporter["id"])
        for affiliation in demo.items(f"/supporters/{slug}/affiliations"):
            know(("affiliation",), affiliation["id"])
        for invitation in demo.items(f"/supporters/{slug}/invitations"):
            know(("invitation",), invitation["id"])
        for asked in demo.items(f"/supporters/{slug}/affiliation-requests"):
            know(("request",), asked["id"])
    for affiliation in demo.ask("GET", "/me", role=role).json().get("affiliations", []):
        for _ in SUPPORTERS:
            know(("supporter_id",), affiliation["supporter"]["id"])
    for edition in demo.items("/forum-editions"):
        know(("year",), str(edition["year"]))
        for session in demo.items(f"/forum-editions/{edition['year']}/sessions"):
            know(("session_id",), session["id"])
    # Whoever is suspended or loses its role could do nothing more: the role itself is left alone.
    mine = demo.logins.get(role, ("",))[0]
    for person in demo.items("/admin/persons?limit=200", "administrator"):
        if person["email"] != mine:
            know(("person",), person["id"])
    for application in demo.items("/supporter-applications"):
        know(("application",), application["id"])
    for mail in demo.items("/admin/mail?limit=20"):
        know(("mail",), mail["id"])
    for webhook in demo.items("/webhooks"):
        know(("webhook",), webhook["id"])
    for notification in demo.items("/notifications", role):
        know(("up_to",), notification["id"])
    return found
