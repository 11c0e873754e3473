//! Writes: one handler shape, whole or not at all, once a key, never over another's change.

use std::sync::Barrier;
use std::sync::mpsc;
use std::time::Duration;

use diesel::prelude::*;
use plenary::error::Error;
use plenary::schema::{audit_entries, idempotency_keys as keys};
use serde_json::{Value, json};

use super::notes::{self, Step, setup, started, traces};
use crate::world::{Reply, Server};

fn create(server: &Server, title: &str) -> Reply {
    server.ask("POST", "/kit-notes").token("secretariat").json(&json!({"title": title, "rank": 1})).send()
}

/// Makes a note: where it lives, and its ETag.
fn note(server: &Server, title: &str) -> (String, String) {
    let made = create(server, title).expect(201);
    (made.header("location").strip_prefix("/api/v1").unwrap().to_owned(), made.header("etag").to_owned())
}

/// Does `f` on `count` threads at the same moment.
fn at_once<T: Send>(count: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    std::thread::scope(|scope| {
        let (barrier, f) = (&barrier, &f);
        let run = |n| {
            scope.spawn(move || {
                barrier.wait();
                f(n)
            })
        };
        let all: Vec<_> = (0..count).map(run).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn a_write_leaves_object_mail_and_entry() {
    let world = notes::world();
    let made = world
        .ask("POST", "/kit-notes")
        .token("secretariat")
        .header("X-Request-Id", "my-request.1")
        .json(&json!({"title": "a", "rank": 1, "due_at": "2026-11-12T09:00:00.5+01:00"}))
        .send()
        .expect(201);
    let body = made.json();
    assert_eq!(made.header("location"), format!("/api/v1/kit-notes/{}", body["id"].as_str().unwrap()));
    assert_eq!(made.header("etag"), body["etag"]);
    assert_eq!(body["due_at"], "2026-11-12T08:00:00.500000Z");
    assert_eq!(body["created_at"], "2026-09-01T09:00:00Z");
    let shown = world.get(made.header("location").strip_prefix("/api/v1").unwrap()).expect(200);
    assert_eq!((shown.json(), shown.header("etag")), (body.clone(), made.header("etag")));
    assert_eq!(traces(&world), [1, 1, 1, 0, 1]);
    type Seen = (String, Option<String>, String, Option<String>, Option<String>);
    let entry: Seen = world.read(|c| {
        let columns = (
            audit_entries::object_id,
            audit_entries::actor_id,
            audit_entries::act,
            audit_entries::to_state,
            audit_entries::request_id,
        );
        Ok(audit_entries::table.select(columns).get_result(c)?)
    });
    let expected = (Some("0190aaaa-0000-7000-8000-000000000001"), "create", Some("draft"), Some("my-request.1"));
    assert_eq!((entry.1.as_deref(), entry.2.as_str(), entry.3.as_deref(), entry.4.as_deref()), expected);
    assert_eq!(body["id"], entry.0);
    assert_eq!(world.read(|c| Ok(plenary::audit::verify(c)?)).unwrap().entries, 1);
}

#[test]
fn nobody_changes_what_another_changed_meanwhile() {
    let world = notes::world();
    let (path, first) = note(&world, "a");
    let change = |etag: Option<&str>, body: Value| {
        let ask = world.ask("PATCH", &path).token("secretariat").json(&body);
        if let Some(etag) = etag { ask.if_match(etag) } else { ask }.send()
    };
    let absent = change(None, json!({"title": "b"}));
    assert_eq!((absent.status, absent.problem().as_str()), (428, "precondition-required"));
    let changed = change(Some(&first), json!({"title": "b"})).expect(200);
    let second = changed.header("etag").to_owned();
    assert_ne!(first, second);
    assert_eq!(changed.json()["title"], "b");
    for stale in [first.as_str(), "\"0.ffffffff\"", "\"\"", "b", &format!("W/{second}")] {
        let reply = change(Some(stale), json!({"title": "c"}));
        assert_eq!((reply.status, reply.problem().as_str()), (412, "precondition-failed"), "{stale}");
    }
    // What the ETag says of the rendering, and its encoding, does not matter: the version does.
    change(Some("\"2.00000000\""), json!({"title": "c"})).expect(200);
    change(Some("\"3.00000000.gzip\", \"9.1\""), json!({"title": "d"})).expect(200);
    change(Some("*"), json!({"title": "e"})).expect(200);
    assert_eq!(world.get(&path).json()["title"], "e");
}

#[test]
fn of_many_changes_to_one_version_one_is_made() {
    let world = notes::world();
    let (path, etag) = note(&world, "a");
    for round in 0..3 {
        let etag = if round == 0 { etag.clone() } else { world.get(&path).header("etag").to_owned() };
        let replies = at_once(8, |n| {
            let body = json!({"title": format!("{round}-{n}")});
            world.ask("PATCH", &path).token("secretariat").if_match(&etag).json(&body).send()
        });
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    }
    assert_eq!(traces(&world), [1, 4, 4, 0, 4]);
}

#[test]
fn repeats_with_one_key_make_one_object() {
    let world = notes::world();
    let ask = |title: &str| {
        world.ask("POST", "/kit-notes").token("secretariat").key("k 1").json(&json!({"title": title, "rank": 1})).send()
    };
    let replies = at_once(16, |_| ask("a").expect(201));
    for reply in &replies {
        assert_eq!(reply.text(), replies[0].text());
        assert_eq!(reply.header("location"), replies[0].header("location"));
        assert_eq!(reply.header("etag"), replies[0].header("etag"));
    }
    assert_eq!(traces(&world), [1, 1, 1, 1, 1]);
    let other = ask("b");
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));
    // Another caller's key is another key.
    world.ask("POST", "/kit-notes").token("deputy").key("k 1").json(&json!({"title": "c", "rank": 1})).send().expect(201);
    // A repeat after a restart, and at another server, is still the same one.
    let restarted = setup().beside(&world);
    let repeat = restarted
        .ask("POST", "/kit-notes")
        .token("secretariat")
        .key("k 1")
        .json(&json!({"title": "a", "rank": 1}))
        .send()
        .expect(201);
    assert_eq!(repeat.text(), replies[0].text());
    assert_eq!(traces(&world), [2, 2, 2, 2, 2]);
    // What was made is shown as it is now; a day later the key means nothing any more.
    world
        .ask("PATCH", repeat.header("location").strip_prefix("/api/v1").unwrap())
        .token("secretariat")
        .if_match("*")
        .json(&json!({"rank": 7}))
        .send()
        .expect(200);
    assert_eq!(ask("a").expect(201).json()["rank"], 7);
    world.at("2026-09-02T09:00:00.000001Z");
    assert_eq!(ask("a").expect(409).problem(), "already-exists");
    ask("d").expect(201);
}

#[test]
fn a_key_is_kept_for_success_only_and_asked_for_its_form() {
    let world = notes::world();
    let ask = |key: &str, token: &str, rank: i64| {
        world.ask("POST", "/kit-notes").token(token).key(key).json(&json!({"title": "a", "rank": rank})).send()
    };
    assert_eq!(ask("k", "secretariat", 1000).faults(), ["/rank too-large"]);
    assert_eq!(ask("k", "person", 1).expect(403).problem(), "forbidden");
    ask("k", "secretariat", 1).expect(201);
    for bad in ["", &"x".repeat(256)] {
        assert_eq!(ask(bad, "secretariat", 1000).faults(), ["Idempotency-Key format", "/rank too-large"], "{bad:?}");
    }
    assert_eq!(ask("k".repeat(255).as_str(), "secretariat", 1).expect(409).problem(), "already-exists");
    // 202 without an object, by address as nobody signed in.
    let mailed = |key: &str, email: &str| world.ask("POST", "/kit-notes-mailed").key(key).json(&json!({"email": email})).send();
    let before = traces(&world)[1];
    for reply in at_once(4, |_| mailed("m", "a@example.org").expect(202)) {
        assert!(reply.body.is_empty());
    }
    assert_eq!(traces(&world)[1], before + 1);
    assert_eq!(mailed("m", "b@example.org").expect(422).problem(), "idempotency-key-reused");
    assert_eq!(mailed("n", "nowhere").faults(), ["/email format"]);
}

#[test]
fn a_repeat_of_what_still_runs_is_told_so() {
    let world = started(setup().database(|options| {
        options.statement_timeout = Duration::from_millis(1500);
        options.connection_timeout = Duration::from_millis(300);
    }));
    let ask = || world.ask("POST", "/kit-notes").token("secretariat").key("k").json(&json!({"title": "a", "rank": 1})).send();
    let (release, released) = mpsc::channel::<()>();
    let (held, holds) = mpsc::channel();
    let person = "person:0190aaaa-0000-7000-8000-000000000001";
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let released = released;
            let undone: Result<(), Error> = world.db().write_blocking(&mut |tx: &mut plenary::db::Write<'_>| {
                let row = (keys::caller.eq(person), keys::route.eq("POST /api/v1/kit-notes"), keys::idempotency_key.eq("k"));
                let rest = (keys::body_digest.eq("x"), keys::status.eq(0_i64), keys::created_at.eq(tx.now()));
                diesel::insert_into(keys::table).values((row, rest)).execute(&mut **tx)?;
                held.send(()).unwrap();
                released.recv().unwrap();
                Err(Error::Internal("it fails in the end".into()))
            });
            assert!(undone.is_err());
        });
        holds.recv().unwrap();
        let reply = ask();
        // SQLite's one writer is taken; PostgreSQL waits for the key itself.
        let expected = match world.db().target() {
            plenary::db::Target::Sqlite(_) => (503, "unavailable"),
            plenary::db::Target::Postgres(_) => (409, "idempotency-in-progress"),
        };
        release.send(()).unwrap();
        assert_eq!((reply.status, reply.problem().as_str()), expected);
        assert_eq!(reply.header("retry-after"), "1");
    });
    ask().expect(201);
}

