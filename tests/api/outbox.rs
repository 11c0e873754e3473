//! The outbox: each mail leaves once, whatever happens to those who carry it.

mod hindered;
mod lanes;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use plenary::db::Db;
use plenary::error::Error;
use plenary::outbox::{self, Claimed, Delivered, Mail, Outcome, Sender, State};
use serde_json::json;

use crate::world::World;

/// Keeps what it is handed, and says to each recipient's server's mind: `later@`, `never@`, `hangs@`, else yes.
#[derive(Default)]
struct Postman {
    handed: Mutex<Vec<Claimed>>,
    /// Lets `hangs@` be answered,
    awake: AtomicBool,
    /// and with a refusal.
    sulky: bool,
}

impl Postman {
    fn handed(&self) -> Vec<Claimed> {
        self.handed.lock().unwrap().clone()
    }
}

impl Sender for Postman {
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        self.handed.lock().unwrap().push(mail.clone());
        Box::pin(async move {
            match mail.recipient.split('@').next().unwrap() {
                "later" => Outcome::Later("451 not\r\nnow".into()),
                "never" => Outcome::Never("550 nobody here".into()),
                "hangs" => {
                    while !self.awake.load(Ordering::SeqCst) {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    if self.sulky { Outcome::Never("550 too late".into()) } else { Outcome::Taken("250 ok".into()) }
                }
                _ => Outcome::Taken("250 ok".into()),
            }
        })
    }
}

fn mail(recipient: &str) -> Mail {
    Mail {
        kind: "note",
        person: None,
        recipient: recipient.into(),
        locale: None,
        params: json!({"name": "Müller"}),
        due_at: None,
        concealed: false,
    }
}

fn queue(world: &World, recipients: &[&str]) {
    world.write(|tx| {
        for recipient in recipients {
            outbox::enqueue(tx, mail(recipient))?;
        }
        Ok(())
    });
}

fn deliver(db: &Db, holder: &str, postman: &Postman) -> Delivered {
    let run = async { outbox::deliver_due(db, holder, postman).await };
    actix_web::rt::System::new().block_on(run).unwrap()
}

fn counts(world: &World) -> HashMap<State, i64> {
    world.read(|c| Ok(outbox::counts(c, outbox::State::ALL)?)).into_iter().collect()
}

#[test]
fn a_mail_leaves_if_and_only_if_its_transaction_commits() {
    let (world, postman) = (World::new(), Postman::default());
    let undone: Result<(), Error> = world.db().write_blocking(&mut |tx: &mut plenary::db::Write<'_>| {
        outbox::enqueue(tx, mail("a@example.org"))?;
        Err(Error::Internal("no".into()))
    });
    assert!(undone.is_err());
    assert_eq!(deliver(world.db(), "w1", &postman), Delivered::default());
    queue(&world, &["a@example.org"]);
    let later = Mail { due_at: Some(world.now().plus(TimeDelta::hours(1))), ..mail("b@example.org") };
    world.write(|tx| Ok(outbox::enqueue(tx, later.clone())?));
    assert_eq!(deliver(world.db(), "w1", &postman).taken, 1);
    assert_eq!(deliver(world.db(), "w1", &postman).claimed, 0);
    world.at("2026-09-01T10:00:00Z");
    assert_eq!(deliver(world.db(), "w1", &postman).taken, 1);
    let handed = postman.handed();
    assert_eq!((handed[0].kind.as_str(), &handed[0].params, handed[0].attempt), ("note", &json!({"name": "Müller"}), 1));
    assert_eq!(handed[1].recipient, "b@example.org");
    assert_eq!(counts(&world), HashMap::from([(State::Sent, 2)]));
}

#[test]
fn refusals_end_where_they_should() {
    let (world, postman) = (World::new(), Postman::default());
    queue(&world, &["later@example.org", "never@example.org", "yes@example.org"]);
    assert_eq!(deliver(world.db(), "w", &postman), Delivered { claimed: 3, taken: 1 });
    assert_eq!(counts(&world), HashMap::from([(State::Queued, 1), (State::Dead, 1), (State::Sent, 1)]));
    // Not again before its time, and no more than ten times.
    assert_eq!(deliver(world.db(), "w", &postman).claimed, 0);
    let mut hours = 0;
    while counts(&world).contains_key(&State::Queued) {
        hours += 1;
        world.at(&(world.now().plus(TimeDelta::hours(1))).to_string());
        deliver(world.db(), "w", &postman);
        assert!(hours < 48, "it is never given up");
    }
    assert_eq!(postman.handed().iter().filter(|mail| mail.recipient == "later@example.org").count(), 10);
    assert!(hours > 12, "given up after {hours} hours, before a night is over");
}

#[test]
fn workers_side_by_side_send_each_mail_once() {
    let (world, postman) = (World::new(), Postman::default());
    let recipients: Vec<String> = (0..150).map(|n| format!("{n}@example.org")).collect();
    queue(&world, &recipients.iter().map(String::as_str).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for holder in ["w1", "w2", "w3"] {
            let (world, postman) = (&world, &postman);
            scope.spawn(move || {
                while counts(world).contains_key(&State::Queued) {
                    deliver(world.db(), holder, postman);
                }
            });
        }
    });
    let mut handed: Vec<String> = postman.handed().into_iter().map(|mail| mail.recipient).collect();
    handed.sort();
    let all = handed.len();
    handed.dedup();
    assert_eq!((all, handed.len()), (150, 150));
}

