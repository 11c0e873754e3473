//! What shows several slices at once.

mod audit;
mod calendar;
mod me;
mod search;

use crate::http::Route;

pub use calendar::on_person_erased;

/// `/admin/audit`, the calendars and their private feed, `/me`, `/search`.
pub fn routes() -> Vec<Route> {
    [audit::routes(), calendar::routes(), me::routes(), search::routes()].into_iter().flatten().collect()
}
