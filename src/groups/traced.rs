//! Every group with what it pursues, for who follows a principle to what came of it.

use std::collections::HashMap;

use super::rules::Status;
use super::store;
use super::view::GroupRef;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::locale::Reader;
use crate::policy::GroupId;

/// Every group, by number, with its status and the numbers of its principles; in two queries.
pub fn traced(c: &mut AnyConnection, reader: &Reader) -> Result<Vec<(GroupRef, Status, Vec<i64>)>> {
    let rows = store::all(c, &store::Filter::default())?;
    let ids: Vec<GroupId> = rows.iter().map(|row| row.id).collect();
    let mut principles: HashMap<GroupId, Vec<i64>> = HashMap::new();
    for (group, principle) in store::principles(c, &ids)? {
        principles.entry(group).or_default().push(principle);
    }
    let view =
        |row: store::GroupRow| Ok((GroupRef::of(&row, reader)?, row.status, principles.remove(&row.id).unwrap_or_default()));
    rows.into_iter().map(view).collect()
}
