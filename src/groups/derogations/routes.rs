//! `/groups/{group}/derogation`.

use actix_web::http::Method;

use super::Granted;
use crate::call;
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::groups::balance;
use crate::groups::path::InGroup;
use crate::groups::rules::Derogation;
use crate::groups::store::{self, DerogationRow, GroupRow, names};
use crate::groups::view::{self, DerogationView};
use crate::http::etag::IfMatch;
use crate::http::{Input, NoContent, Object as Answered, Request, Route, Tagged, get, route};
use crate::policy::{Action, GroupId, Object};
use crate::time::{Day, Instant};

const PATH: &str = "/groups/{group}/derogation";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{NotFound, WrongState};
    vec![
        get(PATH, Action::ReadPublic, "The derogation from the co-chair rule that stands today", show).answers(&[NotFound]),
        route(
            Method::PUT,
            PATH,
            Action::RunInitiative,
            "Grant a group a derogation from the co-chair rule, in place of the one that stands",
            put,
        )
        .answers(&[WrongState]),
        route(Method::DELETE, PATH, Action::RunInitiative, "Take back the derogation that stands", delete).answers(&[WrongState]),
    ]
}

fn none() -> Error {
    Error::not_found("derogation: none stands for this group today")
}

/// The derogation of a group that stands on a day.
fn standing(c: &mut AnyConnection, group: GroupId, today: Day) -> Result<Option<(Derogation, DerogationRow)>> {
    let row = store::derogations(c, &[group])?.pop();
    let row = row.map(|row| Ok::<_, Error>((row.terms()?, row))).transpose()?;
    Ok(row.filter(|(terms, _)| terms.stands_on(today)))
}

async fn show(request: Request<InGroup>) -> Result<Answered<Tagged<DerogationView>>> {
    request
        .read(|tx, input| {
            let group = names::resolve(tx, &input.path.group, "/derogation")?;
            let call = call::current(tx)?;
            let today = call.today(tx.now());
            let (terms, row) = standing(tx, group.id, today)?.ok_or_else(none)?;
            let fresh_until = terms.unchanged_until(today).map(|day| Instant::end_of(day, call.time_zone));
            Ok(Answered::tagged(view::derogation(tx, terms, &row)?).fresh_until(fresh_until))
        })
        .await
}

/// The group, held; what the caller may not do to it is refused.
fn held<B>(tx: &mut Write<'_>, input: &Input<InGroup, (), B>) -> Result<GroupRow> {
    let group = names::resolve(tx, &input.path.group, "/derogation")?;
    input.allow(&Object::initiative())?;
    store::hold(tx, group.id)
}

fn refuse_when_over(group: &GroupRow) -> Result<()> {
    if group.status.is_over() {
        let detail =
            format!("The group is {}. A derogation can be given with the move that makes it active again.", group.status);
        return Err(Error::wrong_state(detail));
    }
    Ok(())
}

async fn put(request: Request<InGroup, (), Granted>) -> Result<Answered<Tagged<DerogationView>>> {
    request
        .write(|tx, input| {
            let today = call::load(tx)?.today(tx.now());
            let terms = input.body.terms("", today).map_err(|faults| Problem::invalid(&faults))?;
            let group = held(tx, input)?;
            match standing(tx, group.id, today)? {
                Some((_, row)) => input.if_match.require(row.version)?,
                // Whoever names a version means one that is gone.
                None if input.if_match != IfMatch::Absent => input.if_match.allow(0)?,
                None => {}
            }
            refuse_when_over(&group)?;
            super::grant(tx, group.id, &terms, input.actor.person)?;
            balance::watch(tx, group.id)?;
            let (terms, row) = standing(tx, group.id, today)?.ok_or_else(none)?;
            Ok(Answered::tagged(view::derogation(tx, terms, &row)?))
        })
        .await
}

async fn delete(request: Request<InGroup>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let today = call::load(tx)?.today(tx.now());
            let group = held(tx, input)?;
            let (_, row) = standing(tx, group.id, today)?.ok_or_else(none)?;
            input.if_match.require(row.version)?;
            refuse_when_over(&group)?;
            super::withdraw(tx, &row)?;
            balance::watch(tx, group.id)?;
            Ok(NoContent)
        })
        .await
}
