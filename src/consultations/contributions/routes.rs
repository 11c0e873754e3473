//! `/consultations/{consultation}/contribution`: one's own.

use std::collections::BTreeSet;

use actix_web::http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::desk::{Desk, ForSupporter};
use super::mails;
use super::record::record;
use super::view::{self, ContributionView};
use crate::consultations::counting;
use crate::consultations::path::{self, InConsultation};
use crate::consultations::rules::answers::{self, Given};
use crate::consultations::rules::questions::{Question, QuestionId};
use crate::consultations::rules::{ContributionStatus, Status, Visibility};
use crate::consultations::store::contributions::{self as rows, ContributionRow};
use crate::consultations::store::{self, questions};
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result, Violation};
use crate::http::etag::IfMatch;
use crate::http::{Object, Request, Route, Tagged, get, route};
use crate::locale::Reader;
use crate::mail::Kind;
use crate::policy::Action;
use crate::states::State;
use crate::time::Instant;

const PATH: &str = "/consultations/{consultation}/contribution";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, IllegalTransition, NotFound, PreconditionFailed, RuleViolation, SupporterRequired, WrongState};
    // Finer than the action: who of the audience contributes for whom, the desk says.
    let mine = Action::ContributeInPublic;
    let (post, found) = (Method::POST, [Forbidden, NotFound, SupporterRequired]);
    vec![
        get(PATH, mine, "One's own contribution to a round", show).answers(&found),
        route(Method::PUT, PATH, mine, "Save a draft, or a working copy beside what is submitted", put)
            .answers(&found)
            .answers(&[WrongState]),
        route(Method::PATCH, PATH, mine, "After the close, show a contribution to fewer", narrow)
            .answers(&found)
            .answers(&[WrongState, RuleViolation]),
        route(post.clone(), "/consultations/{consultation}/contribution/submit", mine, "Submit what is written", submit)
            .answers(&found)
            .answers(&[PreconditionFailed, IllegalTransition, WrongState]),
        route(post, "/consultations/{consultation}/contribution/withdraw", mine, "Take a contribution back", withdraw)
            .answers(&found)
            .answers(&[PreconditionFailed, IllegalTransition, WrongState]),
    ]
}

/// What one answers, all of it: replaces what was saved before.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContributionDraft")]
pub struct Draft {
    /// At most one a question; a question that it leaves out is not answered.
    #[schemars(length(max = 100))]
    answers: Vec<AnswerBody>,
    /// One of those that the round allows. A draft may leave it out, unless the round allows one only, which is then taken.
    visibility: Option<Visibility>,
}

/// The answer to one question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewAnswer")]
pub struct AnswerBody {
    question_id: QuestionId,
    value: GivenValue,
}

/// What an answer says, as it is sent.
#[derive(Deserialize)]
#[serde(transparent)]
struct GivenValue(Value);

impl JsonSchema for GivenValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnswerValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, an option, a whole number, a list of options, or a ranked list of options, the best first. An option is named by its text in any language of the question.",
            "type": ["string", "integer", "array"],
            "maxLength": 100_000,
            "maxItems": 50,
            "items": {"type": "string", "maxLength": 2_000}
        })
    }
}

impl AnswerBody {
    /// As it is checked.
    pub fn given(&self) -> Given<'_> {
        (self.question_id, &self.value.0)
    }
}

impl Draft {
    /// The answers as they are sent.
    fn given(&self) -> Vec<Given<'_>> {
        self.answers.iter().map(AnswerBody::given).collect()
    }

    /// The visibility that was chosen, or the only one there is; a fault where the round does not allow it.
    pub fn choose(chosen: Option<Visibility>, allowed: &BTreeSet<Visibility>) -> Result<Option<Visibility>, FieldFault> {
        match chosen {
            Some(chosen) if allowed.contains(&chosen) => Ok(Some(chosen)),
            Some(_) => {
                let words: Vec<_> = allowed.iter().map(Visibility::as_str).collect();
                Err(FieldFault::new("/visibility", "enum", format!("must be one that this round allows: {}", words.join(", "))))
            }
            None => Ok(if allowed.len() == 1 { allowed.first().copied() } else { None }),
        }
    }
}

