//! Applications: how an organisation asks to become a supporter, and what the secretariat decides.

mod mails;
mod routes;
pub mod rules;
pub mod store;
mod view;

use crate::http::Route;

pub use store::{ApplicationId, waiting};

pub fn routes() -> Vec<Route> {
    routes::routes()
}
