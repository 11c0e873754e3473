//! What the weekly readiness report reads beyond the board.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::{AnyConnection, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::schema::{audit_entries as a, forum_editions as e};
use crate::time::Instant;

/// Since when the first day of these editions has been what it is.
pub fn starts_set(c: &mut AnyConnection, editions: &[EditionId]) -> Result<Vec<(EditionId, Instant)>> {
    Ok(e::table.filter(any_of("forum_editions.id", editions)).select((e::id, e::starts_set_at)).load(c)?)
}

/// The deliverables that were moved after `since` and up to `until`: ids.
pub fn moved(c: &mut AnyConnection, since: Instant, until: Instant) -> Result<Vec<String>> {
    // As the index has it, not bound: it holds these entries only.
    let moves = a::table.filter(sql::<Bool>("audit_entries.act = 'deliverable.moved'"));
    Ok(moves.filter(a::at.gt(since)).filter(a::at.le(until)).select(a::object_id).distinct().load(c)?)
}
