//! Idempotency-Key: the same request sent twice is done once (api.md, Conventions).
//!
//! The record is the transaction's first insert, so that concurrent repeats wait for each other on its primary key. Only success is
//! kept, and of it only which object it made: a repeat is rebuilt under the caller's present rights.

use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::{DbError, Write};
use crate::error::{Problem, ProblemKind, Result};
use crate::schema::idempotency_keys as keys;

/// How long a key is remembered, in hours.
pub const KEPT_HOURS: i64 = 24;

/// One request that may be repeated.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The person, or the client's address.
    pub caller: String,
    /// Method and path.
    pub route: String,
    /// The header's text.
    pub key: String,
    /// SHA-256 of path, query and body, hex.
    pub digest: String,
}

/// Reads the header; 422 when it is empty, too long or not printable ASCII.
pub fn parse_key(header: &str) -> Result<String> {
    let key = header.trim();
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(crate::error::Error::invalid("Idempotency-Key", "format", "must be 1 to 255 printable ASCII characters"));
    }
    Ok(key.to_owned())
}

/// SHA-256 of the parts, in hex.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// What claiming a key gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new: do the work.
    New,
    /// The work was done: the id of what it made, where it made something.
    Done(Option<String>),
}

/// Claims the key for this transaction, or says what became of it.
pub fn claim(tx: &mut Write<'_>, attempt: &Attempt) -> Result<Claim> {
    let now = tx.now();
    let mine = |a: &Attempt| keys::caller.eq(a.caller.clone()).and(keys::route.eq(a.route.clone())).and(keys::idempotency_key.eq(a.key.clone()));
    let oldest = now.minus(TimeDelta::hours(KEPT_HOURS));
    diesel::delete(keys::table.filter(mine(attempt)).filter(keys::created_at.lt(oldest))).execute(&mut **tx)?;
    let inserted = tx.savepoint(|c| {
        diesel::insert_into(keys::table)
            .values((
                keys::caller.eq(&attempt.caller),
                keys::route.eq(&attempt.route),
                keys::idempotency_key.eq(&attempt.key),
                keys::body_digest.eq(&attempt.digest),
                keys::status.eq(0_i64),
                keys::created_at.eq(now),
            ))
            .execute(c)
    });
    match inserted {
        Ok(_) => Ok(Claim::New),
        Err(error) if DbError::unique_violation(&error) => {
            let (digest, object_id): (String, Option<String>) =
                keys::table.filter(mine(attempt)).select((keys::body_digest, keys::object_id)).get_result(&mut **tx)?;
            if digest != attempt.digest {
                return Err(Problem::new(ProblemKind::IdempotencyKeyReused, "This Idempotency-Key came with another request before. Make a new key for a new request.").into());
            }
            Ok(Claim::Done(object_id))
        }
        Err(diesel::result::Error::DatabaseError(_, info)) if info.message().contains("lock timeout") => {
            Err(Problem::new(ProblemKind::IdempotencyInProgress, "The same request is still being worked on. Repeat it in a moment.").with_header("Retry-After", 1).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps what the work made.
pub fn keep(tx: &mut Write<'_>, attempt: &Attempt, object_id: Option<String>) -> Result<()> {
    diesel::update(keys::table)
        .filter(keys::caller.eq(&attempt.caller).and(keys::route.eq(&attempt.route)).and(keys::idempotency_key.eq(&attempt.key)))
        .set((keys::status.eq(1_i64), keys::object_id.eq(object_id)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets keys older than [`KEPT_HOURS`]; returns how many.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let oldest = tx.now().minus(TimeDelta::hours(KEPT_HOURS));
    Ok(diesel::delete(keys::table.filter(keys::created_at.lt(oldest))).execute(&mut **tx)?)
}
