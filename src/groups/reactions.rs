//! What happens in the groups when something happens to a supporter.

use super::store::reactions as store;
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::Result;
use crate::facts::Objections;
use crate::supporters::{SupporterWithdrawn, SupportersMerged};

/// Ends the seats of a supporter that withdrew, even below the minimum (domain.md, Working groups).
pub fn supporter_withdrawn(tx: &mut Write<'_>, fact: &SupporterWithdrawn, _: &mut Objections) -> Result<()> {
    for seat in store::end_seats(tx, fact.0)? {
        audit::record(tx, Entry::of("seat.ended", "co_chair_seat", seat));
    }
    Ok(())
}

/// Moves the seats of a supporter that goes into another; objects while both hold one in the same group.
pub fn supporters_merged(tx: &mut Write<'_>, fact: &SupportersMerged, objections: &mut Objections) -> Result<()> {
    if fact.from == fact.into {
        return Ok(());
    }
    let shared = store::groups_of_both(tx, fact.from, fact.into)?;
    for (number, slug) in &shared {
        let detail = format!("Both hold a seat in working group {number} ({slug}): give one of them up first.");
        objections.raise("both_hold_a_seat", detail);
    }
    if shared.is_empty() {
        store::move_seats(tx, fact.from, fact.into)?;
    }
    Ok(())
}
