//! Rows of messages.

use std::collections::BTreeSet;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::Audience;
use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::groups::memberships::rules::{MembershipRole, MembershipStatus};
use crate::ids::Id;
use crate::policy::{GroupId, PersonId};
use crate::schema::{group_messages as messages, memberships as m};
use crate::time::Instant;

/// How many messages a person has written to each of these groups from an instant on; none is left out.
pub fn sent_since(c: &mut AnyConnection, sender: PersonId, groups: &[GroupId], from: Instant) -> Result<Vec<(GroupId, i64)>> {
    Ok(messages::table
        .filter(messages::sender_id.eq(sender))
        .filter(any_of("group_messages.group_id", groups))
        .filter(messages::created_at.ge(from))
        .group_by(messages::group_id)
        .select((messages::group_id, count_star()))
        .load(c)?)
}

/// The active members of these groups, observers left out, each with its group.
pub fn members(c: &mut AnyConnection, groups: &[GroupId]) -> Result<BTreeSet<(GroupId, PersonId)>> {
    let rows: Vec<(GroupId, PersonId)> = m::table
        .filter(any_of("memberships.group_id", groups))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .select((m::group_id, m::person_id))
        .load(c)?;
    Ok(rows.into_iter().collect())
}

/// Keeps a message to one group.
pub fn insert(
    tx: &mut Write<'_>,
    group: GroupId,
    sender: PersonId,
    audience: Audience,
    (subject, body): (&str, &str),
    recipients: usize,
) -> Result<Id<()>> {
    let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
    let what = (messages::audience.eq(audience), messages::subject.eq(subject), messages::body.eq(body));
    diesel::insert_into(messages::table)
        .values((
            (messages::id.eq(id), messages::group_id.eq(group), messages::sender_id.eq(sender)),
            what,
            messages::recipients.eq(i64::try_from(recipients).unwrap_or(i64::MAX)),
            messages::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}
