//! Planning, changing, moving, rescheduling and copying editions.

use serde_json::{Value, json};

use super::forum;
use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

fn plan(world: &World, by: &Person, body: &Value) -> Reply {
    world.ask("POST", "/forum-editions").by(by).json(body).send()
}

fn paris_2027() -> Value {
    json!({
        "name": "Paris Peace Forum 2027", "city": "Paris", "country": "fra", "venue": " Grande  Halle ",
        "starts_on": "2027-11-10", "ends_on": "2027-11-12", "submission_deadline": "2027-10-10",
    })
}

#[test]
fn the_secretariat_plans_one_edition_a_year() {
    let world = forum();
    let (secretary, ana) = (world.secretary(), world.person("ana@example.org"));
    world.ask("POST", "/forum-editions").json(&paris_2027()).send().expect(401);
    plan(&world, &ana, &paris_2027()).expect(403);
    let made = plan(&world, &secretary, &paris_2027()).expect(201);
    assert_eq!(made.header("location"), "/api/v1/forum-editions/2027");
    let edition = made.json();
    assert_eq!((&edition["year"], &edition["status"], &edition["country"]), (&json!(2027), &json!("planned"), &json!("FR")));
    assert_eq!((&edition["venue"], &edition["time_zone"]), (&json!("Grande Halle"), &json!("Europe/Paris")));
    assert_eq!(edition, world.get("/forum-editions/2027").expect(200).json());
    assert_eq!(plan(&world, &secretary, &paris_2027()).expect(409).problem(), "already-exists");
    let mut bad = json!({
        "name": "\u{202E}", "city": "", "country": "XX", "time_zone": "Mars/Base", "starts_on": "2028-11-10", "ends_on": "2028-11-09",
        "submission_deadline": "2028-11-11", "venue": "a\u{7}b",
    });
    let faults = plan(&world, &secretary, &bad).expect(422).faults();
    assert_eq!(faults, ["/city too-short"], "the form first");
    bad["city"] = json!(" ");
    assert_eq!(
        plan(&world, &secretary, &bad).expect(422).faults(),
        [
            "/name format",
            "/city format",
            "/country enum",
            "/venue format",
            "/time_zone enum",
            "/ends_on order",
            "/submission_deadline order"
        ]
    );
}

#[test]
fn an_edition_is_changed_but_its_dates_are_not() {
    let world = forum();
    let secretary = world.secretary();
    let change = |body: &Value| world.ask("PATCH", "/forum-editions/2026").by(&secretary).if_match("*").json(body).send();
    world.ask("PATCH", "/forum-editions/2026").by(&secretary).json(&json!({"city": "Lyon"})).send().expect(428);
    assert_eq!(change(&json!({"starts_on": "2026-11-11"})).expect(422).faults(), ["/starts_on unknown"]);
    // The hours of its sessions stay what clocks show.
    let moved =
        change(&json!({"city": "London", "country": "GB", "venue": null, "time_zone": "Europe/London"})).expect(200).json();
    assert_eq!((&moved["venue"], &moved["time_zone"], &moved["year"]), (&json!(null), &json!("Europe/London"), &json!(2026)));
    let opening = &moved["sessions"][1];
    assert_eq!((&opening["title"], &opening["starts_at"]), (&json!("Opening"), &json!("2026-11-10T09:30:00Z")));
    let ical = crate::ical::Ical::read(world.get("/forum-editions/2026/calendar.ics").expect(200).text());
    assert_eq!(
        (ical.event("Opening").get("DTSTART"), ical.event("Opening").get("SEQUENCE"), ical.zones),
        ("20261110T093000", "1", 1)
    );
}

