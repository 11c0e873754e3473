//! What ends memberships beside a move: an affiliation, a supporter, a person.

use plenary::people::FORMER_PARTICIPANT;
use serde_json::{Value, json};

use crate::world::PASSWORD;
use crate::world::cast::Cast;

#[test]
fn with_an_affiliation_ends_what_rests_on_it() {
    let cast = Cast::new();
    let member = cast.own(&cast.member)[0]["id"].as_str().unwrap().to_owned();
    let asked = cast.requested(&cast.representative);
    let supporter = cast.supporter.to_string();
    cast.end_affiliation(&cast.member, &supporter);
    cast.end_affiliation(&cast.representative, &supporter);
    let statuses = |id: &str| (cast.membership(id)["status"].clone(), cast.membership(id)["until"].clone());
    assert_eq!(statuses(&member), (json!("left"), json!("2026-09-01T09:00:00Z")));
    assert_eq!(statuses(&asked), (json!("cancelled"), json!("2026-09-01T09:00:00Z")));
    assert_eq!(cast.counted(), (2, 3));
    cast.read_as(&cast.member, super::LIST).expect(403);
    let mails = cast.mails();
    let told: Vec<_> = mails.list().into_iter().filter(|mail| mail.starts_with("membership")).collect();
    assert_eq!(told, ["membership_ended chair@plenary.test", "membership_ended other-chair@plenary.test"]);
    assert_eq!(cast.acts("membership."), ["membership.requested", "membership.left", "membership.cancelled"]);
    // An affiliation to another supporter ends nothing of it.
    assert_eq!(cast.own(&cast.other_member)[0]["status"], "active");
}

#[test]
fn with_a_supporter_that_withdraws_end_its_members_in_one_mail() {
    let cast = Cast::new();
    let asked = cast.requested(&cast.representative);
    let path = format!("/supporters/{}/transitions", cast.supporter);
    cast.post_as(&cast.secretary, &path, &json!({"to": "withdrawn", "reason": "Enough."})).expect(200);
    assert!(cast.own(&cast.member).is_empty() && cast.own(&cast.lead).is_empty() && cast.own(&cast.representative).is_empty());
    assert_eq!(cast.membership(&asked)["status"], "cancelled");
    assert_eq!(cast.own(&cast.other_member).len(), 1);
    assert_eq!(cast.own(&cast.observer).len(), 1, "who observes for a body rests on no supporter");
    let mails = cast.mails();
    let mut named: Vec<_> = mails.to("other-chair@plenary.test").params["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["person"].as_str().unwrap().to_owned())
        .collect();
    named.sort();
    assert_eq!(named, ["Lead Test", "Member Test"]);
    let told = |person: &crate::world::Person| mails.list().contains(&format!("membership_removed {}", person.email));
    assert_eq!(
        (told(&cast.member), told(&cast.lead), told(&cast.representative), told(&cast.observer)),
        (true, true, false, false)
    );
    assert_eq!(
        mails.to(&cast.member.email).params["supporter"],
        cast.get(&format!("/supporters/{}", cast.supporter)).json()["name"]
    );
    let (members, supporters) = cast.counted();
    assert_eq!(members, 1);
    let listed = cast.get("/groups/5/supporters?total=true").json();
    assert_eq!(listed["total"], json!(supporters));
}

#[test]
fn memberships_move_with_a_merge() {
    let cast = Cast::new();
    let other = cast.colleague("cigref@plenary.test", "cigref", "representative");
    let cigref = cast.get("/supporters/cigref").json();
    cast.set_group("active", "open");
    let view = cast.post_as(&other, super::LIST, &json!({"supporter_id": cigref["id"]})).expect(201).json();
    assert_eq!(cast.counted(), (4, 4));
    // CIGREF holds a seat of group 6, Microsoft none there.
    let into = cast.get("/supporters/microsoft").json();
    let body = json!({"into_supporter_id": into["id"], "reason": "The same."});
    cast.post_as(&cast.secretary, "/supporters/cigref/merge", &body).expect(200);
    let now = cast.membership(view["id"].as_str().unwrap());
    assert_eq!((&now["supporter"]["slug"], &now["status"]), (&json!("microsoft"), &json!("active")));
    assert_eq!(cast.counted(), (4, 4));
    let body = json!({"into_supporter_id": cast.supporter, "reason": "The same, too."});
    cast.post_as(&cast.secretary, "/supporters/microsoft/merge", &body).expect(200);
    assert_eq!(cast.counted(), (4, 3));
    assert_eq!(cast.own(&other)[0]["supporter"]["id"], json!(cast.supporter));
}

#[test]
fn whoever_erases_the_account_takes_part_no_more() {
    let cast = Cast::new();
    let observing = cast.own(&cast.observer)[0]["id"].as_str().unwrap().to_owned();
    let asked = cast.requested(&cast.representative);
    let erase = |person: &crate::world::Person| {
        let me = cast.read_as(person, "/me").expect(200).json();
        let request = cast.ask("DELETE", "/me").by(person).if_match(me["etag"].as_str().unwrap());
        request.json(&json!({"password": PASSWORD})).send().expect(204);
    };
    erase(&cast.observer);
    let mails = cast.mails();
    assert_eq!(mails.to("chair@plenary.test").params["items"][0]["person"], FORMER_PARTICIPANT);
    erase(&cast.representative);
    let gone = cast.membership(&observing);
    assert_eq!((&gone["status"], &gone["person"]["display_name"]), (&json!("left"), &json!(FORMER_PARTICIPANT)));
    let gone = cast.membership(&asked);
    assert_eq!((&gone["status"], &gone["message"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(cast.counted(), (3, 3));
}

#[test]
fn a_suspension_of_a_person_ends_no_membership() {
    let cast = Cast::new();
    let administrator = cast.administrator();
    let path = format!("/admin/persons/{}", cast.member.id);
    let row = cast.read_as(&administrator, &path).expect(200).json();
    let id = cast.own(&cast.member)[0]["id"].as_str().unwrap().to_owned();
    let request = cast.ask("PATCH", &path).by(&administrator).if_match(row["etag"].as_str().unwrap());
    request.json(&json!({"suspended": true, "reason": "Look into it."})).send().expect(200);
    assert_eq!(cast.membership(&id)["status"], "active");
}
