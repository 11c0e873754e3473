//! Consultation rounds: questions to an audience, in time, and what became of the answers (domain.md, Consultations).

mod contributions;
mod counting;
mod path;
mod questions;
mod results;
mod rules;
mod store;

pub use contributions::{export, forget_old, person_erased, supporters_merged};
pub use rules::{Audience, ContributionStatus, Scope, Status, Visibility};
pub use store::contributions::{ContributionId, ContributionMark};
pub use store::{ConsultationId, ConsultationMark};

use crate::http::Route;

/// `/consultations` and what lies below.
pub fn routes() -> Vec<Route> {
    [questions::routes::routes(), contributions::routes::routes(), contributions::public_routes()].into_iter().flatten().collect()
}
