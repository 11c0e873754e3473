//! The mails about who speaks for a supporter. Their parameters are a contract with the templates.

use serde_json::{Value, json};

use super::AffiliationRole;
use super::store;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::SupporterId;
use crate::supporters::references;

/// What a supporter is called.
pub fn supporter_name(c: &mut AnyConnection, supporter: SupporterId) -> Result<String> {
    Ok(named(c, supporter)?.0)
}

/// What a supporter is called, and where it is.
fn named(c: &mut AnyConnection, supporter: SupporterId) -> Result<(String, Option<String>)> {
    let reference = references::refs(c, &[supporter])?.remove(&supporter).map(|facts| facts.reference);
    let (name, path) = reference.map(|it| (it.name, format!("supporters/{}", it.slug))).unzip();
    Ok((name.unwrap_or_default(), path))
}

/// Tells everybody who runs the initiative.
fn tell_secretariat(tx: &mut Write<'_>, kind: Kind, params: &Value) -> Result<()> {
    for person in people::secretariat(tx)? {
        people::tell(tx, kind, &person, params.clone())?;
    }
    Ok(())
}

/// It speaks for a supporter from now on, or in another role.
pub fn affiliated(tx: &mut Write<'_>, person: &PersonRow, supporter: SupporterId, role: AffiliationRole) -> Result<()> {
    let (name, path) = named(tx, supporter)?;
    people::tell(tx, Kind::Affiliated, person, json!({"path": path, "supporter": name, "role": role}))
}

/// It speaks for a supporter no more.
pub fn ended(tx: &mut Write<'_>, person: &PersonRow, supporter: SupporterId) -> Result<()> {
    let (name, path) = named(tx, supporter)?;
    people::tell(tx, Kind::AffiliationEnded, person, json!({"path": path, "supporter": name}))
}

/// Somebody wants to speak for a supporter: its focal points are asked, the secretariat where none can be reached.
pub fn asked(tx: &mut Write<'_>, supporter: SupporterId, who: &PersonRow, message: Option<&str>) -> Result<()> {
    let (name, path) = named(tx, supporter)?;
    let path = path.map(|path| format!("{path}/affiliation-requests"));
    let params = json!({"path": path, "supporter": name, "person": who.display_name, "message": message});
    let focal_points = store::focal_points(tx, supporter)?;
    let reached: Vec<_> = people::persons(tx, &focal_points)?.into_iter().filter(PersonRow::is_reachable).collect();
    if reached.is_empty() {
        return tell_secretariat(tx, Kind::AffiliationAsked, &params);
    }
    for row in reached {
        people::tell(tx, Kind::AffiliationAsked, &row, params.clone())?;
    }
    Ok(())
}

/// A supporter has no focal point any more.
pub fn focal_point_missing(tx: &mut Write<'_>, supporter: SupporterId) -> Result<()> {
    let (name, path) = named(tx, supporter)?;
    tell_secretariat(tx, Kind::FocalPointMissing, &json!({"path": path, "supporter": name}))
}
