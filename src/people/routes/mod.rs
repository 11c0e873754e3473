//! The routes of accounts.

mod account;
mod registration;
mod sessions;

pub use account::with_own_password;

use crate::http::Route;

/// `/auth/*` and `/me/*`.
pub fn routes() -> Vec<Route> {
    [registration::routes(), sessions::routes(), account::routes()].into_iter().flatten().collect()
}
