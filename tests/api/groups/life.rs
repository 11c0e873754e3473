//! A group's life: proposed, edited, moved, renamed.

use diesel::prelude::*;
use plenary::groups;
use plenary::policy::GroupId;
use plenary::schema::*;
use serde_json::{Value, json};

use super::seats::at_fault;
use crate::supporters::changes::acts;
use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

/// The codes of the rules that stand against something, in order.
#[track_caller]
pub fn codes(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.problem(), "rule-violation", "{}", reply.text());
    reply.json()["violations"].as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap().to_owned()).collect()
}

/// Moves a group.
pub fn go(world: &World, by: &Person, group: &str, body: Value) -> Reply {
    world.ask("POST", &format!("/groups/{group}/transitions")).by(by).json(&body).send()
}

/// Changes a group over the version that it is at.
pub fn patch(world: &World, by: &Person, path: &str, body: Value) -> Reply {
    let etag = world.get(path).header("etag").to_owned();
    world.ask("PATCH", path).by(by).if_match(&etag).json(&body).send()
}

fn proposal() -> Value {
    json!({"number": 7, "title": {"en": "Éthique & Trust", "fr": "Éthique"}, "mandate": "To be found.", "principles": [1, 9, 9], "join_policy": "open"})
}

#[test]
fn a_group_is_proposed_by_the_secretariat() {
    let cast = Cast::new();
    let made = cast.ask("POST", "/groups").by(&cast.secretary).key("k").json(&proposal()).send().expect(201);
    let group = made.json();
    let id = group["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/api/v1/groups/{id}"));
    assert_eq!(
        (&group["status"], &group["slug"], &group["mandate"], &group["principles"], &group["join_policy"]),
        (&json!("proposed"), &json!("ethique-trust"), &json!("To be found."), &json!([1, 9]), &json!("open"))
    );
    assert_eq!(cast.get("/groups/7?locale=fr").json()["title"], "Éthique");
    assert_eq!(cast.get("/groups?q=ethique").json()["items"][0]["number"], 7);
    assert_eq!(acts(&cast, id), ["group.proposed"]);
    let again = cast.ask("POST", "/groups").by(&cast.secretary).key("k").json(&proposal()).send().expect(201);
    assert_eq!(again.json()["id"], group["id"]);
    for (field, value) in [("slug", json!("another")), ("number", json!(8))] {
        let mut body = proposal();
        body[field] = value;
        assert_eq!(cast.ask("POST", "/groups").by(&cast.secretary).json(&body).send().expect(409).problem(), "already-exists");
    }
    for person in [&cast.chair, &cast.focal_point, &cast.stranger] {
        cast.ask("POST", "/groups").by(person).json(&proposal()).send().expect(403);
    }
    cast.ask("POST", "/groups").json(&proposal()).send().expect(401);
    let mut digits = proposal();
    digits["title"] = json!("2027");
    digits["number"] = json!(27);
    let made = cast.ask("POST", "/groups").by(&cast.secretary).json(&digits).send().expect(201).json();
    assert_eq!(made["slug"], "group-27");
}

#[test]
fn every_fault_of_a_proposal_is_named() {
    let cast = Cast::new();
    let body = json!({"number": 0, "title": {"en": "T", "de": "T"}, "principles": [1, 77], "join_policy": "closed", "colour": 1});
    let faults = cast.ask("POST", "/groups").by(&cast.secretary).json(&body).send().expect(422).faults();
    assert_eq!(faults, ["/colour unknown", "/join_policy enum", "/number too-small"]);
    // No range is given in the schema: 64 bits are the range.
    let body = json!({"number": 7.0, "title": "T", "principles": [1.0, 1e30, u64::MAX, -1e19], "join_policy": "open"});
    let large = cast.ask("POST", "/groups").by(&cast.secretary).json(&body).send().faults();
    assert_eq!(large, ["/principles/1 too-large", "/principles/2 too-large", "/principles/3 too-large"]);
    let body = json!({"number": 7, "title": {"en": " ", "de": "T"}, "mandate": "a\u{1}", "principles": [1, 77], "join_policy": "open", "slug": "2021"});
    let faults = cast.ask("POST", "/groups").by(&cast.secretary).json(&body).send().expect(422).faults();
    assert_eq!(faults, ["/title/en format", "/title/de unknown", "/mandate format", "/principles/1 enum", "/slug format"]);
    cast.ask("POST", "/groups").by(&cast.secretary).json(&json!({"title": {}})).send().expect(422);
}

