//! Servers that are killed at any point while reminders go out.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Moment};

use diesel::prelude::*;
use plenary::db::{self, Db, Target};
use plenary::ids::Ids;
use plenary::schema::{outbox, reminders};
use plenary::time::{Clock, Instant};
use plenary::worker::Worker;
use secrecy::ExposeSecret;
use serde_json::json;

use super::community::Community;
use crate::world::{World, instant};

const VICTIM: &str = "PLENARY_TEST_VICTIM";
const SUPPORTERS: usize = 600;
/// Days before the close on which everybody is reminded: as many days are lived through.
const OFFSETS: [i64; 6] = [6, 5, 4, 3, 2, 1];
/// How long a day lasts at least, unless `KILLED_FOR` says how many seconds all of them do.
const A_DAY: Duration = Duration::from_millis(1_500);
const PATIENCE: Duration = Duration::from_secs(180);

/// Not a test: a server that does what a worker does, at the instant that a file says, until it is killed.
#[test]
#[ignore = "run by the next one"]
fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let (url, clock) = url.split_once(' ').unwrap();
    let target = match url.strip_prefix("sqlite:") {
        Some(path) => Target::Sqlite(path.into()),
        None => Target::Postgres(url.into()),
    };
    let read = || Instant::parse(&std::fs::read_to_string(clock).unwrap());
    let now = Clock::fixed(read().unwrap());
    let options = db::Options { postgres_connections: 4, ..db::Options::default() };
    let db = Db::open(target, options, now.clone(), Ids::Random).unwrap();
    plenary::app::prepare(&db);
    let mut worker = Worker::new(db, std::process::id().to_string());
    let system = actix_web::rt::System::new();
    loop {
        // The file may be caught while it is being written.
        if let Some(instant) = read() {
            now.set(instant);
        }
        system.block_on(worker.tick(now.now()));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Two of them, each killed after a while and started anew.
struct Victims<'a> {
    target: String,
    clock: &'a Path,
    running: Vec<(Child, Moment)>,
    chance: RandomState,
    killed: u64,
}

impl<'a> Victims<'a> {
    fn new(world: &World, clock: &'a Path) -> Self {
        let target = match world.home().target() {
            Target::Sqlite(path) => format!("sqlite:{}", path.display()),
            Target::Postgres(url) => url.expose_secret().to_owned(),
        };
        Self { target, clock, running: Vec::new(), chance: RandomState::new(), killed: 0 }
    }

    /// Kills whose time has come, and lets others take their place.
    fn turn(&mut self) {
        for (victim, until) in &mut self.running {
            if Moment::now() >= *until {
                victim.kill().unwrap();
                victim.wait().unwrap();
                self.killed += 1;
            }
        }
        self.running.retain(|(_, until)| Moment::now() < *until);
        while self.running.len() < 2 {
            let life = Duration::from_millis(150 + self.chance.hash_one((self.killed, self.running.len())) % 1_000);
            let victim = Command::new(std::env::current_exe().unwrap())
                .args(["reminders::killed::victim", "--exact", "--ignored", "--nocapture"])
                .env(VICTIM, format!("{} {}", self.target, self.clock.display()))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            self.running.push((victim, Moment::now() + life));
        }
    }
}

impl Drop for Victims<'_> {
    fn drop(&mut self) {
        for (victim, _) in &mut self.running {
            drop(victim.kill());
            drop(victim.wait());
        }
    }
}

#[test]
fn servers_that_are_killed_at_random_tell_everybody_once() {
    let world = World::new();
    let community = Community::settle(&world, SUPPORTERS);
    let settings = world.ask("GET", "/admin/settings").by(&world.administrator()).send().expect(200);
    let offsets = json!({"reminders": {"consultation_closing": OFFSETS}});
    let administrator = world.sign_in("administrator@plenary.test");
    let patch = world.ask("PATCH", "/admin/settings").by(&administrator).if_match(settings.header("etag"));
    patch.json(&offsets).send().expect(200);
    super::ask_supporters(&world, &["attributed"]);

    let directory = tempfile::TempDir::new().unwrap();
    let clock = directory.path().join("now");
    let minute = std::env::var("KILLED_FOR").ok().map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let a_day = minute.map_or(A_DAY, |all| all / u32::try_from(OFFSETS.len()).unwrap());
    std::fs::write(&clock, "2026-09-13T21:30:00Z").unwrap();
    let mut victims = Victims::new(&world, &clock);
    for (n, offset) in OFFSETS.iter().enumerate() {
        // Past nine everywhere, and midnight nowhere since.
        let now = instant("2026-09-14T21:30:00Z").plus(chrono::TimeDelta::days(i64::try_from(n).unwrap()));
        std::fs::write(&clock, now.to_string()).unwrap();
        let start = Moment::now();
        while start.elapsed() < a_day || told(&world, *offset) < SUPPORTERS {
            assert!(
                start.elapsed() < PATIENCE,
                "{} of {SUPPORTERS} were told on day {n}, {} killed",
                told(&world, *offset),
                victims.killed
            );
            victims.turn();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let killed = victims.killed;
    drop(victims);
    assert!(killed >= 6, "{killed} killed");
    let queued: Vec<String> =
        world.read(|c| Ok(outbox::table.filter(outbox::kind.eq("consultation_closing")).select(outbox::recipient).load(c)?));
    let mut times: BTreeMap<&str, usize> = community.everybody().map(|email| (email, 0)).collect();
    for recipient in &queued {
        *times.get_mut(recipient.as_str()).unwrap() += 1;
    }
    let wrong: Vec<_> = times.iter().filter(|(_, times)| **times != OFFSETS.len()).collect();
    assert!(wrong.is_empty(), "after {killed} kills: {wrong:?}");
    println!("{killed} servers killed, {} reminders", queued.len());
}

/// How many were told so many days before.
fn told(world: &World, days_before: i64) -> usize {
    let count: i64 = world.read(|c| Ok(reminders::table.filter(reminders::days_before.eq(days_before)).count().get_result(c)?));
    usize::try_from(count).unwrap()
}
