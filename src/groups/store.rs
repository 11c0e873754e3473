//! The groups' rows: groups, their principles, seats and derogations.

pub mod counts;
pub mod entry;
pub mod members;
pub mod names;
pub mod people;
pub mod reactions;
pub mod waiting;
pub mod working;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::rules::{Derogation, JoinPolicy, Status};
use crate::db::search::Contains;
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::{Error, Result};
use crate::http::etag::written;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{co_chair_seats as seats, derogations, group_principles, seat_persons, supporters, working_groups as groups};
use crate::time::{Day, Instant};

/// Marks the id of a co-chair seat.
#[derive(Debug)]
pub enum SeatMark {}
/// The identifier of a co-chair seat.
pub type SeatId = Id<SeatMark>;
/// Marks the id of a derogation.
#[derive(Debug)]
pub enum DerogationMark {}

/// A group's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = groups)]
pub struct GroupRow {
    pub id: GroupId,
    pub number: i64,
    pub slug: String,
    pub title: String,
    pub mandate: Option<String>,
    pub status: Status,
    pub join_policy: JoinPolicy,
    pub members: i64,
    pub member_supporters: i64,
    pub deliverables: i64,
    pub open_consultations: i64,
    pub unbalanced_since: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A seat's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = seats)]
pub struct SeatRow {
    pub id: SeatId,
    pub group_id: GroupId,
    pub supporter_id: SupporterId,
    pub position: i64,
    pub since: Instant,
    pub until: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A derogation's row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = derogations)]
pub struct DerogationRow {
    pub id: Id<DerogationMark>,
    pub group_id: GroupId,
    pub waives: String,
    pub reason: String,
    pub granted_by: Option<PersonId>,
    pub since: Day,
    pub until: Option<Day>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl DerogationRow {
    /// What it says.
    pub fn terms(&self) -> Result<Derogation> {
        let Self { reason, since, until, .. } = self;
        Ok(Derogation { waives: serde_json::from_str(&self.waives)?, reason: reason.clone(), since: *since, until: *until })
    }
}

/// The list of groups.
pub struct GroupList;

impl Listed for GroupList {
    type Row = GroupRow;
    const SORTS: &'static [SortField<GroupRow>] = &[
        SortField { name: "number", column: "working_groups.number", key: SortKey::Int(|row| row.number) },
        SortField { name: "slug", column: "working_groups.slug", key: SortKey::Text(|row| row.slug.clone()) },
        SortField { name: "status", column: "working_groups.status", key: SortKey::Text(|row| row.status.to_string()) },
    ];
    const DEFAULT: &'static str = "number";
    // As unique as the id, and what the indexes end with.
    const TIE: SortField<GroupRow> =
        SortField { name: "number", column: "working_groups.number", key: SortKey::Int(|row| row.number) };
}

/// What a list of groups is narrowed to.
#[derive(Default)]
pub struct Filter<'a> {
    pub status: Option<Status>,
    pub principle: Option<i64>,
    pub q: Option<&'a str>,
}

impl Filter<'_> {
    fn query(&self) -> groups::BoxedQuery<'static, Backend> {
        let mut query = groups::table.into_boxed::<Backend>();
        if let Some(status) = self.status {
            query = query.filter(groups::status.eq(status));
        }
        if let Some(principle) = self.principle {
            let pursues = group_principles::table
                .filter(group_principles::group_id.eq(groups::id))
                .filter(group_principles::principle.eq(principle));
            query = query.filter(exists(pursues));
        }
        if let Some(q) = self.q {
            query = query.filter(Contains::scan("working_groups.search_text", q));
        }
        query
    }
}

/// One page of groups, and where the next one starts.
pub fn list(
    connection: &mut AnyConnection,
    filter: &Filter<'_>,
    plan: &Plan<GroupList>,
) -> Result<(Vec<GroupRow>, Option<String>)> {
    Ok(plan.cut(plan.apply(filter.query().select(GroupRow::as_select())).load(connection)?))
}

/// All groups that a filter leaves, by number.
pub fn all(connection: &mut AnyConnection, filter: &Filter<'_>) -> Result<Vec<GroupRow>> {
    Ok(filter.query().select(GroupRow::as_select()).order(groups::number).load(connection)?)
}

