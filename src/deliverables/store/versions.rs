//! The rows of versions, as far as deliverables show them.

use diesel::prelude::*;

use super::DeliverableId;
use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::ids::Id;
use crate::policy::PersonId;
use crate::schema::{deliverable_versions as v, deliverables as d};
use crate::time::Instant;

/// Marks the id of a version.
#[derive(Debug)]
pub enum VersionMark {}
/// The identifier of a version of a deliverable.
pub type VersionId = Id<VersionMark>;

/// A version's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = v)]
pub struct VersionRow {
    /// Its id.
    pub id: VersionId,
    /// Of which deliverable.
    pub deliverable_id: DeliverableId,
    /// Its number, from 1 on.
    pub number: i64,
    /// Where the file is stored, and nobody's business.
    pub stored_as: Option<String>,
    /// What the file is called.
    pub file_name: Option<String>,
    /// What it is.
    pub media_type: Option<String>,
    /// In bytes.
    pub size: Option<i64>,
    /// In hex.
    pub sha256: Option<String>,
    /// A link, where it is no file.
    pub url: Option<String>,
    /// What is new.
    pub note: Option<String>,
    /// By whom.
    pub added_by: PersonId,
    /// When it was withheld.
    pub withheld_at: Option<Instant>,
    /// Why it was.
    pub withheld_reason: Option<String>,
    /// From when on everybody may read it, because a round is about it.
    pub consulted_at: Option<Instant>,
    /// Its version.
    pub version: i64,
    /// When it was added.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

diesel::alias!(crate::schema::deliverable_versions as newer: Newer);

/// The approved and the latest version of these deliverables, in one query: of each deliverable one, two or none.
pub fn shown(c: &mut AnyConnection, of: Option<&[DeliverableId]>) -> Result<Vec<VersionRow>> {
    let later = newer.filter(newer.field(v::deliverable_id).eq(v::deliverable_id)).filter(newer.field(v::number).gt(v::number));
    let query = v::table
        .inner_join(d::table)
        .filter(diesel::dsl::not(diesel::dsl::exists(later)).nullable().or(d::approved_version.eq(v::number.nullable())))
        .order((v::deliverable_id, v::number))
        .select(VersionRow::as_select());
    match of {
        Some(ids) => Ok(query.filter(any_of("deliverable_versions.deliverable_id", ids)).load(c)?),
        None => Ok(query.load(c)?),
    }
}

/// The number of a deliverable's latest version, and whether it was withheld; `None`: it has no version.
pub fn latest(c: &mut AnyConnection, of: DeliverableId) -> Result<Option<(i64, bool)>> {
    let row: Option<(i64, Option<Instant>)> = v::table
        .filter(v::deliverable_id.eq(of))
        .order(v::number.desc())
        .select((v::number, v::withheld_at))
        .first(c)
        .optional()?;
    Ok(row.map(|(number, withheld_at)| (number, withheld_at.is_some())))
}

/// Whether a deliverable has a version that can be read.
pub fn any_readable(c: &mut AnyConnection, of: DeliverableId) -> Result<bool> {
    let readable = v::table.filter(v::deliverable_id.eq(of)).filter(v::withheld_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(readable)).get_result(c)?)
}

/// Whether a deliverable's version of this number was withheld; `None`: there is none.
pub fn is_withheld(c: &mut AnyConnection, of: DeliverableId, number: i64) -> Result<Option<bool>> {
    let one = v::table.filter(v::deliverable_id.eq(of)).filter(v::number.eq(number));
    Ok(one.select(v::withheld_at.is_not_null()).get_result(c).optional()?)
}

/// Writes down from when on everybody may read a version. Its own version stays: nobody has changed it.
pub fn consult(tx: &mut Write<'_>, of: DeliverableId, number: i64, from: Option<Instant>) -> Result<()> {
    diesel::update(v::table.filter(v::deliverable_id.eq(of)).filter(v::number.eq(number)))
        .set(v::consulted_at.eq(from))
        .execute(&mut **tx)?;
    Ok(())
}
