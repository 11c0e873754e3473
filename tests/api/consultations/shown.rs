//! Rounds where several slices are shown: calendars, search, tasks, timelines.

use serde_json::{Value, json};

use super::kit::{Asked, CLOSES, OPENS, body, work};
use crate::ical::Ical;
use crate::world::Person;
use crate::world::cast::Cast;

fn get(cast: &Cast, by: Option<&Person>, path: &str) -> crate::world::Reply {
    let ask = cast.ask("GET", path);
    let ask = if let Some(by) = by { ask.by(by) } else { ask };
    ask.send().expect(200)
}

/// A round of the group's and one for everybody, each with a title of its own.
fn two(cast: &Cast) -> (Asked, Asked) {
    let named = |audience: &str, title: &str| {
        let mut body = body(cast, audience, &["attributed"]);
        body["title"] = json!(title);
        let round = Asked::drafted(cast, &cast.secretary, &body);
        round.fill(cast);
        round.go(cast, &cast.secretary, "scheduled").expect(200);
        round
    };
    (named("group_members", "Inner questions"), named("supporters", "Outer questions"))
}

#[test]
fn calendars_show_when_rounds_open_and_close_to_who_reads_them() {
    let cast = Cast::new();
    let (_, outer) = two(&cast);
    let feed =
        cast.ask("POST", "/me/calendar-feed").by(&cast.member).send().expect(201).json()["url"].as_str().unwrap().to_owned();
    let feed = feed[feed.find("/calendar.ics").unwrap()..].to_owned();
    let rounds = |by: Option<&Person>, path: &str| {
        let all = Ical::read(get(&cast, by, path).text()).summaries().iter().map(ToString::to_string).collect::<Vec<_>>();
        all.into_iter().filter(|summary| summary.contains("questions")).collect::<Vec<_>>()
    };
    let (inner, both) = (
        ["Closes: Inner questions", "Opens: Inner questions"],
        ["Closes: Inner questions", "Closes: Outer questions", "Opens: Inner questions", "Opens: Outer questions"],
    );
    // Before they open: who runs them.
    assert!(rounds(None, "/calendar.ics").is_empty() && rounds(Some(&cast.member), "/groups/5/calendar.ics").is_empty());
    assert_eq!(rounds(Some(&cast.chair), "/groups/5/calendar.ics"), inner);
    assert_eq!(rounds(Some(&cast.secretary), "/calendar.ics"), both);
    assert!(rounds(None, &feed).is_empty());
    cast.at(OPENS);
    let member = cast.sign_in(&cast.member.email);
    assert_eq!(rounds(None, "/calendar.ics"), [both[1], both[3]]);
    assert_eq!(rounds(None, "/calendar.ics?locale=fr"), ["Clôture: Outer questions", "Ouverture: Outer questions"]);
    assert_eq!(rounds(Some(&member), "/groups/5/calendar.ics"), inner);
    assert!(rounds(None, "/groups/5/calendar.ics").is_empty());
    assert_eq!(rounds(None, &feed), both);
    let ical = Ical::read(cast.get("/calendar.ics").text());
    assert_eq!(ical.event("Closes: Outer questions").get("DTSTART"), "20261001T000000");
    let secretary = cast.sign_in(&cast.secretary.email);
    outer.go(&cast, &secretary, "cancelled").expect(200);
    let ical = Ical::read(cast.get("/calendar.ics").text());
    assert_eq!(ical.event("Closes: Outer questions").get("STATUS"), "CANCELLED");
}

