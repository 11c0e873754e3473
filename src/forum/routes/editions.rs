//! Writing editions: planning, changing, moving, rescheduling and copying them.

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::facts::{EditionCancelled, EditionRescheduled};
use super::super::rules::{self, Dates, Status};
use super::super::store::{self, EditionRow, SessionRow, writing};
use super::super::view::{self, EditionView};
use super::InEdition;
use crate::audit::{self, Entry};
use crate::call;
use crate::country;
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::facts;
use crate::http::change::Change;
use crate::http::{Created, Input, Object as Answered, Request, Tagged, prose};
use crate::policy::Object;
use crate::states::State;
use crate::text;
use crate::time::{Day, DaySchema};
use crate::word_enum;

type Edition = Answered<Tagged<EditionView>>;

/// An edition to be planned. Its year is that of `starts_on`, and stays so.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewForumEdition")]
pub struct New {
    #[schemars(length(min = 1, max = 1000))]
    name: String,
    #[schemars(length(min = 1, max = 1000))]
    city: String,
    /// ISO 3166-1 alpha-2.
    #[schemars(length(max = 10))]
    country: String,
    #[schemars(length(max = 1000))]
    venue: Option<String>,
    /// A zone of the tz database; the call's where it is left out.
    #[schemars(length(max = 64))]
    time_zone: Option<String>,
    #[schemars(with = "DaySchema")]
    starts_on: Day,
    #[schemars(with = "DaySchema")]
    ends_on: Day,
    #[schemars(with = "Option<DaySchema>")]
    submission_deadline: Option<Day>,
}

/// What can be changed of an edition.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "ForumEditionChange")]
pub struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 1000))]
    name: Option<String>,
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 1000))]
    city: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    #[schemars(with = "String", length(max = 10))]
    country: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    venue: Change<String>,
    /// A zone of the tz database. The hours of sessions stay what clocks show.
    #[serde(default)]
    #[schemars(with = "String", length(max = 64))]
    time_zone: Option<String>,
}

/// What of an edition is text.
#[derive(Clone, Default, PartialEq)]
struct Particulars {
    name: String,
    city: String,
    country: String,
    venue: Option<String>,
    time_zone: String,
}

impl Changes {
    /// What the edition becomes, or everything that is wrong with it.
    fn apply(&self, mut to: Particulars) -> Result<Particulars, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut fault = |at: &str, code, detail: String| faults.push(FieldFault::new(at, code, detail));
        for (at, given, field) in [("/name", &self.name, &mut to.name), ("/city", &self.city, &mut to.city)] {
            match given.as_deref().map(|typed| text::name(typed, text::MAX_NAME)) {
                Some(Ok(name)) => *field = name,
                Some(Err(why)) => fault(at, "format", why.to_string()),
                None => {}
            }
        }
        match self.country.as_deref().map(country::alpha2) {
            Some(Some(country)) => to.country = country,
            Some(None) => fault("/country", "enum", "must be a country code of ISO 3166-1, such as FR".into()),
            None => {}
        }
        match self.venue.value().map(|typed| text::name(typed, text::MAX_NAME)) {
            Some(Ok(venue)) => to.venue = Some(venue),
            Some(Err(why)) => fault("/venue", "format", why.to_string()),
            None => self.venue.apply(&mut to.venue),
        }
        match self.time_zone.as_deref().map(|typed| typed.parse::<Tz>()) {
            Some(Ok(zone)) => to.time_zone = zone.name().to_owned(),
            Some(Err(_)) => fault("/time_zone", "enum", "must be a zone of the tz database, such as Europe/Paris".into()),
            None => {}
        }
        if faults.is_empty() { Ok(to) } else { Err(faults) }
    }
}

/// The days in order and in years that mean something, or every fault at its field.
fn date_faults(dates: &Dates) -> Vec<FieldFault> {
    let mut faults: Vec<_> =
        dates.faults().iter().map(|fault| FieldFault::new(format!("/{}", fault.field()), "order", fault.to_string())).collect();
    if !(1900..=9999).contains(&dates.year()) {
        faults.push(FieldFault::new("/starts_on", "too-far", "must lie in a year from 1900 to 9999"));
    }
    if dates.ends_on.signed_duration_since(dates.starts_on).num_days() > 365 {
        faults.push(FieldFault::new("/ends_on", "too-far", "lies more than a year after starts_on"));
    }
    faults
}

