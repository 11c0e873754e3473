//! Meetings of groups: agenda, attendance, minutes, and their calendar entries (domain.md, Meetings).

mod calendar;
mod mails;
mod routes;
mod rules;
mod store;
mod view;

pub use calendar::{Calendar, entries};
pub use rules::{AttendanceStatus, MinutesStatus, Status};
pub use store::attendance::{export, unanswered};
pub use store::{MeetingId, MeetingMark};

use crate::http::Route;

/// `/groups/{group}/meetings` and `/meetings`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
