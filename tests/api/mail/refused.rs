//! What becomes of an address that a server refuses.

use std::sync::{Arc, Mutex};

use plenary::outbox::{self, Mail};
use plenary::worker::Postman;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::eml::Eml;
use super::files::deliver;
use super::post_office::{PASSWORD, PostOffice, Rules};
use super::smtp::postman;
use crate::dump::dump;
use crate::world::{Person, World};

/// A world whose mails go through a server that refuses some.
struct Post {
    world: World,
    office: PostOffice,
    postman: Postman,
    secretary: Person,
    _settings: TempDir,
}

impl Post {
    fn new() -> Self {
        let (world, office) = (World::new(), PostOffice::open(Rules::default()));
        world.load_paris_call();
        let secretary = world.secretary();
        world.mails();
        let (postman, settings) = postman(&world, &office, &office.url("smtp", PASSWORD, "?tls=required"), true);
        Self { world, office, postman, secretary, _settings: settings }
    }

    /// Queues a mail of a kind and lets it leave; where it stands then, and why.
    #[track_caller]
    fn send(&self, kind: &'static str, to: &str) -> String {
        let params = match kind {
            "group_message" => json!({"name": "Ana", "groups": ["G"], "sender": "Bo", "subject": "S", "body": "B"}),
            _ => json!({"name": "Ana"}),
        };
        let id = self.world.write(|tx| {
            let (recipient, params) = (to.to_owned(), params.clone());
            Ok(outbox::enqueue(tx, Mail { kind, person: None, recipient, locale: None, params, due_at: None, concealed: false })?)
        });
        deliver(&self.world, &self.postman);
        let row = self.world.read(|c| outbox::mail(c, id)).unwrap();
        format!("{} {}", row.state, row.last_answer.unwrap_or_default())
    }

    /// The suppressed addresses, each with why.
    #[track_caller]
    fn suppressed(&self) -> Vec<String> {
        let list = self.world.ask("GET", "/admin/suppressions?sort=address").by(&self.secretary).send().expect(200).json();
        let line = |one: &Value| format!("{}: {}", one["address"].as_str().unwrap(), one["reason"].as_str().unwrap());
        list["items"].as_array().unwrap().iter().map(line).collect()
    }
}

const DROPPED: &str = "dropped its address is suppressed: an earlier mail was refused because nobody has it";

#[test]
fn an_address_that_nobody_has_gets_nothing_more_but_security_mails() {
    let post = Post::new();
    let (never, gone) = ("dead 550 5.1.1 <never@example.org> is nobody here", "dead 550 mailbox unavailable");
    assert_eq!(post.send("group_message", "never@example.org"), never);
    assert_eq!(post.send("group_message", "gone@example.org"), gone);
    let told = ["gone@example.org: 550 mailbox unavailable", "never@example.org: 550 5.1.1 <never@example.org> is nobody here"];
    assert_eq!(post.suppressed(), told);
    let connections = post.office.connections();
    for address in ["never@example.org", "Never@Example.ORG", "gone@example.org"] {
        assert_eq!(post.send("group_message", address), DROPPED);
    }
    assert_eq!(post.office.connections(), connections, "nobody is asked about them");
    let list =
        post.world.ask("GET", "/admin/mail?state=dropped&kind=group_message").by(&post.secretary).send().expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    assert_eq!(format!("dropped {}", list["items"][0]["last_answer"].as_str().unwrap()), DROPPED);
    // What may be an attack is told all the same, as often as it happens.
    for _ in 0..2 {
        assert_eq!(post.send("password_changed", "never@example.org"), never);
    }
    assert_eq!(post.suppressed(), told);
    assert_eq!(post.send("group_message", "ana@example.org").split(' ').next(), Some("sent"));
}

#[test]
fn what_is_refused_for_its_sender_or_content_or_not_for_good_suppresses_nobody() {
    let post = Post::new();
    for (address, ends) in [
        ("blocked@example.org", "dead 550 5.7.1 refused by policy"),
        ("spam@example.org", "dead 554 5.7.1 this looks like spam"),
        ("forged@example.org", "dead 550 5.1.8 bad sender's address"),
        ("later@example.org", "queued 450 4.2.1 the mailbox is busy"),
        ("full@example.org", "queued 452 4.3.1 the disk is full"),
        ("stranger@example.org", "queued 530 5.7.0 authentication required"),
        ("slam@example.org", "queued "),
    ] {
        for _ in 0..2 {
            let end = post.send("group_message", address);
            assert!(end.starts_with(ends), "{address}: {end}");
        }
    }
    assert_eq!(post.suppressed(), Vec::<String>::new());
    // Given up after the last attempt, it is still no word about the address.
    for day in 2..=11 {
        post.world.at(&format!("2026-09-{day:02}T09:00:00Z"));
        deliver(&post.world, &post.postman);
    }
    let secretary = post.world.sign_in(&post.secretary.email);
    let dead = post.world.ask("GET", "/admin/mail?state=dead&limit=200").by(&secretary).send().expect(200).json();
    let later = |row: &&Value| row["recipient"] == "later@example.org";
    assert_eq!(dead["items"].as_array().unwrap().iter().filter(later).count(), 2, "{dead}");
    let list = post.world.ask("GET", "/admin/suppressions").by(&secretary).send().expect(200).json();
    assert_eq!(list["items"], json!([]));
}

