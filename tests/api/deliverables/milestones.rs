//! What of a deliverable is to be done by when.

use serde_json::{Value, json};

use super::{Desk, each, violations};

#[test]
fn milestones_are_added_done_changed_and_removed() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let list = format!("{path}/milestones");
    let add =
        |title: &str, due_on: &str| desk.post(&desk.lead, &list, &json!({"title": title, "due_on": due_on})).expect(201).json();
    let (draft, outline) = (add("Draft", "2026-10-10"), add("Outline", "2026-09-10"));
    assert_eq!(each(&desk.get(&format!("{list}?total=true")).expect(200).json(), "title"), ["Outline", "Draft"]);
    assert_eq!(desk.get(&path).json()["milestones"], json!([outline, draft]));
    let one = format!("/milestones/{}", outline["id"].as_str().unwrap());
    assert_eq!(desk.get(&one).expect(200).json(), outline);
    let done = desk.change(&desk.lead, &one, &json!({"done_on": "2026-09-01"})).expect(200).json();
    assert_eq!(done["done_on"], "2026-09-01");
    let changed =
        desk.change(&desk.chair, &one, &json!({"done_on": null, "title": "Plan", "due_on": "2026-09-11"})).expect(200).json();
    assert_eq!(
        [&changed["done_on"], &changed["title"], &changed["due_on"]],
        [&Value::Null, &json!("Plan"), &json!("2026-09-11")]
    );
    desk.ask("PATCH", &one).by(&desk.lead).json(&json!({})).send().expect(428);
    desk.ask("PATCH", &one).by(&desk.lead).if_match(outline["etag"].as_str().unwrap()).json(&json!({})).send().expect(412);
    desk.ask("DELETE", &one).by(&desk.lead).if_match(outline["etag"].as_str().unwrap()).send().expect(412);
    desk.with_etag("DELETE", &desk.lead, &one, None).expect(204);
    desk.get(&one).expect(404);
    assert_eq!(each(&desk.get(&list).json(), "title"), ["Draft"]);
    let acts = ["added", "added", "done", "changed", "removed"].map(|act| format!("milestone.{act} - - -"));
    assert_eq!(desk.acts("milestone"), acts);
}

#[test]
fn only_who_works_on_it_keeps_milestones_and_only_while_it_is_owed() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let list = format!("{path}/milestones");
    let body = json!({"title": "Draft", "due_on": "2026-10-10"});
    let made = desk.post(&desk.lead, &list, &body).expect(201).json();
    let one = format!("/milestones/{}", made["id"].as_str().unwrap());
    for who in [&desk.member, &desk.observer, &desk.representative, &desk.focal_point, &desk.stranger] {
        desk.post(who, &list, &body).expect(403);
        desk.change(who, &one, &json!({"title": "Mine"})).expect(403);
        desk.with_etag("DELETE", who, &one, None).expect(403);
    }
    desk.ask("POST", &list).json(&body).send().expect(401);
    desk.put(&path, "approved");
    desk.post(&desk.lead, &list, &body).expect(409);
    desk.change(&desk.chair, &one, &json!({"title": "Late"})).expect(409);
    desk.with_etag("DELETE", &desk.secretary, &one, None).expect(409);
    desk.put(&path, "in_progress");
    desk.put_group("concluded");
    desk.post(&desk.secretary, &list, &body).expect(409);
}

#[test]
fn a_milestone_is_sound() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let list = format!("{path}/milestones");
    let bad = json!({"title": "", "due_on": "x", "done_on": 1, "extra": 1});
    let faults = desk.post(&desk.lead, &list, &bad).expect(422).faults();
    assert_eq!(faults, ["/done_on type", "/due_on format", "/extra unknown", "/title too-short"]);
    assert_eq!(
        desk.post(&desk.lead, &list, &json!({"title": " ", "due_on": "2026-10-10"})).expect(422).faults(),
        ["/title format"]
    );
    let ahead = json!({"title": "A", "due_on": "2026-10-10", "done_on": "2026-09-02"});
    assert_eq!(violations(desk.post(&desk.lead, &list, &ahead)), ["done_ahead"]);
    for n in 0..100 {
        desk.post(&desk.lead, &list, &json!({"title": format!("M{n}"), "due_on": "2026-10-10"})).expect(201);
    }
    let one_more = json!({"title": "M100", "due_on": "2026-10-10"});
    assert_eq!(violations(desk.post(&desk.lead, &list, &one_more)), ["too_many_milestones"]);
    desk.get("/deliverables/WG5-D9/milestones").expect(404);
}

#[test]
fn an_overdue_milestone_is_a_risk_that_everybody_sees() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.post(&desk.lead, &format!("{path}/milestones"), &json!({"title": "A", "due_on": "2026-08-31"})).expect(201);
    let shown = desk.get(&path).expect(200).json();
    assert_eq!((shown["health"].clone(), shown["health_reasons"].clone()), (json!("at_risk"), json!(["milestone_overdue"])));
}
