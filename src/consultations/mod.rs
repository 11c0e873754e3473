//! Consultation rounds: questions to an audience, in time, and what became of the answers (domain.md, Consultations).

mod contributions;
mod path;
mod questions;
mod rules;
mod store;

pub use contributions::{export, forget_old, person_erased, supporters_merged};
pub use rules::{Audience, ContributionStatus, Scope, Status, Visibility};
pub use store::contributions::{ContributionId, ContributionMark};
pub use store::{ConsultationId, ConsultationMark};

use crate::http::Route;
use crate::locale::Localised;

/// `/consultations` and what lies below.
pub fn routes() -> Vec<Route> {
    [questions::routes::routes(), contributions::routes::routes(), contributions::public_routes()].into_iter().flatten().collect()
}

/// What a round is found by: its title and background in every language, folded.
pub fn round_search_text(title: &Localised, background: Option<&Localised>) -> String {
    [title.folded(), background.map(Localised::folded).unwrap_or_default()].join(" ")
}
