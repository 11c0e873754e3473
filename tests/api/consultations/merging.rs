//! What a round says once it is over, when supporters of its audience become one.

use diesel::prelude::*;
use plenary::schema::{co_chair_seats, supporters};
use serde_json::{Value, json};

use super::kit::{Asked, work};
use super::seed::questions;
use crate::world::cast::Cast;

/// Everything that is told of a round in numbers, and where who answered comes from.
fn told(cast: &Cast, round: &Asked) -> Value {
    let get = |below: &str| cast.ask("GET", &format!("{}{below}", round.path)).by(&cast.secretary).send().expect(200).json();
    let listed = get("/contributions")["items"].as_array().unwrap().clone();
    let from = |one: &Value| json!([one["sector"], one["region"], one["answers"]]);
    json!([get("")["counts"], get("/results"), listed.iter().map(from).collect::<Vec<_>>()])
}

/// Still told so, part by part: the whole would be pages.
#[track_caller]
fn same(cast: &Cast, rounds: [&Asked; 3], before: &[Value; 3]) {
    for (round, before) in rounds.iter().zip(before) {
        let now = told(cast, round);
        assert_eq!((&now[0], &now[2]), (&before[0], &before[2]), "{}", round.path);
        assert_eq!(now[1]["participation"], before[1]["participation"], "{}", round.path);
        assert!(now == *before, "{}: {now}", round.path);
    }
}

fn submit(cast: &Cast, round: &Asked, by: &crate::world::Person, visibility: &str) {
    let asked = questions(cast, round);
    let answers = json!([{"question_id": asked[0], "value": "Said."}, {"question_id": asked[1], "value": "Yes"}]);
    let path = format!("{}/contribution", round.path);
    cast.ask("PUT", &path).by(by).json(&json!({"answers": answers, "visibility": visibility})).send().expect(200);
    cast.ask("POST", &format!("{path}/submit")).by(by).send().expect(200);
}

fn merge(cast: &Cast) {
    let body = json!({"into_supporter_id": cast.other_supporter, "reason": "One organisation."});
    cast.ask("POST", &format!("/supporters/{}/merge", cast.supporter)).by(&cast.secretary).json(&body).send().expect(200);
}

#[test]
fn a_merge_changes_nothing_that_a_round_says_once_it_is_over() {
    // Of different sectors and regions, so that a place that went to the other would show.
    let cast = Cast::new();
    cast.write(|tx| {
        let now = tx.now();
        let seats = co_chair_seats::table.filter(co_chair_seats::supporter_id.eq(cast.supporter));
        diesel::update(seats).set(co_chair_seats::until.eq(now)).execute(&mut **tx)?;
        for (id, sector, region) in
            [(cast.supporter, "private_sector", "europe"), (cast.other_supporter, "civil_society", "europe")]
        {
            let one = supporters::table.filter(supporters::id.eq(id));
            diesel::update(one).set((supporters::sector.eq(sector), supporters::region.eq(region))).execute(&mut **tx)?;
        }
        Ok(())
    });
    let rounds: Vec<Asked> = (0..3).map(|_| Asked::new(&cast, "supporters", &["attributed"])).collect();
    let [closed, published, running] = &rounds[..] else { unreachable!() };
    let secret = Asked::new(&cast, "supporters", &["anonymous"]);
    for round in [closed, published, &secret] {
        submit(&cast, round, &cast.member, if round.id == secret.id { "anonymous" } else { "attributed" });
        if round.id != closed.id {
            submit(&cast, round, &cast.other_member, if round.id == secret.id { "anonymous" } else { "attributed" });
        }
        round.go(&cast, &cast.secretary, "closed").expect(200);
    }
    for round in [published, &secret] {
        round.conclude(&cast);
        round.go(&cast, &cast.secretary, "published").expect(200);
    }
    let over = [closed, published, &secret];
    let before = over.map(|round| told(&cast, round));
    let asked = cast.get(&running.path).json()["counts"]["invited"].as_i64().unwrap();
    // Nobody has counted them yet.
    merge(&cast);
    same(&cast, over, &before);
    work(&cast);
    same(&cast, over, &before);
    assert_eq!(cast.get(&running.path).json()["counts"]["invited"], asked - 1, "one organisation is asked once");
}
