//! How answers show meetings, to those who may see more and to those who may see less.

use schemars::JsonSchema;
use serde::Serialize;

use super::rules::{AttendanceStatus, MinutesStatus, Status};
use super::store::attendance::{AttendanceId, AttendanceRow};
use super::store::{MeetingId, MeetingRow};
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::groups::{self, GroupRef};
use crate::http::Tagged;
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::policy::{Action, Actor, GroupId, Object, PersonId};
use crate::time::Instant;

/// A meeting of a group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Meeting")]
pub struct MeetingView {
    id: MeetingId,
    group: GroupRef,
    title: String,
    starts_at: Instant,
    ends_at: Instant,
    /// Where its hours are counted (IANA).
    time_zone: String,
    status: Status,
    /// Members only, as all that follows.
    place: Option<String>,
    link: Option<String>,
    /// Markdown.
    agenda: Option<String>,
    /// Markdown. A draft is shown to co-chairs and secretariat.
    minutes: Option<String>,
    minutes_status: Option<MinutesStatus>,
    created_at: Instant,
    updated_at: Instant,
}

/// How much of a group's meetings a caller sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// Title and time.
    Public,
    /// All but minutes in the making.
    Group,
    /// All.
    Everything,
}

impl Sees {
    /// Of this group's.
    pub fn of(actor: &Actor, group: GroupId) -> Self {
        let object = Object::of_group(group);
        if actor.may(Action::RunGroup, &object) {
            Self::Everything
        } else if actor.may(Action::ReadGroup, &object) {
            Self::Group
        } else {
            Self::Public
        }
    }
}

/// Meetings of one group.
pub fn meetings(
    c: &mut AnyConnection,
    rows: Vec<MeetingRow>,
    group: GroupId,
    actor: &Actor,
    reader: &Reader,
) -> Result<Vec<Tagged<MeetingView>>> {
    let group = groups::refs(c, &[group], reader)?.remove(&group).ok_or_else(|| Error::not_found("group"))?;
    let sees = Sees::of(actor, group.id);
    Ok(rows.into_iter().map(|row| view(row, group.clone(), sees)).collect())
}

/// One meeting.
pub fn meeting(c: &mut AnyConnection, row: MeetingRow, actor: &Actor, reader: &Reader) -> Result<Tagged<MeetingView>> {
    let group = row.group_id;
    meetings(c, vec![row], group, actor, reader)?.pop().ok_or_else(|| Error::not_found("meeting"))
}

fn view(row: MeetingRow, group: GroupRef, sees: Sees) -> Tagged<MeetingView> {
    let reads = sees != Sees::Public;
    let reads_minutes = sees == Sees::Everything || (reads && row.minutes_status == MinutesStatus::Published);
    let view = MeetingView {
        id: row.id,
        group,
        title: row.title,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        time_zone: row.time_zone,
        status: row.status,
        place: row.place.filter(|_| reads),
        link: row.link.filter(|_| reads),
        agenda: row.agenda.filter(|_| reads),
        minutes: row.minutes.filter(|_| reads_minutes),
        minutes_status: reads.then_some(row.minutes_status),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Tagged::new(row.version, view)
}

/// How somebody stands to a meeting.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attendance")]
pub struct AttendanceView {
    id: AttendanceId,
    person: PersonRef,
    status: AttendanceStatus,
    created_at: Instant,
    updated_at: Instant,
}

/// How these stand, in one query.
pub fn attendance(c: &mut AnyConnection, rows: Vec<AttendanceRow>) -> Result<Vec<AttendanceView>> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
    let persons = people::refs(c, &ids)?;
    let view = |AttendanceRow { id, person_id, status, created_at, updated_at }| {
        Some(AttendanceView { id, person: persons.get(&person_id)?.clone(), status, created_at, updated_at })
    };
    Ok(rows.into_iter().filter_map(view).collect())
}
