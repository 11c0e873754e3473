//! The offsets are the administrators' to set, and count at once.

use serde_json::json;

use super::{Server, patch, plan, reminders};
use crate::world::cast::Cast;

#[test]
fn offsets_are_set_and_used_at_once() {
    let cast = Cast::new();
    let administrator = cast.administrator();
    let mut server = Server::new(&cast, "w");
    server.work(&cast);
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    reminders(&cast);
    let path = "/admin/settings";
    cast.ask("GET", path).by(&cast.secretary).send().expect(403);
    let got = cast.ask("GET", path).by(&administrator).send().expect(200);
    assert_eq!(got.json()["reminders"]["deliverable_due"], json!([30, 14, 7, 1]));
    let etag = got.header("etag").to_owned();
    let change = |body: &serde_json::Value| cast.ask("PATCH", path).by(&administrator).if_match(&etag).json(body).send();
    for (bad, fault) in [
        (json!([0]), "/reminders/deliverable_due/0 too-small"),
        (json!([401]), "/reminders/deliverable_due/0 too-large"),
        (json!([7, 7]), "/reminders/deliverable_due range"),
    ] {
        let faults = change(&json!({"reminders": {"deliverable_due": bad}})).expect(422).faults();
        assert_eq!(faults, [fault]);
    }
    let all = json!({"bogus": 1, "reminders": {"deliverable_due": [0], "deliverable_late_every": 401, "pigeon": true}});
    assert_eq!(change(&all).expect(422).faults().len(), 4, "all at once");
    let body = json!({"reminders": {"deliverable_due": [2, 36]}});
    cast.ask("PATCH", path).by(&administrator).json(&body).send().expect(428);
    let set = change(&body).expect(200).json();
    assert_eq!(set["reminders"]["deliverable_due"], json!([36, 2]));
    assert_eq!(set["reminders"]["forum_start"], json!([90, 60, 30, 14, 7, 1]));
    change(&body).expect(412);
    cast.at("2026-09-02T07:00:00Z");
    server.work(&cast);
    assert_eq!(reminders(&cast), ["deliverable_due chair@plenary.test", "deliverable_due other-chair@plenary.test"]);
}

#[test]
fn the_weekly_report_begins_so_many_days_before_the_forum() {
    // 2027-01-04 is a Monday: the first Monday within so many days of it, and the week before.
    for (days, before, first) in
        [(30, "2026-11-30", "2026-12-07"), (90, "2026-10-05", "2026-10-12"), (120, "2026-09-01", "2026-09-07")]
    {
        let cast = Cast::new();
        let body = json!({
            "name": "Forum", "city": "Paris", "country": "FR", "time_zone": "Europe/Paris", "starts_on": "2027-01-04",
            "ends_on": "2027-01-05",
        });
        cast.ask("POST", "/forum-editions").by(&cast.secretary).json(&body).send().expect(201);
        if days != 90 {
            patch(&cast, &cast.administrator(), "/admin/settings", &json!({"reminders": {"readiness_report_from": days}}));
        }
        cast.mails();
        for (day, reports) in [(before, 0), (first, 1)] {
            cast.at(&format!("{day}T09:00:00Z"));
            Server::new(&cast, "w").work(&cast);
            let told: Vec<String> = cast.mails().list();
            let told = told.iter().filter(|line| **line == format!("readiness_report {}", cast.secretary.email)).count();
            assert_eq!(told, reports, "{days} days: {day}");
        }
    }
}

#[test]
fn a_report_that_is_not_due_costs_no_write() {
    let cast = Cast::new();
    let mut server = Server::new(&cast, "w");
    server.work(&cast);
    cast.at("2026-09-01T09:02:00Z");
    let before = cast.db().revision();
    server.work(&cast);
    assert_eq!(cast.db().revision(), before, "what is kept of answers stays");
}
