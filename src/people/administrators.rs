//! Administrators made from outside, by whoever runs the server: the first one has nobody to ask.

use serde_json::json;

use super::keys::random_text;
use super::rules::{self, Role};
use super::store::{self, NewPerson, PersonRow};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::etag::stale;
use crate::outbox::{self, Act, Asked, Purpose};
use crate::policy::PersonId;
use crate::text;

/// What became of the wish for an administrator.
#[derive(Debug)]
pub enum Founded {
    /// There is a new account, with the password given.
    Made,
    /// There is a new account without a password: whoever has the token chooses it, which confirms the address.
    Invited(Asked),
    /// An account that was there, confirmed, and keeps its password.
    Raised,
    /// It was one already.
    Unchanged,
}

/// Every fault of a password for the account of `email`, for whoever typed it; else the password as it is hashed.
pub fn admissible_password(email: &str, password: &str) -> Result<String, Vec<String>> {
    let password = rules::normalise_password(password);
    let faults: Vec<_> = rules::password_faults(&password, email).into_iter().map(|(_, detail)| detail).collect();
    if faults.is_empty() { Ok(password) } else { Err(faults) }
}

/// Makes whoever has this address an administrator, and an account where there is none. With a password's hash a new account is confirmed.
///
/// An account that nobody ever confirmed may be anybody's who typed the address: whatever it could be signed in to with is taken from it.
pub fn make_administrator(tx: &mut Write<'_>, email: &str, password_hash: Option<&str>) -> Result<Founded> {
    let folded = rules::fold_email(email).ok_or_else(|| Error::invalid("/email", "format", "must be an e-mail address"))?;
    let email = email.trim();
    let Some(mut person) = store::person_by_email(tx, &folded)? else {
        let local = folded.split('@').next().unwrap_or_default();
        let display_name = text::name(local, text::MAX_NAME).unwrap_or_else(|_| "Administrator".to_owned());
        let new = NewPerson {
            email,
            folded_email: &folded,
            verified_at: password_hash.map(|_| tx.now()),
            display_name: &display_name,
            locale: None,
            role: Role::Administrator,
            password_hash,
        };
        // Somebody may register it in the same moment: the next attempt finds that account.
        let id = store::insert_person(tx, &new)?.ok_or_else(stale)?;
        audit::record(tx, Entry::of("person.created", "person", id));
        audit::record(tx, Entry::of("person.role_changed", "person", id).moved(Role::Person, Role::Administrator));
        return password_hash.map_or_else(|| invite(tx, id.as_str(), email), |_| Ok(Founded::Made));
    };
    refuse(&person)?;
    let is_new = person.email_verified_at.is_none();
    let old = std::mem::replace(&mut person.role, Role::Administrator);
    if !is_new && old == Role::Administrator {
        return Ok(Founded::Unchanged);
    }
    if is_new {
        person.email = Some(email.to_owned());
        person.password_hash = password_hash.map(str::to_owned);
        person.email_verified_at = password_hash.map(|_| tx.now());
        (person.totp_secret, person.totp_confirmed_at, person.totp_last_step) = (None, None, None);
        store::forget_credentials(tx, person.id)?;
        outbox::forget_acts(tx, person.id.as_str())?;
    }
    store::save_person(tx, &mut person)?;
    if old != Role::Administrator {
        audit::record(tx, Entry::of("person.role_changed", "person", person.id).moved(old, Role::Administrator));
    }
    match (is_new, password_hash) {
        (false, _) => Ok(Founded::Raised),
        (true, Some(_)) => Ok(Founded::Made),
        (true, None) => invite(tx, person.id.as_str(), email),
    }
}

/// Accounts that an administrator's role would not help.
fn refuse(person: &PersonRow) -> Result<()> {
    let why = if person.suspended_at.is_some() {
        "This account is suspended. Another administrator can reinstate it."
    } else if person.address_lapsed {
        "This account lost its address with an affiliation that ended. Its owner confirms another one first; name that."
    } else {
        return Ok(());
    };
    Err(Problem::new(ProblemKind::WrongState, why).into())
}

fn invite(tx: &mut Write<'_>, person: &str, email: &str) -> Result<Founded> {
    let act = Act { purpose: Purpose::ResetPassword, subject: person, detail: json!({"email": email}) };
    Ok(Founded::Invited(outbox::hand_out(tx, &act)?))
}

/// A confirmed account with a role, made by whoever runs the server. 409 where the address has one.
pub fn make_confirmed(tx: &mut Write<'_>, email: &str, display_name: &str, role: Role, password_hash: &str) -> Result<PersonId> {
    let folded = rules::fold_email(email).ok_or_else(|| Error::invalid("/email", "format", "must be an e-mail address"))?;
    let new = NewPerson {
        email,
        folded_email: &folded,
        verified_at: Some(tx.now()),
        display_name,
        locale: None,
        role,
        password_hash: Some(password_hash),
    };
    let id = store::insert_person(tx, &new)?.ok_or_else(|| Error::already_exists(format!("{email} has an account.")))?;
    audit::record(tx, Entry::of("person.created", "person", id));
    if role != Role::Person {
        audit::record(tx, Entry::of("person.role_changed", "person", id).moved(Role::Person, role));
    }
    Ok(id)
}

/// A password that nobody guesses: 32 random bytes as text.
pub fn random_password() -> Result<String> {
    random_text()
}
