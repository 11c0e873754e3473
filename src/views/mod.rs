//! What shows several slices at once.

mod me;
mod search;

use crate::http::Route;

/// `/me`, `/search`.
pub fn routes() -> Vec<Route> {
    [me::routes(), search::routes()].into_iter().flatten().collect()
}
