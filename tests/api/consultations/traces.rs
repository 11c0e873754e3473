//! What contributions keep of those who wrote them, and of supporters that become one.

use chrono::TimeDelta;
use diesel::prelude::*;
use plenary::outbox::Purpose;
use plenary::schema::{contribution_revisions, contribution_writers, contributions};
use plenary::worker::Worker;
use serde_json::{Value, json};

use super::round::Round;
use crate::dump::dump;
use crate::world::cast::Cast;
use crate::world::{PASSWORD, Person, World};

fn forget(world: &World, days: i64) {
    let at = world.now().plus(TimeDelta::days(days));
    world.at(&at.to_string());
    let mut worker = Worker::new(world.db().clone(), "w");
    let round = actix_web::rt::System::new().block_on(worker.tick(at));
    assert!(round.failed.is_empty(), "{round:?}");
}

fn rows(world: &World, table: &str, text: &str) -> usize {
    let prefix = format!("{table} ");
    dump(world.db()).iter().filter(|line| line.starts_with(&prefix) && line.contains(text)).count()
}

fn confirmed(cast: &Cast, round: &Round, email: &str) {
    let path = format!("{}/public-contributions", round.path);
    let body = json!({"email": email, "answers": round.answers("In public.")});
    cast.ask("POST", &path).json(&body).send().expect(202);
    let token = cast.mails().token(email, Purpose::ConfirmContribution);
    cast.ask("POST", &format!("{path}/confirm")).json(&json!({"token": token})).send().expect(204);
}

fn export(cast: &Cast, person: &Person) -> Value {
    cast.ask("GET", "/me/export").by(person).send().expect(200).json()["contributions"].clone()
}

#[test]
fn one_takes_along_what_one_wrote_and_leaves_no_name_behind() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    let public = Round::open(&cast, &cast.secretary, "public", &["attributed"], None);
    let saved = round.save(&cast, &cast.representative, None, "By a representative.").expect(200);
    round.act(&cast, &cast.representative, "submit").expect(200);
    let read = round.read(&cast, &cast.member).json();
    round.save(&cast, &cast.member, read["etag"].as_str(), "By a member.").expect(200);
    round.act(&cast, &cast.member, "submit").expect(200);
    public.save(&cast, &cast.representative, None, "Privately.").expect(200);
    public.act(&cast, &cast.representative, "submit").expect(200);
    assert!(saved.json()["id"].is_string());
    let all = export(&cast, &cast.representative);
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[0]["submitted"].as_array().unwrap().len(), 1, "not what a colleague submitted");
    assert_eq!(all[0]["submitted"][0]["answers"][0]["value"], "By a representative.");
    assert_eq!(
        (&all[1]["email"], &all[1]["submitted"][0]["answers"][1]["value"]),
        (&json!("representative@plenary.test"), &json!("Norms"))
    );
    assert_eq!(export(&cast, &cast.stranger), json!([]));

    // Answers that wait, and answers that were confirmed before there was an account, go with the address too.
    cast.ask("POST", &format!("{}/public-contributions", public.path))
        .json(&json!({"email": "representative@plenary.test", "answers": public.answers("Waiting.")}))
        .send()
        .expect(202);
    cast.ask("DELETE", "/me").by(&cast.representative).if_match("*").json(&json!({"password": PASSWORD})).send().expect(204);
    let left: Vec<String> = dump(cast.db()).into_iter().filter(|line| line.contains("representative@plenary.test")).collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(rows(&cast, "public_contributions", ""), 0);
    let (writers, by): (i64, i64) = cast.read(|c| {
        let id = cast.representative.id;
        let writers = contribution_writers::table.filter(contribution_writers::person_id.eq(id)).count().get_result(c)?;
        let by = contribution_revisions::table.filter(contribution_revisions::submitted_by.eq(id)).count().get_result(c)?;
        Ok((writers, by))
    });
    assert_eq!((writers, by), (0, 0));
    assert_eq!(
        (rows(&cast, "contributions", "submitted"), rows(&cast, "contribution_revisions", "")),
        (2, 3),
        "what was said stays"
    );
    // Whoever gets the address next begins anew.
    let next = cast.person("representative@plenary.test");
    assert_eq!(public.read(&cast, &next).status, 404);
    public.save(&cast, &next, None, "Somebody else.").expect(200);
}