fn insert(tx: &mut Write<'_>, row: &EditionRow) -> Result<()> {
    if writing::insert(tx, row)? {
        audit::record(tx, Entry::of("forum_edition.planned", "forum_edition", row.id));
        return Ok(());
    }
    let detail = format!("There is a Forum edition of {} already: one a year. Change that one, or reschedule it.", row.year);
    Err(Error::already_exists(detail))
}

fn created(tx: &mut Write<'_>, id: &str, reader: &crate::locale::Reader) -> Result<Created<EditionView>> {
    let row = store::find(tx, id)?;
    Ok(Created { location: format!("/forum-editions/{}", row.year), object: view::edition(tx, row, reader)? })
}

pub async fn make(request: Request<(), (), New>) -> Result<Created<EditionView>> {
    request
        .create(
            |tx, input| {
                let New { name, city, country, venue, time_zone, starts_on, ends_on, submission_deadline } = &input.body;
                let typed = Changes {
                    name: Some(name.clone()),
                    city: Some(city.clone()),
                    country: Some(country.clone()),
                    venue: venue.clone().map_or(Change::Keep, Change::Set),
                    time_zone: time_zone.clone(),
                };
                let dates = Dates { submission_deadline: *submission_deadline, starts_on: *starts_on, ends_on: *ends_on };
                let time_zone = call::load(tx)?.time_zone.name().to_owned();
                let particulars = typed.apply(Particulars { time_zone, ..Particulars::default() });
                let faults: Vec<_> =
                    particulars.as_ref().err().into_iter().flatten().cloned().chain(date_faults(&dates)).collect();
                let (Ok(particulars), true) = (particulars, faults.is_empty()) else {
                    return Err(Problem::invalid(&faults).into());
                };
                input.allow(&Object::initiative())?;
                let row = planned(tx, dates, particulars);
                insert(tx, &row)?;
                Ok(row.id.to_string())
            },
            |tx, input, id| {
                input.allow(&Object::initiative())?;
                created(tx, id, &input.reader)
            },
        )
        .await
}

