//! `/groups/{group}/co-chairs`.

use actix_web::http::Method;
use chrono_tz::Tz;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::setting::{self, Setting};
use super::{SeatOf, settle};
use crate::call;
use crate::db::Write;
use crate::error::{Error, ProblemKind, Result};
use crate::groups::path::{InGroup, InSeat};
use crate::groups::rules::Status;
use crate::groups::store::{self, GroupRow, SeatList, SeatRow, Seats, names};
use crate::groups::view::{self, SeatView};
use crate::http::change::Change;
use crate::http::page::Paging;
use crate::http::{Input, NoContent, Object as Answered, Page, Request, Route, Tagged, behind, both, get, route};
use crate::people;
use crate::policy::{Action, Object, PersonId, SupporterId};
use crate::supporters;
use crate::time::{Day, Instant};

const ALL: &str = "/groups/{group}/co-chairs";
const ONE: &str = "/groups/{group}/co-chairs/{seat_id}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, NotFound, RuleViolation, WrongState};
    vec![
        get(ALL, Action::ReadPublic, "A group's co-chair seats, now or at an instant", list).answers(&[NotFound]),
        route(Method::PUT, ALL, Action::RunInitiative, "Set a group's co-chair seats, all of them", put)
            .answers(&[WrongState, RuleViolation]),
        get(ONE, Action::ReadPublic, "One co-chair seat", show).answers(&[NotFound]),
        route(Method::PATCH, ONE, Action::FillSeat, "Name the person in a co-chair seat, or leave it", fill)
            .answers(&[Forbidden, WrongState]),
        route(Method::DELETE, ONE, Action::GiveSeatUp, "Give a co-chair seat up", give_up).answers(&[WrongState]),
    ]
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

async fn list(request: Request<InGroup, SeatQuery>) -> Result<Tagged<Page<Tagged<SeatView>>>> {
    request
        .read(|tx, input| {
            let group = names::resolve(tx, &input.path.group, "/co-chairs")?;
            let at = match input.query.at {
                Some(at) => Some(at.instant(call::current(tx)?.time_zone)),
                None => None,
            };
            let which = Seats { group: group.id, at, history: input.query.history };
            let plan = input.query.page.plan(&input.filters)?;
            let (rows, next) = store::seats(tx, which, &plan)?;
            let total = plan.total.then(|| store::count_seats(tx, which)).transpose()?;
            // The seats are set as a whole, which bumps their group's version.
            Ok(Tagged::new(group.version, Page::new(view::seats(tx, &rows, at)?, next, total)))
        })
        .await
}

async fn put(request: Request<InGroup, (), Setting>) -> Result<Tagged<Page<Tagged<SeatView>>>> {
    request
        .write(|tx, input| {
            let Setting { seats, derogation } = &input.body;
            let call = call::load(tx)?;
            let today = call.today(tx.now());
            let given = derogation.as_ref().map(|granted| granted.terms("/derogation", today)).transpose();
            let group = behind(given.as_ref().err().map_or(&[], Vec::as_slice), settable(tx, input))?;
            let named = setting::faults(tx, seats)?;
            let (given, ()) = both(given, if named.is_empty() { Ok(()) } else { Err(named) })?;
            let supporters: Vec<SupporterId> = seats.iter().map(|seat| seat.supporter_id).collect();
            supporters::hold(tx, &supporters)?;
            people::hold(tx, seats.iter().filter_map(|seat| seat.person_id.value().copied()))?;
            // What they are now: somebody may have changed them before they were held.
            let group = store::hold(tx, group.id)?;
            input.if_match.require(group.version)?;
            refuse_withdrawn(&group)?;
            setting::refuse(&setting::faults(tx, seats)?)?;
            setting::set(tx, &call, &group, seats, given.as_ref(), input.actor.person)?;
            let group = store::by_id(tx, group.id)?;
            let rows = store::present_seats(tx, &[group.id])?;
            Ok(Tagged::new(group.version, Page::new(view::seats(tx, &rows, None)?, None, None)))
        })
        .await
}

/// The group whose seats the caller may set, at the version that it knows.
fn settable(tx: &mut Write<'_>, input: &Input<InGroup, (), Setting>) -> Result<GroupRow> {
    let group = names::resolve(tx, &input.path.group, "/co-chairs")?;
    input.allow(&Object::initiative())?;
    input.if_match.require(group.version)?;
    refuse_withdrawn(&group)?;
    Ok(group)
}

