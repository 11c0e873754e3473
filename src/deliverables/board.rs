//! What boards, tasks and readiness need of many deliverables, and nothing more.

use std::collections::HashMap;

use super::milestones::store as milestones;
use super::rules::{self, Health, HealthReason};
use super::store::DeliverableId;
use super::store::board as store;
use super::todays::Todays;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::ids::listed;
use crate::time::Day;

pub use super::store::board::{BoardRow, Which};

/// These deliverables, by due day, in one query. Nothing in it is hidden: whoever shows it asks policy.
pub fn board_rows(c: &mut AnyConnection, which: &Which<'_>) -> Result<Vec<BoardRow>> {
    store::rows(c, which)
}

impl BoardRow {
    /// How it does today, and why.
    pub fn health(&self, todays: &Todays) -> (Health, Vec<HealthReason>) {
        rules::health(&self.work(), todays.of(self.forum_edition_id))
    }
}

/// A milestone on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardMilestone {
    /// What is to be done.
    pub title: String,
    /// By when.
    pub due_on: Day,
    /// When it was done.
    pub done_on: Option<Day>,
}

/// The milestones of these deliverables, by due day, in one query.
pub fn board_milestones(c: &mut AnyConnection, of: &[DeliverableId]) -> Result<HashMap<DeliverableId, Vec<BoardMilestone>>> {
    let rows = milestones::of(c, Some(of))?.into_iter();
    Ok(listed(rows.map(|milestones::MilestoneRow { deliverable_id, title, due_on, done_on, .. }| {
        (deliverable_id, BoardMilestone { title, due_on, done_on })
    })))
}
