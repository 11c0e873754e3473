//! The rows of `idempotency_keys`.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{Attempt, KEPT_HOURS};
use crate::db::Write;
use crate::error::Result;
use crate::schema::idempotency_keys as keys;
use crate::time::Instant;

/// The row of one attempt, for the `filter` of any statement.
macro_rules! row_of {
    ($attempt:expr) => {
        keys::caller.eq(&$attempt.caller).and(keys::route.eq(&$attempt.route)).and(keys::idempotency_key.eq(&$attempt.key))
    };
}

fn oldest(now: Instant) -> Instant {
    now.minus(TimeDelta::hours(KEPT_HOURS))
}

/// Forgets this key if it is older than [`KEPT_HOURS`].
pub(super) fn forget_if_old(tx: &mut Write<'_>, attempt: &Attempt) -> QueryResult<()> {
    let oldest = oldest(tx.now());
    diesel::delete(keys::table.filter(row_of!(attempt)).filter(keys::created_at.lt(oldest))).execute(&mut **tx)?;
    Ok(())
}

/// Takes the key; false where it is taken.
pub(super) fn insert(tx: &mut Write<'_>, attempt: &Attempt) -> QueryResult<bool> {
    let now = tx.now();
    let inserted = tx.unless_taken(|c| {
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
    })?;
    Ok(inserted.is_some())
}

/// What is kept of a taken key: the digest of its request, and the id of what that made.
pub(super) fn kept(tx: &mut Write<'_>, attempt: &Attempt) -> QueryResult<(String, Option<String>)> {
    keys::table.filter(row_of!(attempt)).select((keys::body_digest, keys::object_id)).get_result(&mut **tx)
}

/// Keeps what the work made.
pub fn keep(tx: &mut Write<'_>, attempt: &Attempt, object_id: Option<String>) -> Result<()> {
    diesel::update(keys::table)
        .filter(row_of!(attempt))
        .set((keys::status.eq(1_i64), keys::object_id.eq(object_id)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets keys older than [`KEPT_HOURS`]; returns how many.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let oldest = oldest(tx.now());
    Ok(diesel::delete(keys::table.filter(keys::created_at.lt(oldest))).execute(&mut **tx)?)
}
