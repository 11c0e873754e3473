//! Who works in groups, over many of them.

use diesel::prelude::*;

use super::super::memberships::rules::{MembershipRole, MembershipStatus};
use super::super::rules::Status;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{co_chair_seats as seats, memberships as m, seat_persons as sp, working_groups as g};

/// Whose seats; of a list some thousand at most.
#[derive(Clone, Copy, Debug)]
pub enum SeatsOf<'a> {
    /// Everybody's.
    All,
    /// Those of these groups.
    Groups(&'a [GroupId]),
    /// Those that these persons fill.
    Persons(&'a [PersonId]),
}

/// Who fills a co-chair seat now, of which group and for which supporter.
pub fn seats_filled(c: &mut AnyConnection, which: SeatsOf<'_>) -> Result<Vec<(GroupId, SupporterId, PersonId)>> {
    let all = seats::table
        .inner_join(sp::table)
        .filter(seats::until.is_null())
        .filter(sp::until.is_null())
        .order((seats::group_id, seats::position))
        .select((seats::group_id, seats::supporter_id, sp::person_id))
        .into_boxed::<Backend>();
    let those = match which {
        SeatsOf::All => all,
        SeatsOf::Groups(groups) => all.filter(any_of("co_chair_seats.group_id", groups)),
        SeatsOf::Persons(persons) => all.filter(any_of("seat_persons.person_id", persons)),
    };
    Ok(those.load(c)?)
}

/// The active members, observers left out, of active groups: everybody, or of some thousand persons at most.
pub fn working_members(c: &mut AnyConnection, of: Option<&[PersonId]>) -> Result<Vec<(GroupId, Option<SupporterId>, PersonId)>> {
    let mut all = m::table
        .inner_join(g::table)
        .filter(g::status.eq(Status::Active))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .select((m::group_id, m::supporter_id, m::person_id))
        .into_boxed::<Backend>();
    if let Some(persons) = of {
        all = all.filter(any_of("memberships.person_id", persons));
    }
    Ok(all.load(c)?)
}
