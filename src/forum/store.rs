//! The rows of Forum editions and their sessions.

pub mod ahead;
pub mod reading;
pub mod writing;

use diesel::dsl::count_star;
use diesel::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::rules::{Presentation, PresentedAs, Status};
use crate::db::search::Contains;
use crate::db::{AnyConnection, AnyOf, Backend, any_of};
use crate::error::{Error, Result};
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::schema::{forum_editions as editions, forum_sessions as sessions, session_presentations as presentations};
use crate::time::{Day, Instant};

/// Marks the id of a Forum edition.
#[derive(Debug)]
pub enum EditionMark {}
/// The identifier of a Forum edition.
pub type EditionId = Id<EditionMark>;
/// Marks the id of a session.
#[derive(Debug)]
pub enum SessionMark {}
/// The identifier of a session.
pub type SessionId = Id<SessionMark>;

/// A Forum edition where something else refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ForumEditionRef")]
pub struct EditionRef {
    /// Its id.
    pub id: EditionId,
    /// Its year, the name that never changes.
    pub year: i64,
}

/// An edition's row.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = editions, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct EditionRow {
    pub id: EditionId,
    pub year: i64,
    pub name: String,
    pub city: String,
    pub country: String,
    pub venue: Option<String>,
    pub time_zone: String,
    pub starts_on: Day,
    pub ends_on: Day,
    pub submission_deadline: Option<Day>,
    pub status: Status,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl EditionRow {
    /// How answers refer to it.
    pub fn reference(&self) -> EditionRef {
        EditionRef { id: self.id, year: self.year }
    }
}

/// A session's row.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct SessionRow {
    pub id: SessionId,
    pub forum_edition_id: EditionId,
    pub title: String,
    pub day: Day,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub room: Option<String>,
    pub moderator: Option<String>,
    pub panellists: String,
    pub recording_url: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The list of editions.
pub struct EditionList;

impl Listed for EditionList {
    type Row = EditionRow;
    const SORTS: &'static [SortField<EditionRow>] =
        &[SortField { name: "year", column: "forum_editions.year", key: SortKey::Int(|row| row.year) }];
    const DEFAULT: &'static str = "year";
    // As unique as the id, and indexed.
    const TIE: SortField<EditionRow> =
        SortField { name: "year", column: "forum_editions.year", key: SortKey::Int(|row| row.year) };
}

fn editions_of(status: Option<Status>) -> editions::BoxedQuery<'static, Backend> {
    let query = editions::table.into_boxed::<Backend>();
    match status {
        Some(status) => query.filter(editions::status.eq(status)),
        None => query,
    }
}

/// One page of editions, and where the next one starts.
pub fn list(
    connection: &mut AnyConnection,
    status: Option<Status>,
    plan: &Plan<EditionList>,
) -> Result<(Vec<EditionRow>, Option<String>)> {
    Ok(plan.cut(plan.apply(editions_of(status).select(EditionRow::as_select())).load(connection)?))
}

/// How many editions a filter leaves.
pub fn count(connection: &mut AnyConnection, status: Option<Status>) -> Result<i64> {
    Ok(editions_of(status).select(count_star()).get_result(connection)?)
}

/// The edition that a path names by year or id. 404 where there is none.
pub fn find(connection: &mut AnyConnection, reference: &str) -> Result<EditionRow> {
    let none = || Error::not_found("Forum edition");
    let query = editions::table.select(EditionRow::as_select()).into_boxed::<Backend>();
    let query = match (reference.parse::<EditionId>(), reference.parse::<i64>()) {
        (Ok(id), _) => query.filter(editions::id.eq(id)),
        (_, Ok(year)) => query.filter(editions::year.eq(year)),
        _ => return Err(none()),
    };
    query.get_result(connection).optional()?.ok_or_else(none)
}

/// The edition of a year.
pub fn find_year(connection: &mut AnyConnection, year: i64) -> Result<Option<EditionRow>> {
    Ok(editions::table.filter(editions::year.eq(year)).select(EditionRow::as_select()).get_result(connection).optional()?)
}

