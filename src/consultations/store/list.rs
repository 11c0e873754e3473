//! Lists of rounds, by what stands by the clock.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{ConsultationId, ConsultationRow, Scope, Status};
use crate::consultations::rules::Audience;
use crate::db::search::Contains;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::GroupId;
use crate::schema::consultations as r;
use crate::time::Instant;

/// The list of rounds.
pub struct Rounds;

impl Listed for Rounds {
    type Row = ConsultationRow;
    const SORTS: &'static [SortField<ConsultationRow>] = &[
        SortField { name: "created_at", column: "consultations.created_at", key: SortKey::At(|row| row.created_at) },
        SortField { name: "opens_at", column: "consultations.opens_at", key: SortKey::At(|row| row.opens_at) },
        SortField { name: "closes_at", column: "consultations.closes_at", key: SortKey::At(|row| row.closes_at) },
    ];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<ConsultationRow> =
        SortField { name: "id", column: "consultations.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Which rounds somebody may read.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Whether all.
    pub all: bool,
    /// Of these groups those that have not been opened as well: it runs them.
    pub runs: Vec<GroupId>,
    /// Of these groups those that are for its members.
    pub reads: Vec<GroupId>,
}

/// What a list is narrowed to.
pub struct Filter<'a> {
    /// Whose question it is.
    pub scope: Option<Scope>,
    /// Of this group and its deliverables.
    pub group: Option<GroupId>,
    /// Standing so at `now`.
    pub status: Option<Status>,
    /// Having all these words.
    pub q: Option<&'a str>,
    /// What the caller may read.
    pub sight: &'a Sight,
    /// The instant.
    pub now: Instant,
}

type Condition = Box<dyn BoxableExpression<r::table, Backend, SqlType = Bool>>;

/// [`Status::at`] as SQL. A test holds the two together.
fn stands(status: Status, now: Instant) -> Condition {
    let running = || r::status.eq(Status::Scheduled).or(r::status.eq(Status::Open));
    match status {
        Status::Draft | Status::Published | Status::Cancelled => Box::new(r::status.eq(status)),
        Status::Scheduled => Box::new(r::status.eq(status).and(r::opens_at.gt(now)).and(r::closes_at.gt(now))),
        Status::Open => {
            let opened = r::status.eq(Status::Open).or(r::status.eq(Status::Scheduled).and(r::opens_at.le(now)));
            Box::new(opened.and(r::closes_at.gt(now)))
        }
        Status::Closed => Box::new(r::status.eq(status).or(running().and(r::closes_at.le(now)))),
    }
}

impl Sight {
    /// `path::Round::is_read_by` as SQL.
    fn sees(&self, now: Instant) -> Condition {
        let past = r::status.eq(Status::Scheduled).and(r::opens_at.le(now).or(r::closes_at.le(now)));
        let begun = r::status.eq(Status::Open).or(r::status.eq(Status::Closed)).or(r::status.eq(Status::Published));
        let opened = r::opened_at.is_not_null().or(begun).or(past);
        let theirs = r::audience.ne(Audience::GroupMembers).or(within(&self.reads));
        Box::new(within(&self.runs).or(opened.and(theirs)))
    }
}

/// Whether a round is of one of these groups; null is no.
fn within(groups: &[GroupId]) -> Condition {
    Box::new(r::group_id.is_not_null().and(any_of("consultations.group_id", groups)).assume_not_null())
}

impl Filter<'_> {
    fn query(&self) -> r::BoxedQuery<'static, Backend> {
        let mut query = r::table.into_boxed::<Backend>();
        if !self.sight.all {
            query = query.filter(self.sight.sees(self.now));
        }
        if let Some(scope) = self.scope {
            query = query.filter(r::scope.eq(scope));
        }
        if let Some(group) = self.group {
            query = query.filter(r::group_id.eq(group));
        }
        if let Some(status) = self.status {
            query = query.filter(stands(status, self.now));
        }
        if let Some(q) = self.q {
            query = query.filter(Contains::scan("consultations.search_text", q));
        }
        query
    }
}

/// One page of rounds.
pub fn page(c: &mut AnyConnection, filter: &Filter<'_>, plan: &Plan<Rounds>) -> Result<Vec<ConsultationRow>> {
    Ok(plan.apply(filter.query().select(ConsultationRow::as_select())).load(c)?)
}

/// How many a filter leaves.
pub fn count(c: &mut AnyConnection, filter: &Filter<'_>) -> Result<i64> {
    Ok(filter.query().count().get_result(c)?)
}

/// The latest rounds that a filter leaves.
pub fn newest(c: &mut AnyConnection, filter: &Filter<'_>, limit: i64) -> Result<Vec<ConsultationRow>> {
    let query = filter.query().order((r::created_at.desc(), r::id.desc())).limit(limit);
    Ok(query.select(ConsultationRow::as_select()).load(c)?)
}

/// The rounds that somebody may read and that close at an instant or after (`None`: whenever), of these groups, or of any. With
/// `and_call`, those of the call beside the groups'. Drafts are in no calendar. By opening.
pub fn in_time(
    c: &mut AnyConnection,
    sight: &Sight,
    groups: Option<&[GroupId]>,
    and_call: bool,
    from: Option<Instant>,
    now: Instant,
) -> Result<Vec<ConsultationRow>> {
    let mut query = Filter { scope: None, group: None, status: None, q: None, sight, now }
        .query()
        .filter(r::status.ne(Status::Draft))
        // What was called off before it opened was in nobody's calendar.
        .filter(r::status.ne(Status::Cancelled).or(r::opened_at.is_not_null()));
    if let Some(groups) = groups {
        query = if and_call { query.filter(within(groups).or(r::scope.eq(Scope::Call))) } else { query.filter(within(groups)) };
    }
    if let Some(from) = from {
        query = query.filter(r::closes_at.ge(from));
    }
    Ok(query.order((r::opens_at, r::id)).select(ConsultationRow::as_select()).load(c)?)
}

/// The rounds of a group, each as written.
pub fn of_group(c: &mut AnyConnection, group: GroupId) -> Result<Vec<ConsultationRow>> {
    Ok(r::table.filter(r::group_id.eq(group)).select(ConsultationRow::as_select()).load(c)?)
}

/// These rounds, in no order.
pub fn by_ids(c: &mut AnyConnection, ids: &[ConsultationId]) -> Result<Vec<ConsultationRow>> {
    Ok(r::table.filter(any_of("consultations.id", ids)).select(ConsultationRow::as_select()).load(c)?)
}
