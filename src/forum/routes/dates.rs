//! Giving an edition other dates, and copying it forward.

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::facts::EditionRescheduled;
use super::super::rules::{Dates, Status};
use super::super::store::{self, EditionRow, SessionRow, writing};
use super::super::view::{self, EditionView};
use super::InEdition;
use super::editions::{Edition, carried, created, date_faults, insert, load, particulars, planned};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::facts;
use crate::http::change::Change;
use crate::http::{Created, Request, prose};
use crate::policy::Object;
use crate::time::{Day, DaySchema};
use crate::word_enum;

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
