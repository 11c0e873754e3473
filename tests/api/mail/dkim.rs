//! Signatures of mails, checked by a verifier of our own reading of RFC 6376 and 8463.

use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plenary::config::{DkimSettings, Settings};
use plenary::mail::{Illustration, Invitation, Kind, Language, Letter, Message, Sheet};
use plenary::outbox::{self, Mail};
use plenary::worker::Postman;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::files::{deliver, settings};
use super::post_office::{PASSWORD, PostOffice, Rules};
use crate::process::{end, plenary};
use crate::world::{BEGINNING, World, instant};

/// Too small, and used for nothing.
const RSA_1024: &str = "-----BEGIN RSA PRIVATE KEY-----
MIICXAIBAAKBgQDhN293U1bJjojv8oVrp9zP//wfKC71Tma+xAN8E5nsvudvvZ2B
97O/O/Iy89r3F3sv0mrmlw43zgKlrjw5MWh7c1lC2+VJB97mDpd5lqaN/O+bHCq5
9KSPMaVvYMugQYFpB++24m+9WcKO3lkJg4z1g50Itk61YNkNZ7AA3AZdmQIDAQAB
AoGBAJ5veSLgpfU1KHBklCef9178Hkls41v+w5kAG9N1lptN0VJyehOsRe8KJOBj
XG7nPenuhPWi3oWzj3kukX9Kmsyr94xrBSXEyCI2S6cjhjNwYQj4mYmwJVwdyl2M
wIEilup5+ExxQz35kFp5nA5xbEU8ZAD458y+ZksLYPbLu9lhAkEA9SuHds62BsHh
c86P3TOw/OF32w0CaExtttNlF8hts4doTDesQcGfMyCcXWxDZAHCdo93ItZj61md
QHnLEFpJUwJBAOsqQ9fGem28L2QdMcfEYdPrhqkA61WInXyPs1uMBt8LkMlioM6z
ztUKOeC0lKbhYlsjhwVcqCKL3jhKrSErI+MCQGLlQCuIjpyDMLJKLHYKF+ap/HL7
+HCiA8+vziOd0cKNaGD2RCHyPImfKfP1a+m3W/3/OQtwd7XD3E7Z0jOyd8kCQGkj
42M0nQY07edP2jLbjXWHRxSGkbETPH41bVZP276bWCeBzi28XIwJX2kks5WNDUF8
N+Dg1Vdku3zlflRnCksCQH5lhvXTZIaNkae34ez/n+ysmZQFINtRp31U8/auM5UD
F487V3yhEDJ4R7TLYDoHJxlS1kRzbpXDP7DpAZltRgE=
-----END RSA PRIVATE KEY-----
";

