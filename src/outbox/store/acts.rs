//! The rows of acts that mails ask for.

use std::sync::Arc;

use diesel::prelude::*;

use super::super::acts::{Act, Asked, Errand, Purpose, Redeemed, TokenKey, derive, invalid_token, token_hash};
use super::super::leaving::{self, Left};
use super::super::{DispatchId, DispatchMark, Mail};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::mail::Kind;
use crate::policy::PersonId;
use crate::schema::{mail_acts, outbox as o};
use crate::time::Instant;

/// Queues a mail that asks for an act.
pub fn ask(tx: &mut Write<'_>, mail: Mail, act: &Act<'_>) -> Result<DispatchId> {
    if act.purpose.replaces() {
        void(tx, act.purpose, act.subject)?;
    }
    let now = tx.now();
    let id = super::enqueue(tx, mail)?;
    diesel::insert_into(mail_acts::table)
        .values((
            mail_acts::id.eq(id),
            mail_acts::purpose.eq(act.purpose),
            mail_acts::subject_id.eq(act.subject),
            mail_acts::detail.eq(act.detail.to_string()),
            mail_acts::expires_at.eq(now.plus(act.purpose.life())),
            mail_acts::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Makes an act without a mail: whoever calls gets its token, to be shown once and kept nowhere.
pub fn hand_out(tx: &mut Write<'_>, act: &Act<'_>) -> Result<Asked> {
    if act.purpose.replaces() {
        void(tx, act.purpose, act.subject)?;
    }
    let (id, now) = (tx.new_id::<DispatchMark>(), tx.now());
    let key = key(tx)?;
    let token = derive(&key, id);
    let expires_at = now.plus(act.purpose.life());
    diesel::insert_into(mail_acts::table)
        .values((
            mail_acts::id.eq(id),
            mail_acts::purpose.eq(act.purpose),
            mail_acts::subject_id.eq(act.subject),
            mail_acts::token_hash.eq(token_hash(&token)),
            mail_acts::detail.eq(act.detail.to_string()),
            mail_acts::expires_at.eq(expires_at),
            mail_acts::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(Asked { purpose: act.purpose, token: token.into(), expires_at })
}

fn key(tx: &Write<'_>) -> Result<Arc<TokenKey>> {
    tx.extension::<TokenKey>().ok_or_else(|| Error::Internal("nobody gave the key of the mails' tokens".into()))
}

/// Voids every unused token for a purpose and subject.
pub fn void(tx: &mut Write<'_>, purpose: Purpose, subject: &str) -> Result<()> {
    let now = tx.now();
    diesel::update(
        mail_acts::table
            .filter(mail_acts::subject_id.eq(subject))
            .filter(mail_acts::purpose.eq(purpose))
            .filter(mail_acts::used_at.is_null())
            .filter(mail_acts::voided_at.is_null()),
    )
    .set(mail_acts::voided_at.eq(now))
    .execute(&mut **tx)?;
    Ok(())
}

/// Writes what asking for an act writes, and asks nobody: so that an address without an account costs what one with an account does.
pub fn ask_nobody(tx: &mut Write<'_>, kind: &'static str, purpose: Purpose) -> Result<()> {
    let now = tx.now();
    let id = super::insert_dropped(tx, kind)?;
    void(tx, purpose, id.as_str())?;
    diesel::insert_into(mail_acts::table)
        .values((
            mail_acts::id.eq(id),
            mail_acts::purpose.eq(purpose),
            mail_acts::subject_id.eq(id.as_str()),
            mail_acts::detail.eq("{}"),
            mail_acts::expires_at.eq(now),
            mail_acts::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Voids whatever may be done about a subject, and forgets what doing it would need to know.
pub fn forget_acts(tx: &mut Write<'_>, subject: &str) -> Result<()> {
    for purpose in Purpose::ALL {
        void(tx, *purpose, subject)?;
    }
    diesel::update(mail_acts::table.filter(mail_acts::subject_id.eq(subject)))
        .set(mail_acts::detail.eq("{}"))
        .execute(&mut **tx)?;
    Ok(())
}

/// What a mail is for. The token that it carries is derived here, and its hash is kept before it leaves.
pub fn errand(tx: &mut Write<'_>, mail: DispatchId) -> Result<Errand> {
    type Kept = (Purpose, Instant, Option<Instant>, Option<Instant>, Option<String>);
    let row: Option<Kept> = mail_acts::table
        .filter(mail_acts::id.eq(mail))
        .select((mail_acts::purpose, mail_acts::expires_at, mail_acts::used_at, mail_acts::voided_at, mail_acts::token_hash))
        .get_result(&mut **tx)
        .optional()?;
    let Some((purpose, expires_at, used_at, voided_at, known)) = row else { return Ok(Errand::Tell) };
    if used_at.is_some() || voided_at.is_some() || expires_at <= tx.now() {
        return Ok(Errand::Over);
    }
    let key = key(tx)?;
    let token = derive(&key, mail);
    let hashed = token_hash(&token);
    if known.as_deref() != Some(&hashed) {
        diesel::update(mail_acts::table.filter(mail_acts::id.eq(mail)))
            .set(mail_acts::token_hash.eq(hashed))
            .execute(&mut **tx)?;
    }
    Ok(Errand::Ask(Asked { purpose, token: token.into(), expires_at }))
}

/// Whether what a mail asks for can still be done; nothing where it asks for nothing.
pub fn is_open(tx: &mut Write<'_>, mail: DispatchId) -> Result<Option<bool>> {
    Ok(match errand(tx, mail)? {
        Errand::Tell => None,
        Errand::Ask(_) => Some(true),
        Errand::Over => Some(false),
    })
}

/// Uses a token up; 422 `invalid-token` when it is unknown, used, void or over.
pub fn redeem(tx: &mut Write<'_>, purpose: Purpose, token: &str) -> Result<Redeemed> {
    let now = tx.now();
    let hashed = token_hash(token);
    let used = diesel::update(
        mail_acts::table
            .filter(mail_acts::token_hash.eq(&hashed))
            .filter(mail_acts::purpose.eq(purpose))
            .filter(mail_acts::used_at.is_null())
            .filter(mail_acts::voided_at.is_null())
            .filter(mail_acts::expires_at.gt(now)),
    )
    .set(mail_acts::used_at.eq(now))
    .execute(&mut **tx)?;
    if used != 1 {
        return Err(invalid_token());
    }
    let (mail, subject, detail): (DispatchId, String, String) = mail_acts::table
        .filter(mail_acts::token_hash.eq(&hashed))
        .select((mail_acts::id, mail_acts::subject_id, mail_acts::detail))
        .get_result(&mut **tx)?;
    // Whoever has the token has read the mail: its address is somebody's.
    if let Some(recipient) = o::table.filter(o::id.eq(mail)).select(o::recipient).get_result::<String>(&mut **tx).optional()? {
        super::suppressions::lift(tx, &recipient)?;
    }
    Ok(Redeemed { subject, detail: serde_json::from_str(&detail)? })
}

/// What a token stands for, without using it up: for handlers that must know before they hash a password.
pub fn look(c: &mut AnyConnection, purpose: Purpose, token: &str, now: Instant) -> Result<Redeemed> {
    let row: Option<(String, String)> = mail_acts::table
        .filter(mail_acts::token_hash.eq(token_hash(token)))
        .filter(mail_acts::purpose.eq(purpose))
        .filter(mail_acts::used_at.is_null())
        .filter(mail_acts::voided_at.is_null())
        .filter(mail_acts::expires_at.gt(now))
        .select((mail_acts::subject_id, mail_acts::detail))
        .get_result(c)
        .optional()?;
    let (subject, detail) = row.ok_or_else(invalid_token)?;
    Ok(Redeemed { subject, detail: serde_json::from_str(&detail)? })
}

/// The mail whose reader wants no more of its kind; `None` where the token is not one of this server's, or its mail is no longer kept.
pub fn may_leave(c: &mut AnyConnection, key: &TokenKey, token: &str) -> Result<Option<Left>> {
    let Some(id) = leaving::mail_of(key, token) else { return Ok(None) };
    let row: Option<(String, Option<String>, String)> =
        o::table.filter(o::id.eq(id)).select((o::kind, o::person_id, o::recipient)).get_result(c).optional()?;
    let Some((kind, person, recipient)) = row else { return Ok(None) };
    let Some(kind) = Kind::parse(&kind).filter(|kind| kind.can_be_left()) else { return Ok(None) };
    let person = person.map(|person| person.parse::<PersonId>()).transpose().map_err(|e| super::internal(&e))?;
    Ok(Some(Left { kind, person, recipient }))
}