/// What was given up before it began has no co-chairs. A concluded group's are set where it is to begin again.
fn refuse_withdrawn(group: &GroupRow) -> Result<()> {
    if group.status == Status::Withdrawn {
        return Err(Error::wrong_state("The group is withdrawn: its seats are not set any more."));
    }
    Ok(())
}

async fn show(request: Request<InSeat>) -> Result<Answered<Tagged<SeatView>>> {
    request
        .read(|tx, input| {
            let group = names::resolve(tx, &input.path.group, &below(input))?;
            let row = store::seat(tx, group.id, input.path.seat_id)?;
            let seat = view::seats(tx, &[row], None)?.pop().ok_or_else(|| Error::not_found("co-chair seat"))?;
            Ok(Answered::tagged(seat))
        })
        .await
}

fn below<B>(input: &Input<InSeat, (), B>) -> String {
    format!("/co-chairs/{}", input.path.seat_id)
}

/// Who is named for a seat.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SeatChange")]
#[serde(deny_unknown_fields)]
struct Naming {
    /// Who fills it, affiliated to its supporter now; null: nobody.
    person_id: Change<PersonId>,
}

/// A seat with its group, both held with its supporter and whoever is `named` for it, at the version that the caller knows. 409 once it has
/// ended.
fn held<B>(
    tx: &mut Write<'_>,
    input: &Input<InSeat, (), B>,
    named: Option<PersonId>,
) -> Result<(GroupRow, SeatRow, Option<PersonId>)> {
    let group = names::resolve(tx, &input.path.group, &below(input))?;
    let seat = store::seat(tx, group.id, input.path.seat_id)?;
    let person = store::persons_in(tx, &[seat.id], None)?.pop().map(|(_, person)| person);
    input.allow(&Object { supporter: Some(seat.supporter_id), person, ..Object::default() })?;
    input.if_match.require(seat.version)?;
    supporters::hold(tx, &[seat.supporter_id])?;
    people::hold(tx, named)?;
    // What they are now: somebody may have changed them before they were held.
    let group = store::hold(tx, group.id)?;
    let seat = store::seat(tx, group.id, seat.id)?;
    input.if_match.require(seat.version)?;
    if seat.until.is_some() {
        return Err(Error::wrong_state("The seat has ended."));
    }
    let person = store::persons_in(tx, &[seat.id], None)?.pop().map(|(_, person)| person);
    Ok((group, seat, person))
}

async fn fill(request: Request<InSeat, (), Naming>) -> Result<Answered<Tagged<SeatView>>> {
    request
        .write(|tx, input| {
            let (group, seat, was) = named(tx, input)?;
            let of = SeatOf { id: seat.id, supporter: seat.supporter_id };
            match input.body.person_id {
                Change::Set(person) if was != Some(person) => {
                    if group.status.is_over() {
                        return Err(Error::wrong_state(format!("The group is {}: nobody takes a seat in it.", group.status)));
                    }
                    let fault = setting::person_faults(tx, "/person_id", person, seat.supporter_id)?;
                    setting::refuse(fault.as_slice())?;
                    super::fill(tx, group.id, of, person)?;
                    settle(tx, group.id)?;
                }
                Change::Clear if was.is_some() => {
                    super::vacate(tx, group.id, of)?;
                    settle(tx, group.id)?;
                }
                _ => {}
            }
            let row = store::seat(tx, group.id, seat.id)?;
            let seat = view::seats(tx, &[row], None)?.pop().ok_or_else(|| Error::not_found("co-chair seat"))?;
            Ok(Answered::tagged(seat))
        })
        .await
}

/// The seat, where the caller may name whom it names: who fills it may only leave it.
fn named(tx: &mut Write<'_>, input: &Input<InSeat, (), Naming>) -> Result<(GroupRow, SeatRow, Option<PersonId>)> {
    let named = input.body.person_id.value().copied();
    if named.is_some() {
        let group = names::resolve(tx, &input.path.group, &below(input))?;
        let supporter = store::seat(tx, group.id, input.path.seat_id)?.supporter_id;
        input.allow(&Object::of_supporter(supporter))?;
    }
    held(tx, input, named)
}

async fn give_up(request: Request<InSeat>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let (group, seat, _) = held(tx, input, None)?;
            super::end(tx, group.id, seat.id)?;
            settle(tx, group.id)?;
            Ok(NoContent)
        })
        .await
}
