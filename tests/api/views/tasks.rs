//! What a person owes.

use serde_json::json;

use super::board::{owing, read};
use crate::world::Person;
use crate::world::cast::Cast;

/// Kind, subject and reason of what somebody owes.
fn owed(cast: &Cast, by: &Person) -> Vec<String> {
    let tasks = read(cast, by, "/me/tasks").expect(200).json();
    let line = |task: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let reference = text(&task["subject"]["ref"]);
        let reference = if reference.len() == 36 { text(&task["subject"]["type"]) } else { reference };
        format!("{} {reference} {} {}", text(&task["kind"]), text(&task["reason"]), text(&task["due_at"]))
    };
    tasks["items"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn everybody_owes_what_is_theirs_by_due_date() {
    let cast = owing();
    assert_eq!(
        owed(&cast, &cast.lead),
        [
            "start_deliverable WG5-D1 lead 2027-08-20T21:59:59.999999Z",
            "start_deliverable WG5-D3 lead 2027-09-20T21:59:59.999999Z"
        ]
    );
    // A co-chair owes what nobody leads, and hears of a lead's once it is overdue.
    assert_eq!(
        owed(&cast, &cast.chair),
        [
            "start_deliverable WG5-D1 co_chair 2027-08-20T21:59:59.999999Z",
            "start_deliverable WG5-D2 co_chair 2027-09-10T21:59:59.999999Z",
            "start_deliverable WG5-D4 co_chair 2028-01-20T22:59:59.999999Z",
        ]
    );
    for person in [&cast.member, &cast.observer, &cast.stranger, &cast.focal_point] {
        assert!(owed(&cast, person).is_empty());
    }
    cast.get("/me/tasks").expect(401);
    // The third seat has nobody in it, but nobody speaks for its supporter either.
    assert!(!owed(&cast, &cast.secretary).iter().any(|task| task.contains("fill_seat")));
}

#[test]
fn tasks_are_a_list_like_others() {
    let cast = owing();
    let all = owed(&cast, &cast.chair);
    let page = |query: &str| read(&cast, &cast.chair, &format!("/me/tasks?{query}"));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..all.len() {
        let reply = page(&format!("limit=1&total=true{cursor}")).expect(200).json();
        assert_eq!((reply["items"].as_array().unwrap().len(), &reply["total"]), (1, &json!(3)));
        seen.push(reply["items"][0]["subject"]["ref"].as_str().unwrap().to_owned());
        cursor = format!("&cursor={}", reply["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!((seen, cursor.as_str()), (vec!["WG5-D1".into(), "WG5-D2".into(), "WG5-D4".to_owned()], "&cursor="));
    let last = page("sort=-due_at&limit=1").expect(200).json();
    assert_eq!(last["items"][0]["subject"]["ref"], "WG5-D4");
    let none = page("kind=answer_meeting").expect(200).json();
    assert_eq!((&none["items"], &none["next_cursor"]), (&json!([]), &json!(null)));
    for faulty in ["limit=0", "limit=201", "sort=title", "cursor=x"] {
        page(faulty).expect(422);
    }
}

#[test]
fn what_waits_for_a_decision_is_a_task_until_it_is_decided() {
    let cast = Cast::new();
    let supporter = cast.supporter;
    let request = cast
        .ask("POST", "/groups/5/memberships")
        .by(&cast.representative)
        .json(&json!({"supporter_id": supporter}))
        .send()
        .expect(201)
        .json();
    let waits = "decide_membership membership co_chair -";
    assert_eq!((owed(&cast, &cast.chair), owed(&cast, &cast.other_chair)), (vec![waits.to_owned()], vec![waits.to_owned()]));
    // Somebody sits there, so it is not the secretariat's.
    assert!(owed(&cast, &cast.secretary).is_empty());
    let path = format!("/memberships/{}/transitions", request["id"].as_str().unwrap());
    cast.ask("POST", &path).by(&cast.chair).json(&json!({"to": "active"})).send().expect(200);
    assert!(owed(&cast, &cast.other_chair).is_empty());
    // A vacated seat is its supporter's focal point's to fill; an application the secretariat's to decide.
    let seats = read(&cast, &cast.secretary, "/groups/5/co-chairs").json();
    let seat = format!("/groups/5/co-chairs/{}", seats["items"][0]["id"].as_str().unwrap());
    cast.ask("PATCH", &seat).by(&cast.chair).if_match("*").json(&json!({"person_id": null})).send().expect(200);
    assert_eq!(owed(&cast, &cast.focal_point), ["fill_seat co_chair_seat focal_point -"]);
    // The language of what it says is the reader's.
    let body = json!({"email": "stranger@plenary.test", "role": "representative"});
    cast.ask("POST", &format!("/supporters/{supporter}/invitations")).by(&cast.focal_point).json(&body).send().expect(201);
    let invited = owed(&cast, &cast.stranger);
    assert!(invited[0].starts_with("answer_invitation invitation invited 20"), "{invited:?}");
    let meeting = json!({"title": "Kick-off", "starts_at": "2030-01-10T10:00:00Z", "ends_at": "2030-01-10T11:00:00Z"});
    cast.ask("POST", "/groups/5/meetings").by(&cast.other_chair).json(&meeting).send().expect(201);
    assert_eq!(owed(&cast, &cast.member), ["answer_meeting meeting invited 2030-01-10T10:00:00Z"]);
}
