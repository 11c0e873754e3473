//! What the clock does, whoever writes it down.

use plenary::consultations::Status;
use serde_json::json;

use super::kit::{Asked, CLOSES, OPENS, body, work};
use crate::deliverables::each;
use crate::world::World;
use crate::world::cast::Cast;

const BEFORE: &str = "2026-09-10T08:59:59.999999Z";
const LAST: &str = "2026-09-30T21:59:59.999999Z";

/// How many rounds a worker finds moved by the clock.
fn moved(world: &World) -> usize {
    work(world).done["open and close consultations"]
}

#[test]
fn a_round_opens_and_closes_at_the_instant_without_any_worker() {
    let cast = Cast::new();
    let round = Asked::scheduled(&cast, "supporters");
    let listed = |status: &str| each(&cast.get(&format!("/consultations?status={status}")).expect(200).json(), "id").len();
    cast.get(&round.path).expect(404);
    cast.at(BEFORE);
    cast.get(&round.path).expect(404);
    assert_eq!((listed("scheduled"), listed("open"), listed("closed")), (0, 0, 0));
    cast.at(OPENS);
    assert_eq!((round.status(&cast), round.written(&cast)), ("open".into(), "scheduled".into()));
    assert_eq!((listed("scheduled"), listed("open"), listed("closed")), (0, 1, 0));
    // Another process on the same database sees the same, whatever its cache holds.
    let other = World::setup().beside(&cast);
    cast.at(LAST);
    assert_eq!((round.status(&cast), listed("open"), listed("closed")), ("open".into(), 1, 0));
    assert_eq!(other.get(&round.path).expect(200).json()["status"], "open");
    cast.at(CLOSES);
    assert_eq!((round.status(&cast), listed("open"), listed("closed")), ("closed".into(), 0, 1));
    assert_eq!(other.get(&round.path).expect(200).json()["status"], "closed");
}

#[test]
fn a_round_is_extended_in_its_last_instant_and_no_later() {
    let cast = Cast::new();
    let (late, timely) = (Asked::scheduled(&cast, "supporters"), Asked::scheduled(&cast, "supporters"));
    cast.at(LAST);
    let cast = cast.again();
    timely.extend(&cast, &cast.secretary, "2026-11-01T00:00:00Z").expect(200);
    cast.at(CLOSES);
    assert_eq!(late.extend(&cast, &cast.secretary, "2026-11-01T00:00:00Z").expect(409).problem(), "wrong-state");
    assert_eq!((late.status(&cast), timely.status(&cast)), ("closed".into(), "open".into()));
    let acts = ["consultation.created", "consultation.scheduled", "consultation.opened by itself", "consultation.extended"];
    assert_eq!(timely.acts(&cast), acts);
    // Nobody has written down what the refused one would have.
    assert_eq!((late.written(&cast), timely.written(&cast)), ("scheduled".into(), "open".into()));
}

#[test]
fn the_worker_writes_down_what_is_due_once() {
    let cast = Cast::new();
    let round = Asked::scheduled(&cast, "supporters");
    let other = Asked::scheduled(&cast, "group_members");
    cast.at(BEFORE);
    assert_eq!(moved(&cast), 0);
    cast.at(OPENS);
    assert_eq!(moved(&cast), 2);
    assert_eq!(moved(&cast), 0);
    assert_eq!((round.written(&cast), other.written(&cast)), ("open".into(), "open".into()));
    assert_eq!(cast.get("/groups/5").json()["counts"]["open_consultations"], 1);
    cast.at(CLOSES);
    // Two servers wake up at once.
    let moved: usize = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| moved(&cast))).collect();
        both.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert!((2..=4).contains(&moved));
    for round in [&round, &other] {
        let acts =
            ["consultation.created", "consultation.scheduled", "consultation.opened by itself", "consultation.closed by itself"];
        assert_eq!(round.acts(&cast), acts);
    }
    assert_eq!(cast.get("/groups/5").json()["counts"]["open_consultations"], 0);
}

#[test]
fn what_went_by_while_nobody_looked_is_told_in_one_go() {
    let cast = Cast::new();
    let round = Asked::scheduled(&cast, "supporters");
    let hurried = Asked::scheduled(&cast, "public");
    cast.at("2026-10-05T00:00:00Z");
    assert_eq!(moved(&cast), 2);
    assert_eq!((round.written(&cast), hurried.written(&cast)), ("closed".into(), "closed".into()));
    let opened = cast.read(plenary::consultations::is_any_announcement);
    assert!(!opened, "nobody is told that a round is open that is over");
    // Whoever was endorsed was in its audience all the same.
    let invited = round.read(&cast, &cast.sign_in("secretary@plenary.test")).json()["counts"]["invited"].as_i64().unwrap();
    assert!(invited > 10, "{invited}");
}

