//! What accounts leave behind, forgotten when its time is over (PRIVACY.md).

use chrono::TimeDelta;

use super::{endings, store};
use crate::db::Write;
use crate::error::Result;

/// Sessions after their end, failures and addresses after their last use, accounts that nobody confirmed.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Accounts that one transaction erases: each takes some statements.
const ERASED_AT_ONCE: i64 = 50;

/// Forgets a batch of what is old; how many rows and accounts.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let then = tx.now().minus(KEPT);
    let mut forgotten = store::retention::forget_sessions(tx, then)? + store::retention::forget_guessing(tx, then)?;
    for person in store::retention::never_confirmed(tx, then, ERASED_AT_ONCE)? {
        endings::erase(tx, person)?;
        forgotten += 1;
    }
    Ok(forgotten)
}
