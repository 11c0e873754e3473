//! `plenary admin create`: an administrator from outside.

use std::fs::File;

use plenary::people::{self, Role};
use plenary::time::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Ended, Running, end, plenary_on};
use crate::world::{Home, PASSWORD, Reply, World};

const EMAIL: &str = "Chief.Ana@example.org";

/// Runs it on the world's data, with a first line for its standard input.
fn create_on(home: &Home, directory: &TempDir, email: &str, input: Option<&str>) -> Ended {
    let mut command = plenary_on(home, directory.path(), &["admin", "create", email]);
    command.env("PLENARY_AUTH__KEYS_FILE", home.keys_file()).env("PLENARY_PUBLIC_URL", "https://plenary.test/app");
    command.env("PLENARY_AUTH__ARGON2_MEMORY_KIB", "8").env("PLENARY_AUTH__ARGON2_ITERATIONS", "1");
    if let Some(input) = input {
        let file = directory.path().join("stdin");
        std::fs::write(&file, input).unwrap();
        command.arg("--password-stdin").stdin(File::open(file).unwrap());
    }
    end(command)
}

fn create(world: &World, email: &str, input: Option<&str>) -> Ended {
    create_on(world.home(), &TempDir::new().unwrap(), email, input)
}

/// A world whose clock goes with the commands'.
fn world() -> World {
    let world = World::new();
    world.at(&Clock::System.now().to_string());
    world
}

fn login(world: &World, email: &str, password: &str) -> Reply {
    world.ask("POST", "/auth/login").json(&json!({"email": email, "password": password})).send()
}

fn me(world: &World, tokens: &Reply) -> Value {
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    world.ask("GET", "/me").token(&token).send().expect(200).json()
}

/// The token of the link that it printed.
#[track_caller]
fn link(ended: Ended) -> String {
    let told = ended.well().stdout;
    let links: Vec<_> =
        told.lines().filter_map(|line| line.strip_prefix("https://plenary.test/app/reset-password?token=")).collect();
    assert_eq!(links.len(), 1, "{told}");
    assert_eq!(links[0].len(), 43);
    links[0].to_owned()
}

fn reset(world: &World, token: &str) -> Reply {
    world.ask("POST", "/auth/password/reset").json(&json!({"token": token, "password": PASSWORD})).send()
}

#[test]
fn a_password_makes_a_confirmed_administrator() {
    let world = world();
    let told = create(&world, &format!(" {EMAIL} "), Some(&format!("{PASSWORD}\r\nmore\n"))).well().stdout;
    assert!(told.contains(EMAIL) && !told.contains(PASSWORD), "{told}");
    let me = me(&world, &login(&world, "chief.ana@EXAMPLE.org", PASSWORD).expect(200));
    assert_eq!((&me["role"], &me["email_verified"]), (&json!("administrator"), &json!(true)));
    assert_eq!((&me["email"], &me["display_name"]), (&json!(EMAIL), &json!("chief.ana")));
    let again = create(&world, EMAIL, Some("another fine day for a walk")).well().stdout;
    assert!(again.contains("already") && again.contains("was not taken"), "{again}");
    let tokens = login(&world, EMAIL, PASSWORD).expect(200).json();
    let record = world.ask("GET", "/admin/audit?sort=seq&limit=2").token(tokens["access_token"].as_str().unwrap()).send();
    let record = record.expect(200).json();
    let acts: Vec<_> = record["items"].as_array().unwrap().iter().map(|e| json!([e["act"], e["actor"], e["to"]])).collect();
    assert_eq!(acts, [json!(["person.created", null, null]), json!(["person.role_changed", null, "administrator"])]);
}

#[test]
fn a_link_lets_its_holder_choose_the_password_once() {
    let world = world();
    let first = link(create(&world, EMAIL, None));
    assert_eq!(login(&world, EMAIL, "").expect(401).problem(), "invalid-credentials", "there is no password yet");
    let second = link(create(&world, EMAIL, None));
    assert_eq!(reset(&world, &first).problem(), "invalid-token", "the second one voids it");
    reset(&world, &second).expect(204);
    assert_eq!(reset(&world, &second).problem(), "invalid-token");
    let me = me(&world, &login(&world, EMAIL, PASSWORD).expect(200));
    assert_eq!((&me["role"], &me["email_verified"]), (&json!("administrator"), &json!(true)));
    // Who reads the terminal's history later, or the database, has nothing.
    let third = link(create(&world, "ben@example.org", None));
    let kept = crate::dump::dump(world.db()).join("\n");
    for token in [&second, &third] {
        assert!(!kept.contains(token.as_str()), "a usable token lies in the database");
    }
    world.at(&world.now().plus(chrono::TimeDelta::minutes(61)).to_string());
    assert_eq!(reset(&world, &third).problem(), "invalid-token", "an hour is over");
    let mails = world.mails();
    assert_eq!(mails.list(), [format!("password_changed {EMAIL}")], "no link was mailed");
}

