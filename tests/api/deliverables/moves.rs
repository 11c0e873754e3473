//! The state machine of deliverables, over HTTP.

use serde_json::{Value, json};

use super::{Desk, violations};
use crate::world::Person;

/// Moves it, whoever must, along the usual way.
fn submitted(desk: &Desk) -> String {
    let path = desk.planned_with_lead();
    desk.add_version(&path, 1);
    desk.move_to(&desk.lead, &path, &json!({"to": "in_progress"})).expect(200);
    desk.move_to(&desk.chair, &path, &json!({"to": "submitted"})).expect(200);
    desk.mails();
    path
}

#[test]
fn a_deliverable_comes_about() {
    let desk = Desk::new();
    let edition = desk.edition(2026, "Europe/Paris", "2026-11-12", "open");
    let path = desk.planned_with_lead();
    desk.add_version(&path, 1);
    let moved = desk.move_to(&desk.lead, &path, &json!({"to": "in_progress"})).expect(200).json();
    assert_eq!((moved["status"].clone(), moved["allowed_transitions"].clone()), (json!("in_progress"), json!([])));
    desk.mails();
    let moved = desk.move_to(&desk.chair, &path, &json!({"to": "submitted"})).expect(200).json();
    assert_eq!((moved["health"].clone(), moved["health_reasons"].clone()), (json!("on_track"), json!(["submitted"])));
    assert_eq!(desk.mails().list(), ["deliverable_submitted secretary@plenary.test"]);
    let back = json!({"to": "in_progress", "reason": "Chapter two is missing."});
    desk.move_to(&desk.secretary, &path, &back).expect(200);
    let mails = desk.mails();
    let told = ["chair@plenary.test", "lead@plenary.test", "other-chair@plenary.test"];
    assert_eq!(mails.list(), told.map(|to| format!("deliverable_returned {to}")));
    assert_eq!(mails.to("lead@plenary.test").params["reason"], "Chapter two is missing.");
    desk.add_version(&path, 2);
    desk.move_to(&desk.chair, &path, &json!({"to": "submitted"})).expect(200);
    desk.mails();
    let moved = desk.move_to(&desk.secretary, &path, &json!({"to": "approved", "version": 2})).expect(200).json();
    assert_eq!((moved["approved_version"]["number"].clone(), moved["health"].clone()), (json!(2), json!("done")));
    assert_eq!(desk.mails().list(), told.map(|to| format!("deliverable_approved {to}")));
    let session = desk.show(edition, &path, "final");
    // Not before the Forum begins, at the Forum.
    desk.at("2026-11-11T22:59:59Z");
    let chosen = json!({"to": "presented", "session_id": session});
    let again = desk.sign_in("secretary@plenary.test");
    assert_eq!(violations(desk.move_to(&again, &path, &chosen)), ["forum_not_begun"]);
    desk.at("2026-11-11T23:00:00Z");
    let again = desk.sign_in("secretary@plenary.test");
    let moved = desk.move_to(&again, &path, &chosen).expect(200).json();
    assert_eq!((moved["status"].clone(), moved["allowed_transitions"].clone()), (json!("presented"), json!(["approved"])));
    assert_eq!(desk.mails().list(), told.map(|to| format!("deliverable_presented {to}")));
    assert_eq!(violations(desk.move_to(&again, &path, &json!({"to": "approved"}))), ["reason_required"]);
    desk.move_to(&again, &path, &json!({"to": "approved", "reason": "It was not shown after all."})).expect(200);
    assert!(desk.mails().list().is_empty());
    desk.move_to(&again, &path, &json!({"to": "presented"})).expect(200);
    let all = desk.ask("GET", "/admin/audit?limit=200").by(&again).send().expect(200).json();
    let moves: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .filter(|entry| entry["act"] == "deliverable.moved")
        .map(|entry| format!("{} {} {}", entry["from"].as_str().unwrap(), entry["to"].as_str().unwrap(), entry["reason"]))
        .collect();
    let expected = [
        "planned in_progress null",
        "in_progress submitted null",
        "submitted in_progress \"Chapter two is missing.\"",
        "in_progress submitted null",
        "submitted approved null",
        "approved presented null",
        "presented approved \"It was not shown after all.\"",
        "approved presented null",
    ];
    assert_eq!(moves, expected);
}