#[test]
fn a_failure_after_any_step_leaves_nothing() {
    let world = notes::world();
    let (path, etag) = note(&world, "old");
    let before = traces(&world);
    for (step, how) in Step::ALL.iter().flat_map(|step| [(step, "fail"), (step, "panic")]) {
        if (how, *step) == ("panic", Step::Commit) {
            continue;
        }
        let query = format!("?{how}={step}");
        let asks = [
            world.ask("POST", &format!("/kit-notes{query}")).key("k").json(&json!({"title": "new", "rank": 1})),
            world.ask("PATCH", &format!("{path}{query}")).if_match(&etag).json(&json!({"title": "newer"})),
            world.ask("POST", &format!("{path}/transitions{query}")).json(&json!({"to": "done", "reason": "because"})),
        ];
        for ask in asks {
            let reply = ask.token("secretariat").send();
            assert_eq!((reply.status, reply.problem().as_str()), (500, "internal"), "{how} after {step}");
            assert!(!reply.text().contains("made to"), "the reason is the log's: {}", reply.text());
            assert_eq!(traces(&world), before, "{how} after {step}");
            assert_eq!(world.get(&path).expect(200).header("etag"), etag, "{how} after {step}");
        }
    }
    // Nothing is left behind that stands in the way of doing it rightly.
    world.ask("POST", "/kit-notes").key("k").token("secretariat").json(&json!({"title": "new", "rank": 1})).send().expect(201);
    world.ask("PATCH", &path).if_match(&etag).token("secretariat").json(&json!({"title": "newer"})).send().expect(200);
    world
        .ask("POST", &format!("{path}/transitions"))
        .token("secretariat")
        .json(&json!({"to": "done", "reason": "x"}))
        .send()
        .expect(200);
    assert_eq!(traces(&world), [2, before[1] + 3, before[2] + 3, 1, before[4] + 3]);
}

