//! What endpoints hear of, and what they never do.

use plenary::webhooks::EventKind;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{Endpoint, notices};
use crate::world::cast::Cast;

/// An endpoint that asks for all there is.
fn nosy(cast: &Cast) -> Endpoint {
    let receiver = Receiver::open();
    let kinds: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    Endpoint::new(&cast.world, &cast.secretary, &receiver, &kinds)
}

fn heard(cast: &Cast) -> Vec<String> {
    notices(&cast.world).into_iter().map(|(kind, _)| kind).collect()
}

#[track_caller]
fn post(cast: &Cast, by: &crate::world::Person, path: &str, body: &Value) -> Value {
    let reply = cast.ask("POST", path).by(by).json(body).send();
    assert!(reply.status < 300, "{path}: {} {}", reply.status, reply.text());
    if reply.body.is_empty() { Value::Null } else { reply.json() }
}

/// Whether everybody finds what each payload points to, without an account.
#[track_caller]
fn all_is_public(cast: &Cast) {
    for (kind, payload) in notices(&cast.world) {
        let path = payload["data"]["path"].as_str().unwrap_or_else(|| panic!("{kind}: {payload}"));
        cast.get(&format!("/{path}")).expect(200);
    }
}

#[test]
fn the_life_of_a_deliverable_is_told() {
    let cast = Cast::new();
    nosy(&cast);
    let made = post(
        &cast,
        &cast.chair,
        "/groups/5/deliverables",
        &json!({"title": "Secret title", "kind": "report", "due_on": "2026-12-01"}),
    );
    let path = format!("/deliverables/{}", made["reference"].as_str().unwrap());
    let go = |by, body: &Value| post(&cast, by, &format!("{path}/transitions"), body);
    go(&cast.chair, &json!({"to": "in_progress"}));
    post(&cast, &cast.chair, &format!("{path}/versions"), &json!({"url": "https://example.org/draft"}));
    post(&cast, &cast.member, &format!("{path}/comments"), &json!({"body": "A remark"}));
    post(
        &cast,
        &cast.chair,
        &format!("{path}/milestones"),
        &json!({"title": "Outline", "due_on": "2026-10-01", "done_on": null}),
    );
    go(&cast.chair, &json!({"to": "submitted"}));
    go(&cast.secretary, &json!({"to": "approved", "version": 1}));
    assert_eq!(heard(&cast), ["planned", "in_progress", "submitted", "approved"].map(|to| format!("deliverable.{to}")));
    all_is_public(&cast);
    let (_, approved) = notices(&cast.world).pop().unwrap();
    assert_eq!(
        approved["data"],
        json!({"type": "deliverable", "id": made["id"], "group_id": cast.group, "from": "submitted", "to": "approved",
            "path": format!("deliverables/{}", made["id"].as_str().unwrap())})
    );
    let all = format!("{:?}", notices(&cast.world));
    for secret in ["Secret title", "draft", "remark", &cast.chair.id.to_string(), &cast.secretary.id.to_string()] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[test]
fn what_is_undone_is_not_told() {
    let cast = Cast::new();
    nosy(&cast);
    cast.ask("POST", "/groups/5/transitions").by(&cast.chair).json(&json!({"to": "suspended"})).send().expect(403);
    post(&cast, &cast.secretary, "/groups/5/transitions", &json!({"to": "suspended", "reason": "R"}));
    assert_eq!(heard(&cast), ["group.suspended"]);
    assert!(!format!("{:?}", notices(&cast.world)).contains("\"R\""));
    all_is_public(&cast);
}

#[test]
fn rounds_are_told_where_everybody_may_read_them() {
    let cast = Cast::new();
    nosy(&cast);
    let draft = |audience: &str, visibility: &[&str]| {
        let mut body = json!({"scope": "call", "title": "Expectations", "audience": audience, "allowed_visibility": visibility,
            "opens_at": "2026-09-10T09:00:00Z", "closes_at": "2026-09-30T22:00:00Z"});
        if audience == "group_members" {
            (body["scope"], body["group_id"]) = (json!("group"), json!(cast.group));
        }
        let made = post(&cast, &cast.secretary, "/consultations", &body);
        let path = format!("/consultations/{}", made["slug"].as_str().unwrap());
        let questions = json!({"questions": [{"kind": "text", "prompt": "What?", "required": true, "max_length": 500}]});
        let etag = cast.ask("GET", &format!("{path}/questions")).by(&cast.secretary).send().expect(200).header("etag").to_owned();
        cast.ask("PUT", &format!("{path}/questions")).by(&cast.secretary).if_match(&etag).json(&questions).send().expect(200);
        path
    };
    let go = |path: &str, to: &str| {
        post(&cast, &cast.secretary, &format!("{path}/transitions"), &json!({"to": to, "reason": "R"}));
    };
    let (open, own, dropped) = (
        draft("supporters", &["anonymous", "attributed"]),
        draft("group_members", &["attributed"]),
        draft("public", &["attributed"]),
    );
    go(&dropped, "scheduled");
    go(&dropped, "cancelled");
    assert_eq!(heard(&cast), Vec::<String>::new(), "nobody saw it, so nobody hears of it");
    go(&open, "open");
    go(&own, "open");
    assert_eq!(heard(&cast), ["consultation.opened"]);
    let questions = cast.get(&format!("{open}/questions")).expect(200).json();
    let question = questions["questions"][0]["id"].clone();
    let answers = json!({"answers": [{"question_id": question, "value": "Because"}], "visibility": "anonymous"});
    cast.ask("PUT", &format!("{open}/contribution")).by(&cast.focal_point).json(&answers).send().expect(200);
    cast.ask("POST", &format!("{open}/contribution/submit")).by(&cast.focal_point).send().expect(200);
    post(&cast, &cast.secretary, &format!("{open}/extension"), &json!({"closes_at": "2026-10-01T22:00:00Z", "reason": "R"}));
    go(&open, "closed");
    go(&own, "closed");
    assert_eq!(heard(&cast), ["opened", "extended", "closed"].map(|act| format!("consultation.{act}")));
    all_is_public(&cast);
    let all = format!("{:?}", notices(&cast.world));
    assert!(!all.contains("contribution") && !all.contains(&cast.supporter.to_string()), "{all}");
}

#[test]
fn supporters_and_forums_are_told() {
    let cast = Cast::new();
    nosy(&cast);
    let slug = cast.slug(cast.other_supporter);
    post(&cast, &cast.secretary, &format!("/supporters/{slug}/transitions"), &json!({"to": "withdrawn", "reason": "R"}));
    let kinds = heard(&cast);
    assert!(kinds.contains(&"supporter.withdrawn".to_owned()) && kinds.contains(&"seat.ended".to_owned()), "{kinds:?}");
    let all = format!("{:?}", notices(&cast.world));
    assert!(!all.contains(&cast.other_chair.id.to_string()), "who sat there is in none of it");
    assert!(!kinds.iter().any(|kind| kind.starts_with("membership")), "{kinds:?}");
}

#[test]
fn every_kind_is_in_the_document() {
    let document: Value = serde_json::from_str(include_str!("../../../openapi.json")).unwrap();
    let text = document["components"]["schemas"]["EventKind"].to_string();
    for kind in EventKind::ALL {
        assert!(text.contains(&format!("\"{kind}\"")), "{kind}");
    }
}
