//! The worker, and what one server notices of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use plenary::db::Db;
use plenary::schema::idempotency_keys as keys;
use plenary::worker::{Round, Worker};

use crate::process::eventually;
use crate::world::World;

/// The job that forgets them.
const KEYS: &str = "forget idempotency keys";

fn tick(worker: &mut Worker, db: &Db) -> Round {
    actix_web::rt::System::new().block_on(worker.tick(db.clock().now()))
}

fn keep_key(world: &World, key: &str) {
    let row = (keys::caller.eq("c"), keys::route.eq("r"), keys::idempotency_key.eq(key), keys::body_digest.eq("d"));
    let now = world.now();
    world.write(|tx| {
        Ok(diesel::insert_into(keys::table).values((row, keys::status.eq(1), keys::created_at.eq(now))).execute(&mut **tx)?)
    });
}

#[test]
fn old_keys_are_forgotten_by_one_server_at_a_time() {
    let world = World::new();
    let mut workers = ["w1", "w2"].map(|holder| Worker::new(world.db().clone(), holder));
    keep_key(&world, "old");
    world.at("2026-09-02T08:30:00Z");
    keep_key(&world, "young");
    assert_eq!(tick(&mut workers[0], world.db()).done.get(KEYS), Some(&0), "23.5 hours are not a day");
    assert_eq!(tick(&mut workers[1], world.db()).done.get(KEYS), None, "somebody else did it just now");
    world.at("2026-09-02T09:00:01Z");
    assert_eq!(tick(&mut workers[1], world.db()).done.get(KEYS), Some(&1));
    assert_eq!(tick(&mut workers[0], world.db()).done.get(KEYS), None);
}

#[test]
fn of_many_servers_one_takes_a_turn() {
    let world = World::new();
    for _ in 0..5 {
        world.at(&world.now().plus(TimeDelta::hours(1)).to_string());
        let turns: usize = std::thread::scope(|scope| {
            let run = |n: i32| {
                let mut worker = Worker::new(world.db().clone(), n.to_string());
                usize::from(tick(&mut worker, world.db()).done.contains_key(KEYS))
            };
            let all: Vec<_> = (0..4).map(|n| scope.spawn(move || run(n))).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(turns, 1);
    }
}

#[test]
fn gauges_are_kept() {
    let world = World::new();
    let metrics = world.web().metrics.clone();
    let mut worker = Worker::new(world.db().clone(), "w").metrics(metrics.clone());
    world.write(|tx| {
        let mail = plenary::outbox::Mail {
            kind: "note",
            person: None,
            recipient: "a@example.org".into(),
            locale: None,
            params: serde_json::json!({}),
            due_at: None,
            concealed: false,
        };
        Ok(plenary::outbox::enqueue(tx, mail)?)
    });
    world.get("/sectors?limit=x");
    tick(&mut worker, world.db());
    let text = metrics.text();
    let asked = "plenary_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/sectors\",status=\"422\"} 1";
    for line in [asked, "plenary_mails{state=\"queued\"} 1", "plenary_mails{state=\"dead\"} 0"] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_worker_survives_failures_and_stops_when_told() {
    let world = World::new();
    world.write(|tx| Ok(tx.batch_execute("ALTER TABLE job_leases RENAME TO gone")?));
    let mut worker = Worker::new(world.db().clone(), "w");
    let failed = tick(&mut worker, world.db()).failed;
    assert!(failed.contains(&KEYS) && !failed.contains(&"keep the gauges"), "{failed:?}");
    let stop = Arc::new(AtomicBool::new(false));
    let running = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let shutdown = async move {
                while !stop.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            actix_web::rt::System::new().block_on(worker.run(shutdown));
        })
    };
    world.write(|tx| Ok(tx.batch_execute("ALTER TABLE gone RENAME TO job_leases")?));
    keep_key(&world, "old");
    world.at("2026-09-03T09:00:00Z");
    eventually("the worker never forgot the key", || world.read(|c| Ok(keys::table.count().get_result::<i64>(c)?)) == 0);
    stop.store(true, Ordering::SeqCst);
    running.join().unwrap();
}

#[test]
fn what_another_server_writes_is_noticed() {
    let world = World::new();
    let other = World::setup().beside(&world);
    let _watch = other.db().watch().unwrap();
    let names = || other.get("/sectors").expect(200).text().to_owned();
    let before = names();
    assert_eq!(names(), before);
    world.write(|tx| {
        Ok(tx.batch_execute(
            "INSERT INTO sectors (id, code, name, position, created_at, updated_at) \
             VALUES ('0190aaaa-0000-7000-8000-000000000001', 'state', '{\"en\":\"State\"}', 1, '2026-09-01 09:00:00', '2026-09-01 09:00:00')",
        )?)
    });
    eventually("the change was never noticed", || names() != before);
}
