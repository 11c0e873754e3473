//! What will be sent, and the settings.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gather::{self, About, Gathered};
use super::planning::{path, reason};
use super::rules::plan::Item;
use super::rules::{ReminderKind, offsets};
use super::settings::Settings;
use super::store;
use crate::audit::{self, Entry};
use crate::call;
use crate::db::{AnyConnection, Read};
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::http::page::{Listed, Paging, SortField, SortKey};
use crate::http::{Object as Answered, Page, Request, Route, Tagged, get, route};
use crate::ids::Id;
use crate::locale::{Localised, Reader};
use crate::policy::{Action, Object, PersonId};
use crate::time::{Day, DaySchema, Instant};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/reminders/schedule", Action::RunInitiative, "What will be sent to whom, when and why", schedule)
            .answers(&[ProblemKind::InvalidCursor]),
        get("/admin/settings", Action::RunAccounts, "What can be set while the server runs", settings),
        route(Method::PATCH, "/admin/settings", Action::RunAccounts, "Change settings, at once", change),
    ]
}

/// How far the schedule looks ahead, unless told otherwise, in days.
const AHEAD: i64 = 90;
/// As far as it looks, in days.
const FARTHEST: i64 = 400;
/// How many must stand on each side where it is a secret who stands where (domain.md, Consultations).
const CROWD: usize = 3;

/// The schedule as a list.
pub struct Schedule;

impl Listed for Schedule {
    type Row = ScheduledView;
    const SORTS: &'static [SortField<ScheduledView>] =
        &[SortField { name: "due_at", column: "due_at", key: SortKey::At(|row| row.due_at) }];
    const DEFAULT: &'static str = "due_at";
    const TIE: SortField<ScheduledView> = SortField { name: "key", column: "key", key: SortKey::Text(|row| row.key.clone()) };
}

/// What a reminder is about.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "ReminderSubject")]
struct SubjectView {
    /// `deliverable`, `forum_edition` or `consultation`.
    #[serde(rename = "type")]
    of: &'static str,
    /// Its reference, year or slug.
    #[serde(rename = "ref")]
    reference: String,
    /// What it is called.
    title: String,
    /// Its path in the API.
    url: String,
}

/// Whom a reminder goes to.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "ReminderRecipient")]
struct RecipientView {
    id: PersonId,
    display_name: String,
    email: Option<String>,
}

/// A reminder that will be sent if nothing changes.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "ScheduledReminder")]
pub struct ScheduledView {
    kind: ReminderKind,
    subject: SubjectView,
    /// Null where it is a secret who has not answered.
    person: Option<RecipientView>,
    /// How many persons; null where they answer for fewer than three, or fewer than three have answered, and that is a secret.
    count: Option<usize>,
    /// When: 09:00 of the recipient's day, or earlier than now where it waits for the worker.
    due_at: Instant,
    /// Why.
    reason: String,
    #[serde(skip)]
    key: String,
}

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

async fn schedule(request: Request<(), ScheduleQuery>) -> Result<Page<ScheduledView>> {
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
            let mut rows = scheduled(tx, now, until, &input.reader)?;
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

/// A moment of a round that keeps to itself who answered.
struct Veiled {
    item: Item,
    /// Who will be reminded.
    persons: usize,
    /// For whom, and for whom nobody is reminded any more.
    open: BTreeSet<String>,
    done: BTreeSet<String>,
}

impl Veiled {
    fn of(item: &Item) -> Self {
        Self { item: item.clone(), persons: 0, open: BTreeSet::new(), done: BTreeSet::new() }
    }
}

fn scheduled(tx: &mut Read<'_>, now: Instant, until: Day, reader: &Reader) -> Result<Vec<ScheduledView>> {
    let all = gather::gather(tx, None)?;
    let (ahead, done) = all.state.ahead(now, until);
    let mut rows = Vec::new();
    // Who is asked for the same supporter stands on its side together.
    let mut secret: BTreeMap<(usize, Instant, i64), Veiled> = BTreeMap::new();
    for (item, is_done) in ahead.iter().map(|item| (item, false)).chain(done.iter().map(|item| (item, true))) {
        let Some(about) = all.about.get(item.subject) else { continue };
        if matches!(about, About::Round { secret: true, .. }) {
            let key = (item.subject, item.moment.at, item.moment.days_before);
            let of = all.parties.get(&(item.subject, item.person)).map_or_else(|| item.person.to_string(), ToString::to_string);
            let counted = secret.entry(key).or_insert_with(|| Veiled::of(item));
            counted.persons += usize::from(!is_done);
            if is_done {
                counted.done.insert(of)
            } else {
                counted.open.insert(of)
            };
        } else if !is_done {
            rows.push(view(&all, about, item, Some(item.person), Some(1), reader)?);
        }
    }
    for Veiled { item, persons, open, done } in secret.into_values() {
        let Some(about) = all.about.get(item.subject) else { continue };
        let count = Some(persons).filter(|_| open.len() >= CROWD && done.len() >= CROWD);
        rows.push(view(&all, about, &item, None, count, reader)?);
    }
    Ok(rows)
}

fn view(
    all: &Gathered,
    about: &About,
    item: &Item,
    person: Option<PersonId>,
    count: Option<usize>,
    reader: &Reader,
) -> Result<ScheduledView> {
    let (of, reference, title) = match about {
        About::Deliverable { reference, title } => ("deliverable", reference.clone(), title.clone()),
        About::Edition { year, name, .. } => ("forum_edition", year.to_string(), name.clone()),
        About::Round { slug, title, .. } => {
            let title = Localised::from_json(title)?;
            let order = match reader {
                Reader::Prefers(order) => order.as_slice(),
                Reader::All => &all.languages,
            };
            ("consultation", slug.clone(), title.pick(order).to_owned())
        }
    };
    let person = person.and_then(|id| all.persons.get(&id)).map(|row| RecipientView {
        id: row.id,
        display_name: row.display_name.clone(),
        email: row.email.clone(),
    });
    let who = person.as_ref().map(|person| person.id.to_string()).unwrap_or_default();
    Ok(ScheduledView {
        kind: item.moment.kind,
        key: format!("{} {reference} {who} {}", item.moment.kind, item.moment.days_before),
        subject: SubjectView { of, reference, title, url: format!("/{}", path(about)) },
        person,
        count,
        due_at: item.moment.at,
        reason: reason(item),
    })
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
    #[schemars(with = "Vec<i64>", length(max = 12))]
    deliverable_due: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 400))]
    deliverable_late_every: Option<i64>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12))]
    submission_deadline: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12))]
    forum_start: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12))]
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
