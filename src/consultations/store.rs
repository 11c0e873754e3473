//! The rows of rounds.

pub mod announcements;
pub mod audience;
pub mod clock;
pub mod contributions;
pub mod counts;
pub mod dispositions;
pub mod keeping;
pub mod list;
pub mod listing;
pub mod public;
pub mod questions;
pub mod running;
pub mod synthesis;
pub mod tallies;
pub mod traced;

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::rules::{Audience, Scope, Status, Visibility};
use crate::db::{AnyConnection, Write};
use crate::deliverables::DeliverableId;
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::ids::Id;
use crate::policy::GroupId;
use crate::schema::consultations as r;
use crate::time::Instant;

/// Marks the id of a consultation round.
#[derive(Debug)]
pub enum ConsultationMark {}
/// The identifier of a consultation round.
pub type ConsultationId = Id<ConsultationMark>;

/// A round's row.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = r, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ConsultationRow {
    pub id: ConsultationId,
    pub slug: String,
    pub scope: Scope,
    pub group_id: Option<GroupId>,
    pub deliverable_id: Option<DeliverableId>,
    pub deliverable_version: Option<i64>,
    /// Texts in several languages, JSON, as the next two.
    pub title: String,
    pub background: Option<String>,
    pub synthesis: Option<String>,
    pub audience: Audience,
    /// A list of [`Visibility`], JSON.
    pub allowed_visibility: String,
    /// As written; [`Status::at`] says where it stands.
    pub status: Status,
    pub opens_at: Instant,
    pub closes_at: Instant,
    pub opened_at: Option<Instant>,
    pub published_at: Option<Instant>,
    pub search_text: String,
    pub synthesis_version: i64,
    pub questions_version: i64,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl ConsultationRow {
    /// Where it stands at `now`.
    pub fn status_at(&self, now: Instant) -> Status {
        self.status.at(now, self.opens_at, self.closes_at)
    }

    /// When it next stands elsewhere by itself, after `now`.
    pub fn next_change(&self, now: Instant) -> Option<Instant> {
        let ahead = match self.status {
            Status::Scheduled => [Some(self.opens_at), Some(self.closes_at)],
            Status::Open => [None, Some(self.closes_at)],
            Status::Draft | Status::Closed | Status::Published | Status::Cancelled => [None, None],
        };
        ahead.into_iter().flatten().filter(|at| *at > now).min()
    }

    /// What a contribution may choose from.
    pub fn allowed(&self) -> Result<BTreeSet<Visibility>> {
        Ok(serde_json::from_str(&self.allowed_visibility)?)
    }
}

/// The round that a path names by id or slug. 404 where there is none.
pub fn find(c: &mut AnyConnection, name: &str) -> Result<ConsultationRow> {
    let row = r::table.filter(r::id.eq(name).or(r::slug.eq(name))).select(ConsultationRow::as_select()).get_result(c);
    row.optional()?.ok_or_else(|| Error::not_found("consultation"))
}

/// The name of the lock that everybody shares who contributes to a round, and that whoever moves it has alone.
fn lock(id: ConsultationId) -> String {
    format!("consultation:{id}")
}

/// Holds a round alone until the transaction ends, as it is then and at the instant it is held: nobody contributes meanwhile, and what was
/// contributed before is there. Whoever moves the round begins so.
pub fn hold(tx: &mut Write<'_>, id: ConsultationId) -> Result<(ConsultationRow, Instant)> {
    tx.exclude(&lock(id))?;
    Ok((find(tx, id.as_str())?, tx.clock()))
}

/// Keeps a round from being moved until the transaction ends; it as it is then, and the instant that a contribution is judged by, read once
/// the lock is held (domain.md, Consultations). Thousands do so side by side.
pub fn share(tx: &mut Write<'_>, id: ConsultationId) -> Result<(ConsultationRow, Instant)> {
    tx.share(&lock(id))?;
    Ok((find(tx, id.as_str())?, tx.clock()))
}

/// Whether a round has this slug.
pub fn is_taken(c: &mut AnyConnection, slug: &str) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(r::table.filter(r::slug.eq(slug)))).get_result(c)?)
}

/// Adds a round.
pub fn insert(tx: &mut Write<'_>, row: &ConsultationRow) -> QueryResult<usize> {
    tx.savepoint(|c| diesel::insert_into(r::table).values((row, r::closes_set_at.eq(row.created_at))).execute(c))
}

/// Saves a round over the version it was read at, and gives it as it is then; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: ConsultationRow) -> Result<ConsultationRow> {
    let known = r::table.filter(r::id.eq(row.id)).filter(r::version.eq(row.version));
    let moved = r::table.filter(r::id.eq(row.id)).filter(r::closes_at.ne(row.closes_at));
    let now = tx.now();
    diesel::update(moved).set(r::closes_set_at.eq(now)).execute(&mut **tx)?;
    let next = ConsultationRow { version: row.version + 1, updated_at: tx.now(), ..row };
    let saved = diesel::update(known).set(&next).execute(&mut **tx)?;
    if saved == 1 { Ok(next) } else { Err(stale()) }
}
