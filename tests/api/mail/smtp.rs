//! Mail through a real SMTP server: each ends where it should, and nothing goes where it should not.

use std::collections::BTreeMap;
use std::time::Duration;

use plenary::config::MailTransport;
use plenary::mail::{Answer, Language, Letter, Message, Sheet, Transport};
use plenary::outbox::{self, Mail};
use plenary::worker::Postman;
use serde_json::json;
use tempfile::TempDir;

use super::eml::Eml;
use super::files::{deliver, settings};
use super::post_office::{PASSWORD, PostOffice, Rules};
use crate::process::{end, plenary};
use crate::world::{BEGINNING, World, instant};

/// A postman who goes to `office` with these settings, and the directory they lie in.
pub fn postman(world: &World, office: &PostOffice, url: &str, trusts: bool) -> (Postman, TempDir) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("authority.pem");
    std::fs::write(&file, office.authority()).unwrap();
    let mut more = vec![("PLENARY_MAIL__TRANSPORT", "smtp"), ("PLENARY_MAIL__SMTP_URL", url)];
    if trusts {
        more.push(("PLENARY_MAIL__SMTP_CA_FILE", file.to_str().unwrap()));
    }
    let postman = Postman::new(world.db().clone(), &settings(directory.path(), &more));
    (postman.metrics(world.web().metrics.clone()), directory)
}

fn queue(world: &World, recipients: &[&str]) {
    world.write(|tx| {
        for recipient in recipients {
            let recipient = (*recipient).to_owned();
            outbox::enqueue(
                tx,
                Mail { kind: "test", person: None, recipient, locale: None, params: json!({}), due_at: None, concealed: false },
            )?;
        }
        Ok(())
    });
}

/// State, attempts and last answer of each test mail, by recipient.
fn ends(world: &World) -> BTreeMap<String, String> {
    let rows = world.read(|c| outbox::newest(c, None, 1000));
    let rows = rows.into_iter().filter(|row| row.kind == "test");
    rows.map(|row| (row.recipient, format!("{} {} {}", row.state, row.attempts, row.last_answer.unwrap_or_default()))).collect()
}

