//! Mails as files, and what stands in their heads.

use std::fs;
use std::path::Path;

use plenary::config::Settings;
use plenary::mail::{Answer, Language, Letter, Message, Sheet, Transport};
use plenary::outbox::{self, Mail};
use plenary::worker::Postman;
use serde_json::json;
use tempfile::TempDir;

use super::eml::Eml;
use crate::process::{Running, end, plenary_on};
use crate::world::{BEGINNING, Home, World, instant};

/// Settings with mail for this directory.
pub fn settings(directory: &Path, more: &[(&str, &str)]) -> Settings {
    let here = directory.to_str().unwrap();
    let environment = [("PLENARY_DATA_DIR", here), ("PLENARY_PUBLIC_URL", "https://plenary.example/call")];
    Settings::load(None, environment.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}

/// Delivers what is due, in one round.
pub fn deliver(world: &World, postman: &Postman) -> usize {
    let round = async { outbox::deliver_due(world.db(), "w", postman).await };
    actix_web::rt::System::new().block_on(round).unwrap().taken
}

/// The files of mails in a data directory, by name; drafts too, unless they are gone again.
pub fn mails(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(files) = fs::read_dir(directory.join("mail")) else { return Vec::new() };
    let paths = files.map(|file| file.unwrap().path());
    let mut mails: Vec<_> =
        paths.filter_map(|path| Some((path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).ok()?))).collect();
    mails.sort();
    mails
}

#[test]
fn a_mail_is_written_whole_once_and_for_its_reader_only() {
    let (world, directory) = (World::new(), TempDir::new().unwrap());
    world.load_paris_call();
    let postman = Postman::new(world.db().clone(), &settings(directory.path(), &[]));
    let body =
        json!({"email": "ana@example.org", "password": "a fine day for a walk", "display_name": "Zoé <b>", "locale": "fr"});
    world.ask("POST", "/auth/register").json(&body).send().expect(202);
    assert_eq!(deliver(&world, &postman), 1);
    let all = mails(directory.path());
    assert_eq!(all.len(), 1, "nothing else lies there: {all:?}");
    let (name, bytes) = &all[0];
    let mail = Eml::read(bytes);
    let id = name.strip_suffix(".eml").unwrap();
    assert_eq!(mail.header("Message-ID"), format!("<{id}>"));
    assert_eq!(mail.header("From"), "\"Paris Call for Trust and Security in Cyberspace\" <secretariat@example.org>");
    assert_eq!(mail.header("To"), "ana@example.org");
    assert_eq!(mail.header("Subject"), "Confirmez votre adresse électronique");
    assert_eq!(mail.header("Date"), "Tue, 01 Sep 2026 09:00:00 +0000");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("Content-Language"), "fr");
    assert_eq!(mail.header("MIME-Version"), "1.0");
    assert!(mail.text.replace('\n', " ").contains("jusqu'au 8 septembre 2026, 11:00 (Europe/Paris)"), "{}", mail.text);
    assert!(!mail.text.contains("Zoé") && !mail.html.contains("Zoé"), "what a stranger typed");
    #[cfg(unix)]
    for path in [directory.path().join("mail"), directory.path().join("mail").join(name)] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{path:?} is open to others");
    }
    // The link does what it says.
    let token = mail.link().strip_prefix("https://plenary.example/call/verify-email?token=").unwrap().to_owned();
    assert_eq!(token.len(), 43);
    world.ask("POST", "/auth/verify-email").json(&json!({"token": token})).send().expect(204);
}

