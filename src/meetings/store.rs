//! The rows of meetings.

pub mod attendance;

use diesel::prelude::*;

use super::rules::{MinutesStatus, Status};
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::policy::GroupId;
use crate::schema::meetings;
use crate::text;
use crate::time::Instant;

/// Marks the id of a meeting.
#[derive(Debug)]
pub enum MeetingMark {}
/// The identifier of a meeting.
pub type MeetingId = Id<MeetingMark>;

/// A meeting's row.
#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = meetings, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct MeetingRow {
    pub id: MeetingId,
    pub group_id: GroupId,
    pub title: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub time_zone: String,
    pub place: Option<String>,
    pub link: Option<String>,
    pub agenda: Option<String>,
    pub minutes: Option<String>,
    pub minutes_status: MinutesStatus,
    pub status: Status,
    pub sequence: i64,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl MeetingRow {
    /// Whether the calendars of those who are invited must learn of the difference.
    pub fn is_moved_from(&self, was: &Self) -> bool {
        let of = |row: &Self| {
            (row.title.clone(), row.starts_at, row.ends_at, row.time_zone.clone(), row.place.clone(), row.link.clone())
        };
        of(self) != of(was)
    }
}

/// The list of a group's meetings.
pub struct MeetingList;

impl Listed for MeetingList {
    type Row = MeetingRow;
    const SORTS: &'static [SortField<MeetingRow>] =
        &[SortField { name: "starts_at", column: "meetings.starts_at", key: SortKey::At(|row| row.starts_at) }];
    const DEFAULT: &'static str = "-starts_at";
    const TIE: SortField<MeetingRow> =
        SortField { name: "id", column: "meetings.id", key: SortKey::Text(|row| row.id.to_string()) };
}

fn of_group(group: GroupId, status: Option<Status>) -> meetings::BoxedQuery<'static, Backend> {
    let query = meetings::table.filter(meetings::group_id.eq(group)).into_boxed::<Backend>();
    match status {
        Some(status) => query.filter(meetings::status.eq(status)),
        None => query,
    }
}

/// One page of a group's meetings, and where the next one starts.
pub fn page(
    c: &mut AnyConnection,
    group: GroupId,
    status: Option<Status>,
    plan: &Plan<MeetingList>,
) -> Result<(Vec<MeetingRow>, Option<String>)> {
    Ok(plan.cut(plan.apply(of_group(group, status).select(MeetingRow::as_select())).load(c)?))
}

/// How many meetings there are of these.
pub fn count(c: &mut AnyConnection, group: GroupId, status: Option<Status>) -> Result<i64> {
    Ok(of_group(group, status).count().get_result(c)?)
}

/// One meeting. 404 where there is none.
pub fn find(c: &mut AnyConnection, id: MeetingId) -> Result<MeetingRow> {
    let row = meetings::table.filter(meetings::id.eq(id)).select(MeetingRow::as_select()).get_result(c).optional()?;
    row.ok_or_else(|| Error::not_found("meeting"))
}

/// The meetings that begin at an instant or after (`None`: all), of these groups or (`None`) of all groups, as they take place.
pub fn since(c: &mut AnyConnection, groups: Option<&[GroupId]>, from: Option<Instant>) -> Result<Vec<MeetingRow>> {
    let mut query = meetings::table.into_boxed::<Backend>();
    if let Some(from) = from {
        query = query.filter(meetings::starts_at.ge(from));
    }
    if let Some(groups) = groups {
        query = query.filter(any_of("meetings.group_id", groups));
    }
    Ok(query.order((meetings::starts_at, meetings::id)).select(MeetingRow::as_select()).load(c)?)
}

/// Adds a meeting.
pub fn insert(tx: &mut Write<'_>, row: &MeetingRow) -> Result<()> {
    let search_text = text::fold(&row.title);
    diesel::insert_into(meetings::table).values((row, meetings::search_text.eq(search_text))).execute(&mut **tx)?;
    Ok(())
}

/// Saves a meeting over the version it was read at, and gives it as it is then; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: MeetingRow) -> Result<MeetingRow> {
    let known = meetings::table.filter(meetings::id.eq(row.id)).filter(meetings::version.eq(row.version));
    let search_text = text::fold(&row.title);
    let next = MeetingRow { version: row.version + 1, updated_at: tx.now(), ..row };
    let saved = diesel::update(known).set((&next, meetings::search_text.eq(search_text))).execute(&mut **tx)?;
    if saved == 1 { Ok(next) } else { Err(stale()) }
}

/// Holds a meeting until the transaction ends: who comes is written one at a time; as it is then.
pub fn hold(tx: &mut Write<'_>, id: MeetingId) -> Result<MeetingRow> {
    let one = meetings::table.filter(meetings::id.eq(id));
    diesel::update(one).set(meetings::version.eq(meetings::version)).execute(&mut **tx)?;
    find(tx, id)
}
