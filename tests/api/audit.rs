//! The record: whole when it is let be, and broken wherever somebody touched it.

use diesel::connection::SimpleConnection;
use plenary::audit::{self, Broken, Entry, Verified};
use plenary::db::Write;
use plenary::error::Error;

use crate::world::World;

fn entry(object: &str, reason: Option<&str>) -> Entry {
    Entry {
        actor: None,
        act: "endorse",
        object_type: "supporter",
        object_id: object.to_owned(),
        group: None,
        from: Some("pending".into()),
        to: Some("endorsed".into()),
        reason: reason.map(str::to_owned),
        request_id: Some("r-1".into()),
        within: false,
    }
}

fn verify(world: &World) -> Result<Verified, Broken> {
    world.read(|c| Ok(audit::verify(c)?))
}

/// What is found once `statement` has been at the tables; nothing of it stays.
fn verdict_after(world: &World, statement: &str) -> Result<Verified, Broken> {
    let mut verdict = None;
    let undone: Result<(), Error> = world.db().write_blocking(&mut |tx: &mut Write<'_>| {
        tx.batch_execute(statement)?;
        verdict = Some(audit::verify(tx)?);
        Err(Error::Internal("undo".into()))
    });
    assert!(undone.is_err());
    verdict.unwrap()
}

#[test]
fn whatever_is_done_to_the_record_shows() {
    let world = World::new();
    assert_eq!(verify(&world).unwrap().entries, 0);
    for object in ["a", "b"] {
        world.write(|tx| {
            audit::record(tx, entry(object, Some("because of Müller")));
            audit::record(tx, entry(&format!("{object}2"), None));
            Ok(())
        });
    }
    assert_eq!(verify(&world).unwrap().entries, 4);
    let cases = [
        ("UPDATE audit_entries SET object_id = 'x' WHERE seq = 2", 2),
        ("UPDATE audit_entries SET from_state = NULL WHERE seq = 1", 1),
        ("UPDATE audit_entries SET at = '2026-09-01 09:00:00.000001' WHERE seq = 3", 3),
        ("UPDATE audit_entries SET actor_id = 'somebody' WHERE seq = 4", 4),
        ("UPDATE audit_entries SET group_id = 'x' WHERE seq = 2", 2),
        ("UPDATE audit_entries SET hash = 'x' WHERE seq = 4", 4),
        ("DELETE FROM audit_entries WHERE seq = 1", 1),
        ("DELETE FROM audit_entries WHERE seq = 3", 3),
        ("DELETE FROM audit_entries WHERE seq = 4", 4),
        ("DELETE FROM audit_entries", 1),
        ("DELETE FROM audit_entries WHERE seq > 2; UPDATE audit_head SET seq = 2", 2),
        (
            "UPDATE audit_entries SET seq = 9 WHERE seq = 2; UPDATE audit_entries SET seq = 2 WHERE seq = 3; \
             UPDATE audit_entries SET seq = 3 WHERE seq = 9",
            2,
        ),
        (
            "INSERT INTO audit_entries SELECT 0, at, actor_id, act, object_type, object_id, NULL, NULL, NULL, NULL, hash, NULL FROM audit_entries WHERE seq = 1",
            1,
        ),
        ("UPDATE audit_reasons SET reason = 'for no reason' WHERE seq = 3", 3),
        ("UPDATE audit_reasons SET seq = 2 WHERE seq = 1", 2),
        ("UPDATE audit_head SET hash = 'x'", 4),
        ("DELETE FROM audit_head", 4),
    ];
    for (statement, seq) in cases {
        assert_eq!(verdict_after(&world, statement).map_err(|broken| broken.seq), Err(seq), "{statement}");
    }
    let erased = verdict_after(&world, "DELETE FROM audit_reasons WHERE seq = 1");
    assert_eq!(erased.unwrap().entries, 4, "an erased reason leaves the chain valid");
    assert_eq!(verify(&world).unwrap().entries, 4);
}

#[test]
fn what_is_rolled_back_leaves_no_entry_and_no_gap() {
    let world = World::new();
    let failed: Result<(), Error> = world.db().write_blocking(&mut |tx: &mut Write<'_>| {
        audit::record(tx, entry("a", Some("because")));
        Err(Error::Internal("no".into()))
    });
    assert!(failed.is_err());
    assert_eq!(verify(&world).unwrap().entries, 0);
    world.write(|tx| {
        audit::record(tx, entry("b", None));
        Ok(())
    });
    assert_eq!(verify(&world).unwrap().entries, 1);
}

#[test]
fn writers_side_by_side_make_one_chain() {
    let world = World::new();
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let world = &world;
            scope.spawn(move || {
                for n in 0..5 {
                    world.write(|tx| {
                        audit::record(tx, entry(&format!("{writer}-{n}"), Some("a reason")));
                        audit::record(tx, entry(&format!("{writer}-{n}-again"), None));
                        Ok(())
                    });
                }
            });
        }
    });
    // More than are read at a time.
    world.write(|tx| {
        (0..1100).for_each(|n| audit::record(tx, entry(&n.to_string(), None)));
        Ok(())
    });
    assert_eq!(verify(&world).unwrap().entries, 1160);
}
