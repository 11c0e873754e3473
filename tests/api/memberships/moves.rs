//! Moves of a membership: who makes which, why, and when not.

use serde_json::{Value, json};

use crate::world::Person;
use crate::world::cast::Cast;

#[track_caller]
fn allowed(cast: &Cast, by: &Person, id: &str, to: &str) -> Value {
    let refused = cast.move_membership(by, id, to, Some("because")).expect(409);
    assert_eq!(refused.problem(), "illegal-transition");
    refused.json()["allowed"].clone()
}

#[test]
fn a_refusal_knows_what_this_caller_may() {
    let cast = Cast::new();
    let id = cast.requested(&cast.representative);
    assert_eq!(allowed(&cast, &cast.representative, &id, "active"), json!(["cancelled"]));
    assert_eq!(allowed(&cast, &cast.chair, &id, "cancelled"), json!(["active", "declined"]));
    assert_eq!(allowed(&cast, &cast.secretary, &id, "removed"), json!(["active", "declined"]));
    cast.move_membership(&cast.member, &id, "active", None).expect(403);
    cast.move_membership(&cast.observer, &id, "active", None).expect(403);
    cast.move_membership(&cast.stranger, &id, "active", None).expect(404);
    cast.move_membership(&cast.focal_point, &id, "declined", Some("no")).expect(404);
    let path = format!("/memberships/{id}/transitions");
    cast.ask("POST", &path).json(&json!({"to": "active"})).send().expect(401);
    assert_eq!(cast.post_as(&cast.chair, &path, &json!({"to": "gone"})).expect(422).faults(), ["/to enum"]);
    let stale = cast.ask("POST", &path).by(&cast.chair).if_match("\"9.0\"").json(&json!({"to": "active"})).send();
    assert_eq!(stale.expect(412).problem(), "precondition-failed");
    cast.move_membership(&cast.chair, &id, "active", None).expect(200);
    assert_eq!(allowed(&cast, &cast.representative, &id, "removed"), json!(["left"]));
    assert_eq!(allowed(&cast, &cast.chair, &id, "left"), json!(["removed"]));
    assert_eq!(allowed(&cast, &cast.chair, &id, "active"), json!(["removed"]));
    cast.move_membership(&cast.representative, &id, "left", None).expect(200);
    for by in [&cast.representative, &cast.chair, &cast.secretary] {
        assert_eq!(allowed(&cast, by, &id, "active"), json!([]));
    }
}

#[test]
fn declining_and_removing_say_why_and_the_person_is_told() {
    let cast = Cast::new();
    let id = cast.requested(&cast.representative);
    let refused = cast.move_membership(&cast.chair, &id, "declined", Some("  ")).expect(422);
    assert_eq!(refused.json()["violations"][0]["code"], "reason_required");
    let declined = cast.move_membership(&cast.chair, &id, "declined", Some("Not now.")).expect(200).json();
    assert_eq!((&declined["status"], &declined["reason"]), (&json!("declined"), &json!("Not now.")));
    assert_eq!(declined["until"], "2026-09-01T09:00:00Z");
    let mails = cast.mails();
    assert_eq!(mails.list(), ["membership_decided representative@plenary.test"]);
    let params = &mails.to("representative@plenary.test").params;
    assert_eq!((&params["accepted"], &params["reason"]), (&json!(false), &json!("Not now.")));
    let seen = |by: &Person| cast.read_as(by, &format!("/memberships/{id}")).expect(200).json()["reason"].clone();
    assert_eq!((seen(&cast.representative), seen(&cast.member)), (json!("Not now."), Value::Null));
    // History stays, and joining again makes a new one.
    let again = cast.requested(&cast.representative);
    assert_ne!(again, id);
    cast.move_membership(&cast.secretary, &again, "active", None).expect(200);
    cast.mails();
    let refused = cast.move_membership(&cast.chair, &again, "removed", None).expect(422);
    assert_eq!(refused.json()["violations"][0]["code"], "reason_required");
    cast.move_membership(&cast.chair, &again, "removed", Some("Absent.")).expect(200);
    let mails = cast.mails();
    assert_eq!(mails.list(), ["membership_ended other-chair@plenary.test", "membership_removed representative@plenary.test"]);
    assert_eq!(mails.to("representative@plenary.test").params["reason"], "Absent.");
    assert_eq!(
        (cast.membership(&id)["status"].clone(), cast.membership(&again)["status"].clone()),
        (json!("declined"), json!("removed"))
    );
    assert_eq!(cast.counted(), (3, 3));
    let third = cast.requested(&cast.representative);
    cast.move_membership(&cast.representative, &third, "cancelled", None).expect(200);
    assert_eq!(cast.mails().list(), [""; 0]);
    let export = cast.read_as(&cast.representative, "/me/export").expect(200).json();
    let statuses: Vec<_> = export["memberships"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["declined", "removed", "cancelled"]);
    assert_eq!(export["memberships"][0]["message"], "Please.");
}

