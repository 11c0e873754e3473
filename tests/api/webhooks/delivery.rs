//! How what is told leaves, and where it does not go.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::prelude::*;
use plenary::outbox;
use plenary::schema::{outbox as rows, webhooks};
use plenary::webhooks::Reach;
use plenary::worker::{Messenger, Worker};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::{Value, json};

use super::receiver::{Receiver, Untrusted};
use super::{Endpoint, messenger, notices, tell, tell_through};
use crate::world::{Person, World};

/// A world in which a group can be proposed, which is told.
struct Stage {
    world: World,
    secretary: Person,
    receiver: Receiver,
    endpoint: Endpoint,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        world.load_paris_call();
        let (secretary, receiver) = (world.secretary(), Receiver::open());
        let endpoint = Endpoint::new(&world, &secretary, &receiver, &["group.proposed"]);
        Self { world, secretary, receiver, endpoint }
    }

    /// Something happens.
    #[track_caller]
    fn propose(&self, number: i64) {
        let body = json!({"number": number, "title": format!("Group {number}"), "mandate": "M", "principles": [1], "join_policy": "open"});
        self.world.ask("POST", "/groups").by(&self.secretary).json(&body).send().expect(201);
    }

    fn deliveries(&self) -> Vec<(Value, Value)> {
        let list = self.endpoint.deliveries(&self.world, &self.secretary);
        list.into_iter().map(|one| (one["state"].clone(), one["attempts"].clone())).collect()
    }

    /// Signed in again, at another time.
    fn at(&mut self, when: &str) {
        self.world.at(when);
        self.secretary = self.world.sign_in(&self.secretary.email);
    }
}