#[test]
fn co_chairs_change_the_text_and_the_secretariat_number_and_slug() {
    let cast = Cast::new();
    let body = json!({"title": "استقرار الفضاء السيبراني", "mandate": "M", "principles": [2], "join_policy": "open"});
    let changed = patch(&cast, &cast.chair, "/groups/5", body.clone()).expect(200).json();
    for field in ["title", "mandate", "principles", "join_policy"] {
        assert_eq!(changed[field], body[field], "{field}");
    }
    assert_eq!(changed["slug"], "creating-a-cyberspace-stability-index");
    assert!(acts(&cast, cast.group.as_str()).contains(&"group.changed".to_owned()));
    assert!(patch(&cast, &cast.chair, "/groups/5", json!({"mandate": null})).expect(200).json()["mandate"].is_null());
    let refused = patch(&cast, &cast.chair, "/groups/5", json!({"number": 9, "slug": "index", "title": "T"})).expect(403);
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("number and slug"), "{}", refused.text());
    patch(&cast, &cast.chair, "/groups/4", json!({"title": "T"})).expect(403);
    for person in [&cast.member, &cast.lead, &cast.observer, &cast.focal_point, &cast.stranger] {
        patch(&cast, person, "/groups/5", json!({"title": "T"})).expect(403);
    }
    let ask = |etag: &str| cast.ask("PATCH", "/groups/5").by(&cast.chair).if_match(etag).json(&json!({"title": "T"})).send();
    assert_eq!(ask("\"1.00000000\"").expect(412).problem(), "precondition-failed");
    cast.ask("PATCH", "/groups/5").by(&cast.chair).json(&json!({"title": "T"})).send().expect(428);
    // What changes nothing leaves the version as it is.
    let before = cast.get("/groups/5").header("etag").to_owned();
    patch(&cast, &cast.chair, "/groups/5", json!({"principles": [2]})).expect(200);
    assert_eq!(cast.get("/groups/5").header("etag"), before);
}

#[test]
fn former_slugs_and_numbers_lead_to_the_group_and_are_never_given_again() {
    let cast = Cast::new();
    let old = "creating-a-cyberspace-stability-index";
    patch(&cast, &cast.secretary, "/groups/5", json!({"slug": "index"})).expect(200);
    let seat = cast.get("/groups/5").json()["co_chairs"][0]["id"].as_str().unwrap().to_owned();
    for below in ["", "/co-chairs", "/supporters", "/balance", "/derogation", &format!("/co-chairs/{seat}")] {
        let moved = cast.get(&format!("/groups/{old}{below}?locale=fr"));
        assert_eq!((moved.status, moved.header("location")), (308, format!("/api/v1/groups/index{below}?locale=fr").as_str()));
    }
    for (method, below, body) in [
        ("PATCH", "", json!({"title": "T"})),
        ("POST", "/transitions", json!({"to": "suspended"})),
        ("PUT", "/co-chairs", json!({"seats": []})),
        ("POST", "/messages", json!({"subject": "S", "body": "B", "to": "members"})),
        ("PUT", "/derogation", json!({"waives": ["sectors"], "reason": "R"})),
    ] {
        let moved = cast.ask(method, &format!("/groups/{old}{below}")).by(&cast.secretary).if_match("*").json(&body).send();
        assert_eq!((moved.status, moved.header("location")), (308, format!("/api/v1/groups/index{below}").as_str()), "{method}");
    }
    let mut body = proposal();
    body["slug"] = json!(old);
    cast.ask("POST", "/groups").by(&cast.secretary).json(&body).send().expect(409);
    patch(&cast, &cast.secretary, "/groups/4", json!({"slug": old})).expect(409);
    // It may have its own back.
    patch(&cast, &cast.secretary, "/groups/5", json!({"slug": old})).expect(200);
    cast.get(&format!("/groups/{old}")).expect(200);
    assert_eq!(cast.get("/groups/index").status, 308);
    // A number likewise.
    patch(&cast, &cast.secretary, "/groups/5", json!({"number": 50})).expect(200);
    assert_eq!(cast.get("/groups/5").header("location"), format!("/api/v1/groups/{old}"));
    body["slug"] = json!("fresh");
    body["number"] = json!(5);
    cast.ask("POST", "/groups").by(&cast.secretary).json(&body).send().expect(409);
    patch(&cast, &cast.secretary, "/groups/4", json!({"number": 6})).expect(409);
    // Other slices name it the same way; a filter follows.
    let named = cast.read(|c| Ok(groups::named(c, "5", "/meetings").unwrap_err().to_string()));
    assert_eq!(named, format!("moved to /groups/{old}/meetings"));
    assert_eq!(cast.read(|c| groups::resolve(c, "5")), cast.group);
}

