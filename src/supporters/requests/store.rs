//! Rows of requests for affiliation.

use diesel::prelude::*;

use super::rules::Status;
use super::{RequestId, RequestMark};
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::http::etag::written;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::{PersonId, SupporterId};
use crate::schema::affiliation_requests as r;
use crate::time::Instant;

/// A request's row.
#[derive(Clone, Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = r, treat_none_as_null = true)]
pub struct Row {
    #[diesel(skip_update)]
    pub id: RequestId,
    #[diesel(skip_update)]
    pub person_id: PersonId,
    #[diesel(skip_update)]
    pub supporter_id: SupporterId,
    pub message: Option<String>,
    pub status: Status,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A supporter's requests, as a list.
pub struct Requests;

impl Listed for Requests {
    type Row = Row;
    const SORTS: &'static [SortField<Row>] =
        &[SortField { name: "created_at", column: "affiliation_requests.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<Row> =
        SortField { name: "id", column: "affiliation_requests.id", key: SortKey::Text(|row| row.id.to_string()) };
}

fn of<'a>(supporter: SupporterId, status: Option<Status>) -> r::BoxedQuery<'a, Backend> {
    let query = r::table.filter(r::supporter_id.eq(supporter)).into_boxed::<Backend>();
    match status {
        Some(status) => query.filter(r::status.eq(status)),
        None => query,
    }
}

/// A page of them, of every status or one.
pub fn page(c: &mut AnyConnection, supporter: SupporterId, status: Option<Status>, plan: &Plan<Requests>) -> Result<Vec<Row>> {
    Ok(plan.apply(of(supporter, status).select(Row::as_select())).load(c)?)
}

/// The open requests to these supporters, the longest waiting first, at most `limit`.
pub fn waiting(c: &mut AnyConnection, supporters: &[SupporterId], limit: i64) -> Result<Vec<Row>> {
    Ok(r::table
        .filter(any_of("affiliation_requests.supporter_id", supporters))
        .filter(r::status.eq(Status::Requested))
        .order((r::created_at, r::id))
        .limit(limit)
        .select(Row::as_select())
        .load(c)?)
}

/// How many of them there are.
pub fn count(c: &mut AnyConnection, supporter: SupporterId, status: Option<Status>) -> Result<i64> {
    Ok(of(supporter, status).count().get_result(c)?)
}

/// A request, however it stands.
pub fn find(c: &mut AnyConnection, id: RequestId) -> Result<Option<Row>> {
    Ok(r::table.filter(r::id.eq(id)).select(Row::as_select()).get_result(c).optional()?)
}

/// A person's requests, oldest first.
pub fn of_person(c: &mut AnyConnection, person: PersonId) -> Result<Vec<Row>> {
    Ok(r::table.filter(r::person_id.eq(person)).order(r::id).select(Row::as_select()).load(c)?)
}

/// A person's request to a supporter that waits for a decision.
pub fn open(c: &mut AnyConnection, person: PersonId, supporter: SupporterId) -> Result<Option<Row>> {
    Ok(of(supporter, Some(Status::Requested))
        .filter(r::person_id.eq(person))
        .select(Row::as_select())
        .get_result(c)
        .optional()?)
}

/// Inserts a request. `None` where the person has one that waits.
pub fn insert(tx: &mut Write<'_>, person: PersonId, supporter: SupporterId, message: Option<&str>) -> Result<Option<RequestId>> {
    let (id, now) = (tx.new_id::<RequestMark>(), tx.now());
    let inserted = tx.unless_taken(|c| {
        diesel::insert_into(r::table)
            .values((
                r::id.eq(id),
                r::person_id.eq(person),
                r::supporter_id.eq(supporter),
                r::message.eq(message),
                r::status.eq(Status::Requested),
                r::version.eq(1_i64),
                r::created_at.eq(now),
                r::updated_at.eq(now),
            ))
            .execute(c)
    })?;
    Ok(inserted.map(|_| id))
}

/// Saves a request over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &mut Row) -> Result<()> {
    let read_at = row.version;
    row.version += 1;
    row.updated_at = tx.now();
    let saved = diesel::update(r::table.filter(r::id.eq(row.id)).filter(r::version.eq(read_at))).set(&*row).execute(&mut **tx)?;
    written(saved)
}
