//! A server that is killed while many register: what it answered holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mail::eml::Eml;
use crate::mail::files::mails;
use crate::process::{Running, end, plenary_on};
use crate::world::{Home, PARIS_CALL, PASSWORD};

/// Registrations under way at once.
const MANY: usize = 50;
/// Of which this many are answered when the server is killed.
const ANSWERED: usize = 12;

fn email(n: usize) -> String {
    format!("person{n}@example.org")
}

/// The status that a POST is answered with; `None` where nobody answers.
fn post(server: &str, path: &str, body: &Value) -> Option<u16> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).build().into();
    agent.post(format!("{server}{path}")).send_json(body).ok().map(|reply| reply.status().as_u16())
}

/// The tokens in the mails to each address.
fn tokens(data: &std::path::Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, bytes) in mails(data).into_iter().filter(|(name, _)| name.ends_with(".eml")) {
        let mail = Eml::read(&bytes);
        let token = mail.text.lines().find_map(|line| line.split_once("?token=")).map(|(_, token)| token.trim().to_owned());
        all.entry(mail.header("To").to_owned()).or_default().insert(token.unwrap_or_else(|| panic!("{name} has no link")));
    }
    all
}

#[test]
fn what_a_killed_server_answered_has_its_mail_and_one_token_that_works() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    std::fs::write(&file, PARIS_CALL).unwrap();
    end(plenary_on(&home, directory.path(), &["load", file.to_str().unwrap()])).well();
    let serve = || {
        let mut command = plenary_on(&home, directory.path(), &["serve"]);
        // What is killed is the server and not the patience of the test.
        command.env("PLENARY_AUTH__ARGON2_MEMORY_KIB", "64").env("PLENARY_WORKER__TICK_MS", "10");
        Running::start(command)
    };
    let server = serve();
    let base = server.url("");
    let (answer, answers) = channel();
    let answered = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for n in 0..MANY {
            let (base, answered, answer) = (&base, &answered, answer.clone());
            scope.spawn(move || {
                let body = json!({"email": email(n), "password": PASSWORD, "display_name": "A Person"});
                if let Some(status) = post(base, "/api/v1/auth/register", &body) {
                    assert_eq!(status, 202);
                    answered.lock().unwrap().push(n);
                    answer.send(()).unwrap();
                }
            });
        }
        for _ in 0..ANSWERED {
            answers.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        server.signal("KILL");
    });
    drop(server.end());
    let answered = answered.into_inner().unwrap();
    assert!((ANSWERED..MANY).contains(&answered.len()), "killed in the middle, not after {} answers", answered.len());

    let server = serve();
    // What the dead one held is sent again once its lease is over.
    let begun = Instant::now();
    let data = directory.path().join("data");
    while !answered.iter().all(|n| tokens(&data).contains_key(&email(*n))) {
        assert!(begun.elapsed() < Duration::from_secs(50), "{} of {}: {:?}", tokens(&data).len(), answered.len(), server.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    for (address, tokens) in tokens(&data) {
        let confirm = |token: &String| post(&server.url(""), "/api/v1/auth/verify-email", &json!({"token": token}));
        let worked = tokens.iter().filter(|token| confirm(token) == Some(204)).count();
        assert_eq!(worked, 1, "{address}: {tokens:?}");
    }
}

#[test]
fn a_repeat_after_a_restart_is_still_one() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    std::fs::write(&file, PARIS_CALL).unwrap();
    end(plenary_on(&home, directory.path(), &["load", file.to_str().unwrap()])).well();
    let body = |name: &str| {
        json!({
            "name": name, "sector": "academia", "country": "FR",
            "contact": {"name": "Ana", "email": "ana@example.org", "job_title": "Dean", "authorised": true},
        })
    };
    let apply = |server: &Running, name: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let path = server.url("/api/v1/supporter-applications");
        agent.post(path).header("Idempotency-Key", "k-1").send_json(body(name)).unwrap().status().as_u16()
    };
    let serve = || Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let server = serve();
    assert_eq!(apply(&server, "Institute"), 202);
    server.signal("KILL");
    drop(server.end());
    let server = serve();
    assert_eq!((apply(&server, "Institute"), apply(&server, "Another")), (202, 422));
    let made = crate::dump::dump(&crate::process::database(&home));
    assert_eq!(made.iter().filter(|line| line.starts_with("supporter_applications ")).count(), 1);
}
