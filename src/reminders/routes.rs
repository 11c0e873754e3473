//! What will be sent, and the settings.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{ReminderKind, offsets};
use super::schedule::{self, Schedule, Scheduled};
use super::settings::Settings;
use super::store;
use crate::audit::{self, Entry};
use crate::call;
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Object as Answered, Page, Request, Route, Tagged, get, route};
use crate::ids::Id;
use crate::policy::{Action, Object};
use crate::time::{Day, DaySchema, Instant};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/reminders/schedule", Action::RunInitiative, "What will be sent to whom, when and why", list)
            .answers(&[ProblemKind::InvalidCursor]),
        get("/admin/settings", Action::RunAccounts, "What can be set while the server runs", settings),
        route(Method::PATCH, "/admin/settings", Action::RunAccounts, "Change settings, at once", change),
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

/// What can be set, as it is now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsInForce")]
struct SettingsView {
    id: Id<()>,
    #[serde(flatten)]
    settings: Settings,
    created_at: Option<Instant>,
    updated_at: Option<Instant>,
}

/// The settings have one id, whoever asks.
const THE_SETTINGS: [u8; 16] = *b"plenary settings";

fn shown(c: &mut AnyConnection) -> Result<Tagged<SettingsView>> {
    let known = store::choices(c)?;
    let settings = match &known {
        Some((json, ..)) => Settings::read(json)?,
        None => Settings::default(),
    };
    let (version, at) = known.map_or((0, None), |(_, version, at)| (version, Some(at)));
    let view = SettingsView { id: Id::of_bytes(THE_SETTINGS), settings, created_at: at, updated_at: at };
    Ok(Tagged::new(version, view))
}

async fn settings(request: Request) -> Result<Answered<Tagged<SettingsView>>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            Ok(Answered::tagged(shown(tx)?))
        })
        .await
}

/// What is to be set; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettingsChange")]
struct Changes {
    #[serde(default)]
    #[schemars(with = "ReminderChange")]
    reminders: Option<ReminderChange>,
}

/// When reminders are to be sent, in days before the date; an empty list sends none.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReminderSettingsChange")]
struct ReminderChange {
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    deliverable_due: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 400))]
    deliverable_late_every: Option<i64>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    submission_deadline: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    forum_start: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    consultation_closing: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 400))]
    readiness_report_from: Option<i64>,
}

async fn change(request: Request<(), (), Changes>) -> Result<Answered<Tagged<SettingsView>>> {
    request
        .write(|tx, input| {
            let given = input.body.reminders.clone().unwrap_or_default();
            let known = store::choices(tx)?;
            let mut settings = match &known {
                Some((json, ..)) => Settings::read(json)?,
                None => Settings::default(),
            };
            let (was, to) = (settings.clone(), &mut settings.reminders);
            let mut faults = Vec::new();
            let lists = [
                ("deliverable_due", given.deliverable_due, &mut to.deliverable_due),
                ("submission_deadline", given.submission_deadline, &mut to.submission_deadline),
                ("forum_start", given.forum_start, &mut to.forum_start),
                ("consultation_closing", given.consultation_closing, &mut to.consultation_closing),
            ];
            for (name, given, to) in lists {
                let Some(mut days) = given else { continue };
                if let Some(why) = offsets::fault(&days) {
                    faults.push(FieldFault::new(format!("/reminders/{name}"), "range", why));
                }
                days.sort_unstable_by(|a, b| b.cmp(a));
                *to = days;
            }
            to.deliverable_late_every = given.deliverable_late_every.unwrap_or(to.deliverable_late_every);
            to.readiness_report_from = given.readiness_report_from.unwrap_or(to.readiness_report_from);
            if !faults.is_empty() {
                return Err(Problem::invalid(&faults).into());
            }
            input.allow(&Object::initiative())?;
            let version = known.map_or(0, |(_, version, _)| version);
            input.if_match.require(version)?;
            if settings != was {
                store::save_choices(tx, &serde_json::to_string(&settings)?, version)?;
                audit::record(tx, Entry::of("settings.changed", "settings", Id::<()>::of_bytes(THE_SETTINGS)));
            }
            Ok(Answered::tagged(shown(tx)?))
        })
        .await
}
