//! What is said of a round, and who reads it.

use serde_json::{Value, json};

use super::kit::{Asked, body, post};
use crate::deliverables::{each, violations};
use crate::world::Person;
use crate::world::cast::Cast;

/// A deliverable of group 5 with one version; its reference.
fn deliverable(cast: &Cast) -> String {
    let owed = json!({"title": "Index", "kind": "index", "due_on": "2026-10-15"});
    let made = post(cast, &cast.chair, "/groups/5/deliverables", &owed).expect(201).json();
    let reference = made["reference"].as_str().unwrap().to_owned();
    let link = json!({"url": "https://example.org/1", "note": "First."});
    post(cast, &cast.chair, &format!("/deliverables/{reference}/versions"), &link).expect(201);
    reference
}

#[test]
fn a_round_is_drafted_and_shown() {
    let cast = Cast::new();
    let mut all = body(&cast, "supporters", &["attributed", "anonymous"]);
    all["title"] = json!({"en": "What do you expect?", "fr": "Qu'attendez-vous ?"});
    all["background"] = json!({"en": "As in 2020.\r\n\r\nAgain."});
    let reply = post(&cast, &cast.secretary, "/consultations", &all).expect(201);
    assert_eq!(reply.header("location"), "/api/v1/consultations/what-do-you-expect");
    let made = reply.json();
    let mut shown = made.clone();
    for name in ["id", "etag"] {
        shown.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(
        shown,
        json!({
            "slug": "what-do-you-expect", "scope": "call", "group": null, "deliverable": null, "version": null,
            "title": "What do you expect?", "background": "As in 2020.\n\nAgain.", "audience": "supporters",
            "allowed_visibility": ["attributed", "anonymous"], "status": "draft", "opens_at": "2026-09-10T09:00:00Z",
            "closes_at": "2026-09-30T22:00:00Z", "published_at": null, "counts": {"invited": 0, "submitted": null},
            "allowed_transitions": ["scheduled", "open", "cancelled"],
            "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z",
        })
    );
    // Found by id and by slug, in the reader's language, which falls back field by field.
    let by_id = format!("/consultations/{}?locale=fr", made["id"].as_str().unwrap());
    let french = cast.ask("GET", &by_id).by(&cast.secretary).send().expect(200);
    assert_eq!((french.json()["title"].clone(), french.header("content-language")), (json!("Qu'attendez-vous ?"), "fr"));
    assert_eq!(french.json()["background"], "As in 2020.\n\nAgain.");
    let both = cast.ask("GET", "/consultations/what-do-you-expect?locale=*").by(&cast.secretary).send().expect(200).json();
    assert_eq!(both["title"]["fr"], "Qu'attendez-vous ?");
    // The same title again: another slug, that no change of the title takes away.
    let again = Asked::drafted(&cast, &cast.secretary, &all);
    assert_eq!(again.path, "/consultations/what-do-you-expect-2");
    again.change(&cast, &cast.secretary, &json!({"title": "سؤال", "background": null})).expect(200);
    let changed = again.read(&cast, &cast.secretary).expect(200).json();
    assert_eq!((&changed["title"], &changed["background"]), (&json!("سؤال"), &Value::Null));
    for (title, slug) in [("سؤال", "sw-l"), ("2026", "round-2026"), ("0190aaaa-0000-7000-8000-000000000001", "round-0190aaaa")]
    {
        all["title"] = json!(title);
        let path = Asked::drafted(&cast, &cast.secretary, &all).path;
        assert!(path.starts_with(&format!("/consultations/{}", &slug[..2])), "{path} {slug}");
    }
}

#[test]
fn every_fault_of_a_draft_is_named_at_once() {
    let cast = Cast::new();
    let faults = |change: Value| {
        let mut body = body(&cast, "supporters", &["attributed"]);
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        post(&cast, &cast.secretary, "/consultations", &body).expect(422).faults()
    };
    assert_eq!(
        faults(
            json!({"title": {"en": "\u{202e}", "de": "Frage"}, "background": "a\u{1}", "audience": "group_members", "version": 1})
        ),
        ["/title/en format", "/title/de unknown", "/background format", "/version unknown", "/audience enum"]
    );
    assert_eq!(faults(json!({"scope": "group"})), ["/group_id required"]);
    assert_eq!(faults(json!({"scope": "group", "group_id": cast.supporter})), ["/group_id unknown"]);
    assert_eq!(
        faults(json!({"scope": "deliverable", "group_id": cast.group})),
        ["/group_id unknown", "/deliverable required", "/version required"]
    );
    assert_eq!(faults(json!({"scope": "deliverable", "deliverable": "WG5-D9", "version": 1})), ["/deliverable unknown"]);
    assert_eq!(faults(json!({"opens_at": "soon", "slug": "x"})), ["/opens_at format", "/slug unknown"]);
    let reference = deliverable(&cast);
    let mut about = body(&cast, "group_members", &["attributed"]);
    (about["scope"], about["deliverable"], about["version"]) = (json!("deliverable"), json!(reference), json!(2));
    about.as_object_mut().unwrap().remove("group_id");
    assert_eq!(violations(post(&cast, &cast.chair, "/consultations", &about)), ["no_version"]);
    about["version"] = json!(1);
    let round = Asked::drafted(&cast, &cast.chair, &about);
    let shown = round.read(&cast, &cast.chair).json();
    assert_eq!(
        (&shown["deliverable"]["reference"], &shown["version"], &shown["group"]["number"]),
        (&json!(reference), &json!(1), &json!(5))
    );
    // What is withheld afterwards cannot be asked about any more.
    let withhold = format!("/deliverables/{reference}/versions/1/withhold");
    post(&cast, &cast.secretary, &withhold, &json!({"reason": "Not ours."})).expect(200);
    round.fill(&cast);
    assert_eq!(violations(round.go(&cast, &cast.chair, "open")), ["version_withheld"]);
    assert_eq!(violations(post(&cast, &cast.chair, "/consultations", &about)), ["version_withheld"]);
}

#[test]
fn who_drafts_what() {
    let cast = Cast::new();
    let call = body(&cast, "supporters", &["attributed"]);
    let group = body(&cast, "group_members", &["attributed"]);
    let make = |by: &Person, body: &Value| post(&cast, by, "/consultations", body).status;
    for by in [&cast.member, &cast.lead, &cast.observer, &cast.focal_point, &cast.stranger] {
        assert_eq!((make(by, &call), make(by, &group)), (403, 403), "{}", by.email);
    }
    assert_eq!((make(&cast.chair, &call), make(&cast.chair, &group)), (403, 201));
    cast.ask("POST", "/consultations").json(&group).send().expect(401);
    // Another group's round is its own chairs'.
    let other = cast.get("/groups/4").json()["id"].clone();
    let mut theirs = group.clone();
    theirs["group_id"] = other;
    assert_eq!((make(&cast.chair, &theirs), make(&cast.secretary, &theirs)), (403, 201));
    let at_rest = json!({"to": "suspended", "reason": "A pause."});
    post(&cast, &cast.secretary, "/groups/5/transitions", &at_rest).expect(200);
    assert_eq!(make(&cast.chair, &group), 409);
    // Once for a key.
    let keyed =
        || cast.ask("POST", "/consultations").by(&cast.secretary).key("k").json(&call).send().expect(201).json()["id"].clone();
    assert_eq!(keyed(), keyed());
}

#[test]
fn from_scheduling_on_only_words_are_changed() {
    let cast = Cast::new();
    let round = Asked::ready(&cast, "group_members", &["attributed"]);
    let all = json!({
        "audience": "supporters", "allowed_visibility": ["secretariat_only", "anonymous"], "opens_at": "2026-09-11T09:00:00Z",
        "closes_at": "2026-09-29T22:00:00Z",
    });
    let changed = round.change(&cast, &cast.chair, &all).expect(200).json();
    for (name, value) in all.as_object().unwrap() {
        let expected = if name == "allowed_visibility" { json!(["anonymous", "secretariat_only"]) } else { value.clone() };
        assert_eq!(changed[name], expected);
    }
    assert_eq!(round.change(&cast, &cast.chair, &json!({"version": 1})).expect(422).faults(), ["/version unknown"]);
    let was = round.acts(&cast).len();
    round.change(&cast, &cast.chair, &json!({"title": "Expectations"})).expect(200);
    assert_eq!(round.acts(&cast).len(), was, "nothing changed");
    round.go(&cast, &cast.secretary, "scheduled").expect(200);
    for name in all.as_object().unwrap().keys() {
        let refused = round.change(&cast, &cast.secretary, &json!({name: all[name]})).expect(409);
        assert!(refused.problem() == "wrong-state" && refused.json()["detail"].as_str().unwrap().contains(name));
    }
    let words = json!({"title": {"en": "Hopes", "fr": "Attentes"}, "background": "Typos gone."});
    for to in ["open", "closed"] {
        round.change(&cast, &cast.chair, &words).expect(200);
        round.go(&cast, &cast.secretary, to).expect(200);
    }
    let ask = cast.ask("PATCH", &round.path).by(&cast.chair).json(&words);
    ask.send().expect(428);
    let off = Asked::ready(&cast, "group_members", &["attributed"]);
    off.go(&cast, &cast.chair, "cancelled").expect(200);
    off.change(&cast, &cast.chair, &words).expect(409);
}

#[test]
fn rounds_are_found_by_who_may_read_them() {
    let cast = Cast::new();
    let mut named = body(&cast, "group_members", &["attributed"]);
    named["title"] = json!({"en": "Norms of behaviour", "fr": "Normes de comportement"});
    let draft = Asked::drafted(&cast, &cast.chair, &named);
    let open = Asked::new(&cast, "group_members", &["attributed"]);
    let everybodys = Asked::new(&cast, "public", &["attributed"]);
    let off = Asked::ready(&cast, "public", &["attributed"]);
    off.go(&cast, &cast.secretary, "cancelled").expect(200);
    let list = |by: Option<&Person>, query: &str| {
        let ask = cast.ask("GET", &format!("/consultations{query}"));
        let ask = if let Some(by) = by { ask.by(by) } else { ask };
        let ids = each(&ask.send().expect(200).json(), "id");
        let name = |id: &Value| {
            let rounds = [("draft", &draft), ("open", &open), ("everybodys", &everybodys), ("off", &off)];
            // The call's own round of 2020 is there, too.
            rounds.iter().find(|(_, round)| id == round.id.as_str()).map(|(name, _)| *name)
        };
        ids.iter().filter_map(name).collect::<Vec<_>>()
    };
    assert_eq!(list(Some(&cast.secretary), ""), ["off", "everybodys", "open", "draft"]);
    assert_eq!(list(Some(&cast.chair), ""), ["everybodys", "open", "draft"]);
    for by in [&cast.member, &cast.observer] {
        assert_eq!(list(Some(by), ""), ["everybodys", "open"], "{}", by.email);
    }
    for by in [None, Some(&cast.stranger), Some(&cast.focal_point)] {
        assert_eq!(list(by, ""), ["everybodys"]);
    }
    assert_eq!(list(Some(&cast.chair), "?q=NORMES%20comport"), ["draft"]);
    assert_eq!(list(Some(&cast.member), "?q=normes"), Vec::<&str>::new());
    assert_eq!(list(Some(&cast.chair), "?scope=group&group=5&sort=opens_at"), ["open", "draft"]);
    assert_eq!(list(Some(&cast.chair), "?group=4"), Vec::<&str>::new());
    assert_eq!(cast.get("/consultations?group=99").expect(422).faults(), ["?group enum"]);
    assert_eq!(cast.get("/consultations?q=!").expect(422).faults(), ["?q empty"]);
    // Page by page the same.
    let mut path = "/consultations?limit=1".to_owned();
    let mut seen = 0;
    loop {
        let page = cast.ask("GET", &path).by(&cast.secretary).send().expect(200).json();
        seen += page["items"].as_array().unwrap().len();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/consultations?limit=1&cursor={cursor}");
    }
    // With the call's own round of 2020.
    assert_eq!(seen, 5);
}
