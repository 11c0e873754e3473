//! The weekly readiness report to the secretariat.

use diesel::prelude::*;
use plenary::ids::Id;
use plenary::outbox::Claimed;
use plenary::schema::{forum_editions, persons, reminders};
use plenary::time::Day;
use plenary::worker::{Postman, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::files::{deliver, mails, settings};
use crate::world::World;
use crate::world::cast::Cast;

/// A cast whose group owes something to a Forum that begins on 11 November.
fn cast() -> Cast {
    let cast = Cast::new();
    cast.write(|tx| {
        use forum_editions as e;
        let (id, announced): (Id<()>, _) = (tx.new_id(), crate::world::instant("2026-06-01T00:00:00Z"));
        let day = |text: &str| text.parse::<Day>().unwrap();
        diesel::insert_into(e::table)
            .values((
                (e::id.eq(id), e::year.eq(2026), e::name.eq("Forum"), e::city.eq("Paris"), e::country.eq("FR")),
                (e::time_zone.eq("Europe/Paris"), e::starts_on.eq(day("2026-11-11")), e::ends_on.eq(day("2026-11-13"))),
                (e::submission_deadline.eq(day("2026-10-12")), e::status.eq("planned"), e::version.eq(1_i64)),
                (e::starts_set_at.eq(announced), e::created_at.eq(announced), e::updated_at.eq(announced)),
            ))
            .execute(&mut **tx)?;
        Ok(())
    });
    cast
}

fn plan(cast: &Cast, title: &str, due_on: &str) -> String {
    let body = json!({"title": title, "kind": "report", "due_on": due_on, "forum_year": 2026});
    let made = cast.ask("POST", "/groups/5/deliverables").by(&cast.chair).json(&body).send().expect(201).json();
    made["reference"].as_str().unwrap().to_owned()
}

fn work(world: &World, holder: &str) {
    let mut worker = Worker::new(world.db().clone(), holder);
    let round = actix_web::rt::System::new().block_on(worker.tick(world.now()));
    assert!(round.failed.is_empty(), "{round:?}");
}

/// The reports that leave now.
fn reports(cast: &Cast) -> Vec<Claimed> {
    cast.mails().of_kind("readiness_report")
}

/// What a list of a report says: reference and what.
fn said(report: &Claimed, list: &str) -> Vec<String> {
    let items = report.params[list].as_array().unwrap();
    items.iter().map(|item| format!("{} {}", item["reference"].as_str().unwrap(), item["what"].as_str().unwrap())).collect()
}

#[test]
fn each_monday_the_secretariat_hears_how_ready_a_forum_is() {
    let mut cast = cast();
    let (late, soon) = (plan(&cast, "Late one", "2026-09-10"), plan(&cast, "Soon one", "2026-09-20"));
    let done = plan(&cast, "Done one", "2026-10-20");
    cast.mails();
    cast.at("2026-09-06T22:00:00Z");
    work(&cast, "w1");
    assert!(reports(&cast).is_empty(), "who was asked in on a Tuesday is not told of the Monday before");
    cast.at("2026-09-07T06:59:00Z");
    work(&cast, "w1");
    assert!(reports(&cast).is_empty(), "not before nine in Paris");
    cast.at("2026-09-07T07:00:01Z");
    work(&cast, "w1");
    cast.at("2026-09-07T07:05:00Z");
    work(&cast, "w2");
    let told = reports(&cast);
    assert_eq!(told.iter().map(|mail| mail.recipient.as_str()).collect::<Vec<_>>(), [cast.secretary.email.as_str()]);
    let params = &told[0].params;
    assert_eq!((&params["year"], &params["days"], &params["starts_on"]), (&json!(2026), &json!(65), &json!("2026-11-11")));
    assert_eq!(said(&told[0], "news"), Vec::<String>::new());
    assert_eq!(said(&told[0], "owed"), [format!("{late} start"), format!("{soon} start")]);

    // A week later one is late and another was submitted; days without a server later, so one report and no two.
    cast = cast.again();
    let go =
        |by, body: Value| cast.ask("POST", &format!("/deliverables/{done}/transitions")).by(by).json(&body).send().expect(200);
    go(&cast.chair, json!({"to": "in_progress"}));
    let version = json!({"url": "https://example.org/1"});
    cast.ask("POST", &format!("/deliverables/{done}/versions")).by(&cast.chair).json(&version).send().expect(201);
    go(&cast.chair, json!({"to": "submitted"}));
    cast.mails();
    cast.at("2026-09-16T12:00:00Z");
    work(&cast, "w1");
    let told = reports(&cast);
    assert_eq!(told.len(), 1);
    assert_eq!(said(&told[0], "news"), [format!("{late} late"), format!("{done} submitted")]);
    let counts = &told[0].params["counts"];
    assert_eq!((&counts["late"], &counts["at_risk"], &counts["on_track"]), (&json!(1), &json!(1), &json!(1)), "{counts}");
    let rows: Vec<_> = told[0].params["board"]["rows"].as_array().unwrap().iter().map(|row| row[0].clone()).collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    cast.at("2026-09-21T07:00:00Z");
    work(&cast, "w1");
    let told = reports(&cast);
    assert_eq!(said(&told[0], "news"), [format!("{soon} late")], "what was new last week is not new any more");
    // Until it begins.
    cast.at("2026-11-10T12:00:00Z");
    work(&cast, "w1");
    assert_eq!(reports(&cast).len(), 1);
    cast.at("2026-11-16T12:00:00Z");
    work(&cast, "w1");
    assert!(reports(&cast).is_empty());
    let kept: i64 = cast.read(|c| Ok(reminders::table.filter(reminders::kind.eq("readiness_report")).count().get_result(c)?));
    assert_eq!(kept, 4);
}

#[test]
fn it_is_nine_where_the_reader_is_and_never_twice() {
    let cast = cast();
    let other = cast.with_role("other-secretary@plenary.test", plenary::people::Role::Secretariat);
    cast.write(|tx| {
        diesel::update(persons::table.filter(persons::id.eq(other.id)))
            .set(persons::time_zone.eq("America/New_York"))
            .execute(&mut **tx)?;
        Ok(())
    });
    cast.mails();
    cast.at("2026-09-07T12:59:00Z");
    // Many servers at once.
    std::thread::scope(|scope| {
        for holder in ["w1", "w2", "w3", "w4"] {
            let cast = &cast;
            scope.spawn(move || work(cast, holder));
        }
    });
    assert_eq!(reports(&cast).iter().map(|mail| mail.recipient.as_str()).collect::<Vec<_>>(), [cast.secretary.email.as_str()]);
    cast.at("2026-09-07T13:01:00Z");
    std::thread::scope(|scope| {
        for holder in ["w1", "w2", "w3", "w4"] {
            let cast = &cast;
            scope.spawn(move || work(cast, holder));
        }
    });
    assert_eq!(reports(&cast).iter().map(|mail| mail.recipient.as_str()).collect::<Vec<_>>(), [other.email.as_str()]);
}

#[test]
fn it_shows_the_board_as_a_picture_that_travels_with_it() {
    let cast = cast();
    for n in 1..=30 {
        plan(&cast, &format!("Deliverable {n} with a long title, تقرير"), &format!("2026-{:02}-{:02}", 9 + n % 3, 1 + n % 28));
    }
    cast.mails();
    cast.at("2026-09-28T08:00:00Z");
    work(&cast, "w");
    let directory = TempDir::new().unwrap();
    let postman = Postman::new(cast.db().clone(), &settings(directory.path(), &[]));
    deliver(&cast, &postman);
    let all = mails(directory.path()).into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap());
    let mail = all.into_iter().find(|mail| mail.contains("multipart/related")).unwrap();
    assert!(mail.is_ascii() && mail.len() < 120_000, "{} bytes", mail.len());
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    assert!(head.replace("\r\n ", " ").contains("Content-Type: multipart/alternative"), "{head}");
    let related = body.split("Content-Type: multipart/related;").nth(1).expect("text and picture travel as one");
    let id = related.split("Content-ID: <").nth(1).unwrap().split('>').next().unwrap().to_owned();
    assert!(id.ends_with("@plenary"));
    let html = quoted(related);
    assert_eq!(html.matches(&format!("src=\"cid:{id}\"")).count(), 1, "{html}");
    assert!(html.contains("alt=\"The road to the Forum on 28 September 2026: 24 deliverables"), "{html}");
    assert!(!html.contains("http:") && !html.contains("src=\"http"), "nothing is fetched from elsewhere: {html}");
    let file = related
        .split("Content-Type: image/png")
        .nth(1)
        .unwrap()
        .split_once("\r\n\r\n")
        .unwrap()
        .1
        .split("\r\n--")
        .next()
        .unwrap();
    let png = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(file.replace("\r\n", "")).unwrap()
    };
    assert!(png.starts_with(b"\x89PNG") && png.len() < 60_000, "{} bytes", png.len());
    let text = body.split("Content-Type: multipart/related;").next().unwrap();
    assert!(quoted(text).contains("The road to the Forum on 28 September 2026: 24 deliverables by due date"), "{text}");
}

/// Quoted-printable or plain text as it reads, lines joined.
fn quoted(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", " ")
}