#[test]
fn moves_compare_the_state_and_say_what_is_allowed() {
    let world = notes::world();
    let (path, etag) = note(&world, "a");
    let ask = |body: Value| world.ask("POST", &format!("{path}/transitions")).token("secretariat").json(&body);
    let illegal = ask(json!({"to": "draft"})).send().expect(409);
    assert_eq!((illegal.problem().as_str(), &illegal.json()["allowed"]), ("illegal-transition", &json!(["done"])));
    let reasonless = ask(json!({"to": "done"})).send().expect(422);
    assert_eq!(
        (reasonless.problem().as_str(), &reasonless.json()["violations"][0]["code"]),
        ("rule-violation", &json!("reason_required"))
    );
    assert_eq!(ask(json!({"to": "done", "reason": "x"})).if_match("\"9.0\"").send().expect(412).problem(), "precondition-failed");
    let moved = at_once(6, |_| ask(json!({"to": "done", "reason": "x"})).send());
    let mut statuses: Vec<_> = moved.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert!(statuses[0] == 200 && statuses[1..].iter().all(|status| [409, 412].contains(status)), "{statuses:?}");
    let again = ask(json!({"to": "done", "reason": "x"})).send().expect(409);
    assert_eq!(again.json()["allowed"], json!([]));
    assert_eq!(ask(json!({"to": "done", "reason": "x"})).if_match(&etag).send().expect(412).problem(), "precondition-failed");
}

#[test]
fn writes_that_share_a_commit_fail_alone() {
    let world = notes::world();
    let db = world.db().clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(async {
        // The first holds the writer until all the others wait behind it.
        let all = (0..40_i64).map(|n| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    if n == 0 {
                        std::thread::sleep(Duration::from_millis(50));
                    }
                    let row = (
                        keys::caller.eq("c"),
                        keys::route.eq("r"),
                        keys::idempotency_key.eq(n.to_string()),
                        keys::body_digest.eq(""),
                        keys::status.eq(n),
                        keys::created_at.eq(tx.now()),
                    );
                    diesel::insert_into(keys::table).values(row).execute(&mut **tx)?;
                    assert!(n % 7 != 3, "made to panic");
                    if n % 5 == 1 { Err(Error::not_found("note")) } else { Ok(n) }
                })
                .await
            }
        });
        futures_util::future::join_all(all).await
    });
    let done: Vec<i64> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
    let expected: Vec<i64> = (0..40).filter(|n| n % 7 != 3 && n % 5 != 1).collect();
    assert_eq!(done, expected);
    let there: Vec<i64> = world.read(|c| Ok(keys::table.order(keys::status).select(keys::status).load(c)?));
    assert_eq!(there, expected, "each that succeeded, and nothing of those that failed");
}
