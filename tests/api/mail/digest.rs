//! What a digest shows of a day, and what travels with it.

use plenary::notifications;
use plenary::worker::Postman;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::eml::part;
use super::files::{deliver, mails, settings};
use crate::ical::Ical;
use crate::world::cast::Cast;

/// What paths of mails lie below, where the settings name no front end.
const SITE: &str = "https://plenary.example/call/api/v1";

fn daily(cast: &Cast, kinds: &[&str], locale: &str) {
    let me = cast.sign_in(&cast.member.email);
    cast.ask("PATCH", "/me").by(&me).if_match("*").json(&json!({"locale": locale})).send().expect(200);
    let choices: serde_json::Map<String, Value> = kinds.iter().map(|kind| ((*kind).to_owned(), json!("daily"))).collect();
    cast.ask("PUT", "/me/notification-preferences").by(&me).if_match("*").json(&Value::Object(choices)).send().expect(200);
}

/// The member's digest of the next morning, as it travels.
fn digest(cast: &Cast) -> String {
    cast.at("2026-09-02T07:05:00Z");
    cast.mails();
    cast.write(notifications::send_digests);
    let directory = TempDir::new().unwrap();
    let postman = Postman::new(cast.db().clone(), &settings(directory.path(), &[]));
    deliver(cast, &postman);
    let all = mails(directory.path()).into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap());
    all.into_iter().find(|mail| mail.contains("\r\nTo: member@plenary.test\r\n")).expect("a digest")
}

/// The parts of a mail of this media type, decoded.
fn parts(mail: &str, kind: &str) -> Vec<String> {
    let begins = format!("Content-Type: {kind};");
    let found = mail.split("\r\n--").filter(|piece| piece.contains(&begins));
    found.map(|piece| part(&format!("{}\r\n", piece.split_once("\r\n").unwrap().1), kind)).collect()
}

fn meeting(cast: &Cast, title: &str) -> String {
    let body = json!({
        "title": title, "starts_at": "2026-11-29T09:00:00Z", "ends_at": "2026-11-29T10:30:00Z", "time_zone": "Europe/Paris",
    });
    let chair = cast.sign_in(&cast.chair.email);
    let made = cast.ask("POST", "/groups/5/meetings").by(&chair).json(&body).send().expect(201).json();
    format!("/meetings/{}", made["id"].as_str().unwrap())
}

#[test]
fn meetings_are_told_once_and_their_entries_travel_with_it() {
    let cast = Cast::new();
    daily(&cast, &["meeting_invited", "meeting_changed", "meeting_cancelled"], "en");
    let (moved, off) = (meeting(&cast, "Moved"), meeting(&cast, "Called off"));
    for day in 1..=7 {
        let changes = json!({"starts_at": format!("2026-12-0{day}T09:00:00Z"), "ends_at": format!("2026-12-0{day}T10:00:00Z")});
        cast.ask("PATCH", &moved).by(&cast.chair).if_match("*").json(&changes).send().expect(200);
    }
    let cancel = json!({"to": "cancelled", "reason": "No quorum."});
    cast.ask("POST", &format!("{off}/transitions")).by(&cast.chair).json(&cancel).send().expect(200);
    let mail = digest(&cast);
    let head = mail.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
    assert!(head.contains("Content-Type: multipart/mixed") && head.contains("Subject: 4 updates since yesterday"), "{head}");
    let text = parts(&mail, "text/plain").remove(0);
    let titles: Vec<_> = text.lines().filter(|line| line.starts_with(char::is_numeric)).collect();
    assert_eq!(titles, ["1. Invitation: Moved", "2. Invitation: Called off", "3. Changed: Moved", "4. Cancelled: Called off"]);
    assert!(text.contains("7 December 2026, 10:00–11:00") && !text.contains("6 December"), "{text}");
    assert_eq!(text.matches("Hello").count(), 1, "{text}");
    // Somebody's own words stay marked, ours are not.
    assert!(text.contains("\n> No quorum.\n") && !text.contains("> A meeting") && !text.contains("> >"), "{text}");
    // What the last mail of each meeting asks of the calendar.
    let entries = [("REQUEST", "Moved", "7", "20261207T090000Z"), ("CANCEL", "Called off", "1", "20261129T090000Z")];
    let mut found = 0;
    for (n, (method, title, sequence, starts)) in entries.iter().enumerate() {
        let name = format!("{}-{}.ics", method.to_lowercase(), n + 1);
        assert!(mail.contains(&format!("Content-Disposition: attachment; filename=\"{name}\"")), "{name}");
        for entry in parts(&mail, &format!("text/calendar; method={method}")) {
            found += 1;
            let ical = Ical::read(&entry.replace('\n', "\r\n"));
            let event = ical.event(title);
            assert_eq!(
                (ical.head["METHOD"].as_str(), event.get("SEQUENCE"), event.get("DTSTART")),
                (*method, *sequence, *starts)
            );
            assert_eq!(event.get("ATTENDEE"), "mailto:member@plenary.test");
        }
    }
    assert_eq!(found, 2);
}

