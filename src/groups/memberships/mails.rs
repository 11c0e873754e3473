//! The mails to whom a membership is, and to whom it is to decide. Their parameters are a contract with the templates.

use serde_json::{Value, json};

use crate::audit;
use crate::call;
use crate::db::Write;
use crate::error::Result;
use crate::groups::store::{self as groups, GroupRow};
use crate::locale::Localised;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::supporters;

fn tell(tx: &mut Write<'_>, kind: Kind, group: &GroupRow, person: &PersonRow, mut params: Value) -> Result<()> {
    let order = call::languages(tx)?.read_by(person.locale.as_deref());
    if let Some(params) = params.as_object_mut() {
        params.insert("path".into(), format!("groups/{}", group.number).into());
        params.insert("group".into(), Localised::from_json(&group.title)?.pick(&order).into());
    }
    people::tell(tx, kind, person, params)
}

/// Who fills a seat of a group and can be reached, but whoever caused this.
fn co_chairs(tx: &mut Write<'_>, group: GroupId) -> Result<Vec<PersonRow>> {
    let causer = audit::causer(tx);
    let seated = groups::people::seated(tx, group)?;
    Ok(people::persons(tx, &seated)?.into_iter().filter(|row| row.is_reachable() && Some(row.id) != causer).collect())
}

/// Somebody asks to take part: the co-chairs decide, the secretariat where none can be reached.
pub fn requested(
    tx: &mut Write<'_>,
    group: &GroupRow,
    person: PersonId,
    supporter: SupporterId,
    message: Option<&str>,
) -> Result<()> {
    let mut deciding = co_chairs(tx, group.id)?;
    if deciding.is_empty() {
        deciding = people::secretariat(tx)?.into_iter().filter(|row| row.id != person).collect();
    }
    let name = people::refs(tx, &[person])?.remove(&person).map(|person| person.display_name);
    let supporter = supporters::refs(tx, &[supporter])?.remove(&supporter).map(|facts| facts.reference.name);
    let params = json!({"person": name, "supporter": supporter, "message": message});
    for row in deciding {
        tell(tx, Kind::MembershipRequested, group, &row, params.clone())?;
    }
    Ok(())
}

/// What somebody asked for was granted, or not.
pub fn decided(tx: &mut Write<'_>, group: &GroupRow, person: PersonId, accepted: bool, reason: Option<&str>) -> Result<()> {
    match people::person(tx, person)? {
        Some(row) => tell(tx, Kind::MembershipDecided, group, &row, json!({"accepted": accepted, "reason": reason})),
        None => Ok(()),
    }
}

/// Somebody's membership was taken away.
pub fn removed(tx: &mut Write<'_>, group: &GroupRow, person: PersonId, reason: &str) -> Result<()> {
    match people::person(tx, person)? {
        Some(row) => tell(tx, Kind::MembershipRemoved, group, &row, json!({"reason": reason})),
        None => Ok(()),
    }
}

/// Somebody's membership ended because the supporter that it was for withdrew.
pub fn withdrawn(tx: &mut Write<'_>, group: &GroupRow, person: PersonId, supporter: &str) -> Result<()> {
    match people::person(tx, person)?.filter(PersonRow::may_sign_in) {
        Some(row) => tell(tx, Kind::MembershipRemoved, group, &row, json!({"supporter": supporter})),
        None => Ok(()),
    }
}
