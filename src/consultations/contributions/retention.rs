//! What public contributions leave behind, forgotten when its time is over (PRIVACY.md).

use chrono::TimeDelta;

use crate::consultations::store::{keeping, public};
use crate::db::Write;
use crate::error::Result;
use crate::outbox;

/// Answers whose address nobody confirmed: as long as their link counts.
const UNCONFIRMED: TimeDelta = TimeDelta::days(7);
/// Addresses, after the round was published or cancelled.
const ADDRESSES: TimeDelta = TimeDelta::days(365);
/// Unconfirmed answers that one transaction erases: each takes some statements.
const ERASED_AT_ONCE: i64 = 100;

/// Forgets a batch of what is old; how many rows.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let now = tx.now();
    let unconfirmed = public::older(tx, now.minus(UNCONFIRMED), ERASED_AT_ONCE)?;
    for id in &unconfirmed {
        // Its mail too: whoever has that address may never have heard of it.
        outbox::forget_about(tx, id.as_str())?;
        public::forget(tx, *id)?;
    }
    Ok(unconfirmed.len() + keeping::forget_addresses(tx, now.minus(ADDRESSES))?)
}
