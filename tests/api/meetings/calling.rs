//! Calling, changing, holding and cancelling meetings; their minutes.

use diesel::prelude::*;
use plenary::schema::{memberships, working_groups};
use serde_json::{Value, json};

use super::{ahead, call, codes, path_of};
use crate::world::cast::Cast;

#[test]
fn who_runs_the_group_calls_its_meetings() {
    let cast = Cast::new();
    cast.ask("POST", "/groups/5/meetings").json(&ahead()).send().expect(401);
    for person in [&cast.member, &cast.lead, &cast.observer, &cast.representative, &cast.focal_point, &cast.stranger] {
        assert_eq!(call(&cast, person, &ahead()).expect(403).problem(), "forbidden", "{}", person.email);
    }
    cast.ask("POST", "/groups/77/meetings").by(&cast.secretary).json(&ahead()).send().expect(404);
    let made = call(&cast, &cast.chair, &ahead()).expect(201);
    let meeting = made.json();
    assert_eq!(made.header("location"), format!("/api/v1{}", path_of(&meeting)));
    assert_eq!(
        (&meeting["status"], &meeting["time_zone"], &meeting["minutes_status"]),
        (&json!("scheduled"), &json!("Europe/Paris"), &json!("draft"))
    );
    assert_eq!(
        cast.mails().list(),
        [
            "meeting_invited lead@plenary.test",
            "meeting_invited member@plenary.test",
            "meeting_invited observer@plenary.test",
            "meeting_invited other-chair@plenary.test",
            "meeting_invited other-member@plenary.test",
        ]
    );
    call(&cast, &cast.secretary, &ahead()).expect(201);
    assert_eq!(cast.mails().list().len(), 6, "the secretariat takes no part");
    // The same request once more makes nothing.
    let once = || cast.ask("POST", "/groups/5/meetings").by(&cast.chair).key("k1").json(&ahead()).send().expect(201).json();
    assert_eq!(once(), once());
    assert_eq!(cast.get("/groups/5/meetings?total=true").json()["total"], 3);
}

