//! What is old among sessions, guesses and accounts.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::super::rules::Role;
use super::{PersonRow, SessionId};
use crate::db::{Write, any_of};
use crate::error::Result;
use crate::policy::PersonId;
use crate::schema::{affiliations, login_addresses, login_failures, person_sessions, persons, refresh_tokens};
use crate::time::Instant;

/// Rows of a kind that one transaction takes.
const BATCH: i64 = 500;

/// Removes sessions that have ended before `then` with their refresh tokens, and of others the tokens that were exchanged before it; how
/// many.
pub fn forget_sessions(tx: &mut Write<'_>, then: Instant) -> Result<usize> {
    let ended = person_sessions::table.filter(person_sessions::ended_at.le(then).or(person_sessions::expires_at.le(then)));
    let ended: Vec<SessionId> = ended.limit(BATCH).select(person_sessions::id).load(&mut **tx)?;
    diesel::delete(refresh_tokens::table.filter(any_of("refresh_tokens.session_id", &ended))).execute(&mut **tx)?;
    let sessions = diesel::delete(person_sessions::table.filter(any_of("person_sessions.id", &ended))).execute(&mut **tx)?;
    let exchanged = refresh_tokens::table.filter(refresh_tokens::rotated_at.le(then)).limit(BATCH);
    let exchanged: Vec<String> = exchanged.select(refresh_tokens::token_hash).load(&mut **tx)?;
    let tokens = diesel::delete(refresh_tokens::table.filter(any_of("refresh_tokens.token_hash", &exchanged)));
    Ok(sessions + tokens.execute(&mut **tx)?)
}

/// Removes counts of failures that have been quiet since `then`, and addresses from which nobody has signed in since; how many.
pub fn forget_guessing(tx: &mut Write<'_>, then: Instant) -> Result<usize> {
    let quiet = login_failures::table
        .filter(login_failures::window_started_at.le(then))
        .filter(login_failures::blocked_until.is_null().or(login_failures::blocked_until.le(then)));
    let quiet: Vec<String> = quiet.limit(BATCH).select(login_failures::key).load(&mut **tx)?;
    let counts = diesel::delete(login_failures::table.filter(any_of("login_failures.key", &quiet))).execute(&mut **tx)?;
    let left: Vec<(PersonId, String)> = login_addresses::table
        .filter(login_addresses::last_login_at.le(then))
        .limit(BATCH)
        .select((login_addresses::person_id, login_addresses::address_digest))
        .load(&mut **tx)?;
    let mut addresses = 0;
    for (person, digest) in left {
        let one = login_addresses::table.filter(login_addresses::person_id.eq(person));
        addresses += diesel::delete(one.filter(login_addresses::address_digest.eq(digest))).execute(&mut **tx)?;
    }
    Ok(counts + addresses)
}

/// Some accounts whose address was never confirmed and to which nothing has happened since `then`. Not those of a role, which somebody
/// made on purpose, nor of who speaks for a supporter.
pub fn never_confirmed(tx: &mut Write<'_>, then: Instant, most: i64) -> Result<Vec<PersonRow>> {
    let standing = affiliations::table.filter(affiliations::person_id.eq(persons::id)).filter(affiliations::until.is_null());
    Ok(persons::table
        .filter(persons::created_at.le(then))
        .filter(persons::updated_at.le(then))
        .filter(persons::email_verified_at.is_null())
        .filter(persons::erased_at.is_null())
        .filter(persons::role.eq(Role::Person))
        .filter(not(exists(standing)))
        .order((persons::created_at, persons::id))
        .limit(most)
        .select(PersonRow::as_select())
        .load(&mut **tx)?)
}
