//! What shows several slices at once.

mod audit;
mod board;
mod me;
mod search;
mod tasks;
mod timeline;
mod trace;

use crate::http::Route;

/// `/admin/audit`, `/board`, `/me`, `/search`.
pub fn routes() -> Vec<Route> {
    let views =
        [audit::routes(), board::routes(), me::routes(), search::routes(), tasks::routes(), timeline::routes(), trace::routes()];
    views.into_iter().flatten().collect()
}
