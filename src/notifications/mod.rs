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

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::Route;
use crate::mail::Kind;
use crate::policy::PersonId;

pub use digests::send_due as send_digests;
pub use hub::Hub;
pub use leaving::mount as mount_unsubscribe;
pub use rules::{Choice, in_force};
pub use store::{Preferences, forget_old};
pub use telling::{News, enqueue_to_address, tell};

/// `/notifications`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}

/// Whether any digest is to be sent by now: cheap.
pub fn is_any_digest_due(connection: &mut AnyConnection, now: crate::time::Instant) -> Result<bool> {
    Ok(store::is_any_due(connection, now)?)
}

/// What a person said of how it wants to hear.
pub fn preferences(connection: &mut AnyConnection, person: PersonId) -> Result<Preferences> {
    store::preferences(connection, person)
}

/// Replaces what a person said over the version it was read at (0: nothing was). What is the default for it now is not kept, so that whoever gets a
/// task later hears of it.
pub fn choose(
    tx: &mut Write<'_>,
    person: PersonId,
    version: i64,
    choices: &BTreeMap<String, Choice>,
    has_task: bool,
) -> Result<Preferences> {
    let mut said = Preferences { choices: rules::worth_keeping(choices, has_task), version };
    said.version = store::save_preferences(tx, person, &said)?;
    Ok(said)
}

/// Who said what of a kind, of everybody or of some thousand persons at most; who said nothing is not in it.
pub fn choices_of(connection: &mut AnyConnection, kind: Kind, of: Option<&[PersonId]>) -> Result<HashMap<PersonId, Choice>> {
    let all = store::all_preferences(connection, of)?.into_iter();
    Ok(all.filter_map(|(person, said)| Some((person, *said.get(kind.as_str())?))).collect())
}

/// Waits for whoever is telling a person something, and lets nobody begin until the transaction ends: for one that is about to be erased.
pub fn hold_back(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    Ok(store::hold_back(tx, person)?)
}

/// Forgets what an erased person chose and was told.
pub fn person_erased(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    telling::forget_pending(tx, person);
    store::forget_person(tx, person)
}

/// What a person chose and was told, as it may take it along.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> Result<Value> {
    Ok(json!({
        "preferences": store::preferences(connection, person)?.choices,
        "notifications": store::export(connection, person)?,
    }))
}
