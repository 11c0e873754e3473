//! How answers show groups, seats and derogations: the same shape in lists, alone and nested.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::balance::{self, Facts, SeatAtFault};
use super::rules::{self, Derogation, JoinPolicy, Status, Violation};
use super::store::{self, DerogationMark, DerogationRow, GroupRow, SeatId, SeatRow};
use crate::call::Call;
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::http::Tagged;
use crate::ids::Id;
use crate::locale::{Localised, Reader, Shown};
use crate::people::{self, PersonRef};
use crate::policy::{GroupId, PersonId};
use crate::supporters::SupporterRef;
use crate::time::Instant;

/// A working group where something else refers to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GroupRef {
    /// Its id.
    pub id: GroupId,
    /// Its number.
    pub number: i64,
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: Shown,
}

impl GroupRef {
    pub(super) fn of(row: &GroupRow, reader: &Reader) -> Result<Self> {
        Ok(Self { id: row.id, number: row.number, slug: row.slug.clone(), title: shown(&row.title, reader)? })
    }
}

/// A working group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group")]
pub struct GroupView {
    id: GroupId,
    number: i64,
    slug: String,
    title: Shown,
    mandate: Option<Shown>,
    status: Status,
    join_policy: JoinPolicy,
    /// The numbers of the principles that it pursues, ascending.
    principles: Vec<i64>,
    /// Its present co-chair seats, in their order.
    co_chairs: Vec<Tagged<SeatView>>,
    co_chair_balance: BalanceView,
    counts: Counts,
    created_at: Instant,
    updated_at: Instant,
}

/// A supporter's place among a group's co-chairs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoChairSeat")]
pub struct SeatView {
    id: SeatId,
    supporter: SupporterRef,
    sector: Option<String>,
    country: Option<String>,
    /// Who fills it; null while it is vacant.
    person: Option<PersonRef>,
    since: Instant,
    /// When it ended; null while it stands.
    until: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
}

/// What the co-chair rule says about a group's seats.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoChairBalance")]
struct BalanceView {
    /// Whether the rule itself holds, without any derogation.
    satisfied: bool,
    /// Whether the rule holds, or a standing derogation waives everything that violates it.
    balanced: bool,
    /// Everything that violates the rule, waived or not.
    violations: Vec<Violation<SeatAtFault>>,
    /// What would be better still, where the rule holds.
    advice: Option<String>,
    /// The derogation that stands today.
    derogation: Option<Tagged<DerogationView>>,
}

/// A recorded, reasoned exception to the co-chair rule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Derogation")]
pub struct DerogationView {
    id: Id<DerogationMark>,
    #[serde(flatten)]
    terms: Derogation,
    /// The person who granted it, where one is on record.
    granted_by: Option<PersonRef>,
    created_at: Instant,
    updated_at: Instant,
}

/// How much there is of what belongs to a group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupCounts")]
struct Counts {
    /// Active members, observers left out.
    members: i64,
    /// Supporters that these members, or the seats, stand for.
    member_supporters: i64,
    deliverables: i64,
    open_consultations: i64,
}

fn shown(json: &str, reader: &Reader) -> Result<Shown> {
    Ok(Localised::from_json(json)?.shown(reader))
}