/// 404: nobody has begun it.
fn not_begun() -> Error {
    Problem::new(ProblemKind::NotFound, "No contribution has been begun here. PUT one to begin it.").into()
}

/// A failed precondition, with what the contribution is now, so that nobody's text is lost between two colleagues.
fn with_current(refused: Error, desk: &Desk, questions: &[Question], reader: &Reader) -> Error {
    match refused {
        Error::Problem(problem) => match view::own(desk, questions, reader) {
            Ok(current) => problem.with("current", current).into(),
            Err(error) => error,
        },
        other => other,
    }
}

async fn show(request: Request<InConsultation, ForSupporter>) -> Result<Object<Tagged<ContributionView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let desk = Desk::look(tx, now, input)?;
            if desk.row.is_none() {
                return Err(not_begun());
            }
            let asked = questions::of(tx, desk.round.row.id)?;
            Ok(Object::tagged(view::own(&desk, &asked, &input.reader)?))
        })
        .await
}

async fn put(request: Request<InConsultation, ForSupporter, Draft>) -> Result<Object<Tagged<ContributionView>>> {
    request
        .write(|tx, input| {
            let mut desk = Desk::sit(tx, input)?;
            desk.must_be_endorsed()?;
            let asked = questions::of(tx, desk.round.row.id)?;
            match &desk.row {
                Some(row) => {
                    let required = input.if_match.require(row.version);
                    required.map_err(|refused| with_current(refused, &desk, &asked, &input.reader))?;
                }
                // Whoever names a version means one that is gone.
                None if input.if_match != IfMatch::Absent => input.if_match.allow(0)?,
                None => {}
            }
            desk.must_be_open()?;
            let chosen = Draft::choose(input.body.visibility, &desk.round.allowed);
            let read = answers::read(&asked, &input.body.given());
            let (answers, visibility) = match (read, chosen) {
                (Ok(answers), Ok(visibility)) => (answers, visibility),
                (read, chosen) => {
                    let faults: Vec<_> = read.err().into_iter().flatten().chain(chosen.err()).collect();
                    return Err(Problem::invalid(&faults).into());
                }
            };
            let begun = desk.row.take();
            let was = begun.as_ref().map(|row| row.status);
            let mut row = match begun {
                Some(row) => row,
                None => begin(tx, &desk),
            };
            row.working_answers = Some(serde_json::to_string(&answers)?);
            row.working_visibility = visibility;
            if row.status == ContributionStatus::Withdrawn {
                row.status = row.status.go(ContributionStatus::Draft)?;
            }
            let row = if was.is_none() {
                rows::insert(tx, &row)?;
                enter(tx, &desk)?;
                row
            } else {
                rows::save(tx, row, desk.at)?
            };
            rows::note_writer(tx, row.id, desk.person)?;
            if was.is_none_or(|was| was == ContributionStatus::Withdrawn) {
                record(tx, &desk.round, "contribution.started", row.id, (was.unwrap_or(row.status), row.status));
            }
            desk.row = Some(row);
            Ok(Object::tagged(view::own(&desk, &asked, &input.reader)?))
        })
        .await
}

/// Whoever contributes was asked, also a supporter that came in a moment ago. Where nobody has written down yet that the round opened,
/// whoever does writes down its whole audience.
fn enter(tx: &mut Write<'_>, desk: &Desk) -> Result<()> {
    match &desk.party.supporter {
        Some(facts) if desk.round.row.status == Status::Open => {
            let region = facts.region.map(|region| region.as_str());
            rows::enter(tx, desk.round.row.id, facts.reference.id, facts.sector.as_deref(), region)
        }
        _ => Ok(()),
    }
}

