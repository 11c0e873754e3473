//! The Forum editions of a file, with their sessions.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Load, Result, Said, Section};
use crate::forum::{Status, search_text};
use crate::ids::Id;
use crate::load::file::{ForumEdition, Session};
use crate::locale::Localised;
use crate::schema::{forum_editions, forum_sessions};
use crate::states::State;
use crate::time::{Day, Instant};

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = forum_editions, treat_none_as_null = true, treat_none_as_default_value = false)]
struct EditionRow {
    id: Id<()>,
    year: i64,
    name: String,
    city: String,
    country: String,
    venue: Option<String>,
    time_zone: String,
    starts_on: Day,
    ends_on: Day,
    submission_deadline: Option<Day>,
    status: Status,
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = forum_sessions, treat_none_as_null = true, treat_none_as_default_value = false)]
struct SessionRow {
    id: Id<()>,
    forum_edition_id: Id<()>,
    title: String,
    day: Day,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    room: Option<String>,
    moderator: Option<String>,
    panellists: String,
    recording_url: Option<String>,
    search_text: String,
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

impl Load<'_, '_> {
    pub(super) fn forum_editions(&mut self) -> Result<()> {
        use forum_editions as e;
        let rows: Vec<EditionRow> = e::table.select(EditionRow::as_select()).load(&mut **self.tx)?;
        let mut rows: HashMap<i64, EditionRow> = rows.into_iter().map(|row| (row.year, row)).collect();
        for (at, edition) in self.file.forum_editions.iter().enumerate() {
            let before = self.before.and_then(|file| file.forum_editions.iter().find(|before| before.year == edition.year));
            let said = Said { now: edition, before };
            let id = match rows.remove(&edition.year) {
                Some(row) => self.edition(&format!("forum_editions[{at}]"), row, &said)?,
                None => self.new_edition(edition)?,
            };
            self.sessions(id, &said)?;
        }
        for edition in self.before.into_iter().flat_map(|file| &file.forum_editions) {
            if let Some(row) = rows.get(&edition.year).filter(|row| row.status != Status::Cancelled) {
                self.refuse(
                    Section::ForumEditions.as_str(),
                    format!("no longer have {}, which is {}: keep it, and cancel it instead", row.year, row.status),
                );
            }
        }
        Ok(())
    }

