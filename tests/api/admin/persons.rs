//! Accounts of others, by administrators.

use std::sync::Barrier;

use plenary::people::{self, Role};
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, Reply, World};

fn path(person: &Person) -> String {
    format!("/admin/persons/{}", person.id)
}

fn read(world: &World, by: &Person, person: &Person) -> Reply {
    world.ask("GET", &path(person)).by(by).send().expect(200)
}

/// Changes the account as it is now.
fn change(world: &World, by: &Person, person: &Person, body: &Value) -> Reply {
    let etag = read(world, by, person).header("etag").to_owned();
    world.ask("PATCH", &path(person)).by(by).if_match(&etag).json(body).send()
}

fn emails(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap()).collect()
}

#[test]
fn everybody_is_listed_and_found() {
    let world = World::new();
    let administrator = world.administrator();
    world.secretary();
    let zoe = json!({"email": "z@Ministry.example.org", "password": PASSWORD, "display_name": "Zoé Müller"});
    world.ask("POST", "/auth/register").json(&zoe).send().expect(202);
    world.at("2026-09-01T09:05:00Z");
    let ana = world.person("ana@example.org");
    let list = |query: &str| world.ask("GET", &format!("/admin/persons{query}")).by(&administrator).send().expect(200).json();
    let all = list("?total=true");
    let administrators = "administrator@plenary.test";
    let newest = ["ana@example.org", "z@Ministry.example.org", "secretary@plenary.test", administrators];
    assert_eq!((emails(&all), &all["total"]), (newest.to_vec(), &json!(4)));
    let cases: [(&str, &[&str]); 9] = [
        ("?sort=name", &[administrators, "ana@example.org", "secretary@plenary.test", "z@Ministry.example.org"]),
        ("?q=zoe", &["z@Ministry.example.org"]),
        ("?q=MULLER+zo%C3%A9", &["z@Ministry.example.org"]),
        ("?q=ministry", &["z@Ministry.example.org"]),
        ("?q=ana%40example.org", &["ana@example.org"]),
        ("?q=nobody", &[]),
        ("?role=administrator", &[administrators]),
        ("?role=person&q=an", &["ana@example.org"]),
        ("?role=secretariat", &["secretary@plenary.test"]),
    ];
    for (query, expected) in cases {
        assert_eq!(emails(&list(query)), expected, "{query}");
    }
    let first = list("?limit=3");
    assert_eq!(emails(&list(&format!("?limit=3&cursor={}", first["next_cursor"].as_str().unwrap()))), [administrators]);
    let item = &all["items"][1];
    for (name, value) in [
        ("display_name", json!("Zoé Müller")),
        ("email_verified", json!(false)),
        ("role", json!("person")),
        ("suspended", json!(false)),
        ("second_factor", json!(false)),
    ] {
        assert_eq!(item[name], value, "{item}");
    }
    assert_eq!(read(&world, &administrator, &ana).header("etag"), all["items"][0]["etag"].as_str().unwrap());
    let wrong = world.ask("GET", "/admin/persons?role=chief&q=%25&sort=email").by(&administrator).send();
    assert_eq!(wrong.expect(422).faults(), ["?role enum", "?sort pattern"]);
    assert_eq!(world.ask("GET", "/admin/persons?q=%25").by(&administrator).send().faults(), ["?q empty"]);
}

#[test]
fn nobody_else_gets_at_accounts() {
    let world = World::new();
    let (ana, secretary) = (world.person("ana@example.org"), world.secretary());
    let of_ana = path(&ana);
    let body = json!({"role": "administrator", "reason": "I would like to"});
    let missing = "/admin/persons/0190aaaa-0000-7000-8000-000000000009".to_owned();
    let asks = [
        ("GET", "/admin/persons".to_owned()),
        ("GET", of_ana.clone()),
        ("PATCH", of_ana.clone()),
        ("DELETE", format!("{of_ana}/totp")),
        ("PATCH", missing.clone()),
    ];
    for (method, path) in &asks {
        let ask = |who: Option<&Person>| {
            let mut ask = world.ask(method, path);
            if *method == "PATCH" {
                ask = ask.if_match("*").json(&body);
            }
            who.into_iter().fold(ask, |ask, who| ask.by(who)).send()
        };
        assert_eq!(ask(None).expect(401).problem(), "authentication-required", "{method} {path}");
        for who in [&ana, &secretary] {
            assert_eq!(ask(Some(who)).expect(403).problem(), "forbidden", "{method} {path}");
        }
    }
    let administrator = world.administrator();
    world.ask("GET", &missing).by(&administrator).send().expect(404);
    world.ask("PATCH", &missing).by(&administrator).json(&body).send().expect(404);
    world.ask("DELETE", &format!("{missing}/totp")).by(&administrator).send().expect(404);
}

