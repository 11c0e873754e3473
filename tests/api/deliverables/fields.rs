//! Making, reading and changing a deliverable.

use serde_json::{Value, json};

use super::{Desk, each, violations};

#[test]
fn a_deliverable_is_planned_with_the_next_number_of_its_group() {
    let desk = Desk::new();
    desk.edition(2026, "Europe/Paris", "2026-11-12", "planned");
    let body = json!({
        "title": "  Cyber   Stability Index ", "kind": "index", "summary": "What it measures.", "due_on": "2026-10-12",
        "forum_year": 2026, "lead_membership_id": desk.membership(&desk.lead), "principles": [9, 2, 9],
    });
    let reply = desk.post(&desk.chair, "/groups/5/deliverables", &body).expect(201);
    assert_eq!(reply.header("location"), "/api/v1/deliverables/WG5-D1");
    let made = reply.json();
    for (field, value) in [
        ("reference", json!("WG5-D1")),
        ("title", json!("Cyber Stability Index")),
        ("summary", json!("What it measures.")),
        ("kind", json!("index")),
        ("status", json!("planned")),
        ("health", json!("on_track")),
        ("health_reasons", json!([])),
        ("due_on", json!("2026-10-12")),
        ("progress", json!(0)),
        ("principles", json!([2, 9])),
        ("milestones", json!([])),
        ("approved_version", Value::Null),
        ("latest_version", Value::Null),
        ("risk_flag", Value::Null),
        ("acknowledgements", json!([])),
        ("binds_no_supporter", json!(false)),
        ("allowed_transitions", json!(["in_progress", "dropped"])),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!((made["group"]["number"].as_i64(), made["forum_edition"]["year"].as_i64()), (Some(5), Some(2026)));
    assert_eq!(made["lead"]["person"]["display_name"], "Lead Test");
    assert_eq!(desk.plan("Another", "2026-12-01")["reference"], "WG5-D2");
    assert_eq!(desk.acts("deliverable"), ["deliverable.planned - - -", "deliverable.planned - - -"]);
    // By id, by reference in any case, under the group; the group counts it.
    let id = made["id"].as_str().unwrap();
    for path in [format!("/deliverables/{id}"), "/deliverables/wg5-d1".into()] {
        assert_eq!(desk.read(&desk.chair, &path).expect(200).json(), made);
    }
    assert_eq!(each(&desk.get("/groups/5/deliverables").expect(200).json(), "reference"), ["WG5-D2", "WG5-D1"]);
    for none in ["WG5-D3", "WG5-D01", "WG05-D1", "5", "0190aaaa-0000-7000-8000-00000000dead", "%00", "WG5-D1 ", "*"] {
        assert!([404, 422].contains(&desk.get(&format!("/deliverables/{}", none.replace(' ', "%20"))).status), "{none}");
    }
}

#[test]
fn the_same_request_makes_one() {
    let desk = Desk::new();
    let body = json!({"title": "A", "kind": "report", "due_on": "2026-12-01"});
    let send = |by| desk.ask("POST", "/groups/5/deliverables").by(by).key("k1").json(&body).send();
    assert_eq!(send(&desk.chair).expect(201).json()["reference"], "WG5-D1");
    assert_eq!(send(&desk.chair).expect(201).json()["reference"], "WG5-D1");
    assert_eq!(send(&desk.other_chair).expect(201).json()["reference"], "WG5-D2");
}

#[test]
fn every_fault_of_a_new_one_is_named() {
    let desk = Desk::new();
    desk.edition(2027, "Europe/Paris", "2027-11-12", "cancelled");
    let bad = json!({"title": "\u{202E}", "kind": "book", "due_on": "2026-02-30", "principles": [1], "extra": 1});
    let faults = desk.post(&desk.chair, "/groups/5/deliverables", &bad).expect(422).faults();
    assert_eq!(faults, ["/due_on format", "/extra unknown", "/kind enum"]);
    let bad = json!({"title": "\u{202E}", "kind": "report", "due_on": "2026-12-01", "principles": [1, 77], "forum_year": 1999});
    let faults = desk.post(&desk.chair, "/groups/5/deliverables", &bad).expect(422).faults();
    assert_eq!(faults, ["/title format", "/principles/1 enum", "/forum_year enum"]);
    let mut bad = json!({"title": "A", "kind": "report", "due_on": "2026-12-01", "forum_year": 2027});
    for who in [&desk.observer, &desk.lead] {
        bad["lead_membership_id"] = json!(desk.membership(who));
        let expected: &[&str] = if who.id == desk.lead.id { &["edition_over"] } else { &["edition_over", "lead_not_a_member"] };
        assert_eq!(violations(desk.post(&desk.chair, "/groups/5/deliverables", &bad)), expected);
    }
    desk.post(&desk.chair, "/groups/77/deliverables", &json!({"title": "A", "kind": "report", "due_on": "2026-12-01"}))
        .expect(404);
}

#[test]
fn co_chairs_and_the_secretariat_plan_in_a_group_that_is_proposed_or_active() {
    let desk = Desk::new();
    let body = json!({"title": "A", "kind": "report", "due_on": "2026-12-01"});
    for (who, status) in [
        (&desk.member, 403),
        (&desk.lead, 403),
        (&desk.observer, 403),
        (&desk.representative, 403),
        (&desk.focal_point, 403),
        (&desk.stranger, 403),
        (&desk.chair, 201),
        (&desk.secretary, 201),
    ] {
        assert_eq!(desk.post(who, "/groups/5/deliverables", &body).status, status, "{}", who.email);
    }
    desk.ask("POST", "/groups/5/deliverables").json(&body).send().expect(401);
    // A co-chair of this group plans nothing for another.
    desk.post(&desk.chair, "/groups/4/deliverables", &body).expect(403);
    for (status, answer) in [("proposed", 201), ("active", 201), ("suspended", 409), ("concluded", 409), ("withdrawn", 409)] {
        desk.put_group(status);
        let reply = desk.post(&desk.secretary, "/groups/5/deliverables", &body).expect(answer);
        assert!(answer == 201 || reply.problem() == "wrong-state");
    }
}

#[test]
fn what_is_the_groups_own_is_not_shown_to_others() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.add_version(&path, 1);
    desk.add_version(&path, 2);
    desk.change(&desk.lead, &path, &json!({"risk_flag": {"reason": "Nobody answers."}})).expect(200);
    let of = |reply: crate::world::Reply| {
        let json = reply.expect(200).json();
        (
            json["lead"]["person"]["display_name"].clone(),
            json["latest_version"]["number"].clone(),
            json["risk_flag"]["reason"].clone(),
            json["health"].clone(),
            json["health_reasons"].clone(),
        )
    };
    let open = (json!("Lead Test"), json!(2), json!("Nobody answers."), json!("at_risk"), json!(["risk_flag"]));
    let shut = (Value::Null, Value::Null, Value::Null, json!("at_risk"), json!([]));
    for who in [&desk.observer, &desk.member, &desk.lead, &desk.chair, &desk.secretary] {
        assert_eq!(of(desk.read(who, &path)), open, "{}", who.email);
    }
    for who in [&desk.stranger, &desk.representative, &desk.focal_point] {
        assert_eq!(of(desk.read(who, &path)), shut, "{}", who.email);
    }
    assert_eq!(of(desk.get(&path)), shut);
    // Nothing of it anywhere in what the public reads, and nobody keeps what only some may read.
    for list in [path.as_str(), "/deliverables", "/groups/5/deliverables"] {
        let text = desk.get(list).expect(200).text().to_owned();
        assert!(
            !text.contains("Nobody answers") && !text.contains("Lead Test") && !text.contains("example.org"),
            "{list}: {text}"
        );
    }
    assert_eq!(desk.read(&desk.member, &path).header("cache-control"), "no-store");
    // What was approved is everybody's.
    desk.put(&path, "submitted");
    desk.move_to(&desk.secretary, &path, &json!({"to": "approved", "version": 2})).expect(200);
    let public = desk.get(&path).expect(200).json();
    assert_eq!((public["approved_version"]["number"].clone(), public["latest_version"].clone()), (json!(2), Value::Null));
}