/// How many groups a filter leaves.
pub fn count(connection: &mut AnyConnection, filter: &Filter<'_>) -> Result<i64> {
    Ok(filter.query().select(count_star()).get_result(connection)?)
}

/// The first groups, by number, that have every word of `q` in a title, mandate or slug.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<GroupRow>> {
    let query = Filter { q: Some(q), ..Filter::default() }.query();
    Ok(query.select(GroupRow::as_select()).order(groups::number).limit(limit).load(connection)?)
}

/// A group by id. 404 where there is none.
pub fn by_id(connection: &mut AnyConnection, id: GroupId) -> Result<GroupRow> {
    let query = groups::table.filter(groups::id.eq(id)).select(GroupRow::as_select());
    query.get_result(connection).optional()?.ok_or_else(|| Error::not_found("group"))
}

/// Holds a group until the transaction ends, before what depends on it is read: its members, seats and counts change one at a time. The
/// transaction is repeated where it is gone.
pub fn hold(tx: &mut Write<'_>, group: GroupId) -> Result<GroupRow> {
    let held =
        diesel::update(groups::table.filter(groups::id.eq(group))).set(groups::version.eq(groups::version)).execute(&mut **tx)?;
    written(held)?;
    by_id(tx, group)
}

/// Counts one more deliverable.
pub fn count_deliverable(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    diesel::update(groups::table.filter(groups::id.eq(group)))
        .set(groups::deliverables.eq(groups::deliverables + 1))
        .execute(&mut **tx)?;
    Ok(())
}

/// The active groups, by number.
pub fn active(connection: &mut AnyConnection) -> Result<Vec<GroupRow>> {
    let active = groups::table.filter(groups::status.eq(Status::Active)).order(groups::number);
    Ok(active.select(GroupRow::as_select()).load(connection)?)
}

/// Groups by id, in no order.
pub fn by_ids(connection: &mut AnyConnection, ids: &[GroupId]) -> Result<Vec<GroupRow>> {
    Ok(groups::table.filter(any_of("working_groups.id", ids)).select(GroupRow::as_select()).load(connection)?)
}

/// The principles of these groups, ascending.
pub fn principles(connection: &mut AnyConnection, of: &[GroupId]) -> Result<Vec<(GroupId, i64)>> {
    use group_principles as p;
    Ok(p::table
        .filter(any_of("group_principles.group_id", of))
        .order((p::group_id, p::principle))
        .select((p::group_id, p::principle))
        .load(connection)?)
}

/// The present seats of these groups, in the order in which they were set.
pub fn present_seats(connection: &mut AnyConnection, of: &[GroupId]) -> Result<Vec<SeatRow>> {
    Ok(seats::table
        .filter(any_of("co_chair_seats.group_id", of))
        .filter(seats::until.is_null())
        .order((seats::group_id, seats::position, seats::id))
        .select(SeatRow::as_select())
        .load(connection)?)
}

/// Who filled each of these seats at an instant (`None`: fills it now); a vacant seat is left out.
pub fn persons_in(connection: &mut AnyConnection, of: &[SeatId], at: Option<Instant>) -> Result<Vec<(SeatId, PersonId)>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = seat_persons::table
        .filter(any_of("seat_persons.seat_id", of))
        .select((seat_persons::seat_id, seat_persons::person_id))
        .into_boxed::<Backend>();
    query = match at {
        None => query.filter(seat_persons::until.is_null()),
        Some(at) => query.filter(seat_persons::since.le(at)).filter(seat_persons::until.is_null().or(seat_persons::until.gt(at))),
    };
    Ok(query.load(connection)?)
}

/// The derogations of these groups that nobody has withdrawn, standing or not: at most one each.
pub fn derogations(connection: &mut AnyConnection, of: &[GroupId]) -> Result<Vec<DerogationRow>> {
    use derogations as d;
    Ok(d::table
        .filter(any_of("derogations.group_id", of))
        .filter(d::withdrawn_at.is_null())
        .select(DerogationRow::as_select())
        .load(connection)?)
}

