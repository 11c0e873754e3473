//! Every deliverable with what it serves, for who follows a principle to what came of it.

use super::rules::Status;
use super::store::{self, DeliverableId};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::ids::listed;
use crate::policy::GroupId;

/// A deliverable with what it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Its id.
    pub id: DeliverableId,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// The group that owes it.
    pub group: GroupId,
    /// The numbers of the principles that it serves, ascending.
    pub principles: Vec<i64>,
}

/// Every deliverable, by group number and number; in two queries.
pub fn traced(c: &mut AnyConnection) -> Result<Vec<Traced>> {
    let mut principles = listed(store::board::principles(c)?);
    let traced = |(id, reference, title, status, group)| {
        let principles = principles.remove(&id).unwrap_or_default();
        Traced { id, reference, title, status, group, principles }
    };
    Ok(store::board::traced(c)?.into_iter().map(traced).collect())
}
