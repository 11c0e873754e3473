//! Telling audiences: whom, what, and once.

use diesel::prelude::*;
use plenary::consultations;
use plenary::error::Error;
use plenary::ids::Id;
use plenary::people::Role;
use plenary::schema::{affiliations, consultation_announcements, contribution_writers as w, contributions as n, persons};
use plenary::supporters::AffiliationRole;
use serde_json::json;

use super::kit::{Asked, CLOSES, OPENS, post, queued, work};
use crate::world::cast::Cast;
use crate::world::{Person, World};

/// Somebody wrote a contribution, for a supporter or with an account of its own, or by its address only.
fn contributed(world: &World, round: &Asked, writer: Option<&Person>, email: Option<&str>, status: &str) {
    world.write(|tx| {
        let (id, listing, now): (Id<()>, Id<()>, _) = (tx.new_id(), tx.unrelated_id(), tx.now());
        let owner = format!("address:{id}");
        diesel::insert_into(n::table)
            .values((
                (n::id.eq(id), n::consultation_id.eq(round.id), n::owner.eq(owner), n::status.eq(status), n::revision.eq(1_i64)),
                (
                    n::email.eq(email),
                    n::locale.eq(email.map(|_| "fr")),
                    n::person_id.eq(writer.filter(|_| email.is_some()).map(|one| one.id)),
                ),
                (
                    n::listing_id.eq(listing),
                    n::moderation_version.eq(1_i64),
                    n::version.eq(1_i64),
                    n::created_at.eq(now),
                    n::updated_at.eq(now),
                ),
            ))
            .execute(&mut **tx)?;
        if let Some(writer) = writer {
            diesel::insert_into(w::table).values((w::contribution_id.eq(id), w::person_id.eq(writer.id))).execute(&mut **tx)?;
        }
        Ok(())
    });
}

#[test]
fn an_audience_hears_what_becomes_of_its_round() {
    let cast = Cast::new();
    let round = Asked::scheduled(&cast, "supporters");
    // What never opened nobody hears of.
    let quiet = Asked::scheduled(&cast, "supporters");
    quiet.go(&cast, &cast.secretary, "cancelled").expect(200);
    cast.at(OPENS);
    work(&cast);
    assert_eq!(queued(&cast), (vec!["opened focal-point".to_owned()], vec![]));
    let cast = cast.again();
    cast.mails();
    round.extend(&cast, &cast.secretary, "2026-10-31T22:30:00Z").expect(200);
    work(&cast);
    let mail = cast.mails();
    let extended = mail.to("focal-point@plenary.test");
    assert_eq!(extended.kind, "consultation_extended");
    assert_eq!(
        (&extended.params["title"], &extended.params["closes"], &extended.params["reason"]),
        (&json!("Expectations"), &json!("31 October 2026, 23:30 (Europe/Paris)"), &json!("Holidays."))
    );
    round.go(&cast, &cast.secretary, "cancelled").expect(200);
    work(&cast);
    work(&cast);
    assert_eq!(queued(&cast).0, ["cancelled focal-point", "extended focal-point", "opened focal-point"]);
}

#[test]
fn a_groups_round_is_told_to_its_members_and_not_to_who_opens_it() {
    let cast = Cast::new();
    let round = Asked::ready(&cast, "group_members", &["attributed"]);
    round.go(&cast, &cast.chair, "open").expect(200);
    cast.write(|tx| {
        // Who is suspended meanwhile hears nothing.
        let now = tx.now();
        let row = persons::table.filter(persons::id.eq(cast.other_member.id));
        Ok(diesel::update(row).set(persons::suspended_at.eq(now)).execute(&mut **tx)?)
    });
    work(&cast);
    assert_eq!(queued(&cast).0, ["opened lead", "opened member", "opened other-chair"]);
    let group = cast.mails().to("lead@plenary.test").params["group"].clone();
    assert_eq!(group, cast.get("/groups/5").json()["title"]);
}

