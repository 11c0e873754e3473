//! Seats of a supporter to which something happens.

use diesel::prelude::*;

use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::policy::{GroupId, SupporterId};
use crate::schema::{co_chair_seats as seats, working_groups as groups};

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

/// Gives every seat of one supporter, open or ended, to another, holding their groups first; which groups these are.
pub fn move_seats(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<Vec<GroupId>> {
    let now = tx.now();
    let theirs: Vec<GroupId> = seats::table
        .filter(seats::supporter_id.eq(from))
        .select(seats::group_id)
        .distinct()
        .order(seats::group_id)
        .load(&mut **tx)?;
    for group in &theirs {
        super::hold(tx, *group)?;
    }
    diesel::update(seats::table.filter(seats::supporter_id.eq(from)))
        .set((seats::supporter_id.eq(into), seats::version.eq(seats::version + 1), seats::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(theirs)
}
