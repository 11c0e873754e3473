//! Derogations from the co-chair rule: granted, replaced, taken back, run out.

use diesel::prelude::*;
use plenary::schema::*;
use plenary::worker::Worker;
use serde_json::{Value, json};

use super::life::go;
use crate::supporters::changes::acts;
use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

const PATH: &str = "/groups/1/derogation";

fn grant(cast: &Cast, by: &Person, until: Value) -> Reply {
    let ask = cast.ask("PUT", PATH).by(by);
    let present = cast.get(PATH);
    let ask = if present.status == 200 { ask.if_match(present.header("etag")) } else { ask };
    ask.json(&json!({"waives": ["sectors"], "reason": "Two of one sector.", "until": until})).send()
}

fn tick(world: &World) {
    let mut worker = Worker::new(world.db().clone(), "w");
    let round = actix_web::rt::System::new().block_on(worker.tick(world.now()));
    assert!(round.failed.is_empty(), "{:?}", round.failed);
}

fn balanced(world: &World) -> bool {
    world.get("/groups/1").expect(200).json()["co_chair_balance"]["balanced"] == true
}

#[test]
fn a_derogation_is_granted_replaced_and_taken_back() {
    let cast = Cast::new();
    let other = cast.with_role("second-secretary@plenary.test", plenary::people::Role::Secretariat);
    let first = cast.get(PATH).expect(200);
    let body = json!({"waives": ["sectors"], "reason": "R"});
    cast.ask("PUT", PATH).by(&cast.secretary).json(&body).send().expect(428);
    for person in [&cast.chair, &cast.focal_point] {
        cast.ask("PUT", PATH).by(person).if_match(first.header("etag")).json(&body).send().expect(403);
        cast.ask("DELETE", PATH).by(person).if_match(first.header("etag")).send().expect(403);
    }
    let second = grant(&cast, &cast.secretary, json!("2026-12-31")).expect(200);
    assert_eq!((&second.json()["until"], &second.json()["since"]), (&json!("2026-12-31"), &json!("2026-09-01")));
    assert_eq!(second.json()["granted_by"]["id"], json!(cast.secretary.id));
    assert_ne!(second.json()["id"], first.json()["id"]);
    // The ETag of the one before matches no more.
    cast.ask("PUT", PATH).by(&cast.secretary).if_match(first.header("etag")).json(&body).send().expect(412);
    assert_eq!(grant(&cast, &cast.secretary, json!("2026-08-31")).expect(422).faults(), ["/until past"]);
    assert!(cast.mails().list().is_empty() && balanced(&cast));
    let etag = cast.get(PATH).header("etag").to_owned();
    cast.ask("DELETE", PATH).by(&cast.secretary).if_match(&etag).send().expect(204);
    cast.get(PATH).expect(404);
    cast.ask("DELETE", PATH).by(&cast.secretary).if_match(&etag).send().expect(404);
    assert!(!balanced(&cast));
    assert_eq!(cast.mails().list(), [format!("balance_lost {}", other.email)]);
    assert_eq!(acts(&cast, second.json()["id"].as_str().unwrap()), ["derogation.granted", "derogation.withdrawn"]);
    // What was granted is kept; where there is none one is made without a version.
    cast.ask("PUT", PATH).by(&cast.secretary).if_match(&etag).json(&body).send().expect(412);
    grant(&cast, &cast.secretary, Value::Null).expect(200);
    assert!(balanced(&cast));
    let kept: i64 = cast.read(|c| {
        let of = derogations::table.inner_join(working_groups::table).filter(working_groups::number.eq(1));
        Ok(of.count().get_result(c)?)
    });
    assert_eq!(kept, 3);
    go(&cast, &cast.secretary, "1", json!({"to": "concluded"})).expect(200);
    assert_eq!(grant(&cast, &cast.secretary, Value::Null).expect(409).problem(), "wrong-state");
}

#[test]
fn the_secretariat_is_told_once_when_one_runs_out() {
    let cast = Cast::new();
    let granted = grant(&cast, &cast.secretary, json!("2026-09-10")).expect(200).json();
    // The last day is still one of it: Paris is at UTC+2.
    cast.at("2026-09-10T21:59:59Z");
    tick(&cast);
    assert!(cast.mails().list().is_empty() && balanced(&cast));
    cast.at("2026-09-10T22:10:00Z");
    assert!(!balanced(&cast));
    for _ in 0..2 {
        tick(&cast);
    }
    assert_eq!(cast.mails().list(), ["balance_lost secretary@plenary.test"]);
    cast.at("2026-09-12T22:10:00Z");
    tick(&cast);
    assert!(cast.mails().list().is_empty());
    assert_eq!(acts(&cast, granted["id"].as_str().unwrap()), ["derogation.granted", "derogation.expired"]);
    // Another one, in place of one that is over, needs no version; it runs out for itself.
    let secretary = cast.sign_in(&cast.secretary.email);
    grant(&cast, &secretary, json!("2026-09-20")).expect(200);
    assert!(balanced(&cast));
    cast.at("2026-10-01T09:00:00Z");
    tick(&cast);
    assert_eq!(cast.mails().list(), ["balance_lost secretary@plenary.test"]);
}

#[test]
fn one_that_nothing_rests_on_runs_out_unheard() {
    let cast = Cast::new();
    let body = json!({"waives": ["countries"], "reason": "R", "until": "2026-09-10"});
    cast.ask("PUT", "/groups/5/derogation").by(&cast.secretary).json(&body).send().expect(200);
    cast.at("2026-09-11T09:00:00Z");
    tick(&cast);
    assert!(cast.mails().list().is_empty());
}
