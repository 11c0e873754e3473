//! Working groups: mandates, co-chair seats and the rule of their balance.

mod composition;
mod facts;
mod memberships;
mod reactions;
mod routes;
mod rules;
mod store;
mod view;

use std::collections::HashMap;

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::Route;
use crate::locale::Reader;
use crate::policy::{GroupId, MembershipId, PersonId};
use crate::text;

pub use facts::{GroupConcluding, GroupRenumbering, LeadsWanted, MembershipEnded};
pub use memberships::rules::{MembershipRole, MembershipStatus};
pub use reactions::{supporter_withdrawn, supporters_merged};
pub use rules::{
    Balance, Derogation, JoinPolicy, Seat, Status, Violation, ViolationCode, Waivable, balance, balanced, refused_in_every_status,
};
pub use store::people::MembershipFacts;
pub use store::{DerogationMark, SeatId, SeatMark};
pub use view::GroupRef;

/// `/groups` and what lies below a group.
pub fn routes() -> Vec<Route> {
    routes::routes()
}

/// The id of the group that a path or filter names by id, number or slug. 404 where there is none.
pub fn resolve(connection: &mut AnyConnection, reference: &str) -> Result<GroupId> {
    Ok(store::find(connection, reference)?.id)
}

/// How answers refer to these groups, in one query; ids that name none are left out.
pub fn refs(connection: &mut AnyConnection, ids: &[GroupId], reader: &Reader) -> Result<HashMap<GroupId, GroupRef>> {
    store::by_ids(connection, ids)?.iter().map(|row| Ok((row.id, GroupRef::of(row, reader)?))).collect()
}

/// At most `limit` groups, by number, whose titles, mandates or slug have every word of `q`; none where `q` has no word.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64, reader: &Reader) -> Result<Vec<GroupRef>> {
    if text::search_words(q).is_empty() {
        return Ok(Vec::new());
    }
    store::search(connection, q, limit)?.iter().map(|row| GroupRef::of(row, reader)).collect()
}

/// A group as other slices see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    /// Its id.
    pub id: GroupId,
    /// Its number.
    pub number: i64,
    /// How it stands.
    pub status: Status,
}

impl From<store::GroupRow> for GroupFacts {
    fn from(row: store::GroupRow) -> Self {
        Self { id: row.id, number: row.number, status: row.status }
    }
}

/// The group that a path names by id, number or slug; 404 where there is none. `below` is the rest of the path, such as `/meetings`:
/// [`Moved`](crate::error::Error::Moved) to it where the slug is a former one.
pub fn named(connection: &mut AnyConnection, reference: &str, _below: &str) -> Result<GroupFacts> {
    store::find(connection, reference).map(GroupFacts::from)
}

/// Holds a group until the transaction ends, before what depends on it is read; how it stands then.
pub fn hold(tx: &mut Write<'_>, group: GroupId) -> Result<GroupFacts> {
    store::hold(tx, group).map(GroupFacts::from)
}

/// Counts one more deliverable of a group that the transaction holds.
pub fn count_deliverable(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    store::count_deliverable(tx, group)
}

/// The groups that a person takes part in now (and whether as observer), and those of which it fills a seat.
pub fn standings_of(connection: &mut AnyConnection, person: PersonId) -> Result<(Vec<(GroupId, bool)>, Vec<GroupId>)> {
    Ok((store::people::memberships_of(connection, person)?, store::people::seats_of(connection, person)?))
}

/// Who fills a co-chair seat of a group now, in the order of the seats.
pub fn seated(connection: &mut AnyConnection, group: GroupId) -> Result<Vec<PersonId>> {
    store::people::seated(connection, group)
}

/// The active memberships of a group, observers' too, the longest first.
pub fn active_memberships(connection: &mut AnyConnection, group: GroupId) -> Result<Vec<MembershipFacts>> {
    store::people::active(connection, group)
}

/// One membership, however it stands.
pub fn membership(connection: &mut AnyConnection, id: MembershipId) -> Result<Option<MembershipFacts>> {
    store::people::membership(connection, id)
}