    fn new_edition(&mut self, edition: &ForumEdition) -> Result<Id<()>> {
        let now = self.tx.now();
        let row = EditionRow {
            id: self.tx.new_id(),
            year: edition.year,
            name: edition.name.clone(),
            city: edition.city.clone(),
            country: edition.country.clone(),
            venue: edition.venue.clone(),
            time_zone: edition.time_zone.name().to_owned(),
            starts_on: edition.dates.starts_on,
            ends_on: edition.dates.ends_on,
            submission_deadline: edition.dates.submission_deadline,
            status: edition.status,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        diesel::insert_into(forum_editions::table)
            .values((&row, forum_editions::starts_set_at.eq(now), forum_editions::deadline_set_at.eq(now)))
            .execute(&mut **self.tx)?;
        self.report.made(Section::ForumEditions);
        Ok(row.id)
    }

    fn edition(&mut self, key: &str, is: EditionRow, said: &Said<'_, ForumEdition>) -> Result<Id<()>> {
        let status = said.onto(is.status, |e| e.status);
        if status != is.status
            && let Err(refused) = is.status.go(status)
        {
            self.refuse(key, format!("has the status {status}, but {refused}"));
        }
        let mut row = EditionRow {
            name: said.onto(is.name.clone(), |e| e.name.clone()),
            city: said.onto(is.city.clone(), |e| e.city.clone()),
            country: said.onto(is.country.clone(), |e| e.country.clone()),
            venue: said.onto_if_any(is.venue.clone(), |e| e.venue.clone()),
            time_zone: said.onto(is.time_zone.clone(), |e| e.time_zone.name().to_owned()),
            starts_on: said.onto(is.starts_on, |e| e.dates.starts_on),
            ends_on: said.onto(is.ends_on, |e| e.dates.ends_on),
            submission_deadline: said.onto_if_any(is.submission_deadline, |e| e.dates.submission_deadline),
            status,
            ..is.clone()
        };
        let dates =
            crate::forum::Dates { submission_deadline: row.submission_deadline, starts_on: row.starts_on, ends_on: row.ends_on };
        for fault in dates.faults() {
            self.refuse(key, format!("together with the dates that were changed since: {} {fault}", fault.field()));
        }
        let is_changed = row != is;
        if is_changed {
            row.version += 1;
            row.updated_at = self.tx.now();
            let one = forum_editions::table.filter(forum_editions::id.eq(row.id));
            diesel::update(one).set(&row).execute(&mut **self.tx)?;
            if row.starts_on != is.starts_on {
                diesel::update(one).set(forum_editions::starts_set_at.eq(row.updated_at)).execute(&mut **self.tx)?;
            }
            if row.submission_deadline != is.submission_deadline {
                diesel::update(one).set(forum_editions::deadline_set_at.eq(row.updated_at)).execute(&mut **self.tx)?;
            }
        }
        self.report.kept(Section::ForumEditions, is_changed);
        Ok(row.id)
    }

    /// The sessions of an edition, told apart by day and title. One that neither file names stays as it is.
    fn sessions(&mut self, edition: Id<()>, said: &Said<'_, ForumEdition>) -> Result<()> {
        use forum_sessions as s;
        let locales = &self.file.call.locales;
        let key = |title: &Localised, day: Day| (day, title.pick(locales).to_owned());
        let rows: Vec<SessionRow> = s::table
            .filter(s::forum_edition_id.eq(edition))
            .order((s::created_at, s::id))
            .select(SessionRow::as_select())
            .load(&mut **self.tx)?;
        let mut stored = rows
            .into_iter()
            .map(|row| Ok((key(&Localised::from_json(&row.title)?, row.day), row)))
            .collect::<Result<Vec<_>>>()?;
        let before = said.before.map(|edition| edition.sessions.as_slice()).unwrap_or_default();
        let mut before: Vec<_> = before.iter().map(|session| (key(&session.title, session.day), session)).collect();
        for session in &said.now.sessions {
            let key = key(&session.title, session.day);
            let before = before.iter().position(|(other, _)| *other == key).map(|at| before.remove(at).1);
            let row = stored.iter().position(|(other, _)| *other == key).map(|at| stored.remove(at).1);
            match row {
                Some(row) => self.session(row, &Said { now: session, before })?,
                None => self.new_session(edition, session)?,
            }
        }
        for (gone, _) in before {
            if let Some(at) = stored.iter().position(|(key, _)| *key == gone) {
                let (_, row) = stored.remove(at);
                diesel::delete(s::table.filter(s::id.eq(row.id))).execute(&mut **self.tx)?;
                self.report.removed(Section::ForumSessions);
            }
        }
        Ok(())
    }

    fn new_session(&mut self, edition: Id<()>, session: &Session) -> Result<()> {
        let now = self.tx.now();
        let row = SessionRow {
            id: self.tx.new_id(),
            forum_edition_id: edition,
            title: session.title.to_json(),
            day: session.day,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            room: session.room.clone(),
            moderator: session.moderator.as_ref().map(serde_json::to_string).transpose()?,
            panellists: serde_json::to_string(&session.panellists)?,
            recording_url: session.recording_url.clone(),
            search_text: search_text(&session.title, session.moderator.iter().chain(&session.panellists)),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        diesel::insert_into(forum_sessions::table).values(&row).execute(&mut **self.tx)?;
        self.report.made(Section::ForumSessions);
        Ok(())
    }

    fn session(&mut self, is: SessionRow, said: &Said<'_, Session>) -> Result<()> {
        let stored = Session {
            title: Localised::from_json(&is.title)?,
            day: is.day,
            starts_at: is.starts_at,
            ends_at: is.ends_at,
            room: is.room.clone(),
            moderator: is.moderator.as_deref().map(serde_json::from_str).transpose()?,
            panellists: serde_json::from_str(&is.panellists)?,
            recording_url: is.recording_url.clone(),
        };
        let title = said.onto(stored.title, |s| s.title.clone());
        let moderator = said.onto_if_any(stored.moderator, |s| s.moderator.clone());
        let panellists = said.onto(stored.panellists, |s| s.panellists.clone());
        let mut row = SessionRow {
            search_text: search_text(&title, moderator.iter().chain(&panellists)),
            title: title.to_json(),
            starts_at: said.onto_if_any(stored.starts_at, |s| s.starts_at),
            ends_at: said.onto_if_any(stored.ends_at, |s| s.ends_at),
            room: said.onto_if_any(stored.room, |s| s.room.clone()),
            moderator: moderator.as_ref().map(serde_json::to_string).transpose()?,
            panellists: serde_json::to_string(&panellists)?,
            recording_url: said.onto_if_any(stored.recording_url, |s| s.recording_url.clone()),
            ..is.clone()
        };
        let is_changed = row != is;
        if is_changed {
            row.version += 1;
            row.updated_at = self.tx.now();
            diesel::update(forum_sessions::table.filter(forum_sessions::id.eq(row.id))).set(&row).execute(&mut **self.tx)?;
        }
        self.report.kept(Section::ForumSessions, is_changed);
        Ok(())
    }
}
