//! Co-chair seats, and the persons in them, as intervals (domain.md, Working groups).

mod routes;
mod setting;
mod store;

use super::facts::PeopleJoined;
use super::store::counts::recount;
use super::store::{GroupRow, SeatId, entry};
use super::{balance, mails};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::Result;
use crate::facts;
use crate::policy::{GroupId, PersonId, SupporterId};

pub use routes::routes;
pub use store::{Filled, filled_by, open_of};

/// A seat that something happens to.
#[derive(Clone, Copy, Debug)]
pub struct SeatOf {
    /// Which.
    pub id: SeatId,
    /// The supporter that holds it.
    pub supporter: SupporterId,
}

/// Puts a person into an open seat of a group that the transaction holds, in place of whoever fills it. The person is told.
pub fn fill(tx: &mut Write<'_>, group: &GroupRow, seat: SeatOf, person: PersonId) -> Result<()> {
    store::fill(tx, seat.id, person)?;
    audit::record(tx, Entry::of("seat.filled", "co_chair_seat", seat.id).in_group(group.id));
    facts::announce(tx, &PeopleJoined(group.id))?;
    mails::seat_filled(tx, group, seat.supporter, person)
}

/// Empties a seat that somebody fills, of a group that the transaction holds. Who can fill it again is told.
pub fn vacate(tx: &mut Write<'_>, group: &GroupRow, seat: SeatOf) -> Result<()> {
    store::vacate(tx, seat.id)?;
    audit::record(tx, Entry::of("seat.vacated", "co_chair_seat", seat.id).in_group(group.id));
    mails::seat_vacant(tx, group, seat.supporter)
}

/// Ends a seat of a group that the transaction holds, with the interval of whoever fills it. The caller [`settle`]s.
pub fn end(tx: &mut Write<'_>, group: GroupId, seat: SeatId) -> Result<()> {
    store::end(tx, seat)?;
    audit::record(tx, Entry::of("seat.ended", "co_chair_seat", seat).in_group(group));
    Ok(())
}

/// After the seats of a group changed: its version, its counts, its balance.
pub fn settle(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    entry::touch(tx, group)?;
    recount(tx, group)?;
    balance::watch(tx, group)
}