#[test]
fn an_edition_moves_as_it_may() {
    let world = forum();
    let secretary = world.secretary();
    let go = |year: i64, body: &Value| {
        world.ask("POST", &format!("/forum-editions/{year}/transitions")).by(&secretary).json(body).send()
    };
    world.ask("POST", "/forum-editions/2026/transitions").json(&json!({"to": "open"})).send().expect(401);
    let refused = go(2026, &json!({"to": "held"})).expect(409);
    assert_eq!((refused.problem().as_str(), &refused.json()["allowed"]), ("illegal-transition", &json!(["open", "cancelled"])));
    assert_eq!(go(2021, &json!({"to": "cancelled", "reason": "x"})).expect(409).json()["allowed"], json!([]));
    assert_eq!(go(2026, &json!({"to": "open"})).expect(200).json()["status"], "open");
    let codes = |reply: Reply| {
        let json = reply.expect(422).json();
        json["violations"].as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(go(2026, &json!({"to": "held"}))), ["not_over"]);
    assert_eq!(codes(go(2026, &json!({"to": "cancelled", "move_to_year": 2021}))), ["reason_required", "move_to_year"]);
    assert_eq!(codes(go(2026, &json!({"to": "cancelled", "reason": "Rain.", "move_to_year": 2026}))), ["move_to_year"]);
    assert_eq!(go(2026, &json!({"to": "held", "move_to_year": 2021})).expect(422).faults(), ["/move_to_year unknown"]);
    world.at("2026-11-12T08:00:00Z");
    let secretary = world.sign_in(&secretary.email);
    let held =
        world.ask("POST", "/forum-editions/2026/transitions").by(&secretary).json(&json!({"to": "held"})).send().expect(200);
    assert_eq!(held.json()["status"], "held");
    let body = json!({"starts_on": "2026-11-11", "ends_on": "2026-11-13", "deliverables": "keep", "reason": "Late."});
    let refused = world.ask("POST", "/forum-editions/2026/reschedule").by(&secretary).json(&body).send().expect(409);
    assert_eq!(refused.problem(), "wrong-state");
}

#[test]
fn a_rescheduled_edition_takes_its_sessions_and_its_due_dates_along() {
    let cast = Cast::new();
    plan(&cast, &cast.secretary, &paris_2027()).expect(201);
    let session = json!({"title": "Opening", "starts_at": "2027-11-10T08:30:00Z", "ends_at": "2027-11-10T09:30:00Z"});
    cast.ask("POST", "/forum-editions/2027/sessions").by(&cast.secretary).json(&session).send().expect(201);
    let last = json!({"title": "Closing", "day": "2027-11-12"});
    cast.ask("POST", "/forum-editions/2027/sessions").by(&cast.secretary).json(&last).send().expect(201);
    let owed = json!({"title": "Methodology", "kind": "report", "due_on": "2027-10-01", "forum_year": 2027});
    let owed = cast.ask("POST", "/groups/5/deliverables").by(&cast.chair).json(&owed).send().expect(201).json();
    let due = || cast.get(&format!("/deliverables/{}", owed["reference"].as_str().unwrap())).json()["due_on"].clone();
    cast.mails();
    let go = |by: &Person, body: &Value| cast.ask("POST", "/forum-editions/2027/reschedule").by(by).json(body).send();
    let body = json!({"starts_on": "2027-10-20", "ends_on": "2027-10-22", "submission_deadline": "2027-10-05", "deliverables": "shift", "reason": "The hall is taken."});
    go(&cast.chair, &body).expect(403);
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    assert_eq!(
        go(&cast.secretary, &with("submission_deadline", json!("2027-10-21"))).expect(422).faults(),
        ["/submission_deadline order"]
    );
    assert_eq!(go(&cast.secretary, &with("reason", json!(" "))).expect(422).json()["violations"][0]["code"], "reason_required");
    let refused = go(&cast.secretary, &with("ends_on", json!("2027-10-20"))).expect(422).json();
    assert_eq!(refused["violations"].as_array().unwrap().len(), 1, "{refused}");
    assert!(refused["violations"][0]["detail"].as_str().unwrap().contains("Closing"), "{refused}");
    assert_eq!((due(), cast.mails().list()), (json!("2027-10-01"), vec![]), "nothing was done");
    let moved = go(&cast.secretary, &body).expect(200).json();
    assert_eq!(
        (&moved["year"], &moved["starts_on"], &moved["submission_deadline"]),
        (&json!(2027), &json!("2027-10-20"), &json!("2027-10-05"))
    );
    // Half past nine in Paris, in summer time now.
    let opening = &moved["sessions"][0];
    assert_eq!((&opening["day"], &opening["starts_at"]), (&json!("2027-10-20"), &json!("2027-10-20T07:30:00Z")));
    assert_eq!(due(), "2027-09-10", "21 days earlier");
    assert_eq!(cast.mails().list(), ["forum_rescheduled chair@plenary.test", "forum_rescheduled other-chair@plenary.test"]);
    // Once more the same changes nothing, and tells nobody.
    assert_eq!(go(&cast.secretary, &body).expect(200).json(), moved);
    assert!(cast.mails().list().is_empty());
    go(&cast.secretary, &with("starts_on", json!("2027-10-20"))).expect(200);
    let kept = json!({"starts_on": "2027-10-21", "ends_on": "2027-10-23", "deliverables": "keep", "reason": "Once more."});
    assert_eq!(go(&cast.secretary, &kept).expect(200).json()["submission_deadline"], "2027-10-05");
    assert_eq!(due(), "2027-09-10");
}

