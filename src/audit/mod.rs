//! The record of who did what (domain.md, Record): hash-chained, written in the transaction that did it, ids only.

mod chain;
mod store;

use diesel::QueryResult;

use crate::db::{AnyConnection, Write};
use crate::policy::PersonId;

pub use chain::{Broken, Verified};

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
    /// The state before, where the act moved it.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// The reason given. It lies beside the record and can be erased without breaking the chain.
    pub reason: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
}

/// What this transaction has to record, in order.
#[derive(Default)]
struct Pending(Vec<Entry>);

/// Records an act. It is written as the transaction's last statements, because the head of the chain is one row: whoever holds it makes
/// every other writer wait (locks are taken in the order object, outbox, head).
pub fn record(tx: &mut Write<'_>, entry: Entry) {
    tx.note::<Pending>().0.push(entry);
    tx.before_commit(|tx| {
        let pending = std::mem::take(tx.note::<Pending>());
        store::append(tx, pending.0)
    });
}

/// Walks the whole chain, in one read transaction: finds an entry that was changed, removed or moved, an end that was cut off, and a reason
/// that was changed. An erased reason is none of these. The outer error is the database's.
pub fn verify(connection: &mut AnyConnection) -> QueryResult<Result<Verified, Broken>> {
    store::verify(connection)
}
