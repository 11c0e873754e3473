//! What shows several slices at once.

mod audit;
mod board;
mod me;
mod search;

use crate::http::Route;

/// `/admin/audit`, `/me`, `/search`.
pub fn routes() -> Vec<Route> {
    [audit::routes(), me::routes(), search::routes()].into_iter().flatten().collect()
}
