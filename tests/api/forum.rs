//! `/forum-editions`, what lies below one, and `/sessions`.

mod editions;
mod sessions;

use diesel::prelude::*;
use plenary::locale::Reader;
use plenary::schema::{forum_editions, forum_sessions};
use serde_json::{Value, json};

use crate::plans::{plan, scans, tapped_world};
use crate::world::{PARIS_CALL, World};

/// An edition with everything: a deadline, sessions with and without hours, texts that need escaping and folding.
const FORUM_2026: &str = r#"
[[forum_editions]]
year = 2026
name = "Paris Peace Forum 2026; ninth, and last?"
city = "Paris"
country = "FR"
venue = "Palais de Tokyo"
starts_on = 2026-11-10
ends_on = 2026-11-12
submission_deadline = 2026-10-11
[[forum_editions.sessions]]
title = { en = "Closing, with a backslash \\ and a title so long that its line has to be folded: résumé", fr = "Clôture" }
day = 2026-11-12
starts_at = 16:00:00
ends_at = 17:30:00
room = "Salle 2; upstairs"
[[forum_editions.sessions]]
title = "Opening"
day = 2026-11-10
starts_at = 09:30:00
moderator = { name = "Ann Other" }
panellists = [{ name = "Zoë, the Speaker", role = "Chair", organisation = "Examples; Ltd" }]
recording_url = "https://example.org/opening?a=1,2;3"
[[forum_editions.sessions]]
title = "Exhibition"
day = 2026-11-10
"#;

fn forum() -> World {
    let world = World::new();
    world.load(&format!("{}\n{FORUM_2026}", PARIS_CALL.split_once("[[consultations]]").unwrap().0));
    world
}

fn items(value: &Value) -> &Vec<Value> {
    value["items"].as_array().unwrap()
}

fn titles(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|session| session["title"].as_str().unwrap()).collect()
}