#[test]
fn unconfirmed_answers_go_after_7_days_and_addresses_12_months_after_the_end() {
    let cast = Cast::new();
    let rounds = ["published", "cancelled", "closed"].map(|status| {
        let round = Round::open(&cast, &cast.secretary, "public", &["attributed"], None);
        confirmed(&cast, &round, &format!("{status}@example.org"));
        (round, status)
    });
    let path = format!("{}/public-contributions", rounds[2].0.path);
    let body = json!({"email": "waiting@example.org", "answers": rounds[2].0.answers("Waiting.")});
    cast.ask("POST", &path).json(&body).send().expect(202);
    for (round, status) in &rounds {
        round.is(&cast, status);
    }
    cast.at("2026-09-08T08:00:00Z");
    forget(&cast, 0);
    assert_eq!(rows(&cast, "public_contributions", "waiting@example.org"), 1, "too early");
    cast.at("2026-09-08T09:00:00Z");
    forget(&cast, 0);
    assert_eq!(rows(&cast, "public_contributions", "waiting@example.org") + rows(&cast, "outbox", "waiting@example.org"), 0);
    cast.at("2027-09-01T08:00:00Z");
    forget(&cast, 0);
    let addresses = |status: &str| rows(&cast, "contributions", &format!("{status}@example.org"));
    assert_eq!((addresses("published"), addresses("cancelled"), addresses("closed")), (1, 1, 1), "too early");
    cast.at("2027-09-01T09:00:00Z");
    forget(&cast, 0);
    assert_eq!((addresses("published"), addresses("cancelled"), addresses("closed")), (0, 0, 1));
    let owners: Vec<String> = cast.read(|c| Ok(contributions::table.select(contributions::owner).load(c)?));
    assert_eq!(owners.iter().filter(|owner| owner.starts_with("forgotten:")).count(), 2);
    assert_eq!(rows(&cast, "contributions", "In public."), 3, "what was said stays");
}

#[test]
fn supporters_that_become_one_contribute_once() {
    let cast = Cast::new();
    let [only, both, over, secret] = [&["attributed"][..], &["attributed"], &["attributed"], &["anonymous"]]
        .map(|allowed| Round::open(&cast, &cast.secretary, "supporters", allowed, None));
    for round in [&only, &both, &over] {
        round.save(&cast, &cast.member, None, "The first.").expect(200);
        round.act(&cast, &cast.member, "submit").expect(200);
    }
    for round in [&both, &over] {
        round.save(&cast, &cast.other_member, None, "The other.").expect(200);
    }
    over.is(&cast, "published");
    // Both are asked in secret; only one answers.
    cast.write(|tx| {
        use plenary::schema::consultation_audience as a;
        for supporter in [cast.supporter, cast.other_supporter] {
            diesel::insert_into(a::table)
                .values((a::consultation_id.eq(secret.id), a::supporter_id.eq(supporter)))
                .execute(&mut **tx)?;
        }
        Ok(())
    });
    // A seat of each in one group would stand against it too.
    cast.write(|tx| {
        use plenary::schema::co_chair_seats as s;
        let now = tx.now();
        diesel::update(s::table.filter(s::supporter_id.eq(cast.supporter))).set(s::until.eq(now)).execute(&mut **tx)?;
        Ok(())
    });
    let merge = || {
        let body = json!({"into_supporter_id": cast.other_supporter, "reason": "The same."});
        cast.ask("POST", &format!("/supporters/{}/merge", cast.supporter)).by(&cast.secretary).json(&body).send()
    };
    let refused = merge().expect(422).json();
    let codes: Vec<&str> = refused["violations"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["contribution_in_both", "asked_in_both"], "{refused}");
    both.is(&cast, "cancelled");
    secret.is(&cast, "cancelled");
    merge().expect(200);
    let moved = only.read(&cast, &cast.member).expect(200).json();
    assert_eq!((&moved["supporter"]["id"], super::round::text(&moved)), (&json!(cast.other_supporter), "The first."));
    assert_eq!(super::round::text(&over.read(&cast, &cast.member).expect(200).json()), "The other.");
    let theirs: i64 = cast
        .read(|c| Ok(contributions::table.filter(contributions::supporter_id.eq(cast.other_supporter)).count().get_result(c)?));
    assert_eq!(theirs, 5, "nothing is lost");
}
