//! The editions that are to come, with when their dates were set.

use diesel::prelude::*;

use super::super::rules::Status;
use super::EditionId;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::schema::{forum_editions as e, forum_sessions as s, session_presentations as shown};
use crate::time::{Day, Instant};

/// An edition that is planned or open.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = e)]
pub struct EditionAhead {
    /// Its id.
    pub id: EditionId,
    /// Its year.
    pub year: i64,
    /// What it is called.
    pub name: String,
    /// Where it is held.
    pub city: String,
    /// Where its days are.
    pub time_zone: String,
    /// Its first day.
    pub starts_on: Day,
    /// The last day on which a deliverable may be submitted for it.
    pub submission_deadline: Option<Day>,
    /// When it was made.
    pub created_at: Instant,
    /// Since when its first day has been that.
    pub starts_set_at: Instant,
    /// Since when its deadline has been that.
    pub deadline_set_at: Instant,
}

/// Those of all editions, or of some thousand at most, by year.
pub fn ahead(c: &mut AnyConnection, of: Option<&[EditionId]>) -> Result<Vec<EditionAhead>> {
    let to_come = e::status.eq(Status::Planned).or(e::status.eq(Status::Open));
    let mut all = e::table.filter(to_come).order(e::year).select(EditionAhead::as_select()).into_boxed::<Backend>();
    if let Some(ids) = of {
        all = all.filter(any_of("forum_editions.id", ids));
    }
    Ok(all.load(c)?)
}

/// What the sessions of these editions show: edition and reference.
pub fn presented_at(c: &mut AnyConnection, editions: &[EditionId]) -> Result<Vec<(EditionId, String)>> {
    let of = any_of("forum_sessions.forum_edition_id", editions);
    Ok(shown::table
        .inner_join(s::table)
        .filter(of)
        .select((s::forum_edition_id, shown::reference))
        .into_boxed::<Backend>()
        .load(c)?)
}
