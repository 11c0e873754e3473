//! Writing sessions.

use serde_json::{Value, json};

use super::forum;
use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

fn add(world: &World, by: &Person, body: &Value) -> Reply {
    world.ask("POST", "/forum-editions/2026/sessions").by(by).json(body).send()
}

fn codes(reply: Reply) -> Vec<String> {
    let json = reply.expect(422).json();
    json["violations"]
        .as_array()
        .unwrap_or_else(|| panic!("{json}"))
        .iter()
        .map(|v| v["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_session_is_added_changed_and_removed() {
    let world = forum();
    let (secretary, ana) = (world.secretary(), world.person("ana@example.org"));
    let body = json!({
        "title": {"en": "Norms", "fr": "Normes"}, "starts_at": "2026-11-11T22:30:00Z", "ends_at": "2026-11-11T23:00:00Z", "room": "A",
        "moderator": {"name": "نورة", "role": null}, "panellists": [{"name": "Bo", "organisation": "B"}],
        "recording_url": "https://example.org/v",
    });
    world.ask("POST", "/forum-editions/2026/sessions").json(&body).send().expect(401);
    add(&world, &ana, &body).expect(403);
    let made = add(&world, &secretary, &body).expect(201);
    let session = made.json();
    let path = format!("/sessions/{}", session["id"].as_str().unwrap());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!((&session["day"], &session["title"]), (&json!("2026-11-11"), &json!("Norms")));
    assert_eq!(session["moderator"], json!({"name": "نورة", "role": null, "organisation": null}));
    assert_eq!(world.get(&path).expect(200).json(), session);
    assert_eq!(world.get(&format!("{path}?locale=fr")).json()["title"], "Normes");
    let found = world.read(|c| plenary::forum::search(c, "normes", 10, &plenary::locale::Reader::All));
    assert_eq!(found.len(), 1);
    let etag = session["etag"].as_str().unwrap();
    let change = |etag: &str, body: &Value| world.ask("PATCH", &path).by(&secretary).if_match(etag).json(body).send();
    world.ask("PATCH", &path).by(&ana).if_match("*").json(&json!({"room": "B"})).send().expect(403);
    world.ask("PATCH", &path).by(&secretary).json(&json!({"room": "B"})).send().expect(428);
    let changed =
        change(etag, &json!({"title": "Principles", "moderator": null, "starts_at": null, "ends_at": null, "day": "2026-11-12"}));
    let changed = changed.expect(200).json();
    assert_eq!(
        (&changed["day"], &changed["starts_at"], &changed["moderator"]),
        (&json!("2026-11-12"), &json!(null), &json!(null))
    );
    assert_eq!((&changed["room"], &changed["panellists"][0]["name"]), (&json!("A"), &json!("Bo")));
    assert_eq!(change(etag, &json!({"room": "B"})).expect(412).problem(), "precondition-failed");
    world.ask("DELETE", &path).by(&secretary).send().expect(428);
    world.ask("DELETE", &path).by(&secretary).if_match(changed["etag"].as_str().unwrap()).send().expect(204);
    world.get(&path).expect(404);
}

#[test]
fn a_session_fits_its_forum() {
    let world = forum();
    let secretary = world.secretary();
    let at = |body: Value| add(&world, &secretary, &body);
    assert_eq!(codes(at(json!({"title": "a"}))), ["no_day"]);
    assert_eq!(codes(at(json!({"title": "a", "day": "2026-11-13"}))), ["outside_forum"]);
    assert_eq!(codes(at(json!({"title": "a", "starts_at": "2026-11-12T23:30:00Z"}))), ["outside_forum"]);
    assert_eq!(codes(at(json!({"title": "a", "day": "2026-11-10", "starts_at": "2026-11-11T09:00:00Z"}))), ["hours_off_day"]);
    assert_eq!(codes(at(json!({"title": "a", "ends_at": "2026-11-11T09:00:00Z"}))), ["ends_without_start", "no_day"]);
    let backwards = json!({"title": "a", "starts_at": "2026-11-11T09:00:00Z", "ends_at": "2026-11-11T08:00:00Z"});
    assert_eq!(codes(at(backwards)), ["ends_before_start"]);
    let bad = json!({
        "title": {"en": "", "de": "Normen"}, "day": "2026-11-10", "room": "\u{202E}", "moderator": {"name": "?"},
        "panellists": [{"name": "Bo"}, {"name": "A", "role": "!"}], "recording_url": "javascript:alert(1)",
        "deliverables": [{"reference": "WG5-D1", "as": "final"}, {"reference": "wg5-d1", "as": "preliminary"}],
    });
    let mut faults = at(bad).expect(422).faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "/deliverables/1/reference not-unique",
            "/moderator/name format",
            "/panellists/1/role format",
            "/recording_url format",
            "/room format",
            "/title/de unknown",
            "/title/en format"
        ]
    );
    assert_eq!(at(json!({"title": {}, "day": "2026-11-10"})).expect(422).status, 422);
    assert_eq!(
        codes(at(json!({"title": "a", "day": "2026-11-10", "deliverables": [{"reference": "WG9-D9", "as": "final"}]}))),
        ["unknown_deliverable"]
    );
    // Nothing of what was refused is there.
    assert_eq!(world.get("/forum-editions/2026/sessions?total=true").json()["total"], 3);
}

#[test]
fn a_session_shows_deliverables() {
    let cast = Cast::new();
    let edition =
        json!({"name": "Forum 2027", "city": "Paris", "country": "FR", "starts_on": "2027-11-10", "ends_on": "2027-11-12"});
    cast.ask("POST", "/forum-editions").by(&cast.secretary).json(&edition).send().expect(201);
    let references: Vec<Value> = ["One", "Two"]
        .iter()
        .map(|title| {
            let owed = json!({"title": title, "kind": "report", "due_on": "2027-10-01", "forum_year": 2027});
            cast.ask("POST", "/groups/5/deliverables").by(&cast.chair).json(&owed).send().expect(201).json()["reference"].clone()
        })
        .collect();
    let shown = json!([{"reference": references[1], "as": "preliminary"}, {"reference": references[0], "as": "final"}]);
    let body = json!({"title": "Results", "day": "2027-11-10", "deliverables": shown});
    let session = cast.ask("POST", "/forum-editions/2027/sessions").by(&cast.secretary).json(&body).send().expect(201).json();
    assert_eq!(session["deliverables"], shown, "in the order given");
    assert_eq!(cast.get("/forum-editions/2027").json()["sessions"][0]["deliverables"], shown);
    assert_eq!(cast.get("/forum-editions?sort=-year&limit=1").json()["items"][0]["sessions"][0]["deliverables"], shown);
    assert_eq!(cast.get("/forum-editions/2027/sessions").json()["items"][0]["deliverables"], shown);
    let path = format!("/sessions/{}", session["id"].as_str().unwrap());
    let change = |body: &Value| cast.ask("PATCH", &path).by(&cast.secretary).if_match("*").json(body).send();
    assert_eq!(change(&json!({"room": "A"})).expect(200).json()["deliverables"], shown, "left alone");
    let other = json!([{"reference": references[0], "as": "preliminary"}]);
    assert_eq!(change(&json!({"deliverables": other})).expect(200).json()["deliverables"], other);
    assert_eq!(change(&json!({"deliverables": []})).expect(200).json()["deliverables"], json!([]));
    change(&json!({"deliverables": other})).expect(200);
    cast.ask("DELETE", &path).by(&cast.secretary).if_match("*").send().expect(204);
    assert_eq!(cast.get("/forum-editions/2027").json()["sessions"], json!([]));
}
