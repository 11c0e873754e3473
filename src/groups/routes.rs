//! `/groups` and what lies below a group.

use chrono_tz::Tz;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::composition::Composition;
use super::rules::Status;
use super::store::{self, Filter, GroupList, MemberSupporters, SeatId, SeatList, Seats};
use super::view::{self, DerogationView, GroupRef, GroupView, SeatView};
use crate::call;
use crate::country::Region;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Object, Page, Request, Route, Tagged, get};
use crate::policy::{Action, SupporterId};
use crate::supporters::{self, SupporterRef};
use crate::time::{Day, Instant};

pub fn routes() -> Vec<Route> {
    let read = Action::ReadPublic;
    let of_group = |route: Route| route.answers(&[ProblemKind::NotFound]);
    vec![
        get("/groups", read, "The working groups, by number", list),
        of_group(get("/groups/{group}", read, "One working group", show)),
        of_group(get("/groups/{group}/co-chairs", read, "A group's co-chair seats, now or at an instant", co_chairs)),
        of_group(get("/groups/{group}/co-chairs/{seat_id}", read, "One co-chair seat", co_chair)),
        of_group(get("/groups/{group}/supporters", read, "The supporters that a group's members stand for", member_supporters)),
        of_group(get("/groups/{group}/derogation", read, "The derogation from the co-chair rule that stands today", derogation)),
        of_group(get(
            "/groups/{group}/balance",
            read,
            "A group's members beside the register, by sector and region",
            composition,
        )),
    ]
}

/// A group.
#[derive(Deserialize, JsonSchema)]
struct InGroup {
    /// The group's id, number or slug.
    #[schemars(length(max = 200))]
    group: String,
}

/// A seat of a group.
#[derive(Deserialize, JsonSchema)]
struct InSeat {
    /// The group's id, number or slug.
    #[schemars(length(max = 200))]
    group: String,
    /// The seat's id.
    seat_id: SeatId,
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
            let (views, fresh_until) = view::groups(tx, rows, &input.reader)?;
            Ok(Page::new(views, next, total).fresh_until(fresh_until))
        })
        .await
}

async fn show(request: Request<InGroup>) -> Result<Object<Tagged<GroupView>>> {
    request
        .read(|tx, input| {
            let row = store::find(tx, &input.path.group)?;
            let (mut views, fresh_until) = view::groups(tx, vec![row], &input.reader)?;
            let group = views.pop().ok_or_else(|| Error::not_found("group"))?;
            Ok(Object::tagged(group).fresh_until(fresh_until))
        })
        .await
}

/// A day, which stands for its last instant in the call's zone, or an instant.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
enum At {
    Day(Day),
    Instant(Instant),
}

impl TryFrom<String> for At {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let day = text.parse().map(Self::Day);
        day.or_else(|_| Instant::parse(&text).map(Self::Instant).ok_or("is neither a day nor an instant"))
    }
}

impl JsonSchema for At {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DayOrInstant".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 35, "anyOf": [{"format": "date"}, {"format": "date-time"}]})
    }
}

impl At {
    fn instant(self, zone: Tz) -> Instant {
        match self {
            Self::Day(day) => Instant::end_of(day, zone),
            Self::Instant(at) => at,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct SeatQuery {
    #[serde(flatten)]
    page: Paging<SeatList>,
    /// The seats as they stood at this instant, or when this day ended in the call's zone; without it, as they stand now.
    at: Option<At>,
    /// Whether to list seats that had ended by then, too.
    #[serde(default)]
    history: bool,
}

async fn co_chairs(request: Request<InGroup, SeatQuery>) -> Result<Tagged<Page<Tagged<SeatView>>>> {
    request
        .read(|tx, input| {
            let group = store::find(tx, &input.path.group)?;
            let at = match input.query.at {
                Some(at) => Some(at.instant(call::current(tx)?.time_zone)),
                None => None,
            };
            let which = Seats { group: group.id, at, history: input.query.history };
            let plan = input.query.page.plan(&input.filters)?;
            let (rows, next) = store::seats(tx, which, &plan)?;
            let total = plan.total.then(|| store::count_seats(tx, which)).transpose()?;
            // The seats are set as a whole, which bumps their group's version.
            Ok(Tagged::new(group.version, Page::new(view::seats(tx, &rows)?, next, total)))
        })
        .await
}

async fn co_chair(request: Request<InSeat>) -> Result<Object<Tagged<SeatView>>> {
    request
        .read(|tx, input| {
            let group = store::find(tx, &input.path.group)?;
            let row = store::seat(tx, group.id, input.path.seat_id)?;
            let seat = view::seats(tx, &[row])?.pop().ok_or_else(|| Error::not_found("co-chair seat"))?;
            Ok(Object::tagged(seat))
        })
        .await
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
            let group = store::find(tx, &input.path.group)?;
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

async fn derogation(request: Request<InGroup>) -> Result<Object<Tagged<DerogationView>>> {
    request
        .read(|tx, input| {
            let none = || Error::not_found("derogation: none stands for this group today");
            let group = store::find(tx, &input.path.group)?;
            let call = call::current(tx)?;
            let today = call.today(tx.now());
            let row = store::derogations(tx, &[group.id])?.pop().ok_or_else(none)?;
            let terms = row.terms()?;
            if !terms.stands_on(today) {
                return Err(none());
            }
            let fresh_until = terms.unchanged_until(today).map(|day| Instant::end_of(day, call.time_zone));
            Ok(Object::tagged(view::derogation_view(terms, &row)).fresh_until(fresh_until))
        })
        .await
}

async fn composition(request: Request<InGroup>) -> Result<Object<Composition>> {
    request
        .read(|tx, input| {
            let group = store::find(tx, &input.path.group)?;
            let call = call::current(tx)?;
            let members = store::members::member_supporters(tx, group.id)?;
            let ids: Vec<SupporterId> = members.keys().copied().collect();
            let facts = supporters::refs(tx, &ids)?;
            let (by_sector, by_region) = store::register_composition(tx)?;
            let sectors: Vec<String> = call.sectors.iter().map(|sector| sector.code.clone()).collect();
            let supporters: Vec<_> = members.iter().filter_map(|(id, count)| Some((facts.get(id)?, *count))).collect();
            let reference = GroupRef::of(&group, &input.reader)?;
            Ok(Object::plain(Composition::new(reference, &sectors, &supporters, (&by_sector, &by_region))))
        })
        .await
}
