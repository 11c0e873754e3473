//! `/forum-editions`, what lies below one, and `/sessions`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calendar;
use super::rules::{Presentation, Speaker, Status};
use super::store::{self, EditionId, EditionList, EditionRef, EditionRow, SessionId, SessionList, SessionRow};
use crate::error::{ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Calendar, Object, Page, Request, Route, Tagged, get};
use crate::locale::{Localised, Reader, Shown};
use crate::policy::Action;
use crate::time::{Day, DaySchema, Instant};

pub fn routes() -> Vec<Route> {
    let read = Action::ReadPublic;
    let of_one = |route: Route| route.answers(&[ProblemKind::NotFound]);
    vec![
        get("/forum-editions", read, "The Forum's editions, by year", list),
        of_one(get("/forum-editions/{year}", read, "One year's Forum with its sessions", show)),
        of_one(get("/forum-editions/{year}/sessions", read, "The sessions of one year's Forum, as they take place", sessions)),
        of_one(get("/forum-editions/{year}/calendar.ics", read, "One year's Forum as a calendar", calendar_file)),
        of_one(get("/sessions/{session_id}", read, "One session", session)),
    ]
}

/// One year's Forum.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ForumEdition")]
struct EditionView {
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
struct SessionView {
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

fn edition_views(rows: Vec<EditionRow>, sessions: Vec<SessionRow>, reader: &Reader) -> Result<Vec<Tagged<EditionView>>> {
    let years: HashMap<EditionId, EditionRef> = rows.iter().map(|row| (row.id, row.reference())).collect();
    let mut by_edition: HashMap<EditionId, Vec<Tagged<SessionView>>> = HashMap::new();
    for row in sessions {
        if let Some(edition) = years.get(&row.forum_edition_id) {
            by_edition.entry(edition.id).or_default().push(session_view(row, *edition, reader)?);
        }
    }
    let view = |row: EditionRow| {
        let edition = EditionView {
            sessions: by_edition.remove(&row.id).unwrap_or_default(),
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
        Tagged::new(row.version, edition)
    };
    Ok(rows.into_iter().map(view).collect())
}

fn session_view(row: SessionRow, forum_edition: EditionRef, reader: &Reader) -> Result<Tagged<SessionView>> {
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
        // There are no deliverables yet that it could show.
        deliverables: Vec::new(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Tagged::new(row.version, view))
}

#[derive(Deserialize, JsonSchema)]
struct EditionQuery {
    #[serde(flatten)]
    page: Paging<EditionList>,
    /// Editions of this status.
    status: Option<Status>,
}

async fn list(request: Request<(), EditionQuery>) -> Result<Page<Tagged<EditionView>>> {
    request
        .read(|tx, input| {
            let EditionQuery { page, status } = &input.query;
            let plan = page.plan(&input.filters)?;
            let (rows, next) = store::list(tx, *status, &plan)?;
            let total = plan.total.then(|| store::count(tx, *status)).transpose()?;
            let ids: Vec<EditionId> = rows.iter().map(|row| row.id).collect();
            let sessions = store::sessions(tx, &ids)?;
            Ok(Page::new(edition_views(rows, sessions, &input.reader)?, next, total))
        })
        .await
}

/// A Forum edition.
#[derive(Deserialize, JsonSchema)]
struct InEdition {
    /// The edition's year or id.
    #[schemars(length(max = 200))]
    year: String,
}

async fn show(request: Request<InEdition>) -> Result<Object<Tagged<EditionView>>> {
    request
        .read(|tx, input| {
            let row = store::find(tx, &input.path.year)?;
            let sessions = store::sessions(tx, &[row.id])?;
            let edition = edition_views(vec![row], sessions, &input.reader)?.pop();
            Ok(Object::tagged(edition.ok_or_else(|| crate::error::Error::not_found("Forum edition"))?))
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct SessionQuery {
    #[serde(flatten)]
    page: Paging<SessionList>,
}

async fn sessions(request: Request<InEdition, SessionQuery>) -> Result<Page<Tagged<SessionView>>> {
    request
        .read(|tx, input| {
            let edition = store::find(tx, &input.path.year)?;
            let plan = input.query.page.plan(&input.filters)?;
            let (rows, next) = store::session_page(tx, edition.id, &plan)?;
            let total = plan.total.then(|| store::count_sessions(tx, edition.id)).transpose()?;
            let views = rows.into_iter().map(|row| session_view(row, edition.reference(), &input.reader));
            Ok(Page::new(views.collect::<Result<_>>()?, next, total))
        })
        .await
}

/// A session.
#[derive(Deserialize, JsonSchema)]
struct InSession {
    /// The session's id.
    session_id: SessionId,
}

async fn session(request: Request<InSession>) -> Result<Object<Tagged<SessionView>>> {
    request
        .read(|tx, input| {
            let (row, year) = store::session(tx, input.path.session_id)?;
            let edition = EditionRef { id: row.forum_edition_id, year };
            Ok(Object::tagged(session_view(row, edition, &input.reader)?))
        })
        .await
}

async fn calendar_file(request: Request<InEdition>) -> Result<Calendar> {
    request
        .read(|tx, input| {
            let edition = store::find(tx, &input.path.year)?;
            let sessions = store::sessions(tx, &[edition.id])?;
            Ok(Calendar { text: calendar::of_edition(&edition, &sessions, &input.reader)?, fresh_until: None })
        })
        .await
}
