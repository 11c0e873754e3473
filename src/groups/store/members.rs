//! Whom a group's members and seats stand for.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::super::memberships::rules::{MembershipRole, MembershipStatus};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{co_chair_seats as seats, memberships as m, seat_persons};

/// The supporters that the active members of a group, or its present seats, stand for, each with how many of these members. What the filter
/// `group` of the register leaves, too.
pub fn member_supporters(c: &mut AnyConnection, group: GroupId) -> Result<BTreeMap<SupporterId, i64>> {
    let members: Vec<(Option<SupporterId>, i64)> = m::table
        .filter(m::group_id.eq(group))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .group_by(m::supporter_id)
        .select((m::supporter_id, count_star()))
        .load(c)?;
    let seated: Vec<SupporterId> =
        seats::table.filter(seats::group_id.eq(group)).filter(seats::until.is_null()).select(seats::supporter_id).load(c)?;
    let mut all: BTreeMap<SupporterId, i64> = seated.into_iter().map(|supporter| (supporter, 0)).collect();
    all.extend(members.into_iter().filter_map(|(supporter, count)| Some((supporter?, count))));
    Ok(all)
}

/// The supporters that the active members of a group, and whoever fills a seat of it, speak for: a vacant seat has nobody who could.
pub fn represented(c: &mut AnyConnection, group: GroupId) -> Result<Vec<SupporterId>> {
    let members: Vec<Option<SupporterId>> = m::table
        .filter(m::group_id.eq(group))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .select(m::supporter_id)
        .load(c)?;
    let seated: Vec<SupporterId> = filled().filter(seats::group_id.eq(group)).select(seats::supporter_id).load(c)?;
    Ok(members.into_iter().flatten().chain(seated).collect::<BTreeSet<_>>().into_iter().collect())
}

/// For which supporters a person is an active member of which groups, or fills a seat.
pub fn speaks_for(c: &mut AnyConnection, person: PersonId) -> Result<Vec<(GroupId, SupporterId)>> {
    let member: Vec<(GroupId, Option<SupporterId>)> = m::table
        .filter(m::person_id.eq(person))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .select((m::group_id, m::supporter_id))
        .load(c)?;
    let seated: Vec<(GroupId, SupporterId)> =
        filled().filter(seat_persons::person_id.eq(person)).select((seats::group_id, seats::supporter_id)).load(c)?;
    let member = member.into_iter().filter_map(|(group, supporter)| Some((group, supporter?)));
    Ok(member.chain(seated).collect::<BTreeSet<_>>().into_iter().collect())
}

#[diesel::dsl::auto_type]
fn filled() -> _ {
    let open = seats::until.is_null();
    let sits = seat_persons::until.is_null();
    seats::table.inner_join(seat_persons::table).filter(open).filter(sits)
}
