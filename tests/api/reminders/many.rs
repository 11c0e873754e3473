//! How long whoever writes waits while reminders go out to many.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Moment};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use plenary::ids::Id;
use plenary::schema::{consultations, deliverables, forum_editions, memberships, outbox};
use plenary::time::Day;

use super::community::Community;
use crate::world::{World, instant};

const PERSONS: usize = 10_000;
const DELIVERABLES: usize = 2_000;
/// Reminders of long ago, as many as a busy year leaves.
const OLD: usize = 100_000;

/// A round that asks everybody, a Forum, and deliverables with a lead each, all of which are reminded of at one nine o'clock.
fn owing(persons: usize, owed: usize, old: usize) -> World {
    let world = World::new();
    let community = Community::settle(&world, persons);
    let leads = community.ids().take(owed).collect::<Vec<_>>();
    world.write(|tx| {
        let (now, since) = (tx.now(), instant("2026-09-01T08:00:00Z"));
        let (round, edition): (Id<()>, Id<()>) = (tx.new_id(), tx.new_id());
        let day = |text: &str| text.parse::<Day>().unwrap();
        use consultations as r;
        diesel::insert_into(r::table)
            .values((
                (r::id.eq(round), r::slug.eq("asked"), r::scope.eq("call"), r::title.eq(r#"{"en":"Asked"}"#)),
                (r::audience.eq("supporters"), r::allowed_visibility.eq(r#"["attributed"]"#), r::status.eq("open")),
                (r::opens_at.eq(since), r::closes_at.eq(instant("2026-09-24T20:00:00Z")), r::closes_set_at.eq(since)),
                (r::search_text.eq(""), r::synthesis_version.eq(1_i64), r::questions_version.eq(1_i64), r::version.eq(1_i64)),
                (r::created_at.eq(since), r::updated_at.eq(since)),
            ))
            .execute(&mut **tx)?;
        use forum_editions as e;
        diesel::insert_into(e::table)
            .values((
                (e::id.eq(edition), e::year.eq(2026), e::name.eq("Forum"), e::city.eq("Paris"), e::country.eq("FR")),
                (e::time_zone.eq("Europe/Paris"), e::starts_on.eq(day("2026-11-09")), e::ends_on.eq(day("2026-11-13"))),
                (e::status.eq("planned"), e::version.eq(1_i64), e::starts_set_at.eq(since)),
                (e::created_at.eq(since), e::updated_at.eq(since)),
            ))
            .execute(&mut **tx)?;
        for (n, (person, supporter)) in leads.iter().enumerate() {
            let (membership, deliverable): (Id<()>, Id<()>) = (tx.new_id(), tx.new_id());
            let group = &community.groups[n % 6];
            use memberships as m;
            diesel::insert_into(m::table)
                .values((
                    (m::id.eq(membership), m::group_id.eq(group.id), m::person_id.eq(person), m::supporter_id.eq(supporter)),
                    (m::role.eq("member"), m::status.eq("active"), m::since.eq(now), m::version.eq(1_i64)),
                    (m::created_at.eq(now), m::updated_at.eq(now)),
                ))
                .execute(&mut **tx)?;
            use deliverables as d;
            let number = i64::try_from(n + 1).unwrap();
            diesel::insert_into(d::table)
                .values((
                    (d::id.eq(deliverable), d::group_id.eq(group.id), d::number.eq(number), d::search_text.eq("")),
                    (d::reference.eq(format!("WG{}-D{number}", group.number)), d::title.eq("Report"), d::folded_title.eq("report")),
                    (d::kind.eq("report"), d::status.eq("planned"), d::due_on.eq(day("2026-10-10")), d::progress.eq(0_i64)),
                    (d::lead_membership_id.eq(membership), d::forum_edition_id.eq(edition), d::binds_no_supporter.eq(false)),
                    (d::version.eq(1_i64), d::due_set_at.eq(since), d::created_at.eq(since), d::updated_at.eq(since)),
                ))
                .execute(&mut **tx)?;
        }
        // A handful for everybody, of rounds that were.
        let each = old / persons;
        for n in 0..each {
            tx.batch_execute(&format!(
                "INSERT INTO reminders SELECT 'consultation_closing', 'round-{n}', '2026-03-01', 3, id, '2026-02-26 08:00:00' FROM persons"
            ))?;
        }
        Ok(())
    });
    world
}

/// Sends what is due at an instant; how many reminders, how long, and the longest that a small write waited meanwhile.
fn sent(world: &World, now: &str) -> (usize, Duration, Duration) {
    world.at(now);
    let (db, is_over) = (world.db(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let longest = scope.spawn(|| {
            let mut longest = Duration::ZERO;
            while !is_over.load(Ordering::SeqCst) {
                let asked = Moment::now();
                db.write_blocking(&mut |tx| Ok::<_, plenary::error::Error>(tx.batch_execute("UPDATE calls SET name = name")?))
                    .unwrap();
                longest = longest.max(asked.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            longest
        });
        let begun = Moment::now();
        let sent = actix_web::rt::System::new().block_on(plenary::reminders::send_due(db, instant(now))).unwrap();
        let took = begun.elapsed();
        is_over.store(true, Ordering::SeqCst);
        (sent, took, longest.join().unwrap())
    })
}

#[test]
#[ignore = "measures: `cargo test --test api reminders::many -- --ignored --nocapture`"]
fn how_long_a_write_waits_while_ten_thousand_are_reminded() {
    let world = owing(PERSONS, DELIVERABLES, OLD);
    for now in ["2026-09-09T22:00:00Z", "2026-09-10T22:00:00Z", "2026-09-10T22:15:00Z"] {
        let (sent, took, longest) = sent(&world, now);
        println!("{now}: {sent} reminders in {took:?}, the longest wait {longest:?}");
        // 0.2 s, unoptimised: far from what it takes to read everything.
        assert!(longest < Duration::from_secs(1), "{longest:?}");
    }
    let queued: i64 = world.read(|c| Ok(outbox::table.count().get_result(c)?));
    println!("{queued} mails");
}
