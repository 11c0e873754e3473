//! Comments: what those who take part in a group say of its deliverables, in threads.

mod routes;
mod rules;
pub mod store;

pub use routes::routes;
