//! The routes of accounts.

mod account;
mod admin;
mod keys;
mod links;
mod registration;
mod sessions;

pub use account::with_own_password;

use crate::http::Route;

/// `/auth/*`, `/me/*`, `/admin/persons` and `/admin/keys`.
pub fn routes() -> Vec<Route> {
    [registration::routes(), sessions::routes(), account::routes(), links::routes(), admin::routes(), keys::routes()]
        .into_iter()
        .flatten()
        .collect()
}
