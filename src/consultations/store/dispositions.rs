//! What became of contributions.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::ConsultationId;
use super::contributions::ContributionId;
use crate::consultations::rules::{ContributionStatus, Disposition, Status, Visibility};
use crate::db::{AnyConnection, Backend, DbError, Write, any_of};
use crate::deliverables::DeliverableId;
use crate::error::Result;
use crate::http::etag::stale;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::policy::{PersonId, SupporterId};
use crate::schema::{consultations as r, contribution_writers as w, contributions as n, dispositions, dispositions as d};
use crate::time::Instant;

/// Marks the id of a disposition.
#[derive(Debug)]
pub enum DispositionMark {}
/// The identifier of a disposition.
pub type DispositionId = Id<DispositionMark>;

/// A disposition's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = dispositions, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct DispositionRow {
    pub id: DispositionId,
    pub consultation_id: ConsultationId,
    pub contribution_id: ContributionId,
    /// Of which question, and of which point of the answer; empty: of the whole.
    pub question_id: String,
    pub point: String,
    pub disposition: Disposition,
    pub reason: String,
    pub deliverable_id: Option<DeliverableId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl DispositionRow {
    /// What it is about: one a contribution, question and point.
    pub fn subject(&self) -> (ContributionId, &str, &str) {
        (self.contribution_id, &self.question_id, &self.point)
    }
}

/// The list of a round's dispositions, in the order of the contributions.
pub struct Dispositions;

/// A disposition, with the id under which its contribution is listed, and that of the list's order.
#[derive(Clone, Debug)]
pub struct Given {
    pub row: DispositionRow,
    pub listed_id: ContributionId,
    pub order: String,
}

impl Listed for Dispositions {
    type Row = Given;
    const SORTS: &'static [SortField<Given>] =
        &[SortField { name: "listing", column: "contributions.listing_id", key: SortKey::Text(|given| given.order.clone()) }];
    const DEFAULT: &'static str = "listing";
    const TIE: SortField<Given> =
        SortField { name: "id", column: "dispositions.id", key: SortKey::Text(|given| given.row.id.to_string()) };
}

macro_rules! visible {
    ($consultation:expr, $secret:expr, $hidden:expr) => {{
        let mut query = d::table.inner_join(n::table).filter(d::consultation_id.eq($consultation)).into_boxed::<Backend>();
        if !$secret {
            query = query.filter(n::visibility.ne(Visibility::SecretariatOnly));
        }
        if !$hidden {
            query = query.filter(n::hidden_at.is_null());
        }
        query
    }};
}

/// One page, of the contributions that somebody sees.
pub fn page(
    c: &mut AnyConnection,
    consultation: ConsultationId,
    (secret, hidden): (bool, bool),
    plan: &Plan<Dispositions>,
) -> Result<(Vec<Given>, Option<String>, Option<i64>)> {
    let total = if plan.total { Some(visible!(consultation, secret, hidden).count().get_result(c)?) } else { None };
    let query = visible!(consultation, secret, hidden).select((DispositionRow::as_select(), n::listing_id, n::visibility));
    let rows: Vec<(DispositionRow, ContributionId, Option<Visibility>)> = plan.apply(query).load(c)?;
    let given = |(row, listing_id, visibility): (DispositionRow, ContributionId, Option<Visibility>)| {
        let is_anonymous = visibility == Some(Visibility::Anonymous);
        Given { listed_id: if is_anonymous { listing_id } else { row.contribution_id }, order: listing_id.to_string(), row }
    };
    let (rows, next) = plan.cut(rows.into_iter().map(given).collect());
    Ok((rows, next, total))
}

/// Those of these contributions: of each the whole first, then by question and point.
pub fn of(c: &mut AnyConnection, contributions: &[ContributionId]) -> QueryResult<Vec<DispositionRow>> {
    d::table
        .filter(any_of("dispositions.contribution_id", contributions))
        .order((d::contribution_id, d::question_id, d::point))
        .select(DispositionRow::as_select())
        .load(c)
}