#[test]
fn a_repeat_is_the_same_mail_and_overwrites_nothing() {
    let (world, directory, elsewhere) = (World::new(), TempDir::new().unwrap(), TempDir::new().unwrap());
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    world.ask("POST", "/auth/password/forgot").json(&json!({"email": ana.email})).send().expect(202);
    let secretary = world.secretary();
    let id =
        world.ask("GET", "/admin/mail?kind=reset_password").by(&secretary).send().expect(200).json()["items"][0]["id"].clone();
    let path = format!("/admin/mail/{}/resend", id.as_str().unwrap());
    let send = |directory: &TempDir| {
        world.ask("POST", &path).by(&world.sign_in(&secretary.email)).send().expect(202);
        let postman = Postman::new(world.db().clone(), &settings(directory.path(), &[]));
        assert_eq!(deliver(&world, &postman), 1);
        mails(directory.path())
    };
    let first = send(&directory);
    let link = Eml::read(&first[0].1).link().to_owned();
    assert!(link.contains("/reset-password?token="));
    let raw = String::from_utf8(first[0].1.clone()).unwrap();
    assert!(raw.contains(&format!("\r\n{link}\r\n")), "what is ASCII is not encoded: {raw}");
    world.at("2026-09-01T09:30:00Z");
    assert_eq!(send(&elsewhere), first, "the same id, the same token, the same bytes, whenever and by whomever");
    let file = directory.path().join("mail").join(&first[0].0);
    fs::write(&file, "mine").unwrap();
    send(&directory);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let secretary = world.sign_in(&secretary.email);
    let row = world.ask("GET", "/admin/mail?kind=reset_password").by(&secretary).send().expect(200).json()["items"][0].clone();
    assert!(row["last_answer"].as_str().unwrap().contains("written before"), "{row}");
}

#[test]
fn no_header_can_be_written_from_a_name() {
    let evil = "Ana\r\nBcc: all@example.org\r\n\r\n<b>body</b> \"q\" \u{2028}Ünï —";
    let letter = Letter { language: Language::En, subject: evil.into(), text: "Text\n".into(), html: "<p>Text</p>\n".into() };
    let sheet = Sheet {
        id: "0190aaaa-0000-7000-8000-000000000001",
        written_at: instant(BEGINNING),
        from: "office@example.org",
        from_name: evil,
        reply_to: Some("contact@example.org"),
        to: "ana@example.org",
        bounces_to: None,
        unsubscribe: None,
    };
    let message = Message::new(&sheet, &letter).unwrap();
    let mail = Eml::read(message.text.as_bytes());
    assert_eq!(
        mail.names(),
        [
            "Date",
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Auto-Submitted",
            "Content-Language",
            "Reply-To",
            "MIME-Version",
            "Content-Type"
        ]
    );
    assert!(mail.header("Subject").contains("Ana Bcc: all@example.org <b>body</b>"), "{}", mail.header("Subject"));
    assert!(mail.header("From").ends_with("<office@example.org>"), "{}", mail.header("From"));
    assert_eq!((mail.header("Reply-To").as_str(), mail.text.as_str()), ("contact@example.org", "Text\n"));
    assert_eq!(message.envelope.to().len(), 1);
    for bad in ["", "ana", "a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org> b", "a b@example.org"] {
        assert!(Message::new(&Sheet { to: bad, ..sheet_of(&sheet) }, &letter).is_err(), "{bad:?}");
    }
}

fn sheet_of<'a>(sheet: &Sheet<'a>) -> Sheet<'a> {
    Sheet { ..*sheet }
}