#[test]
fn editions_are_listed_by_year() {
    let world = forum();
    let years = |query: &str| {
        let page = world.get(&format!("/forum-editions{query}")).expect(200).json();
        items(&page).iter().map(|edition| edition["year"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(years(""), [2018, 2019, 2020, 2021, 2026]);
    assert_eq!(years("?sort=-year&limit=2"), [2026, 2021]);
    assert_eq!(years("?status=held"), [2018, 2019, 2020, 2021]);
    assert_eq!(years("?status=cancelled"), [] as [i64; 0]);
    let page = world.get("/forum-editions?limit=3&total=true&status=held").expect(200).json();
    assert_eq!(page["total"], 4);
    assert_eq!(years(&format!("?limit=3&status=held&cursor={}", page["next_cursor"].as_str().unwrap())), [2021]);
    assert_eq!(
        world.get("/forum-editions?status=over&sort=name&x=1").expect(422).faults(),
        ["?sort pattern", "?status enum", "?x unknown"]
    );
}

#[test]
fn an_edition_is_shown_whole_and_the_same_everywhere() {
    let world = forum();
    let edition = world.get("/forum-editions/2018").expect(200);
    let shown = edition.json();
    let session = &shown["sessions"][0];
    let expected = json!({
        "id": shown["id"], "year": 2018, "name": "Paris Peace Forum 2018", "city": "Paris", "country": "FR", "venue": null,
        "time_zone": "Europe/Paris", "starts_on": "2018-11-11", "ends_on": "2018-11-13", "submission_deadline": null, "status": "held",
        "sessions": [{
            "id": session["id"], "forum_edition": {"id": shown["id"], "year": 2018}, "title": "Crafting Peace in Cyberspace",
            "day": "2018-11-12", "starts_at": null, "ends_at": null, "room": null,
            "moderator": {"name": "Manuel Lafont Rapnouil", "role": "Senior Fellow", "organisation": "European Council on Foreign Relations"},
            "panellists": [
                {"name": "Fabrizio Hochschild", "role": "Assistant Secretary-General for Strategic Coordination", "organisation": "United Nations"},
                {"name": "Marina Kaljurand", "role": "Chair", "organisation": "Global Commission on the Stability of Cyberspace"},
                {"name": "Olaf Kolkman", "role": "Chief Internet Technology Officer", "organisation": "Internet Society"},
                {"name": "Jean-Yves Le Drian", "role": "Minister for Foreign Affairs", "organisation": "France"},
                {"name": "Brad Smith", "role": "President", "organisation": "Microsoft"},
            ],
            "recording_url": null, "deliverables": [],
            "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z", "etag": session["etag"],
        }],
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z", "etag": edition.header("etag"),
    });
    assert_eq!(shown, expected);
    assert_eq!(world.get(&format!("/forum-editions/{}", shown["id"].as_str().unwrap())).expect(200).body, edition.body);
    assert_eq!(items(&world.get("/forum-editions").json())[0], expected);
    let alone = world.get(&format!("/sessions/{}", session["id"].as_str().unwrap())).expect(200);
    assert_eq!((&alone.json(), alone.header("etag")), (session, session["etag"].as_str().unwrap()));
    assert_eq!(items(&world.get("/forum-editions/2018/sessions").json())[0], *session);
    for path in ["/forum-editions/2018", "/forum-editions", "/forum-editions/2018/sessions", "/forum-editions/2018/calendar.ics"]
    {
        let etag = world.get(path).expect(200).header("etag").to_owned();
        world.ask("GET", path).header("If-None-Match", etag).send().expect(304);
    }
}

#[test]
fn sessions_come_as_they_take_place() {
    let world = forum();
    let closing = "Closing, with a backslash \\ and a title so long that its line has to be folded: résumé";
    assert_eq!(titles(&world.get("/forum-editions/2026").json()["sessions"]), ["Exhibition", "Opening", closing]);
    let page = |query: &str| world.get(&format!("/forum-editions/2026/sessions{query}")).expect(200).json();
    assert_eq!(titles(&page("")["items"]), ["Exhibition", "Opening", closing]);
    assert_eq!(titles(&page("?sort=-day")["items"])[0], closing);
    assert_eq!(page("?total=true")["total"], 3);
    for sort in ["day,starts_at", "-day,-starts_at", "-starts_at", "-day,starts_at", "day"] {
        let whole = page(&format!("?sort={sort}"));
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = page(&format!("?limit=1&sort={sort}{cursor}"));
            walked.extend(items(&page).clone());
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, *items(&whole), "{sort}");
    }
    let opening = &items(&page(""))[1].clone();
    assert_eq!((&opening["starts_at"], &opening["ends_at"]), (&json!("2026-11-10T08:30:00Z"), &json!(null)));
    assert_eq!(opening["moderator"], json!({"name": "Ann Other", "role": null, "organisation": null}));
    assert_eq!(titles(&page("?locale=fr")["items"])[2], "Clôture");
    assert_eq!(page("?locale=*")["items"][0]["title"], json!({"en": "Exhibition"}));
}

#[test]
fn what_is_not_there_is_told() {
    let world = forum();
    let nobody = "0190aaaa-0000-7000-8000-000000000001";
    for edition in ["2017", "-1", "paris", "99999999999999999999", nobody] {
        for below in ["", "/sessions", "/calendar.ics"] {
            assert_eq!(
                world.get(&format!("/forum-editions/{edition}{below}")).expect(404).problem(),
                "not-found",
                "{edition}{below}"
            );
        }
    }
    assert_eq!(world.get(&format!("/sessions/{nobody}")).expect(404).problem(), "not-found");
    assert_eq!(world.get("/sessions/opening").expect(422).faults(), ["{session_id} format"]);
    assert_eq!(world.get("/sessions").expect(404).problem(), "not-found");
}

/// The calendar's lines, unfolded, after a look at the form of what was sent (RFC 5545, 3.1).
fn lines(text: &str) -> Vec<String> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "a line longer than 75 octets");
    text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
}

/// The lines of the event with this summary, sorted.
fn event(lines: &[String], summary: &str) -> Vec<String> {
    let end = |from: usize| lines[from..].iter().position(|line| line == "END:VEVENT").unwrap() + from;
    let starts = lines.iter().enumerate().filter(|(_, line)| *line == "BEGIN:VEVENT").map(|(at, _)| at);
    let events: Vec<Vec<String>> = starts.map(|at| lines[at + 1..end(at)].to_vec()).collect();
    let found = events.into_iter().find(|event| event.contains(&format!("SUMMARY:{summary}")));
    found.unwrap_or_else(|| panic!("no {summary}: {lines:#?}"))
}

