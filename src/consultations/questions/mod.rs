//! What a round asks.

mod form;
pub mod routes;
pub mod view;
