//! The mails about memberships. Their parameters are a contract with the templates.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::audit;
use crate::call;
use crate::db::{AnyConnection, DbError, Write};
use crate::error::{Error, Result};
use crate::groups::store::{self as groups, GroupRow};
use crate::locale::Localised;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::supporters;

/// What a group is called in a person's language, else in the call's first that it has.
fn title(c: &mut AnyConnection, group: &GroupRow, locale: Option<&str>) -> Result<String> {
    let order: Vec<String> = locale.map(str::to_owned).into_iter().chain(call::languages(c)?.0).collect();
    Ok(Localised::from_json(&group.title)?.pick(&order).to_owned())
}

fn tell(tx: &mut Write<'_>, kind: Kind, group: &GroupRow, person: &PersonRow, params: Value) -> Result<()> {
    let mut params = params;
    let title = title(tx, group, person.locale.as_deref())?;
    if let Some(params) = params.as_object_mut() {
        params.insert("group".into(), title.into());
    }
    people::tell(tx, kind, person, params)
}

/// Who fills a seat of a group and can be reached, but whoever caused this.
fn co_chairs(tx: &mut Write<'_>, group: GroupId) -> Result<Vec<PersonRow>> {
    let causer = audit::causer(tx);
    let mut reached = Vec::new();
    for person in groups::people::seated(tx, group)?.into_iter().filter(|person| Some(*person) != causer) {
        reached.extend(people::person(tx, person)?.filter(|row| row.is_verified() && row.may_sign_in()));
    }
    Ok(reached)
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

/// Active memberships that this transaction ended: whose, and in which group.
#[derive(Default)]
struct Ended(Vec<(PersonId, GroupId)>);

/// An active membership ended. Each co-chair gets one mail about all that one transaction ends: written last, when it is known who still
/// sits, and what an erased person is called.
pub fn ended(tx: &mut Write<'_>, person: PersonId, group: GroupId) {
    tx.note::<Ended>().0.push((person, group));
    tx.before_commit(|tx| tell_ended(tx).map_err(as_refused));
}

fn tell_ended(tx: &mut Write<'_>) -> Result<()> {
    let Ended(ended) = std::mem::take(tx.note::<Ended>());
    let persons: Vec<PersonId> = ended.iter().map(|(person, _)| *person).collect();
    let names = people::refs(tx, &persons)?;
    let concerned: BTreeSet<GroupId> = ended.iter().map(|(_, group)| *group).collect();
    let mut told: BTreeMap<PersonId, (PersonRow, Vec<Value>)> = BTreeMap::new();
    for group in groups::by_ids(tx, &concerned.into_iter().collect::<Vec<_>>())? {
        for chair in co_chairs(tx, group.id)? {
            let title = title(tx, &group, chair.locale.as_deref())?;
            let (_, list) = told.entry(chair.id).or_insert_with(|| (chair, Vec::new()));
            let theirs = ended.iter().filter(|(_, of)| *of == group.id).filter_map(|(person, _)| names.get(person));
            list.extend(theirs.map(|person| json!({"person": person.display_name, "group": title})));
        }
    }
    for (chair, list) in told.into_values() {
        people::tell(tx, Kind::MembershipEnded, &chair, json!({"ended": list}))?;
    }
    Ok(())
}

/// What a step before the commit may say: a statement that was refused.
fn as_refused(error: Error) -> diesel::result::Error {
    match error {
        Error::Db(DbError::Query(error)) => error,
        other => diesel::result::Error::QueryBuilderError(Box::new(other)),
    }
}
