//! Moving a deliverable on.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::facts::{DeliverableSettled, RoundWanted};
use super::super::mails;
use super::super::path::{self, InDeliverable};
use super::super::record;
use super::super::rules::Status;
use super::super::rules::moves::{self, Guard, Move};
use super::super::store::{self, Found, versions};
use super::super::todays::Todays;
use super::super::view::{self, DeliverableView};
use crate::audit;
use crate::db::Write;
use crate::error::{Problem, ProblemKind, Result, Violation};
use crate::facts;
use crate::forum::{self, SessionId};
use crate::http::{Object, Request, Tagged, prose};
use crate::policy::PersonId;

/// A move of a deliverable's status.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliverableTransition")]
pub struct Transition {
    to: Status,
    /// Why; needed for some moves, and by the secretariat where it acts for lead or co-chairs.
    #[schemars(length(max = 20_000))]
    reason: Option<String>,
    /// The number of the latest version, which is approved.
    #[schemars(range(min = 1))]
    version: Option<i64>,
    /// The session at which it was presented; without it, any that shows it as final.
    session_id: Option<SessionId>,
}

pub async fn transition(request: Request<InDeliverable, (), Transition>) -> Result<Object<Tagged<DeliverableView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let (found, group) = path::hold(tx, input)?;
            input.if_match.allow(found.row.version)?;
            let (from, to) = (found.row.status, input.body.to);
            let caller = view::caller(&input.actor, &found.object());
            let line = moves::find(from, to, caller, group.status).ok_or_else(|| {
                let detail = format!(
                    "{} is {from}, in a group that is {}: it cannot become {to} by you.",
                    found.row.reference, group.status
                );
                let allowed = moves::allowed(from, caller, group.status);
                Problem::new(ProblemKind::IllegalTransition, detail).with("allowed", allowed)
            })?;
            let mut violations = Vec::new();
            if line.needs_reason(caller) && reason.is_none() {
                violations.push(Violation::new("reason_required", reason_wanted(line)));
            }
            let mut year = None;
            match line.guard {
                None => {}
                Some(Guard::Version) => violations.extend(no_version(tx, &found)?),
                Some(Guard::OpenRound) => violations.extend(no_round(tx, &found)?),
                Some(Guard::LatestVersion) => violations.extend(not_latest(tx, &found, input.body.version)?),
                Some(Guard::ShownFinal) => match shown_final(tx, &found, input.body.session_id)? {
                    Ok(of) => year = of,
                    Err(violation) => violations.push(violation),
                },
            }
            if !violations.is_empty() {
                return Err(Problem::violations(&violations).into());
            }
            let mut row = found.row.clone();
            row.status = to;
            if line.guard == Some(Guard::LatestVersion) {
                row.approved_version = input.body.version;
            }
            store::save(tx, &row)?;
            let entry = record::of("deliverable.moved", &row).moved(from, to);
            audit::record(tx, entry.because(reason.as_deref()));
            let id = row.id;
            tell(tx, &Found { row, ..found }, line, (reason.as_deref(), year), input.actor.person)?;
            Ok(Object::tagged(super::shown(tx, input, id)?))
        })
        .await
}

fn reason_wanted(line: &Move) -> String {
    if line.reason {
        format!("Say why, in `reason`: whoever works on it is to know why it becomes {}.", line.to)
    } else {
        "Say why, in `reason`: this is for the lead or the co-chairs to do, and you do it in their place.".to_owned()
    }
}

fn no_version(tx: &mut Write<'_>, found: &Found) -> Result<Option<Violation>> {
    let detail = "There is no version to submit: add one with POST …/versions first.";
    Ok((!versions::any_readable(tx, found.row.id)?).then(|| Violation::new("no_version", detail)))
}

fn no_round(tx: &mut Write<'_>, found: &Found) -> Result<Option<Violation>> {
    let wanted = RoundWanted::on(found.row.id);
    facts::announce(tx, &wanted)?;
    Ok((!wanted.found()).then(|| Violation::new("no_open_round", "No round on it is open: open one first.")))
}

fn not_latest(tx: &mut Write<'_>, found: &Found, named: Option<i64>) -> Result<Option<Violation>> {
    let latest = versions::latest(tx, found.row.id)?;
    let violation = |code, detail: String| Ok(Some(Violation::new(code, detail)));
    match (named, latest) {
        (_, None) => violation("no_version", "There is no version to approve.".into()),
        (None, Some((number, _))) => {
            violation("version_required", format!("Name the version that is approved, in `version`: the latest is {number}."))
        }
        (Some(named), Some((number, _))) if named != number => {
            violation("not_latest_version", format!("Only the latest version can be approved: that is {number}, not {named}."))
        }
        (_, Some((number, true))) => {
            violation("version_withheld", format!("Version {number} is withheld: return it, so that another is added."))
        }
        _ => Ok(None),
    }
}

/// The year of the edition at which it was shown as final, or what is missing.
fn shown_final(tx: &mut Write<'_>, found: &Found, at: Option<SessionId>) -> Result<Result<Option<i64>, Violation>> {
    let now = tx.now();
    let todays = Todays::load(tx, now)?;
    let shown = forum::final_presentations(tx, &found.row.reference)?;
    let shown: Vec<_> = shown.into_iter().filter(|(session, _)| at.is_none_or(|at| at == *session)).collect();
    if shown.is_empty() {
        let detail = "No session shows it as final: put it on the session at which it was presented first.";
        return Ok(Err(Violation::new("not_shown_final", detail)));
    }
    let mut editions = shown.iter().filter_map(|(_, edition)| todays.edition(Some(*edition)));
    match editions.find(|edition| edition.has_begun(now)) {
        Some(edition) => Ok(Ok(Some(edition.year))),
        None => {
            let detail = "The Forum at which it is to be presented has not begun, or was cancelled.";
            Ok(Err(Violation::new("forum_not_begun", detail)))
        }
    }
}

/// Tells who is concerned by a move.
fn tell(
    tx: &mut Write<'_>,
    of: &Found,
    line: &Move,
    (reason, year): (Option<&str>, Option<i64>),
    by: Option<PersonId>,
) -> Result<()> {
    match (line.from, line.to) {
        (_, Status::Submitted) => mails::submitted(tx, of, by),
        (Status::Submitted, Status::InProgress) => mails::returned(tx, of, reason, by),
        (Status::Submitted, Status::Approved) => {
            mails::approved(tx, of, of.row.approved_version, by)?;
            settled(tx, of)
        }
        (_, Status::Presented) => {
            mails::presented(tx, of, year, by)?;
            settled(tx, of)
        }
        _ => Ok(()),
    }
}

fn settled(tx: &mut Write<'_>, of: &Found) -> Result<()> {
    let (reference, title) = (of.row.reference.clone(), of.row.title.clone());
    facts::announce(tx, &DeliverableSettled { deliverable: of.row.id, reference, title, status: of.row.status })
}