/// The editions that end on a day or after, by year. There are as many as years.
pub fn ending_since(connection: &mut AnyConnection, from: Day) -> Result<Vec<EditionRow>> {
    Ok(editions::table
        .filter(editions::ends_on.ge(from))
        .order(editions::year)
        .select(EditionRow::as_select())
        .load(connection)?)
}

/// Editions by id, each with its year.
pub fn refs(connection: &mut AnyConnection, ids: &[EditionId]) -> Result<Vec<(EditionId, i64)>> {
    use editions as e;
    Ok(e::table.filter(any_of("forum_editions.id", ids)).select((e::id, e::year)).load(connection)?)
}

/// A session's start where rows are compared: what lasts all day comes before what starts at some time of it.
const START: &str = "coalesce(forum_sessions.starts_at, '0001-01-01 00:00:00')";

fn start(row: &SessionRow) -> Instant {
    row.starts_at.unwrap_or_else(|| Instant::start_of(Day::from_ymd_opt(1, 1, 1).unwrap_or_default(), chrono_tz::UTC))
}

/// The list of an edition's sessions.
pub struct SessionList;

impl Listed for SessionList {
    type Row = SessionRow;
    const SORTS: &'static [SortField<SessionRow>] = &[
        SortField { name: "day", column: "forum_sessions.day", key: SortKey::On(|row| row.day) },
        SortField { name: "starts_at", column: START, key: SortKey::At(start) },
    ];
    const DEFAULT: &'static str = "day,starts_at";
    const TIE: SortField<SessionRow> =
        SortField { name: "id", column: "forum_sessions.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// One page of an edition's sessions, and where the next one starts.
pub fn session_page(
    connection: &mut AnyConnection,
    of: EditionId,
    plan: &Plan<SessionList>,
) -> Result<(Vec<SessionRow>, Option<String>)> {
    let query = sessions::table.filter(sessions::forum_edition_id.eq(of)).select(SessionRow::as_select());
    Ok(plan.cut(plan.apply(query.into_boxed::<Backend>()).load(connection)?))
}

/// How many sessions an edition has.
pub fn count_sessions(connection: &mut AnyConnection, of: EditionId) -> Result<i64> {
    Ok(sessions::table.filter(sessions::forum_edition_id.eq(of)).count().get_result(connection)?)
}

/// Every session of these editions, in the order in which they take place.
pub fn sessions(connection: &mut AnyConnection, of: &[EditionId]) -> Result<Vec<SessionRow>> {
    let mut rows: Vec<SessionRow> =
        sessions::table.filter(any_of("forum_sessions.forum_edition_id", of)).select(SessionRow::as_select()).load(connection)?;
    rows.sort_by_cached_key(|row| (row.day, start(row), row.id));
    Ok(rows)
}

/// What sessions show, each in its order: of the sessions that `which` leaves, by a column of theirs or of their presentations.
pub fn presentations(connection: &mut AnyConnection, which: AnyOf) -> Result<Vec<(SessionId, Presentation)>> {
    use presentations as p;
    let rows: Vec<(SessionId, String, PresentedAs)> = p::table
        .inner_join(sessions::table)
        .filter(which)
        .order((p::session_id, p::position))
        .select((p::session_id, p::reference, p::presented_as))
        .load(connection)?;
    let shown = |(session, reference, presented_as)| (session, Presentation { reference, presented_as });
    Ok(rows.into_iter().map(shown).collect())
}

/// A session with its edition's year. 404 where there is none.
pub fn session(connection: &mut AnyConnection, id: SessionId) -> Result<(SessionRow, i64)> {
    let query = sessions::table.inner_join(editions::table).filter(sessions::id.eq(id));
    let row = query.select((SessionRow::as_select(), editions::year)).get_result(connection).optional()?;
    row.ok_or_else(|| Error::not_found("session"))
}

/// The latest sessions that have every word of `q`, each with its edition's year.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<(SessionRow, i64)>> {
    Ok(sessions::table
        .inner_join(editions::table)
        .filter(Contains::scan("forum_sessions.search_text", q))
        .select((SessionRow::as_select(), editions::year))
        .order((sessions::day.desc(), sessions::id.desc()))
        .limit(limit)
        .load(connection)?)
}