#[test]
fn a_lead_changes_progress_summary_and_flag_and_no_more() {
    let desk = Desk::new();
    desk.edition(2026, "Europe/Paris", "2026-11-12", "planned");
    let path = desk.planned_with_lead();
    let changed = desk
        .change(&desk.lead, &path, &json!({"progress": 40, "summary": "So far.", "risk_flag": {"reason": "Late answers."}}))
        .expect(200)
        .json();
    assert_eq!((changed["progress"].clone(), changed["summary"].clone()), (json!(40), json!("So far.")));
    assert_eq!(changed["risk_flag"]["since"], "2026-09-01T09:00:00Z");
    let all = json!({
        "title": "B", "kind": "toolkit", "due_on": "2026-12-02", "principles": [1], "lead_membership_id": null, "forum_year": 2026,
        "binds_no_supporter": true, "progress": 50,
    });
    let refused = desk.change(&desk.lead, &path, &all).expect(403);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    for field in ["title", "kind", "due_on", "principles", "lead_membership_id", "forum_year", "binds_no_supporter"] {
        assert!(detail.starts_with("title") && detail.contains(field), "{detail}");
    }
    for who in [&desk.member, &desk.observer, &desk.representative, &desk.focal_point, &desk.stranger] {
        desk.change(who, &path, &json!({"progress": 1})).expect(403);
    }
    desk.ask("PATCH", &path).if_match("*").json(&json!({"progress": 1})).send().expect(401);
    let changed = desk.change(&desk.chair, &path, &all).expect(200).json();
    for (field, value) in all.as_object().unwrap() {
        match field.as_str() {
            "forum_year" => assert_eq!(changed["forum_edition"]["year"], *value),
            "lead_membership_id" => assert_eq!(changed["lead"], Value::Null),
            field => assert_eq!(changed[field], *value, "{field}"),
        }
    }
    // The lead that is none any more.
    desk.change(&desk.lead, &path, &json!({"progress": 60})).expect(403);
    let emptied = json!({"summary": null, "risk_flag": null, "forum_year": null, "principles": []});
    let changed = desk.change(&desk.secretary, &path, &emptied).expect(200).json();
    assert_eq!([&changed["summary"], &changed["risk_flag"], &changed["forum_edition"]], [&Value::Null; 3]);
    assert_eq!(changed["principles"], json!([]));
    let acts = desk.acts("deliverable.");
    let expected = [
        "deliverable.planned - - -",
        "deliverable.changed - - -",
        "deliverable.flagged - - Late answers.",
        "deliverable.changed - - -",
        "deliverable.changed - - -",
        "deliverable.unflagged - - -",
        "deliverable.changed - - -",
    ];
    assert_eq!(acts, expected);
}

