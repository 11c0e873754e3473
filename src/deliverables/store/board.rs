//! The few columns of many deliverables that a board shows.

use diesel::dsl::{exists, min};
use diesel::prelude::*;

use super::super::rules::{Status, Work};
use super::DeliverableId;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::policy::{GroupId, PersonId};
use crate::schema::{
    deliverable_principles, deliverable_versions as v, deliverables as d, memberships, milestones as m, working_groups as groups,
};
use crate::time::Day;

/// Which deliverables; what is `None` leaves all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// For this edition.
    pub edition: Option<EditionId>,
    /// Of these groups.
    pub groups: Option<&'a [GroupId]>,
    /// That stand so.
    pub statuses: Option<&'a [Status]>,
}

/// A deliverable on a board. Nothing in it depends on the day.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
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
    /// Who leads it.
    pub lead: Option<PersonId>,
    /// Whether somebody flagged it.
    pub flagged: bool,
    /// Whether it has a version.
    pub has_version: bool,
    /// When its next open milestone is due.
    pub next_milestone: Option<Day>,
}

impl BoardRow {
    /// What its health depends on.
    pub fn work(&self) -> Work {
        let Self { status, due_on, progress, flagged, next_milestone, .. } = *self;
        Work { status, due_on, progress, flagged, next_milestone }
    }
}

/// The deliverables, by due day, in one query.
pub fn rows(c: &mut AnyConnection, which: &Which<'_>) -> Result<Vec<BoardRow>> {
    let open = m::table.filter(m::deliverable_id.eq(d::id)).filter(m::done_on.is_null());
    let mut query = d::table
        .left_join(memberships::table)
        .order((d::due_on, d::id))
        .select((
            d::id,
            d::reference,
            d::title,
            d::group_id,
            d::status,
            d::due_on,
            d::progress,
            d::forum_edition_id,
            memberships::person_id.nullable(),
            d::risk_since.is_not_null(),
            exists(v::table.filter(v::deliverable_id.eq(d::id))),
            open.select(min(m::due_on)).single_value(),
        ))
        .into_boxed::<Backend>();
    if let Some(edition) = which.edition {
        query = query.filter(d::forum_edition_id.eq(edition));
    }
    if let Some(groups) = which.groups {
        query = query.filter(any_of("deliverables.group_id", groups));
    }
    if let Some(statuses) = which.statuses {
        query = query.filter(any_of("deliverables.status", statuses));
    }
    Ok(query.load(c)?)
}

/// Id, reference, title, status and group.
pub type TracedRow = (DeliverableId, String, String, Status, GroupId);

/// Every deliverable, by group number and number.
pub fn traced(c: &mut AnyConnection) -> Result<Vec<TracedRow>> {
    Ok(d::table
        .inner_join(groups::table)
        .order((groups::number, d::number))
        .select((d::id, d::reference, d::title, d::status, d::group_id))
        .load(c)?)
}

/// The principles that every deliverable serves, ascending.
pub fn principles(c: &mut AnyConnection) -> Result<Vec<(DeliverableId, i64)>> {
    use deliverable_principles as p;
    Ok(p::table.order((p::deliverable_id, p::principle)).select((p::deliverable_id, p::principle)).load(c)?)
}
