//! What a person keeps of its own account, and what is kept of it.

use serde_json::{Value, json};

use super::store::{self, PersonRow};
use super::{mails, rules};
use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::mail::Kind;
use crate::outbox::{self, Purpose};

/// Saves what a person changed of its profile.
pub fn save_profile(tx: &mut Write<'_>, person: &mut PersonRow) -> Result<()> {
    store::save_person(tx, person)?;
    audit::record(tx, Entry::of("person.changed", "person", person.id));
    Ok(())
}

/// Asks at a new login address whether it is the person's (domain.md: it takes effect when confirmed). One that has an account already is
/// told so there, and the caller sees no difference.
pub fn propose_address(tx: &mut Write<'_>, person: &PersonRow, email: &str) -> Result<()> {
    let folded = rules::fold_email(email).ok_or_else(|| Error::invalid("/email", "format", "must be an e-mail address"))?;
    match store::person_by_email(tx, &folded)? {
        Some(other) if other.id == person.id && person.is_verified() => {
            outbox::void(tx, Purpose::ConfirmEmail, person.id.as_str())?;
        }
        Some(other) if other.id != person.id => {
            outbox::void(tx, Purpose::ConfirmEmail, person.id.as_str())?;
            mails::tell(tx, Kind::AccountExists, &other, json!({}))?;
        }
        _ => mails::ask(tx, Kind::ConfirmEmail, Purpose::ConfirmEmail, person, email.trim())?,
    }
    Ok(())
}

/// The account as its person may take it along: no secret of it, since those would sign somebody else in.
pub fn export(connection: &mut AnyConnection, person: &PersonRow) -> Result<Value> {
    let sessions: Vec<_> = store::sessions_of(connection, person.id)?
        .into_iter()
        .map(|session| {
            json!({
                "client": session.client, "created_at": session.created_at, "last_used_at": session.last_used_at,
                "ended_at": session.ended_at,
            })
        })
        .collect();
    Ok(json!({
        "id": person.id,
        "email": person.email,
        "email_verified_at": person.email_verified_at,
        "display_name": person.display_name,
        "locale": person.locale,
        "time_zone": person.time_zone,
        "role": person.role,
        "second_factor_since": person.totp_confirmed_at,
        "suspended_at": person.suspended_at,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "sessions": sessions,
    }))
}
