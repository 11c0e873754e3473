//! Lists of deliverables: filters, order, pages, CSV.

use serde_json::{Value, json};

use super::{Desk, each};

fn three(desk: &Desk) {
    desk.edition(2026, "Europe/Paris", "2026-11-12", "planned");
    desk.edition(2027, "Europe/Paris", "2027-11-12", "planned");
    let make = |group: &str, title: &str, kind: &str, due_on: &str, year: Value, principles: Value| {
        let body = json!({"title": title, "kind": kind, "due_on": due_on, "forum_year": year, "principles": principles, "summary": "Sao"});
        desk.post(&desk.secretary, &format!("/groups/{group}/deliverables"), &body).expect(201);
    };
    make("5", "=Beta", "report", "2026-10-01", json!(2026), json!([1]));
    make("5", "Álpha", "toolkit", "2026-12-01", json!(2027), json!([1, 9]));
    make("4", "Gamma", "report", "2026-11-01", json!(null), json!([9]));
}

#[test]
fn a_list_is_narrowed_ordered_and_counted() {
    let desk = Desk::new();
    three(&desk);
    desk.put("/deliverables/WG5-D1", "in_progress");
    for (query, expected) in [
        ("", vec!["WG4-D1", "WG5-D2", "WG5-D1"]),
        ("sort=due_on", vec!["WG5-D1", "WG4-D1", "WG5-D2"]),
        ("sort=-due_on", vec!["WG5-D2", "WG4-D1", "WG5-D1"]),
        ("sort=title", vec!["WG5-D2", "WG5-D1", "WG4-D1"]),
        ("sort=created_at", vec!["WG5-D1", "WG5-D2", "WG4-D1"]),
        ("group=5&sort=due_on", vec!["WG5-D1", "WG5-D2"]),
        ("status=in_progress", vec!["WG5-D1"]),
        ("kind=toolkit", vec!["WG5-D2"]),
        ("principle=9", vec!["WG4-D1", "WG5-D2"]),
        ("principle=9&group=5", vec!["WG5-D2"]),
        ("forum_year=2026", vec!["WG5-D1"]),
        ("due_from=2026-11-01", vec!["WG4-D1", "WG5-D2"]),
        ("due_to=2026-11-01", vec!["WG4-D1", "WG5-D1"]),
        ("due_from=2026-11-01&due_to=2026-11-01", vec!["WG4-D1"]),
        ("q=alpha", vec!["WG5-D2"]),
        ("q=wg5", vec!["WG5-D2", "WG5-D1"]),
        ("q=S%C3%83O%20gam", vec!["WG4-D1"]),
        ("health=done", vec![]),
    ] {
        let list = desk.get(&format!("/deliverables?total=true&{query}")).expect(200).json();
        assert_eq!(each(&list, "reference"), expected, "{query}");
        assert_eq!(list["total"], json!(expected.len()), "{query}");
    }
    assert_eq!(each(&desk.get("/groups/4/deliverables?total=true").expect(200).json(), "reference"), ["WG4-D1"]);
    desk.get("/groups/77/deliverables").expect(404);
    // Page by page it is the same list.
    let (mut seen, mut path) = (Vec::new(), "/deliverables?limit=1&sort=title".to_owned());
    loop {
        let page = desk.get(&path).expect(200).json();
        seen.extend(each(&page, "title"));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/deliverables?limit=1&sort=title&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["Álpha", "=Beta", "Gamma"]);
}

#[test]
fn what_a_filter_cannot_mean_is_named() {
    let desk = Desk::new();
    let bad = "/deliverables?status=x&health=y&kind=z&due_from=soon&sort=colour&extra=1&principle=one";
    let faults = desk.get(bad).expect(422).faults();
    let expected =
        ["?due_from format", "?extra unknown", "?health enum", "?kind enum", "?principle type", "?sort pattern", "?status enum"];
    assert_eq!(faults, expected);
    let bad = "/deliverables?principle=77&forum_year=1066&q=%20-&due_from=2026-02-01&due_to=2026-01-01";
    let expected = ["?principle enum", "?forum_year enum", "?q empty", "?due_to too-early"];
    assert_eq!(desk.get(bad).expect(422).faults(), expected);
    assert_eq!(desk.get("/deliverables?group=nobody").expect(422).faults(), ["?group enum"]);
}

#[test]
fn a_list_is_a_table_too_without_formulas_and_without_what_is_hidden() {
    let desk = Desk::new();
    three(&desk);
    let path = desk.planned_with_lead();
    desk.add_version(&path, 1);
    desk.change(&desk.lead, &path, &json!({"risk_flag": {"reason": "@risk"}})).expect(200);
    let csv = |by: Option<&crate::world::Person>| {
        let ask = desk.ask("GET", "/deliverables?group=5&sort=created_at").header("Accept", "text/csv");
        let reply = by
            .map_or(ask, |by| desk.ask("GET", "/deliverables?group=5&sort=created_at").header("Accept", "text/csv").by(by))
            .send()
            .expect(200);
        assert!(reply.header("content-type").starts_with("text/csv"));
        reply.text().to_owned()
    };
    let public = csv(None);
    assert!(public.contains(",'=Beta,") && !public.contains(",=Beta"), "{public}");
    assert!(!public.contains("@risk") && !public.contains("Lead Test") && !public.contains("risk_flag;"), "{public}");
    assert_eq!(public.lines().count(), 4);
    let member = csv(Some(&desk.member));
    assert!(member.contains("Lead Test") && member.contains(",'@risk,"), "{member}");
    let refused = desk.ask("GET", "/deliverables?limit=1").header("Accept", "text/csv").send().expect(422);
    assert_eq!(refused.faults(), ["?limit unknown"]);
}