#[test]
fn the_public_sees_title_and_time_members_the_rest() {
    let cast = Cast::new();
    let meeting = call(&cast, &cast.chair, &ahead()).expect(201).json();
    let path = path_of(&meeting);
    let seen = cast.get(&path).expect(200).json();
    assert_eq!(
        (&seen["title"], &seen["starts_at"], &seen["status"]),
        (&meeting["title"], &meeting["starts_at"], &meeting["status"])
    );
    for hidden in ["place", "link", "agenda", "minutes", "minutes_status"] {
        assert_eq!(seen[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(cast.get("/groups/5/meetings").json()["items"][0], seen);
    let own = |person| cast.ask("GET", &path).by(person).send().expect(200).json();
    assert_eq!((own(&cast.stranger)["place"].clone(), own(&cast.representative)["agenda"].clone()), (Value::Null, Value::Null));
    for person in [&cast.observer, &cast.member, &cast.lead, &cast.chair, &cast.secretary] {
        assert_eq!((&own(person)["place"], &own(person)["agenda"]), (&meeting["place"], &meeting["agenda"]), "{}", person.email);
        let listed = cast.ask("GET", "/groups/5/meetings").by(person).send().expect(200).json();
        assert_eq!(listed["items"][0]["link"], "https://meet.example/1");
    }
    cast.get("/meetings/0190aaaa-0000-7000-8000-00000000dead").expect(404);
    cast.get("/groups/77/meetings").expect(404);
}

#[test]
fn a_meeting_lies_ahead() {
    let cast = Cast::new();
    let with = |name: &str, value: Value| {
        let mut body = ahead();
        body[name] = value;
        call(&cast, &cast.chair, &body)
    };
    assert_eq!(codes(with("ends_at", json!("2026-09-10T09:00:00Z"))), ["ends_before_start"]);
    assert_eq!(codes(with("starts_at", json!("2026-09-01T09:00:00Z"))), ["in_the_past"]);
    assert_eq!(codes(with("ends_at", json!("2026-10-10T09:00:00Z"))), ["too_long"]);
    assert_eq!(with("link", json!("javascript:alert(1)")).expect(422).faults(), ["/link format"]);
    assert_eq!(with("time_zone", json!("Paris")).expect(422).faults(), ["/time_zone enum"]);
    assert_eq!(with("minutes", json!("x")).expect(422).faults(), ["/minutes unknown"]);
    for (status, may) in [("proposed", 409), ("suspended", 201), ("concluded", 409), ("withdrawn", 409)] {
        cast.write(|tx| {
            let group = diesel::update(working_groups::table.filter(working_groups::id.eq(cast.group)));
            Ok(group.set(working_groups::status.eq(status)).execute(&mut **tx)?)
        });
        call(&cast, &cast.chair, &ahead()).expect(may);
    }
}

#[test]
fn a_change_that_matters_is_told_and_one_that_does_not_is_not() {
    let cast = Cast::new();
    let meeting = call(&cast, &cast.chair, &ahead()).expect(201).json();
    let path = path_of(&meeting);
    cast.mails();
    let change = |body: &Value| cast.ask("PATCH", &path).by(&cast.other_chair).if_match("*").json(body).send();
    cast.ask("PATCH", &path).by(&cast.member).if_match("*").json(&json!({"title": "x"})).send().expect(403);
    cast.ask("PATCH", &path).by(&cast.chair).json(&json!({"title": "x"})).send().expect(428);
    change(&json!({"agenda": "Another."})).expect(200);
    change(&json!({"title": "Kick-off"})).expect(200);
    assert!(cast.mails().list().is_empty());
    assert_eq!(codes(change(&json!({"starts_at": "2026-08-01T09:00:00Z"}))), ["too_long", "in_the_past"]);
    // One left since, another joined: the one is not told, the other is invited.
    cast.write(|tx| {
        let gone = diesel::update(memberships::table.filter(memberships::person_id.eq(cast.lead.id)));
        let now = tx.now();
        Ok(gone.set((memberships::status.eq("left"), memberships::until.eq(now))).execute(&mut **tx)?)
    });
    cast.admit(&cast.representative, Some(cast.supporter));
    change(&json!({"place": null, "starts_at": "2026-09-11T09:00:00Z", "ends_at": "2026-09-11T10:00:00Z"})).expect(200);
    let mails = cast.mails();
    assert_eq!(
        mails.list(),
        [
            "meeting_changed chair@plenary.test",
            "meeting_changed member@plenary.test",
            "meeting_changed observer@plenary.test",
            "meeting_changed other-member@plenary.test",
            "meeting_invited representative@plenary.test",
        ]
    );
    let params = &mails.to("member@plenary.test").params;
    assert_eq!((&params["meeting"]["sequence"], &params["meeting"]["place"]), (&json!(1), &Value::Null));
}

#[test]
fn a_meeting_is_held_once_it_began_and_then_has_minutes() {
    let cast = Cast::new();
    let meeting = call(&cast, &cast.chair, &ahead()).expect(201).json();
    let path = path_of(&meeting);
    let go = |to: &str| cast.ask("POST", &format!("{path}/transitions")).by(&cast.secretary).json(&json!({"to": to})).send();
    let change = |body: &Value| cast.ask("PATCH", &path).by(&cast.secretary).if_match("*").json(body).send();
    cast.ask("POST", &format!("{path}/transitions")).by(&cast.member).json(&json!({"to": "held"})).send().expect(403);
    assert_eq!(codes(go("held")), ["not_begun"]);
    assert_eq!(codes(change(&json!({"minutes_status": "published"}))), ["no_minutes", "not_held"]);
    change(&json!({"minutes": "Draft."})).expect(200);
    let minutes = |person| cast.ask("GET", &path).by(person).send().expect(200).json();
    cast.at("2026-09-10T09:00:00Z");
    let signed = |person: &crate::world::Person| cast.sign_in(&person.email);
    let (secretary, member, chair) = (signed(&cast.secretary), signed(&cast.member), signed(&cast.chair));
    let go = |to: &str| cast.ask("POST", &format!("{path}/transitions")).by(&secretary).json(&json!({"to": to})).send();
    let change = |body: &Value| cast.ask("PATCH", &path).by(&secretary).if_match("*").json(body).send();
    assert_eq!(go("held").expect(200).json()["status"], "held");
    let refused = go("cancelled").expect(409);
    assert_eq!((refused.problem().as_str(), &refused.json()["allowed"]), ("illegal-transition", &json!([])));
    // In the making they are co-chairs' and secretariat's.
    assert_eq!((&minutes(&member)["minutes"], &minutes(&member)["minutes_status"]), (&Value::Null, &json!("draft")));
    assert_eq!(minutes(&chair)["minutes"], "Draft.");
    assert_eq!(change(&json!({"title": "Other"})).expect(409).problem(), "wrong-state");
    change(&json!({"minutes": "Final.", "minutes_status": "published"})).expect(200);
    assert_eq!(minutes(&member)["minutes"], "Final.");
    assert_eq!(cast.get(&path).json()["minutes"], Value::Null);
    assert_eq!(change(&json!({"minutes_status": "draft"})).expect(409).problem(), "illegal-transition");
    assert_eq!(codes(change(&json!({"minutes": null}))), ["no_minutes"]);
    assert_eq!(change(&json!({"minutes": "Corrected."})).expect(200).json()["minutes"], "Corrected.");
}

#[test]
fn of_two_changes_at_once_one_is_told_to_look_again() {
    let cast = Cast::new();
    let meeting = call(&cast, &cast.chair, &ahead()).expect(201).json();
    let (path, etag) = (path_of(&meeting), meeting["etag"].as_str().unwrap());
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = [("chair", &cast.chair), ("other", &cast.other_chair)]
            .into_iter()
            .map(|(title, by)| {
                let ask = cast.ask("PATCH", &path).by(by).if_match(etag).json(&json!({"title": title}));
                scope.spawn(move || ask.send().status)
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    assert_eq!(cast.mails().list().iter().filter(|mail| mail.starts_with("meeting_changed")).count(), 5);
}
