//! Deliverables: what groups owe by a date, and how it comes about (domain.md, Deliverables).

mod acknowledgements;
mod milestones;
mod path;
mod routes;
mod rules;
mod store;
mod todays;
mod view;

use crate::http::Route;

pub use rules::{Health, HealthReason, Kind, Status};
pub use store::{DeliverableId, DeliverableMark};

/// `/deliverables`, what lies below a deliverable, and `/groups/{group}/deliverables`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
