//! Moving a round on.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::moves::{self, Announcement, Held};
use super::super::path::{self, InConsultation};
use super::super::rules::Status;
use super::super::rules::moving::{self, Readiness};
use super::super::store::{self, ConsultationRow, counts};
use super::super::view::ConsultationView;
use super::change::not_archived;
use crate::audit;
use crate::db::Write;
use crate::deliverables::{self, ConsultedVersion};
use crate::error::{Error, Problem, ProblemKind, Result, Violation};
use crate::groups::Status as GroupStatus;
use crate::http::{Input, Object, Request, Tagged, prose};
use crate::policy::{Action, Object as Subject};
use crate::states::State;
use crate::time::Instant;

/// A move of a round's status.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsultationTransition")]
pub struct Transition {
    to: Status,
    /// Why; needed to cancel a round, and told to its audience where it had opened.
    #[schemars(length(max = 20_000))]
    reason: Option<String>,
}

/// The round of the path, held, which the caller runs.
fn run<B>(tx: &mut Write<'_>, input: &Input<InConsultation, (), B>) -> Result<Held> {
    let now = tx.now();
    let seen = path::load(tx, &input.path.consultation, &input.actor, now)?;
    input.allow(&seen.object())?;
    moves::hold(tx, seen.row.id)
}

pub async fn transition(request: Request<InConsultation, (), Transition>) -> Result<Object<Tagged<ConsultationView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let held = run(tx, input)?;
            let (row, from, to, now) = (&held.round.row, held.round.status, input.body.to, held.now);
            let secretariat = input.actor.may(Action::RunInitiative, &Subject::initiative());
            if moving::is_the_secretariats(row.audience, to) && !secretariat {
                let detail = "A round that asks beyond its group is scheduled and opened by the secretariat: let it know that the draft is ready.";
                return Err(Error::forbidden(detail));
            }
            input.if_match.allow(row.version)?;
            not_archived(&held)?;
            let allowed = moving::allowed(from, row.audience, secretariat);
            if !allowed.contains(&to) {
                let detail = format!("The round is {from}: it cannot become {to} by you.");
                return Err(Problem::new(ProblemKind::IllegalTransition, detail).with("allowed", allowed).into());
            }
            let violations = broken(tx, &held, to, reason.as_deref())?;
            if !violations.is_empty() {
                return Err(Problem::violations(&violations).into());
            }
            let row = moves::save(tx, moved(row.clone(), to, now), from, reason.as_deref(), now)?;
            match (to, &reason) {
                (Status::Open, _) => moves::announce(tx, &row, &Announcement::Opened)?,
                (Status::Cancelled, Some(reason)) if row.opened_at.is_some() => {
                    moves::announce(tx, &row, &Announcement::Cancelled(reason))?;
                }
                (Status::Published, _) => {
                    moves::announce(tx, &row, &Announcement::Published)?;
                    moves::announce(tx, &row, &Announcement::Answered)?;
                }
                _ => {}
            }
            Ok(Object::tagged(super::shown(tx, input, row, now)?))
        })
        .await
}

/// A round as it is after a move; opening or closing by hand sets that instant.
fn moved(row: ConsultationRow, to: Status, now: Instant) -> ConsultationRow {
    let row = ConsultationRow { status: to, ..row };
    match to {
        Status::Open => ConsultationRow { opens_at: now, opened_at: Some(now), ..row },
        Status::Closed => ConsultationRow { closes_at: now, ..row },
        Status::Published => ConsultationRow { published_at: Some(now), ..row },
        Status::Draft | Status::Scheduled | Status::Cancelled => row,
    }
}

/// Everything that stands against a move that the table has.
fn broken(tx: &mut Write<'_>, held: &Held, to: Status, reason: Option<&str>) -> Result<Vec<Violation>> {
    let (row, now) = (&held.round.row, held.now);
    let mut violations = Vec::new();
    if held.round.status.needs_reason(to) && reason.is_none() {
        violations.push(Violation::new("reason_required", "Say why, in `reason`: whoever was asked is told."));
    }
    match to {
        Status::Scheduled | Status::Open => {
            let version_readable = match row.deliverable_id.zip(row.deliverable_version) {
                Some((id, number)) => deliverables::consulted_version(tx, id, number)? == ConsultedVersion::Readable,
                None => true,
            };
            violations.extend(moving::obstacles(&Readiness {
                now,
                opens_at: if to == Status::Open { now } else { row.opens_at },
                closes_at: row.closes_at,
                asks: counts::has_question(tx, row.id)?,
                has_visibility: !held.round.allowed.is_empty(),
                group_active: held.group.as_ref().is_none_or(|group| group.status == GroupStatus::Active),
                version_readable,
            }));
        }
        Status::Published if row.synthesis.is_none() => {
            violations.push(Violation::new("no_synthesis", "Say first what came of it, with PUT …/synthesis."));
        }
        Status::Draft | Status::Closed | Status::Published | Status::Cancelled => {}
    }
    Ok(violations)
}

/// A later close.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsultationExtension")]
pub struct Extension {
    /// Later than the present one, and than now.
    closes_at: Instant,
    /// Why; its audience is told.
    #[schemars(length(max = 20_000))]
    reason: Option<String>,
}

pub async fn extend(request: Request<InConsultation, (), Extension>) -> Result<Object<Tagged<ConsultationView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let closes_at = input.body.closes_at;
            let held = run(tx, input)?;
            let (was, now) = (&held.round.row, held.now);
            input.if_match.allow(was.version)?;
            not_archived(&held)?;
            if held.round.status != Status::Open {
                return Err(Error::wrong_state(format!("The round is {}: only an open one is extended.", held.round.status)));
            }
            let mut violations = moving::extension_faults(was.closes_at, closes_at, now);
            if reason.is_none() {
                violations.push(Violation::new("reason_required", "Say why, in `reason`: its audience is told."));
            }
            if !violations.is_empty() {
                return Err(Problem::violations(&violations).into());
            }
            let row = store::save(tx, ConsultationRow { closes_at, ..was.clone() })?;
            let entry = moves::entry("consultation.extended", &row).moved(was.closes_at, closes_at);
            audit::record(tx, entry.because(reason.as_deref()));
            moves::announce(tx, &row, &Announcement::Extended(reason.as_deref().unwrap_or_default()))?;
            Ok(Object::tagged(super::shown(tx, input, row, now)?))
        })
        .await
}
