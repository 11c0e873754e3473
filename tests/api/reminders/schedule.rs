//! What is said beforehand is what happens.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use plenary::time::Instant;
use serde_json::json;

use super::community::Community;
use super::{Server, ask_supporters, patch, plan, submit, write_down};
use crate::consultations::kit::Asked;
use crate::world::World;
use crate::world::cast::Cast;

#[test]
fn what_is_scheduled_is_sent() {
    let cast = Cast::new();
    let mut server = Server::new(&cast, "w");
    patch(&cast, &cast.other_chair, "/me", &json!({"time_zone": "Pacific/Kiritimati"}));
    server.work(&cast);
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    plan(&cast, &cast.chair, "2026-10-09", &json!({"forum_year": null}));
    Asked::new(&cast, "supporters", &["attributed"]);
    super::reminders(&cast);
    let rows =
        cast.ask("GET", "/admin/reminders/schedule?until=2026-10-12&limit=200").by(&cast.secretary).send().expect(200).json();
    assert!(rows["next_cursor"].is_null());
    let line = |at: &str, kind: &str, to: &str| format!("{at} {kind} {to}");
    let scheduled: BTreeSet<String> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| line(row["due_at"].as_str().unwrap(), row["kind"].as_str().unwrap(), row["person"]["email"].as_str().unwrap()))
        .collect();
    assert!(scheduled.contains("2026-09-07T19:00:00Z deliverable_due other-chair@plenary.test"), "{scheduled:#?}");
    let mut sent = BTreeSet::new();
    let mut now = cast.now();
    // The end of the twelfth in Paris; it has ended at the date line before.
    while now < Instant::parse("2026-10-12T22:00:00Z").unwrap() {
        now = now.plus(TimeDelta::hours(1));
        cast.at(&now.to_string());
        server.work(&cast);
        for told in super::reminders(&cast) {
            sent.insert(format!("{now} {told}"));
        }
    }
    assert_eq!(scheduled, sent);
}

#[test]
fn the_schedule_says_by_which_way_one_hears() {
    let cast = Cast::new();
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    for (person, choice) in [(&cast.chair, "daily"), (&cast.other_chair, "off")] {
        let path = "/me/notification-preferences";
        cast.ask("PUT", path).by(person).json(&json!({"deliverable_due": choice})).send().expect(200);
    }
    let path = "/admin/reminders/schedule?until=2026-09-08&kind=deliverable_due";
    let rows = cast.ask("GET", path).by(&cast.secretary).send().expect(200).json();
    let how =
        |row: &serde_json::Value| format!("{} {}", row["person"]["email"].as_str().unwrap(), row["by_mail"].as_str().unwrap());
    let told: BTreeSet<String> = rows["items"].as_array().unwrap().iter().map(how).collect();
    assert_eq!(told, BTreeSet::from(["chair@plenary.test daily".to_owned(), "other-chair@plenary.test off".to_owned()]));
}

#[test]
fn why_is_said_in_the_readers_language() {
    let cast = Cast::new();
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    let reason = |language: &str| {
        let ask = cast.ask("GET", "/admin/reminders/schedule?until=2026-09-08").by(&cast.secretary);
        ask.header("Accept-Language", language).send().expect(200).json()["items"][0]["reason"].clone()
    };
    assert_eq!(reason("en"), "30 days before it is due on 2026-10-08");
    assert_eq!(reason("fr-CA"), "30 jours avant l'échéance du 2026-10-08");
    patch(&cast, &cast.secretary, "/me", &json!({"locale": "fr"}));
    let rows = cast.ask("GET", "/admin/reminders/schedule?until=2026-09-08").by(&cast.secretary).send().expect(200).json();
    assert_eq!(rows["items"][0]["reason"], "30 jours avant l'échéance du 2026-10-08");
}

#[test]
fn who_has_not_answered_in_confidence_is_not_named() {
    let cast = Cast::new();
    Asked::new(&cast, "supporters", &["attributed", "anonymous"]);
    let path = "/admin/reminders/schedule?kind=consultation_closing&limit=1&total=true";
    let page = cast.ask("GET", path).by(&cast.secretary).send().expect(200).json();
    assert_eq!(
        (&page["total"], &page["items"][0]["person"], &page["items"][0]["count"]),
        (&json!(3), &json!(null), &json!(null))
    );
    let next = format!("{path}&cursor={}", page["next_cursor"].as_str().unwrap());
    let next = cast.ask("GET", &next).by(&cast.secretary).send().expect(200).json();
    assert!(next["items"][0]["due_at"].as_str() > page["items"][0]["due_at"].as_str());
    cast.ask("GET", path).by(&cast.chair).send().expect(403);
    let far = "/admin/reminders/schedule?until=2030-01-01";
    assert_eq!(cast.ask("GET", far).by(&cast.secretary).send().expect(422).faults(), ["?until range"]);
}

#[test]
fn how_many_have_not_answered_in_confidence_is_told_where_three_stand_on_each_side() {
    let world = World::new();
    let community = Community::settle(&world, 24);
    community.gather_in_one_zone(&world);
    let path = ask_supporters(&world, &["attributed", "anonymous"]);
    world.at("2026-09-02T08:00:00Z");
    let mut left = community.everybody();
    let mut done = 0;
    // So many have answered; the count that is shown.
    for (answered, count) in
        [(0, json!(null)), (2, json!(null)), (3, json!(21)), (20, json!(4)), (21, json!(3)), (22, json!(null)), (23, json!(null))]
    {
        for email in left.by_ref().take(answered - done) {
            let by = world.sign_in(email);
            write_down(&world, &by, &path);
            submit(&world, &by, &path);
        }
        done = answered;
        let by = world.sign_in("secretary@plenary.test");
        let page = world.ask("GET", "/admin/reminders/schedule?kind=consultation_closing").by(&by).send().expect(200).json();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 3);
        for item in items {
            assert_eq!((&item["person"], &item["count"]), (&json!(null), &count), "{answered} have answered");
        }
    }
}
