//! Each reminder once, whatever happens to servers.

use std::sync::Barrier;

use diesel::connection::SimpleConnection;
use serde_json::json;

use super::{Server, of, plan, reminders};
use crate::world::cast::Cast;

fn planned() -> Cast {
    let cast = Cast::new();
    Server::new(&cast, "first").work(&cast);
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    reminders(&cast);
    cast
}

#[test]
fn of_two_servers_at_once_one_tells() {
    let cast = planned();
    cast.at("2026-09-08T07:00:00Z");
    let together = Barrier::new(4);
    let sent: usize = std::thread::scope(|scope| {
        let run = |n: i32| {
            let mut server = Server::new(&cast, &n.to_string());
            together.wait();
            server.work(&cast)
        };
        let all: Vec<_> = (0..4).map(|n| scope.spawn(move || run(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(sent, 2, "both co-chairs");
    assert_eq!(reminders(&cast), ["deliverable_due chair@plenary.test", "deliverable_due other-chair@plenary.test"]);
}

#[test]
fn a_server_that_dies_before_it_is_done_is_followed_by_one_that_finds_what_was_done() {
    let cast = planned();
    cast.at("2026-09-08T07:00:00Z");
    // The mails are queued and marked, that the day is planned cannot be noted.
    cast.write(|tx| Ok(tx.batch_execute("ALTER TABLE reminder_days RENAME COLUMN planned_on TO gone")?));
    let mut worker = plenary::worker::Worker::new(cast.db().clone(), "dies");
    let round = actix_web::rt::System::new().block_on(worker.tick(cast.now()));
    assert_eq!(round.failed, ["send reminders"]);
    cast.write(|tx| Ok(tx.batch_execute("ALTER TABLE reminder_days RENAME COLUMN gone TO planned_on")?));
    // As after a kill between the last batch and the note.
    let mut server = Server::new(&cast, "next");
    assert_eq!(server.work(&cast), 2);
    cast.write(|tx| Ok(tx.batch_execute("UPDATE reminder_days SET planned_on = '2026-09-07'")?));
    assert_eq!(Server::new(&cast, "third").work(&cast), 0);
    assert_eq!(reminders(&cast).len(), 2);
}

#[test]
fn after_days_of_downtime_the_latest_missed_offset_is_told() {
    let cast = planned();
    cast.at("2026-10-03T11:00:00Z");
    let mut server = Server::new(&cast, "w");
    server.work(&cast);
    let mails = cast.mails();
    let mail = mails.to(&cast.chair.email);
    assert_eq!(mail.params["items"][0]["days"], json!(5), "the seven-day one, two days late");
    let told = server.days(&cast, "2026-10-04", "2026-10-08");
    assert_eq!(of("deliverable_due", &told), ["2026-10-07 chair", "2026-10-07 other-chair"]);
}
