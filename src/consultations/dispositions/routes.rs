//! `…/contributions/{contribution_id}/disposition` and `/consultations/{consultation}/dispositions`.

use std::collections::BTreeMap;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::form::{Checked, One, Several, checked};
use super::mails;
use super::view::{DispositionView, views};
use crate::audit::{self, Entry};
use crate::consultations::contributions::record::record;
use crate::consultations::listing::eyes::{self, InContribution};
use crate::consultations::path::{self, InConsultation, Round};
use crate::consultations::rules::{ContributionStatus, Status};
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::dispositions::{self, DispositionRow, Dispositions};
use crate::consultations::store::listing::{self, Which};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Input, Object, Page, Request, Route, Tagged, behind, get, route};
use crate::policy::Action;

const ONE: &str = "/consultations/{consultation}/contributions/{contribution_id}/disposition";
const ALL: &str = "/consultations/{consultation}/dispositions";

/// The routes of this module.
pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, InvalidCursor, NotFound, WrongState};
    vec![
        get(ONE, Action::ReadPublic, "What became of a whole contribution", show).answers(&[Forbidden, NotFound, WrongState]),
        route(Method::PUT, ONE, Action::RunGroup, "Say what becomes of a whole contribution", put)
            .answers(&[Forbidden, NotFound, WrongState]),
        get(ALL, Action::ReadPublic, "What became of a round's contributions", list).answers(&[
            Forbidden,
            NotFound,
            WrongState,
            InvalidCursor,
        ]),
        route(
            Method::PUT,
            ALL,
            Action::RunGroup,
            "Say what becomes of several contributions at once, or of points of them",
            put_several,
        )
        .unversioned()
        .answers(&[Forbidden, NotFound, WrongState]),
    ]
}

fn shown(c: &mut AnyConnection, row: DispositionRow, listed: ContributionId) -> Result<Object<Tagged<DispositionView>>> {
    let view = views(c, vec![(row, listed)])?.pop();
    view.map(|(_, view)| Object::tagged(view)).ok_or_else(|| Error::not_found("disposition"))
}

async fn show(request: Request<InContribution>) -> Result<Object<Tagged<DispositionView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
            eyes::may_list(&round, &input.actor)?;
            let found = listing::one(tx, round.row.id, eyes::of(&round, &input.actor), input.path.contribution_id)?;
            let row = dispositions::of_whole(tx, found.row.id)?.ok_or_else(|| Error::not_found("disposition"))?;
            shown(tx, row, found.listed_id())
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Dispositions>,
}

async fn list(request: Request<InConsultation, Query>) -> Result<Page<Tagged<DispositionView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
            eyes::may_list(&round, &input.actor)?;
            let which = eyes::of(&round, &input.actor);
            let plan = input.query.page.plan(&input.filters)?;
            let (rows, next, total) = dispositions::page(tx, round.row.id, (which.secret, which.hidden), &plan)?;
            let rows = rows.into_iter().map(|given| (given.row, given.listed_id)).collect();
            let items = views(tx, rows)?.into_iter().map(|(_, view)| view).collect();
            Ok(Page::new(items, next, total))
        })
        .await
}

async fn put(request: Request<InContribution, (), One>) -> Result<Object<Tagged<DispositionView>>> {
    request
        .write(|tx, input| {
            let worded = input.body.worded(input.path.contribution_id);
            let (round, which) = behind(&worded.1, answerable(tx, input))?;
            let wanted = checked(tx, round.row.id, which, worded)?;
            let (row, listed) = given(tx, &round, wanted)?.pop().ok_or_else(|| Error::not_found("contribution"))?;
            shown(tx, row, listed)
        })
        .await
}

/// The round of a contribution that the caller may answer now, where the answer that it names is the one that there is.
fn answerable(tx: &mut Write<'_>, input: &Input<InContribution, (), One>) -> Result<(Round, Which)> {
    let now = tx.now();
    let round = eyes::run(tx, &input.path.consultation, input, now)?;
    let which = eyes::of(&round, &input.actor);
    if round.status.is_over() {
        let found = listing::one(tx, round.row.id, which, input.path.contribution_id)?;
        if let Some(known) = dispositions::of_whole(tx, found.row.id)? {
            input.if_match.require(known.version)?;
        }
    }
    eyes::must_be_over(&round)?;
    Ok((round, which))
}

async fn put_several(request: Request<InConsultation, (), Several>) -> Result<Page<Tagged<DispositionView>>> {
    request
        .write(|tx, input| {
            let worded = input.body.worded();
            let now = tx.now();
            let round = eyes::run(tx, &input.path.consultation, input, now);
            let round = round.and_then(|round| eyes::must_be_over(&round).map(|()| round));
            let round = behind(&worded.1, round)?;
            let wanted = checked(tx, round.row.id, eyes::of(&round, &input.actor), worded)?;
            let rows = given(tx, &round, wanted)?;
            let items = views(tx, rows)?.into_iter().map(|(_, view)| view).collect();
            Ok(Page::new(items, None, None))
        })
        .await
}

/// Keeps these dispositions, records them, and tells the contributors where the round is published; each with the listed id of its
/// contribution, in the order given.
fn given(tx: &mut Write<'_>, round: &Round, wanted: Vec<Checked>) -> Result<Vec<(DispositionRow, ContributionId)>> {
    let mut ids: Vec<ContributionId> = wanted.iter().map(|one| one.contribution.row.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = dispositions::of(tx, &ids)?;
    let known: BTreeMap<_, _> = known.iter().map(|row| (row.subject(), row)).collect();
    let now = tx.now();
    let mut rows = Vec::with_capacity(wanted.len());
    for one in wanted {
        let Checked { contribution, question_id, point, disposition, reason, deliverable } = one;
        let before = known.get(&(contribution.row.id, question_id.as_str(), point.as_str()));
        let row = match before {
            Some(before) => {
                let next = DispositionRow { disposition, reason, deliverable_id: deliverable, ..(*before).clone() };
                if next == **before {
                    rows.push((next, contribution.listed_id(), false));
                    continue;
                }
                dispositions::save(tx, next)?
            }
            None => {
                let row = DispositionRow {
                    id: tx.new_id(),
                    consultation_id: round.row.id,
                    contribution_id: contribution.row.id,
                    question_id,
                    point,
                    disposition,
                    reason,
                    deliverable_id: deliverable,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                dispositions::insert(tx, &row)?;
                row
            }
        };
        if !round.is_confidential() {
            audit::record(tx, Entry::of("disposition.set", "disposition", row.id));
        }
        rows.push((row, contribution.listed_id(), true));
    }
    let changed: Vec<DispositionRow> = rows.iter().filter(|(.., changed)| *changed).map(|(row, ..)| row.clone()).collect();
    if let Some(first) = changed.first().filter(|_| round.is_confidential()) {
        let status = ContributionStatus::Submitted;
        record(tx, round, "contribution.answered", first.contribution_id, (status, status));
    }
    if round.status == Status::Published {
        mails::answered(tx, round, changed)?;
    }
    Ok(rows.into_iter().map(|(row, listed, _)| (row, listed)).collect())
}