/// The list of a group's seats.
pub struct SeatList;

impl Listed for SeatList {
    type Row = SeatRow;
    const SORTS: &'static [SortField<SeatRow>] = &[
        SortField { name: "position", column: "co_chair_seats.position", key: SortKey::Int(|row| row.position) },
        SortField { name: "since", column: "co_chair_seats.since", key: SortKey::At(|row| row.since) },
    ];
    const DEFAULT: &'static str = "position";
    const TIE: SortField<SeatRow> =
        SortField { name: "id", column: "co_chair_seats.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Which of a group's seats: those that stood at an instant (`None`: now), and, with history, those that had ended by then.
#[derive(Clone, Copy)]
pub struct Seats {
    pub group: GroupId,
    pub at: Option<Instant>,
    pub history: bool,
}

impl Seats {
    fn query(self) -> seats::BoxedQuery<'static, Backend> {
        let mut query = seats::table.filter(seats::group_id.eq(self.group)).into_boxed::<Backend>();
        if let Some(at) = self.at {
            query = query.filter(seats::since.le(at));
        }
        match self.at {
            _ if self.history => query,
            None => query.filter(seats::until.is_null()),
            Some(at) => query.filter(seats::until.is_null().or(seats::until.gt(at))),
        }
    }
}

/// One page of seats, and where the next one starts.
pub fn seats(connection: &mut AnyConnection, which: Seats, plan: &Plan<SeatList>) -> Result<(Vec<SeatRow>, Option<String>)> {
    Ok(plan.cut(plan.apply(which.query().select(SeatRow::as_select())).load(connection)?))
}

/// How many seats there are of these.
pub fn count_seats(connection: &mut AnyConnection, which: Seats) -> Result<i64> {
    Ok(which.query().select(count_star()).get_result(connection)?)
}

/// One seat of a group, ended or not. 404 where there is none.
pub fn seat(connection: &mut AnyConnection, group: GroupId, id: SeatId) -> Result<SeatRow> {
    let query = seats::table.filter(seats::id.eq(id)).filter(seats::group_id.eq(group));
    query.select(SeatRow::as_select()).get_result(connection).optional()?.ok_or_else(|| Error::not_found("co-chair seat"))
}

/// The list of a group's member supporters.
pub struct MemberSupporters;

/// A member supporter: its id and folded name.
pub type MemberSupporterRow = (SupporterId, String);

impl Listed for MemberSupporters {
    type Row = MemberSupporterRow;
    const SORTS: &'static [SortField<MemberSupporterRow>] =
        &[SortField { name: "name", column: "supporters.folded_name", key: SortKey::Text(|row| row.1.clone()) }];
    const DEFAULT: &'static str = "name";
    const TIE: SortField<MemberSupporterRow> =
        SortField { name: "id", column: "supporters.id", key: SortKey::Text(|row| row.0.to_string()) };
}

/// One page of these supporters by name, and where the next one starts.
pub fn named_supporters(
    connection: &mut AnyConnection,
    ids: impl IntoIterator<Item = SupporterId>,
    plan: &Plan<MemberSupporters>,
) -> Result<(Vec<MemberSupporterRow>, Option<String>)> {
    let query = supporters::table
        .filter(any_of("supporters.id", ids))
        .select((supporters::id, supporters::folded_name))
        .into_boxed::<Backend>();
    Ok(plan.cut(plan.apply(query).load(connection)?))
}

/// Sectors, or regions, of endorsed supporters, each with how many there are of it. `None`: unknown.
pub type Counts = Vec<(Option<String>, i64)>;

/// How the endorsed supporters of the register divide by sector and by region.
pub fn register_composition(connection: &mut AnyConnection) -> Result<(Counts, Counts)> {
    use crate::supporters::Status::Endorsed;
    use supporters as s;
    let endorsed = s::table.filter(s::status.eq(Endorsed));
    let by_sector = endorsed.group_by(s::sector).select((s::sector, count_star())).load(connection)?;
    let by_region = endorsed.group_by(s::region).select((s::region, count_star())).load(connection)?;
    Ok((by_sector, by_region))
}
