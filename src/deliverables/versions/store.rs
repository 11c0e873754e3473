//! The rows of versions: listing, adding, withholding. What deliverables show of them is in the slice's own store.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::store::DeliverableId;
use super::super::store::versions::{VersionId, VersionMark, VersionRow};
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::files::Stored;
use crate::http::etag::stale;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::PersonId;
use crate::schema::deliverable_versions as v;
use crate::time::Instant;

/// A deliverable's versions, as a list.
pub struct Versions;

impl Listed for Versions {
    type Row = VersionRow;
    const SORTS: &'static [SortField<VersionRow>] =
        &[SortField { name: "number", column: "deliverable_versions.number", key: SortKey::Int(|row| row.number) }];
    const DEFAULT: &'static str = "-number";
    const TIE: SortField<VersionRow> =
        SortField { name: "id", column: "deliverable_versions.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Which versions of a deliverable.
#[derive(Clone, Copy)]
pub enum Which {
    /// All of them.
    All,
    /// What everybody may read at an instant: the approved one, and what a round that everybody may read is about.
    Public(Option<i64>, Instant),
}

type Condition = Box<dyn BoxableExpression<v::table, Backend, SqlType = Bool>>;

fn consulted(now: Instant) -> Condition {
    Box::new(v::consulted_at.is_not_null().and(v::consulted_at.assume_not_null().le(now)))
}

fn of<'a>(deliverable: DeliverableId, which: Which) -> v::BoxedQuery<'a, Backend> {
    let all = v::table.filter(v::deliverable_id.eq(deliverable)).into_boxed::<Backend>();
    match which {
        Which::All => all,
        Which::Public(approved, now) => all.filter(v::number.eq(approved.unwrap_or_default()).or(consulted(now))),
    }
}

/// A page of a deliverable's versions.
pub fn page(c: &mut AnyConnection, deliverable: DeliverableId, which: Which, plan: &Plan<Versions>) -> Result<Vec<VersionRow>> {
    Ok(plan.apply(of(deliverable, which).select(VersionRow::as_select())).load(c)?)
}

/// How many of them there are.
pub fn count(c: &mut AnyConnection, deliverable: DeliverableId, which: Which) -> Result<i64> {
    Ok(of(deliverable, which).count().get_result(c)?)
}

/// A deliverable's version by its number, where it is one of these.
pub fn numbered(c: &mut AnyConnection, deliverable: DeliverableId, which: Which, number: i64) -> Result<Option<VersionRow>> {
    let one = of(deliverable, which).filter(v::number.eq(number));
    Ok(one.select(VersionRow::as_select()).get_result(c).optional()?)
}

/// When the next version of a deliverable becomes everybody's to read by itself.
pub fn next_consulted(c: &mut AnyConnection, deliverable: DeliverableId, now: Instant) -> Result<Option<Instant>> {
    let ahead = v::table.filter(v::deliverable_id.eq(deliverable)).filter(v::consulted_at.gt(now));
    Ok(ahead.select(diesel::dsl::min(v::consulted_at)).get_result(c)?)
}

/// A version by its id.
pub fn find(c: &mut AnyConnection, id: VersionId) -> Result<Option<VersionRow>> {
    Ok(v::table.filter(v::id.eq(id)).select(VersionRow::as_select()).get_result(c).optional()?)
}

/// What a version is made of.
pub enum Content<'a> {
    /// A file that is stored.
    File(&'a Stored),
    /// The address of a page.
    Link(&'a str),
}

/// Adds a version to a deliverable that the transaction holds; its number is the next one.
pub fn insert(
    tx: &mut Write<'_>,
    deliverable: DeliverableId,
    content: &Content<'_>,
    note: Option<&str>,
    by: PersonId,
) -> Result<VersionId> {
    let (id, now) = (tx.new_id::<VersionMark>(), tx.now());
    let last: Option<i64> =
        v::table.filter(v::deliverable_id.eq(deliverable)).select(diesel::dsl::max(v::number)).get_result(&mut **tx)?;
    let (file, url) = match *content {
        Content::File(file) => (Some(file), None),
        Content::Link(url) => (None, Some(url)),
    };
    diesel::insert_into(v::table)
        .values((
            v::id.eq(id),
            v::deliverable_id.eq(deliverable),
            v::number.eq(last.unwrap_or_default() + 1),
            v::stored_as.eq(file.map(|file| file.stored_as.as_str())),
            v::file_name.eq(file.map(|file| file.name.as_str())),
            v::media_type.eq(file.map(|file| file.media_type)),
            v::size.eq(file.map(|file| i64::try_from(file.size).unwrap_or(i64::MAX))),
            v::sha256.eq(file.map(|file| file.sha256.as_str())),
            v::url.eq(url),
            v::note.eq(note),
            v::added_by.eq(by),
            v::version.eq(1_i64),
            v::created_at.eq(now),
            v::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Withholds a version over the one that was read; nobody refers to its file any more. The transaction is repeated when another was faster.
pub fn withhold(tx: &mut Write<'_>, row: &VersionRow, reason: &str) -> Result<()> {
    let now = tx.now();
    let withheld = diesel::update(v::table.filter(v::id.eq(row.id)).filter(v::version.eq(row.version)))
        .set((
            v::stored_as.eq(None::<String>),
            v::withheld_at.eq(now),
            v::withheld_reason.eq(reason),
            v::version.eq(row.version + 1),
            v::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if withheld == 1 { Ok(()) } else { Err(stale()) }
}

/// Which of these stored files some version refers to. At most some thousand at once.
pub fn referred(c: &mut AnyConnection, stored: &[&str]) -> Result<Vec<String>> {
    let found: Vec<Option<String>> =
        v::table.filter(any_of("deliverable_versions.stored_as", stored)).select(v::stored_as).load(c)?;
    Ok(found.into_iter().flatten().collect())
}
