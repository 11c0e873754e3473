//! How much there is of what belongs to a group, kept with every change of seats and memberships.

use diesel::dsl::{count, exists, not};
use diesel::prelude::*;

use super::super::memberships::rules::{MembershipRole, MembershipStatus};
use crate::db::Write;
use crate::error::Result;
use crate::policy::GroupId;
use crate::schema::{co_chair_seats as seats, memberships as m, working_groups as groups};

/// Counts anew the active members of a group and the supporters that these, or its open seats, stand for; the transaction holds the group.
/// Its version stays: nobody has written to it.
pub fn recount(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    let active = m::table
        .filter(m::group_id.eq(group))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member));
    let members: i64 = active.count().get_result(&mut **tx)?;
    let theirs: i64 = active.select(count(m::supporter_id).aggregate_distinct()).get_result(&mut **tx)?;
    // An open seat is its supporter's only one.
    let seated_only: i64 = seats::table
        .filter(seats::group_id.eq(group))
        .filter(seats::until.is_null())
        .filter(not(exists(active.filter(m::supporter_id.eq(seats::supporter_id.nullable())))))
        .count()
        .get_result(&mut **tx)?;
    diesel::update(groups::table.filter(groups::id.eq(group)))
        .set((groups::members.eq(members), groups::member_supporters.eq(theirs + seated_only)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Writes down how many rounds of a group are open; the transaction holds the group. Its version stays, as with [`recount`].
pub fn open_consultations(tx: &mut Write<'_>, group: GroupId, open: i64) -> Result<()> {
    diesel::update(groups::table.filter(groups::id.eq(group))).set(groups::open_consultations.eq(open)).execute(&mut **tx)?;
    Ok(())
}
