//! What became of contributions (domain.md, Consultations).

mod form;
pub mod mails;
mod routes;
pub mod view;

pub use routes::routes;
