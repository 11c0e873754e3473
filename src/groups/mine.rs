//! What a person has in the groups: as `/me` shows it, and as it may take it along.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::memberships::rules::{MembershipRole, MembershipStatus};
use super::memberships::store::{self as memberships, Whose};
use super::store::{self, SeatId, people};
use super::view::GroupRef;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::locale::Reader;
use crate::policy::{MembershipId, PersonId};
use crate::supporters::{self, SupporterRef};
use crate::time::Instant;

/// One's own open membership.
#[derive(Serialize, JsonSchema)]
pub struct MyMembership {
    id: MembershipId,
    group: GroupRef,
    /// For whom; null where an observer is here for a `body`.
    supporter: Option<SupporterRef>,
    body: Option<String>,
    role: MembershipRole,
    status: MembershipStatus,
    since: Instant,
}

/// A co-chair seat that one fills.
#[derive(Serialize, JsonSchema)]
pub struct MySeat {
    id: SeatId,
    group: GroupRef,
    supporter: SupporterRef,
    /// Since when one fills it.
    since: Instant,
}

/// A person's open memberships, requests too, oldest first, and the seats that it fills.
pub fn mine(c: &mut AnyConnection, person: PersonId, reader: &Reader) -> Result<(Vec<MyMembership>, Vec<MySeat>)> {
    let rows = memberships::open_of(c, Whose::Person(person))?;
    let seats = people::filled_by(c, person, None)?;
    let groups: Vec<_> = rows.iter().map(|row| row.group_id).chain(seats.iter().map(|seat| seat.group)).collect();
    let of: Vec<_> = rows.iter().filter_map(|row| row.supporter_id).chain(seats.iter().map(|seat| seat.supporter)).collect();
    let (groups, facts) = (store::by_ids(c, &groups)?, supporters::refs(c, &of)?);
    let group = |id| groups.iter().find(|group| group.id == id).map(|group| GroupRef::of(group, reader)).transpose();
    let supporter = |id| facts.get(&id).map(|facts| facts.reference.clone());
    let mut memberships = Vec::new();
    for row in rows {
        let Some(group) = group(row.group_id)? else { continue };
        let supporter = row.supporter_id.and_then(supporter);
        let (id, body, role, status, since) = (row.id, row.body, row.role, row.status, row.since);
        memberships.push(MyMembership { id, group, supporter, body, role, status, since });
    }
    let mut filled = Vec::new();
    for seat in seats {
        let (Some(group), Some(supporter)) = (group(seat.group)?, supporter(seat.supporter)) else { continue };
        filled.push(MySeat { id: seat.id, group, supporter, since: seat.since });
    }
    Ok((memberships, filled))
}

/// What is kept about a person: its memberships and seats, ended ones too, and the messages that it sent to groups.
pub fn export(c: &mut AnyConnection, person: PersonId) -> Result<Map<String, Value>> {
    let all = [
        ("memberships", memberships::export(c, person)?),
        ("co_chair_seats", people::export_seats(c, person)?),
        ("group_messages", people::export_messages(c, person)?),
    ];
    Ok(all.into_iter().map(|(name, list)| (name.to_owned(), list)).collect())
}
