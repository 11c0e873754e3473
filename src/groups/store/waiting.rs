//! Rows that wait for somebody.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::super::memberships::rules::MembershipStatus;
use super::super::rules::Status;
use super::SeatId;
use crate::db::{AnyConnection, any_of};
use crate::error::Result;
use crate::policy::{GroupId, MembershipId, PersonId, SupporterId};
use crate::schema::{co_chair_seats as seats, memberships as m, seat_persons, working_groups as groups};

/// The requests for membership of these groups, and, `also_unchaired`, of groups in which nobody sits; not `person`'s own; the longest
/// waiting first.
pub fn requests(
    c: &mut AnyConnection,
    person: PersonId,
    chaired: &[GroupId],
    also_unchaired: bool,
    limit: i64,
) -> Result<Vec<(MembershipId, GroupId, PersonId)>> {
    let open = m::table
        .filter(m::status.eq(MembershipStatus::Requested))
        .filter(m::person_id.ne(person))
        .order((m::created_at, m::id))
        .select((m::id, m::group_id, m::person_id))
        .limit(limit);
    let seated = seats::table
        .inner_join(seat_persons::table)
        .filter(seats::group_id.eq(m::group_id))
        .filter(seats::until.is_null())
        .filter(seat_persons::until.is_null());
    let theirs = any_of("memberships.group_id", chaired);
    Ok(if also_unchaired { open.filter(theirs.or(not(exists(seated)))).load(c)? } else { open.filter(theirs).load(c)? })
}

/// The seats of these supporters that nobody fills, in groups that are at work or to be.
pub fn vacant_seats(c: &mut AnyConnection, of: &[SupporterId], limit: i64) -> Result<Vec<(SeatId, GroupId, SupporterId)>> {
    let filled = seat_persons::table.filter(seat_persons::seat_id.eq(seats::id)).filter(seat_persons::until.is_null());
    Ok(seats::table
        .inner_join(groups::table)
        .filter(any_of("co_chair_seats.supporter_id", of))
        .filter(seats::until.is_null())
        .filter(groups::status.ne(Status::Concluded))
        .filter(groups::status.ne(Status::Withdrawn))
        .filter(not(exists(filled)))
        .order((groups::number, seats::position))
        .select((seats::id, seats::group_id, seats::supporter_id))
        .limit(limit)
        .load(c)?)
}
