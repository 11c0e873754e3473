//! The routes of accounts.

mod account;
mod admin;
mod registration;
mod sessions;

pub use account::with_own_password;

use crate::http::Route;

/// `/auth/*`, `/me/*` and `/admin/persons`.
pub fn routes() -> Vec<Route> {
    [registration::routes(), sessions::routes(), account::routes(), admin::routes()].into_iter().flatten().collect()
}