#[test]
fn a_change_that_changes_nothing_leaves_no_trace() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let before = desk.read(&desk.chair, &path).json();
    let acts = desk.acts("deliverable.").len();
    let same =
        json!({"title": "A Report", "progress": 0, "principles": [], "risk_flag": null, "forum_year": null, "summary": " "});
    assert_eq!(desk.change(&desk.chair, &path, &same).expect(200).json(), before);
    assert_eq!(desk.change(&desk.chair, &path, &json!({})).expect(200).json(), before);
    assert_eq!(desk.acts("deliverable.").len(), acts);
}

#[test]
fn a_change_needs_the_version_it_changes_and_sound_fields() {
    let desk = Desk::new();
    desk.edition(2025, "Europe/Paris", "2025-11-12", "held");
    let path = desk.planned_with_lead();
    let etag = desk.read(&desk.chair, &path).header("etag").to_owned();
    desk.ask("PATCH", &path).by(&desk.chair).json(&json!({"progress": 10})).send().expect(428);
    desk.ask("PATCH", &path).by(&desk.chair).if_match(&etag).json(&json!({"progress": 10})).send().expect(200);
    desk.ask("PATCH", &path).by(&desk.chair).if_match(&etag).json(&json!({"progress": 20})).send().expect(412);
    let bad = json!({"progress": 101, "title": null, "risk_flag": {"reason": ""}, "due_on": "soon", "lead_membership_id": "me"});
    let faults = desk.change(&desk.chair, &path, &bad).expect(422).faults();
    let expected =
        ["/due_on format", "/lead_membership_id format", "/progress too-large", "/risk_flag/reason too-short", "/title type"];
    assert_eq!(faults, expected);
    let bad = json!({"title": " ", "risk_flag": {"reason": " \n"}, "principles": [0], "forum_year": 1066});
    let faults = desk.change(&desk.chair, &path, &bad).expect(422).faults();
    assert_eq!(faults, ["/title format", "/principles/0 enum", "/forum_year enum", "/risk_flag/reason format"]);
    let bad = json!({"forum_year": 2025, "lead_membership_id": desk.membership(&desk.observer)});
    assert_eq!(violations(desk.change(&desk.chair, &path, &bad)), ["edition_over", "lead_not_a_member"]);
    // In a script that runs the other way.
    let arabic = json!({"title": "مؤشر الاستقرار السيبراني"});
    assert_eq!(desk.change(&desk.chair, &path, &arabic).expect(200).json()["title"], arabic["title"]);
}

#[test]
fn what_is_settled_or_archived_stays_as_it_is() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    for (status, answer) in [
        ("in_progress", 200),
        ("in_consultation", 200),
        ("submitted", 200),
        ("approved", 409),
        ("presented", 409),
        ("dropped", 409),
    ] {
        desk.put(&path, status);
        let reply = desk.change(&desk.chair, &path, &json!({"progress": 10})).expect(answer);
        assert!(answer == 200 || reply.problem() == "wrong-state");
    }
    desk.put(&path, "in_progress");
    for (status, answer) in [("suspended", 200), ("concluded", 409), ("withdrawn", 409), ("proposed", 200)] {
        desk.put_group(status);
        desk.change(&desk.secretary, &path, &json!({"progress": 10})).expect(answer);
    }
}
