//! `/calendar.ics`, `/groups/{group}/calendar.ics`, `/me/calendar-feed`.

use serde_json::json;

use crate::ical::Ical;
use crate::meetings::{ahead, call};
use crate::plans::{plan, scans, tapped_world};
use crate::world::cast::Cast;
use crate::world::{PASSWORD, Reply};

/// A Forum ahead, and what group 5 owes for it and meets about.
fn busy() -> Cast {
    let cast = Cast::new();
    let edition =
        json!({"name": "Forum 2026", "city": "Paris", "country": "FR", "starts_on": "2026-11-10", "ends_on": "2026-11-12"});
    cast.ask("POST", "/forum-editions").by(&cast.secretary).json(&edition).send().expect(201);
    let opening = json!({"title": "Opening", "starts_at": "2026-11-10T08:30:00Z"});
    cast.ask("POST", "/forum-editions/2026/sessions").by(&cast.secretary).json(&opening).send().expect(201);
    call(&cast, &cast.chair, &ahead()).expect(201);
    let other =
        json!({"title": "Elsewhere", "starts_at": "2026-10-01T09:00:00Z", "ends_at": "2026-10-01T10:00:00Z", "place": "Room 9"});
    cast.ask("POST", "/groups/4/meetings").by(&cast.secretary).json(&other).send().expect(201);
    let owed = json!({"title": "Index", "kind": "index", "due_on": "2026-10-15", "forum_year": 2026});
    cast.ask("POST", "/groups/5/deliverables").by(&cast.chair).json(&owed).send().expect(201);
    cast
}

#[track_caller]
fn read(reply: Reply) -> Ical {
    let reply = reply.expect(200);
    assert_eq!(reply.header("content-type"), "text/calendar; charset=utf-8");
    Ical::read(reply.text())
}

#[test]
fn the_public_calendar_has_everything_that_is_public() {
    let cast = busy();
    let reply = cast.get("/calendar.ics");
    let ical = read(cast.get("/calendar.ics"));
    assert_eq!(ical.summaries(), ["Due: WG5-D1 Index", "Elsewhere", "Forum 2026", "Kick-off", "Opening"]);
    let meeting = ical.event("Kick-off");
    assert_eq!((meeting.get("DTSTART"), meeting.get("LOCATION"), meeting.get("URL")), ("20260910T110000", "", ""));
    assert!(meeting.get("UID").ends_with("@127.0.0.1"), "{}", meeting.get("UID"));
    let due = ical.event("Due: WG5-D1 Index");
    assert_eq!((due.get("DTSTART"), due.get("DTEND")), ("20261015", "20261016"));
    assert_eq!((ical.zones, ical.head["METHOD"].as_str()), (1, "PUBLISH"));
    cast.ask("GET", "/calendar.ics").header("If-None-Match", reply.header("etag")).send().expect(304);
    assert_eq!(cast.get("/calendar.ics").body, reply.body, "the same state, the same bytes");
    assert!(read(cast.get("/calendar.ics?locale=fr")).summaries().contains(&"Échéance: WG5-D1 Index"));
    // What lies more than a year back is left out; a group's own calendar keeps it.
    cast.at("2027-12-01T09:00:00Z");
    assert!(read(cast.get("/calendar.ics")).events.is_empty());
    assert_eq!(read(cast.get("/groups/5/calendar.ics")).summaries(), ["Due: WG5-D1 Index", "Kick-off"]);
}

#[test]
fn a_groups_calendar_says_more_to_its_members() {
    let cast = busy();
    let seen = |ical: &Ical| (ical.event("Kick-off").get("LOCATION").to_owned(), ical.event("Kick-off").get("URL").to_owned());
    assert_eq!(seen(&read(cast.get("/groups/5/calendar.ics"))), (String::new(), String::new()));
    let own = |person| read(cast.ask("GET", "/groups/5/calendar.ics").by(person).send());
    assert_eq!(seen(&own(&cast.stranger)).0, "");
    for person in [&cast.member, &cast.observer, &cast.chair, &cast.secretary] {
        assert_eq!(seen(&own(person)), ("Room 1".into(), "https://meet.example/1".into()), "{}", person.email);
    }
    cast.get("/groups/77/calendar.ics").expect(404);
    // Called off, it stays and says so.
    let id = cast.get("/groups/5/meetings").json()["items"][0]["id"].as_str().unwrap().to_owned();
    cast.ask("POST", &format!("/meetings/{id}/transitions")).by(&cast.chair).json(&json!({"to": "cancelled"})).send().expect(200);
    let ical = read(cast.get("/groups/5/calendar.ics"));
    assert_eq!((ical.event("Kick-off").get("STATUS"), ical.event("Kick-off").get("SEQUENCE")), ("CANCELLED", "1"));
}

