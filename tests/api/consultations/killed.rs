//! A server that is killed while many contribute: what it answered holds.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, end, plenary_on, write};
use crate::world::{Home, PARIS_CALL, PASSWORD};

/// Supporters that contribute at once.
const MANY: usize = 16;
/// Answered submissions after which the server is killed.
const ANSWERED: usize = 60;

const ROUND: &str = "0190aaaa-0000-7000-8000-000000000001";
const QUESTION: &str = "0190aaaa-0000-7000-8000-000000000002";
const EMAIL: &str = "ana@plenary.test";

/// An answer's status and body; `None` where nobody answers.
fn ask(server: &str, method: &str, path: &str, token: &str, etag: Option<&str>, body: Option<&Value>) -> Option<(u16, Value)> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{server}/api/v1{path}"));
    if !token.is_empty() {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if let Some(etag) = etag {
        request = request.header("If-Match", etag);
    }
    let reply = match body {
        Some(body) => agent.run(request.header("Content-Type", "application/json").body(body.to_string()).unwrap()),
        None => agent.run(request.body(()).unwrap()),
    };
    let mut reply = reply.ok()?;
    let text = reply.body_mut().read_to_string().ok()?;
    Some((reply.status().as_u16(), serde_json::from_str(&text).unwrap_or_default()))
}

fn sign_in(server: &Running) -> String {
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let (status, tokens) = ask(&server.url(""), "POST", "/auth/login", "", None, Some(&body)).unwrap();
    assert_eq!(status, 200, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// Writes and submits for one supporter until nobody answers; every submission that was answered, and whether any.
fn contribute(server: &str, token: &str, supporter: &str, answered: &dyn Fn(String)) {
    let path = |act: &str| format!("/consultations/{ROUND}/contribution{act}?supporter_id={supporter}");
    let mut etag: Option<String> = None;
    for n in 1.. {
        let says = format!("Text {n} of {supporter}.");
        let body = json!({"answers": [{"question_id": QUESTION, "value": says}]});
        let Some((200, saved)) = ask(server, "PUT", &path(""), token, etag.as_deref(), Some(&body)) else { return };
        etag = saved["etag"].as_str().map(str::to_owned);
        let Some((200, submitted)) = ask(server, "POST", &path("/submit"), token, etag.as_deref(), None) else { return };
        etag = submitted["etag"].as_str().map(str::to_owned);
        answered(says);
    }
}

#[test]
fn what_a_killed_server_answered_is_submitted() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    std::fs::write(&file, PARIS_CALL).unwrap();
    end(plenary_on(&home, directory.path(), &["load", file.to_str().unwrap()])).well();
    let quick = |mut command: std::process::Command| {
        command.env("PLENARY_AUTH__ARGON2_MEMORY_KIB", "64").env("PLENARY_LIMITS__PER_ACCOUNT", "0");
        command
    };
    let password = directory.path().join("password");
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let mut create = quick(plenary_on(&home, directory.path(), &["admin", "create", EMAIL, "--password-stdin"]));
    create.stdin(File::open(&password).unwrap());
    end(create).well();
    let day = "'2026-01-01 00:00:00'";
    write(
        &home,
        &format!(
            "INSERT INTO consultations (id, slug, scope, title, audience, allowed_visibility, status, opens_at, closes_at, opened_at, \
             search_text, synthesis_version, questions_version, version, created_at, updated_at) \
             VALUES ('{ROUND}', 'round', 'call', '{{\"en\": \"Round\"}}', 'supporters', '[\"attributed\"]', 'open', {day}, \
             '2999-01-01 00:00:00', {day}, '', 1, 1, 1, {day}, {day}); \
             INSERT INTO consultation_questions (id, consultation_id, position, kind, prompt, required, max_length) \
             VALUES ('{QUESTION}', '{ROUND}', 0, 'text', '{{\"en\": \"What?\"}}', TRUE, 100); \
             INSERT INTO affiliations (id, person_id, supporter_id, role, since, version, created_at, updated_at) \
             SELECT supporters.id, persons.id, supporters.id, 'representative', {day}, 1, {day}, {day} \
             FROM supporters, persons WHERE supporters.status = 'endorsed'"
        ),
    );
    let supporters: Vec<String> = crate::process::database(&home)
        .read_blocking(|tx| {
            use diesel::prelude::*;
            use plenary::schema::affiliations;
            affiliations::table.select(affiliations::supporter_id).load(&mut **tx).map_err(plenary::error::Error::from)
        })
        .unwrap();
    let serve = || Running::start(quick(plenary_on(&home, directory.path(), &["serve"])));
    let server = serve();
    let (base, token) = (server.url(""), sign_in(&server));
    let said: Mutex<BTreeMap<String, String>> = Mutex::default();
    let (answer, answers) = channel();
    std::thread::scope(|scope| {
        for supporter in supporters.iter().take(MANY) {
            let (base, token, said, answer) = (&base, &token, &said, answer.clone());
            scope.spawn(move || {
                contribute(base, token, supporter, &|says| {
                    said.lock().unwrap().insert(supporter.clone(), says);
                    answer.send(()).unwrap();
                });
            });
        }
        for _ in 0..ANSWERED {
            answers.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        server.signal("KILL");
    });
    drop(server.end());
    let said = said.into_inner().unwrap();
    assert!(said.len() > 1, "several were at work: {said:?}");

    let server = serve();
    let (base, token) = (server.url(""), sign_in(&server));
    for (supporter, says) in said {
        let path = format!("/consultations/{ROUND}/contribution?supporter_id={supporter}");
        let (status, read) = ask(&base, "GET", &path, &token, None, None).unwrap();
        assert_eq!((status, &read["status"]), (200, &json!("submitted")), "{read}");
        // The one after it may have been submitted too, though nobody was told.
        let number = |text: &str| text.split(' ').nth(1).unwrap().parse::<i64>().unwrap();
        let reads = read["answers"][0]["value"].as_str().unwrap();
        let (kept, told) = (number(reads), number(&says));
        assert!(kept == told || kept == told + 1, "told {told}, kept {kept}");
        assert_eq!(read["revision"], kept);
    }
}