#[test]
fn what_is_told_is_signed_as_the_standard_says() {
    let stage = Stage::new();
    stage.propose(71);
    assert_eq!(tell(&stage.world).taken, 1);
    let told = stage.receiver.told();
    let told = &told[0];
    assert_eq!(told.line, "POST /hook?key=k HTTP/1.1");
    assert!(told.is_signed_by(&stage.endpoint.secret));
    assert!(!told.is_signed_by("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    let at = stage.world.now().utc().timestamp().to_string();
    assert_eq!(told.header("webhook-timestamp"), at);
    assert_eq!(told.header("content-type"), "application/json");
    let delivery = &stage.endpoint.deliveries(&stage.world, &stage.secretary)[0];
    assert_eq!(told.header("webhook-id"), delivery["id"].as_str().unwrap());
    assert_eq!(
        (&delivery["kind"], &delivery["state"], &delivery["last_answer"]),
        (&json!("group.proposed"), &json!("sent"), &json!("200 fine"))
    );
    let payload = told.json();
    assert_eq!((&payload["type"], &payload["data"]["type"]), (&json!("group.proposed"), &json!("group")));
    assert_eq!(payload["timestamp"], json!(stage.world.now()));
    stage.world.get(&format!("/{}", payload["data"]["path"].as_str().unwrap())).expect(200);
    assert_eq!(tell(&stage.world).claimed, 0, "once is enough");
}

/// Answers for one endpoint when it is told to, for all others at once.
struct Waiting {
    hangs: outbox::WebhookId,
    begun: AtomicUsize,
    told: AtomicUsize,
    answers: std::sync::atomic::AtomicBool,
}

impl outbox::Sender for Waiting {
    fn send<'a>(&'a self, notice: &'a outbox::Claimed) -> Pin<Box<dyn Future<Output = outbox::Outcome> + Send + 'a>> {
        Box::pin(async move {
            if notice.webhook == Some(self.hangs) {
                self.begun.fetch_add(1, Ordering::SeqCst);
                while !self.answers.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } else {
                self.told.fetch_add(1, Ordering::SeqCst);
            }
            outbox::Outcome::Taken("200".into())
        })
    }
}

#[test]
fn an_endpoint_that_does_not_answer_holds_up_no_other() {
    let stage = Stage::new();
    let other = Endpoint::new(&stage.world, &stage.secretary, &stage.receiver, &["group.proposed"]);
    for number in 71..101 {
        stage.propose(number);
    }
    let waiting = Waiting {
        hangs: stage.endpoint.path.rsplit_once('/').unwrap().1.parse().unwrap(),
        begun: AtomicUsize::new(0),
        told: AtomicUsize::new(0),
        answers: false.into(),
    };
    actix_web::rt::System::new().block_on(async {
        let telling = outbox::deliver_notices(stage.world.db(), "w", &waiting);
        let others = async {
            let begun = std::time::Instant::now();
            while waiting.told.load(Ordering::SeqCst) < 30 {
                assert!(begun.elapsed() < Duration::from_secs(20), "{:?} were told", waiting.told);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(waiting.begun.load(Ordering::SeqCst), 4);
            waiting.answers.store(true, Ordering::SeqCst);
        };
        assert_eq!(tokio::join!(telling, others).0.unwrap().taken, 60);
    });
    assert_eq!(other.deliveries(&stage.world, &stage.secretary).len(), 30);
}

#[test]
fn views_of_mails_know_nothing_of_it() {
    let stage = Stage::new();
    stage.world.mails();
    stage.propose(71);
    let list = stage.world.ask("GET", "/admin/mail?state=queued").by(&stage.secretary).send().expect(200).json();
    assert_eq!(list["items"], json!([]));
    assert_eq!(stage.world.mails().list(), Vec::<String>::new(), "the postman takes none");
    assert!(stage.world.read(|c| plenary::outbox::newest(c, None, 100)).iter().all(|mail| mail.kind != "group.proposed"));
    let counts = stage.world.read(|c| Ok(plenary::outbox::counts(c, plenary::outbox::State::ALL)?));
    assert!(counts.iter().all(|(state, _)| *state != plenary::outbox::State::Queued), "{counts:?}");
    let id = stage.endpoint.deliveries(&stage.world, &stage.secretary)[0]["id"].as_str().unwrap().to_owned();
    stage.world.ask("POST", &format!("/admin/mail/{id}/resend")).by(&stage.secretary).send().expect(404);
    assert_eq!(tell(&stage.world).taken, 1);
}

#[test]
fn a_rotated_secret_signs_beside_the_old_one_for_a_day() {
    let mut stage = Stage::new();
    let rotate = stage.world.ask("POST", &format!("{}/rotate-secret", stage.endpoint.path)).by(&stage.secretary).send();
    let new = rotate.expect(200).json()["secret"].as_str().unwrap().to_owned();
    stage.propose(71);
    tell(&stage.world);
    stage.at("2026-09-02T09:00:00Z");
    stage.propose(72);
    tell(&stage.world);
    let told = stage.receiver.told();
    assert!(told[0].is_signed_by(&new) && told[0].is_signed_by(&stage.endpoint.secret));
    assert_eq!(told[0].header("webhook-signature").split(' ').count(), 2);
    // A client that rotates again because it heard no answer voids nothing.
    let rotate = || stage.world.ask("POST", &format!("{}/rotate-secret", stage.endpoint.path)).by(&stage.secretary).send();
    let newest: Vec<String> = (0..2).map(|_| rotate().expect(200).json()["secret"].as_str().unwrap().to_owned()).collect();
    stage.propose(73);
    tell(&stage.world);
    let all = stage.receiver.told();
    assert!(newest.iter().chain([&new]).all(|secret| all[2].is_signed_by(secret)));
    assert!(told[1].is_signed_by(&new) && !told[1].is_signed_by(&stage.endpoint.secret));
}

#[test]
fn what_is_not_taken_is_told_again_with_the_same_id() {
    let mut stage = Stage::new();
    stage.receiver.answers(503, "", &format!("no\u{7}w\n{}", "x".repeat(1000)));
    stage.propose(71);
    assert_eq!(tell(&stage.world).taken, 0);
    assert_eq!(stage.deliveries(), [(json!("queued"), json!(1))]);
    let answer = stage.endpoint.deliveries(&stage.world, &stage.secretary)[0]["last_answer"].as_str().unwrap().to_owned();
    assert!(answer.starts_with("503 no w xxx") && answer.chars().count() == 200, "{answer}");
    assert_eq!(tell(&stage.world).claimed, 0, "not before its time");
    stage.receiver.answers(204, "", "");
    stage.at("2026-09-01T09:01:00Z");
    assert_eq!(tell(&stage.world).taken, 1);
    assert_eq!(stage.deliveries(), [(json!("sent"), json!(2))]);
    let told = stage.receiver.told();
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    assert_eq!(told[0].body, told[1].body);
    assert!(told[0].header("webhook-timestamp") < told[1].header("webhook-timestamp"));
    assert!(told[1].is_signed_by(&stage.endpoint.secret));
}

#[test]
fn a_redirect_is_not_followed() {
    let stage = Stage::new();
    let elsewhere = Receiver::open();
    stage.receiver.answers(307, &format!("Location: {}\r\n", elsewhere.url("/")), "");
    stage.propose(71);
    assert_eq!(tell(&stage.world).taken, 0);
    assert_eq!((stage.receiver.told().len(), elsewhere.told().len()), (1, 0));
    assert_eq!(stage.deliveries(), [(json!("queued"), json!(1))]);
}

#[test]
fn an_endpoint_that_is_gone_is_told_no_more() {
    let stage = Stage::new();
    stage.receiver.answers(410, "", "moved out");
    stage.propose(71);
    tell(&stage.world);
    let shown = stage.endpoint.shown(&stage.world, &stage.secretary);
    assert_eq!(shown["disabled"], true);
    let delivery = &stage.endpoint.deliveries(&stage.world, &stage.secretary)[0];
    assert_eq!((&delivery["state"], &delivery["last_answer"]), (&json!("dead"), &json!("410 moved out")));
    stage.propose(72);
    assert_eq!(notices(&stage.world).len(), 1, "nothing is queued for who is disabled");
    let audit = stage.world.ask("GET", "/admin/audit?act=webhook.disabled").by(&stage.secretary).send().expect(200).json();
    assert_eq!((audit["items"].as_array().unwrap().len(), &audit["items"][0]["actor"]), (1, &json!(null)));
    // Given another chance, it hears of what happens from then on.
    stage.receiver.answers(200, "", "");
    stage.endpoint.change(&stage.world, &stage.secretary, &json!({"disabled": false}));
    stage.propose(73);
    assert_eq!(tell(&stage.world).taken, 1);
    assert_eq!(stage.receiver.told().len(), 2);
}

#[test]
fn what_is_queued_goes_with_its_endpoint() {
    let stage = Stage::new();
    stage.propose(71);
    let etag = stage.endpoint.shown(&stage.world, &stage.secretary)["etag"].as_str().unwrap().to_owned();
    stage.world.ask("DELETE", &stage.endpoint.path).by(&stage.secretary).if_match(&etag).send().expect(204);
    assert_eq!(tell(&stage.world).claimed, 0);
    assert!(stage.receiver.told().is_empty());
}

#[test]
fn after_three_days_of_nothing_but_refusals_an_endpoint_is_disabled() {
    let mut stage = Stage::new();
    stage.receiver.answers(500, "", "");
    let mut worker = Worker::new(stage.world.db().clone(), "w");
    let mut work = |world: &World| {
        let round = actix_web::rt::System::new().block_on(worker.tick(world.now()));
        assert!(round.failed.is_empty(), "{round:?}");
    };
    // One a day, each of which is given up after ten attempts.
    for day in 1..=5_i64 {
        stage.at(&format!("2026-09-{day:02}T10:00:00Z"));
        stage.propose(70 + day);
        for hour in 11..=23 {
            stage.at(&format!("2026-09-{day:02}T{hour}:30:00Z"));
            tell(&stage.world);
            stage.world.write(|tx| {
                // Time passes faster than the delays between attempts.
                let waits = rows::table.filter(rows::webhook_id.is_not_null()).filter(rows::state.eq("queued"));
                let now = tx.now();
                diesel::update(waits).set(rows::due_at.eq(now)).execute(&mut **tx)?;
                Ok(())
            });
        }
        work(&stage.world);
        let disabled = stage.endpoint.shown(&stage.world, &stage.secretary)["disabled"].clone();
        // The first was given up on the first day, so that on the fourth three days are over.
        assert_eq!(disabled, json!(day >= 4), "day {day}");
    }
    let dead = stage.deliveries().iter().filter(|(state, _)| state == "dead").count();
    assert_eq!(dead, 4, "on the fifth day it was told nothing");
}

#[test]
fn nothing_is_sent_where_only_this_server_can_reach() {
    let stage = Stage::new();
    // Written down while it was allowed, or a name that has come to stand for something else since.
    let port = stage.receiver.url("").rsplit(':').next().unwrap().to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "localhost.",
        "ip6-localhost",
        "127.1",
        "[::1]",
        "169.254.169.254",
    ] {
        stage.world.write(|tx| {
            diesel::update(webhooks::table).set(webhooks::url.eq(format!("http://{host}:{port}/"))).execute(&mut **tx)?;
            diesel::delete(rows::table.filter(rows::webhook_id.is_not_null())).execute(&mut **tx)?;
            Ok(())
        });
        plenary::app::prepare_endpoints(stage.world.db(), Reach { allow_http: true, allow_private_addresses: false });
        let number = 100 + host.len() as i64 * 10 + i64::from(host.as_bytes()[0] % 10);
        stage.propose(number);
        assert_eq!(tell(&stage.world).taken, 0, "{host}");
        let answer = stage.endpoint.deliveries(&stage.world, &stage.secretary)[0]["last_answer"].as_str().unwrap().to_owned();
        assert!(stage.receiver.told().is_empty(), "{host}: {answer}");
        assert!(!answer.contains("key=") && !answer.contains("http"), "{answer}");
    }
    // And without TLS nowhere.
    stage.world.write(|tx| {
        diesel::update(webhooks::table).set(webhooks::url.eq(stage.receiver.url("/"))).execute(&mut **tx)?;
        Ok(())
    });
    plenary::app::prepare_endpoints(stage.world.db(), Reach { allow_http: false, allow_private_addresses: true });
    stage.propose(99);
    assert_eq!(tell(&stage.world).taken, 0);
    assert!(stage.receiver.told().is_empty());
}

/// A resolver for which every name stands for the same addresses.
#[derive(Default)]
struct Says {
    addresses: Mutex<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Says {
    fn now(&self, addresses: &[&str]) {
        *self.addresses.lock().unwrap() = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
    }
}

impl Resolve for Says {
    fn resolve(&self, _: Name) -> Resolving {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let all: Vec<SocketAddr> = self.addresses.lock().unwrap().iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(async move { Ok(Box::new(all.into_iter()) as Addrs) })
    }
}

#[test]
fn a_name_that_has_come_to_stand_for_something_private_is_refused_when_it_is_connected_to() {
    let mut stage = Stage::new();
    let names = Arc::new(Says::default());
    let through = Messenger::asking(stage.world.db().clone(), names.clone());
    let reach = |world: &World, allow_private_addresses: bool| {
        plenary::app::prepare_endpoints(world.db(), Reach { allow_http: true, allow_private_addresses });
    };
    let answer = |stage: &Stage| stage.endpoint.deliveries(&stage.world, &stage.secretary)[0]["last_answer"].clone();
    const REFUSED: &str = "could not be reached: its name stands for no public address";
    reach(&stage.world, false);
    let cases: [&[&str]; 8] = [
        &["127.0.0.1"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["10.0.0.1", "127.0.0.1"],
        &["169.254.169.254"],
        &["100.64.0.1"],
        &["fd00::1", "::ffff:10.0.0.1"],
        &[],
    ];
    for (n, stands_for) in (0..).zip(cases) {
        stage.world.write(|tx| {
            // A name that is nobody's own.
            diesel::update(webhooks::table)
                .set(webhooks::url.eq(stage.receiver.url_as("hooks.example.org")))
                .execute(&mut **tx)?;
            diesel::delete(rows::table.filter(rows::webhook_id.is_not_null())).execute(&mut **tx)?;
            Ok(())
        });
        names.now(stands_for);
        stage.propose(100 + n);
        assert_eq!(tell_through(&stage.world, &through).taken, 0, "{stands_for:?}");
        assert_eq!(answer(&stage), REFUSED, "{stands_for:?}");
        assert_eq!(stage.deliveries(), [(json!("queued"), json!(1))]);
        assert_eq!(names.asked.load(Ordering::SeqCst), n as usize + 1, "what was judged is what is connected to");
    }
    assert!(stage.receiver.told().is_empty());
    // Where the settings allow it, the same answer leads there.
    names.now(&["127.0.0.1"]);
    reach(&stage.world, true);
    stage.at("2026-09-01T09:01:00Z");
    assert_eq!(tell_through(&stage.world, &through).taken, 1);
    // And no more once they do not, over whatever connection.
    reach(&stage.world, false);
    stage.propose(120);
    assert_eq!(tell_through(&stage.world, &through).taken, 0);
    assert_eq!((answer(&stage), stage.receiver.told().len()), (json!(REFUSED), 1));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_and_tried_again() {
    let mut stage = Stage::new();
    let untrusted = Untrusted::open();
    stage.world.write(|tx| {
        diesel::update(webhooks::table).set(webhooks::url.eq(untrusted.url())).execute(&mut **tx)?;
        Ok(())
    });
    stage.propose(71);
    for (attempt, when) in [(1, "2026-09-01T09:01:00Z"), (2, "2026-09-01T09:05:00Z")] {
        assert_eq!(tell(&stage.world).taken, 0);
        assert_eq!(stage.deliveries(), [(json!("queued"), json!(attempt))]);
        let delivery = stage.endpoint.deliveries(&stage.world, &stage.secretary)[0].clone();
        let answer = delivery["last_answer"].as_str().unwrap();
        assert!(answer.starts_with("could not be reached: ") && answer.contains("certificate"), "{answer}");
        stage.at(when);
    }
    assert_eq!(untrusted.met(), 2);
    assert_eq!(untrusted.heard(), "", "nothing is said to who could be anybody");
}

#[test]
fn whoever_dies_in_the_middle_leaves_it_to_another() {
    let mut stage = Stage::new();
    stage.propose(71);
    let (world, through) = (&stage.world, messenger(&stage.world));
    // Claimed, and then nothing more is heard of it.
    let die = async {
        let telling = outbox::deliver_notices(world.db(), "dead", through.as_ref());
        let dead = async {
            while world.read(|c| Ok(rows::table.filter(rows::lease_holder.eq("dead")).count().get_result::<i64>(c)?)) == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            _ = telling => {}
            () = dead => {}
        }
    };
    actix_web::rt::System::new().block_on(die);
    let settled = stage.deliveries() == [(json!("sent"), json!(1))];
    stage.at("2026-09-01T09:00:21Z");
    tell_through(&stage.world, &messenger(&stage.world));
    assert_eq!(stage.deliveries(), [(json!("sent"), json!(if settled { 1 } else { 2 }))]);
    let told = stage.receiver.told();
    assert!(!told.is_empty() && told.iter().all(|one| one.header("webhook-id") == told[0].header("webhook-id")));
}
