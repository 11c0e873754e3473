//! `/groups` and what lies below a group.

mod edit;
mod transition;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::composition::Composition;
use super::path::InGroup;
use super::rules::Status;
use super::store::{self, Filter, GroupList, GroupRow, MemberSupporters, names};
use super::view::{self, GroupRef, GroupView};
use crate::call;
use crate::country::Region;
use crate::db::{Read, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Input, Object, Page, Picture, Request, Route, Tagged, get, route};
use crate::picture::bars;
use crate::picture::words::tongue;
use crate::policy::{Action, GroupId, SupporterId};
use crate::supporters::{self, SupporterRef};

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, Forbidden, IllegalTransition, PreconditionFailed, RuleViolation, WrongState};
    let read = Action::ReadPublic;
    let of_group = |route: Route| route.answers(&[ProblemKind::NotFound]);
    vec![
        get("/groups", read, "The working groups, by number", list),
        route(Method::POST, "/groups", Action::RunInitiative, "Propose a working group", edit::make).answers(&[AlreadyExists]),
        of_group(get("/groups/{group}", read, "One working group", show)),
        route(Method::PATCH, "/groups/{group}", Action::RunGroup, "Change what is said of a working group", edit::change)
            .answers(&[AlreadyExists, Forbidden, WrongState, RuleViolation]),
        route(
            Method::POST,
            "/groups/{group}/transitions",
            Action::RunInitiative,
            "Let a working group begin, rest, conclude, be given up or begin again",
            transition::transition,
        )
        .answers(&[PreconditionFailed, IllegalTransition, RuleViolation]),
        of_group(get("/groups/{group}/supporters", read, "The supporters that a group's members stand for", member_supporters)),
        of_group(get(
            "/groups/{group}/balance",
            read,
            "A group's members beside the register, by sector and region",
            composition,
        )),
        of_group(get(
            "/groups/{group}/balance.svg",
            read,
            "A group's members beside the register, as a picture",
            composition_picture,
        )),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct GroupQuery {
    #[serde(flatten)]
    page: Paging<GroupList>,
    /// Groups of this status.
    status: Option<Status>,
    /// Groups that pursue this principle, by number.
    principle: Option<i64>,
    /// Words that all stand in title or mandate, in whatever language, case and accents aside.
    #[schemars(length(max = 200))]
    q: Option<String>,
}

async fn list(request: Request<(), GroupQuery>) -> Result<Page<Tagged<GroupView>>> {
    request
        .read(|tx, input| {
            let GroupQuery { page, status, principle, q } = &input.query;
            if let Some(principle) = *principle {
                let fault = call::current(tx)?.principle_fault("?principle", principle);
                fault.map_or(Ok(()), |fault| Err(Problem::invalid(&[fault])))?;
            }
            let filter = Filter { status: *status, principle: *principle, q: q.as_deref() };
            let plan = page.plan(&input.filters)?;
            let (rows, next) = store::list(tx, &filter, &plan)?;
            let total = plan.total.then(|| store::count(tx, &filter)).transpose()?;
            let (call, now) = (call::current(tx)?, tx.now());
            let (views, fresh_until) = view::groups(tx, rows, &input.reader, &call, now)?;
            Ok(Page::new(views, next, total).fresh_until(fresh_until))
        })
        .await
}

async fn show(request: Request<InGroup>) -> Result<Object<Tagged<GroupView>>> {
    request
        .read(|tx, input| {
            let row = names::resolve(tx, &input.path.group, "")?;
            let (call, now) = (call::current(tx)?, tx.now());
            let (mut views, fresh_until) = view::groups(tx, vec![row], &input.reader, &call, now)?;
            let group = views.pop().ok_or_else(|| Error::not_found("group"))?;
            Ok(Object::tagged(group).fresh_until(fresh_until))
        })
        .await
}

/// A group as its writer is shown it.
fn shown<P, Q, B>(tx: &mut Write<'_>, input: &Input<P, Q, B>, id: GroupId) -> Result<Tagged<GroupView>> {
    let row: GroupRow = store::by_id(tx, id)?;
    let (call, now) = (call::load(tx)?, tx.now());
    let (mut views, _) = view::groups(tx, vec![row], &input.reader, &call, now)?;
    views.pop().ok_or_else(|| Error::not_found("group"))
}

/// A supporter that members of a group stand for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MemberSupporter")]
struct MemberSupporterView {
    #[serde(flatten)]
    supporter: SupporterRef,
    sector: Option<String>,
    country: Option<String>,
    region: Option<Region>,
}

#[derive(Deserialize, JsonSchema)]
struct MemberSupporterQuery {
    #[serde(flatten)]
    page: Paging<MemberSupporters>,
}

async fn member_supporters(request: Request<InGroup, MemberSupporterQuery>) -> Result<Page<MemberSupporterView>> {
    request
        .read(|tx, input| {
            let group = names::resolve(tx, &input.path.group, "/supporters")?;
            let plan = input.query.page.plan(&input.filters)?;
            let all = store::members::member_supporters(tx, group.id)?;
            let total = plan.total.then(|| i64::try_from(all.len()).unwrap_or(i64::MAX));
            let (rows, next) = store::named_supporters(tx, all.into_keys(), &plan)?;
            let ids: Vec<SupporterId> = rows.into_iter().map(|(id, _)| id).collect();
            let mut facts = supporters::refs(tx, &ids)?;
            let view = |id| {
                let facts = facts.remove(id)?;
                let (sector, country, region) = (facts.sector, facts.country, facts.region);
                Some(MemberSupporterView { supporter: facts.reference, sector, country, region })
            };
            Ok(Page::new(ids.iter().filter_map(view).collect(), next, total))
        })
        .await
}

fn composed(tx: &mut Read<'_>, input: &Input<InGroup>, below: &str) -> Result<Composition> {
    let group = names::resolve(tx, &input.path.group, below)?;
    let call = call::current(tx)?;
    let members = store::members::member_supporters(tx, group.id)?;
    let ids: Vec<SupporterId> = members.keys().copied().collect();
    let facts = supporters::refs(tx, &ids)?;
    let (by_sector, by_region) = store::register_composition(tx)?;
    let sectors: Vec<String> = call.sectors.iter().map(|sector| sector.code.clone()).collect();
    let supporters: Vec<_> = members.iter().filter_map(|(id, count)| Some((facts.get(id)?, *count))).collect();
    let reference = GroupRef::of(&group, &input.reader)?;
    Ok(Composition::new(reference, &sectors, &supporters, (&by_sector, &by_region)))
}

async fn composition(request: Request<InGroup>) -> Result<Object<Composition>> {
    request.read(|tx, input| Ok(Object::plain(composed(tx, input, "/balance")?))).await
}

async fn composition_picture(request: Request<InGroup>) -> Result<Picture> {
    request
        .read(|tx, input| {
            let composition = composed(tx, input, "/balance.svg")?;
            let call = call::current(tx)?;
            let name = |code: &str| {
                let known = call.sectors.iter().find(|sector| sector.code == code);
                known.map(|sector| sector.name.clone().shown(&input.reader).plain().to_owned())
            };
            Ok(Picture { svg: bars::draw(&composition.bars(tongue(&input.reader), name)), fresh_until: None })
        })
        .await
}