/// A contribution that its party begins.
fn begin(tx: &Write<'_>, desk: &Desk) -> ContributionRow {
    let party = &desk.party;
    let begun = ContributionRow::begun(tx, desk.round.row.id, party.owner.clone(), desk.at);
    let (email, locale) = party.address.clone().map_or((None, None), |(email, locale)| (Some(email), locale));
    ContributionRow {
        supporter_id: party.supporter.as_ref().map(|facts| facts.reference.id),
        person_id: party.supporter.is_none().then_some(desk.person),
        email,
        locale,
        ..begun
    }
}

async fn submit(request: Request<InConsultation, ForSupporter>) -> Result<Object<Tagged<ContributionView>>> {
    request
        .write(|tx, input| {
            let mut desk = Desk::sit(tx, input)?;
            desk.must_be_endorsed()?;
            let asked = questions::of(tx, desk.round.row.id)?;
            let Some(row) = desk.row.clone() else { return Err(not_begun()) };
            let allowed = input.if_match.allow(row.version);
            allowed.map_err(|refused| with_current(refused, &desk, &asked, &input.reader))?;
            desk.must_be_open()?;
            let was = row.status;
            match (was, &row.working_answers) {
                // Nothing was written since: whoever sends it again, on a bad connection, is told that it is there.
                (ContributionStatus::Submitted, None) => {
                    return Ok(Object::tagged(view::own(&desk, &asked, &input.reader)?));
                }
                (ContributionStatus::Submitted, Some(_)) => {}
                (ContributionStatus::Draft | ContributionStatus::Withdrawn, _) => drop(was.go(ContributionStatus::Submitted)?),
            }
            let working = row.working()?.unwrap_or_default();
            let order: Vec<QuestionId> = asked.iter().map(|question| question.id).filter(|id| working.contains_key(id)).collect();
            let mut faults = answers::incomplete(&asked, &working, &order);
            let visibility = row.working_visibility.filter(|chosen| desk.round.allowed.contains(chosen));
            let Some(visibility) = visibility.filter(|_| faults.is_empty()) else {
                if visibility.is_none() {
                    faults.push(FieldFault::new("/visibility", "required", "is missing; choose one that the round allows"));
                }
                return Err(Problem::invalid(&faults).into());
            };
            let mut row = submitted(tx, row, visibility, desk.at);
            if let Some(facts) = &desk.party.supporter {
                let now = (facts.sector.clone(), facts.region.map(|region| region.to_string()));
                let invited = rows::as_invited(tx, desk.round.row.id, facts.reference.id)?;
                (row.sector, row.region) = invited.unwrap_or(now);
            } else {
                row.person_id = Some(desk.person);
            }
            let row = rows::save(tx, row, desk.at)?;
            rows::add_revision(tx, &row, Some(desk.person))?;
            rows::note_writer(tx, row.id, desk.person)?;
            record(tx, &desk.round, "contribution.submitted", row.id, (was, row.status));
            mails::to_focal_points(tx, &desk, Kind::ContributionSubmitted, row.revision)?;
            desk.row = Some(row);
            Ok(Object::tagged(view::own(&desk, &asked, &input.reader)?))
        })
        .await
}

/// A contribution whose working copy counts from now on.
fn submitted(tx: &Write<'_>, row: ContributionRow, visibility: Visibility, at: Instant) -> ContributionRow {
    // Under another visibility it is listed anew, unrelated to what was seen before.
    let relisted = row.visibility.is_some_and(|was| was != visibility);
    ContributionRow {
        status: ContributionStatus::Submitted,
        revision: row.revision + 1,
        answers: row.working_answers,
        visibility: Some(visibility),
        submitted_at: Some(at),
        working_answers: None,
        working_visibility: None,
        listing_id: if relisted { tx.unrelated_id() } else { row.listing_id },
        ..row
    }
}

