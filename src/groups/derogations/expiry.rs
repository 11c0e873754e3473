//! Derogations that run out.

use super::store;
use crate::audit::{self, Entry};
use crate::call;
use crate::db::Write;
use crate::error::Result;
use crate::groups::balance;
use crate::groups::store as groups;

/// Notes the derogations whose last day has passed, each once, and tells the secretariat of the groups that have lost their balance by it;
/// how many were noted.
pub fn tell_of_expired(tx: &mut Write<'_>) -> Result<usize> {
    // Before a call is loaded there is no today, and nothing that could run out.
    if !store::any_to_run_out(tx)? {
        return Ok(0);
    }
    let today = call::load(tx)?.today(tx.now());
    let mut noted = 0;
    for (derogation, group) in store::run_out(tx, today)? {
        groups::hold(tx, group)?;
        if store::note_expired(tx, derogation)? {
            audit::record(tx, Entry::of("derogation.expired", "derogation", derogation).in_group(group));
            balance::watch(tx, group)?;
            noted += 1;
        }
    }
    Ok(noted)
}