#[test]
fn nobody_decides_about_themselves() {
    let cast = Cast::new();
    // A co-chair, and somebody of the secretariat who speaks for a supporter.
    let made = cast.post_as(&cast.chair, super::LIST, &json!({"supporter_id": cast.supporter})).expect(201).json();
    assert_eq!(cast.mails().list(), ["membership_requested other-chair@plenary.test"], "one does not ask oneself");
    let id = made["id"].as_str().unwrap();
    assert_eq!(allowed(&cast, &cast.chair, id, "active"), json!(["cancelled"]));
    cast.move_membership(&cast.other_chair, id, "active", None).expect(200);
    assert_eq!(allowed(&cast, &cast.chair, id, "removed"), json!(["left"]));
    let path = format!("/supporters/{}/affiliations", cast.supporter);
    let body = json!({"email": cast.secretary.email, "role": "representative"});
    cast.post_as(&cast.secretary, &path, &body).expect(201);
    let id = cast.requested(&cast.secretary);
    assert_eq!(allowed(&cast, &cast.secretary, &id, "active"), json!(["cancelled"]));
    cast.move_membership(&cast.chair, &id, "active", None).expect(200);
}

#[test]
fn what_a_request_rests_on_is_looked_at_again() {
    let cast = Cast::new();
    let id = cast.requested(&cast.representative);
    cast.set_group("suspended", "approval");
    let refused = cast.move_membership(&cast.chair, &id, "active", None).expect(422);
    assert_eq!(refused.json()["violations"][0]["code"], "group_not_active");
    // Leaving is always possible, and so is a decline.
    for status in ["suspended", "concluded"] {
        cast.set_group(status, "approval");
        let leaving = if status == "suspended" { &cast.member } else { &cast.other_member };
        let own = cast.own(leaving);
        cast.move_membership(leaving, own[0]["id"].as_str().unwrap(), "left", None).expect(200);
    }
    cast.move_membership(&cast.chair, &id, "declined", Some("Too late.")).expect(200);
    assert_eq!(cast.counted(), (1, 3));
}

#[test]
fn who_leaves_is_missed_by_the_co_chairs() {
    let cast = Cast::new();
    let own = cast.own(&cast.lead);
    cast.move_membership(&cast.lead, own[0]["id"].as_str().unwrap(), "left", None).expect(200);
    let mails = cast.mails();
    assert_eq!(mails.list(), ["membership_ended chair@plenary.test", "membership_ended other-chair@plenary.test"]);
    let title = cast.get("/groups/5").json()["title"].clone();
    let params = &mails.to("chair@plenary.test").params;
    assert_eq!(params["items"], json!([{"path": "groups/5", "person": "Lead Test", "group": title}]));
    assert_eq!(params["path"], "groups/5");
    cast.read_as(&cast.lead, super::LIST).expect(403);
    assert_eq!(cast.own(&cast.lead), [json!(null); 0]);
}
