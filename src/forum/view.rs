//! How answers show editions and sessions: the same shape in lists, alone and nested.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::rules::{Presentation, Speaker, Status};
use super::store::{self, EditionId, EditionRef, EditionRow, SessionId, SessionRow};
use crate::db::{AnyConnection, any_of};
use crate::error::{Error, Result};
use crate::http::{Object, Tagged};
use crate::ids::listed;
use crate::locale::{Localised, Reader, Shown};
use crate::time::{Day, DaySchema, Instant};

/// One year's Forum.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ForumEdition")]
pub struct EditionView {
    id: EditionId,
    year: i64,
    name: String,
    city: String,
    country: String,
    venue: Option<String>,
    /// Where its days and hours are counted (IANA).
    time_zone: String,
    #[schemars(with = "DaySchema")]
    starts_on: Day,
    /// Its last day.
    #[schemars(with = "DaySchema")]
    ends_on: Day,
    /// The last day on which a deliverable may be submitted for it.
    #[schemars(with = "Option<DaySchema>")]
    submission_deadline: Option<Day>,
    status: Status,
    /// In the order in which they take place.
    sessions: Vec<Tagged<SessionView>>,
    created_at: Instant,
    updated_at: Instant,
}

/// A session of a Forum edition.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionView {
    id: SessionId,
    forum_edition: EditionRef,
    title: Shown,
    #[schemars(with = "DaySchema")]
    day: Day,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    room: Option<String>,
    moderator: Option<Speaker>,
    panellists: Vec<Speaker>,
    recording_url: Option<String>,
    /// The deliverables that it shows.
    deliverables: Vec<Presentation>,
    created_at: Instant,
    updated_at: Instant,
}

/// What sessions show, by session.
type Presented = HashMap<SessionId, Vec<Presentation>>;

/// Editions with their sessions, in two queries.
pub fn editions(c: &mut AnyConnection, rows: Vec<EditionRow>, reader: &Reader) -> Result<Vec<Tagged<EditionView>>> {
    let ids: Vec<EditionId> = rows.iter().map(|row| row.id).collect();
    let mut presented = listed(store::presentations(c, any_of("forum_sessions.forum_edition_id", &ids))?);
    let mut sessions = listed(store::sessions(c, &ids)?.into_iter().map(|session| (session.forum_edition_id, session)));
    let edition = |row: EditionRow| {
        let reference = row.reference();
        let sessions = sessions.remove(&row.id).unwrap_or_default().into_iter();
        let edition = EditionView {
            sessions: sessions.map(|session| view(session, reference, &mut presented, reader)).collect::<Result<_>>()?,
            id: row.id,
            year: row.year,
            name: row.name,
            city: row.city,
            country: row.country,
            venue: row.venue,
            time_zone: row.time_zone,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            submission_deadline: row.submission_deadline,
            status: row.status,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, edition))
    };
    rows.into_iter().map(edition).collect()
}

/// One edition, with its sessions.
pub fn edition(c: &mut AnyConnection, row: EditionRow, reader: &Reader) -> Result<Tagged<EditionView>> {
    editions(c, vec![row], reader)?.pop().ok_or_else(|| Error::not_found("Forum edition"))
}

/// One edition by id, as an answer.
pub fn edition_of(c: &mut AnyConnection, id: EditionId, reader: &Reader) -> Result<Object<Tagged<EditionView>>> {
    let row = store::find(c, id.as_str())?;
    Ok(Object::tagged(edition(c, row, reader)?))
}

/// Sessions of one edition, in one query.
pub fn sessions(
    c: &mut AnyConnection,
    rows: Vec<SessionRow>,
    edition: EditionRef,
    reader: &Reader,
) -> Result<Vec<Tagged<SessionView>>> {
    let ids: Vec<SessionId> = rows.iter().map(|row| row.id).collect();
    let mut presented = listed(store::presentations(c, any_of("session_presentations.session_id", &ids))?);
    rows.into_iter().map(|row| view(row, edition, &mut presented, reader)).collect()
}

/// One session by id. 404 where there is none.
pub fn session(c: &mut AnyConnection, id: SessionId, reader: &Reader) -> Result<Tagged<SessionView>> {
    let (row, year) = store::session(c, id)?;
    let edition = EditionRef { id: row.forum_edition_id, year };
    sessions(c, vec![row], edition, reader)?.pop().ok_or_else(|| Error::not_found("session"))
}

fn view(row: SessionRow, forum_edition: EditionRef, presented: &mut Presented, reader: &Reader) -> Result<Tagged<SessionView>> {
    let view = SessionView {
        id: row.id,
        forum_edition,
        title: Localised::from_json(&row.title)?.shown(reader),
        day: row.day,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        room: row.room,
        moderator: row.moderator.map(|speaker| serde_json::from_str(&speaker)).transpose()?,
        panellists: serde_json::from_str(&row.panellists)?,
        recording_url: row.recording_url,
        deliverables: presented.remove(&row.id).unwrap_or_default(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Tagged::new(row.version, view))
}
