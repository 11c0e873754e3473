//! Who is invited, who comes, who was there.

use serde_json::{Value, json};

use super::{ahead, call, codes, path_of};
use crate::world::Person;
use crate::world::cast::Cast;

fn standings(cast: &Cast, path: &str) -> Vec<String> {
    let list = cast.ask("GET", &format!("{path}/attendance?limit=200")).by(&cast.secretary).send().expect(200).json();
    let mut all: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("{} {}", item["person"]["display_name"].as_str().unwrap(), item["status"].as_str().unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn everybody_who_takes_part_is_invited_and_answers() {
    let cast = Cast::new();
    let path = path_of(&call(&cast, &cast.chair, &ahead()).expect(201).json());
    let answer = |person: &Person, status: &str| {
        cast.ask("PUT", &format!("{path}/attendance/me")).by(person).json(&json!({"status": status})).send()
    };
    cast.get(&format!("{path}/attendance")).expect(401);
    for person in [&cast.stranger, &cast.representative] {
        cast.ask("GET", &format!("{path}/attendance")).by(person).send().expect(403);
        answer(person, "accepted").expect(403);
    }
    answer(&cast.secretary, "accepted").expect(403);
    assert_eq!(answer(&cast.member, "present").expect(422).faults(), ["/status enum"]);
    assert_eq!(answer(&cast.member, "accepted").expect(200).json()["status"], "accepted");
    answer(&cast.member, "accepted").expect(200);
    answer(&cast.observer, "declined").expect(200);
    // Who joined since answers too.
    cast.admit(&cast.representative, Some(cast.supporter));
    answer(&cast.representative, "accepted").expect(200);
    assert_eq!(
        standings(&cast, &path),
        [
            "Chair Test invited",
            "Lead Test invited",
            "Member Test accepted",
            "Observer Test declined",
            "Other-chair Test invited",
            "Other-member Test invited",
            "Representative Test accepted"
        ]
    );
    let export = cast.ask("GET", "/me/export").by(&cast.observer).send().expect(200).json();
    assert_eq!(
        (&export["meetings"][0]["status"], &export["meetings"][0]["meeting"]["title"]),
        (&json!("declined"), &json!("Kick-off"))
    );
}

#[test]
fn who_was_there_is_written_down_once_it_began() {
    let cast = Cast::new();
    let path = path_of(&call(&cast, &cast.chair, &ahead()).expect(201).json());
    cast.mails();
    let set =
        |by: &Person, items: Value| cast.ask("PUT", &format!("{path}/attendance")).by(by).json(&json!({"items": items})).send();
    let one = |person: &Person, status: &str| json!({"person_id": person.id, "status": status});
    set(&cast.member, json!([one(&cast.member, "accepted")])).expect(403);
    assert_eq!(
        codes(set(&cast.chair, json!([one(&cast.member, "present"), one(&cast.stranger, "invited")]))),
        ["not_begun", "not_of_group"]
    );
    let twice = set(&cast.chair, json!([one(&cast.member, "accepted"), one(&cast.member, "declined")])).expect(422).faults();
    assert_eq!(twice, ["/items/1/person_id not-unique"]);
    cast.admit(&cast.representative, Some(cast.supporter));
    let items = json!([one(&cast.representative, "invited"), one(&cast.member, "declined")]);
    let answer = set(&cast.chair, items).expect(200).json();
    assert_eq!(answer["items"].as_array().unwrap().len(), 2);
    assert_eq!(cast.mails().list(), ["meeting_invited representative@plenary.test"]);
    cast.at("2026-09-10T09:30:00Z");
    let (chair, member) = (cast.sign_in(&cast.chair.email), cast.sign_in(&cast.member.email));
    let items = json!([one(&cast.member, "present"), one(&cast.other_member, "absent")]);
    set(&chair, items).expect(200);
    assert!(cast.mails().list().is_empty());
    cast.ask("POST", &format!("{path}/transitions")).by(&chair).json(&json!({"to": "held"})).send().expect(200);
    let late = cast.ask("PUT", &format!("{path}/attendance/me")).by(&member).json(&json!({"status": "declined"})).send();
    assert_eq!(late.expect(409).problem(), "wrong-state");
    set(&chair, json!([one(&cast.lead, "present")])).expect(200);
}

#[test]
fn nobody_comes_to_what_is_called_off() {
    let cast = Cast::new();
    let path = path_of(&call(&cast, &cast.chair, &ahead()).expect(201).json());
    cast.mails();
    let go = json!({"to": "cancelled"});
    assert_eq!(
        cast.ask("POST", &format!("{path}/transitions")).by(&cast.chair).json(&go).send().expect(200).json()["status"],
        "cancelled"
    );
    assert_eq!(cast.mails().list().len(), 5);
    for (method, below, body) in [
        ("PUT", "/attendance/me", json!({"status": "accepted"})),
        ("PUT", "/attendance", json!({"items": [{"person_id": cast.member.id, "status": "invited"}]})),
        ("PATCH", "", json!({"minutes": "x"})),
    ] {
        let reply = cast.ask(method, &format!("{path}{below}")).by(&cast.chair).if_match("*").json(&body).send();
        assert_eq!(reply.expect(409).problem(), "wrong-state", "{method} {below}");
    }
}