/// These groups as answers show them at `now`, and until when that stays true by itself. As many queries for one as for a page of them.
pub fn groups(
    c: &mut AnyConnection,
    rows: Vec<GroupRow>,
    reader: &Reader,
    call: &Call,
    now: Instant,
) -> Result<(Vec<Tagged<GroupView>>, Option<Instant>)> {
    let today = call.today(now);
    let ids: Vec<GroupId> = rows.iter().map(|row| row.id).collect();
    let mut seats: HashMap<GroupId, Vec<SeatRow>> = HashMap::new();
    let present = store::present_seats(c, &ids)?;
    let facts = balance::facts(c, &present)?;
    let filled = filled(c, &present, None)?;
    let derogations = store::derogations(c, &ids)?;
    let persons = people(c, filled.values().copied().chain(derogations.iter().filter_map(|row| row.granted_by)))?;
    for seat in present {
        seats.entry(seat.group_id).or_default().push(seat);
    }
    let mut principles: HashMap<GroupId, Vec<i64>> = HashMap::new();
    for (group, principle) in store::principles(c, &ids)? {
        principles.entry(group).or_default().push(principle);
    }
    let mut derogations: HashMap<GroupId, DerogationRow> = derogations.into_iter().map(|row| (row.group_id, row)).collect();
    let mut fresh_until = None;
    let mut view = |row: GroupRow| -> Result<Tagged<GroupView>> {
        let seats = seats.remove(&row.id).unwrap_or_default();
        let derogation = derogations.remove(&row.id).map(|row| Ok::<_, Error>((row.terms()?, row))).transpose()?;
        let last_day = derogation.as_ref().and_then(|(terms, _)| terms.unchanged_until(today));
        let until = last_day.map(|day| Instant::end_of(day, call.time_zone));
        fresh_until = until.into_iter().chain(fresh_until).min();
        let standing = derogation.filter(|(terms, _)| terms.stands_on(today));
        let rule = balance::of_seats(&call.rule, &seats, &facts)?;
        let balance = BalanceView {
            satisfied: rule.satisfied(),
            balanced: rules::balanced(&rule.violations, standing.as_ref().map(|(terms, _)| terms), today),
            violations: rule.violations,
            advice: rule.advice,
            derogation: standing.map(|(terms, row)| derogation_view(terms, &row, &persons)),
        };
        let counts = Counts {
            members: row.members,
            member_supporters: row.member_supporters,
            deliverables: row.deliverables,
            open_consultations: row.open_consultations,
        };
        let group = GroupView {
            id: row.id,
            number: row.number,
            slug: row.slug,
            title: shown(&row.title, reader)?,
            mandate: row.mandate.map(|mandate| shown(&mandate, reader)).transpose()?,
            status: row.status,
            join_policy: row.join_policy,
            principles: principles.remove(&row.id).unwrap_or_default(),
            co_chairs: seats.iter().map(|seat| seat_view(seat, &facts, &filled, &persons)).collect::<Result<_>>()?,
            co_chair_balance: balance,
            counts,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, group))
    };
    let views = rows.into_iter().map(&mut view).collect::<Result<_>>()?;
    Ok((views, fresh_until))
}

/// These seats as answers show them, with the persons who filled them at an instant; `None`: who fill them now.
pub fn seats(c: &mut AnyConnection, rows: &[SeatRow], at: Option<Instant>) -> Result<Vec<Tagged<SeatView>>> {
    let facts = balance::facts(c, rows)?;
    let filled = filled(c, rows, at)?;
    let persons = people(c, filled.values().copied())?;
    rows.iter().map(|row| seat_view(row, &facts, &filled, &persons)).collect()
}

/// The derogation as answers show it.
pub fn derogation(c: &mut AnyConnection, terms: Derogation, row: &DerogationRow) -> Result<Tagged<DerogationView>> {
    let persons = people(c, row.granted_by.into_iter())?;
    Ok(derogation_view(terms, row, &persons))
}

fn derogation_view(terms: Derogation, row: &DerogationRow, persons: &Persons) -> Tagged<DerogationView> {
    let DerogationRow { id, version, created_at, updated_at, .. } = *row;
    let granted_by = row.granted_by.and_then(|person| persons.get(&person).cloned());
    Tagged::new(version, DerogationView { id, terms, granted_by, created_at, updated_at })
}

type Persons = HashMap<PersonId, PersonRef>;
type Filled = HashMap<SeatId, PersonId>;

fn filled(c: &mut AnyConnection, seats: &[SeatRow], at: Option<Instant>) -> Result<Filled> {
    let ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    Ok(store::persons_in(c, &ids, at)?.into_iter().collect())
}

fn people(c: &mut AnyConnection, ids: impl Iterator<Item = PersonId>) -> Result<Persons> {
    let mut ids: Vec<PersonId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Ok(Persons::new()) } else { people::refs(c, &ids) }
}

fn seat_view(row: &SeatRow, facts: &Facts, filled: &Filled, persons: &Persons) -> Result<Tagged<SeatView>> {
    let facts = balance::of_seat(row, facts)?;
    let view = SeatView {
        id: row.id,
        supporter: facts.reference.clone(),
        sector: facts.sector.clone(),
        country: facts.country.clone(),
        person: filled.get(&row.id).and_then(|person| persons.get(person).cloned()),
        since: row.since,
        until: row.until,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Tagged::new(row.version, view))
}