async fn withdraw(request: Request<InConsultation, ForSupporter>) -> Result<Object<Tagged<ContributionView>>> {
    request
        .write(|tx, input| {
            let mut desk = Desk::sit(tx, input)?;
            desk.must_be_endorsed()?;
            let asked = questions::of(tx, desk.round.row.id)?;
            let Some(row) = desk.row.clone() else { return Err(not_begun()) };
            let allowed = input.if_match.allow(row.version);
            allowed.map_err(|refused| with_current(refused, &desk, &asked, &input.reader))?;
            desk.must_be_open()?;
            let was = row.status;
            was.go(ContributionStatus::Withdrawn)?;
            let row = rows::save(tx, withdrawn(tx, row), desk.at)?;
            rows::note_writer(tx, row.id, desk.person)?;
            record(tx, &desk.round, "contribution.withdrawn", row.id, (was, row.status));
            mails::to_focal_points(tx, &desk, Kind::ContributionWithdrawn, row.revision)?;
            desk.row = Some(row);
            Ok(Object::tagged(view::own(&desk, &asked, &input.reader)?))
        })
        .await
}

/// A contribution that counts no more. What it said, or was being written, can be taken up again; its revisions stay.
pub fn withdrawn(tx: &Write<'_>, row: ContributionRow) -> ContributionRow {
    let working_visibility = if row.working_answers.is_some() { row.working_visibility } else { row.visibility };
    ContributionRow {
        status: ContributionStatus::Withdrawn,
        working_answers: row.working_answers.or(row.answers),
        working_visibility,
        answers: None,
        visibility: None,
        submitted_at: None,
        listing_id: tx.unrelated_id(),
        ..row
    }
}

/// Who learns what a contribution says and whose it is, from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContributionNarrowing")]
struct Narrowing {
    /// Fewer than now: `attributed` may become `anonymous` or `secretariat_only`, `anonymous` may become `secretariat_only`.
    visibility: Visibility,
}

async fn narrow(request: Request<InConsultation, ForSupporter, Narrowing>) -> Result<Object<Tagged<ContributionView>>> {
    request
        .write(|tx, input| {
            let to = input.body.visibility;
            let now = tx.now();
            let seen = path::load(tx, &input.path.consultation, &input.actor, now)?;
            // Alone, for nobody counts or publishes meanwhile.
            store::hold(tx, seen.row.id)?;
            let mut desk = Desk::sit(tx, input)?;
            let asked = questions::of(tx, desk.round.row.id)?;
            let Some(row) = desk.row.clone() else { return Err(not_begun()) };
            let required = input.if_match.require(row.version);
            required.map_err(|refused| with_current(refused, &desk, &asked, &input.reader))?;
            if matches!(desk.round.status, Status::Draft | Status::Scheduled | Status::Open) {
                let detail =
                    "The round is not closed yet: PUT the contribution with the visibility that you want, and submit it.";
                return Err(Error::wrong_state(detail));
            }
            let Some(from) = row.visibility else {
                return Err(Error::wrong_state("Nothing of this contribution was submitted when the round closed."));
            };
            if from != to {
                let mut violations = Vec::new();
                if !desk.round.allowed.contains(&to) {
                    violations.push(Violation::new("not_allowed", format!("This round does not allow {to}.")));
                }
                if !from.narrows_to(to) {
                    let why = format!("After the close a contribution may only be shown to fewer: {from} cannot become {to}.");
                    violations.push(Violation::new("not_narrower", why));
                }
                if !violations.is_empty() {
                    return Err(Problem::violations(&violations).into());
                }
                counting::before_narrowing(tx, &desk.round, &asked)?;
                let next = ContributionRow { visibility: Some(to), listing_id: tx.unrelated_id(), ..row };
                let next = rows::save(tx, next, desk.at)?;
                record(tx, &desk.round, "contribution.narrowed", next.id, (next.status, next.status));
                desk.row = Some(next);
            }
            Ok(Object::tagged(view::own(&desk, &asked, &input.reader)?))
        })
        .await
}
