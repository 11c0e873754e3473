//! Writing sessions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::facts::SessionShows;
use super::super::rules::{Dates, Presentation, PresentedAs, Slot, Speaker, Status};
use super::super::store::{self, EditionRow, SessionId, SessionRow, writing};
use super::super::view::{self, SessionView};
use super::{InEdition, InSession};
use crate::address;
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::facts;
use crate::http::change::Change;
use crate::http::{Created, Input, Languages, NoContent, Object as Answered, Request, Tagged, Written};
use crate::locale::Localised;
use crate::policy::Object;
use crate::text;
use crate::time::{Day, DaySchema, Instant};

/// A session to be added.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewSession")]
pub struct New {
    title: Written,
    /// Left out: the day of `starts_at`.
    #[schemars(with = "Option<DaySchema>")]
    day: Option<Day>,
    /// Left out: all day.
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    #[schemars(length(max = 1000))]
    room: Option<String>,
    moderator: Option<Speaker>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    panellists: Vec<Speaker>,
    #[schemars(length(max = 2000))]
    recording_url: Option<String>,
    /// What it shows, in this order.
    #[serde(default)]
    #[schemars(length(max = 100))]
    deliverables: Vec<Presentation>,
}

/// What can be changed of a session.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "SessionChange")]
pub struct Changes {
    #[serde(default)]
    #[schemars(with = "Written")]
    title: Option<Written>,
    /// Left out: the day of `starts_at` where that is given, else it stays.
    #[serde(default)]
    #[schemars(with = "DaySchema")]
    day: Option<Day>,
    #[serde(default)]
    starts_at: Change<Instant>,
    #[serde(default)]
    ends_at: Change<Instant>,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    room: Change<String>,
    #[serde(default)]
    moderator: Change<Speaker>,
    #[serde(default)]
    #[schemars(with = "Vec<Speaker>", length(max = 100))]
    panellists: Option<Vec<Speaker>>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    recording_url: Change<String>,
    /// All that it shows, in this order.
    #[serde(default)]
    #[schemars(with = "Vec<Presentation>", length(max = 100))]
    deliverables: Option<Vec<Presentation>>,
}

impl From<&New> for Changes {
    fn from(new: &New) -> Self {
        Self {
            title: Some(new.title.clone()),
            day: new.day,
            starts_at: Change::given(new.starts_at),
            ends_at: Change::given(new.ends_at),
            room: Change::given(new.room.clone()),
            moderator: Change::given(new.moderator.clone()),
            panellists: Some(new.panellists.clone()),
            recording_url: Change::given(new.recording_url.clone()),
            deliverables: (!new.deliverables.is_empty()).then(|| new.deliverables.clone()),
        }
    }
}

/// Changes whose texts are clean.
struct Clean {
    title: Option<Localised>,
    slot: Changes,
    room: Change<String>,
    moderator: Change<Speaker>,
    panellists: Option<Vec<Speaker>>,
    recording_url: Change<String>,
    shown: Option<Vec<Presentation>>,
}

impl Changes {
    /// These with clean texts, or everything that is wrong with their form.
    fn clean(&self, languages: &Languages) -> Result<Clean> {
        let mut faults = Vec::new();
        let title = self.title.as_ref().map(|title| title.read("/title", languages, |text| text::name(text, text::MAX_NAME)));
        let title = title.transpose().map_err(|more| faults.extend(more)).ok().flatten();
        let room = cleaned(&self.room, |room| text::name(room, text::MAX_NAME).map_err(|why| at("/room", why)), &mut faults);
        let moderator = cleaned(&self.moderator, |given| speaker("/moderator", given), &mut faults);
        let url = |url: &String| address::url(url).map_err(|why| at("/recording_url", why));
        let recording_url = cleaned(&self.recording_url, url, &mut faults);
        let panellists = self.panellists.as_ref().map(|given| {
            let read = given.iter().enumerate().map(|(n, given)| speaker(&format!("/panellists/{n}"), given));
            read.filter_map(|read| read.map_err(|more| faults.extend(more)).ok()).collect()
        });
        let shown = self.deliverables.as_ref().map(|given| references(given, &mut faults));
        if !faults.is_empty() {
            return Err(Problem::invalid(&faults).into());
        }
        Ok(Clean { title, slot: self.clone(), room, moderator, panellists, recording_url, shown })
    }
}

