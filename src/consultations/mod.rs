//! Consultation rounds: questions to an audience, in time, and what became of the answers (domain.md, Consultations).

mod counting;
mod path;
mod questions;
mod results;
mod rules;
mod store;

pub use rules::{Audience, ContributionStatus, Scope, Status, Visibility};
pub use store::contributions::{ContributionId, ContributionMark};
pub use store::{ConsultationId, ConsultationMark};

use crate::http::Route;

/// `/consultations` and what lies below.
pub fn routes() -> Vec<Route> {
    Vec::new()
}