#[test]
fn a_role_counts_at_once_and_is_recorded_with_its_reason() {
    let world = World::new();
    let (administrator, ana) = (world.administrator(), world.person("ana@example.org"));
    let by_ana = || world.ask("GET", "/admin/audit").by(&ana).send().status;
    assert_eq!(by_ana(), 403);
    let made = change(&world, &administrator, &ana, &json!({"role": "secretariat", "reason": " New in the team\r\n"}));
    assert_eq!(made.expect(200).json()["role"], "secretariat");
    assert_eq!(by_ana(), 200, "the same token");
    change(&world, &administrator, &ana, &json!({"role": "person", "reason": "Left the team"})).expect(200);
    assert_eq!(by_ana(), 403);
    let record = world.ask("GET", "/admin/audit?act=person.role_changed").by(&administrator).send().expect(200).json();
    let entries: Vec<_> = record["items"].as_array().unwrap().iter().map(|e| json!([e["from"], e["to"], e["reason"]])).collect();
    let expected = [json!(["secretariat", "person", "Left the team"]), json!(["person", "secretariat", "New in the team"])];
    assert_eq!(entries, expected);
    assert_eq!(record["items"][0]["actor"]["id"], administrator.id.to_string());
}

#[test]
fn a_change_is_checked_in_the_order_of_the_api() {
    let world = World::new();
    let (administrator, ana) = (world.administrator(), world.person("ana@example.org"));
    let etag = read(&world, &administrator, &ana).header("etag").to_owned();
    let patch = |body: &Value, etag: Option<&str>| {
        let ask = world.ask("PATCH", &path(&ana)).by(&administrator).json(body);
        etag.into_iter().fold(ask, |ask, etag| ask.if_match(etag)).send()
    };
    let wrong = json!({"role": "chief", "suspended": "yes", "reason": 5, "password": "x"});
    let faults = patch(&wrong, None).expect(422).faults();
    assert_eq!(faults, ["/password unknown", "/reason type", "/role enum", "/suspended type"]);
    let right = json!({"role": "secretariat", "reason": "New in the team"});
    assert_eq!(patch(&right, None).expect(428).problem(), "precondition-required");
    for reason in [json!(null), json!(""), json!(" \n ")] {
        let refused = patch(&json!({"role": "secretariat", "reason": reason}), Some(&etag)).expect(422);
        assert_eq!(refused.json()["violations"][0]["code"], "reason_required", "{reason}");
    }
    assert_eq!(patch(&json!({"suspended": true}), Some(&etag)).expect(422).problem(), "rule-violation");
    let changed = patch(&right, Some(&etag)).expect(200);
    assert_ne!(changed.header("etag"), etag);
    assert_eq!(patch(&json!({"suspended": true, "reason": "Late"}), Some(&etag)).expect(412).problem(), "precondition-failed");
    // What is so already is no change.
    let same = patch(&right, Some(changed.header("etag"))).expect(200);
    assert_eq!(same.header("etag"), changed.header("etag"));
}

#[test]
fn no_role_without_a_confirmed_address() {
    let world = World::new();
    let administrator = world.administrator();
    world.register("ana@example.org");
    let ana = world.sign_in("ana@example.org");
    for role in ["secretariat", "administrator"] {
        let refused = change(&world, &administrator, &ana, &json!({"role": role})).expect(422).json();
        let codes: Vec<_> = refused["violations"].as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["reason_required", "unconfirmed"], "all at once");
    }
    change(&world, &administrator, &ana, &json!({"suspended": true, "reason": "Not a real name"})).expect(200);
}

#[test]
fn a_suspended_person_is_out_until_it_is_reinstated() {
    let world = World::new();
    let (administrator, ana) = (world.administrator(), world.person("ana@example.org"));
    let again = world.sign_in("ana@example.org");
    let suspended = change(&world, &administrator, &ana, &json!({"suspended": true, "reason": "Under review"})).expect(200);
    assert_eq!(suspended.json()["suspended"], true);
    for session in [&ana, &again] {
        assert_eq!(world.ask("GET", "/sectors").by(session).send().expect(401).problem(), "bad-access-token");
        let body = json!({"refresh_token": session.refresh_token});
        assert_eq!(world.ask("POST", "/auth/refresh").json(&body).send().expect(401).problem(), "invalid-credentials");
    }
    let login = || world.ask("POST", "/auth/login").json(&json!({"email": "ana@example.org", "password": PASSWORD})).send();
    assert_eq!(login().expect(401).problem(), "invalid-credentials");
    change(&world, &administrator, &ana, &json!({"suspended": false, "reason": "Cleared"})).expect(200);
    world.ask("GET", "/sectors").by(&ana).send().expect(401);
    login().expect(200);
    let record = world.ask("GET", &format!("/admin/audit?object_id={}&limit=2&sort=-seq", ana.id)).by(&administrator).send();
    let record = record.expect(200).json();
    let told: Vec<_> = record["items"].as_array().unwrap().iter().map(|e| json!([e["act"], e["reason"]])).collect();
    assert_eq!(told, [json!(["person.reinstated", "Cleared"]), json!(["person.suspended", "Under review"])]);
}

