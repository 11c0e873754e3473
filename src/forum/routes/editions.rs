//! Writing editions: planning, changing and moving them.

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::facts::EditionCancelled;
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
use crate::time::{self, Day, DaySchema};

pub type Edition = Answered<Tagged<EditionView>>;

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
pub struct Particulars {
    pub name: String,
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
        match self.time_zone.as_deref().map(time::zone) {
            Some(Ok(zone)) => to.time_zone = zone.name().to_owned(),
            Some(Err(why)) => fault("/time_zone", "enum", why.to_string()),
            None => {}
        }
        if faults.is_empty() { Ok(to) } else { Err(faults) }
    }
}

/// The days in order and in years that mean something, or every fault at its field.
pub fn date_faults(dates: &Dates) -> Vec<FieldFault> {
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

/// Adds it and records that; 409 where its year has one.
pub fn insert(tx: &mut Write<'_>, row: &EditionRow) -> Result<()> {
    if writing::insert(tx, row)? {
        audit::record(tx, Entry::of("forum_edition.planned", "forum_edition", row.id));
        return Ok(());
    }
    let detail = format!("There is a Forum edition of {} already: one a year. Change that one, or reschedule it.", row.year);
    Err(Error::already_exists(detail))
}

/// The answer with what was planned.
pub fn created(tx: &mut Write<'_>, id: &str, reader: &crate::locale::Reader) -> Result<Created<EditionView>> {
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
                    venue: Change::given(venue.clone()),
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

/// A new edition.
pub fn planned(tx: &Write<'_>, dates: Dates, particulars: Particulars) -> EditionRow {
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
pub fn load<B>(tx: &mut Write<'_>, input: &Input<InEdition, (), B>) -> Result<EditionRow> {
    let row = store::find(tx, &input.path.year)?;
    input.allow(&Object::initiative())?;
    Ok(row)
}

/// What of it is text.
pub fn particulars(row: &EditionRow) -> Particulars {
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
pub fn carried(session: SessionRow, from: Tz, to: Tz, days: i64) -> SessionRow {
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
