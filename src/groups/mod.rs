//! Working groups: mandates, co-chair seats and the rule of their balance.

mod balance;
mod composition;
mod derogations;
mod facts;
mod invitations;
mod mails;
mod memberships;
mod messages;
mod mine;
mod path;
mod reactions;
mod routes;
mod rules;
mod seats;
mod store;
mod traced;
mod view;
mod waiting;

use std::collections::HashMap;

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::Route;
use crate::locale::Reader;
use crate::policy::{GroupId, MembershipId, PersonId, SupporterId};
use crate::text;

pub use derogations::tell_of_expired as tell_of_expired_derogations;
pub use facts::{GroupConcluding, GroupRenumbering, GroupSuspended, LeadsWanted, MembershipEnded, PeopleJoined};
pub use invitations::joining::affiliation_made as fulfil_invitations;
pub use memberships::endings::{
    affiliation_ended as end_memberships_of_affiliation, person_erased as end_memberships_of_erased,
    supporter_withdrawn as end_memberships_of_withdrawn, supporters_merged as move_memberships_of_merged,
};
pub use memberships::rules::{MembershipRole, MembershipStatus};
pub use mine::{MyMembership, MySeat, export, mine};
pub use path::InGroup;
pub use reactions::{
    affiliation_ended, person_erased, person_suspended, supporter_changed, supporter_withdrawn, supporters_merged,
};
pub use rules::{
    Balance, Derogation, JoinPolicy, Seat, Status, Violation, ViolationCode, Waivable, balance, balanced, refused_in_every_status,
};
pub use store::people::MembershipFacts;
pub use store::working::{SeatsOf, seats_filled, working_members};
pub use store::{DerogationMark, SeatId, SeatMark};
pub use traced::traced;
pub use view::GroupRef;
pub use waiting::{OpenInvitation, OpenRequest, VacantSeat, open_invitations, requests_to_decide, unbalanced, vacant_seats};

/// `/groups` and what lies below a group.
pub fn routes() -> Vec<Route> {
    let parts = [
        routes::routes(),
        seats::routes(),
        derogations::routes(),
        memberships::routes::routes(),
        invitations::routes(),
        messages::routes(),
    ];
    parts.into_iter().flatten().collect()
}

/// The id of the group that a filter names by id, number or slug, present or former. 404 where there is none.
pub fn resolve(connection: &mut AnyConnection, reference: &str) -> Result<GroupId> {
    Ok(store::names::find(connection, reference)?.id)
}

/// The group that had this number or slug before, and nobody has now: it is not given to another.
pub fn former_owner(connection: &mut AnyConnection, name: &str) -> Result<Option<GroupId>> {
    store::names::owner(connection, name)
}

/// Lets the number or slug `was` of a group lead to it (308), now that it is called `is`.
pub fn renamed(tx: &mut Write<'_>, group: GroupId, was: &str, is: &str) -> Result<()> {
    store::names::regain(tx, group, is)?;
    store::names::leave(tx, group, was)
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
/// [`Moved`](crate::error::Error::Moved) to it where slug or number is a former one.
pub fn named(connection: &mut AnyConnection, reference: &str, below: &str) -> Result<GroupFacts> {
    store::names::resolve(connection, reference, below).map(GroupFacts::from)
}

/// Holds a group until the transaction ends, before what depends on it is read; how it stands then.
pub fn hold(tx: &mut Write<'_>, group: GroupId) -> Result<GroupFacts> {
    store::hold(tx, group).map(GroupFacts::from)
}

/// Counts one more deliverable of a group that the transaction holds.
pub fn count_deliverable(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    store::count_deliverable(tx, group)
}

/// Says how many rounds of a group that the transaction holds are open.
pub fn count_open_consultations(tx: &mut Write<'_>, group: GroupId, open: i64) -> Result<()> {
    store::counts::open_consultations(tx, group, open)
}

/// The supporters that the active members of a group, observers left out, and whoever fills a seat of it speak for.
pub fn represented(connection: &mut AnyConnection, group: GroupId) -> Result<Vec<SupporterId>> {
    store::members::represented(connection, group)
}

/// For which supporters a person speaks in which groups now: as a member, or in a seat.
pub fn speaks_for(connection: &mut AnyConnection, person: PersonId) -> Result<Vec<(GroupId, SupporterId)>> {
    store::members::speaks_for(connection, person)
}

/// Counts anew the members of a group that the transaction holds, and the supporters that these or its seats stand for: after every change of
/// memberships or seats.
pub fn recount(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    store::counts::recount(tx, group)
}

/// The groups that a person takes part in now (and whether as observer), and those of which it fills a seat.
type Standings = (Vec<(GroupId, bool)>, Vec<GroupId>);

/// How a person stands to the groups now.
pub fn standings_of(connection: &mut AnyConnection, person: PersonId) -> Result<Standings> {
    Ok((store::people::memberships_of(connection, person)?, store::people::seats_of(connection, person)?))
}

/// Who fills a co-chair seat of a group now, in the order of the seats.
pub fn seated(connection: &mut AnyConnection, group: GroupId) -> Result<Vec<PersonId>> {
    store::people::seated(connection, group)
}

/// The supporters for which a person takes part in a group now: as a member, not as an observer, or in a co-chair seat.
pub fn represented_by(connection: &mut AnyConnection, person: PersonId, group: GroupId) -> Result<Vec<SupporterId>> {
    store::people::represented_by(connection, person, group)
}

/// The active memberships of a group, observers' too, the longest first.
pub fn active_memberships(connection: &mut AnyConnection, group: GroupId) -> Result<Vec<MembershipFacts>> {
    store::people::active(connection, group)
}

/// One membership, however it stands.
pub fn membership(connection: &mut AnyConnection, id: MembershipId) -> Result<Option<MembershipFacts>> {
    store::people::membership(connection, id)
}

/// The active groups, by number.
pub fn active(connection: &mut AnyConnection, reader: &Reader) -> Result<Vec<GroupRef>> {
    store::active(connection)?.iter().map(|row| GroupRef::of(row, reader)).collect()
}
