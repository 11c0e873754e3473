//! What is old among applications, invitations and requests for affiliation.

use diesel::prelude::*;

use crate::db::{Write, any_of};
use crate::error::Result;
use crate::ids::Id;
use crate::schema::{affiliation_requests as r, invitations as i, supporter_applications as a};
use crate::time::Instant;

/// Rows of a kind that one transaction takes.
const BATCH: i64 = 500;

/// Some applications that were made before `then` and that nobody confirmed.
pub fn unconfirmed(tx: &mut Write<'_>, then: Instant, most: i64) -> Result<Vec<Id<()>>> {
    let old = a::table.filter(a::status.eq("unconfirmed")).filter(a::confirmed_at.is_null()).filter(a::created_at.le(then));
    Ok(old.order(a::created_at).limit(most).select(a::id).load(&mut **tx)?)
}

/// Removes an application whole.
pub fn erase_application(tx: &mut Write<'_>, id: Id<()>) -> Result<()> {
    diesel::delete(a::table.filter(a::id.eq(id))).execute(&mut **tx)?;
    Ok(())
}

/// Takes the contact out of applications that were decided before `then`; how many.
pub fn forget_contacts(tx: &mut Write<'_>, then: Instant) -> Result<usize> {
    let has_contact = a::contact_name.is_not_null().or(a::contact_email.is_not_null());
    let decided = a::table.filter(a::decided_at.le(then)).filter(has_contact).limit(BATCH).select(a::id);
    let ids: Vec<Id<()>> = decided.load(&mut **tx)?;
    let nothing = None::<String>;
    let emptied = (
        a::contact_name.eq(&nothing),
        a::contact_email.eq(&nothing),
        a::contact_folded_email.eq(&nothing),
        a::contact_job_title.eq(&nothing),
        a::contact_locale.eq(&nothing),
    );
    let changed = (a::version.eq(a::version + 1), a::updated_at.eq(tx.now()));
    let rows = a::table.filter(any_of("supporter_applications.id", &ids));
    Ok(diesel::update(rows).set((emptied, changed)).execute(&mut **tx)?)
}

/// Takes the address out of invitations that ran out before `then`, however they ended; how many.
pub fn forget_invited(tx: &mut Write<'_>, then: Instant) -> Result<usize> {
    let old = i::table.filter(i::expires_at.le(then)).filter(i::email.ne("").or(i::folded_email.ne("")));
    let ids: Vec<Id<()>> = old.limit(BATCH).select(i::id).load(&mut **tx)?;
    let emptied = (i::email.eq(""), i::folded_email.eq(""), i::version.eq(i::version + 1), i::updated_at.eq(tx.now()));
    Ok(diesel::update(i::table.filter(any_of("invitations.id", &ids))).set(emptied).execute(&mut **tx)?)
}

/// Takes what was written out of requests for affiliation that were decided before `then`; how many.
pub fn forget_requests(tx: &mut Write<'_>, then: Instant) -> Result<usize> {
    let has_text = r::message.is_not_null().or(r::reason.is_not_null());
    let decided = r::table.filter(r::status.ne("requested")).filter(r::updated_at.le(then)).filter(has_text);
    let ids: Vec<Id<()>> = decided.limit(BATCH).select(r::id).load(&mut **tx)?;
    let nothing = None::<String>;
    let emptied = (r::message.eq(&nothing), r::reason.eq(&nothing), r::version.eq(r::version + 1), r::updated_at.eq(tx.now()));
    Ok(diesel::update(r::table.filter(any_of("affiliation_requests.id", &ids))).set(emptied).execute(&mut **tx)?)
}
