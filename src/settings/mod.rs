//! What administrators set while the server runs. Not the settings file: what is there is `config`'s, and read once.

mod routes;
mod rules;
mod store;

use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Route;

pub use rules::{ReminderSettings, Settings};

/// `/admin/settings`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}

/// The settings in force.
///
/// # Errors
/// Of the database, and where what it keeps are no settings.
pub fn current(c: &mut AnyConnection) -> Result<Settings> {
    Ok(store::stored(c)?.settings)
}
