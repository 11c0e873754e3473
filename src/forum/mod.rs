//! Forum editions: dates, places and sessions.

mod rules;

pub use rules::{DateFault, Dates, Speaker, Status};
