//! Signing in, staying and leaving.

use std::sync::Barrier;

use plenary::people::{Cost, LoginLimits};
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, Reply, World};

fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.ask("POST", path).json(body).send()
}

fn refresh(world: &World, token: &str) -> Reply {
    post(world, "/auth/refresh", &json!({"refresh_token": token}))
}

fn login(world: &World, email: &str, password: &str) -> Reply {
    post(world, "/auth/login", &json!({"email": email, "password": password}))
}

fn is_in(world: &World, person: &Person) -> bool {
    world.ask("GET", "/me").by(person).send().status == 200
}

#[test]
fn signing_in_gives_a_pair_of_tokens() {
    let world = World::new();
    world.person("ana@example.org");
    let reply = login(&world, " Ana@Example.ORG ", PASSWORD).expect(200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let tokens = reply.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
    let ana = world.signed_in("ana@example.org", &tokens);
    world.at("2026-09-01T09:14:59Z");
    assert!(is_in(&world, &ana));
    world.at("2026-09-01T09:15:00Z");
    let late = world.ask("GET", "/me").by(&ana).send();
    assert_eq!(late.problem(), "bad-access-token");
    assert!(late.header("www-authenticate").contains("invalid_token"));
    assert_eq!(world.ask("GET", "/groups").by(&ana).send().status, 401, "also where nobody needs a token");
    let fresh = world.signed_in("ana@example.org", &refresh(&world, &ana.refresh_token).expect(200).json());
    assert!(is_in(&world, &fresh));
}

#[test]
fn a_refresh_token_rotates_and_its_reuse_ends_the_session() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let second = refresh(&world, &ana.refresh_token).expect(200).json()["refresh_token"].as_str().unwrap().to_owned();
    // Two tabs: once more within ten seconds, while its successor is unused.
    world.at("2026-09-01T09:00:10Z");
    let tab = refresh(&world, &ana.refresh_token).expect(200).json();
    let third = refresh(&world, &second).expect(200).json()["refresh_token"].as_str().unwrap().to_owned();
    let tab = world.signed_in("ana@example.org", &tab);
    assert!(is_in(&world, &tab));
    // Now it was stolen.
    assert_eq!(refresh(&world, &ana.refresh_token).problem(), "invalid-credentials");
    for token in [&second, &third, &tab.refresh_token] {
        assert_eq!(refresh(&world, token).status, 401, "nobody goes on with the session");
    }
    assert!(!is_in(&world, &tab));
    let acts: Vec<String> =
        world.ask("GET", "/me/export").by(&world.sign_in("ana@example.org")).send().expect(200).json()["record"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["act"].as_str().unwrap().to_owned())
            .collect();
    assert!(acts.contains(&"session.ended_by_reuse".to_owned()), "{acts:?}");
}

#[test]
fn a_second_use_after_the_grace_or_a_third_within_it_ends_the_session() {
    let world = World::new();
    let late = world.person("late@example.org");
    refresh(&world, &late.refresh_token).expect(200);
    world.at("2026-09-01T09:00:10.000001Z");
    refresh(&world, &late.refresh_token).expect(401);
    assert!(!is_in(&world, &late));
    let thrice = world.person("thrice@example.org");
    for status in [200, 200, 401] {
        refresh(&world, &thrice.refresh_token).expect(status);
    }
    assert!(!is_in(&world, &thrice));
    // Unused for 30 days.
    let idle = world.person("idle@example.org");
    world.at("2026-10-01T09:00:10.000001Z");
    refresh(&world, &idle.refresh_token).expect(401);
}

#[test]
fn of_many_who_refresh_at_once_two_at_most_go_on() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let start = Barrier::new(8);
    let answered: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    refresh(&world, &ana.refresh_token).status
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answered.iter().filter(|status| **status == 200).count(), 2, "{answered:?}");
    assert!(answered.iter().all(|status| matches!(status, 200 | 401)), "{answered:?}");
    assert!(!is_in(&world, &ana));
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let world = World::new();
    let (ana, ben) = (world.person("ana@example.org"), world.person("ben@example.org"));
    let phone =
        world.ask("POST", "/auth/login").header("User-Agent", "Phone").json(&json!({"email": ana.email, "password": PASSWORD}));
    let phone = world.signed_in(&ana.email, &phone.send().expect(200).json());
    let list = |by: &Person| world.ask("GET", "/me/sessions").by(by).send().expect(200).json()["items"].clone();
    let sessions = list(&phone);
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    assert_eq!(
        (&sessions[0]["client"], &sessions[0]["current"], &sessions[1]["current"]),
        (&json!("Phone"), &json!(true), &json!(false))
    );
    let end = |by: &Person, session: &Value| {
        world.ask("DELETE", &format!("/me/sessions/{}", session["id"].as_str().unwrap())).by(by).send().status
    };
    assert_eq!(end(&ben, &sessions[0]), 404, "nobody's but one's own");
    assert_eq!((end(&ana, &sessions[0]), end(&ana, &sessions[0])), (204, 404));
    assert!(!is_in(&world, &phone) && is_in(&world, &ana));
    refresh(&world, &phone.refresh_token).expect(401);
    world.ask("POST", "/auth/logout").by(&ana).send().expect(204);
    assert!(!is_in(&world, &ana) && is_in(&world, &ben));
    refresh(&world, &ana.refresh_token).expect(401);
}

