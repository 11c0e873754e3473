//! Seats of a supporter to which something happens.

use diesel::prelude::*;

use super::SeatId;
use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::policy::{GroupId, SupporterId};
use crate::schema::{co_chair_seats as seats, working_groups as groups};

/// Ends every open seat of a supporter now; which ones.
pub fn end_seats(tx: &mut Write<'_>, supporter: SupporterId) -> Result<Vec<SeatId>> {
    let now = tx.now();
    let open: Vec<(SeatId, GroupId)> = seats::table
        .filter(seats::supporter_id.eq(supporter))
        .filter(seats::until.is_null())
        .order(seats::id)
        .select((seats::id, seats::group_id))
        .load(&mut **tx)?;
    for (seat, group) in &open {
        diesel::update(seats::table.filter(seats::id.eq(*seat)))
            .set((seats::until.eq(now), seats::version.eq(seats::version + 1), seats::updated_at.eq(now)))
            .execute(&mut **tx)?;
        touch(tx, *group)?;
    }
    Ok(open.into_iter().map(|(seat, _)| seat).collect())
}

/// Number and slug of the groups in which both hold an open seat.
pub fn groups_of_both(c: &mut AnyConnection, one: SupporterId, other: SupporterId) -> Result<Vec<(i64, String)>> {
    let of = |supporter: SupporterId| seats::table.filter(seats::supporter_id.eq(supporter)).filter(seats::until.is_null());
    let theirs: Vec<GroupId> = of(other).select(seats::group_id).load(c)?;
    Ok(groups::table
        .inner_join(seats::table)
        .filter(seats::supporter_id.eq(one))
        .filter(seats::until.is_null())
        .filter(any_of("working_groups.id", &theirs))
        .order(groups::number)
        .select((groups::number, groups::slug))
        .load(c)?)
}

/// Gives every seat of one supporter, open or ended, to another.
pub fn move_seats(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    let now = tx.now();
    let theirs: Vec<GroupId> =
        seats::table.filter(seats::supporter_id.eq(from)).select(seats::group_id).distinct().load(&mut **tx)?;
    diesel::update(seats::table.filter(seats::supporter_id.eq(from)))
        .set((seats::supporter_id.eq(into), seats::version.eq(seats::version + 1), seats::updated_at.eq(now)))
        .execute(&mut **tx)?;
    for group in theirs {
        touch(tx, group)?;
    }
    Ok(())
}

/// A group's seats are part of it: its version rises with them.
fn touch(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    let now = tx.now();
    diesel::update(groups::table.filter(groups::id.eq(group)))
        .set((groups::version.eq(groups::version + 1), groups::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}
