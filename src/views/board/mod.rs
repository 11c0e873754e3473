//! The board: what every group owes, how it does, and what comes next, in one answer and in one picture; and how ready one Forum is.

mod monday;
mod picture;
mod readiness;
mod routes;
mod rules;
mod store;
mod table;
mod weekly;

pub use routes::routes;
pub use rules::{Owed, OwedBy, OwedWhat};
pub use table::owed;
pub use weekly::{is_any_readiness_report_due, queue_readiness_reports};
