//! Endpoints outside that are told what happens, signed (Standard Webhooks): who is told of what, and what leaves for them through the outbox.

mod kinds;
mod reach;
mod routes;
mod rules;
mod signing;
mod store;
mod telling;

pub use kinds::EventKind;
pub use reach::{Reach, is_public};
pub use signing::{Secret, sign};
pub use telling::{Endpoint, disable, endpoint, give_up_on_the_lost, on_recorded};

use crate::http::Route;

/// `/webhooks`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