#[test]
fn who_contributed_hears_in_secret_where_nobody_is_to_know() {
    for (visibility, is_secret) in [(vec!["attributed"], false), (vec!["attributed", "anonymous"], true)] {
        let cast = Cast::new();
        let all = Asked::new(&cast, "supporters", &visibility);
        contributed(&cast, &all, Some(&cast.member), None, "submitted");
        // A focal point is told as one.
        contributed(&cast, &all, Some(&cast.focal_point), None, "submitted");
        contributed(&cast, &all, Some(&cast.lead), None, "withdrawn");
        let public = Asked::new(&cast, "public", &visibility);
        contributed(&cast, &public, Some(&cast.stranger), Some("stranger@plenary.test"), "draft");
        contributed(&cast, &public, None, Some("reader@example.org"), "submitted");
        contributed(&cast, &public, None, Some("waverer@example.org"), "withdrawn");
        work(&cast);
        for round in [&all, &public] {
            round.extend(&cast, &cast.secretary, "2026-10-31T22:00:00Z").expect(200);
            round.go(&cast, &cast.secretary, "closed").expect(200);
            round.conclude(&cast);
            round.go(&cast, &cast.secretary, "published").expect(200);
        }
        work(&cast);
        let (open, secret) = queued(&cast);
        let mut told = vec!["extended focal-point", "opened focal-point", "published focal-point"];
        let contributors = ["extended stranger", "published member", "published reader", "published stranger"];
        if is_secret {
            assert_eq!(secret, contributors);
        } else {
            told.extend(contributors);
            told.sort_unstable();
            assert!(secret.is_empty());
        }
        assert_eq!(open, told);
        let mails = cast.ask("GET", "/admin/mail?limit=200").by(&cast.secretary).send().expect(200).text().to_owned();
        assert_eq!(mails.contains("reader@example.org"), !is_secret);
    }
}

/// Focal points, so many that they are told in several batches.
fn crowd(cast: &Cast, many: usize) {
    cast.write(|tx| {
        for n in 0..many {
            let email = format!("crowd-{n:04}@plenary.test");
            let now = tx.now();
            let new = plenary::people::NewPerson {
                email: &email,
                folded_email: &email,
                verified_at: Some(now),
                display_name: "One of Many",
                locale: Some(if n % 2 == 0 { "fr" } else { "en" }),
                role: Role::Person,
                password_hash: None,
            };
            let person = plenary::people::insert_person(tx, &new)?.unwrap();
            let id: Id<()> = tx.new_id();
            diesel::insert_into(affiliations::table)
                .values((
                    (affiliations::id.eq(id), affiliations::person_id.eq(person), affiliations::supporter_id.eq(cast.supporter)),
                    (
                        affiliations::role.eq(AffiliationRole::FocalPoint),
                        affiliations::since.eq(now),
                        affiliations::version.eq(1_i64),
                    ),
                    (affiliations::created_at.eq(now), affiliations::updated_at.eq(now)),
                ))
                .execute(&mut **tx)?;
        }
        Ok(())
    });
}

fn waiting(world: &World) -> i64 {
    world.read(|c| Ok(consultation_announcements::table.count().get_result(c)?))
}

#[test]
fn everybody_is_told_once_though_a_worker_is_killed_between_and_within_batches() {
    let cast = Cast::new();
    crowd(&cast, 450);
    Asked::new(&cast, "supporters", &["attributed"]);
    let batch = |db: &plenary::db::Db| db.write_blocking(&mut |tx| consultations::tell_audiences(tx)).unwrap();
    // A batch, and then no more of this process.
    assert!(batch(cast.db()));
    assert_eq!(queued(&cast).0.len(), 200);
    // Another dies in the middle of the next.
    let died: Result<(), Error> = cast.db().write_blocking(&mut |tx| {
        consultations::tell_audiences(tx)?;
        Err(Error::Internal("killed".into()))
    });
    assert!(died.is_err() && queued(&cast).0.len() == 200);
    // Two that are left share the rest.
    let other = cast.beside_db();
    std::thread::scope(|scope| {
        for db in [cast.db(), &other] {
            scope.spawn(move || while batch(db) {});
        }
    });
    let mut told = queued(&cast).0;
    assert_eq!((told.len(), waiting(&cast)), (451, 0));
    told.dedup();
    assert_eq!(told.len(), 451);
}

#[test]
fn a_worker_tells_all_in_the_languages_of_their_readers() {
    let cast = Cast::new();
    crowd(&cast, 3);
    let mut body = super::kit::body(&cast, "supporters", &["attributed"]);
    body["title"] = json!({"en": "Hopes", "fr": "Attentes"});
    let round = Asked::drafted(&cast, &cast.secretary, &body);
    round.fill(&cast);
    post(&cast, &cast.secretary, &format!("{}/transitions", round.path), &json!({"to": "open"})).expect(200);
    assert_eq!(waiting(&cast), 1);
    work(&cast);
    assert_eq!(waiting(&cast), 0);
    let mails = cast.mails();
    let said = |n: usize| {
        let params = &mails.to(&format!("crowd-{n:04}@plenary.test")).params;
        (params["title"].as_str().unwrap().to_owned(), params["closes"].as_str().unwrap().to_owned())
    };
    assert_eq!(said(0), ("Attentes".into(), "1er octobre 2026, 00:00 (Europe/Paris)".into()));
    assert_eq!(said(1), ("Hopes".into(), "1 October 2026, 00:00 (Europe/Paris)".into()));
    assert!(CLOSES < "2026-10-01");
}