#[test]
fn the_clock_makes_no_etag_stale() {
    let cast = Cast::new();
    let round = Asked::scheduled(&cast, "group_members");
    cast.at(OPENS);
    let cast = cast.again();
    let etag = round.read(&cast, &cast.chair).header("etag").to_owned();
    work(&cast);
    let change =
        |title: &str| cast.ask("PATCH", &round.path).by(&cast.chair).if_match(&etag).json(&json!({"title": title})).send();
    change("Better words").expect(200);
    change("Other words").expect(412);
    // What it was as a draft cannot be changed any more, though nobody had written down that it is open.
    let late = Asked::ready(&cast, "group_members", &["attributed"]);
    late.change(&cast, &cast.chair, &json!({"opens_at": "2026-09-10T09:01:00Z"})).expect(200);
    late.go(&cast, &cast.chair, "scheduled").expect(200);
    cast.at("2026-09-10T09:01:00Z");
    assert_eq!(late.go(&cast, &cast.chair, "draft").expect(409).json()["allowed"], json!(["closed", "cancelled"]));
    late.go(&cast, &cast.chair, "closed").expect(200);
    assert_eq!(late.written(&cast), "closed");
}

#[test]
fn lists_go_by_the_clock_as_single_rounds_do() {
    let cast = Cast::new();
    for status in Status::ALL {
        let round = Asked::ready(&cast, "public", &["attributed"]);
        match status {
            Status::Draft => {}
            Status::Scheduled | Status::Open | Status::Cancelled => {
                drop(round.go(&cast, &cast.secretary, status.as_str()).expect(200))
            }
            Status::Closed | Status::Published => {
                round.go(&cast, &cast.secretary, "open").expect(200);
                round.go(&cast, &cast.secretary, "closed").expect(200);
                if *status == Status::Published {
                    round.conclude(&cast);
                    round.go(&cast, &cast.secretary, "published").expect(200);
                }
            }
        }
    }
    for now in ["2026-09-01T09:10:00Z", BEFORE, OPENS, LAST, CLOSES] {
        cast.at(now);
        let secretary = cast.sign_in("secretary@plenary.test");
        // With the call's own round of 2020.
        for (by, sees) in [(Some(&secretary), 7), (None, if now < OPENS { 4 } else { 5 })] {
            let ask = |path: &str| {
                let ask = cast.ask("GET", path);
                let ask = match by {
                    Some(by) => ask.by(by),
                    None => ask,
                };
                ask.send().expect(200).json()
            };
            let all = ask("/consultations?total=true");
            assert_eq!((all["items"].as_array().unwrap().len(), &all["total"]), (sees, &json!(sees)), "{now}");
            for status in Status::ALL {
                let single: Vec<_> = all["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|one| one["status"] == status.as_str())
                    .map(|one| one["id"].clone())
                    .collect();
                let listed = each(&ask(&format!("/consultations?status={status}")), "id");
                assert_eq!(listed, single, "{now} {status}");
            }
        }
    }
}

#[test]
fn a_hand_and_the_clock_do_not_meet() {
    // Opened by hand in the last instant before it opens by itself, and closed in the last one before it closes.
    let cast = Cast::new();
    let mut soon = body(&cast, "group_members", &["attributed"]);
    (soon["opens_at"], soon["closes_at"]) = (json!("2026-09-01T09:05:00Z"), json!("2026-09-01T09:06:00Z"));
    let round = Asked::drafted(&cast, &cast.chair, &soon);
    round.fill(&cast);
    round.go(&cast, &cast.chair, "scheduled").expect(200);
    cast.at("2026-09-01T09:04:59.999999Z");
    round.go(&cast, &cast.chair, "open").expect(200);
    cast.at("2026-09-01T09:06:00Z");
    // The clock was faster.
    assert_eq!(round.go(&cast, &cast.chair, "closed").expect(409).json()["allowed"], json!(["published"]));
    assert_eq!(round.go(&cast, &cast.chair, "cancelled").expect(409).problem(), "illegal-transition");
    work(&cast);
    assert_eq!(round.acts(&cast).last().unwrap(), "consultation.closed by itself");
    assert_eq!(round.read(&cast, &cast.chair).json()["closes_at"], "2026-09-01T09:06:00Z");
}
