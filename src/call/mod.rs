//! The call that this deployment serves: its name, zone and languages, its principles, sectors and kinds.

mod routes;
mod rules;
mod store;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::{AnyConnection, Read, Write};
use crate::error::Result;
use crate::http::{Languages, Route};
use crate::ids::Id;
use crate::locale::{Localised, Reader, Shown};
use crate::text;

pub use rules::{Call, Code, RuleNumbers};
pub use store::{Milestone, milestones};

/// The call, for a read. 503 where none is loaded yet.
pub fn current(tx: &mut Read<'_>) -> Result<Arc<Call>> {
    tx.remembered(store::load)
}

/// The call, for a write or a command.
pub fn load(connection: &mut AnyConnection) -> Result<Call> {
    store::load(connection)
}

/// Holds the call until this transaction ends: for what must happen one after another. SQLite's writes do so anyway.
pub fn lock(tx: &mut Write<'_>) -> Result<()> {
    store::lock(tx)
}

/// What the call is called, in its first language.
pub fn name(connection: &mut AnyConnection) -> Result<String> {
    Ok(store::load(connection)?.name)
}

/// The call's languages; English before a call is loaded, so that errors can be told.
pub fn languages(connection: &mut AnyConnection) -> Result<Languages> {
    store::languages(connection)
}

/// A principle where something else refers to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PrincipleRef {
    /// Its id.
    pub id: Id<()>,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: Shown,
}

/// At most `limit` principles, by number, whose title or summary has every word of `q` in some language; none where `q` has no word.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64, reader: &Reader) -> Result<Vec<PrincipleRef>> {
    let words = text::search_words(q);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut hits = Vec::new();
    // A call has a handful of principles, so they are all read.
    for row in store::principle_rows(connection)? {
        let (title, summary) = (Localised::from_json(&row.title)?, Localised::from_json(&row.summary)?);
        let all = format!("{} {}", title.folded(), summary.folded());
        if words.iter().all(|word| all.contains(word.as_str())) {
            hits.push(PrincipleRef { id: row.id.untyped(), number: row.number, title: title.shown(reader) });
        }
    }
    hits.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(hits)
}

/// Every principle, by number.
pub fn principles(connection: &mut AnyConnection, reader: &Reader) -> Result<Vec<PrincipleRef>> {
    let principle = |row: store::PrincipleRow| {
        let title = Localised::from_json(&row.title)?.shown(reader);
        Ok(PrincipleRef { id: row.id.untyped(), number: row.number, title })
    };
    store::principle_rows(connection)?.into_iter().map(principle).collect()
}

/// `/call`, `/principles`, `/sectors`, `/kinds`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
