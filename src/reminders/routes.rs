//! What will be sent.

use schemars::JsonSchema;
use serde::Deserialize;

use super::rules::ReminderKind;
use super::schedule::{self, Schedule, Scheduled};
use crate::call;
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Page, Request, Route, get};
use crate::policy::{Action, Object};
use crate::time::{Day, DaySchema};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/reminders/schedule", Action::RunInitiative, "What will be sent to whom, when and why", list)
            .answers(&[ProblemKind::InvalidCursor]),
    ]
}

/// How far the schedule looks ahead, unless told otherwise, in days.
const AHEAD: i64 = 90;
/// As far as it looks, in days.
const FARTHEST: i64 = 400;

#[derive(Deserialize, JsonSchema)]
struct ScheduleQuery {
    #[serde(flatten)]
    page: Paging<Schedule>,
    /// The last day, in each recipient's zone; left out: 90 days on. At most 400 days on.
    #[schemars(with = "Option<DaySchema>")]
    until: Option<Day>,
    /// Only those of this kind.
    kind: Option<ReminderKind>,
}

async fn list(request: Request<(), ScheduleQuery>) -> Result<Page<Scheduled>> {
    request
        .read(|tx, input| {
            let (query, now) = (&input.query, tx.now());
            let plan = query.page.plan(&input.filters)?;
            let today = now.day_in(call::current(tx)?.time_zone);
            let until = query.until.unwrap_or(on(today, AHEAD));
            if until < today || until > on(today, FARTHEST) {
                let detail = format!("must be a day from today, {today}, to {}", on(today, FARTHEST));
                return Err(Error::invalid("?until", "range", detail));
            }
            input.allow(&Object::initiative())?;
            let mut rows = schedule::ahead(tx, now, until, &input.reader)?;
            rows.retain(|row| query.kind.is_none_or(|kind| kind == row.kind));
            let total = plan.total.then(|| i64::try_from(rows.len()).unwrap_or(i64::MAX));
            let (rows, next) = plan.cut(plan.arrange(rows));
            Ok(Page::new(rows, next, total))
        })
        .await
}

/// So many days after a day.
fn on(day: Day, days: i64) -> Day {
    day.checked_add_signed(chrono::TimeDelta::days(days)).unwrap_or(day)
}
