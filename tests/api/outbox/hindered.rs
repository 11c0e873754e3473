//! Deliveries that are hindered: what hangs, a database that is away for a moment, a server that stops.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use plenary::outbox::{self, Claimed, Lane, Outcome, Sender, State};
use plenary::schema::outbox as rows;
use tokio::sync::watch;

use super::{Postman, counts, queue};
use crate::world::World;

const REST: Duration = Duration::from_millis(20);

fn addresses(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| format!("{n}@example.org")).collect()
}

fn queue_all(world: &World, recipients: &[String]) {
    queue(world, &recipients.iter().map(String::as_str).collect::<Vec<_>>());
}

async fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

fn sent(world: &World) -> i64 {
    counts(world).get(&State::Sent).copied().unwrap_or_default()
}

#[test]
fn a_mail_that_hangs_holds_up_no_other_nor_what_is_queued_meanwhile() {
    let (world, postman) = (World::new(), Postman::default());
    queue(&world, &["hangs@example.org"]);
    queue_all(&world, &addresses(0, 300));
    let (stop, stopped) = watch::channel(false);
    block_on(async {
        let delivering = outbox::keep_delivering(world.db(), "w", &postman, Lane::Mails, REST, stopped);
        let others = async {
            until(|| sent(&world) == 300).await;
            queue(&world, &["urgent@example.org"]);
            until(|| sent(&world) == 301).await;
            // Whoever stops lets arrive what is on its way.
            stop.send_replace(true);
            postman.awake.store(true, Ordering::SeqCst);
        };
        let (delivered, ()) = tokio::join!(delivering, others);
        assert_eq!(delivered.unwrap().taken, 302);
    });
    assert_eq!(postman.handed().len(), 302);
    assert_eq!(sent(&world), 302);
}

#[test]
fn who_stops_gives_back_what_is_not_on_its_way() {
    let (world, postman) = (World::new(), Postman::default());
    queue(&world, &["hangs@example.org"; 40]);
    let (stop, stopped) = watch::channel(false);
    block_on(async {
        let delivering = outbox::keep_delivering(world.db(), "w", &postman, Lane::Mails, REST, stopped);
        let others = async {
            until(|| postman.handed().len() == 16).await;
            stop.send_replace(true);
            postman.awake.store(true, Ordering::SeqCst);
        };
        let (delivered, ()) = tokio::join!(delivering, others);
        assert_eq!(delivered.unwrap().taken, 16);
    });
    type Free = (i64, Option<String>, Option<plenary::time::Instant>);
    let waiting: Vec<Free> = world.read(|c| {
        let queued = rows::table.filter(rows::state.eq(State::Queued));
        Ok(queued.select((rows::attempts, rows::lease_holder, rows::leased_until)).load(c)?)
    });
    assert_eq!(waiting, vec![(0, None, None); 24]);
    // Nobody has to wait for the end of a lease.
    assert_eq!(super::deliver(world.db(), "w2", &postman).taken, 24);
}

/// Takes everything, and lets the database fail from the third mail on.
struct Breaking<'a> {
    postman: Postman,
    world: &'a World,
}

impl Sender for Breaking<'_> {
    fn send<'a>(&'a self, mail: &'a Claimed) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        if self.postman.handed().len() == 2 {
            self.world.write(|tx| Ok(tx.batch_execute("ALTER TABLE outbox RENAME TO away")?));
        }
        self.postman.send(mail)
    }
}

#[test]
fn what_was_taken_while_the_database_is_away_is_written_down_when_it_is_back() {
    let world = World::new();
    queue_all(&world, &addresses(0, 10));
    let breaking = Breaking { postman: Postman::default(), world: &world };
    let (stop, stopped) = watch::channel(false);
    block_on(async {
        let delivering = outbox::keep_delivering(world.db(), "w", &breaking, Lane::Mails, REST, stopped);
        let others = async {
            until(|| breaking.postman.handed().len() == 10).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            world.write(|tx| Ok(tx.batch_execute("ALTER TABLE away RENAME TO outbox")?));
            until(|| sent(&world) == 10).await;
            stop.send_replace(true);
        };
        let (delivered, ()) = tokio::join!(delivering, others);
        assert_eq!(delivered.unwrap().taken, 10);
    });
    world.at("2026-09-01T10:00:00Z");
    assert_eq!(super::deliver(world.db(), "w2", &breaking.postman).claimed, 0);
    assert_eq!(breaking.postman.handed().len(), 10, "nothing twice");
}

/// Panics at one mail.
struct Clumsy(Postman);

impl Sender for Clumsy {
    fn send<'a>(&'a self, mail: &'a Claimed) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        assert_ne!(mail.recipient, "3@example.org", "a fault, in a test");
        self.0.send(mail)
    }
}

#[test]
fn a_mail_that_cannot_be_written_without_a_panic_is_its_own_matter() {
    let (world, clumsy) = (World::new(), Clumsy(Postman::default()));
    queue_all(&world, &addresses(0, 10));
    let delivered = block_on(outbox::deliver_due(world.db(), "w", &clumsy)).unwrap();
    assert_eq!((delivered.claimed, delivered.taken), (10, 9));
    assert_eq!(counts(&world).get(&State::Queued), Some(&1));
}

#[test]
fn a_renewal_that_fails_ends_no_delivery() {
    let (world, postman) = (World::new(), Postman::default());
    queue(&world, &["hangs@example.org"]);
    let (stop, stopped) = watch::channel(false);
    block_on(async {
        let delivering = outbox::keep_delivering(world.db(), "w", &postman, Lane::Mails, Duration::from_secs(60), stopped);
        let others = async {
            until(|| postman.handed().len() == 1).await;
            world.write(|tx| Ok(tx.batch_execute("ALTER TABLE outbox RENAME COLUMN leased_until TO gone")?));
            // Leases are renewed every six seconds.
            tokio::time::sleep(Duration::from_millis(6_500)).await;
            world.write(|tx| Ok(tx.batch_execute("ALTER TABLE outbox RENAME COLUMN gone TO leased_until")?));
            postman.awake.store(true, Ordering::SeqCst);
            until(|| sent(&world) == 1).await;
            stop.send_replace(true);
        };
        let (delivered, ()) = tokio::join!(delivering, others);
        assert_eq!(delivered.unwrap().taken, 1);
    });
    assert_eq!(postman.handed().len(), 1, "it arrives once");
}
