//! Versions of a deliverable: files and links, added and never changed.

mod routes;
mod store;

pub use routes::routes;
pub use store::referred;
