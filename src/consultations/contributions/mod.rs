//! Contributions: drafts, what is submitted, revised and withdrawn, for a supporter or for an address (domain.md, Consultations).

mod desk;
mod export;
mod keeping;
mod mails;
mod public;
pub mod record;
mod retention;
pub mod routes;
pub mod view;

pub use export::export;
pub use keeping::{person_erased, supporters_merged};
pub use public::routes as public_routes;
pub use retention::forget_old;
