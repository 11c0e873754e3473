//! Forum editions: dates, places and sessions, and their calendar.

mod calendar;
mod facts;
mod routes;
mod rules;
mod store;
mod view;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::calendar::Entry;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Route;
use crate::ids::listed;
use crate::locale::{Localised, Reader, Shown};
use crate::text;
use crate::time::{Day, DaySchema};

pub use facts::{EditionCancelled, EditionRescheduled, SessionShows};
pub use rules::{DateFault, Dates, Presentation, PresentedAs, Speaker, Status, search_text};
pub use store::ahead::{EditionAhead, ahead, presented_at};
pub use store::reading::{EditionFacts, editions, final_presentations};
pub use store::{EditionId, EditionMark, EditionRef, SessionId, SessionMark};

/// A session where something else refers to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionRef {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: Shown,
    /// Its day, in its edition's zone.
    #[schemars(with = "DaySchema")]
    pub day: Day,
    /// The Forum edition that it is part of.
    pub forum_edition: EditionRef,
}

/// `/forum-editions`, what lies below one, and `/sessions`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}

/// The id of the edition that a path or filter names by year or id. 404 where there is none.
pub fn resolve(connection: &mut AnyConnection, reference: &str) -> Result<EditionId> {
    Ok(store::find(connection, reference)?.id)
}

/// How answers refer to these editions, in one query; ids that name none are left out.
pub fn refs(connection: &mut AnyConnection, ids: &[EditionId]) -> Result<HashMap<EditionId, EditionRef>> {
    let refs = store::refs(connection, ids)?;
    Ok(refs.into_iter().map(|(id, year)| (id, EditionRef { id, year })).collect())
}

/// The entries of a calendar with every edition that ends on `from` or after: the Forum, its submission deadline and its sessions, in two
/// queries.
pub fn calendar_entries(connection: &mut AnyConnection, from: Day, reader: &Reader) -> Result<Vec<Entry>> {
    let editions = store::ending_since(connection, from)?;
    let ids: Vec<EditionId> = editions.iter().map(|row| row.id).collect();
    let sessions = store::sessions(connection, &ids)?.into_iter();
    let mut sessions = listed(sessions.map(|session| (session.forum_edition_id, session)));
    let mut entries = Vec::new();
    for edition in editions {
        entries.extend(calendar::entries(&edition, &sessions.remove(&edition.id).unwrap_or_default(), reader)?);
    }
    Ok(entries)
}

/// At most `limit` sessions, latest first, that have every word of `q`; none where `q` has no word.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64, reader: &Reader) -> Result<Vec<SessionRef>> {
    if text::search_words(q).is_empty() {
        return Ok(Vec::new());
    }
    let hit = |(row, year): (store::SessionRow, i64)| {
        let forum_edition = EditionRef { id: row.forum_edition_id, year };
        Ok(SessionRef { id: row.id, title: Localised::from_json(&row.title)?.shown(reader), day: row.day, forum_edition })
    };
    store::search(connection, q, limit)?.into_iter().map(hit).collect()
}

/// What sessions show, the earliest first: the session, the deliverable's reference, and as what.
pub fn shown(connection: &mut AnyConnection, reader: &Reader) -> Result<Vec<(SessionRef, String, PresentedAs)>> {
    let shown = |(id, title, day, edition, year, reference, presented_as): store::reading::ShownRow| {
        let session = SessionRef {
            id,
            title: Localised::from_json(&title)?.shown(reader),
            day,
            forum_edition: EditionRef { id: edition, year },
        };
        Ok((session, reference, presented_as))
    };
    store::reading::shown(connection)?.into_iter().map(shown).collect()
}

/// 404 where there is no such session.
pub fn session_exists(connection: &mut AnyConnection, id: SessionId) -> Result<()> {
    store::session(connection, id).map(drop)
}