fn at(pointer: &str, why: impl std::fmt::Display) -> Vec<FieldFault> {
    vec![FieldFault::new(pointer, "format", why.to_string())]
}

fn cleaned<T>(change: &Change<T>, clean: impl Fn(&T) -> Result<T, Vec<FieldFault>>, faults: &mut Vec<FieldFault>) -> Change<T> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(given) => match clean(given) {
            Ok(value) => Change::Set(value),
            Err(more) => {
                faults.extend(more);
                Change::Keep
            }
        },
    }
}

fn speaker(pointer: &str, given: &Speaker) -> Result<Speaker, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let mut name = |below: &str, given: &str| {
        let clean = text::name(given, text::MAX_NAME);
        clean.map_err(|why| faults.extend(at(&format!("{pointer}/{below}"), why))).unwrap_or_default()
    };
    let read = Speaker {
        name: name("name", &given.name),
        role: given.role.as_deref().map(|role| name("role", role)),
        organisation: given.organisation.as_deref().map(|organisation| name("organisation", organisation)),
    };
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// What is to be shown, each once.
fn references(given: &[Presentation], faults: &mut Vec<FieldFault>) -> Vec<Presentation> {
    let mut shown: Vec<Presentation> = Vec::new();
    for (n, Presentation { reference, presented_as }) in given.iter().enumerate() {
        let reference = reference.trim().to_uppercase();
        if shown.iter().any(|other| other.reference == reference) {
            let pointer = format!("/deliverables/{n}/reference");
            faults.push(FieldFault::new(pointer, "not-unique", "is named twice; a session shows a deliverable once"));
        }
        shown.push(Presentation { reference, presented_as: *presented_as });
    }
    shown
}

impl Clean {
    /// What the session becomes on its edition's days, or every rule that stands against it.
    fn apply(&self, mut row: SessionRow, edition: &EditionRow) -> Result<SessionRow> {
        if let Some(title) = &self.title {
            row.title = title.to_json();
        }
        let stays = !matches!(self.slot.starts_at, Change::Set(_));
        self.slot.starts_at.apply(&mut row.starts_at);
        self.slot.ends_at.apply(&mut row.ends_at);
        let day = self.slot.day.or(stays.then_some(row.day));
        let slot = Slot { day, starts_at: row.starts_at, ends_at: row.ends_at };
        row.day = day_of(&slot, edition)?;
        self.room.apply(&mut row.room);
        self.recording_url.apply(&mut row.recording_url);
        match &self.moderator {
            Change::Keep => {}
            Change::Clear => row.moderator = None,
            Change::Set(moderator) => row.moderator = Some(serde_json::to_string(moderator)?),
        }
        if let Some(panellists) = &self.panellists {
            row.panellists = serde_json::to_string(panellists)?;
        }
        Ok(row)
    }
}

fn day_of(slot: &Slot, edition: &EditionRow) -> Result<Day> {
    let EditionRow { starts_on, ends_on, submission_deadline, .. } = *edition;
    slot.on(&Dates { submission_deadline, starts_on, ends_on }, edition.zone()?).map_err(|faults| {
        let broken: Vec<_> = faults.iter().map(|fault| Violation::new(fault.code(), fault.to_string())).collect();
        Problem::violations(&broken).into()
    })
}