#[test]
fn an_account_is_raised_and_keeps_its_password() {
    let world = world();
    let ana = world.person("ana@example.org");
    for input in [None, Some("another fine day for a walk\n")] {
        let told = create(&world, "ANA@example.org", input).well().stdout;
        assert!(told.contains("had an account") && told.contains("keeps its password"), "{told}");
        assert!(!told.contains("token="), "{told}");
        world.ask("GET", "/admin/persons").by(&ana).send().expect(200);
        assert_eq!(me(&world, &login(&world, "ana@example.org", PASSWORD).expect(200))["role"], "administrator");
        world.write(|tx| {
            let mut row = people::person(tx, ana.id)?.unwrap();
            row.role = Role::Secretariat;
            people::save_person(tx, &mut row)
        });
    }
}

#[test]
fn whoever_typed_the_address_before_gets_nothing() {
    let world = world();
    for (email, input) in [("ana@example.org", None), ("ben@example.org", Some("the operator's own sentence"))] {
        // A stranger registers the address that it has heard of, and waits.
        world.register(email);
        let stranger = world.sign_in(email);
        let ended = create(&world, email, input);
        assert_eq!(world.ask("GET", "/me").by(&stranger).send().status, 401, "{email}");
        let refreshed = world.ask("POST", "/auth/refresh").json(&json!({"refresh_token": stranger.refresh_token})).send();
        assert_eq!(refreshed.status, 401, "{email}");
        assert_eq!(login(&world, email, PASSWORD).status, 401, "{email}");
        match input {
            Some(password) => assert_eq!(me(&world, &login(&world, email, password).expect(200))["role"], "administrator"),
            None => {
                reset(&world, &link(ended)).expect(204);
                login(&world, email, PASSWORD).expect(200);
            }
        }
    }
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_done() {
    let world = world();
    let ana = world.person("ana@example.org");
    world.write(|tx| {
        let mut row = people::person(tx, ana.id)?.unwrap();
        row.suspended_at = Some(tx.now());
        people::save_person(tx, &mut row)
    });
    let cases = [
        ("not an address", None, "no e-mail address"),
        ("ana@example.org", None, "suspended"),
        ("ben@example.org", Some(""), "no password"),
        ("ben@example.org", Some("\nsecond line\n"), "no password"),
        ("ben@example.org", Some("short\n"), "at least 12 characters"),
        ("ben@example.org", Some("password12345\n"), "commonest"),
        ("somebody.long@example.org", Some("somebody.long\n"), "is your e-mail address"),
    ];
    for (email, input, expected) in cases {
        let told = create(&world, email, input).failure();
        assert!(told.contains(expected), "{email} {input:?}: {told}");
        let rest = told.replace(email, "");
        assert!(
            input.is_none_or(|input| input.trim().is_empty() || !rest.contains(input.trim())),
            "the password is shown: {told}"
        );
    }
    let persons = world.read(|c| people::person_by_email(c, "ben@example.org"));
    assert!(persons.is_none());
    assert_eq!(world.read(|c| people::person(c, ana.id)).unwrap().role, Role::Person);
}

#[test]
fn the_first_administrator_comes_before_the_first_start() {
    let (home, directory) = (Home::bare(), TempDir::new().unwrap());
    if let Home::Postgres { .. } = home {
        let told = create_on(&home, &directory, EMAIL, Some(PASSWORD)).failure();
        assert!(told.contains("plenary migrate"), "{told}");
        end(plenary_on(&home, directory.path(), &["migrate"])).well();
    }
    create_on(&home, &directory, EMAIL, Some(PASSWORD)).well();
    let mut command = plenary_on(&home, directory.path(), &["serve"]);
    command.env("PLENARY_AUTH__KEYS_FILE", home.keys_file());
    let server = Running::start(command);
    let body = json!({"email": EMAIL, "password": PASSWORD}).to_string();
    let request = ureq::http::Request::post(server.url("/api/v1/auth/login")).header("Content-Type", "application/json");
    let reply = ureq::agent().run(request.body(body).unwrap()).unwrap();
    assert_eq!(reply.status(), 200);
}