fn pem(kind: &str, der: &[u8]) -> String {
    let text: Vec<char> = STANDARD.encode(der).chars().collect();
    let lines: Vec<String> = text.chunks(64).map(|line| line.iter().collect()).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

/// A key of each form that is taken: what it is called, and its PEM.
fn keys() -> [(&'static str, String); 3] {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let rsa = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    // PKCS#8 is a head of 26 bytes around PKCS#1 (RFC 5208, 5).
    let (pkcs8, pkcs1) = (rsa.as_ref(), &rsa.as_ref()[26..]);
    let pair = Ed25519KeyPair::generate().unwrap();
    let ed25519 = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    [
        ("rsa-sha256", pem("PRIVATE KEY", pkcs8)),
        ("rsa-sha256", pem("RSA PRIVATE KEY", pkcs1)),
        ("ed25519-sha256", pem("PRIVATE KEY", ed25519.as_ref())),
    ]
}

fn key_file(directory: &TempDir, pem: &str) -> PathBuf {
    let file = directory.path().join("dkim.pem");
    std::fs::write(&file, pem).unwrap();
    file
}

fn setting(file: &Path) -> [(&'static str, &str); 3] {
    [
        ("PLENARY_MAIL__DKIM_DOMAIN", "Example.org"),
        ("PLENARY_MAIL__DKIM_SELECTOR", "plenary-2026"),
        ("PLENARY_MAIL__DKIM_KEY_FILE", file.to_str().unwrap()),
    ]
}

fn signer(pem: &str) -> DkimSettings {
    let directory = TempDir::new().unwrap();
    let file = key_file(&directory, pem);
    settings(directory.path(), &setting(&file)).mail.dkim.unwrap()
}

/// What a receiver makes of a mail with this record of the DNS: the fields that are signed, or what is wrong.
fn verify(mail: &str, record: &str) -> Result<Vec<String>, String> {
    let record: String = record.split('"').skip(1).step_by(2).collect();
    let record = tags(&record);
    let public = STANDARD.decode(tag(&record, "p")).unwrap();
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    // Each field with its folds.
    let mut fields: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => *field += &format!("\r\n{line}"),
            _ => fields.push(line.to_owned()),
        }
    }
    let signature = fields.iter().find(|field| field.to_ascii_lowercase().starts_with("dkim-signature:")).ok_or("not signed")?;
    let said = tags(signature.split_once(':').unwrap().1);
    assert_eq!((tag(&said, "v").as_str(), tag(&said, "c").as_str()), ("1", "relaxed/relaxed"));
    if STANDARD.encode(Sha256::digest(relaxed_body(body))) != tag(&said, "bh") {
        return Err("the body was changed".into());
    }
    let names: Vec<String> = tag(&said, "h").split(':').map(str::to_owned).collect();
    let mut left: Vec<&String> = fields.iter().collect();
    let mut signed = String::new();
    for name in &names {
        let last = left.iter().rposition(|field| field.split(':').next().unwrap().trim().eq_ignore_ascii_case(name));
        if let Some(at) = last {
            signed += &(relaxed_field(left.remove(at)) + "\r\n");
        }
    }
    // The signature itself, without what its last tag says.
    let (before, last) = signature.rsplit_once(';').unwrap();
    signed += &relaxed_field(&format!("{before};{}=", last.split_once('=').unwrap().0));
    let value = STANDARD.decode(tag(&said, "b")).unwrap();
    let verified = match (tag(&said, "a").as_str(), tag(&record, "k").as_str()) {
        ("rsa-sha256", "rsa") => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public).verify(signed.as_bytes(), &value),
        ("ed25519-sha256", "ed25519") => UnparsedPublicKey::new(&ED25519, &public).verify(&Sha256::digest(&signed), &value),
        (algorithm, kind) => return Err(format!("{algorithm} with a key for {kind}")),
    };
    verified.map_err(|_| "the head was changed")?;
    Ok(names)
}

