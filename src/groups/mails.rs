//! The mails about co-chair seats. What one transaction has to tell somebody goes into one mail a kind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::store::{self, GroupRow};
use crate::audit;
use crate::call;
use crate::db::{DbError, Write};
use crate::error::{Error, Result};
use crate::locale::Localised;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::{PersonId, SupporterId};
use crate::supporters;

/// What a mail says of one seat or group.
#[derive(Clone, PartialEq)]
struct Item {
    number: i64,
    title: Localised,
    supporter: Option<String>,
    violations: Vec<String>,
}

impl Item {
    fn of(group: &GroupRow) -> Result<Self> {
        Ok(Self { number: group.number, title: Localised::from_json(&group.title)?, supporter: None, violations: Vec::new() })
    }

    fn of_seat(tx: &mut Write<'_>, group: &GroupRow, supporter: SupporterId) -> Result<Self> {
        let name = supporters::refs(tx, &[supporter])?.remove(&supporter).map(|facts| facts.reference.name);
        Ok(Self { supporter: name, ..Self::of(group)? })
    }

    fn params(&self, languages: &[String]) -> Value {
        let title = self.title.pick(languages);
        json!({"number": self.number, "group": title, "supporter": self.supporter, "violations": self.violations})
    }
}

/// What this transaction has to tell, to whom.
#[derive(Default)]
struct Pending(BTreeMap<(PersonId, Kind), Vec<Item>>);

/// Notes that a person is to be told something when the transaction ends. Nobody is told what it did itself.
fn note(tx: &mut Write<'_>, kind: Kind, to: impl IntoIterator<Item = PersonId>, item: &Item) {
    let causer = audit::causer(tx);
    for person in to.into_iter().filter(|person| Some(*person) != causer) {
        let items = tx.note::<Pending>().0.entry((person, kind)).or_default();
        if !items.contains(item) {
            items.push(item.clone());
        }
    }
    tx.before_commit(|tx| send(tx).map_err(in_sql));
}

fn send(tx: &mut Write<'_>) -> Result<()> {
    let pending = std::mem::take(tx.note::<Pending>());
    if pending.0.is_empty() {
        return Ok(());
    }
    let locales = call::load(tx)?.locales;
    for ((person, kind), items) in pending.0 {
        // As it is now: the transaction may have suspended or erased it.
        let Some(person) = people::person(tx, person)?.filter(PersonRow::may_sign_in) else { continue };
        let languages: Vec<String> = person.locale.iter().chain(&locales).cloned().collect();
        let items: Vec<Value> = items.iter().map(|item| item.params(&languages)).collect();
        people::tell(tx, kind, &person, json!({"items": items}))?;
    }
    Ok(())
}

/// What a step before the commit may fail with. Only the database fails here.
fn in_sql(error: Error) -> diesel::result::Error {
    match error {
        Error::Db(DbError::Query(error)) => error,
        other => diesel::result::Error::QueryBuilderError(other.to_string().into()),
    }
}

/// A seat of a group is vacant: the secretariat, the other co-chairs and the supporter's focal points are told.
pub fn seat_vacant(tx: &mut Write<'_>, group: &GroupRow, supporter: SupporterId) -> Result<()> {
    let item = Item::of_seat(tx, group, supporter)?;
    let mut to: BTreeSet<PersonId> = secretariat(tx)?;
    to.extend(store::people::seated(tx, group.id)?);
    to.extend(supporters::focal_points(tx, supporter)?);
    note(tx, Kind::SeatVacant, to, &item);
    Ok(())
}

/// Somebody fills a seat of a group now, and is told.
pub fn seat_filled(tx: &mut Write<'_>, group: &GroupRow, supporter: SupporterId, person: PersonId) -> Result<()> {
    let item = Item::of_seat(tx, group, supporter)?;
    note(tx, Kind::SeatFilled, [person], &item);
    Ok(())
}

/// An active group has lost its balance, by these violations: the secretariat is told.
pub fn balance_lost(tx: &mut Write<'_>, group: &GroupRow, violations: Vec<String>) -> Result<()> {
    let item = Item { violations, ..Item::of(group)? };
    let to = secretariat(tx)?;
    note(tx, Kind::BalanceLost, to, &item);
    Ok(())
}

fn secretariat(tx: &mut Write<'_>) -> Result<BTreeSet<PersonId>> {
    Ok(people::secretariat(tx)?.into_iter().map(|person| person.id).collect())
}
