//! Working groups: mandates, co-chair seats and the rule of their balance.

mod composition;
mod reactions;
mod routes;
mod rules;
mod store;
mod view;

use std::collections::HashMap;

use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Route;
use crate::locale::Reader;
use crate::policy::GroupId;
use crate::text;

pub use reactions::{supporter_withdrawn, supporters_merged};
pub use rules::{
    Balance, Derogation, JoinPolicy, Seat, Status, Violation, ViolationCode, Waivable, balance, balanced, refused_in_every_status,
};
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
