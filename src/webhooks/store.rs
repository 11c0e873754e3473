//! Rows of endpoints.

use diesel::prelude::*;

use super::kinds::EventKind;
use crate::db::{AnyConnection, Backend, Write};
use crate::error::{Error, Result};
use crate::http::etag::{stale, written};
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::outbox::WebhookId;
use crate::schema::webhooks as w;
use crate::time::Instant;

/// An endpoint's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = w)]
pub struct WebhookRow {
    /// Its id.
    pub id: WebhookId,
    /// Where it is.
    pub url: String,
    /// What it asks for, a JSON list.
    pub kinds: String,
    /// Which of its secrets signs.
    pub secret_number: i64,
    /// Since when that one does, where there was one before.
    pub rotated_at: Option<Instant>,
    /// The first of those that sign beside it for a day.
    pub overlap_from: i64,
    /// Since when it is told nothing.
    pub disabled_at: Option<Instant>,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl WebhookRow {
    /// The first of the earlier secrets that sign beside the present one for a day, and since when they are earlier ones.
    pub fn overlap(&self) -> Option<(i64, Instant)> {
        self.rotated_at.map(|at| (self.overlap_from, at))
    }

    /// What it asks for. A kind that this version does not know is left out.
    pub fn asks_for(&self) -> Result<Vec<EventKind>> {
        let words: Vec<String> = serde_json::from_str(&self.kinds)?;
        Ok(words.iter().filter_map(|word| EventKind::parse(word)).collect())
    }
}

/// The list of endpoints.
pub struct WebhookList;

impl Listed for WebhookList {
    type Row = WebhookRow;
    const SORTS: &'static [SortField<WebhookRow>] =
        &[SortField { name: "created_at", column: "webhooks.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<WebhookRow> =
        SortField { name: "id", column: "webhooks.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// One page of the endpoints.
pub fn page(c: &mut AnyConnection, plan: &Plan<WebhookList>) -> Result<Vec<WebhookRow>> {
    Ok(plan.apply(w::table.into_boxed::<Backend>()).select(WebhookRow::as_select()).load(c)?)
}

/// How many endpoints there are.
pub fn count(c: &mut AnyConnection) -> Result<i64> {
    Ok(w::table.count().get_result(c)?)
}

/// The endpoints that are told something.
pub fn told(c: &mut AnyConnection) -> Result<Vec<WebhookRow>> {
    let told = w::table.filter(w::disabled_at.is_null()).order((w::created_at, w::id));
    Ok(told.select(WebhookRow::as_select()).load(c)?)
}

/// An endpoint, where there is one.
pub fn known(c: &mut AnyConnection, id: WebhookId) -> Result<Option<WebhookRow>> {
    Ok(w::table.filter(w::id.eq(id)).select(WebhookRow::as_select()).get_result(c).optional()?)
}

/// One endpoint. 404 where there is none.
pub fn find(c: &mut AnyConnection, id: WebhookId) -> Result<WebhookRow> {
    known(c, id)?.ok_or_else(|| Error::not_found("webhook"))
}

/// Adds an endpoint; its id.
pub fn insert(tx: &mut Write<'_>, url: &str, kinds: &[EventKind]) -> Result<WebhookId> {
    let (id, now) = (tx.new_id(), tx.now());
    diesel::insert_into(w::table)
        .values((
            w::id.eq(id),
            w::url.eq(url),
            w::kinds.eq(serde_json::to_string(kinds)?),
            w::secret_number.eq(1_i64),
            w::overlap_from.eq(1_i64),
            w::version.eq(1_i64),
            w::created_at.eq(now),
            w::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Saves an endpoint over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &WebhookRow) -> Result<()> {
    let now = tx.now();
    let saved = diesel::update(w::table.filter(w::id.eq(row.id)).filter(w::version.eq(row.version)))
        .set((
            w::url.eq(&row.url),
            w::kinds.eq(&row.kinds),
            w::secret_number.eq(row.secret_number),
            w::rotated_at.eq(row.rotated_at),
            w::overlap_from.eq(row.overlap_from),
            w::disabled_at.eq(row.disabled_at),
            w::version.eq(row.version + 1),
            w::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    written(saved)
}

/// Removes an endpoint at the version it was read at.
pub fn delete(tx: &mut Write<'_>, row: &WebhookRow) -> Result<()> {
    let gone = diesel::delete(w::table.filter(w::id.eq(row.id)).filter(w::version.eq(row.version))).execute(&mut **tx)?;
    if gone == 1 { Ok(()) } else { Err(stale()) }
}