fn planned(tx: &Write<'_>, dates: Dates, particulars: Particulars) -> EditionRow {
    let Particulars { name, city, country, venue, time_zone } = particulars;
    let Dates { submission_deadline, starts_on, ends_on } = dates;
    EditionRow {
        id: tx.new_id(),
        year: dates.year(),
        name,
        city,
        country,
        venue,
        time_zone,
        starts_on,
        ends_on,
        submission_deadline,
        status: Status::Planned,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// The edition of the path, which the caller may run.
fn load<B>(tx: &mut Write<'_>, input: &Input<InEdition, (), B>) -> Result<EditionRow> {
    let row = store::find(tx, &input.path.year)?;
    input.allow(&Object::initiative())?;
    Ok(row)
}

fn particulars(row: &EditionRow) -> Particulars {
    let EditionRow { name, city, country, venue, time_zone, .. } = row.clone();
    Particulars { name, city, country, venue, time_zone }
}

pub async fn change(request: Request<InEdition, (), Changes>) -> Result<Edition> {
    request
        .write(|tx, input| {
            input.body.apply(Particulars::default()).map_err(|faults| Problem::invalid(&faults))?;
            let row = load(tx, input)?;
            input.if_match.require(row.version)?;
            if row.status == Status::Cancelled {
                return Err(Error::wrong_state("The edition is cancelled and stays as it was. Plan another one."));
            }
            let was = particulars(&row);
            let to = input.body.apply(was.clone()).map_err(|faults| Problem::invalid(&faults))?;
            if to != was {
                let from = row.zone()?;
                let Particulars { name, city, country, venue, time_zone } = to;
                let changed = EditionRow { name, city, country, venue, time_zone, ..row };
                writing::save(tx, &changed)?;
                let zone = changed.zone()?;
                if zone != from {
                    for session in store::sessions(tx, &[changed.id])? {
                        let session = carried(session, from, zone, 0);
                        writing::save_session(tx, &session)?;
                    }
                }
                audit::record(tx, Entry::of("forum_edition.changed", "forum_edition", changed.id));
                return view::edition_of(tx, changed.id, &input.reader);
            }
            view::edition_of(tx, row.id, &input.reader)
        })
        .await
}

/// A session some days later, at the same hours on clocks in another zone.
fn carried(session: SessionRow, from: Tz, to: Tz, days: i64) -> SessionRow {
    let moved = |at| rules::moved(at, from, to, days);
    let day = session.day.checked_add_signed(chrono::TimeDelta::days(days)).unwrap_or(session.day);
    let (starts_at, ends_at) = (session.starts_at.map(moved), session.ends_at.map(moved));
    SessionRow { day, starts_at, ends_at, ..session }
}

/// A move of an edition.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ForumEditionTransition")]
pub struct Transition {
    to: Status,
    /// Why; a cancellation needs it.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
    /// Of a cancellation: the edition that its open deliverables move to. Left out, they stay.
    #[schemars(range(min = 1900, max = 9999))]
    move_to_year: Option<i64>,
}

pub async fn transition(request: Request<InEdition, (), Transition>) -> Result<Edition> {
    request
        .write(|tx, input| {
            let Transition { to, move_to_year, .. } = input.body;
            let reason = prose("/reason", input.body.reason.as_deref())?;
            if move_to_year.is_some() && to != Status::Cancelled {
                return Err(Error::invalid("/move_to_year", "unknown", "goes with a cancellation only; remove it"));
            }
            let row = load(tx, input)?;
            input.if_match.allow(row.version)?;
            let from = row.status;
            from.go(to)?;
            let mut missing = Vec::new();
            if from.needs_reason(to) && reason.is_none() {
                missing.push(Violation::new("reason_required", "Say why, in `reason`: leads and co-chairs are told."));
            }
            if to == Status::Held && tx.now().day_in(row.zone()?) < row.ends_on {
                let detail = format!("It is held from its last day on, {}. Reschedule it where it ended earlier.", row.ends_on);
                missing.push(Violation::new("not_over", detail));
            }
            let goal = match move_to_year {
                Some(year) => store::find_year(tx, year)?
                    .filter(|goal| goal.id != row.id && matches!(goal.status, Status::Planned | Status::Open)),
                None => None,
            };
            if let (Some(year), None) = (move_to_year, &goal) {
                let detail = format!("{year} is no other edition that is planned or open. Name one, or plan it first.");
                missing.push(Violation::new("move_to_year", detail));
            }
            if !missing.is_empty() {
                return Err(Problem::violations(&missing).into());
            }
            let (edition, move_to) = (row.id, goal.map(|goal| goal.id));
            writing::save(tx, &EditionRow { status: to, ..row })?;
            audit::record(tx, Entry::of(act(to), "forum_edition", edition).moved(from, to).because(reason.as_deref()));
            if to == Status::Cancelled {
                facts::announce(tx, &EditionCancelled { edition, move_to, reason: reason.unwrap_or_default() })?;
            }
            view::edition_of(tx, edition, &input.reader)
        })
        .await
}

fn act(to: Status) -> &'static str {
    match to {
        Status::Planned => "forum_edition.planned",
        Status::Open => "forum_edition.opened",
        Status::Held => "forum_edition.held",
        Status::Cancelled => "forum_edition.cancelled",
    }
}

word_enum! {
    /// What becomes of the due dates of an edition's deliverables when it moves.
    pub enum DueDates {
        /// They stay.
        Keep = "keep",
        /// They move by as many days as the edition's first day.
        Shift = "shift",
    }
}

/// Other dates for an edition.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ForumEditionReschedule")]
pub struct Reschedule {
    #[schemars(with = "DaySchema")]
    starts_on: Day,
    #[schemars(with = "DaySchema")]
    ends_on: Day,
    /// Left out: stays as it is; null: there is none.
    #[serde(default)]
    #[schemars(with = "Option<DaySchema>")]
    submission_deadline: Change<Day>,
    deliverables: DueDates,
    /// Why; leads and co-chairs are told.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

pub async fn reschedule(request: Request<InEdition, (), Reschedule>) -> Result<Edition> {
    request
        .write(|tx, input| {
            let Reschedule { starts_on, ends_on, deliverables, .. } = input.body;
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let given = input.body.submission_deadline.value().copied();
            let faults = date_faults(&Dates { submission_deadline: given, starts_on, ends_on });
            if !faults.is_empty() {
                return Err(Problem::invalid(&faults).into());
            }
            let row = load(tx, input)?;
            input.if_match.allow(row.version)?;
            if !matches!(row.status, Status::Planned | Status::Open) {
                return Err(Error::wrong_state(format!(
                    "Only what is planned or open is rescheduled; this one is {}.",
                    row.status
                )));
            }
            let reason = reason.ok_or_else(|| Error::reason_required("leads and co-chairs are told"))?;
            let mut submission_deadline = row.submission_deadline;
            input.body.submission_deadline.apply(&mut submission_deadline);
            let to = Dates { submission_deadline, starts_on, ends_on };
            // The deadline that stays may lie after the new first day.
            let faults = date_faults(&to);
            if !faults.is_empty() {
                return Err(Problem::invalid(&faults).into());
            }
            let was = Dates { submission_deadline: row.submission_deadline, starts_on: row.starts_on, ends_on: row.ends_on };
            let (edition, zone) = (row.id, row.zone()?);
            if to == was {
                return view::edition_of(tx, edition, &input.reader);
            }
            writing::save(tx, &EditionRow { starts_on, ends_on, submission_deadline, ..row })?;
            let days = starts_on.signed_duration_since(was.starts_on).num_days();
            move_sessions(tx, edition, zone, days, &to)?;
            audit::record(tx, Entry::of("forum_edition.rescheduled", "forum_edition", edition).because(Some(&reason)));
            let shift_days = (deliverables == DueDates::Shift).then_some(days);
            facts::announce(tx, &EditionRescheduled { edition, shift_days, reason })?;
            view::edition_of(tx, edition, &input.reader)
        })
        .await
}

/// Moves an edition's sessions along, at the hours that they had; 422 naming each that then lies outside its days.
fn move_sessions(tx: &mut Write<'_>, edition: store::EditionId, zone: Tz, days: i64, dates: &Dates) -> Result<()> {
    let mut outside = Vec::new();
    for session in store::sessions(tx, &[edition])? {
        let moved = carried(session, zone, zone, days);
        if !dates.contains(moved.day) {
            let title = crate::locale::Localised::from_json(&moved.title)?;
            let detail = format!(
                "The session {:?} would be on {}, outside the new days. Put it on another day first, or remove it.",
                title.pick(&[]),
                moved.day
            );
            outside.push(Violation::new("session_outside", detail));
        } else if days != 0 {
            writing::save_session(tx, &moved)?;
        }
    }
    if outside.is_empty() { Ok(()) } else { Err(Problem::violations(&outside).into()) }
}

/// Another year's edition, after the one of the path.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ForumEditionCopy")]
pub struct Copy {
    /// That of `starts_on`.
    #[schemars(range(min = 1900, max = 9999))]
    year: i64,
    #[schemars(with = "DaySchema")]
    starts_on: Day,
    #[schemars(with = "DaySchema")]
    ends_on: Day,
    #[schemars(with = "Option<DaySchema>")]
    submission_deadline: Option<Day>,
}

pub async fn copy(request: Request<InEdition, (), Copy>) -> Result<Created<EditionView>> {
    request
        .create(
            |tx, input| {
                let Copy { year, starts_on, ends_on, submission_deadline } = input.body;
                let dates = Dates { submission_deadline, starts_on, ends_on };
                let mut faults = date_faults(&dates);
                if year != dates.year() {
                    faults.push(FieldFault::new("/year", "order", format!("must be the year of starts_on, {}", dates.year())));
                }
                if !faults.is_empty() {
                    return Err(Problem::invalid(&faults).into());
                }
                let model = load(tx, input)?;
                let zone = model.zone()?;
                let mut named = particulars(&model);
                named.name = named.name.replace(&model.year.to_string(), &year.to_string());
                let row = planned(tx, dates, named);
                insert(tx, &row)?;
                for session in store::sessions(tx, &[model.id])? {
                    let last = ends_on.signed_duration_since(session.day).num_days();
                    let days = starts_on.signed_duration_since(model.starts_on).num_days().min(last);
                    let session = carried(session, zone, zone, days);
                    let copied = blank(tx, session, row.id);
                    writing::insert_session(tx, &copied)?;
                    audit::record(tx, Entry::of("session.added", "session", copied.id));
                }
                Ok(row.id.to_string())
            },
            |tx, input, id| {
                input.allow(&Object::initiative())?;
                created(tx, id, &input.reader)
            },
        )
        .await
}

/// What another year takes over of a session: what it is called, when and where it is; not who spoke and what was shown.
fn blank(tx: &Write<'_>, session: SessionRow, edition: store::EditionId) -> SessionRow {
    SessionRow {
        id: tx.new_id(),
        forum_edition_id: edition,
        moderator: None,
        panellists: "[]".into(),
        recording_url: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        ..session
    }
}
