//! The same thing at the same time.

use serde_json::json;

use super::{Desk, each};
use crate::supporters::sixteen_at_once;

#[test]
fn of_co_chairs_who_edit_at_once_one_is_told_to_read_again() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let etag = desk.read(&desk.chair, &path).header("etag").to_owned();
    let statuses = sixteen_at_once(|n| {
        let by = if n % 2 == 0 { &desk.chair } else { &desk.other_chair };
        desk.ask("PATCH", &path).by(by).if_match(&etag).json(&json!({"progress": n + 1})).send().status
    });
    let mut expected = vec![412; 16];
    expected[0] = 200;
    assert_eq!(statuses, expected);
    assert_eq!(desk.acts("deliverable.changed").len(), 2);
}

#[test]
fn deliverables_planned_at_once_get_numbers_of_their_own() {
    let desk = Desk::new();
    let body = json!({"title": "A", "kind": "report", "due_on": "2026-12-01"});
    let statuses = sixteen_at_once(|n| {
        let by = if n % 2 == 0 { &desk.chair } else { &desk.secretary };
        desk.ask("POST", "/groups/5/deliverables").by(by).json(&body).send().status
    });
    assert_eq!(statuses, [201; 16]);
    let list = desk.get("/groups/5/deliverables?limit=200").json();
    let mut references: Vec<_> = each(&list, "reference").iter().map(|r| r.as_str().unwrap().to_owned()).collect();
    references.sort();
    let mut expected: Vec<_> = (1..=16).map(|n| format!("WG5-D{n}")).collect();
    expected.sort();
    assert_eq!(references, expected);
}

#[test]
fn of_those_who_move_it_at_once_one_does() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let statuses = sixteen_at_once(|n| {
        let by = if n % 2 == 0 { &desk.chair } else { &desk.lead };
        desk.move_to(by, &path, &json!({"to": "in_progress"})).status
    });
    let mut expected = vec![409; 16];
    expected[0] = 200;
    assert_eq!(statuses, expected);
    assert_eq!(desk.acts("deliverable.moved").len(), 1);
}

#[test]
fn milestones_added_at_once_stay_within_their_number() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let body = json!({"title": "M", "due_on": "2026-10-10"});
    for _ in 0..95 {
        desk.post(&desk.lead, &format!("{path}/milestones"), &body).expect(201);
    }
    let statuses = sixteen_at_once(|_| desk.post(&desk.lead, &format!("{path}/milestones"), &body).status);
    assert_eq!(statuses, [[201; 5].as_slice(), [422; 11].as_slice()].concat());
}
