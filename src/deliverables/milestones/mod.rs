//! Milestones: what of a deliverable is to be done by when.

mod routes;
pub mod store;

pub use routes::routes;