#[test]
fn ones_own_calendar_has_an_address_that_can_be_taken_back() {
    let cast = busy();
    let path = "/me/calendar-feed";
    cast.get(path).expect(401);
    cast.ask("GET", path).by(&cast.member).send().expect(404);
    cast.ask("DELETE", path).by(&cast.member).send().expect(404);
    let made = cast.ask("POST", path).by(&cast.member).send().expect(201);
    assert_eq!(made.header("cache-control"), "no-store");
    let url = made.json()["url"].as_str().unwrap().to_owned();
    assert_eq!(cast.ask("GET", path).by(&cast.member).send().expect(200).json()["url"], url.as_str());
    let feed = url.strip_prefix("http://127.0.0.1:8080/api/v1").unwrap();
    assert!(feed.starts_with("/calendar.ics?feed="), "{feed}");
    let reply = cast.get(feed).expect(200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let ical = Ical::read(reply.text());
    assert_eq!(ical.summaries(), ["Due: WG5-D1 Index", "Forum 2026", "Kick-off", "Opening"]);
    assert_eq!((ical.event("Kick-off").get("LOCATION"), ical.event("Kick-off").get("URL")), ("Room 1", "https://meet.example/1"));
    // Nobody can tell it from the database.
    let token = feed.split('=').nth(1).unwrap();
    let kept: Vec<String> = cast.read(|c| {
        use diesel::prelude::*;
        use plenary::schema::calendar_feeds as f;
        Ok(f::table.select(f::token_hash).load(c)?)
    });
    assert!(kept.len() == 1 && kept[0] != token);
    for wrong in ["", "x", &token.to_uppercase()] {
        assert_eq!(cast.get(&format!("/calendar.ics?feed={wrong}")).expect(404).problem(), "not-found");
    }
    // Another one takes its place; taken back, it is gone.
    let second = cast.ask("POST", path).by(&cast.member).send().expect(201).json()["url"].as_str().unwrap().to_owned();
    assert_ne!(second, url);
    cast.get(feed).expect(404);
    let feed = second.strip_prefix("http://127.0.0.1:8080/api/v1").unwrap();
    cast.get(feed).expect(200);
    cast.ask("DELETE", path).by(&cast.member).send().expect(204);
    cast.get(feed).expect(404);
    cast.ask("GET", path).by(&cast.member).send().expect(404);
    // It goes with its owner.
    let last = cast.ask("POST", path).by(&cast.observer).send().expect(201).json()["url"].as_str().unwrap().to_owned();
    let feed = last.strip_prefix("http://127.0.0.1:8080/api/v1").unwrap();
    cast.get(feed).expect(200);
    cast.ask("DELETE", "/me").by(&cast.observer).if_match("*").json(&json!({"password": PASSWORD})).send().expect(204);
    cast.get(feed).expect(404);
}

#[test]
fn calendars_take_few_queries_and_no_table_is_read_from_end_to_end() {
    let (world, seen) = tapped_world();
    world.load_paris_call();
    world.get("/calendar.ics").expect(200);
    for (path, queries) in [("/calendar.ics", 7), ("/groups/5/calendar.ics", 7), ("/groups/5/meetings?total=true", 4)] {
        let statements = seen.reading(&world, path);
        assert!(statements.len() <= queries, "{path}: {statements:#?}");
        for statement in statements.iter().filter(|statement| !statement.contains("1 = 0")) {
            let steps = world.read(|c| plan(c, statement));
            assert!(!steps.is_empty() && !steps.iter().any(|step| scans(step)), "{path}\n{statement}\n{}", steps.join("\n"));
        }
    }
}
