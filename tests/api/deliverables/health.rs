//! Health: that what a list is filtered by is what it shows, on the day that it is for each deliverable.

use diesel::prelude::*;
use plenary::deliverables::DeliverableMark;
use plenary::forum::EditionId;
use plenary::ids::Id;
use plenary::schema::{deliverables as d, milestones as m};
use plenary::time::Day;
use serde_json::json;

use super::{Desk, day, each};

/// One of each: every status, due around today and around three weeks ahead, nearly done or not, flagged or not, with an open milestone
/// around today, a done one or none, for each of these editions or for none.
fn everything(desk: &Desk, editions: &[Option<EditionId>], today: Day) -> usize {
    let around = |days: &[i64]| days.iter().map(|n| today + chrono::TimeDelta::days(*n)).collect::<Vec<_>>();
    let statuses = ["planned", "in_progress", "in_consultation", "submitted", "approved", "presented", "dropped"];
    desk.write(|tx| {
        let mut count = 0_i64;
        for edition in editions {
            for status in statuses {
                for due_on in around(&[-2, -1, 0, 1, 20, 21, 22, 23]) {
                    for (progress, flagged) in [(69_i64, false), (70, false), (69, true), (70, true)] {
                        for milestone in
                            [None, Some((-2, false)), Some((-1, false)), Some((0, false)), Some((1, false)), Some((-2, true))]
                        {
                            count += 1;
                            let (id, now): (Id<DeliverableMark>, _) = (tx.new_id(), tx.now());
                            let risk = flagged.then_some("why");
                            diesel::insert_into(d::table)
                                .values((
                                    (d::id.eq(id), d::group_id.eq(desk.group), d::number.eq(count)),
                                    (d::reference.eq(format!("WG5-D{count}")), d::title.eq("T"), d::folded_title.eq("t")),
                                    (d::kind.eq("report"), d::status.eq(status), d::due_on.eq(due_on), d::progress.eq(progress)),
                                    (d::forum_edition_id.eq(*edition), d::binds_no_supporter.eq(false), d::search_text.eq("t")),
                                    (d::risk_reason.eq(risk), d::risk_since.eq(risk.map(|_| now))),
                                    (d::version.eq(1_i64), d::created_at.eq(now), d::updated_at.eq(now)),
                                ))
                                .execute(&mut **tx)?;
                            if let Some((days, done)) = milestone {
                                let milestone: Id<()> = tx.new_id();
                                let due_on = today + chrono::TimeDelta::days(days);
                                diesel::insert_into(m::table)
                                    .values((
                                        (m::id.eq(milestone), m::deliverable_id.eq(id), m::title.eq("M"), m::due_on.eq(due_on)),
                                        (m::done_on.eq(done.then_some(today)), m::version.eq(1_i64)),
                                        (m::created_at.eq(now), m::updated_at.eq(now)),
                                    ))
                                    .execute(&mut **tx)?;
                            }
                        }
                    }
                }
            }
        }
        Ok(usize::try_from(count).unwrap())
    })
}

/// Reference and health of a list as CSV.
fn told(desk: &Desk, path: &str) -> Vec<(String, String)> {
    let reply = desk.ask("GET", path).header("Accept", "text/csv").send().expect(200);
    let mut reader = csv::Reader::from_reader(reply.text().trim_start_matches('\u{FEFF}').as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (reference, health) = (column("reference"), column("health"));
    reader.records().map(|row| row.unwrap()).map(|row| (row[reference].to_owned(), row[health].to_owned())).collect()
}

#[test]
fn a_list_filtered_by_health_holds_what_does_so() {
    let desk = Desk::new();
    let ahead = desk.edition(2026, "Pacific/Kiritimati", "2026-11-12", "planned");
    let behind = desk.edition(2027, "Etc/GMT+12", "2027-11-12", "planned");
    let also_behind = desk.edition(2028, "Pacific/Niue", "2028-11-12", "planned");
    let count = everything(&desk, &[None, Some(ahead), Some(behind), Some(also_behind)], day("2026-09-01"));
    // Three days at once in the world at half past ten, two at the other times.
    for at in ["2026-09-01T10:30:00Z", "2026-09-01T12:30:00Z", "2026-09-01T22:30:00Z"] {
        desk.at(at);
        let all = told(&desk, "/deliverables");
        assert_eq!(all.len(), count);
        let mut found = 0;
        for health in ["on_track", "at_risk", "late", "done", "dropped"] {
            let filtered = told(&desk, &format!("/deliverables?health={health}"));
            let expected: Vec<_> = all.iter().filter(|(_, is)| is == health).cloned().collect();
            assert!(!expected.is_empty(), "{health}");
            assert!(filtered == expected, "{at}: {health}: {} filtered, {} shown", filtered.len(), expected.len());
            let counted = desk.get(&format!("/deliverables?health={health}&limit=1&total=true")).expect(200).json();
            assert_eq!(counted["total"], json!(expected.len()));
            found += filtered.len();
        }
        assert_eq!(found, count, "{at}");
    }
}

#[test]
fn today_is_the_day_at_the_forum() {
    let desk = Desk::new();
    desk.edition(2026, "Pacific/Kiritimati", "2026-11-12", "planned");
    desk.edition(2027, "Etc/GMT+12", "2027-11-12", "planned");
    for (title, year) in [("East", json!(2026)), ("West", json!(2027)), ("Paris", json!(null))] {
        let body = json!({"title": title, "kind": "report", "due_on": "2026-10-01", "forum_year": year});
        desk.post(&desk.chair, "/groups/5/deliverables", &body).expect(201);
    }
    let late = |at: &str| {
        desk.at(at);
        each(&desk.get("/deliverables?health=late&sort=title").expect(200).json(), "title")
    };
    assert!(late("2026-10-01T09:59:59Z").is_empty());
    assert_eq!(late("2026-10-01T10:00:00Z"), ["East"]);
    assert_eq!(late("2026-10-01T21:59:59Z"), ["East"]);
    assert_eq!(late("2026-10-01T22:00:00Z"), ["East", "Paris"]);
    assert_eq!(late("2026-10-02T11:59:59Z"), ["East", "Paris"]);
    assert_eq!(late("2026-10-02T12:00:00Z"), ["East", "Paris", "West"]);
}

#[test]
fn an_answer_kept_by_the_server_does_not_outlive_its_day() {
    let desk = Desk::new();
    let path = format!("/deliverables/{}", desk.plan("A", "2026-10-01")["reference"].as_str().unwrap());
    let health = || desk.get(&path).expect(200).json()["health"].clone();
    desk.at("2026-10-01T21:59:59Z");
    assert_eq!((health(), health()), (json!("at_risk"), json!("at_risk")));
    desk.at("2026-10-01T22:00:00Z");
    assert_eq!(health(), json!("late"));
}
