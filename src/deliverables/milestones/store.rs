//! Rows of milestones.

use diesel::prelude::*;

use super::super::store::DeliverableId;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::ids::Id;
use crate::schema::milestones;
use crate::time::{Day, Instant};

/// Marks the id of a milestone.
#[derive(Debug)]
pub enum MilestoneMark {}
/// The identifier of a milestone.
pub type MilestoneId = Id<MilestoneMark>;

/// A milestone's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = milestones)]
pub struct MilestoneRow {
    /// Its id.
    pub id: MilestoneId,
    /// Of which deliverable.
    pub deliverable_id: DeliverableId,
    /// What is to be done.
    pub title: String,
    /// By when.
    pub due_on: Day,
    /// When it was done.
    pub done_on: Option<Day>,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// The milestones of these deliverables, or of all, by due day.
pub fn of(c: &mut AnyConnection, deliverables: Option<&[DeliverableId]>) -> Result<Vec<MilestoneRow>> {
    let mut query = milestones::table
        .order((milestones::deliverable_id, milestones::due_on, milestones::id))
        .select(MilestoneRow::as_select())
        .into_boxed::<Backend>();
    if let Some(ids) = deliverables {
        query = query.filter(any_of("milestones.deliverable_id", ids));
    }
    Ok(query.load(c)?)
}
