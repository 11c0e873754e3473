//! What shows several slices at once.

mod audit;
mod board;
mod calendar;
mod me;
mod preferences;
mod search;
mod tasks;
mod timeline;
mod trace;

use crate::http::Route;

pub use board::{is_any_readiness_report_due, queue_readiness_reports};
pub use calendar::on_person_erased;

/// What a page needs of more than one slice.
pub fn routes() -> Vec<Route> {
    let views = [
        audit::routes(),
        board::routes(),
        calendar::routes(),
        me::routes(),
        preferences::routes(),
        search::routes(),
        tasks::routes(),
        timeline::routes(),
        trace::routes(),
    ];
    views.into_iter().flatten().collect()
}