#[test]
fn the_calendar_has_the_forum_its_deadline_and_its_sessions() {
    let world = forum();
    let reply = world.get("/forum-editions/2026/calendar.ics").expect(200);
    assert_eq!(reply.header("content-type"), "text/calendar; charset=utf-8");
    let lines = lines(reply.text());
    let edition = world.get("/forum-editions/2026").json();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let common = [
        "CREATED:20260901T090000Z",
        "DTSTAMP:20260901T090000Z",
        "LAST-MODIFIED:20260901T090000Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
    ];
    let expect = |summary: &str, own: &[&str]| {
        let mut expected: Vec<String> = common.iter().chain(own).map(|line| (*line).to_owned()).collect();
        expected.push(format!("SUMMARY:{summary}"));
        expected.sort();
        let mut found = event(&lines, summary);
        found.sort();
        assert_eq!(found, expected, "{summary}");
    };
    let name = r"Paris Peace Forum 2026\; ninth\, and last?";
    let place = r"Palais de Tokyo\, Paris\, FR";
    let transparent = "TRANSP:TRANSPARENT";
    expect(
        name,
        &[
            &format!("UID:forum-{}", id(&edition)),
            "DTSTART;VALUE=DATE:20261110",
            "DTEND;VALUE=DATE:20261113",
            &format!("LOCATION:{place}"),
            transparent,
        ],
    );
    expect(
        &format!("Submission deadline: {name}"),
        &[&format!("UID:deadline-{}", id(&edition)), "DTSTART;VALUE=DATE:20261011", "DTEND;VALUE=DATE:20261012", transparent],
    );
    let sessions = edition["sessions"].as_array().unwrap();
    expect(
        "Exhibition",
        &[
            &format!("UID:session-{}", id(&sessions[0])),
            "DTSTART;VALUE=DATE:20261110",
            "DTEND;VALUE=DATE:20261111",
            &format!("LOCATION:{place}"),
            transparent,
        ],
    );
    expect(
        "Opening",
        &[
            &format!("UID:session-{}", id(&sessions[1])),
            "DTSTART;TZID=Europe/Paris:20261110T093000",
            r"DESCRIPTION:Moderator: Ann Other\nPanellists:\n- Zoë\, the Speaker\, Chair\, Examples\; Ltd",
            &format!("LOCATION:{place}"),
            "URL:https://example.org/opening?a=1,2;3",
        ],
    );
    expect(
        r"Closing\, with a backslash \\ and a title so long that its line has to be folded: résumé",
        &[
            &format!("UID:session-{}", id(&sessions[2])),
            "DTSTART;TZID=Europe/Paris:20261112T160000",
            "DTEND;TZID=Europe/Paris:20261112T173000",
            &format!(r"LOCATION:Salle 2\; upstairs\, {place}"),
        ],
    );
    // The zone of what has hours is defined: the year's two changes of the clocks.
    let zone = lines.iter().position(|line| line == "BEGIN:VTIMEZONE").unwrap();
    assert_eq!(
        lines[zone..lines.iter().position(|line| line == "END:VTIMEZONE").unwrap()].join(" "),
        "BEGIN:VTIMEZONE TZID:Europe/Paris \
         BEGIN:STANDARD DTSTART:20260101T000000 TZNAME:CET TZOFFSETFROM:+0100 TZOFFSETTO:+0100 END:STANDARD \
         BEGIN:DAYLIGHT DTSTART:20260329T020000 TZNAME:CEST TZOFFSETFROM:+0100 TZOFFSETTO:+0200 END:DAYLIGHT \
         BEGIN:STANDARD DTSTART:20261025T030000 TZNAME:CET TZOFFSETFROM:+0200 TZOFFSETTO:+0100 END:STANDARD"
    );
    let french = world.get("/forum-editions/2026/calendar.ics?locale=fr").expect(200);
    assert!(french.text().contains("SUMMARY:Clôture\r\n") && french.text().contains("SUMMARY:Date limite de soumission: "));
}

