//! What the weekly readiness report reads beyond the board, and that it was sent.

use diesel::prelude::*;

use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::policy::PersonId;
use crate::schema::{audit_entries as a, forum_editions as e, reminders as r};
use crate::time::{Day, Instant};

/// The kind of the rows that say which reports were queued.
const KIND: &str = "readiness_report";
/// Most moves that are read of a week.
const MOVES: i64 = 2_000;

/// Since when the first day of these editions has been what it is.
pub fn starts_set(c: &mut AnyConnection, editions: &[EditionId]) -> Result<Vec<(EditionId, Instant)>> {
    Ok(e::table.filter(any_of("forum_editions.id", editions)).select((e::id, e::starts_set_at)).load(c)?)
}

/// Who was sent the report of a Monday.
pub fn sent(c: &mut AnyConnection, edition: EditionId, monday: Day) -> Result<Vec<PersonId>> {
    let sent = r::table.filter(r::kind.eq(KIND)).filter(r::subject_id.eq(edition.to_string())).filter(r::target_on.eq(monday));
    Ok(sent.select(r::person_id).load(c)?)
}

/// Writes down that the report of a Monday is queued for a person. False where it was before.
pub fn mark_sent(tx: &mut Write<'_>, edition: EditionId, monday: Day, person: PersonId) -> Result<bool> {
    let now = tx.now();
    let row = (
        r::kind.eq(KIND),
        r::subject_id.eq(edition.to_string()),
        r::target_on.eq(monday),
        r::days_before.eq(0_i64),
        r::person_id.eq(person),
        r::sent_at.eq(now),
    );
    Ok(tx.unless_taken(|c| diesel::insert_into(r::table).values(row).execute(c))?.is_some())
}

/// The moves of deliverables after `since` and up to `until`, in the order in which they were made: id and where to.
pub fn moves(c: &mut AnyConnection, since: Instant, until: Instant) -> Result<Vec<(String, Option<String>)>> {
    let moved = a::table.filter(a::act.eq("deliverable.moved")).filter(a::at.gt(since)).filter(a::at.le(until));
    Ok(moved.order(a::seq.desc()).limit(MOVES).select((a::object_id, a::to_state)).load(c)?.into_iter().rev().collect())
}

/// Forgets which reports a person was sent.
pub fn forget(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    diesel::delete(r::table.filter(r::kind.eq(KIND)).filter(r::person_id.eq(person))).execute(&mut **tx)?;
    Ok(())
}
