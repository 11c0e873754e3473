//! `/consultations/{consultation}/public-contributions`: answers without an account, by a confirmed address.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::desk::must_be_open;
use super::mails;
use super::record::record;
use super::routes::{AnswerBody, Draft, withdrawn};
use crate::consultations::form;
use crate::consultations::path::{self, InConsultation, Round};
use crate::consultations::rules::questions::{Answers, Question, QuestionId};
use crate::consultations::rules::{Audience, ContributionStatus, Visibility, answers};
use crate::consultations::store::contributions::{self as rows, ContributionId, ContributionRow};
use crate::consultations::store::public::{self, PendingRow};
use crate::consultations::store::{self, questions};
use crate::db::Write;
use crate::error::{Error, FieldFault, ProblemKind, Result};
use crate::http::limits::Limit;
use crate::http::{Accepted, Input, NoContent, Request, Route, behind, route};
use crate::outbox::{self, Purpose, TokenBody};
use crate::people;
use crate::policy::Action;
use crate::time::Instant;

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, InvalidToken, NotFound, WrongState};
    let (post, anyone) = (Method::POST, Action::UsePublicForms);
    vec![
        route(
            post.clone(),
            "/consultations/{consultation}/public-contributions",
            anyone,
            "Answer a public round without an account; a link is mailed that makes the answers count",
            send,
        )
        .limited(Limit::PublicContributions)
        .answers(&[Forbidden, NotFound, WrongState]),
        route(
            post.clone(),
            "/consultations/{consultation}/public-contributions/confirm",
            anyone,
            "Make answers count, from the mail to their address",
            confirm,
        )
        .answers(&[Forbidden, NotFound, WrongState, InvalidToken]),
        route(
            post,
            "/consultations/{consultation}/public-contributions/withdraw",
            anyone,
            "Take confirmed answers back, from the mail to their address",
            withdraw,
        )
        .answers(&[Forbidden, NotFound, WrongState, InvalidToken]),
    ]
}

/// Complete answers, and the address that they count for once it is confirmed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPublicContribution")]
struct New {
    /// A link is mailed there; the answers count once it was followed. One contribution an address: the last one confirmed.
    #[schemars(length(max = 254))]
    email: String,
    /// The language to write in, one of the call's; the request's where it is left out.
    #[schemars(length(max = 35))]
    locale: Option<String>,
    #[schemars(length(max = 100))]
    answers: Vec<AnswerBody>,
    /// One of those that the round allows; may be left out where it allows one only.
    visibility: Option<Visibility>,
}

/// A public round, kept as it is until the transaction ends, and the instant that decides.
fn shared<B>(tx: &mut Write<'_>, input: &Input<InConsultation, (), B>) -> Result<(Round, Instant)> {
    let now = tx.now();
    let seen = path::load(tx, &input.path.consultation, &input.actor, now)?;
    let (row, at) = store::share(tx, seen.row.id)?;
    let round = Round::at(row, at)?;
    if !round.is_read_by(&input.actor) {
        return Err(Error::not_found("consultation"));
    }
    if round.row.audience != Audience::Public {
        return Err(Error::forbidden("This round asks supporters or members, who sign in to answer it."));
    }
    Ok((round, at))
}

async fn send(request: Request<InConsultation, (), New>) -> Result<Accepted> {
    request
        .accept(
            || Accepted,
            |tx, input| {
                let mut faults = Vec::new();
                let folded = people::fold_email(&input.body.email);
                if folded.is_none() {
                    faults.push(FieldFault::new("/email", "format", "is no e-mail address that mail could be sent to"));
                }
                let locale = locale(input).map_err(|fault| faults.push(fault)).unwrap_or_default();
                let (round, at) = behind(&faults, open(tx, input))?;
                let asked = questions::of(tx, round.row.id)?;
                let completed = complete(&input.body, &asked, &round).map_err(|more| faults.extend(more)).ok();
                form::none(&faults)?;
                let (Some(folded), Some((answers, visibility))) = (folded, completed) else {
                    return Err(Error::Internal("answers without faults are there".into()));
                };
                let row = PendingRow {
                    id: tx.new_id(),
                    consultation_id: round.row.id,
                    email: input.body.email.trim().to_owned(),
                    owner: rows::of_address(&folded),
                    locale,
                    answers: serde_json::to_string(&answers)?,
                    visibility,
                    created_at: at,
                };
                public::insert(tx, &row)?;
                mails::ask_to_confirm(tx, &round, &row)
            },
        )
        .await
}

