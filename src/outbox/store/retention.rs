//! What the outbox forgets (PRIVACY.md).

use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::super::DispatchId;
use super::super::rules::State;
use super::acts::forget_acts;
use crate::db::{Write, any_of};
use crate::error::Result;
use crate::policy::PersonId;
use crate::schema::{mail_acts, outbox as o};

/// How long a mail that is sent, given up or dropped stays, for whoever asks what became of it.
const MAILS: TimeDelta = TimeDelta::days(90);
/// Rows of a kind that one transaction takes.
const BATCH: i64 = 500;

/// Removes a batch of old mails, and of acts that can no longer be done and whose mail is gone; how many.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let now = tx.now();
    let old = o::table.filter(o::state.ne(State::Queued)).filter(o::updated_at.le(now.minus(MAILS)));
    let old: Vec<DispatchId> = old.order(o::updated_at).limit(BATCH).select(o::id).load(&mut **tx)?;
    let mails = diesel::delete(o::table.filter(any_of("outbox.id", &old))).execute(&mut **tx)?;
    // As long as its mail is there, so is the act: without it the mail would be taken for one that only tells.
    let over = mail_acts::used_at.is_not_null().or(mail_acts::voided_at.is_not_null()).or(mail_acts::expires_at.le(now));
    let bare = mail_acts::table.filter(over).filter(not(exists(o::table.filter(o::id.eq(mail_acts::id)))));
    let bare: Vec<DispatchId> = bare.limit(BATCH).select(mail_acts::id).load(&mut **tx)?;
    let acts = diesel::delete(mail_acts::table.filter(any_of("mail_acts.id", &bare))).execute(&mut **tx)?;
    Ok(mails + acts)
}

/// Forgets to whom and about what the mails were that asked for acts about a subject, and drops those that are queued.
pub fn forget_about(tx: &mut Write<'_>, subject: &str) -> Result<()> {
    let mails: Vec<DispatchId> =
        mail_acts::table.filter(mail_acts::subject_id.eq(subject)).select(mail_acts::id).load(&mut **tx)?;
    blank(tx, &mails, "what it was about was erased")?;
    forget_acts(tx, subject)
}

/// Drops what is queued for a person, and forgets to whom and about what its other mails were.
pub fn forget_person(tx: &mut Write<'_>, person: PersonId) -> QueryResult<()> {
    let mails: Vec<DispatchId> = o::table.filter(o::person_id.eq(person.to_string())).select(o::id).load(&mut **tx)?;
    blank(tx, &mails, "its reader erased the account")
}

/// Forgets of mails what is anybody's, and drops those that are queued, saying why. What a server answered often names the address.
fn blank(tx: &mut Write<'_>, mails: &[DispatchId], why: &str) -> QueryResult<()> {
    let now = tx.now();
    for some in mails.chunks(BATCH as usize) {
        let these = o::table.filter(any_of("outbox.id", some));
        diesel::update(these.clone())
            .set((o::recipient.eq(""), o::params.eq("{}"), o::last_answer.eq(None::<String>), o::version.eq(o::version + 1)))
            .execute(&mut **tx)?;
        diesel::update(these.filter(o::state.eq(State::Queued)))
            .set((o::state.eq(State::Dropped), o::last_answer.eq(why), o::updated_at.eq(now)))
            .execute(&mut **tx)?;
    }
    Ok(())
}
