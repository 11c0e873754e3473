//! Who is invited, and who comes.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{AttendanceStatus, Status as MeetingStatus};
use super::MeetingId;
use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::policy::PersonId;
use crate::schema::{meeting_attendance as a, meetings};
use crate::time::Instant;

/// Marks the id of somebody's attendance.
#[derive(Debug)]
pub enum AttendanceMark {}
/// The identifier of somebody's attendance.
pub type AttendanceId = Id<AttendanceMark>;

/// A row of attendance.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = a)]
pub struct AttendanceRow {
    pub id: AttendanceId,
    pub person_id: PersonId,
    pub status: AttendanceStatus,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The list of who is invited to a meeting.
pub struct AttendanceList;

impl Listed for AttendanceList {
    type Row = AttendanceRow;
    const SORTS: &'static [SortField<AttendanceRow>] =
        &[SortField { name: "created_at", column: "meeting_attendance.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "created_at";
    const TIE: SortField<AttendanceRow> =
        SortField { name: "id", column: "meeting_attendance.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// One page of who is invited, and where the next one starts.
pub fn page(
    c: &mut AnyConnection,
    meeting: MeetingId,
    plan: &Plan<AttendanceList>,
) -> Result<(Vec<AttendanceRow>, Option<String>)> {
    let query = a::table.filter(a::meeting_id.eq(meeting)).select(AttendanceRow::as_select());
    Ok(plan.cut(plan.apply(query.into_boxed()).load(c)?))
}

/// How many are invited.
pub fn count(c: &mut AnyConnection, meeting: MeetingId) -> Result<i64> {
    Ok(a::table.filter(a::meeting_id.eq(meeting)).count().get_result(c)?)
}

/// Everybody who is invited, or was, and how they stand.
pub fn all(c: &mut AnyConnection, meeting: MeetingId) -> Result<Vec<(PersonId, AttendanceStatus)>> {
    Ok(a::table.filter(a::meeting_id.eq(meeting)).order(a::id).select((a::person_id, a::status)).load(c)?)
}

/// How one person stands to a meeting.
pub fn of(c: &mut AnyConnection, meeting: MeetingId, person: PersonId) -> Result<Option<AttendanceRow>> {
    let query = a::table.filter(a::meeting_id.eq(meeting)).filter(a::person_id.eq(person));
    Ok(query.select(AttendanceRow::as_select()).get_result(c).optional()?)
}

/// How these persons stand to a meeting.
pub fn of_persons(c: &mut AnyConnection, meeting: MeetingId, persons: &[PersonId]) -> Result<Vec<AttendanceRow>> {
    let query = a::table.filter(a::meeting_id.eq(meeting)).filter(any_of("meeting_attendance.person_id", persons));
    Ok(query.order(a::id).select(AttendanceRow::as_select()).load(c)?)
}

/// Writes down how a person stands to a meeting that the transaction holds.
pub fn set(tx: &mut Write<'_>, meeting: MeetingId, person: PersonId, status: AttendanceStatus) -> Result<()> {
    let now = tx.now();
    let one = a::table.filter(a::meeting_id.eq(meeting)).filter(a::person_id.eq(person));
    if diesel::update(one).set((a::status.eq(status), a::updated_at.eq(now))).execute(&mut **tx)? == 0 {
        let id: AttendanceId = tx.new_id();
        let row = (a::id.eq(id), a::meeting_id.eq(meeting), a::person_id.eq(person), a::status.eq(status));
        diesel::insert_into(a::table).values((row, a::created_at.eq(now), a::updated_at.eq(now))).execute(&mut **tx)?;
    }
    Ok(())
}

/// The meetings a person is invited to, as it may take them along.
pub fn export(c: &mut AnyConnection, person: PersonId) -> Result<Value> {
    let rows: Vec<(MeetingId, String, Instant, AttendanceStatus)> = a::table
        .inner_join(meetings::table)
        .filter(a::person_id.eq(person))
        .order(a::id)
        .select((meetings::id, meetings::title, meetings::starts_at, a::status))
        .load(c)?;
    let one =
        |(id, title, starts_at, status)| json!({"meeting": {"id": id, "title": title, "starts_at": starts_at}, "status": status});
    Ok(rows.into_iter().map(|row: (MeetingId, String, Instant, AttendanceStatus)| one(row)).collect())
}

/// The meetings to come that a person is invited to and has not answered, the next one first: id, title, start.
pub fn unanswered(
    c: &mut AnyConnection,
    person: PersonId,
    now: Instant,
    limit: i64,
) -> Result<Vec<(MeetingId, String, Instant)>> {
    Ok(a::table
        .inner_join(meetings::table)
        .filter(a::person_id.eq(person))
        .filter(a::status.eq(AttendanceStatus::Invited))
        .filter(meetings::status.eq(MeetingStatus::Scheduled))
        .filter(meetings::starts_at.gt(now))
        .order((meetings::starts_at, meetings::id))
        .select((meetings::id, meetings::title, meetings::starts_at))
        .limit(limit)
        .load(c)?)
}
