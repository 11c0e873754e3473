//! Rows of sessions and the refresh tokens in them.

use diesel::prelude::*;

use super::PersonRow;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::ids::Id;
use crate::policy::{PersonId, SessionMark};
use crate::schema::{person_sessions, persons, refresh_tokens};
use crate::time::Instant;

/// The identifier of a session.
pub type SessionId = Id<SessionMark>;

/// A session's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = person_sessions)]
pub struct SessionRow {
    pub id: SessionId,
    pub client: String,
    pub ended_at: Option<Instant>,
    pub last_used_at: Instant,
    pub created_at: Instant,
}

/// Opens a session.
pub fn insert_session(tx: &mut Write<'_>, person: PersonId, client: &str, expires_at: Instant) -> Result<SessionId> {
    let (id, now) = (tx.new_id::<SessionMark>(), tx.now());
    diesel::insert_into(person_sessions::table)
        .values((
            person_sessions::id.eq(id),
            person_sessions::person_id.eq(person),
            person_sessions::client.eq(client),
            person_sessions::expires_at.eq(expires_at),
            person_sessions::last_used_at.eq(now),
            person_sessions::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// A session that stands at `now`, with its person.
pub fn standing_session(c: &mut AnyConnection, id: SessionId, now: Instant) -> Result<Option<(SessionRow, PersonRow)>> {
    Ok(person_sessions::table
        .inner_join(persons::table)
        .filter(person_sessions::id.eq(id))
        .filter(person_sessions::ended_at.is_null())
        .filter(person_sessions::expires_at.gt(now))
        .select((SessionRow::as_select(), PersonRow::as_select()))
        .get_result(c)
        .optional()?)
}

/// The sessions of a person that stand at `now`, latest used first.
pub fn standing_sessions(c: &mut AnyConnection, person: PersonId, now: Instant) -> Result<Vec<SessionRow>> {
    Ok(person_sessions::table
        .filter(person_sessions::person_id.eq(person))
        .filter(person_sessions::ended_at.is_null())
        .filter(person_sessions::expires_at.gt(now))
        .order((person_sessions::last_used_at.desc(), person_sessions::id.desc()))
        .select(SessionRow::as_select())
        .load(c)?)
}

/// Every session of a person that is still known, latest first.
pub fn sessions_of(c: &mut AnyConnection, person: PersonId) -> Result<Vec<SessionRow>> {
    Ok(person_sessions::table
        .filter(person_sessions::person_id.eq(person))
        .order(person_sessions::id.desc())
        .select(SessionRow::as_select())
        .load(c)?)
}

/// Says that a session was used, and until when it stands.
pub fn touch_session(tx: &mut Write<'_>, id: SessionId, expires_at: Instant) -> Result<()> {
    let now = tx.now();
    diesel::update(person_sessions::table.filter(person_sessions::id.eq(id)))
        .set((person_sessions::last_used_at.eq(now), person_sessions::expires_at.eq(expires_at)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Ends a session of a person; whether it stood.
pub fn end_session(tx: &mut Write<'_>, person: PersonId, id: SessionId) -> Result<bool> {
    let now = tx.now();
    let ended = diesel::update(
        person_sessions::table
            .filter(person_sessions::id.eq(id))
            .filter(person_sessions::person_id.eq(person))
            .filter(person_sessions::ended_at.is_null()),
    )
    .set(person_sessions::ended_at.eq(now))
    .execute(&mut **tx)?;
    Ok(ended > 0)
}

/// Ends every session of a person but one.
pub fn end_sessions(tx: &mut Write<'_>, person: PersonId, but: Option<SessionId>) -> Result<usize> {
    let now = tx.now();
    let kept = but.map_or_else(String::new, |id| id.to_string());
    Ok(diesel::update(
        person_sessions::table
            .filter(person_sessions::person_id.eq(person))
            .filter(person_sessions::ended_at.is_null())
            .filter(person_sessions::id.ne(kept)),
    )
    .set(person_sessions::ended_at.eq(now))
    .execute(&mut **tx)?)
}

/// A refresh token's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshRow {
    pub session_id: SessionId,
    pub rotated_at: Option<Instant>,
    pub successor_hash: Option<String>,
}

/// Keeps the hash of a new refresh token.
pub fn insert_refresh(tx: &mut Write<'_>, hash: &str, session: SessionId) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(hash),
            refresh_tokens::session_id.eq(session),
            refresh_tokens::repeated.eq(false),
            refresh_tokens::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// A refresh token by its hash.
pub fn refresh(c: &mut AnyConnection, hash: &str) -> Result<Option<RefreshRow>> {
    Ok(refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(hash))
        .select(RefreshRow::as_select())
        .get_result(c)
        .optional()?)
}

/// Marks a token as exchanged for `successor`; false when it was exchanged meanwhile.
pub fn rotate(tx: &mut Write<'_>, hash: &str, successor: &str) -> Result<bool> {
    let now = tx.now();
    let rotated = diesel::update(
        refresh_tokens::table.filter(refresh_tokens::token_hash.eq(hash)).filter(refresh_tokens::rotated_at.is_null()),
    )
    .set((refresh_tokens::rotated_at.eq(now), refresh_tokens::successor_hash.eq(successor)))
    .execute(&mut **tx)?;
    Ok(rotated == 1)
}

/// Marks a token as answered a second time; false when it was already.
pub fn repeat(tx: &mut Write<'_>, hash: &str) -> Result<bool> {
    let repeated = diesel::update(
        refresh_tokens::table.filter(refresh_tokens::token_hash.eq(hash)).filter(refresh_tokens::repeated.eq(false)),
    )
    .set(refresh_tokens::repeated.eq(true))
    .execute(&mut **tx)?;
    Ok(repeated == 1)
}
