//! Telling a person news: the one door.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rules::{self, Choice};
use super::store;
use crate::db::Write;
use crate::error::Result;
use crate::mail::Kind;
use crate::outbox::{self, Mail};
use crate::policy::PersonId;

/// News: what a person is to be told.
pub struct News<'a> {
    /// Which mail it is.
    pub kind: Kind,
    /// Whom.
    pub person: PersonId,
    /// Its address.
    pub email: &'a str,
    /// Its language, where it chose one.
    pub locale: Option<String>,
    /// What the kind's text is made from.
    pub params: Value,
    /// Whether it is a secret that this person is told.
    pub concealed: bool,
}

/// What is written just before the commit, by person.
#[derive(Default)]
struct Pending(BTreeMap<PersonId, Vec<(Kind, Value)>>);

/// Tells a person: in the application and as it wants to be mailed, where the kind is optional; by mail at once, where it is not.
pub fn tell(tx: &mut Write<'_>, news: News<'_>) -> Result<()> {
    let News { kind, person, email, locale, params, concealed } = news;
    if !store::hold_reader(tx, person)? {
        return Ok(());
    }
    let mut how = Choice::Immediate;
    if kind.is_optional() {
        // Who has a task hears by default; that is for whoever calls to know, and what is the default for plain members they do not tell.
        how =
            store::preferences(tx, person)?.choices.get(kind.as_str()).copied().unwrap_or_else(|| rules::default_of(kind, true));
        tx.note::<Pending>().0.entry(person).or_default().push((kind, params.clone()));
        // Persons' counters are held in the order of their ids, and before the head of the record, so that no two writes wait for each other.
        tx.first_before_commit(write_pending);
    }
    match how {
        Choice::Immediate => {
            let mail = Mail {
                kind: kind.as_str(),
                person: Some(person),
                recipient: email.to_owned(),
                locale,
                params,
                due_at: None,
                concealed,
            };
            outbox::enqueue(tx, mail)?;
        }
        Choice::Daily => {
            let zone = store::zone_of(tx, person)?;
            let due_at = rules::digest_at(kind, tx.now(), zone);
            store::keep_for_digest(tx, person, kind, &params, concealed, due_at)?;
        }
        Choice::Off => {}
    }
    Ok(())
}

/// Queues a mail to an address without account, unless its reader wants no more of its kind.
pub fn enqueue_to_address(tx: &mut Write<'_>, mail: Mail) -> Result<()> {
    if !store::has_left(tx, &mail.recipient, mail.kind)? {
        outbox::enqueue(tx, mail)?;
    }
    Ok(())
}

fn write_pending(tx: &mut Write<'_>) -> diesel::QueryResult<()> {
    for (person, news) in std::mem::take(&mut tx.note::<Pending>().0) {
        store::notify(tx, person, &news)?;
    }
    Ok(())
}

/// Leaves out what was about to be written for a person.
pub fn forget_pending(tx: &mut Write<'_>, person: PersonId) {
    tx.note::<Pending>().0.remove(&person);
}
