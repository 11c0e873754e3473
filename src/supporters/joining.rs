//! How a person comes to speak for a supporter, and what is forgotten when it erases its account: where affiliations, invitations and
//! requests meet.

use super::affiliations::{self, Affiliated, AffiliationId, AffiliationRole};
use super::invitations::{self, InvitationId, Invited, Offer};
use super::requests;
use crate::db::Write;
use crate::error::{Error, Result};
use crate::facts::Objections;
use crate::people::{self, PersonErased, PersonRow};
use crate::policy::{PersonId, SupporterId};

/// What welcoming somebody came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcomed {
    /// Its account was confirmed: it is affiliated.
    Active(AffiliationId),
    /// It is invited.
    Invited(InvitationId),
}

/// Lets whoever reads `email` speak for a supporter: a confirmed account that is not suspended at once, and it is told; else by
/// invitation, in the language `locale`. An affiliation that stands gets the higher role, an open invitation is renewed with it. 422 at
/// `/email` where it is no address.
pub fn welcome(
    tx: &mut Write<'_>,
    supporter: SupporterId,
    email: &str,
    role: AffiliationRole,
    locale: Option<&str>,
) -> Result<Welcomed> {
    welcome_by(tx, supporter, email, role, &Invited { by: None, locale })
}

/// As [`welcome`], in somebody's name.
pub fn welcome_by(
    tx: &mut Write<'_>,
    supporter: SupporterId,
    email: &str,
    role: AffiliationRole,
    invited: &Invited<'_>,
) -> Result<Welcomed> {
    let folded = people::fold_email(email).ok_or_else(|| Error::invalid("/email", "format", "must be an e-mail address"))?;
    let known = people::person_by_email(tx, &folded)?.filter(PersonRow::is_reachable);
    if let Some(person) = known {
        let made = affiliate(tx, person.id, supporter, role)?;
        if made.changed {
            affiliations::tell_affiliated(tx, &person, supporter, role)?;
        }
        if let Some(open) = invitations::open(tx, supporter, &folded)? {
            invitations::settle(tx, &open, person.id)?;
        }
        return Ok(Welcomed::Active(made.id));
    }
    let id = match invitations::open(tx, supporter, &folded)? {
        Some(open) => {
            let higher = open.role.affiliation().map_or(role, |known| known.higher(role));
            invitations::renew(tx, &open, higher.into(), invited)?
        }
        None => invitations::invite(tx, offer(supporter, role), email, invited)?,
    };
    Ok(Welcomed::Invited(id))
}

/// To speak for a supporter.
pub fn offer(supporter: SupporterId, role: AffiliationRole) -> Offer<'static> {
    Offer { supporter: Some(supporter), group: None, body: None, role: role.into() }
}

/// Affiliates a person, with the higher role where it is already; what it asked for itself is thereby given.
pub fn affiliate(tx: &mut Write<'_>, person: PersonId, supporter: SupporterId, role: AffiliationRole) -> Result<Affiliated> {
    let made = affiliations::affiliate(tx, person, supporter, role)?;
    requests::settle(tx, person, supporter)?;
    Ok(made)
}

/// Accepts an invitation to speak for a supporter, for a person who has proved to read its mailbox.
pub fn accept(tx: &mut Write<'_>, invitation: &invitations::Row, person: &mut PersonRow) -> Result<()> {
    let (Some(supporter), Some(role)) = (invitation.supporter_id, invitation.role.affiliation()) else {
        return Err(Error::Internal(format!("invitation {} is to no supporter", invitation.id)));
    };
    people::confirm_address(tx, person)?;
    invitations::settle(tx, invitation, person.id)?;
    affiliate(tx, person.id, supporter, role)?;
    Ok(())
}

/// What follows when a person erases its account: every affiliation ends, open requests are cancelled, and what invitations and requests
/// say of the person is forgotten.
pub fn on_person_erased(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    affiliations::end_all_of_erased(tx, fact.person)?;
    requests::forget(tx, fact.person)?;
    let address = people::person(tx, fact.person)?.filter(PersonRow::is_verified).and_then(|person| person.folded_email);
    invitations::forget(tx, fact.person, address.as_deref())
}