#[test]
fn a_cancelled_edition_stays_as_it_was() {
    let cast = Cast::new();
    for year in [2027, 2028] {
        let text = paris_2027().to_string().replace("2027", &year.to_string());
        plan(&cast, &cast.secretary, &serde_json::from_str(&text).unwrap()).expect(201);
    }
    let session = cast
        .ask("POST", "/forum-editions/2027/sessions")
        .by(&cast.secretary)
        .json(&json!({"title": "Opening", "day": "2027-11-10"}))
        .send()
        .expect(201)
        .json();
    let owed = json!({"title": "Methodology", "kind": "report", "due_on": "2027-10-01", "forum_year": 2027});
    let owed = cast.ask("POST", "/groups/5/deliverables").by(&cast.chair).json(&owed).send().expect(201).json();
    let go = json!({"to": "cancelled", "reason": "The plague.", "move_to_year": 2028});
    let cancelled = cast.ask("POST", "/forum-editions/2027/transitions").by(&cast.secretary).json(&go).send().expect(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    let owed = cast.get(&format!("/deliverables/{}", owed["reference"].as_str().unwrap())).expect(200).json();
    assert_eq!(owed["forum_edition"]["year"], 2028);
    let by = &cast.secretary;
    let session = format!("/sessions/{}", session["id"].as_str().unwrap());
    for (method, path, body) in [
        ("PATCH", "/forum-editions/2027", json!({"city": "Lyon"})),
        ("POST", "/forum-editions/2027/sessions", json!({"title": "x", "day": "2027-11-10"})),
        ("PATCH", &session, json!({"title": "x"})),
        ("DELETE", &session, Value::Null),
    ] {
        let ask = cast.ask(method, path).by(by).if_match("*");
        let reply = if body.is_null() { ask.send() } else { ask.json(&body).send() };
        assert_eq!(reply.expect(409).problem(), "wrong-state", "{method} {path}");
    }
}

#[test]
fn an_edition_is_copied_forward_without_its_people() {
    let world = forum();
    let secretary = world.secretary();
    let copy = |body: &Value| world.ask("POST", "/forum-editions/2026/copy").by(&secretary).json(body).send();
    assert_eq!(
        copy(&json!({"year": 2028, "starts_on": "2027-11-09", "ends_on": "2027-11-10"})).expect(422).faults(),
        ["/year order"]
    );
    let made =
        copy(&json!({"year": 2027, "starts_on": "2027-11-09", "ends_on": "2027-11-10", "submission_deadline": "2027-10-09"}))
            .expect(201);
    assert_eq!(made.header("location"), "/api/v1/forum-editions/2027");
    let made = made.json();
    assert_eq!((&made["name"], &made["status"]), (&json!("Paris Peace Forum 2027; ninth, and last?"), &json!("planned")));
    let sessions = made["sessions"].as_array().unwrap();
    let days: Vec<_> = sessions.iter().map(|session| session["day"].as_str().unwrap()).collect();
    // What would lie after the last day is on it.
    assert_eq!(days, ["2027-11-09", "2027-11-09", "2027-11-10"]);
    let opening = &sessions[1];
    assert_eq!((&opening["title"], &opening["starts_at"]), (&json!("Opening"), &json!("2027-11-09T08:30:00Z")));
    assert_eq!(
        (&opening["moderator"], &opening["panellists"], &opening["recording_url"]),
        (&json!(null), &json!([]), &json!(null))
    );
    assert_eq!(world.ask("GET", "/forum-editions/2027/sessions?locale=fr").send().json()["items"][2]["title"], "Clôture");
    assert_eq!(
        copy(&json!({"year": 2027, "starts_on": "2027-11-09", "ends_on": "2027-11-10"})).expect(409).problem(),
        "already-exists"
    );
}

#[test]
fn of_two_who_plan_one_year_at_once_one_does() {
    let world = forum();
    let secretary = world.secretary();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8).map(|_| scope.spawn(|| plan(&world, &secretary, &paris_2027()).status)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}