/// What each caller sees as allowed in each status, and that everything else is refused with just that.
#[test]
fn each_caller_moves_what_is_theirs_to_move() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.add_version(&path, 1);
    let callers: [(&str, Option<&Person>); 6] = [
        ("lead", Some(&desk.lead)),
        ("co_chair", Some(&desk.chair)),
        ("secretariat", Some(&desk.secretary)),
        ("member", Some(&desk.member)),
        ("stranger", Some(&desk.stranger)),
        ("public", None),
    ];
    let statuses = ["planned", "in_progress", "in_consultation", "submitted", "approved", "presented", "dropped"];
    let mut table = String::new();
    for from in statuses {
        desk.put(&path, from);
        for (name, caller) in callers {
            let ask = desk.ask("GET", &path);
            let shown = caller.map_or_else(|| desk.get(&path), |caller| ask.by(caller).send()).expect(200).json();
            let allowed: Vec<&str> =
                shown["allowed_transitions"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
            if !allowed.is_empty() {
                table.push_str(&format!("{from}, {name}: {}\n", allowed.join(" ")));
            }
            let Some(caller) = caller else { continue };
            for to in statuses.iter().filter(|to| !allowed.contains(to)) {
                let refused = desk.move_to(caller, &path, &json!({"to": to, "reason": "Because.", "version": 1}));
                if ["member", "stranger"].contains(&name) {
                    refused.expect(403);
                } else {
                    let refused = refused.expect(409);
                    assert_eq!(refused.problem(), "illegal-transition");
                    assert_eq!(refused.json()["allowed"], shown["allowed_transitions"], "{from} {to} {name}");
                }
            }
        }
    }
    insta::assert_snapshot!(table, @"
    planned, lead: in_progress
    planned, co_chair: in_progress dropped
    planned, secretariat: in_progress dropped
    in_progress, co_chair: in_consultation submitted dropped
    in_progress, secretariat: in_consultation submitted dropped
    in_consultation, co_chair: in_progress dropped
    in_consultation, secretariat: in_progress dropped
    submitted, secretariat: approved in_progress
    approved, secretariat: presented
    presented, secretariat: approved
    dropped, co_chair: planned
    dropped, secretariat: planned
    ");
    desk.ask("POST", &format!("{path}/transitions")).json(&json!({"to": "planned"})).send().expect(401);
    assert_eq!(desk.move_to(&desk.chair, &path, &json!({"to": "gone"})).expect(422).faults(), ["/to enum"]);
}

#[test]
fn what_is_missing_is_named_all_of_it() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let refused = |by: &Person, body: Value| violations(desk.move_to(by, &path, &body));
    assert_eq!(refused(&desk.secretary, json!({"to": "in_progress"})), ["reason_required"]);
    assert_eq!(refused(&desk.chair, json!({"to": "dropped", "reason": " "})), ["reason_required"]);
    desk.move_to(&desk.secretary, &path, &json!({"to": "in_progress", "reason": "The lead is away."})).expect(200);
    assert_eq!(refused(&desk.chair, json!({"to": "submitted"})), ["no_version"]);
    assert_eq!(refused(&desk.secretary, json!({"to": "submitted"})), ["reason_required", "no_version"]);
    assert_eq!(refused(&desk.chair, json!({"to": "in_consultation"})), ["no_open_round"]);
    desk.put(&path, "submitted");
    assert_eq!(refused(&desk.secretary, json!({"to": "approved"})), ["no_version"]);
    desk.add_version(&path, 1);
    desk.add_version(&path, 2);
    assert_eq!(refused(&desk.secretary, json!({"to": "approved"})), ["version_required"]);
    assert_eq!(refused(&desk.secretary, json!({"to": "approved", "version": 1})), ["not_latest_version"]);
    assert_eq!(refused(&desk.secretary, json!({"to": "approved", "version": 3})), ["not_latest_version"]);
    assert_eq!(refused(&desk.secretary, json!({"to": "in_progress"})), ["reason_required"]);
    desk.write(|tx| {
        use diesel::prelude::*;
        use plenary::schema::deliverable_versions as v;
        let now = tx.now();
        diesel::update(v::table.filter(v::number.eq(2_i64))).set(v::withheld_at.eq(now)).execute(&mut **tx)?;
        Ok(())
    });
    assert_eq!(refused(&desk.secretary, json!({"to": "approved", "version": 2})), ["version_withheld"]);
    desk.put(&path, "approved");
    assert_eq!(refused(&desk.secretary, json!({"to": "presented"})), ["not_shown_final"]);
    let (open, cancelled) =
        (desk.edition(2026, "Europe/Paris", "2026-08-12", "open"), desk.edition(2025, "Europe/Paris", "2025-11-12", "cancelled"));
    let preliminary = desk.show(open, &path, "preliminary");
    assert_eq!(refused(&desk.secretary, json!({"to": "presented"})), ["not_shown_final"]);
    let gone = desk.show(cancelled, &path, "final");
    assert_eq!(refused(&desk.secretary, json!({"to": "presented"})), ["forum_not_begun"]);
    desk.show(open, &path, "final");
    for session in [gone.to_string(), preliminary.to_string()] {
        desk.move_to(&desk.secretary, &path, &json!({"to": "presented", "session_id": session})).expect(422);
    }
    desk.move_to(&desk.secretary, &path, &json!({"to": "presented"})).expect(200);
}