#[test]
fn its_lines_are_broken_once_and_its_links_can_be_followed() {
    let cast = Cast::new();
    daily(&cast, &["group_message", "meeting_invited"], "fr");
    let path = meeting(&cast, "اجتماع الفريق");
    let secretary = cast.sign_in(&cast.secretary.email);
    let words =
        "A sentence that is long enough to be broken where the mail is written, and nowhere else at all, twice. ".repeat(3);
    let body = json!({"subject": "News", "body": words.trim(), "to": "members"});
    cast.ask("POST", "/groups/5/messages").by(&secretary).json(&body).send().expect(202);
    let mail = digest(&cast);
    let (text, html) = (parts(&mail, "text/plain").remove(0), parts(&mail, "text/html").remove(0));
    assert_eq!(text.matches("Bonjour").count(), 1, "{text}");
    // As long as they can be: what follows would not have fitted.
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| line.split(' ').count() > 2)) {
        let next = pair[1].trim_start_matches("> ").split(' ').next().unwrap();
        assert!(pair[0].chars().count() + 1 + next.chars().count() > 72, "{pair:?} in {text}");
    }
    let body = html.split_once("<div").unwrap().1.split_once("border-top:1px solid #888888;font-size:14px").unwrap().0;
    assert!(!body.contains("<br>"), "{html}");
    assert_eq!(html.matches("<h2 ").count(), 2, "{html}");
    let link = format!("{SITE}{path}");
    assert!(html.contains(&format!("<a href=\"{link}\"")) && text.lines().any(|line| line == link), "{text}");
    assert!(html.contains("<div dir=\"auto\">") && html.contains(words.trim()), "{html}");
}

#[test]
fn the_picture_of_a_report_travels_with_it() {
    let cast = Cast::new();
    let report = |today: &str, year: i64| {
        json!({"name": "Ana", "path": format!("board?forum_year={year}"), "year": year, "days": 44, "starts_on": format!("{year}-11-11"),
            "submission_deadline": null, "total": 1, "counts": {"done": 1, "on_track": 0, "at_risk": 0, "late": 0, "dropped": 0},
            "groups": [], "news": [], "more_news": 0, "owed": [], "more_owed": 0,
            "board": {"today": today, "starts_on": format!("{year}-11-11"), "submission_deadline": null,
                "rows": [["WG5-D1", "done", "2026-09-25", 100]]}})
    };
    daily(&cast, &["readiness_report"], "en");
    for (today, year) in [("2026-09-14", 2026), ("2026-09-21", 2026), ("2026-09-21", 2027)] {
        let params = report(today, year);
        cast.write(|tx| {
            let told = notifications::News {
                kind: plenary::mail::Kind::ReadinessReport,
                person: cast.member.id,
                email: &cast.member.email,
                locale: Some("en".into()),
                params: params.clone(),
                concealed: false,
            };
            notifications::tell(tx, told)
        });
    }
    let mail = digest(&cast);
    assert!(mail.len() < 120_000, "{} bytes", mail.len());
    let html = parts(&mail, "text/html").remove(0);
    let shown: Vec<_> = html.split("src=\"cid:").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(shown.len(), 2, "of two reports on the same Forum the latest: {html}");
    for id in &shown {
        assert_eq!(mail.matches(&format!("Content-ID: <{id}>")).count(), 1, "{id}");
    }
    assert_eq!(mail.matches("Content-Type: image/png").count(), 2);
    assert!(html.contains("alt=\"The road to the Forum on 21 September 2026: 1 deliverable by due date"), "{html}");
    assert!(!html.contains("14 September"), "{html}");
    let text = parts(&mail, "text/plain").remove(0);
    assert!(text.replace('\n', " ").contains("The road to the Forum on 21 September 2026: 1 deliverable by"), "{text}");
}
