//! The call that this deployment serves: its name, zone and languages, its principles, sectors and kinds.

mod routes;
mod rules;
mod store;

use std::sync::Arc;

use crate::db::{AnyConnection, Read};
use crate::error::Result;
use crate::http::{Languages, Route};

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

/// The call's languages; English before a call is loaded, so that errors can be told.
pub fn languages(connection: &mut AnyConnection) -> Result<Languages> {
    store::languages(connection)
}

/// `/call`, `/principles`, `/sectors`, `/kinds`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