#[test]
fn a_server_that_refuses_our_own_address_is_asked_again_and_suppresses_nobody() {
    let post = Post::new();
    post.office.shut(true);
    assert_eq!(post.send("group_message", "ana@example.org"), "queued 550 5.1.0 sender rejected");
    assert_eq!(post.suppressed(), Vec::<String>::new());
    post.office.shut(false);
    post.world.at("2026-09-01T09:05:00Z");
    assert_eq!(deliver(&post.world, &post.postman), 1);
}

#[test]
fn whoever_confirms_an_address_gets_its_mails_again() {
    let post = Post::new();
    let never = post.world.person("never@example.org");
    post.send("group_message", &never.email);
    assert_eq!(post.suppressed().len(), 1);
    // A mail that asks is tried, and refused like the others as long as nobody is there.
    let forgot = || post.world.ask("POST", "/auth/password/forgot").json(&json!({"email": never.email})).send().expect(202);
    forgot();
    assert_eq!(deliver(&post.world, &post.postman), 0);
    assert_eq!(post.send("group_message", &never.email), DROPPED);
    post.office.opens(&never.email);
    assert_eq!(post.send("group_message", &never.email), DROPPED, "that somebody is there, only somebody can say");
    forgot();
    assert_eq!(deliver(&post.world, &post.postman), 1);
    assert_eq!(post.suppressed().len(), 1, "that it was taken says nothing of who reads it");
    let mail = Eml::read(&post.office.taken().last().unwrap().bytes);
    let token = mail.link().split_once("?token=").unwrap().1;
    let body = json!({"token": token, "password": "another fine day for a walk"});
    post.world.ask("POST", "/auth/password/reset").json(&body).send().expect(204);
    assert_eq!(post.suppressed(), Vec::<String>::new());
    assert_eq!(post.send("group_message", &never.email).split(' ').next(), Some("sent"));
}

#[test]
fn the_secretariat_lifts_it_and_another_refusal_brings_it_back() {
    let post = Post::new();
    post.send("group_message", "gone@example.org");
    let lift = || post.world.ask("DELETE", "/admin/suppressions/gone@example.org").by(&post.secretary).send();
    let list = post.world.ask("GET", "/admin/suppressions").by(&post.secretary).send().expect(200).json();
    let first = list["items"][0].clone();
    assert_eq!((&first["created_at"], &first["updated_at"]), (&json!("2026-09-01T09:00:00Z"), &json!("2026-09-01T09:00:00Z")));
    lift().expect(204);
    lift().expect(404);
    assert_eq!(post.send("group_message", "gone@example.org"), "dead 550 mailbox unavailable");
    assert_eq!(post.send("group_message", "gone@example.org"), DROPPED);
    lift().expect(204);
    post.office.opens("gone@example.org");
    assert_eq!(post.send("group_message", "gone@example.org").split(' ').next(), Some("sent"));
    let record = post.world.ask("GET", "/admin/audit?act=suppression.lifted").by(&post.secretary).send().expect(200);
    assert_eq!(record.json()["items"].as_array().unwrap().len(), 2);
    assert!(!record.text().contains("gone@"), "{}", record.text());
    // Newest first: the record knows which it was.
    assert_eq!(record.json()["items"][1]["object_id"], first["id"], "{}", record.text());
}

/// What is logged in a thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_a_server_cites_of_a_mail_gives_away_neither_link_nor_recipient() {
    let post = Post::new();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let said = tracing::subscriber::with_default(subscriber, || post.send("group_message", "cites@example.org"));
    let link = "https://plenary.example/call/unsubscribe?token=(token)";
    assert_eq!(said, format!("dead 554 5.7.1 for <cites@example.org> with {link}"));
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(&format!("554 5.7.1 for <(recipient)> with {link}")), "{log}");
    assert!(!log.contains("cites@"), "{log}");
}

#[test]
fn whoever_erases_an_account_leaves_no_address_behind_that_a_server_named() {
    let post = Post::new();
    let never = post.world.person("never@example.org");
    let mail = |kind| Mail {
        kind,
        person: Some(never.id),
        recipient: never.email.clone(),
        locale: None,
        params: json!({"name": "Ana", "groups": ["G"], "sender": "Bo", "subject": "S", "body": "B"}),
        due_at: None,
        concealed: false,
    };
    post.world.write(|tx| Ok(outbox::enqueue(tx, mail("group_message"))?));
    deliver(&post.world, &post.postman);
    let answers =
        || -> Vec<String> { dump(post.world.db()).into_iter().filter(|line| line.contains("is nobody here")).collect() };
    assert_eq!((answers().len(), post.suppressed().len()), (2, 1), "{:?}", answers());
    let body = json!({"password": crate::world::PASSWORD});
    post.world.ask("DELETE", "/me").by(&never).if_match("*").json(&body).send().expect(204);
    assert_eq!(post.suppressed(), Vec::<String>::new());
    assert_eq!(answers(), Vec::<String>::new());
    assert!(!dump(post.world.db()).iter().any(|line| line.contains("never@example.org")));
}