#[test]
fn search_finds_the_rounds_that_one_may_read() {
    let cast = Cast::new();
    let (inner, outer) = two(&cast);
    let found = |by: Option<&Person>| {
        let hits = get(&cast, by, "/search?q=questions&type=consultation").json();
        hits["items"].as_array().unwrap().iter().map(|hit| hit["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let urls = [format!("/api/v1{}", outer.path), format!("/api/v1{}", inner.path)];
    assert_eq!((found(None), found(Some(&cast.member)), found(Some(&cast.chair))), (vec![], vec![], vec![urls[1].clone()]));
    assert_eq!(found(Some(&cast.secretary)), urls);
    cast.at(OPENS);
    let member = cast.sign_in(&cast.member.email);
    assert_eq!((found(None), found(Some(&member))), (vec![urls[0].clone()], urls.to_vec()));
}

fn owed(cast: &Cast, by: &Person) -> Vec<String> {
    let tasks = get(cast, Some(by), "/me/tasks").json();
    let line = |task: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", text(&task["kind"]), text(&task["subject"]["ref"]), text(&task["reason"]), text(&task["due_at"]))
    };
    tasks["items"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_round_is_a_task_for_who_may_answer_and_then_for_who_runs_it() {
    let cast = Cast::new();
    let (inner, _) = two(&cast);
    assert!(owed(&cast, &cast.member).is_empty() && owed(&cast, &cast.chair).is_empty());
    cast.at(OPENS);
    let cast = cast.again();
    let answer = |round: &str, reason: &str| format!("answer_consultation {round} {reason} {CLOSES}");
    let both = |reason: &str| vec![answer("inner-questions", "member"), answer("outer-questions", reason)];
    assert_eq!((owed(&cast, &cast.member), owed(&cast, &cast.chair)), (both("representative"), both("representative")));
    assert_eq!(owed(&cast, &cast.focal_point), [answer("outer-questions", "focal_point")]);
    for by in [&cast.observer, &cast.stranger, &cast.secretary] {
        assert!(owed(&cast, by).is_empty(), "{}", by.email);
    }
    let task = get(&cast, Some(&cast.focal_point), "/me/tasks").json()["items"][0].clone();
    let path = format!("PUT /api/v1/consultations/outer-questions/contribution?supporter_id={}", cast.supporter);
    assert_eq!(task["actions"][0], path);
    // Once closed, with a worker or without.
    cast.at(CLOSES);
    let cast = cast.again();
    let write = |round: &str, reason: &str| format!("write_synthesis {round} {reason} -");
    assert!(owed(&cast, &cast.member).is_empty());
    assert_eq!(owed(&cast, &cast.chair), [write("inner-questions", "co_chair")]);
    assert_eq!(owed(&cast, &cast.secretary), [write("inner-questions", "secretariat"), write("outer-questions", "secretariat")]);
    work(&cast);
    inner.conclude(&cast);
    assert_eq!(owed(&cast, &cast.chair), ["publish_consultation inner-questions co_chair -"]);
    inner.go(&cast, &cast.chair, "published").expect(200);
    assert!(owed(&cast, &cast.chair).is_empty());
}

#[test]
fn a_timeline_tells_of_rounds_only_to_who_reads_them() {
    let cast = Cast::new();
    let mut open_to_all = body(&cast, "supporters", &["attributed"]);
    (open_to_all["scope"], open_to_all["group_id"]) = (json!("group"), json!(cast.group));
    let outer = Asked::drafted(&cast, &cast.chair, &open_to_all);
    outer.fill(&cast);
    let inner = Asked::ready(&cast, "group_members", &["attributed"]);
    let acts = |by: Option<&Person>| {
        let all = get(&cast, by, "/groups/5/timeline?limit=200").json();
        let of = all["items"].as_array().unwrap().iter().filter(|entry| entry["subject"]["type"] == "consultation");
        of.map(|entry| format!("{} {} {}", entry["act"].as_str().unwrap(), entry["subject"]["ref"], entry["reason"]))
            .collect::<Vec<_>>()
    };
    assert_eq!((acts(None).len(), acts(Some(&cast.member)).len(), acts(Some(&cast.chair)).len()), (0, 0, 2));
    for round in [&outer, &inner] {
        round.go(&cast, &cast.secretary, "open").expect(200);
    }
    let opened = format!("consultation.opened \"{}\" null", round_slug(&outer));
    assert_eq!(acts(None), [opened]);
    assert_eq!(acts(Some(&cast.member)).len(), 4);
    outer.extend(&cast, &cast.chair, "2026-10-31T22:00:00Z").expect(200);
    inner.extend(&cast, &cast.chair, "2026-10-31T22:00:00Z").expect(200);
    assert_eq!(acts(Some(&cast.stranger))[0], format!("consultation.extended \"{}\" \"Holidays.\"", round_slug(&outer)));
    assert_eq!(acts(None).len(), 2);
    // A draft that was called off nobody knew of.
    let draft = Asked::drafted(&cast, &cast.chair, &open_to_all);
    draft.go(&cast, &cast.chair, "cancelled").expect(200);
    assert_eq!((acts(None).len(), acts(Some(&cast.member)).len(), acts(Some(&cast.chair)).len()), (2, 6, 8));
}

fn round_slug(round: &Asked) -> &str {
    round.path.trim_start_matches("/consultations/")
}
