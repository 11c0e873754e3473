//! What shows several slices at once.

mod search;

use crate::http::Route;

/// `/search`.
pub fn routes() -> Vec<Route> {
    search::routes()
}