#[test]
fn both_databases_answer_the_same_bytes() {
    let world = forum();
    let text = |path: &str| world.get(path).expect(200).text().to_owned();
    insta::assert_snapshot!("forum_edition", text("/forum-editions/2026"));
    insta::assert_snapshot!("forum_sessions", text("/forum-editions/2026/sessions?limit=1&total=true&sort=-starts_at"));
    insta::assert_snapshot!("forum_calendar", text("/forum-editions/2026/calendar.ics").replace("\r\n", "\n"));
}

#[test]
fn sessions_are_found_by_their_words() {
    let world = forum();
    let found = |q: &str, limit: i64| world.read(|c| plenary::forum::search(c, q, limit, &Reader::All));
    let hit = found("CLOTURE backslash", 10);
    assert_eq!((hit.len(), hit[0].day.to_string().as_str(), hit[0].forum_edition.year), (1, "2026-11-12", 2026));
    assert_eq!(found("ing", 2).iter().map(|hit| hit.forum_edition.year).collect::<Vec<_>>(), [2026, 2026], "the latest first");
    assert!(found("?!", 10).is_empty() && found("backslash opening", 10).is_empty());
}

#[test]
fn a_calendar_counts_changes_and_says_what_is_cancelled() {
    let world = forum();
    let text = |year: i64| world.get(&format!("/forum-editions/{year}/calendar.ics")).expect(200).text().to_owned();
    // No hours, no zone; no deadline, no event for it.
    assert!(!text(2018).contains("VTIMEZONE") && text(2018).matches("BEGIN:VEVENT").count() == 2);
    let before = text(2026);
    world.at("2026-09-02T10:00:00Z");
    assert_eq!(text(2026), before, "the same state, the same bytes");
    let now = world.now();
    world.write(|tx| {
        use forum_sessions as s;
        let opening = diesel::update(s::table.filter(s::search_text.like("opening%")));
        opening.set((s::version.eq(4), s::updated_at.eq(now))).execute(&mut **tx)?;
        let cancelled = diesel::update(forum_editions::table.filter(forum_editions::year.eq(2026)));
        Ok(cancelled.set(forum_editions::status.eq("cancelled")).execute(&mut **tx)?)
    });
    let after = lines(&text(2026));
    assert_eq!(after.iter().filter(|line| *line == "STATUS:CANCELLED").count(), 5);
    let opening = event(&after, "Opening");
    for line in ["SEQUENCE:3", "DTSTAMP:20260902T100000Z", "LAST-MODIFIED:20260902T100000Z", "CREATED:20260901T090000Z"] {
        assert!(opening.iter().any(|found| found == line), "{line}: {opening:?}");
    }
    let uids = |lines: &[String]| lines.iter().filter(|line| line.starts_with("UID:")).cloned().collect::<Vec<_>>();
    assert_eq!(uids(&after), uids(&lines(&before)));
}

#[test]
fn editions_take_few_queries_and_no_table_is_read_from_end_to_end() {
    let (world, seen) = tapped_world();
    world.load_paris_call();
    world.get("/forum-editions").expect(200);
    let session = world.get("/forum-editions/2018").json()["sessions"][0]["id"].as_str().unwrap().to_owned();
    for (path, queries) in [
        ("/forum-editions?limit=1", 3),
        ("/forum-editions?limit=50", 3),
        ("/forum-editions?limit=50&total=true&sort=-year&status=held", 4),
        ("/forum-editions/2018", 3),
        ("/forum-editions/2018/sessions?total=true", 4),
        ("/forum-editions/2018/calendar.ics", 2),
        (&format!("/sessions/{session}"), 2),
    ] {
        let statements = seen.reading(&world, path);
        assert_eq!(statements.len(), queries, "{path}: {statements:#?}");
        for statement in statements {
            let steps = world.read(|c| plan(c, &statement));
            assert!(!steps.is_empty() && !steps.iter().any(|step| scans(step)), "{path}\n{statement}\n{}", steps.join("\n"));
        }
    }
}