#[test]
fn each_mail_ends_where_it_should() {
    let (world, office) = (World::new(), PostOffice::open(Rules::default()));
    world.load_paris_call();
    let (postman, _kept) = postman(&world, &office, &office.url("smtp", PASSWORD, "?tls=required"), true);
    queue(&world, &["ana@example.org", "never@example.org", "later@example.org", "slam@example.org", "bea@example.org"]);
    queue(&world, &["spam@example.org", "full@example.org", "stranger@example.org"]);
    assert_eq!(deliver(&world, &postman), 2);
    let all = ends(&world);
    let ends_with = |recipient: &str, state: &str, said: &str| {
        let end = &all[recipient];
        assert!(end.starts_with(state) && end.contains(said), "{recipient} should be {state} {said}: {end}");
    };
    ends_with("ana@example.org", "sent 1", "250 2.0.0 queued as");
    ends_with("bea@example.org", "sent 1", "250 2.0.0 queued as");
    ends_with("never@example.org", "dead 1", "550 5.1.1 <never@example.org> is nobody here");
    ends_with("spam@example.org", "dead 1", "554 5.7.1 this looks like spam");
    ends_with("later@example.org", "queued 1", "450 4.2.1 the mailbox is busy");
    ends_with("full@example.org", "queued 1", "452 4.3.1 the disk is full");
    ends_with("slam@example.org", "queued 1", "");
    assert!(all["slam@example.org"].len() > "queued 1 ".len(), "it says nothing of what happened: {all:?}");
    // About who we are and not about the mail, though it is a 5xx.
    ends_with("stranger@example.org", "queued 1", "530 5.7.0");
    assert_eq!(office.recipients(), ["ana@example.org", "bea@example.org"]);
    let metrics = world.web().metrics.text();
    for (outcome, count) in [("taken", 2), ("later", 4), ("never", 1), ("nobody", 1)] {
        let line = format!("plenary_mail_attempts_total{{outcome=\"{outcome}\"}} {count}");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    // What waits, waits: and is tried again when it is due.
    assert_eq!(deliver(&world, &postman), 0);
    world.at("2026-09-01T09:00:40Z");
    deliver(&world, &postman);
    assert!(ends(&world)["later@example.org"].starts_with("queued 2 450"), "{:?}", ends(&world));
    assert!(ends(&world)["never@example.org"].starts_with("dead 1"), "what is refused for good is left in peace");
    // What came through is what was written, and nothing was said in the clear.
    let mail = Eml::read(&office.taken().iter().find(|mail| mail.to == ["ana@example.org"]).unwrap().bytes);
    assert_eq!((mail.header("Subject").as_str(), mail.header("To").as_str()), ("Test: mail leaves", "ana@example.org"));
    assert_eq!(office.taken()[0].from, "secretariat@example.org");
    assert!(
        !office.overheard().contains("example.org") && !office.overheard().to_uppercase().contains("AUTH"),
        "{}",
        office.overheard()
    );
    assert!(office.passwords().iter().all(|password| password == PASSWORD));
}

#[test]
fn a_wrong_password_is_said_and_the_mail_waits() {
    let (world, office) = (World::new(), PostOffice::open(Rules::default()));
    world.load_paris_call();
    let (postman, _kept) = postman(&world, &office, &office.url("smtp", "hunter2", "?tls=required"), true);
    queue(&world, &["ana@example.org"]);
    assert_eq!(deliver(&world, &postman), 0);
    let end = ends(&world)["ana@example.org"].clone();
    assert!(end.starts_with("queued 1 535") && !end.contains("hunter2"), "{end}");
    assert_eq!(office.passwords(), ["hunter2"]);
    assert!(office.taken().is_empty());
}

#[test]
fn nothing_is_told_to_a_server_that_cannot_prove_its_name() {
    let elsewhere = Rules { names: vec!["mail.example.org".into()], ..Rules::default() };
    let at_once = Rules { tls_at_once: true, ..Rules::default() };
    let cases = [
        (Rules::default(), "smtp", "?tls=required", false, "UnknownIssuer"),
        (at_once, "smtps", "", false, "UnknownIssuer"),
        (elsewhere, "smtp", "?tls=required", true, "not valid for name"),
        (Rules { starttls: false, ..Rules::default() }, "smtp", "?tls=required", true, "STARTTLS is not supported"),
    ];
    for (rules, scheme, query, trusts, said) in cases {
        let (world, office) = (World::new(), PostOffice::open(rules));
        world.load_paris_call();
        let (postman, _kept) = postman(&world, &office, &office.url(scheme, PASSWORD, query), trusts);
        queue(&world, &["ana@example.org"]);
        assert_eq!(deliver(&world, &postman), 0);
        let end = ends(&world)["ana@example.org"].clone();
        assert!(end.starts_with("queued 1 ") && end.contains(said), "{scheme}{query}: {end}");
        assert!(office.taken().is_empty() && office.passwords().is_empty(), "{scheme}{query}");
    }
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_named() {
    let (world, office) = (World::new(), PostOffice::open(Rules::default()));
    world.load_paris_call();
    let (postman, directory) = postman(&world, &office, &office.url("smtp", PASSWORD, "?tls=required"), true);
    std::fs::write(directory.path().join("authority.pem"), "nothing").unwrap();
    queue(&world, &["ana@example.org"]);
    assert_eq!(deliver(&world, &postman), 0);
    assert!(ends(&world)["ana@example.org"].contains("mail.smtp_ca_file"), "{:?}", ends(&world));
    // Put right, it counts at once.
    std::fs::write(directory.path().join("authority.pem"), office.authority()).unwrap();
    world.at("2026-09-01T09:00:40Z");
    assert_eq!(deliver(&world, &postman), 1);
}

#[test]
fn tls_from_the_start_and_none_at_all_work_where_they_may() {
    let (at_once, plain) =
        (Rules { tls_at_once: true, ..Rules::default() }, Rules { starttls: false, login: false, ..Rules::default() });
    for (rules, scheme) in [(at_once, "smtps"), (plain.clone(), "smtp"), (Rules { starttls: true, ..plain }, "opportunistic")] {
        let (world, office) = (World::new(), PostOffice::open(rules));
        world.load_paris_call();
        let url = match scheme {
            "smtps" => office.url("smtps", PASSWORD, ""),
            "smtp" => format!("smtp://127.0.0.1:{}", office.port()),
            _ => format!("smtp://127.0.0.1:{}?tls=opportunistic", office.port()),
        };
        let (postman, _kept) = postman(&world, &office, &url, true);
        queue(&world, &["ana@example.org"]);
        assert_eq!(deliver(&world, &postman), 1, "{scheme}: {:?}", ends(&world));
        assert_eq!(office.overheard().contains("MAIL FROM"), scheme == "smtp", "{}", office.overheard());
    }
}

#[test]
fn plain_smtp_to_another_machine_stops_the_start() {
    let mut command = plenary(&["serve"]);
    command.env("PLENARY_MAIL__TRANSPORT", "smtp").env("PLENARY_MAIL__SMTP_URL", "smtp://u:hunter2@mail.example.org");
    let told = end(command).failure();
    assert!(told.contains("without TLS to another machine") && !told.contains("hunter2"), "{told}");
}

#[test]
fn sixteen_mails_are_on_their_way_at_once() {
    let (world, office) = (World::new(), PostOffice::open(Rules::default()));
    world.load_paris_call();
    let (postman, _kept) = postman(&world, &office, &office.url("smtp", PASSWORD, "?tls=required"), true);
    let recipients: Vec<String> = (0..16).map(|n| format!("together.{n}@example.org")).collect();
    queue(&world, &recipients.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(deliver(&world, &postman), 16, "{:?}", ends(&world));
    assert_eq!(office.connections(), 16);
}

fn transport(office: &PostOffice, directory: &TempDir) -> Transport {
    let file = directory.path().join("authority.pem");
    std::fs::write(&file, office.authority()).unwrap();
    let url = office.url("smtp", PASSWORD, "?tls=required");
    let settings = settings(
        directory.path(),
        &[
            ("PLENARY_MAIL__TRANSPORT", "smtp"),
            ("PLENARY_MAIL__SMTP_URL", &url),
            ("PLENARY_MAIL__SMTP_CA_FILE", file.to_str().unwrap()),
        ],
    );
    match settings.mail.transport {
        MailTransport::Smtp(server) => Transport::smtp(server),
        MailTransport::File => panic!("no SMTP"),
    }
}

fn message(to: &str) -> Message {
    let letter = Letter { language: Language::En, subject: "a".into(), text: ".b\n..\n".repeat(100), html: "c\n".into() };
    let (id, written_at) = ("0190aaaa-0000-7000-8000-000000000001", instant(BEGINNING));
    let (from, from_name) = ("a@example.org", "A");
    let sheet = Sheet { id, written_at, from, from_name, reply_to: None, to, bounces_to: None, unsubscribe: None };
    Message::new(&sheet, &letter).unwrap()
}

#[test]
fn a_connection_is_used_again_after_a_mail_that_was_taken_and_never_after_one_that_was_broken_off() {
    let (office, directory) = (PostOffice::open(Rules::default()), TempDir::new().unwrap());
    let transport = transport(&office, &directory);
    actix_web::rt::System::new().block_on(async {
        for n in 0..3 {
            let answer = transport.hand_over(&message(&format!("ana{n}@example.org"))).await;
            assert!(matches!(answer, Answer::Taken(_)), "{answer:?}");
        }
        assert_eq!(office.connections(), 1);
        // Given up while the server thinks; what it says in the end, a refusal, is not the answer to the next mail.
        let slow = message("slow@example.org");
        let broken_off = tokio::time::timeout(Duration::from_millis(200), transport.hand_over(&slow)).await;
        assert!(broken_off.is_err());
        tokio::time::sleep(Duration::from_millis(800)).await;
        let answer = transport.hand_over(&message("bea@example.org")).await;
        assert!(matches!(&answer, Answer::Taken(said) if said.contains("queued as 4")), "{answer:?}");
        assert_eq!(office.connections(), 2);
        // Refused, then another: nothing of the one sticks to the other.
        let answer = transport.hand_over(&message("never@example.org")).await;
        assert!(matches!(&answer, Answer::Nobody(said) if said.starts_with("550")), "{answer:?}");
        let answer = transport.hand_over(&message("cid@example.org")).await;
        assert!(matches!(answer, Answer::Taken(_)), "{answer:?}");
    });
    assert_eq!(office.recipients().len(), 5);
    assert_eq!(Eml::read(&office.taken()[4].bytes).text, ".b\n..\n".repeat(100), "dots come through");
    // Whoever has letters beyond ASCII in an address needs a server that takes them.
    let answer = actix_web::rt::System::new().block_on(async { transport.hand_over(&message("añá@example.org")).await });
    assert!(matches!(&answer, Answer::Never(said) if said.contains("SMTPUTF8")), "{answer:?}");
}