fn open(tx: &mut Write<'_>, input: &Input<InConsultation, (), New>) -> Result<(Round, Instant)> {
    let (round, at) = shared(tx, input)?;
    must_be_open(&round.row, round.status)?;
    Ok((round, at))
}

fn locale(input: &Input<InConsultation, (), New>) -> Result<String, FieldFault> {
    match input.body.locale.as_deref() {
        Some(locale) if input.languages.0.iter().any(|known| known == locale) => Ok(locale.to_owned()),
        Some(_) => {
            Err(FieldFault::new("/locale", "unknown", format!("is no language of the call: {}", input.languages.0.join(", "))))
        }
        None => Ok(input.reader.language(&input.languages.0).unwrap_or_default().to_owned()),
    }
}

/// Answers that can be submitted, or everything that is wrong with them.
fn complete(body: &New, asked: &[Question], round: &Round) -> Result<(Answers, Visibility), Vec<FieldFault>> {
    let given: Vec<_> = body.answers.iter().map(AnswerBody::given).collect();
    let order: Vec<QuestionId> = given.iter().map(|(id, _)| *id).collect();
    let mut faults = Vec::new();
    let read = answers::read(asked, &given).map_err(|more| faults.extend(more)).unwrap_or_default();
    if faults.is_empty() {
        faults.extend(answers::incomplete(asked, &read, &order));
    }
    match Draft::choose(body.visibility, &round.allowed) {
        Ok(Some(visibility)) if faults.is_empty() => Ok((read, visibility)),
        Ok(Some(_)) => Err(faults),
        Ok(None) => {
            faults.push(FieldFault::new("/visibility", "required", "is missing; choose one that the round allows"));
            Err(faults)
        }
        Err(fault) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

async fn confirm(request: Request<InConsultation, (), TokenBody>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let (round, at) = shared(tx, input)?;
            let redeemed = outbox::redeem(tx, Purpose::ConfirmContribution, &input.body.token)?;
            must_be_open(&round.row, round.status)?;
            let id = redeemed.subject.parse().map_err(|_| outbox::invalid_token())?;
            let pending = public::take(tx, id, round.row.id)?.ok_or_else(outbox::invalid_token)?;
            let begun = rows::of_owner(tx, round.row.id, &pending.owner)?;
            let (was, is_new) = (begun.as_ref().map_or(ContributionStatus::Draft, |row| row.status), begun.is_none());
            let row = match begun {
                Some(row) => row,
                None => ContributionRow::begun(tx, round.row.id, pending.owner.clone(), at),
            };
            let row = counting(tx, row, pending, at);
            let row = if is_new {
                rows::insert(tx, &row)?;
                row
            } else {
                rows::save(tx, row, at)?
            };
            rows::add_revision(tx, &row, None)?;
            record(tx, &round, "contribution.submitted", row.id, (was, row.status));
            mails::confirmed(tx, &round, &row)?;
            Ok(NoContent)
        })
        .await
}

/// A contribution that says from now on what was confirmed. What somebody was writing with an account stays beside it.
fn counting(tx: &Write<'_>, row: ContributionRow, confirmed: PendingRow, at: Instant) -> ContributionRow {
    let relisted = row.visibility.is_some_and(|was| was != confirmed.visibility);
    ContributionRow {
        status: ContributionStatus::Submitted,
        revision: row.revision + 1,
        answers: Some(confirmed.answers),
        visibility: Some(confirmed.visibility),
        submitted_at: Some(at),
        email: Some(confirmed.email),
        locale: Some(confirmed.locale),
        listing_id: if relisted { tx.unrelated_id() } else { row.listing_id },
        ..row
    }
}

async fn withdraw(request: Request<InConsultation, (), TokenBody>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let (round, at) = shared(tx, input)?;
            let redeemed = outbox::redeem(tx, Purpose::WithdrawContribution, &input.body.token)?;
            must_be_open(&round.row, round.status)?;
            let id: ContributionId = redeemed.subject.parse().map_err(|_| outbox::invalid_token())?;
            let row = rows::find(tx, id)?.filter(|row| row.consultation_id == round.row.id);
            let row = row.filter(|row| row.status == ContributionStatus::Submitted).ok_or_else(outbox::invalid_token)?;
            let was = row.status;
            let row = withdrawn(tx, row);
            let row = rows::save(tx, row, at)?;
            record(tx, &round, "contribution.withdrawn", row.id, (was, row.status));
            Ok(NoContent)
        })
        .await
}
