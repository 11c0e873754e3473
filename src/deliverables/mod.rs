//! Deliverables: what groups owe by a date, and how it comes about (domain.md, Deliverables).

mod acknowledgements;
mod facts;
mod form;
mod mails;
mod milestones;
mod path;
mod reactions;
mod record;
mod routes;
mod rules;
mod store;
mod todays;
mod versions;
mod view;

use crate::http::Route;

pub use facts::RoundWanted;
pub use reactions::{
    on_edition_cancelled, on_edition_rescheduled, on_group_concluding, on_group_renumbering, on_membership_ended,
    on_person_erased, on_session_shows,
};
pub use rules::{Health, HealthReason, Kind, Status};
pub use store::{DeliverableId, DeliverableMark};
pub use versions::referred as referred_files;

/// `/deliverables`, what lies below a deliverable, and `/groups/{group}/deliverables`.
pub fn routes() -> Vec<Route> {
    [routes::routes(), versions::routes()].into_iter().flatten().collect()
}
