//! The mails about deliverables. Their parameters are a contract with the templates.

use serde_json::{Value, json};

use super::store::{DeliverableRow, Found};
use crate::db::Write;
use crate::error::Result;
use crate::groups;
use crate::mail::Kind;
use crate::people::{self, PersonRow, Role};
use crate::policy::{GroupId, PersonId};

/// Tells these persons, each once and not the one who caused it, where they can be reached.
fn tell_all(
    tx: &mut Write<'_>,
    kind: Kind,
    persons: impl IntoIterator<Item = PersonId>,
    but: Option<PersonId>,
    params: &Value,
) -> Result<()> {
    let mut told: Vec<PersonId> = but.into_iter().collect();
    for person in persons {
        if told.contains(&person) {
            continue;
        }
        told.push(person);
        if let Some(row) = reachable(tx, person)? {
            people::tell(tx, kind, &row, params.clone())?;
        }
    }
    Ok(())
}

/// A person who may be told of its work.
pub fn reachable(tx: &mut Write<'_>, person: PersonId) -> Result<Option<PersonRow>> {
    Ok(people::person(tx, person)?.filter(PersonRow::may_sign_in))
}

fn about(row: &DeliverableRow) -> Value {
    json!({"path": format!("deliverables/{}", row.reference), "reference": row.reference, "title": row.title})
}

fn with(mut params: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(all) = params.as_object_mut() {
        all.insert(name.to_owned(), value.into());
    }
    params
}

/// Lead and seated co-chairs.
fn concerned(tx: &mut Write<'_>, of: &Found) -> Result<Vec<PersonId>> {
    let seated = groups::seated(tx, of.row.group_id)?;
    Ok(of.lead.into_iter().chain(seated).collect())
}

/// It waits for approval, to the secretariat.
pub fn submitted(tx: &mut Write<'_>, of: &Found, by: Option<PersonId>) -> Result<()> {
    let secretariat: Vec<PersonId> = people::secretariat(tx)?.iter().map(|person| person.id).collect();
    tell_all(tx, Kind::DeliverableSubmitted, secretariat, by, &about(&of.row))
}

/// It was not approved.
pub fn returned(tx: &mut Write<'_>, of: &Found, reason: Option<&str>, by: Option<PersonId>) -> Result<()> {
    let persons = concerned(tx, of)?;
    tell_all(tx, Kind::DeliverableReturned, persons, by, &with(about(&of.row), "reason", reason))
}

/// It was approved, in this version.
pub fn approved(tx: &mut Write<'_>, of: &Found, version: Option<i64>, by: Option<PersonId>) -> Result<()> {
    let persons = concerned(tx, of)?;
    tell_all(tx, Kind::DeliverableApproved, persons, by, &with(about(&of.row), "version", version))
}

/// It was presented at the Forum of a year.
pub fn presented(tx: &mut Write<'_>, of: &Found, year: Option<i64>, by: Option<PersonId>) -> Result<()> {
    let persons = concerned(tx, of)?;
    tell_all(tx, Kind::DeliverablePresented, persons, by, &with(about(&of.row), "year", year))
}

/// Somebody replied to a comment: its author is told, unless it was they, or they take part no more.
pub fn replied(tx: &mut Write<'_>, of: &DeliverableRow, author: PersonId, by: PersonId, body: &str) -> Result<()> {
    let Some(row) = reachable(tx, author)? else { return Ok(()) };
    if author == by || !takes_part(tx, &row, of.group_id)? {
        return Ok(());
    }
    let who = people::refs(tx, &[by])?.remove(&by).map(|person| person.display_name);
    let params = with(with(about(of), "person", who), "body", body);
    people::tell(tx, Kind::CommentReply, &row, params)
}

fn takes_part(tx: &mut Write<'_>, person: &PersonRow, group: GroupId) -> Result<bool> {
    let (memberships, seats) = groups::standings_of(tx, person.id)?;
    let is_member = memberships.iter().any(|(id, _)| *id == group) || seats.contains(&group);
    Ok(is_member || person.role != Role::Person)
}

/// The Forum for which somebody owes something has other dates: one mail, with all of it.
pub fn rescheduled(tx: &mut Write<'_>, to: PersonId, forum: &Value, items: Vec<Value>) -> Result<()> {
    let Some(row) = reachable(tx, to)? else { return Ok(()) };
    let path = format!("forum-editions/{}", forum.get("year").and_then(Value::as_i64).unwrap_or_default());
    people::tell(tx, Kind::ForumRescheduled, &row, with(with(forum.clone(), "items", items), "path", path))
}
