//! Erasing and suspending a person, losing a login address, and what follows.

use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Problem, ProblemKind, Result};
use crate::facts::{self, Fact};
use crate::notifications;
use crate::outbox::{self, Purpose};
use crate::policy::PersonId;

use super::rules::Role;
use super::store::{self, PersonRow};

/// What an erased person is called wherever it did something.
pub const FORMER_PARTICIPANT: &str = "former participant";

/// A person is being erased. Its affiliations end, and all that rests on them.
pub struct PersonErased {
    /// Who.
    pub person: PersonId,
}

impl Fact for PersonErased {}

/// A person was suspended: its seats become vacant, everything else stays.
pub struct PersonSuspended(pub PersonId);

impl Fact for PersonSuspended {}

/// 409 when `person` is the last administrator who could act (domain.md, Persons).
pub fn refuse_for_last_administrator(tx: &mut Write<'_>, person: &PersonRow) -> Result<()> {
    if person.role == Role::Administrator && person.may_sign_in() && store::other_administrators(tx, person.id)? == 0 {
        let detail = "This is the last administrator. Make somebody else administrator first.";
        return Err(Problem::new(ProblemKind::WrongState, detail).into());
    }
    Ok(())
}

/// Erases an account: name, address and credentials vanish, affiliations end with all that rests on them, queued mail is dropped; what
/// the person did stays under [`FORMER_PARTICIPANT`].
pub fn erase(tx: &mut Write<'_>, mut person: PersonRow) -> Result<()> {
    notifications::hold_back(tx, person.id)?;
    refuse_for_last_administrator(tx, &person)?;
    // Affiliations end with it, in the slice that keeps them; that may lapse the address, so the row is read again.
    facts::announce(tx, &PersonErased { person: person.id })?;
    if let Some(fresh) = store::person(tx, person.id)? {
        person = fresh;
    }
    let folded = person.folded_email.take();
    if let Some(email) = &person.email {
        outbox::lift_suppression(tx, email)?;
    }
    let erased = PersonRow {
        email: None,
        folded_email: None,
        email_verified_at: None,
        display_name: FORMER_PARTICIPANT.to_owned(),
        locale: None,
        time_zone: None,
        role: Role::Person,
        password_hash: None,
        address_lapsed: false,
        suspended_at: None,
        erased_at: Some(tx.now()),
        totp_secret: None,
        totp_confirmed_at: None,
        totp_last_step: None,
        ..person
    };
    person = erased;
    store::save_person(tx, &mut person)?;
    store::forget_credentials(tx, person.id)?;
    if let Some(folded) = folded {
        for key in [store::account_key(&folded), store::own_password_key(person.id)] {
            store::forget_guesses(tx, &key)?;
        }
    }
    notifications::person_erased(tx, person.id)?;
    outbox::forget_acts(tx, person.id.as_str())?;
    outbox::forget_person(tx, person.id)?;
    audit::record(tx, Entry::of("person.erased", "person", person.id));
    Ok(())
}

/// A person's affiliation to the supporter whose website is at `host` ended: where the login address is at that host too, it belongs to
/// somebody else now. Sessions end, no undo goes there, and until another address is confirmed the person may only keep its account.
pub fn lapse_address(tx: &mut Write<'_>, person: PersonId, host: &str) -> Result<()> {
    let Some(mut person) = store::person(tx, person)? else { return Ok(()) };
    let domain = person.folded_email.as_deref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain.to_owned());
    let host = host.strip_prefix("www.").unwrap_or(host);
    if domain.is_some_and(|domain| domain == host || domain.ends_with(&format!(".{host}"))) {
        person.address_lapsed = true;
        store::save_person(tx, &mut person)?;
        store::end_sessions(tx, person.id, None)?;
        for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::UndoEmail] {
            outbox::void(tx, purpose, person.id.as_str())?;
        }
    }
    Ok(())
}
