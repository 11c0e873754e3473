//! What happened in a group, for everybody and for who takes part in it.

use serde_json::{Value, json};

use super::board::read;
use crate::world::cast::Cast;

fn acts(reply: &Value) -> Vec<String> {
    let line = |entry: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text(&entry["act"]), text(&entry["subject"]["ref"]), text(&entry["reason"]))
    };
    reply["items"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn the_public_sees_what_the_group_became_and_its_own_people_the_rest() {
    let cast = Cast::new();
    let before = acts(&read(&cast, &cast.member, "/groups/5/timeline?limit=200").json()).len();
    let post = |path: &str, body: Value| cast.ask("POST", path).by(&cast.chair).json(&body).send();
    post("/groups/5/deliverables", json!({"title": "Index", "kind": "index", "due_on": "2027-10-01"})).expect(201);
    post("/deliverables/WG5-D1/comments", json!({"body": "Well begun."})).expect(201);
    post("/deliverables/WG5-D1/transitions", json!({"to": "in_progress"})).expect(200);
    post("/deliverables/WG5-D1/transitions", json!({"to": "dropped", "reason": "Nobody has time."})).expect(200);
    let body = json!({"to": "suspended", "reason": "A pause."});
    cast.ask("POST", "/groups/5/transitions").by(&cast.secretary).json(&body).send().expect(200);
    let public = cast.get("/groups/5/timeline?limit=4").expect(200).json();
    assert_eq!(
        acts(&public),
        [
            "group.suspended - A pause.",
            "deliverable.moved WG5-D1 -",
            "deliverable.moved WG5-D1 -",
            "deliverable.planned WG5-D1 -"
        ]
    );
    assert!(public["items"].as_array().unwrap().iter().all(|entry| entry["actor"].is_null()));
    for person in [&cast.member, &cast.observer, &cast.secretary] {
        let inside = read(&cast, person, "/groups/5/timeline?limit=200").expect(200).json();
        let acts = acts(&inside);
        assert_eq!(acts.len(), before + 5);
        assert_eq!(acts[1], "deliverable.moved WG5-D1 Nobody has time.");
        assert!(acts[3].starts_with("comment.written"), "{acts:?}");
        assert_eq!(inside["items"][1]["actor"]["id"], cast.chair.id.as_str());
    }
    let outside = read(&cast, &cast.stranger, "/groups/5/timeline?limit=200&total=true").json();
    assert!(acts(&outside).iter().all(|act| !act.starts_with("comment") && !act.starts_with("membership")));
    assert_eq!(outside["total"], outside["items"].as_array().unwrap().len());
    // Another group's is its own.
    assert!(!acts(&cast.get("/groups/4/timeline").expect(200).json()).iter().any(|act| act.contains("WG5")));
    cast.get("/groups/99/timeline").expect(404);
}
