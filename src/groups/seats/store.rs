//! Rows of seats and of the persons in them, written. The transaction holds their group.

use diesel::prelude::*;

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::groups::store::{SeatId, SeatMark};
use crate::http::etag::written;
use crate::ids::Id;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{co_chair_seats as s, seat_persons as p};

/// A new seat, vacant.
pub fn insert(tx: &mut Write<'_>, group: GroupId, supporter: SupporterId, position: i64) -> Result<SeatId> {
    let (id, now) = (tx.new_id::<SeatMark>(), tx.now());
    let seat = (s::id.eq(id), s::group_id.eq(group), s::supporter_id.eq(supporter), s::position.eq(position));
    diesel::insert_into(s::table)
        .values((seat, s::since.eq(now), s::version.eq(1_i64), s::created_at.eq(now), s::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Moves a seat to another place in the order.
pub fn place(tx: &mut Write<'_>, seat: SeatId, position: i64) -> Result<()> {
    let now = tx.now();
    diesel::update(s::table.filter(s::id.eq(seat)))
        .set((s::position.eq(position), s::version.eq(s::version + 1), s::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Ends a seat now, and the interval of whoever fills it; the transaction is repeated where it has ended meanwhile.
pub fn end(tx: &mut Write<'_>, seat: SeatId) -> Result<()> {
    let now = tx.now();
    leave(tx, seat)?;
    let ended = diesel::update(s::table.filter(s::id.eq(seat)).filter(s::until.is_null()))
        .set((s::until.eq(now), s::version.eq(s::version + 1), s::updated_at.eq(now)))
        .execute(&mut **tx)?;
    written(ended)
}

/// Puts a person into a seat, in place of whoever fills it.
pub fn fill(tx: &mut Write<'_>, seat: SeatId, person: PersonId) -> Result<()> {
    let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
    leave(tx, seat)?;
    diesel::insert_into(p::table)
        .values((p::id.eq(id), p::seat_id.eq(seat), p::person_id.eq(person), p::since.eq(now)))
        .execute(&mut **tx)?;
    touch(tx, seat)
}

/// Empties a seat.
pub fn vacate(tx: &mut Write<'_>, seat: SeatId) -> Result<()> {
    leave(tx, seat)?;
    touch(tx, seat)
}

fn leave(tx: &mut Write<'_>, seat: SeatId) -> Result<()> {
    let now = tx.now();
    diesel::update(p::table.filter(p::seat_id.eq(seat)).filter(p::until.is_null())).set(p::until.eq(now)).execute(&mut **tx)?;
    Ok(())
}

fn touch(tx: &mut Write<'_>, seat: SeatId) -> Result<()> {
    let now = tx.now();
    diesel::update(s::table.filter(s::id.eq(seat)))
        .set((s::version.eq(s::version + 1), s::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The open seats of a supporter with their groups, by group.
pub fn open_of(c: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<(SeatId, GroupId)>> {
    Ok(s::table
        .filter(s::supporter_id.eq(supporter))
        .filter(s::until.is_null())
        .order((s::group_id, s::id))
        .select((s::id, s::group_id))
        .load(c)?)
}
