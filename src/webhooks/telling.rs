//! Telling endpoints: what is queued when something happens, how it is sent, and when an endpoint is told no more.

use schemars::JsonSchema;
use serde::Serialize;

use super::kinds::{self, EventKind};
use super::reach::Reach;
use super::rules;
use super::signing::{self, Secret};
use super::store::{self, WebhookRow};
use crate::audit::{self, Entry, Recorded};
use crate::db::{Read, Write};
use crate::error::{Error, Result};
use crate::facts::Objections;
use crate::outbox::{self, DispatchId, Notice, TokenKey, WebhookId};
use crate::time::Instant;

/// Queues what endpoints asked to be told of what a transaction records.
pub fn on_recorded(tx: &mut Write<'_>, fact: &Recorded, _: &mut Objections) -> Result<()> {
    let events: Vec<(EventKind, &Entry)> = fact.entries.iter().filter_map(|entry| Some((EventKind::of(entry)?, entry))).collect();
    // Most of what is recorded is nobody's business: then nothing is read.
    if events.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    for endpoint in store::told(tx)? {
        let asked = endpoint.asks_for()?;
        for (kind, entry) in events.iter().filter(|(kind, _)| asked.contains(kind)) {
            let notice =
                Notice { kind: kind.as_str(), webhook: endpoint.id, payload: serde_json::to_value(payload(*kind, entry, now))? };
            outbox::notify(tx, notice)?;
        }
    }
    Ok(())
}

/// What an endpoint is told.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookNotice")]
pub struct Payload {
    /// What happened.
    #[serde(rename = "type")]
    kind: EventKind,
    /// When.
    timestamp: Instant,
    /// To what.
    data: Happened,
}

/// An act that everybody may know of: ids and states, neither who did it nor why.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookNoticeData")]
struct Happened {
    /// Of what kind the object is: `deliverable`.
    #[serde(rename = "type")]
    of: &'static str,
    /// Its id.
    id: String,
    /// The group that it belongs to.
    group_id: Option<String>,
    /// What it was before.
    from: Option<String>,
    /// What it is now.
    to: Option<String>,
    /// Where it can be read, below `/api/v1/`.
    path: Option<String>,
}

fn payload(kind: EventKind, entry: &Entry, timestamp: Instant) -> Payload {
    let group = entry.group.map(|group| group.to_string());
    let path = kinds::path(entry.object_type, &entry.object_id, group.as_deref());
    let (from, to) = (entry.from.clone(), entry.to.clone());
    let data = Happened { of: entry.object_type, id: entry.object_id.to_string(), group_id: group, from, to, path };
    Payload { kind, timestamp, data }
}

/// What sending to an endpoint needs.
pub struct Endpoint {
    /// Where it is.
    pub url: String,
    /// What signs, the present secret first.
    pub secrets: Vec<Secret>,
    /// Which addresses it may have.
    pub reach: Reach,
}

/// How an endpoint is told now; `None`: it is told no more.
pub fn endpoint(tx: &mut Read<'_>, id: WebhookId) -> Result<Option<Endpoint>> {
    let Some(row) = store::known(tx, id)?.filter(|row| row.disabled_at.is_none()) else { return Ok(None) };
    let key = tx.extension::<TokenKey>().ok_or_else(no_key)?;
    let numbers = signing::signing(row.secret_number, row.overlap(), tx.now());
    let secrets = numbers.into_iter().map(|number| Secret::derive(&key, row.id, number)).collect();
    let reach = tx.extension::<Reach>().map(|reach| *reach).unwrap_or_default();
    Ok(Some(Endpoint { url: row.url, secrets, reach }))
}

/// The secret of this number of an endpoint, to be shown.
pub fn secret(tx: &Write<'_>, id: WebhookId, number: i64) -> Result<String> {
    let key = tx.extension::<TokenKey>().ok_or_else(no_key)?;
    Ok(Secret::derive(&key, id, number).shown())
}

fn no_key() -> Error {
    Error::Internal("nobody gave the key of the endpoints' secrets".into())
}

/// Tells an endpoint no more, and drops what is queued for it, but the notice that it answered so. Whether it was told until now.
pub fn disable(tx: &mut Write<'_>, id: WebhookId, answered: Option<DispatchId>, why: &str) -> Result<bool> {
    let Some(row) = store::known(tx, id)?.filter(|row| row.disabled_at.is_none()) else { return Ok(false) };
    store::save(tx, &WebhookRow { disabled_at: Some(tx.now()), ..row })?;
    audit::record(tx, Entry::of("webhook.disabled", "webhook", id).moved("enabled", "disabled").because(Some(why)));
    outbox::drop_notices(tx, id, answered, "the endpoint is disabled")?;
    Ok(true)
}

/// Tells those no more that have taken nothing for days; how many.
pub fn give_up_on_the_lost(tx: &mut Write<'_>) -> Result<usize> {
    let mut lost = 0;
    for row in store::told(tx)? {
        // Whoever changed it gave it another chance.
        let deaths = outbox::deaths(tx, row.id, row.updated_at)?;
        if rules::is_lost(deaths) && disable(tx, row.id, None, "Nothing of what it was told was taken for three days.")? {
            lost += 1;
        }
    }
    Ok(lost)
}
