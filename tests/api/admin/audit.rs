//! The record, read by the secretariat and walked by the command.

use plenary::audit::{self, Entry};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Ended, end, plenary_on, write};
use crate::world::{Home, Person, World};

fn list(world: &World, by: &Person, query: &str) -> Value {
    world.ask("GET", &format!("/admin/audit{query}")).by(by).send().expect(200).json()
}

/// The members `name` of a list's items.
fn all(list: &Value, name: &str) -> Vec<Value> {
    list["items"].as_array().unwrap().iter().map(|item| item[name].clone()).collect()
}

#[test]
fn the_secretariat_reads_who_did_what_newest_first() {
    let world = World::new();
    let secretary = world.secretary();
    let ana = world.person("ana@example.org");
    let whole = list(&world, &secretary, "?total=true");
    let acts = ["session.opened", "person.verified", "person.registered"];
    assert_eq!(all(&whole, "act"), [acts, acts].concat());
    assert_eq!(all(&whole, "seq"), [6, 5, 4, 3, 2, 1]);
    assert_eq!(whole["total"], 6);
    let newest = &whole["items"][0];
    assert_eq!(newest["actor"], json!({"id": ana.id, "display_name": "Ana Test"}));
    assert_eq!((&newest["object_type"], &newest["reason"]), (&json!("session"), &Value::Null));
    assert!(!newest["request_id"].as_str().unwrap().is_empty());
    assert!(!whole.to_string().contains("example.org"), "no personal value but the name, which is joined on");
    // Page by page, also while more is written.
    let first = list(&world, &secretary, "?limit=4");
    world.sign_in("ana@example.org");
    let next = list(&world, &secretary, &format!("?limit=4&cursor={}", first["next_cursor"].as_str().unwrap()));
    assert_eq!((all(&first, "seq"), all(&next, "seq")), (vec![json!(6), json!(5), json!(4), json!(3)], vec![json!(2), json!(1)]));
    assert_eq!(all(&list(&world, &secretary, "?sort=seq&limit=2"), "seq"), [1, 2]);
}

#[test]
fn the_record_is_filtered() {
    let world = World::new();
    let secretary = world.secretary();
    let ana = world.person("ana@example.org");
    world.at("2026-09-01T09:10:00Z");
    let id = ana.id.to_string();
    world.write(|tx| {
        audit::record(
            tx,
            Entry::of("supporter.endorsed", "supporter", &id).moved("pending", "endorsed").because(Some("so be it")),
        );
        Ok(())
    });
    let count = |query: &str| list(&world, &secretary, query)["items"].as_array().unwrap().len();
    for (query, expected) in [
        ("", 7),
        ("?object_type=person", 4),
        ("?object_type=supporter", 1),
        (&format!("?object_id={id}"), 3),
        (&format!("?object_id={id}&object_type=person"), 2),
        (&format!("?actor={id}"), 3),
        ("?actor=0190aaaa-0000-7000-8000-000000000009", 0),
        ("?act=session.opened", 2),
        ("?from=2026-09-01T09:10:00Z", 1),
        ("?from=2026-09-01T11:10:00%2B02:00", 1),
        ("?from=2026-09-01T09:10:00.000001Z", 0),
        ("?to=2026-09-01T09:00:00Z", 6),
        ("?to=2026-09-01T08:59:59Z", 0),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    let one = &list(&world, &secretary, "?act=supporter.endorsed")["items"][0];
    assert_eq!((&one["from"], &one["to"]), (&json!("pending"), &json!("endorsed")));
    assert_eq!((&one["reason"], &one["actor"], &one["request_id"]), (&json!("so be it"), &Value::Null, &Value::Null));
    let wrong = world.ask("GET", "/admin/audit?actor=ana&from=yesterday&q=x&object_type=").by(&secretary).send();
    assert_eq!(wrong.expect(422).faults(), ["?actor format", "?from format", "?object_type too-short", "?q unknown"]);
    let backwards = world.ask("GET", "/admin/audit?from=2026-09-01T09:10:00Z&to=2026-09-01T09:00:00Z").by(&secretary).send();
    assert_eq!(backwards.faults(), ["?to too-early"]);
}

#[test]
fn an_erased_persons_acts_stay_under_no_name() {
    let world = World::new();
    let administrator = world.administrator();
    let ana = world.person("ana@example.org");
    let me = world.ask("GET", "/me").by(&ana).send().expect(200);
    let body = json!({"password": crate::world::PASSWORD});
    world.ask("DELETE", "/me").by(&ana).if_match(me.header("etag")).json(&body).send().expect(204);
    let whole = list(&world, &administrator, &format!("?actor={}", ana.id));
    assert_eq!(all(&whole, "act")[0], "person.erased");
    assert!(all(&whole, "actor").iter().all(|actor| actor["display_name"] == "former participant"), "{whole}");
}

#[test]
fn nobody_else_reads_the_record() {
    let world = World::new();
    let (person, secretary, administrator) = (world.person("ana@example.org"), world.secretary(), world.administrator());
    assert_eq!(world.get("/admin/audit").expect(401).problem(), "authentication-required");
    assert_eq!(world.ask("GET", "/admin/audit").by(&person).send().expect(403).problem(), "forbidden");
    for allowed in [secretary, administrator] {
        world.ask("GET", "/admin/audit").by(&allowed).send().expect(200);
    }
}

fn verify(home: &Home) -> Ended {
    let directory = TempDir::new().unwrap();
    end(plenary_on(home, directory.path(), &["audit", "verify"]))
}

#[test]
fn the_command_says_that_the_record_holds() {
    let world = World::new();
    let empty = verify(world.home()).well().stdout;
    assert!(empty.contains("0 entries") && empty.contains("e3b0c44298fc1c14"), "{empty}");
    // While the server runs.
    world.person("ana@example.org");
    let told = verify(world.home()).well().stdout;
    assert!(told.starts_with("The record holds: 3 entries, head "), "{told}");
    let head = told.split("head ").nth(1).unwrap().split('.').next().unwrap();
    assert_eq!(head.len(), 64);
    assert_eq!(verify(world.home()).well().stdout, told, "looking changes nothing");
}

#[test]
fn the_command_names_the_first_entry_that_does_not_fit() {
    let cases = [
        ("UPDATE audit_entries SET act = 'person.endorsed' WHERE seq = 2", "entry 2 was changed"),
        ("DELETE FROM audit_entries WHERE seq = 2", "entry 2 is missing"),
        (
            "UPDATE audit_entries SET seq = 9 WHERE seq = 2; UPDATE audit_entries SET seq = 2 WHERE seq = 3; \
             UPDATE audit_entries SET seq = 3 WHERE seq = 9",
            "entry 2 was changed, or does not stand where it was written",
        ),
        ("DELETE FROM audit_entries WHERE seq > 1", "entry 2 is missing: the end of the record was cut off"),
        ("DELETE FROM audit_head", "its head is missing"),
    ];
    for (statements, expected) in cases {
        let world = World::new();
        world.person("ana@example.org");
        write(world.home(), statements);
        let told = verify(world.home()).failure();
        assert!(told.contains(expected) && told.contains("backup"), "{statements}: {told}");
    }
}

#[test]
fn the_command_does_not_make_what_it_looks_at() {
    let home = Home::bare();
    let told = verify(&home).failure();
    match &home {
        Home::Sqlite(directory) => {
            assert!(told.contains("there is no") && told.contains("PLENARY_DATA_DIR"), "{told}");
            assert!(!directory.path().join("plenary.db").exists());
        }
        Home::Postgres { .. } => assert!(told.contains("plenary migrate"), "{told}"),
    }
}
