//! What came out of a round: numbers, charts, a report.

pub mod chart;
pub mod routes;
mod sheet;
pub mod view;
pub mod words;