#[test]
fn the_last_administrator_is_neither_demoted_nor_suspended() {
    let world = World::new();
    let administrator = world.administrator();
    for body in [json!({"role": "person"}), json!({"role": "secretariat", "reason": "x"}), json!({"suspended": true})] {
        let refused = change(&world, &administrator, &administrator, &body).expect(409);
        assert_eq!(refused.problem(), "wrong-state", "{body}");
    }
    // One who cannot act does not count.
    let ana = world.with_role("ana@example.org", Role::Administrator);
    change(&world, &administrator, &ana, &json!({"suspended": true, "reason": "Away"})).expect(200);
    change(&world, &administrator, &administrator, &json!({"role": "person", "reason": "x"})).expect(409);
    world.write(|tx| {
        let mut row = people::person(tx, ana.id)?.unwrap();
        (row.suspended_at, row.address_lapsed) = (None, true);
        people::save_person(tx, &mut row)
    });
    change(&world, &administrator, &administrator, &json!({"role": "person", "reason": "x"})).expect(409);
    world.write(|tx| {
        let mut row = people::person(tx, ana.id)?.unwrap();
        row.address_lapsed = false;
        people::save_person(tx, &mut row)
    });
    change(&world, &administrator, &administrator, &json!({"role": "person", "reason": "x"})).expect(200);
}

#[test]
fn of_two_administrators_who_demote_each_other_at_once_one_stays() {
    for demote_oneself in [false, true] {
        let world = World::new();
        let two = [world.administrator(), world.with_role("ana@example.org", Role::Administrator)];
        for round in 0..5 {
            let etags: Vec<_> = two.iter().map(|p| read(&world, &two[0], p).header("etag").to_owned()).collect();
            let start = Barrier::new(2);
            let mut statuses: Vec<u16> = std::thread::scope(|scope| {
                let demote = |by: usize| {
                    let (world, two, etags, start) = (&world, &two, &etags, &start);
                    scope.spawn(move || {
                        let whom = if demote_oneself { by } else { 1 - by };
                        let body = json!({"role": "person", "reason": "There can be only one"});
                        let ask = world.ask("PATCH", &path(&two[whom])).by(&two[by]).if_match(&etags[whom]).json(&body);
                        start.wait();
                        ask.send().status
                    })
                };
                let both = [demote(0), demote(1)];
                both.into_iter().map(|one| one.join().unwrap()).collect()
            });
            statuses.sort_unstable();
            // Whoever comes second is no administrator any more, or would be the last one.
            assert!(matches!(statuses[..], [200, 403 | 409]), "{statuses:?}, round {round}");
            world.write(|tx| {
                let mut standing = 0;
                for person in &two {
                    let mut row = people::person(tx, person.id)?.unwrap();
                    standing += u8::from(row.role == Role::Administrator);
                    row.role = Role::Administrator;
                    people::save_person(tx, &mut row)?;
                }
                assert_eq!(standing, 1);
                Ok(())
            });
        }
    }
}

#[test]
fn a_lost_second_factor_is_removed_and_its_owner_told() {
    let world = World::new();
    let (administrator, ana) = (world.administrator(), world.person("ana@example.org"));
    let totp = format!("{}/totp", path(&ana));
    let reset = |by: &Person, path: &str| world.ask("DELETE", path).by(by).send();
    assert_eq!(reset(&administrator, &totp).expect(409).problem(), "wrong-state", "there is none");
    world.write(|tx| {
        let now = tx.now();
        for person in [&administrator, &ana] {
            let mut row = people::person(tx, person.id)?.unwrap();
            (row.totp_secret, row.totp_confirmed_at) = (Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into()), Some(now));
            people::save_person(tx, &mut row)?;
        }
        Ok(())
    });
    let login = || world.ask("POST", "/auth/login").json(&json!({"email": "ana@example.org", "password": PASSWORD})).send();
    assert_eq!(login().expect(401).problem(), "second-factor-required");
    let before = read(&world, &administrator, &ana);
    assert_eq!(before.json()["second_factor"], true);
    world.mails();
    reset(&administrator, &totp).expect(204);
    assert_eq!(read(&world, &administrator, &ana).json()["second_factor"], false);
    login().expect(200);
    assert_eq!(world.mails().list(), ["second_factor_changed ana@example.org"]);
    let record = world.ask("GET", "/admin/audit?act=person.second_factor_reset").by(&administrator).send().expect(200).json();
    assert_eq!(record["items"][0]["object_id"], ana.id.to_string());
    // A stolen session of an administrator does not take the factor off its own account.
    let own = format!("{}/totp", path(&administrator));
    assert_eq!(reset(&administrator, &own).expect(403).problem(), "forbidden");
}
