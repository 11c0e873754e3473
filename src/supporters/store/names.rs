//! What names an entry in a path: its id, its slug, or one that it had before.

use diesel::prelude::*;

use super::super::rules::Status;
use super::SupporterRow;
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::policy::SupporterId;
use crate::schema::supporter_aliases as aliases;

/// Merges in a row that are followed: more than anybody makes, and an end where two point at each other.
const LONGEST_CHAIN: usize = 16;

impl SupporterRow {
    /// Whether anybody may see it: who asks to endorse, or was declined, is nobody's business.
    pub fn is_public(&self) -> bool {
        matches!(self.status, Status::Endorsed | Status::Withdrawn)
    }
}

/// Where a former slug, or the id or slug of a merged entry, leads.
fn alias(c: &mut AnyConnection, name: &str) -> Result<Option<SupporterId>> {
    Ok(aliases::table.filter(aliases::alias.eq(name)).select(aliases::supporter_id).get_result(c).optional()?)
}

/// The entry that a path names by id or slug, whatever its status. [`Error::Moved`] to the same path below what it is now (`below` is the
/// rest of the path, such as `/affiliations`) where the name is a former one or the entry was merged; 404 where there is none.
pub fn resolve(c: &mut AnyConnection, reference: &str, below: &str) -> Result<SupporterRow> {
    let none = || Error::not_found("supporter");
    let id = reference.parse::<SupporterId>();
    let name = id.as_ref().map_or(reference, |id| id.as_str());
    let Some(mut target) = alias(c, name)? else { return super::find(c, reference)?.ok_or_else(none) };
    for _ in 0..LONGEST_CHAIN {
        match alias(c, target.as_str())? {
            Some(next) => target = next,
            None => break,
        }
    }
    let row = super::find(c, target.as_str())?.ok_or_else(none)?;
    // An entry may get a name back that it had.
    if row.slug == reference || id.is_ok_and(|id| id == row.id) {
        return Ok(row);
    }
    Err(Error::Moved(format!("/supporters/{}{below}", row.slug)))
}