#[test]
fn a_group_lives_as_the_table_says() {
    let cast = Cast::new();
    let status = |to: &str| cast.get("/groups/5").json()["status"] == to;
    let refused = go(&cast, &cast.secretary, "5", json!({"to": "withdrawn"})).expect(409);
    assert_eq!(
        (refused.problem().as_str(), &refused.json()["allowed"]),
        ("illegal-transition", &json!(["suspended", "concluded"]))
    );
    for person in [&cast.chair, &cast.focal_point, &cast.member] {
        go(&cast, person, "5", json!({"to": "suspended"})).expect(403);
    }
    assert_eq!(
        go(&cast, &cast.secretary, "5", json!({"to": "suspended", "derogation": {"waives": ["sectors"], "reason": "R"}}))
            .expect(422)
            .faults(),
        ["/derogation unknown"]
    );
    go(&cast, &cast.secretary, "5", json!({"to": "suspended", "reason": "A pause."})).expect(200);
    go(&cast, &cast.secretary, "5", json!({"to": "active"})).expect(200);
    go(&cast, &cast.secretary, "5", json!({"to": "concluded"})).expect(200);
    assert!(status("concluded"));
    assert_eq!(patch(&cast, &cast.chair, "/groups/5", json!({"title": "T"})).expect(409).problem(), "wrong-state");
    assert_eq!(codes(&go(&cast, &cast.secretary, "5", json!({"to": "active"})).expect(422)), ["reason_required"]);
    go(&cast, &cast.secretary, "5", json!({"to": "active", "reason": "There is more to do."})).expect(200);
    assert!(status("active"));
    let recorded = acts(&cast, cast.group.as_str());
    assert_eq!(recorded, ["group.suspended", "group.activated", "group.concluded", "group.activated"]);
    // A stale version is refused where one is named.
    let stale =
        cast.ask("POST", "/groups/5/transitions").by(&cast.secretary).if_match("\"1.0\"").json(&json!({"to": "suspended"}));
    stale.send().expect(412);
}

#[test]
fn a_group_begins_where_the_rule_holds_or_is_waived() {
    let cast = Cast::new();
    cast.ask("POST", "/groups").by(&cast.secretary).json(&proposal()).send().expect(201);
    let begin = |body: Value| go(&cast, &cast.secretary, "7", body);
    assert_eq!(codes(&begin(json!({"to": "active"})).expect(422)), ["seat_count", "sectors", "countries"]);
    cast.write(|tx| {
        // Two of one sector and country, one of which has withdrawn.
        diesel::update(supporters::table.filter(supporters::slug.eq("cisco")))
            .set(supporters::status.eq("withdrawn"))
            .execute(&mut **tx)?;
        let id: GroupId =
            working_groups::table.filter(working_groups::number.eq(7)).select(working_groups::id).get_result(&mut **tx)?;
        for (position, slug) in (0_i64..).zip(["google", "cisco"]) {
            let supporter: String =
                supporters::table.filter(supporters::slug.eq(slug)).select(supporters::id).get_result(&mut **tx)?;
            let (seat, now): (plenary::groups::SeatId, _) = (tx.new_id(), tx.now());
            use co_chair_seats as s;
            let own =
                (s::id.eq(seat), s::group_id.eq(id), s::supporter_id.eq(supporter), s::position.eq(position), s::since.eq(now));
            diesel::insert_into(s::table)
                .values((own, s::version.eq(1), s::created_at.eq(now), s::updated_at.eq(now)))
                .execute(&mut **tx)?;
        }
        Ok(())
    });
    let refused = begin(json!({"to": "active"})).expect(422);
    assert_eq!(codes(&refused), ["not_endorsed", "sectors", "countries"]);
    let seats = cast.get("/groups/7/co-chairs").json()["items"].clone();
    assert_eq!(refused.json()["violations"][0]["seats"], json!([at_fault(&seats[1])]));
    let waiving = |codes: &[&str]| json!({"to": "active", "derogation": {"waives": codes, "reason": "So it is."}});
    assert_eq!(codes(&begin(waiving(&["sectors", "countries"])).expect(422)), ["not_endorsed"]);
    let faulty = json!({"to": "active", "derogation": {"waives": ["sectors"], "reason": " ", "until": "2026-08-31"}});
    assert_eq!(begin(faulty.clone()).expect(422).faults(), ["/derogation/reason format", "/derogation/until past"]);
    let all = json!({"to": "active", "reason": "\u{7}", "derogation": faulty["derogation"]});
    let faults = begin(all).expect(422).faults();
    assert_eq!(faults, ["/reason format", "/derogation/reason format", "/derogation/until past"]);
    let begun = begin(waiving(&["not_endorsed", "sectors", "countries"])).expect(200).json();
    let balance = &begun["co_chair_balance"];
    assert_eq!((&balance["satisfied"], &balance["balanced"]), (&json!(false), &json!(true)));
    assert_eq!(balance["derogation"]["granted_by"]["id"], json!(cast.secretary.id));
    assert!(cast.mails().list().is_empty());
}
