//! The persons of groups: who sits, who takes part.

use diesel::prelude::*;

use super::super::memberships::rules::{MembershipRole, MembershipStatus};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::{GroupId, MembershipId, PersonId, SupporterId};
use crate::schema::{co_chair_seats as seats, memberships as m, seat_persons};

/// A membership as other slices see it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = m)]
pub struct MembershipFacts {
    /// Its id.
    pub id: MembershipId,
    /// In which group.
    pub group_id: GroupId,
    /// Whose.
    pub person_id: PersonId,
    /// For whom; `None`: an observer's, for a body.
    pub supporter_id: Option<SupporterId>,
    /// As what.
    pub role: MembershipRole,
    /// How it stands.
    pub status: MembershipStatus,
}

impl MembershipFacts {
    /// Whether it makes its person a member now, who may lead and be acknowledged.
    pub fn is_active_member(&self) -> bool {
        self.status == MembershipStatus::Active && self.role == MembershipRole::Member
    }
}

/// The groups that a person takes part in now, and whether as observer.
pub fn memberships_of(c: &mut AnyConnection, person: PersonId) -> Result<Vec<(GroupId, bool)>> {
    let rows: Vec<(GroupId, MembershipRole)> = m::table
        .filter(m::person_id.eq(person))
        .filter(m::until.is_null())
        .filter(m::status.eq(MembershipStatus::Active))
        .select((m::group_id, m::role))
        .load(c)?;
    Ok(rows.into_iter().map(|(group, role)| (group, role == MembershipRole::Observer)).collect())
}

/// The groups of which a person fills a seat now.
pub fn seats_of(c: &mut AnyConnection, person: PersonId) -> Result<Vec<GroupId>> {
    Ok(seat_persons::table
        .inner_join(seats::table)
        .filter(seat_persons::person_id.eq(person))
        .filter(seat_persons::until.is_null())
        .filter(seats::until.is_null())
        .select(seats::group_id)
        .load(c)?)
}

/// Who fills a seat of a group now.
pub fn seated(c: &mut AnyConnection, group: GroupId) -> Result<Vec<PersonId>> {
    Ok(seats::table
        .inner_join(seat_persons::table)
        .filter(seats::group_id.eq(group))
        .filter(seats::until.is_null())
        .filter(seat_persons::until.is_null())
        .order((seats::position, seats::id))
        .select(seat_persons::person_id)
        .load(c)?)
}

/// The active memberships of a group, observers' too.
pub fn active(c: &mut AnyConnection, group: GroupId) -> Result<Vec<MembershipFacts>> {
    Ok(m::table
        .filter(m::group_id.eq(group))
        .filter(m::status.eq(MembershipStatus::Active))
        .order((m::since, m::id))
        .select(MembershipFacts::as_select())
        .load(c)?)
}

/// One membership, however it stands.
pub fn membership(c: &mut AnyConnection, id: MembershipId) -> Result<Option<MembershipFacts>> {
    Ok(m::table.filter(m::id.eq(id)).select(MembershipFacts::as_select()).get_result(c).optional()?)
}
