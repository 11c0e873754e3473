//! Each reminder once, whatever happens to servers.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use plenary::db::{self, Db, Target};
use plenary::ids::Ids;
use plenary::schema::{outbox, reminders as marks};
use plenary::time::Clock;
use serde_json::json;

use super::{Server, of, plan, reminders};
use crate::world::cast::Cast;
use crate::world::instant;

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

const VICTIM: &str = "PLENARY_TEST_VICTIM_OF_REMINDERS";
const NINE: &str = "2026-09-08T07:00:00Z";

/// Not a test: the process that the next one kills while it sends reminders.
#[test]
#[ignore = "run by the next one"]
fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let target = match url.strip_prefix("sqlite:") {
        Some(path) => Target::Sqlite(path.into()),
        None => Target::Postgres(url.into()),
    };
    let db = Db::open(target, db::Options::default(), Clock::fixed(instant(NINE)), Ids::Random).unwrap();
    plenary::app::prepare(&db);
    println!("\nbegun");
    actix_web::rt::System::new().block_on(plenary::reminders::send_due(&db, instant(NINE))).unwrap();
    println!("\ndone");
}

/// Whoever marks a reminder stands still right behind that, in its transaction, for longer than anybody waits.
const STALL_SQLITE: &str = "CREATE TABLE stalls (n INTEGER); \
    INSERT INTO stalls VALUES (1), (2), (3), (4), (5), (6), (7), (8); \
    INSERT INTO stalls SELECT a.n FROM stalls a, stalls b, stalls c; \
    CREATE TRIGGER stall AFTER INSERT ON reminders BEGIN \
    UPDATE stalls SET n = (SELECT count(*) FROM stalls a, stalls b, stalls c, stalls d WHERE a.n < b.n + c.n + d.n); END";
const STALL_POSTGRES: &str = "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$; \
    CREATE TRIGGER stall AFTER INSERT ON reminders FOR EACH ROW EXECUTE FUNCTION stall()";

#[test]
fn a_server_killed_between_the_mark_and_the_commit_has_told_nobody_and_another_tells_each_once() {
    let cast = planned();
    cast.at(NINE);
    let is_sqlite = matches!(cast.home().target(), Target::Sqlite(_));
    let run = |statements: &str| cast.write(|tx| Ok(tx.batch_execute(statements)?));
    run(if is_sqlite { STALL_SQLITE } else { STALL_POSTGRES });
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["reminders::once::victim", "--exact", "--ignored", "--nocapture"])
        .env(VICTIM, cast.home().url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line == "begun"), "the victim never got there");
    // It takes milliseconds, unless it stands still where it should.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(child.try_wait().unwrap(), None, "it was done before it could be killed");
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!lines.any(|line| line == "done"));
    if !is_sqlite {
        // The server of a dead client is told so by its system in its own time.
        run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
        );
    }
    run(if is_sqlite { "DROP TRIGGER stall" } else { "DROP TRIGGER stall ON reminders" });
    let (marked, queued): (i64, i64) = cast.read(|c| {
        let queued = outbox::table.filter(outbox::kind.eq("deliverable_due")).count().get_result(c)?;
        Ok((marks::table.filter(marks::kind.eq("deliverable_due")).count().get_result(c)?, queued))
    });
    assert_eq!((marked, queued), (0, 0), "all of it or nothing");
    assert_eq!(Server::new(&cast, "next").work(&cast), 2);
    assert_eq!(Server::new(&cast, "third").work(&cast), 0);
    assert_eq!(reminders(&cast), ["deliverable_due chair@plenary.test", "deliverable_due other-chair@plenary.test"]);
}
