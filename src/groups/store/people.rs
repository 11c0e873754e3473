//! The persons of groups: who sits, who takes part.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::memberships::rules::{MembershipRole, MembershipStatus};
use super::SeatId;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::{GroupId, MembershipId, PersonId, SupporterId};
use crate::schema::{
    co_chair_seats as seats, group_messages, memberships as m, seat_persons, supporters, working_groups as groups,
};
use crate::time::Instant;

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

/// A seat that a person fills.
#[derive(Queryable)]
pub struct Filled {
    /// The seat.
    pub id: SeatId,
    /// Of which group.
    pub group: GroupId,
    /// Whose.
    pub supporter: SupporterId,
    /// Since when the person fills it.
    pub since: Instant,
}

/// The seats that a person fills now.
pub fn filled_by(c: &mut AnyConnection, person: PersonId) -> Result<Vec<Filled>> {
    Ok(seat_persons::table
        .inner_join(seats::table)
        .filter(seat_persons::person_id.eq(person))
        .filter(seat_persons::until.is_null())
        .filter(seats::until.is_null())
        .order(seat_persons::id)
        .select((seats::id, seats::group_id, seats::supporter_id, seat_persons::since))
        .load(c)?)
}

/// The seats that a person fills or filled, oldest first.
pub fn export_seats(c: &mut AnyConnection, person: PersonId) -> Result<Value> {
    let rows: Vec<(String, String, Instant, Option<Instant>)> = seat_persons::table
        .inner_join(seats::table.inner_join(groups::table).inner_join(supporters::table))
        .filter(seat_persons::person_id.eq(person))
        .order(seat_persons::id)
        .select((groups::slug, supporters::name, seat_persons::since, seat_persons::until))
        .load(c)?;
    let seat = |(group, supporter, since, until)| json!({"group": group, "supporter": supporter, "since": since, "until": until});
    Ok(rows.into_iter().map(seat).collect())
}

/// The messages to groups that a person sent, oldest first.
pub fn export_messages(c: &mut AnyConnection, person: PersonId) -> Result<Value> {
    use group_messages as g;
    let rows: Vec<(String, String, String, String, i64, Instant)> = g::table
        .inner_join(groups::table)
        .filter(g::sender_id.eq(person))
        .order(g::id)
        .select((groups::slug, g::audience, g::subject, g::body, g::recipients, g::created_at))
        .load(c)?;
    let message = |(group, to, subject, body, recipients, at)| json!({"group": group, "to": to, "subject": subject, "body": body, "recipients": recipients, "created_at": at});
    Ok(rows.into_iter().map(message).collect())
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

/// The supporters for which a person takes part in a group now: as a member, or in a co-chair seat.
pub fn represented_by(c: &mut AnyConnection, person: PersonId, group: GroupId) -> Result<Vec<SupporterId>> {
    let member: Vec<Option<SupporterId>> = m::table
        .filter(m::person_id.eq(person))
        .filter(m::group_id.eq(group))
        .filter(m::until.is_null())
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .select(m::supporter_id)
        .load(c)?;
    let seats = filled_by(c, person)?.into_iter().filter(|seat| seat.group == group).map(|seat| seat.supporter);
    let mut all: Vec<SupporterId> = member.into_iter().flatten().chain(seats).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
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
