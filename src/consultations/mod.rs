//! Consultation rounds: questions to an audience, in time, and what became of the answers (domain.md, Consultations).

mod contributions;
mod counting;
mod dispositions;
mod listing;
mod path;
mod questions;
mod report;
mod results;
mod rules;
mod store;
mod synthesis;

pub use counting::count_next as count_next_closed_round;
pub use contributions::{export, forget_old, person_erased, supporters_merged};
pub use rules::{Audience, ContributionStatus, Scope, Status, Visibility};
pub use store::contributions::{ContributionId, ContributionMark};
pub use store::{ConsultationId, ConsultationMark};

use crate::http::Route;

/// `/consultations` and what lies below.
pub fn routes() -> Vec<Route> {
    let parts = [
        questions::routes::routes(),
        contributions::routes::routes(),
        contributions::public_routes(),
        listing::routes(),
        dispositions::routes(),
        results::routes::routes(),
        synthesis::routes(),
        report::routes(),
    ];
    parts.into_iter().flatten().collect()
}
