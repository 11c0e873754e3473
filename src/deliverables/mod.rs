//! Deliverables: what groups owe by a date, and how it comes about (domain.md, Deliverables).

use crate::http::Route;

/// `/deliverables`, what lies below a deliverable, and `/groups/{group}/deliverables`.
pub fn routes() -> Vec<Route> {
    Vec::new()
}
