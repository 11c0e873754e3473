//! What applications, invitations and requests for affiliation leave behind, forgotten when its time is over (PRIVACY.md).

use chrono::TimeDelta;

use super::store::retention;
use crate::db::Write;
use crate::error::Result;
use crate::outbox;

/// Applications that nobody confirmed: as long as their link counts.
const UNCONFIRMED: TimeDelta = TimeDelta::days(7);
/// Contacts of applications, and what was written in requests, after the decision.
const DECIDED: TimeDelta = TimeDelta::days(365);
/// Addresses of invitations after they ran out.
const INVITED: TimeDelta = TimeDelta::days(30);
/// Applications that one transaction erases: each takes some statements.
const ERASED_AT_ONCE: i64 = 100;

/// Forgets a batch of what is old; how many rows.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let now = tx.now();
    let unconfirmed = retention::unconfirmed(tx, now.minus(UNCONFIRMED), ERASED_AT_ONCE)?;
    for id in &unconfirmed {
        // Its mail too: whoever was named in it may never have heard of it.
        outbox::forget_about(tx, id.as_str())?;
        retention::erase_application(tx, *id)?;
    }
    let contacts = retention::forget_contacts(tx, now.minus(DECIDED))?;
    let invited = retention::forget_invited(tx, now.minus(INVITED))?;
    let requests = retention::forget_requests(tx, now.minus(DECIDED))?;
    Ok(unconfirmed.len() + contacts + invited + requests)
}