#[test]
fn a_changed_password_ends_the_other_sessions() {
    let world = World::new();
    let (ana, other) = (world.person("ana@example.org"), world.sign_in("ana@example.org"));
    let change = |password: &str, new: &str| {
        world.ask("POST", "/me/password").by(&ana).json(&json!({"password": password, "new_password": new})).send()
    };
    assert_eq!(change(PASSWORD, "qzxv kettle").faults(), ["/new_password too-short"]);
    assert_eq!(change("no such password", "another long password").expect(403).problem(), "forbidden");
    change(PASSWORD, "another long password").expect(204);
    assert!(is_in(&world, &ana) && !is_in(&world, &other));
    refresh(&world, &other.refresh_token).expect(401);
    login(&world, "ana@example.org", "another long password").expect(200);
}

#[test]
fn guessing_is_slowed_and_locks_no_victim_out() {
    let world = World::setup()
        .accounts(|accounts| accounts.limits = LoginLimits { login_account: 3, login_address: 0 })
        .options(|options| options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()])
        .start();
    world.person("ana@example.org");
    let from = |address: &str, email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        world.ask("POST", "/auth/login").header("X-Forwarded-For", address).json(&body).send()
    };
    from("192.0.2.1", "ana@example.org", PASSWORD).expect(200);
    for _ in 0..3 {
        from("198.51.100.7", "ana@example.org", "a guess of a thief").expect(401);
    }
    let slowed = from("198.51.100.7", "ana@example.org", "a guess of a thief").expect(429);
    assert_eq!(slowed.problem(), "too-many-requests");
    let wait: i64 = slowed.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    // The right password from elsewhere waits as well, or guessing would go on; from where she is at home it does not.
    from("203.0.113.9", "ana@example.org", PASSWORD).expect(429);
    from("192.0.2.1", "ana@example.org", PASSWORD).expect(200);
    // Her success cleared the count.
    from("203.0.113.9", "ana@example.org", PASSWORD).expect(200);
    // Nobody's account is slowed just the same.
    for _ in 0..3 {
        from("198.51.100.7", "nobody@example.org", "a guess of a thief").expect(401);
    }
    from("198.51.100.7", "nobody@example.org", "a guess of a thief").expect(429);
    // The delay grows, and ends.
    let mut waits = Vec::new();
    for _ in 0..12 {
        let slowed = from("198.51.100.7", "nobody@example.org", "a guess of a thief").expect(429);
        let wait: i64 = slowed.header("retry-after").parse().unwrap();
        waits.push(wait);
        world.at(&world.now().plus(chrono::TimeDelta::seconds(wait)).to_string());
        from("198.51.100.7", "nobody@example.org", "a guess of a thief").expect(401);
    }
    assert!(waits.is_sorted() && waits.iter().all(|wait| *wait <= 901), "{waits:?}");
    assert!(waits[0] < 10 && waits[11] >= 900, "{waits:?}");
}

#[test]
fn guessing_from_one_address_at_many_accounts_is_slowed_and_another_server_knows() {
    let limits = |accounts: &mut crate::world::Accounts| accounts.limits = LoginLimits { login_account: 0, login_address: 5 };
    let world = World::setup().accounts(limits).start();
    let ana = world.person("ana@example.org");
    for n in 0..5 {
        login(&world, &format!("somebody{n}@example.org"), "a guess of a thief").expect(401);
    }
    let beside = World::setup().accounts(limits).beside(&world);
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    beside.ask("POST", "/auth/login").json(&body).send().expect(429);
    assert!(is_in(&world, &ana), "a session that stands is never affected");
    refresh(&world, &ana.refresh_token).expect(200);
}

#[test]
fn of_a_burst_of_guesses_few_slip_past_the_limit() {
    let world = World::setup().accounts(|accounts| accounts.limits = LoginLimits { login_account: 3, login_address: 0 }).start();
    let looked_at: usize = std::thread::scope(|scope| {
        let guess = || login(&world, "nobody@example.org", "a guess of a thief").status == 401;
        let all: Vec<_> = (0..24).map(|_| scope.spawn(guess)).collect();
        all.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
    });
    // Four hash at once in a test.
    assert!((3..=7).contains(&looked_at), "{looked_at}");
}

#[test]
fn a_hash_is_renewed_when_the_parameters_rise() {
    let world = World::new();
    world.person("ana@example.org");
    let hash =
        |world: &World| world.read(|c| plenary::people::person_by_email(c, "ana@example.org")).unwrap().password_hash.unwrap();
    let before = hash(&world);
    assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{before}");
    login(&world, "ana@example.org", PASSWORD).expect(200);
    assert_eq!(hash(&world), before);
    let dearer = World::setup().accounts(|accounts| accounts.cost = Cost { memory_kib: 16, iterations: 2, parallelism: 1 });
    let dearer = dearer.beside(&world);
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    dearer.ask("POST", "/auth/login").json(&body).send().expect(200);
    let after = hash(&world);
    assert!(after.starts_with("$argon2id$v=19$m=16,t=2,p=1$"), "{after}");
    // The cheaper server takes it as it is.
    login(&world, "ana@example.org", PASSWORD).expect(200);
    assert_eq!(hash(&world), after);
}
