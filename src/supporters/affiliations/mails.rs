//! The mails about who speaks for a supporter. Their parameters are a contract with the templates.

use serde_json::{Value, json};

use super::AffiliationRole;
use super::store;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::mail::Kind;
use crate::outbox::{self, Mail};
use crate::people::{self, PersonRow};
use crate::policy::SupporterId;
use crate::supporters::references;

/// What a supporter is called.
pub fn supporter_name(c: &mut AnyConnection, supporter: SupporterId) -> Result<String> {
    Ok(references::refs(c, &[supporter])?.remove(&supporter).map(|facts| facts.reference.name).unwrap_or_default())
}

/// Tells a person something, where it has an address that is its own.
pub fn tell(tx: &mut Write<'_>, kind: Kind, person: &PersonRow, params: Value) -> Result<()> {
    let Some(email) = person.email.clone().filter(|_| person.is_verified()) else { return Ok(()) };
    let (person, locale) = (Some(person.id), person.locale.clone());
    outbox::enqueue(tx, Mail { kind: kind.as_str(), person, recipient: email, locale, params, due_at: None, concealed: false })?;
    Ok(())
}

/// Tells everybody who runs the initiative.
fn tell_secretariat(tx: &mut Write<'_>, kind: Kind, params: &Value) -> Result<()> {
    for person in people::secretariat(tx)? {
        tell(tx, kind, &person, params.clone())?;
    }
    Ok(())
}

/// It speaks for a supporter from now on, or in another role.
pub fn affiliated(tx: &mut Write<'_>, person: &PersonRow, supporter: SupporterId, role: AffiliationRole) -> Result<()> {
    let name = supporter_name(tx, supporter)?;
    tell(tx, Kind::Affiliated, person, json!({"name": person.display_name, "supporter": name, "role": role}))
}

/// It speaks for a supporter no more.
pub fn ended(tx: &mut Write<'_>, person: &PersonRow, supporter: SupporterId) -> Result<()> {
    let name = supporter_name(tx, supporter)?;
    tell(tx, Kind::AffiliationEnded, person, json!({"name": person.display_name, "supporter": name}))
}

/// Somebody wants to speak for a supporter: its focal points are asked, the secretariat where none can be reached.
pub fn asked(tx: &mut Write<'_>, supporter: SupporterId, who: &PersonRow, message: Option<&str>) -> Result<()> {
    let name = supporter_name(tx, supporter)?;
    let params = json!({"supporter": name, "person": who.display_name, "message": message});
    let mut told = false;
    for focal_point in store::focal_points(tx, supporter)? {
        let row = people::person(tx, focal_point)?.filter(PersonRow::is_reachable);
        if let Some(row) = row {
            tell(tx, Kind::AffiliationAsked, &row, params.clone())?;
            told = true;
        }
    }
    if told { Ok(()) } else { tell_secretariat(tx, Kind::AffiliationAsked, &params) }
}

/// A supporter has no focal point any more.
pub fn focal_point_missing(tx: &mut Write<'_>, supporter: SupporterId) -> Result<()> {
    let name = supporter_name(tx, supporter)?;
    tell_secretariat(tx, Kind::FocalPointMissing, &json!({"supporter": name}))
}
