//! Meetings of groups: agenda, attendance, minutes, and their calendar entries (domain.md, Meetings).

use crate::http::Route;

/// `/groups/{group}/meetings` and `/meetings`.
pub fn routes() -> Vec<Route> {
    Vec::new()
}
