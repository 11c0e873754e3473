//! Whom a group's members and seats stand for.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::super::memberships::rules::{MembershipRole, MembershipStatus};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::{GroupId, SupporterId};
use crate::schema::{co_chair_seats as seats, memberships as m};

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
