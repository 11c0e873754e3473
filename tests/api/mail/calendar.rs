//! Mails about meetings carry an entry for the calendar.

use plenary::worker::Postman;
use serde_json::json;
use tempfile::TempDir;

use super::eml::Eml;
use super::files::{deliver, mails, settings};
use crate::ical::Ical;
use crate::world::cast::Cast;

#[test]
fn a_meeting_goes_into_the_calendar_moves_there_and_leaves_it() {
    let cast = Cast::new();
    let directory = TempDir::new().unwrap();
    let postman = Postman::new(cast.db().clone(), &settings(directory.path(), &[]));
    cast.ask("PATCH", "/me")
        .by(&cast.member)
        .if_match("*")
        .json(&json!({"locale": "fr", "display_name": "Zoé \"Z\"; Ana, B."}))
        .send()
        .expect(200);
    let title = "اجتماع الفريق, 2; \\ — a title that is so long that its line has to be folded more than once in the calendar";
    let body = json!({
        "title": title, "starts_at": "2026-11-29T09:00:00Z", "ends_at": "2026-11-29T10:30:00Z", "time_zone": "Europe/Paris",
        "place": "Salle 2; Paris", "link": "https://meet.example/a?b=1&c=2",
    });
    let made = cast.ask("POST", "/groups/5/meetings").by(&cast.chair).json(&body).send().expect(201).json();
    let path = format!("/meetings/{}", made["id"].as_str().unwrap());
    let mut seen = 0;
    // The mail to the member of this round.
    let mut round = || {
        deliver(&cast, &postman);
        let all: Vec<_> = mails(directory.path()).into_iter().map(|(_, bytes)| Eml::read(&bytes)).collect();
        let new = all.len() - seen;
        seen = all.len();
        let mut mine: Vec<_> = all.into_iter().filter(|mail| mail.header("To") == "member@plenary.test").collect();
        mine.sort_by_key(|mail| {
            Ical::read(&mail.calendar.as_ref().unwrap().1.replace('\n', "\r\n")).events[0].get("SEQUENCE").to_owned()
        });
        (new, mine.pop().unwrap())
    };
    let (told, mail) = round();
    // Both co-chairs, three members and the observer, but not who called it.
    assert_eq!(told, 5);
    assert!(mail.header("Subject").starts_with("Invitation\u{a0}:"), "{}", mail.header("Subject"));
    let text = mail.text.replace('\n', " ");
    assert!(text.contains("29 novembre 2026, 10:00–11:30 (Europe/Paris)") && text.contains("Chair Test"), "{}", mail.text);
    let (method, calendar) = mail.calendar.unwrap();
    let ical = Ical::read(&calendar.replace('\n', "\r\n"));
    assert_eq!((method.as_str(), ical.head["METHOD"].as_str(), ical.head["VERSION"].as_str()), ("REQUEST", "REQUEST", "2.0"));
    let event = ical.event(title);
    let uid = format!("{}@plenary.example", made["id"].as_str().unwrap());
    for (name, value) in [
        ("UID", uid.as_str()),
        ("SEQUENCE", "0"),
        ("DTSTART", "20261129T090000Z"),
        ("DTEND", "20261129T103000Z"),
        ("DTSTAMP", "20260901T090000Z"),
        ("LOCATION", "Salle 2; Paris"),
        ("URL", "https://meet.example/a?b=1&c=2"),
        ("STATUS", "CONFIRMED"),
        ("ORGANIZER", "mailto:secretariat@example.org"),
        ("ATTENDEE", "mailto:member@plenary.test"),
    ] {
        assert_eq!(event.get(name), value, "{name}");
    }
    let attendee = event.parameters("ATTENDEE");
    assert!(attendee.contains("Rsvp") && attendee.contains("Zoé 'Z'; Ana, B."), "{attendee}");
    // Moved: the same entry, changed.
    cast.at("2026-09-01T09:10:00Z");
    let changes = json!({"starts_at": "2026-12-01T09:00:00Z", "ends_at": "2026-12-01T10:00:00Z"});
    cast.ask("PATCH", &path).by(&cast.chair).if_match("*").json(&changes).send().expect(200);
    let (told, mail) = round();
    assert_eq!((told, mail.header("Subject").starts_with("Modification\u{a0}:")), (5, true));
    let ical = Ical::read(&mail.calendar.unwrap().1.replace('\n', "\r\n"));
    let event = ical.event(title);
    assert_eq!((event.get("UID"), event.get("SEQUENCE"), event.get("DTSTART")), (uid.as_str(), "1", "20261201T090000Z"));
    // Called off.
    cast.ask("POST", &format!("{path}/transitions"))
        .by(&cast.chair)
        .json(&json!({"to": "cancelled", "reason": "No quorum."}))
        .send()
        .expect(200);
    let (told, mail) = round();
    assert!(told == 5 && mail.text.contains("> No quorum."), "{}", mail.text);
    let (method, calendar) = mail.calendar.unwrap();
    let ical = Ical::read(&calendar.replace('\n', "\r\n"));
    let event = ical.event(title);
    assert_eq!(
        (method.as_str(), event.get("UID"), event.get("SEQUENCE"), event.get("STATUS")),
        ("CANCEL", uid.as_str(), "2", "CANCELLED")
    );
}
