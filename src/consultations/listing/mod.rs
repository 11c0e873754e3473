//! What came in: contributions as others see them, and hiding one.

pub mod eyes;
mod moderation;
mod routes;
pub mod sheet;
pub mod view;

use crate::http::Route;

/// `/consultations/{consultation}/contributions` and the moderation below it.
pub fn routes() -> Vec<Route> {
    [routes::routes(), moderation::routes()].into_iter().flatten().collect()
}