/// A list of tags (RFC 6376, 3.2); white space counts nowhere in what we read of it.
fn tags(list: &str) -> Vec<(String, String)> {
    let list: String = list.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    list.split(';').filter_map(|one| one.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn tag(tags: &[(String, String)], name: &str) -> String {
    tags.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap();
    format!("{}:{}", name.trim().to_lowercase(), squeezed(&value.replace("\r\n", "")).trim())
}

fn relaxed_body(body: &str) -> String {
    let lines: Vec<String> = body.split("\r\n").map(|line| squeezed(line).trim_end_matches(' ').to_owned()).collect();
    let body = lines.join("\r\n");
    let body = body.trim_end_matches("\r\n");
    if body.is_empty() { String::new() } else { format!("{body}\r\n") }
}

fn squeezed(text: &str) -> String {
    let mut text = text.replace('\t', " ");
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    text
}

fn letter(subject: &str, text: &str) -> Letter {
    let html = "<p>Text</p>\n".repeat(3);
    Letter { language: Language::En, subject: subject.into(), text: text.into(), html }
}

fn sheet<'a>() -> Sheet<'a> {
    Sheet {
        id: "0190aaaa-0000-7000-8000-000000000001",
        written_at: instant(BEGINNING),
        from: "office@example.org",
        from_name: "The Office",
        reply_to: None,
        to: "ana@example.org",
        bounces_to: None,
        unsubscribe: None,
    }
}

const ALWAYS: &str = "From From To Subject Date Message-ID MIME-Version Content-Type";

#[test]
fn every_form_of_mail_is_signed_so_that_others_can_check_it() {
    let long = "Département des Relations Extérieures et de la Stabilité ".repeat(6);
    let arabic = "جمعية الأمن السيبراني: تقرير عن التقدم المحرز في العمل قبل انعقاد المنتدى السنوي ".repeat(2);
    let png = Illustration { id: "board@plenary".into(), png: (0..5000_u32).map(|n| (n * 7 % 251) as u8).collect() };
    let meeting = json!({"name": "Ana", "group": "Group", "by": null, "meeting": {
        "id": "0190aaaa-0000-7000-8000-000000000002", "sequence": 0, "title": "Meeting", "starts_at": "2026-09-10T10:00:00Z",
        "ends_at": "2026-09-10T11:00:00Z", "time_zone": "Europe/Paris", "place": null, "link": null,
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z"}});
    let invitation = Invitation::of(Kind::MeetingInvited, &meeting).unwrap();
    let organizer = plenary::calendar::Party { name: "The Office", address: "office@example.org" };
    let calendar = invitation.part(organizer, "ana@example.org", "https://plenary.example", instant(BEGINNING));
    for (algorithm, pem) in keys() {
        let dkim = signer(&pem);
        assert!(!format!("{dkim:?}").contains("[") && !format!("{dkim:?}").contains("MII"), "{dkim:?}");
        let record = dkim.record();
        assert!(record.starts_with("plenary-2026._domainkey.example.org. IN TXT \"v=DKIM1; k="), "{record}");
        assert!(record.split('"').all(|part| part.len() <= 255), "{record}");
        let unsubscribe =
            "https://plenary.example/unsubscribe?token=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEAbCdEfGhIjKlMnOpQrSt";
        let cases = [
            (sheet(), letter("A subject", "Text\n"), None, None, ""),
            (sheet(), letter("  Two  spaces ", "\n\n  begins \t so\n\n\ntwo \n\n\n\n\n"), None, None, ""),
            (sheet(), letter("Empty", ""), None, None, ""),
            (Sheet { from_name: &long, ..sheet() }, letter(&long, &long), None, None, ""),
            (Sheet { from_name: &arabic, ..sheet() }, letter(&arabic, &arabic), Some(&calendar), None, ""),
            (
                Sheet { reply_to: Some("contact@example.org"), unsubscribe: Some(unsubscribe), ..sheet() },
                letter("All of it", "Text\n"),
                None,
                Some(&png),
                " Reply-To List-Unsubscribe List-Unsubscribe-Post",
            ),
        ];
        for (sheet, letter, calendar, picture, more) in cases {
            let plain = Message::with(&sheet, &letter, calendar, picture).unwrap();
            let mail = Message::with(&sheet, &letter, calendar, picture).unwrap().signed(&dkim, sheet.written_at).unwrap();
            assert!(mail.text.is_ascii() && mail.text.ends_with(&plain.text), "the mail itself stays as it is");
            let names = verify(&mail.text, &record).unwrap_or_else(|wrong| panic!("{algorithm} {}: {wrong}", letter.subject));
            assert_eq!(names.join(" "), format!("{ALWAYS}{more}"));
            let text = mail.text.clone();
            let signature = text.split_once("\r\nDate:").unwrap().0;
            assert!(signature.lines().all(|line| line.len() <= 78), "{signature}");
            assert!(signature.contains(&format!("a={algorithm};")) && signature.contains("t=1788253200;"), "{signature}");
            let again = Message::with(&sheet, &letter, calendar, picture).unwrap().signed(&dkim, sheet.written_at).unwrap();
            assert_eq!(again.text, mail.text, "a repeat is the same mail");
        }
    }
}

#[test]
fn what_is_changed_on_the_way_shows_and_what_servers_may_do_does_not() {
    for (_, pem) in keys().into_iter().skip(1) {
        let dkim = signer(&pem);
        let sheet = Sheet { unsubscribe: Some("https://plenary.example/unsubscribe?token=a"), ..sheet() };
        let mail = Message::new(&sheet, &letter("Subject", "Pay 100 to us.\n")).unwrap().signed(&dkim, sheet.written_at).unwrap();
        let mail = mail.text;
        let after = |from: &str, to: &str| {
            assert_eq!(mail.matches(from).count(), 1, "{from}: {mail}");
            verify(&mail.replace(from, to), &dkim.record()).map(|_| ())
        };
        for (from, to) in [
            ("Pay 100", "Pay 900"),
            ("Subject: Subject", "Subject: Object"),
            ("\r\nFrom: ", "\r\nFrom: eve@example.org\r\nFrom: "),
            ("\r\nTo: ana", "\r\nTo: eve"),
            ("token=a>", "token=b>"),
            ("List-Unsubscribe=One-Click", "List-Unsubscribe=No"),
            ("multipart/alternative", "multipart/mixed"),
            ("d=example.org;", "d=example.com;"),
            ("t=1788253200;", "t=1788253201;"),
        ] {
            assert!(after(from, to).is_err(), "{from} became {to}");
        }
        // Another From above the signed one is what a reader would see.
        assert!(verify(&format!("From: eve@example.org\r\n{mail}"), &dkim.record()).is_err());
        for (from, to) in [
            ("Subject: Subject", "SUBJECT:\r\n\t Subject  "),
            ("Pay 100 to us.", "Pay  100\tto us. \t"),
            ("Auto-Submitted: auto-generated\r\n", ""),
            ("\r\nDate:", "\r\nReceived: from here\r\n by there\r\nDate:"),
        ] {
            assert_eq!(after(from, to), Ok(()), "{from} became {to}");
        }
        assert!(verify(&format!("Received: by there\r\n{mail}\r\n\r\n"), &dkim.record()).is_ok());
        let other = signer(&keys()[if pem.contains("RSA") { 0 } else { 2 }].1);
        assert!(verify(&mail, &other.record()).is_err(), "another's key");
    }
}

#[test]
fn what_leaves_through_a_server_is_signed_and_bounces_where_the_settings_say() {
    let (world, office, directory) = (World::new(), PostOffice::open(Rules::default()), TempDir::new().unwrap());
    world.load_paris_call();
    let (_, pem) = &keys()[2];
    let (key, authority) = (key_file(&directory, pem), directory.path().join("authority.pem"));
    std::fs::write(&authority, office.authority()).unwrap();
    let url = office.url("smtp", PASSWORD, "?tls=required");
    let mut more = vec![
        ("PLENARY_MAIL__TRANSPORT", "smtp"),
        ("PLENARY_MAIL__SMTP_URL", url.as_str()),
        ("PLENARY_MAIL__SMTP_CA_FILE", authority.to_str().unwrap()),
        ("PLENARY_MAIL__BOUNCE_ADDRESS", "bounces@example.org"),
    ];
    more.extend(setting(&key));
    let settings = settings(directory.path(), &more);
    let record = settings.mail.dkim.as_ref().unwrap().record();
    for (kind, params) in [("test", json!({})), ("password_changed", json!({"name": ".\n..\n جمعية"}))] {
        world.write(|tx| {
            let (recipient, params) = ("ana@example.org".to_owned(), params.clone());
            let mail = Mail { kind, person: None, recipient, locale: None, params, due_at: None, concealed: false };
            Ok(outbox::enqueue(tx, mail)?)
        });
    }
    assert_eq!(deliver(&world, &Postman::new(world.db().clone(), &settings)), 2);
    let taken = office.taken();
    assert_eq!(taken.len(), 2);
    for mail in taken {
        assert_eq!((mail.from.as_str(), mail.to), ("bounces@example.org", vec!["ana@example.org".to_owned()]));
        let text = String::from_utf8(mail.bytes).unwrap();
        assert_eq!(verify(&text, &record).map(|names| names.join(" ")), Ok(ALWAYS.to_owned()));
        assert!(!text.contains("bounces@") && text.contains("<secretariat@example.org>"), "{text}");
    }
}

/// The faults of these settings, a line each.
fn faults(more: &[(&str, &str)]) -> String {
    let loaded = Settings::load(None, more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    loaded.err().map(|faults| faults.to_string()).unwrap_or_default()
}

#[test]
fn keys_and_settings_that_sign_nothing_stop_the_start() {
    let directory = TempDir::new().unwrap();
    let wrong = "must hold an RSA key of 2048 to 4096 bits, or an Ed25519 key";
    let none = "holds no private key in PEM";
    let ec = rcgen::KeyPair::generate().unwrap();
    let cut: String = keys()[0].1.chars().take(600).collect();
    for (pem, why) in [
        (String::new(), none),
        ("hunter2".to_owned(), none),
        (cut, none),
        (ec.public_key_pem(), none),
        (ec.serialize_pem(), wrong),
        (RSA_1024.to_owned(), wrong),
        (pem("PRIVATE KEY", b"hunter2"), wrong),
        (pem("RSA PRIVATE KEY", b"hunter2"), wrong),
        (pem("EC PRIVATE KEY", b"hunter2"), wrong),
        (pem("ENCRYPTED PRIVATE KEY", b"hunter2"), "behind a passphrase"),
    ] {
        let file = key_file(&directory, &pem);
        let said = faults(&setting(&file));
        assert!(said.starts_with("mail.dkim_key_file: ") && said.contains(why) && said.lines().count() == 1, "{pem}: {said}");
        assert!(!said.contains("hunter2") && !said.contains("MII"), "{said}");
    }
    let good = key_file(&directory, &keys()[2].1);
    let [domain, selector, file] = setting(&good);
    assert_eq!(faults(&[domain, selector, file]), "");
    let needed = "is needed where another mail.dkim_ setting is set";
    for (some, missing) in [
        (vec![domain], vec!["selector", "key_file"]),
        (vec![selector], vec!["domain", "key_file"]),
        (vec![file], vec!["domain", "selector"]),
        (vec![domain, file], vec!["selector"]),
    ] {
        let all: Vec<String> = missing.iter().map(|name| format!("mail.dkim_{name}: {needed} (from default)")).collect();
        assert_eq!(faults(&some), all.join("\n"));
    }
    for (name, value) in [
        ("PLENARY_MAIL__DKIM_DOMAIN", "example"),
        ("PLENARY_MAIL__DKIM_DOMAIN", "exämple.org"),
        ("PLENARY_MAIL__DKIM_DOMAIN", "example..org"),
        ("PLENARY_MAIL__DKIM_DOMAIN", "-a.example.org"),
        ("PLENARY_MAIL__DKIM_DOMAIN", "example.org; b=x"),
        ("PLENARY_MAIL__DKIM_SELECTOR", "a b"),
        ("PLENARY_MAIL__DKIM_SELECTOR", "a;b"),
        ("PLENARY_MAIL__DKIM_SELECTOR", "."),
        ("PLENARY_MAIL__DKIM_KEY_FILE", "no/such.pem"),
    ] {
        let mut all = vec![domain, selector, file];
        all.retain(|(known, _)| *known != name);
        all.push((name, value));
        let said = faults(&all);
        assert!(said.lines().count() == 1 && said.contains(&format!("(from {name})")), "{said}");
        assert!(!said.contains("b=x") && !said.contains("such.pem"), "{said}");
    }
    assert!(faults(&[("PLENARY_MAIL__BOUNCE_ADDRESS", "A <a@example.org>")]).starts_with("mail.bounce_address: must be a bare"));
}

#[test]
fn the_command_tells_all_faults_at_once_and_else_the_record_to_publish() {
    let directory = TempDir::new().unwrap();
    let (_, pem) = &keys()[0];
    let file = key_file(&directory, pem);
    for command in ["serve", "config"] {
        let mut command = plenary(if command == "serve" { &["serve"] } else { &["config", "check"] });
        command.env("PLENARY_MAIL__DKIM_DOMAIN", "example").env("PLENARY_MAIL__DKIM_KEY_FILE", "no/such.pem");
        command.env("PLENARY_MAIL__BOUNCE_ADDRESS", "nobody").env("PLENARY_WORKER__TICK_MS", "0");
        let told = end(command).failure();
        for key in ["dkim_domain: must", "dkim_selector: is needed", "dkim_key_file: cannot be read", "bounce_address: must"] {
            assert!(told.contains(&format!("mail.{key}")), "{key}: {told}");
        }
        assert!(told.contains("worker.tick_ms: must"), "{told}");
    }
    let mut command = plenary(&["config", "check"]);
    command.envs(setting(&file));
    let told = end(command).well().stdout;
    let record = told.lines().find(|line| line.contains("._domainkey.")).unwrap_or_else(|| panic!("{told}"));
    assert_eq!(record.strip_prefix("# "), Some(signer(pem).record().as_str()));
    assert!(!told.contains("PRIVATE"), "{told}");
    assert!(!end(plenary(&["config", "check"])).well().stdout.contains("._domainkey."));
}
