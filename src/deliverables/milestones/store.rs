//! Rows of milestones.

use diesel::prelude::*;

use super::super::store::DeliverableId;
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::http::page::{Listed, Plan, SortField, SortKey};
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

/// The list of a deliverable's milestones.
pub struct MilestoneList;

impl Listed for MilestoneList {
    type Row = MilestoneRow;
    const SORTS: &'static [SortField<MilestoneRow>] =
        &[SortField { name: "due_on", column: "milestones.due_on", key: SortKey::On(|row| row.due_on) }];
    const DEFAULT: &'static str = "due_on";
    const TIE: SortField<MilestoneRow> =
        SortField { name: "id", column: "milestones.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// One page of a deliverable's milestones.
pub fn page(c: &mut AnyConnection, of: DeliverableId, plan: &Plan<MilestoneList>) -> Result<Vec<MilestoneRow>> {
    let query = milestones::table.filter(milestones::deliverable_id.eq(of)).select(MilestoneRow::as_select());
    Ok(plan.apply(query.into_boxed::<Backend>()).load(c)?)
}

/// How many milestones a deliverable has.
pub fn count(c: &mut AnyConnection, of: DeliverableId) -> Result<i64> {
    Ok(milestones::table.filter(milestones::deliverable_id.eq(of)).count().get_result(c)?)
}

/// One milestone. 404 where there is none.
pub fn find(c: &mut AnyConnection, id: MilestoneId) -> Result<MilestoneRow> {
    let row = milestones::table.filter(milestones::id.eq(id)).select(MilestoneRow::as_select()).get_result(c).optional()?;
    row.ok_or_else(|| Error::not_found("milestone"))
}

/// Adds a milestone; its id.
pub fn insert(tx: &mut Write<'_>, of: DeliverableId, title: &str, due_on: Day, done_on: Option<Day>) -> Result<MilestoneId> {
    let (id, now) = (tx.new_id::<MilestoneMark>(), tx.now());
    diesel::insert_into(milestones::table)
        .values((
            milestones::id.eq(id),
            milestones::deliverable_id.eq(of),
            milestones::title.eq(title),
            milestones::due_on.eq(due_on),
            milestones::done_on.eq(done_on),
            milestones::version.eq(1_i64),
            milestones::created_at.eq(now),
            milestones::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Saves a milestone over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &MilestoneRow) -> Result<()> {
    let now = tx.now();
    let saved = diesel::update(milestones::table.filter(milestones::id.eq(row.id)).filter(milestones::version.eq(row.version)))
        .set((
            milestones::title.eq(&row.title),
            milestones::due_on.eq(row.due_on),
            milestones::done_on.eq(row.done_on),
            milestones::version.eq(row.version + 1),
            milestones::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if saved == 1 { Ok(()) } else { Err(stale()) }
}

/// Removes a milestone.
pub fn delete(tx: &mut Write<'_>, id: MilestoneId) -> Result<()> {
    diesel::delete(milestones::table.filter(milestones::id.eq(id))).execute(&mut **tx)?;
    Ok(())
}
