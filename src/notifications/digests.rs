//! The mail that holds a day's news.

use serde_json::{Value, json};

use super::store;
use crate::db::Write;
use crate::error::Result;
use crate::mail::Kind;
use crate::outbox::{self, Mail};

/// Persons whose digests one transaction queues.
const PERSONS: i64 = 50;

/// Queues a batch of the digests that are due; whether there may be more. Of several servers one does so at a time, and what is queued is
/// taken away in the same transaction.
pub fn send_due(tx: &mut Write<'_>) -> Result<bool> {
    tx.exclude("digests")?;
    let now = tx.now();
    let persons = store::persons_due(tx, now, PERSONS)?;
    let all = persons.len();
    for person in persons {
        let items = store::take_items(tx, person, now)?;
        // Who was erased, suspended or lost its address meanwhile is told nothing.
        let Some(reader) = store::reader(tx, person)? else { continue };
        let concealed = items.iter().any(|item| item.concealed);
        let items: Vec<Value> = items.into_iter().map(|item| json!({"kind": item.kind, "params": item.params})).collect();
        if items.is_empty() {
            continue;
        }
        let today = now.day_in(store::zone_of(tx, person)?);
        let mail = Mail {
            kind: Kind::Digest.as_str(),
            person: Some(person),
            recipient: reader.email,
            locale: reader.locale,
            params: json!({"name": reader.name, "today": today, "items": items}),
            due_at: None,
            concealed,
        };
        outbox::enqueue(tx, mail)?;
    }
    Ok(i64::try_from(all).is_ok_and(|all| all >= PERSONS))
}
