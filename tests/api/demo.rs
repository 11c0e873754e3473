//! The demo: one command from nothing to the Paris Call, served.

use std::path::Path;

use plenary::time::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, ask, end, plenary_on};
use crate::world::{Home, PARIS_CALL};

fn demo(home: &Home, directory: &Path) -> (Running, Vec<String>) {
    let mut command = plenary_on(home, directory, &["demo"]);
    // Where there is a file for it, the demo's own: ./data.
    if matches!(home, Home::Sqlite(_)) {
        command.env_remove("PLENARY_DATABASE_URL").env_remove("PLENARY_DATA_DIR");
    }
    command.current_dir(directory);
    let mut server = Running::start(command);
    let lines = server.lines_until("Ctrl-C");
    (server, lines)
}

/// What the demo serves, instants and all.
fn everything(server: &Running) -> Vec<Value> {
    ["/call", "/groups", "/principles", "/supporters?limit=200", "/forum-editions"]
        .map(|path| server.ask("GET", &format!("/api/v1{path}")).expect(200).json())
        .to_vec()
}

/// Who one is, signed in so; `None` where that is refused.
fn sign_in(server: &Running, email: &str, password: &str) -> Option<Value> {
    let body = json!({"email": email, "password": password});
    let reply = ureq::post(server.url("/api/v1/auth/login")).send_json(&body).ok()?;
    let tokens: Value = reply.into_body().read_json().unwrap();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let me = ureq::get(server.url("/api/v1/me")).header("Authorization", bearer).call().unwrap();
    Some(me.into_body().read_json().unwrap())
}

#[test]
fn demo_serves_the_call_with_a_forum_to_come_and_changes_nothing_when_run_again() {
    let (home, directory) = (Home::bare(), TempDir::new().unwrap());
    let (server, lines) = demo(&home, directory.path());
    if matches!(home, Home::Sqlite(_)) {
        assert!(directory.path().join("data/plenary.db").exists());
    }
    let shown: Vec<_> = lines.iter().filter_map(|line| Some(&line[line.find("http://")?..])).collect();
    assert!(shown.len() > 5 && shown.iter().any(|url| url.ends_with("/docs/")), "{lines:#?}");
    for url in shown {
        ask("GET", url).expect(200);
    }
    let today = Clock::System.now().utc().date_naive().to_string();
    let editions = server.ask("GET", "/api/v1/forum-editions").expect(200).json();
    let editions = editions["items"].as_array().unwrap();
    let coming: Vec<_> = editions.iter().filter(|edition| edition["starts_on"].as_str().unwrap() >= today.as_str()).collect();
    assert_eq!(coming.len(), 1, "{editions:?}");
    assert!(coming[0]["starts_on"].as_str().unwrap().ends_with("-11-11") && coming[0]["status"] == "open");
    assert_eq!(editions.len(), 5);
    let logins: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|words| words.len() == 3 && words[1].ends_with("@demo.example"))
        .collect();
    let roles: Vec<_> = logins.iter().map(|login| login[0]).collect();
    assert_eq!(roles, ["administrator", "secretariat", "focal_point", "representative", "person"], "{lines:#?}");
    for login in &logins {
        let me = sign_in(&server, login[1], login[2]).expect("signs in");
        let affiliation = me["affiliations"][0]["role"].as_str().unwrap_or_default();
        assert!(login[0] == me["role"] || login[0] == affiliation, "{login:?}: {me}");
    }
    let before = everything(&server);
    server.signal("TERM");
    assert_eq!(server.end().0.code(), Some(0));

    let (server, again) = demo(&home, directory.path());
    assert_eq!(everything(&server), before);
    assert!(!again.iter().any(|line| line.contains("@demo.example")), "passwords are told once: {again:#?}");
    assert!(sign_in(&server, logins[4][1], logins[4][2]).is_some());
}

#[test]
fn demo_leaves_another_call_alone() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    std::fs::write(&file, PARIS_CALL.replace("slug = \"paris-call\"", "slug = \"other-call\"")).unwrap();
    let run = |arguments: &[&str]| end(plenary_on(&home, directory.path(), arguments));
    run(&["load", file.to_str().unwrap()]).well();
    let told = run(&["demo"]).failure();
    assert!(told.contains("holds another call") && told.contains("PLENARY_DATA_DIR"), "{told}");
}
