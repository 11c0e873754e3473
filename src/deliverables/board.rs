//! What boards, tasks and readiness need of many deliverables, and nothing more.

use std::collections::HashMap;

use super::milestones::store::MilestoneId;
use super::rules::{self, Health, HealthReason, Status, Work};
use super::store::DeliverableId;
use super::store::board as store;
use super::todays::Todays;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::forum::EditionId;
use crate::policy::{GroupId, MembershipId, PersonId};
use crate::time::{Day, Instant};

/// A deliverable on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// Its id.
    pub id: DeliverableId,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// The group that owes it.
    pub group_id: GroupId,
    /// Where it stands.
    pub status: Status,
    /// When it is due.
    pub due_on: Day,
    /// In per cent.
    pub progress: i64,
    /// For which Forum edition it is.
    pub forum_edition_id: Option<EditionId>,
    /// Who leads it, and by which membership.
    pub lead: Option<(MembershipId, PersonId)>,
    /// Whether somebody flagged it.
    pub flagged: bool,
    /// The number of the version that is the result.
    pub approved_version: Option<i64>,
    /// The number of its latest version.
    pub latest_version: Option<i64>,
    /// Its milestones, done or not, by due day.
    pub milestones: Vec<BoardMilestone>,
    /// The day it is for it.
    pub today: Day,
    /// How it does on that day.
    pub health: Health,
    /// Why.
    pub health_reasons: Vec<HealthReason>,
}

/// A milestone on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardMilestone {
    /// Its id.
    pub id: MilestoneId,
    /// What is to be done.
    pub title: String,
    /// By when.
    pub due_on: Day,
    /// When it was done.
    pub done_on: Option<Day>,
}

/// Every deliverable for an edition (`None`: for whichever, or none), of these groups (`None`: of all), by due day and reference; at `now`,
/// in as many queries for ten thousand as for one. Nothing in it is hidden: whoever shows it asks policy.
pub fn board_rows(
    c: &mut AnyConnection,
    forum_edition: Option<EditionId>,
    groups: Option<&[GroupId]>,
    now: Instant,
) -> Result<Vec<BoardRow>> {
    let todays = Todays::load(c, now)?;
    let rows = store::rows(c, forum_edition, groups)?;
    let mut milestones: HashMap<DeliverableId, Vec<BoardMilestone>> = HashMap::new();
    for (of, id, title, due_on, done_on) in store::milestones(c, forum_edition, groups)? {
        milestones.entry(of).or_default().push(BoardMilestone { id, title, due_on, done_on });
    }
    let mut latest: HashMap<DeliverableId, Option<i64>> = store::latest_versions(c, forum_edition, groups)?.into_iter().collect();
    let row = |(columns, lead): (store::Columns, Option<PersonId>)| {
        let (
            id,
            reference,
            title,
            group_id,
            status,
            due_on,
            progress,
            forum_edition_id,
            membership,
            risk_since,
            approved_version,
        ) = columns;
        let milestones = milestones.remove(&id).unwrap_or_default();
        let next_milestone =
            milestones.iter().filter(|milestone| milestone.done_on.is_none()).map(|milestone| milestone.due_on).min();
        let flagged = risk_since.is_some();
        let today = todays.of(forum_edition_id);
        let (health, health_reasons) = rules::health(&Work { status, due_on, progress, flagged, next_milestone }, today);
        let latest_version = latest.remove(&id).flatten();
        let lead = membership.zip(lead);
        BoardRow {
            id,
            reference,
            title,
            group_id,
            status,
            due_on,
            progress,
            forum_edition_id,
            lead,
            flagged,
            approved_version,
            latest_version,
            milestones,
            today,
            health,
            health_reasons,
        }
    };
    Ok(rows.into_iter().map(row).collect())
}