#[test]
fn a_mail_that_cannot_be_written_waits_and_says_why() {
    let (world, directory) = (World::new(), TempDir::new().unwrap());
    let secretary = world.secretary();
    let queue = |kind: &'static str, to: &str| {
        world.write(|tx| {
            let (params, recipient) = (json!({}), to.to_owned());
            Ok(outbox::enqueue(tx, Mail { kind, person: None, recipient, locale: None, params, due_at: None, concealed: false })?)
        })
    };
    queue("test", "a@example.org");
    queue("supporter_withdrawn", "b@example.org");
    queue("pigeon", "c@example.org");
    queue("test", "no address");
    // Without a call there is nobody to send from.
    let before = Postman::new(world.db().clone(), &settings(directory.path(), &[]));
    assert_eq!(deliver(&world, &before), 0);
    let rows = || {
        let items =
            world.ask("GET", "/admin/mail?sort=created_at&limit=200").by(&secretary).send().expect(200).json()["items"].clone();
        let rows = items.as_array().unwrap().iter().filter(|row| row["kind"] != "verify_email");
        rows.map(|row| format!("{} {}: {}", row["recipient"], row["state"], row["last_answer"])).collect::<Vec<_>>()
    };
    assert!(rows().iter().filter(|row| row.contains("load a call file")).count() >= 2, "{:#?}", rows());
    world.load_paris_call();
    world.at("2026-09-01T09:01:00Z");
    let own_name = [("PLENARY_MAIL__FROM", "no-reply@example.org"), ("PLENARY_MAIL__FROM_NAME", "The Office")];
    let postman = Postman::new(world.db().clone(), &settings(directory.path(), &own_name));
    assert_eq!(deliver(&world, &postman), 1);
    let rows = rows();
    let has = |recipient: &str, state: &str, said: &str| {
        let fits = |row: &&String| row.starts_with(&format!("\"{recipient}\" \"{state}\"")) && row.contains(said);
        assert_eq!(rows.iter().filter(fits).count(), 1, "{recipient} {state} {said}: {rows:#?}");
    };
    has("a@example.org", "sent", "written to");
    has("b@example.org", "queued", "built-in supporter_withdrawn (en)");
    has("c@example.org", "queued", "no mail of the kind pigeon");
    has("no address", "dead", "no mailbox");
    let mail = Eml::read(&mails(directory.path())[0].1);
    assert_eq!(mail.header("From"), "\"The Office\" <no-reply@example.org>");
    assert_eq!(mail.header("Reply-To"), "secretariat@example.org");
}

#[test]
fn the_outbox_asks_for_a_transport_that_cannot_write_again_later() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("mail"), "a file where the directory should be").unwrap();
    let letter = Letter { language: Language::En, subject: "a".into(), text: "b\n".into(), html: "c\n".into() };
    let sheet = Sheet {
        id: "1",
        written_at: instant(BEGINNING),
        from: "a@example.org",
        from_name: "",
        reply_to: None,
        to: "b@example.org",
        bounces_to: None,
        unsubscribe: None,
    };
    let message = Message::new(&sheet, &letter).unwrap();
    let transport = Transport::File(directory.path().join("mail"));
    let answer = actix_web::rt::System::new().block_on(transport.hand_over(&message));
    assert!(matches!(&answer, Answer::Later(why) if why.contains("could not be written")), "{answer:?}");
}

#[test]
fn a_server_delivers_what_another_process_queued_within_two_seconds() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    fs::write(&file, crate::world::PARIS_CALL).unwrap();
    end(plenary_on(&home, directory.path(), &["load", file.to_str().unwrap()])).well();
    let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let db = crate::process::database(&home);
    let mut took = Vec::new();
    for n in 1..=3 {
        let mail = Mail {
            kind: "test",
            person: None,
            recipient: format!("ana{n}@example.org"),
            locale: None,
            params: json!({}),
            due_at: None,
            concealed: false,
        };
        db.write_blocking(&mut |tx: &mut plenary::db::Write<'_>| {
            Ok::<_, plenary::error::Error>(outbox::enqueue(tx, mail.clone())?)
        })
        .unwrap();
        let queued = std::time::Instant::now();
        while mails(&directory.path().join("data")).iter().filter(|(name, _)| name.ends_with(".eml")).count() < n {
            assert!(queued.elapsed() < std::time::Duration::from_secs(10), "{}", server.log());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        took.push(queued.elapsed());
    }
    // The usual one: the machine that tests run on does other things too.
    took.sort();
    assert!(took[1] < std::time::Duration::from_secs(2), "{took:?}");
}
