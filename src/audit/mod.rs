//! The record of who did what (domain.md, Record): hash-chained, written in the transaction that did it, ids only.

mod chain;
mod store;

use diesel::QueryResult;
use serde_json::Value;

use std::fmt::Display;

use crate::db::{AnyConnection, DbError, Write};
use crate::error::Error;
use crate::facts::{self, Fact};
use crate::policy::{GroupId, PersonId};

pub use chain::{Broken, Verified};

/// The type of object of acts on contributions to a round that keeps to itself who answered. They are recorded and proved like all others, and
/// no view shows them: their number and their instants would tell (domain.md, Consultations).
pub const CONFIDENTIAL_CONTRIBUTION: &str = "confidential_contribution";

/// One act, as its transaction tells it. No field but the reason holds free text, and none a personal value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The person who acted; `None` where it was nobody with an account, or the machine by itself.
    pub actor: Option<PersonId>,
    /// What was done, a word: `endorse`, `set_seats`.
    pub act: &'static str,
    /// What kind of object it was done to, a word of domain.md: `supporter`, `group`.
    pub object_type: &'static str,
    /// The object's id.
    pub object_id: String,
    /// The group whose timeline it is part of.
    pub group: Option<GroupId>,
    /// The state before, where the act moved it.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// The reason given. It lies beside the record and can be erased without breaking the chain.
    pub reason: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
    /// Whether it is none of the public's business, though acts of its name are. Not recorded: it decides who else is told.
    pub within: bool,
}

impl Entry {
    /// `act`, done to an object by whoever the transaction is [`caused_by`].
    pub fn of(act: &'static str, object_type: &'static str, object_id: impl Display) -> Self {
        Self {
            actor: None,
            act,
            object_type,
            object_id: object_id.to_string(),
            group: None,
            from: None,
            to: None,
            reason: None,
            request_id: None,
            within: false,
        }
    }

    /// Done by this person, who had no token yet: signing in, following a mail's link.
    #[must_use]
    pub fn by(mut self, person: PersonId) -> Self {
        self.actor = Some(person);
        self
    }

    /// Part of this group's timeline.
    #[must_use]
    pub fn in_group(mut self, group: GroupId) -> Self {
        self.group = Some(group);
        self
    }

    /// It moved the object.
    #[must_use]
    pub fn moved(mut self, from: impl Display, to: impl Display) -> Self {
        (self.from, self.to) = (Some(from.to_string()), Some(to.to_string()));
        self
    }

    /// Nobody outside is told of it, where `it_is_so`: what it was done to is not everybody's to see.
    #[must_use]
    pub fn within(mut self, it_is_so: bool) -> Self {
        self.within = it_is_so;
        self
    }

    /// For this reason, where one was given.
    #[must_use]
    pub fn because(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(str::to_owned);
        self
    }
}

/// Who caused what a transaction does.
#[derive(Clone, Debug, Default)]
struct Cause {
    actor: Option<PersonId>,
    request_id: Option<String>,
}

/// Says who causes what this transaction does, and in which request: what its entries carry that do not say so themselves.
pub fn caused_by(tx: &mut Write<'_>, actor: Option<PersonId>, request_id: &str) {
    *tx.note::<Cause>() = Cause { actor, request_id: Some(request_id.to_owned()) };
}

/// The person who causes what this transaction does; `None`: nobody with an account, or the machine by itself. Nobody is told what it did
/// itself.
pub fn causer(tx: &mut Write<'_>) -> Option<PersonId> {
    tx.note::<Cause>().actor
}

/// What a transaction records, announced right before it is written: who outside the house wants to know of it hears of it here. Whoever reacts
/// tells neither who acted nor why.
pub struct Recorded {
    /// The acts, in order.
    pub entries: Vec<Entry>,
}

impl Fact for Recorded {}

/// What this transaction has to record, in order.
#[derive(Default)]
struct Pending(Vec<Entry>);

/// Records an act. It is written as the transaction's last statements, because the head of the chain is one row: whoever holds it makes
/// every other writer wait (locks are taken in the order object, outbox, head).
pub fn record(tx: &mut Write<'_>, mut entry: Entry) {
    let Cause { actor, request_id } = tx.note::<Cause>().clone();
    entry.actor = entry.actor.or(actor);
    entry.request_id = entry.request_id.or(request_id);
    note(tx, entry);
}

fn note(tx: &mut Write<'_>, entry: Entry) {
    tx.note::<Pending>().0.push(entry);
    tx.before_commit(|tx| {
        let recorded = Recorded { entries: std::mem::take(tx.note::<Pending>()).0 };
        // Before the head of the chain is held: whoever reacts writes to tables that come before it in the order of locks.
        facts::announce(tx, &recorded).map_err(|error| match error {
            Error::Db(DbError::Query(error)) => error,
            other => diesel::result::Error::QueryBuilderError(other.to_string().into()),
        })?;
        store::append(tx, recorded.entries)
    });
}

/// As [`record`], of an act that names nobody: neither who did it nor the request that did (domain.md, Record).
pub fn record_of_nobody(tx: &mut Write<'_>, entry: Entry) {
    note(tx, Entry { actor: None, request_id: None, ..entry });
}

/// What the record says a person did, as it may take it along.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> QueryResult<Value> {
    store::export(connection, person)
}

/// Walks the whole chain, in one read transaction: finds an entry that was changed, removed or moved, an end that was cut off, and a reason
/// that was changed. An erased reason is none of these. The outer error is the database's.
pub fn verify(connection: &mut AnyConnection) -> QueryResult<Result<Verified, Broken>> {
    store::verify(connection)
}
