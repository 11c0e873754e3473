//! Failures to sign in, counted where a restart and another server see them, and the addresses where an account is at home.

use diesel::prelude::*;

use super::super::rules::{GuessLimit, Guesses};
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::limits::network;
use crate::outbox::token_hash;
use crate::policy::PersonId;
use crate::schema::{login_addresses, login_failures};
use crate::time::Instant;

/// Under what the failures to sign in to an account are counted: a digest, so that the table tells nobody's address.
pub fn account_key(folded_email: &str) -> String {
    format!("account:{}", token_hash(folded_email))
}

/// Under what the failures from a client's address are counted; of IPv6 from its network, within which one may take any address.
pub fn address_key(address: &str) -> String {
    let address = address.parse().map_or_else(|_| address.to_owned(), |address| network(address).to_string());
    format!("address:{}", token_hash(&address))
}

/// Under what wrong answers to the question for one's own password are counted.
pub fn own_password_key(person: PersonId) -> String {
    format!("password:{person}")
}

/// Failures counted under a key.
pub fn guesses(c: &mut AnyConnection, key: &str) -> Result<Option<Guesses>> {
    let row: Option<(i64, Instant, Option<Instant>)> = login_failures::table
        .filter(login_failures::key.eq(key))
        .select((login_failures::failures, login_failures::window_started_at, login_failures::blocked_until))
        .get_result(c)
        .optional()?;
    Ok(row.map(|(failures, since, blocked_until)| Guesses { failures, since, blocked_until }))
}

/// Counts one more failure under a key. The key's row is taken first: of failures at the same time each is counted on the one before.
pub fn count_failure(tx: &mut Write<'_>, key: &str, limit: GuessLimit) -> Result<()> {
    let now = tx.now();
    if !hold(tx, key)? {
        let none = (login_failures::key.eq(key), login_failures::failures.eq(0_i64), login_failures::window_started_at.eq(now));
        let first = tx.unless_taken(|c| diesel::insert_into(login_failures::table).values(none).execute(c))?;
        if first.is_none() {
            // Somebody else failed first in the same moment.
            hold(tx, key)?;
        }
    }
    let counted = limit.failed(guesses(tx, key)?, now);
    diesel::update(login_failures::table.filter(login_failures::key.eq(key)))
        .set((
            login_failures::failures.eq(counted.failures),
            login_failures::window_started_at.eq(counted.since),
            login_failures::blocked_until.eq(counted.blocked_until),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes a key's row until the commit; whether there is one.
fn hold(tx: &mut Write<'_>, key: &str) -> Result<bool> {
    let row = login_failures::table.filter(login_failures::key.eq(key));
    Ok(diesel::update(row).set(login_failures::failures.eq(login_failures::failures)).execute(&mut **tx)? == 1)
}

/// Forgets the failures under a key.
pub fn forget_guesses(tx: &mut Write<'_>, key: &str) -> Result<()> {
    diesel::delete(login_failures::table.filter(login_failures::key.eq(key))).execute(&mut **tx)?;
    Ok(())
}

/// When the person last signed in from an address.
pub fn last_login_from(c: &mut AnyConnection, person: PersonId, address: &str) -> Result<Option<Instant>> {
    Ok(login_addresses::table
        .filter(login_addresses::person_id.eq(person))
        .filter(login_addresses::address_digest.eq(address))
        .select(login_addresses::last_login_at)
        .get_result(c)
        .optional()?)
}

/// Remembers that the person signed in from an address.
pub fn remember_address(tx: &mut Write<'_>, person: PersonId, address: &str) -> Result<()> {
    let now = tx.now();
    let mine =
        login_addresses::table.filter(login_addresses::person_id.eq(person)).filter(login_addresses::address_digest.eq(address));
    let updated = diesel::update(mine).set(login_addresses::last_login_at.eq(now)).execute(&mut **tx)?;
    if updated == 0 {
        // Who signed in from there in the same moment has remembered it.
        tx.unless_taken(|c| {
            diesel::insert_into(login_addresses::table)
                .values((
                    login_addresses::person_id.eq(person),
                    login_addresses::address_digest.eq(address),
                    login_addresses::last_login_at.eq(now),
                ))
                .execute(c)
        })?;
    }
    Ok(())
}