/// The one of a whole contribution.
pub fn of_whole(c: &mut AnyConnection, contribution: ContributionId) -> QueryResult<Option<DispositionRow>> {
    let whole = d::table.filter(d::contribution_id.eq(contribution)).filter(d::question_id.eq("")).filter(d::point.eq(""));
    whole.select(DispositionRow::as_select()).first(c).optional()
}

/// Adds one; the transaction is repeated where another was faster.
pub fn insert(tx: &mut Write<'_>, row: &DispositionRow) -> Result<()> {
    match tx.savepoint(|c| diesel::insert_into(d::table).values(row).execute(c)) {
        Err(error) if DbError::unique_violation(&error) => Err(stale()),
        added => Ok(added.map(drop)?),
    }
}

/// Saves one over the version it was read at, and gives it as it is then; the transaction is repeated where another was faster.
pub fn save(tx: &mut Write<'_>, row: DispositionRow) -> Result<DispositionRow> {
    let known = d::table.filter(d::id.eq(row.id)).filter(d::version.eq(row.version));
    let next = DispositionRow { version: row.version + 1, updated_at: tx.now(), ..row };
    let saved = diesel::update(known).set(&next).execute(&mut **tx)?;
    if saved == 1 { Ok(next) } else { Err(stale()) }
}

/// Whom to tell what became of a contribution.
#[derive(Clone, Debug, Queryable)]
pub struct Contributor {
    pub contribution: ContributionId,
    pub supporter: Option<SupporterId>,
    pub person: Option<PersonId>,
    pub email: Option<String>,
    pub locale: Option<String>,
}

/// Of which contributions somebody is told.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Of these.
    These(&'a [ContributionId]),
    /// Of all that have a disposition after this one in the order of ids, so many at most.
    Answered(&'a str, i64),
    /// Of those that this deliverable takes up, likewise.
    TakenUp(DeliverableId, &'a str, i64),
}

/// Who contributed what was answered, in the order of ids.
pub fn contributors(c: &mut AnyConnection, consultation: ConsultationId, whose: Whose<'_>) -> QueryResult<Vec<Contributor>> {
    let answers = || d::table.filter(d::contribution_id.eq(n::id)).select(d::id);
    let query = n::table.filter(n::consultation_id.eq(consultation)).filter(n::status.eq(ContributionStatus::Submitted));
    let query = query.into_boxed::<Backend>();
    let (query, after, limit) = match whose {
        Whose::These(these) => (query.filter(any_of("contributions.id", these)), "", i64::MAX),
        Whose::Answered(after, limit) => (query.filter(exists(answers())), after, limit),
        Whose::TakenUp(by, after, limit) => (query.filter(exists(answers().filter(d::deliverable_id.eq(by)))), after, limit),
    };
    let query = query.filter(n::id.gt(after.to_owned()));
    query.order(n::id).limit(limit).select((n::id, n::supporter_id, n::person_id, n::email, n::locale)).load(c)
}

/// Who wrote at these contributions.
pub fn writers(c: &mut AnyConnection, contributions: &[ContributionId]) -> QueryResult<Vec<(ContributionId, PersonId)>> {
    let theirs = w::table.filter(any_of("contribution_writers.contribution_id", contributions));
    theirs.order((w::contribution_id, w::person_id)).select((w::contribution_id, w::person_id)).load(c)
}

/// The published rounds of which a deliverable takes something up.
pub fn rounds_taken_up(c: &mut AnyConnection, by: DeliverableId) -> QueryResult<Vec<ConsultationId>> {
    let rounds = d::table.inner_join(r::table).filter(d::deliverable_id.eq(by)).filter(r::status.eq(Status::Published));
    rounds.select(r::id).distinct().order(r::id).load(c)
}
