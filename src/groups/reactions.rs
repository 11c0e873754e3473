//! What happens in the groups when something happens to a supporter or a person.

use std::collections::BTreeSet;

use super::balance;
use super::seats::{self, SeatOf};
use super::store::people::{Filled, filled_by};
use super::store::{self, reactions};
use crate::db::Write;
use crate::error::Result;
use crate::facts::Objections;
use crate::people::{PersonErased, PersonSuspended};
use crate::policy::GroupId;
use crate::supporters::{AffiliationEnded, SupporterChanged, SupporterWithdrawn, SupportersMerged};

/// Ends the seats of a supporter that withdrew, even below the minimum (domain.md, Working groups).
pub fn supporter_withdrawn(tx: &mut Write<'_>, fact: &SupporterWithdrawn, _: &mut Objections) -> Result<()> {
    for (seat, group) in seats::open_of(tx, fact.0)? {
        store::hold(tx, group)?;
        seats::end(tx, group, seat)?;
        seats::settle(tx, group)?;
    }
    Ok(())
}

/// A supporter's sector or country is another one: the groups where it holds a seat may be balanced otherwise.
pub fn supporter_changed(tx: &mut Write<'_>, fact: &SupporterChanged, _: &mut Objections) -> Result<()> {
    let groups: BTreeSet<GroupId> = seats::open_of(tx, fact.0)?.into_iter().map(|(_, group)| group).collect();
    for group in groups {
        store::hold(tx, group)?;
        balance::watch(tx, group)?;
    }
    Ok(())
}

/// Moves the seats of a supporter that goes into another; objects while both hold one in the same group.
pub fn supporters_merged(tx: &mut Write<'_>, fact: &SupportersMerged, objections: &mut Objections) -> Result<()> {
    if fact.from == fact.into {
        return Ok(());
    }
    let shared = reactions::groups_of_both(tx, fact.from, fact.into)?;
    for (number, slug) in &shared {
        let detail = format!("Both hold a seat in working group {number} ({slug}): give one of them up first.");
        objections.raise("both_hold_a_seat", detail);
    }
    if shared.is_empty() {
        for group in reactions::move_seats(tx, fact.from, fact.into)? {
            seats::settle(tx, group)?;
        }
    }
    Ok(())
}

/// Whoever speaks for a supporter no more leaves its seats, which the supporter keeps.
pub fn affiliation_ended(tx: &mut Write<'_>, fact: &AffiliationEnded, _: &mut Objections) -> Result<()> {
    let filled = filled_by(tx, fact.person, Some(fact.supporter))?;
    vacate(tx, &filled)
}

/// Whoever is suspended leaves its seats.
pub fn person_suspended(tx: &mut Write<'_>, fact: &PersonSuspended, _: &mut Objections) -> Result<()> {
    let filled = filled_by(tx, fact.0, None)?;
    vacate(tx, &filled)
}

/// Whoever erases its account leaves its seats.
pub fn person_erased(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    let filled = filled_by(tx, fact.person, None)?;
    vacate(tx, &filled)
}

fn vacate(tx: &mut Write<'_>, filled: &[Filled]) -> Result<()> {
    for Filled { id, group, supporter, .. } in filled.iter().copied() {
        store::hold(tx, group)?;
        seats::vacate(tx, group, SeatOf { id, supporter })?;
        seats::settle(tx, group)?;
    }
    Ok(())
}