/// Begins to deliver and dies in the middle.
fn deliver_and_die(world: &World, holder: &str, postman: &Postman) {
    let run = async {
        let delivery = outbox::deliver_due(world.db(), holder, postman);
        let dead = async {
            while postman.handed().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            _ = delivery => panic!("it did not hang"),
            () = dead => {}
        }
    };
    actix_web::rt::System::new().block_on(run);
}

#[test]
fn what_a_dead_worker_held_is_sent_by_another_after_its_lease() {
    let (world, dying, postman) = (World::new(), Postman::default(), Postman::default());
    queue(&world, &["hangs@example.org"]);
    deliver_and_die(&world, "w1", &dying);
    postman.awake.store(true, Ordering::SeqCst);
    assert_eq!(deliver(world.db(), "w2", &postman).claimed, 0, "the lease still holds");
    world.at("2026-09-01T09:00:20Z");
    assert_eq!(deliver(world.db(), "w2", &postman).taken, 1);
    assert_eq!(dying.handed()[0].id, postman.handed()[0].id, "the same id, so that the repeat can be recognised");
    assert_eq!(postman.handed()[0].attempt, 2);
}

#[test]
fn a_mail_that_kills_its_workers_ends_dead() {
    let world = World::new();
    queue(&world, &["hangs@example.org"]);
    for n in 0..10 {
        deliver_and_die(&world, &format!("w{n}"), &Postman::default());
        world.at(&world.now().plus(TimeDelta::seconds(20)).to_string());
    }
    assert_eq!(deliver(world.db(), "w", &Postman::default()).claimed, 0);
    assert_eq!(counts(&world), HashMap::from([(State::Dead, 1)]));
}

#[test]
fn who_lost_its_lease_writes_nothing_down() {
    let world = World::new();
    let (slow, quick) = (Postman { sulky: true, ..Postman::default() }, Postman { awake: true.into(), ..Postman::default() });
    queue(&world, &["hangs@example.org"]);
    let run = async {
        let overtaken = outbox::deliver_due(world.db(), "slow", &slow);
        let overtaking = async {
            while slow.handed().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            world.at("2026-09-01T09:01:00Z");
            let delivered = outbox::deliver_due(world.db(), "quick", &quick).await;
            // Only now the slow one hears that its mail is refused for good.
            slow.awake.store(true, Ordering::SeqCst);
            delivered
        };
        futures_util::future::join(overtaken, overtaking).await
    };
    let (overtaken, overtaking) = actix_web::rt::System::new().block_on(run);
    assert_eq!((overtaken.unwrap().claimed, overtaking.unwrap().taken), (1, 1));
    assert_eq!(counts(&world), HashMap::from([(State::Sent, 1)]));
}

/// A mail server that is away for a while.
#[derive(Default)]
struct Away {
    is_back: AtomicBool,
    tries: AtomicUsize,
    taken: Mutex<Vec<outbox::DispatchId>>,
}

impl Sender for Away {
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        let outcome = if self.is_back.load(Ordering::SeqCst) {
            self.taken.lock().unwrap().push(mail.id);
            Outcome::Taken("250 ok".into())
        } else {
            Outcome::Later("connection refused".into())
        };
        Box::pin(async { outcome })
    }
}

#[test]
fn a_mail_server_that_is_gone_for_an_hour_gets_everything_once_and_not_at_once() {
    const MAILS: usize = 1_000;
    let world = World::new();
    let recipients: Vec<String> = (0..MAILS).map(|n| format!("reader{n}@example.org")).collect();
    queue(&world, &recipients.iter().map(String::as_str).collect::<Vec<_>>());
    let (away, start) = (Away::default(), world.now());
    let system = actix_web::rt::System::new();
    let minute = |n: i64| {
        world.at(&start.plus(TimeDelta::minutes(n)).to_string());
        let work = async {
            outbox::deliver_due(world.db(), "w", &away).await.unwrap();
        };
        system.block_on(work);
        away.taken.lock().unwrap().len()
    };
    for n in 0..60 {
        assert_eq!(minute(n), 0);
    }
    let tries = away.tries.load(Ordering::SeqCst);
    assert!(tries <= 8 * MAILS, "{tries} tries while it was away");
    away.is_back.store(true, Ordering::SeqCst);
    let (mut before, mut most, mut n) = (0, 0, 60);
    while before < MAILS {
        let now = minute(n);
        (most, before, n) = (most.max(now - before), now, n + 1);
        assert!(n < 60 + 150, "{now} of {MAILS} two and a half hours later");
    }
    assert!(most < MAILS / 4, "{most} of {MAILS} in a minute");
    let mut taken = away.taken.lock().unwrap().clone();
    taken.sort();
    taken.dedup();
    assert_eq!((taken.len(), counts(&world)), (MAILS, HashMap::from([(State::Sent, MAILS as i64)])));
    println!("{tries} tries while it was away, all there {} minutes after, {most} in a minute at most", n - 60);
}