/// Holds the edition; 409 where its sessions stay as they are.
fn hold(tx: &mut Write<'_>, edition: store::EditionId) -> Result<EditionRow> {
    let edition = writing::hold(tx, edition)?;
    if edition.status == Status::Cancelled {
        return Err(Error::wrong_state("The Forum edition is cancelled; its sessions stay as they were."));
    }
    Ok(edition)
}

/// Shows these from now on, where nobody who keeps deliverables objects.
fn show(tx: &mut Write<'_>, row: &SessionRow, shown: &[Presentation]) -> Result<()> {
    let named = shown.iter().map(|one| (one.reference.clone(), one.presented_as == PresentedAs::Final)).collect();
    facts::announce(tx, &SessionShows { session: row.id, edition: row.forum_edition_id, shown: named })?;
    if writing::set_presentations(tx, row.id, shown)? {
        return Ok(());
    }
    Err(Error::violation(
        "unknown_deliverable",
        "One of the references names no deliverable. Look them up, and name those there are.",
    ))
}

pub async fn make(request: Request<InEdition, (), New>) -> Result<Created<SessionView>> {
    request
        .create(
            |tx, input| {
                let clean = Changes::from(&input.body).clean(&input.languages)?;
                let edition = store::find(tx, &input.path.year)?;
                input.allow(&Object::initiative())?;
                let edition = hold(tx, edition.id)?;
                let Slot { day, .. } = Slot { day: input.body.day, ..Slot::default() };
                // Before the day is known; `apply` finds or refuses it.
                let blank = SessionRow {
                    id: tx.new_id(),
                    forum_edition_id: edition.id,
                    title: String::new(),
                    day: day.unwrap_or_default(),
                    starts_at: None,
                    ends_at: None,
                    room: None,
                    moderator: None,
                    panellists: "[]".into(),
                    recording_url: None,
                    version: 1,
                    created_at: tx.now(),
                    updated_at: tx.now(),
                };
                if day.is_none() && input.body.starts_at.is_none() {
                    day_of(&Slot { day, starts_at: None, ends_at: input.body.ends_at }, &edition)?;
                }
                let row = clean.apply(blank, &edition)?;
                writing::insert_session(tx, &row)?;
                if let Some(shown) = &clean.shown {
                    show(tx, &row, shown)?;
                }
                audit::record(tx, Entry::of("session.added", "session", row.id));
                Ok(row.id.to_string())
            },
            |tx, input, id| {
                input.allow(&Object::initiative())?;
                let id: SessionId = id.parse().map_err(|_| Error::not_found("session"))?;
                Ok(Created { location: format!("/sessions/{id}"), object: view::session(tx, id, &input.reader)? })
            },
        )
        .await
}

/// The session of the path, which the caller may run.
fn load<B>(tx: &mut Write<'_>, input: &Input<InSession, (), B>) -> Result<SessionRow> {
    let (row, _) = store::session(tx, input.path.session_id)?;
    input.allow(&Object::initiative())?;
    input.if_match.require(row.version)?;
    Ok(row)
}

pub async fn change(request: Request<InSession, (), Changes>) -> Result<Answered<Tagged<SessionView>>> {
    request
        .write(|tx, input| {
            let clean = input.body.clean(&input.languages)?;
            let row = load(tx, input)?;
            let edition = hold(tx, row.forum_edition_id)?;
            let row = clean.apply(row, &edition)?;
            writing::save_session(tx, &row)?;
            if let Some(shown) = &clean.shown {
                show(tx, &row, shown)?;
            }
            audit::record(tx, Entry::of("session.changed", "session", row.id));
            Ok(Answered::tagged(view::session(tx, row.id, &input.reader)?))
        })
        .await
}

pub async fn remove(request: Request<InSession>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let row = load(tx, input)?;
            hold(tx, row.forum_edition_id)?;
            writing::remove_session(tx, &row)?;
            audit::record(tx, Entry::of("session.removed", "session", row.id));
            Ok(NoContent)
        })
        .await
}
