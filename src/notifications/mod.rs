//! What persons are told, and how they want to hear of it: in the application always, by mail at once, once a day or not at all
//! (domain.md, The Forum cycle and its mails).

mod digests;
mod hub;
mod leaving;
mod routes;
mod rules;
mod store;
mod stream;
mod telling;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::Route;
use crate::mail::Kind;
use crate::policy::PersonId;

pub use digests::send_due as send_digests;
pub use hub::Hub;
pub use leaving::mount as mount_unsubscribe;
pub use rules::Choice;
pub use store::forget_old;
pub use telling::{Told, enqueue_to_address, tell};

/// `/me/notification-preferences`, `/notifications`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}

/// Whether any digest is to be sent by now: cheap.
pub fn is_any_digest_due(connection: &mut AnyConnection, now: crate::time::Instant) -> Result<bool> {
    Ok(store::is_any_due(connection, now)?)
}

/// What a person said of a kind, where it said anything.
pub fn choice(connection: &mut AnyConnection, person: PersonId, kind: Kind) -> Result<Option<Choice>> {
    Ok(choices(connection, person)?.get(kind.as_str()).copied())
}

/// Everything that a person said, by kind.
fn choices(connection: &mut AnyConnection, person: PersonId) -> Result<BTreeMap<String, Choice>> {
    Ok(store::preferences(connection, person)?.choices)
}

/// Forgets what an erased person chose and was told.
pub fn person_erased(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    telling::forget_pending(tx, person);
    store::forget_person(tx, person)
}

/// What a person chose and was told, as it may take it along.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> Result<Value> {
    Ok(json!({
        "preferences": choices(connection, person)?,
        "notifications": store::export(connection, person)?,
    }))
}