#[test]
fn what_was_dropped_can_be_planned_again() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let dropped = desk.move_to(&desk.chair, &path, &json!({"to": "dropped", "reason": "Nobody has time."})).expect(200).json();
    assert_eq!((dropped["health"].clone(), dropped["allowed_transitions"].clone()), (json!("dropped"), json!(["planned"])));
    desk.move_to(&desk.lead, &path, &json!({"to": "planned"})).expect(409);
    desk.move_to(&desk.chair, &path, &json!({"to": "planned"})).expect(200);
    // Its number was not given to another.
    assert_eq!(desk.plan("Another", "2026-12-01")["reference"], "WG5-D2");
}

#[test]
fn a_secretary_who_is_a_co_chair_needs_no_reason() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.write(|tx| {
        use diesel::prelude::*;
        use plenary::schema::seat_persons as p;
        let chair = p::table.filter(p::person_id.eq(desk.chair.id));
        diesel::update(chair).set(p::person_id.eq(desk.secretary.id)).execute(&mut **tx)?;
        Ok(())
    });
    desk.move_to(&desk.secretary, &path, &json!({"to": "in_progress"})).expect(200);
    desk.move_to(&desk.chair, &path, &json!({"to": "dropped", "reason": "Mine no more."})).expect(403);
}

#[test]
fn a_group_that_does_not_work_hands_nothing_in() {
    let desk = Desk::new();
    let path = submitted(&desk);
    desk.move_to(&desk.secretary, &path, &json!({"to": "in_progress", "reason": "Not yet."})).expect(200);
    desk.put_group("suspended");
    let refused = desk.move_to(&desk.chair, &path, &json!({"to": "submitted"})).expect(409);
    assert_eq!(
        (refused.problem(), refused.json()["allowed"].clone()),
        ("illegal-transition".into(), json!(["in_consultation", "dropped"]))
    );
    // What was handed in before can be decided.
    desk.put(&path, "submitted");
    desk.move_to(&desk.secretary, &path, &json!({"to": "approved", "version": 1})).expect(200);
    desk.put_group("concluded");
    let edition = desk.edition(2026, "Europe/Paris", "2026-08-12", "held");
    desk.show(edition, &path, "final");
    desk.move_to(&desk.secretary, &path, &json!({"to": "presented"})).expect(200);
    let refused = desk.move_to(&desk.secretary, &path, &json!({"to": "approved", "reason": "No."})).expect(409);
    assert_eq!(refused.json()["allowed"], json!([]));
}

#[test]
fn a_move_compares_the_version_where_one_is_given() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let etag = desk.read(&desk.chair, &path).header("etag").to_owned();
    desk.change(&desk.chair, &path, &json!({"progress": 5})).expect(200);
    let send = |etag: &str| {
        let ask = desk.ask("POST", &format!("{path}/transitions")).by(&desk.chair).if_match(etag);
        ask.json(&json!({"to": "in_progress"})).send()
    };
    send(&etag).expect(412);
    send(desk.read(&desk.chair, &path).header("etag")).expect(200);
}
