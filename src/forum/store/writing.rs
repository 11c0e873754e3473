//! Writing editions and their sessions.

use diesel::prelude::*;

use super::super::rules::{Presentation, search_text};
use super::{EditionId, EditionRow, SessionId, SessionRow};
use crate::db::{DbError, Write};
use crate::error::Result;
use crate::http::etag::stale;
use crate::locale::Localised;
use crate::schema::{forum_editions as editions, forum_sessions as sessions, session_presentations as presentations};
use crate::time::Day;

/// Adds an edition; `false` where its year has one.
pub fn insert(tx: &mut Write<'_>, row: &EditionRow) -> Result<bool> {
    let set = (editions::starts_set_at.eq(row.created_at), editions::deadline_set_at.eq(row.created_at));
    match tx.savepoint(|c| diesel::insert_into(editions::table).values((row, set)).execute(c)) {
        Ok(_) => Ok(true),
        Err(error) if DbError::unique_violation(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Saves an edition over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &EditionRow) -> Result<()> {
    note_dates(tx, row)?;
    let next = EditionRow { version: row.version + 1, updated_at: tx.now(), ..row.clone() };
    let known = editions::table.filter(editions::id.eq(row.id)).filter(editions::version.eq(row.version));
    if diesel::update(known).set(&next).execute(&mut **tx)? == 1 { Ok(()) } else { Err(stale()) }
}

/// Writes down since when its dates are what they are about to be.
fn note_dates(tx: &mut Write<'_>, to: &EditionRow) -> Result<()> {
    let (now, one) = (tx.now(), editions::table.filter(editions::id.eq(to.id)));
    let was: Option<(Day, Option<Day>)> =
        one.select((editions::starts_on, editions::submission_deadline)).get_result(&mut **tx).optional()?;
    let Some((starts_on, deadline)) = was else { return Ok(()) };
    if starts_on != to.starts_on {
        diesel::update(one).set(editions::starts_set_at.eq(now)).execute(&mut **tx)?;
    }
    if deadline != to.submission_deadline {
        diesel::update(one).set(editions::deadline_set_at.eq(now)).execute(&mut **tx)?;
    }
    Ok(())
}

/// Holds an edition until the transaction ends, so that its days do not move while sessions are put on them; as it is then.
pub fn hold(tx: &mut Write<'_>, id: EditionId) -> Result<EditionRow> {
    let one = editions::table.filter(editions::id.eq(id));
    if diesel::update(one).set(editions::version.eq(editions::version)).execute(&mut **tx)? != 1 {
        return Err(stale());
    }
    Ok(one.select(EditionRow::as_select()).get_result(&mut **tx)?)
}

fn found_by(row: &SessionRow) -> Result<String> {
    let moderator = row.moderator.as_deref().map(serde_json::from_str).transpose()?;
    let panellists: Vec<_> = serde_json::from_str(&row.panellists)?;
    Ok(search_text(&Localised::from_json(&row.title)?, moderator.iter().chain(&panellists)))
}

/// Adds a session.
pub fn insert_session(tx: &mut Write<'_>, row: &SessionRow) -> Result<()> {
    let text = found_by(row)?;
    diesel::insert_into(sessions::table).values((row, sessions::search_text.eq(text))).execute(&mut **tx)?;
    Ok(())
}

/// Saves a session over the version it was read at; the transaction is repeated when another was faster.
pub fn save_session(tx: &mut Write<'_>, row: &SessionRow) -> Result<()> {
    let text = found_by(row)?;
    let next = SessionRow { version: row.version + 1, updated_at: tx.now(), ..row.clone() };
    let known = sessions::table.filter(sessions::id.eq(row.id)).filter(sessions::version.eq(row.version));
    let saved = diesel::update(known).set((&next, sessions::search_text.eq(text))).execute(&mut **tx)?;
    if saved == 1 { Ok(()) } else { Err(stale()) }
}

/// Removes a session, with what it was to show.
pub fn remove_session(tx: &mut Write<'_>, row: &SessionRow) -> Result<()> {
    diesel::delete(presentations::table.filter(presentations::session_id.eq(row.id))).execute(&mut **tx)?;
    let known = sessions::table.filter(sessions::id.eq(row.id)).filter(sessions::version.eq(row.version));
    if diesel::delete(known).execute(&mut **tx)? == 1 { Ok(()) } else { Err(stale()) }
}

/// Makes these, in this order, what a session shows; `false` where one of them is no deliverable.
pub fn set_presentations(tx: &mut Write<'_>, session: SessionId, shown: &[Presentation]) -> Result<bool> {
    use presentations as p;
    diesel::delete(p::table.filter(p::session_id.eq(session))).execute(&mut **tx)?;
    for (position, Presentation { reference, presented_as }) in (0_i64..).zip(shown) {
        let inserted = tx.savepoint(|c| {
            let values = (p::session_id.eq(session), p::reference.eq(reference), p::presented_as.eq(*presented_as));
            diesel::insert_into(p::table).values((values, p::position.eq(position))).execute(c)
        });
        match inserted {
            Ok(_) => {}
            Err(error) if DbError::foreign_key_violation(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}
