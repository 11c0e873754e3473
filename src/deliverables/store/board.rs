//! The few columns of many deliverables that a board shows.

use diesel::prelude::*;

use super::super::milestones::store::MilestoneId;
use super::super::rules::Status;
use super::DeliverableId;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::policy::{GroupId, MembershipId, PersonId};
use crate::schema::{
    deliverable_principles, deliverable_versions as v, deliverables as d, memberships, milestones, working_groups as groups,
};
use crate::time::{Day, Instant};

/// Id, reference, title, group, status, due day, progress, edition, lead's membership, since when it is flagged, approved version.
pub type Columns = (
    DeliverableId,
    String,
    String,
    GroupId,
    Status,
    Day,
    i64,
    Option<EditionId>,
    Option<MembershipId>,
    Option<Instant>,
    Option<i64>,
);

/// Of which deliverable, id, title, due day, when it was done.
pub type MilestoneColumns = (DeliverableId, MilestoneId, String, Day, Option<Day>);

/// Narrows a query in which deliverables stand to an edition and some groups.
macro_rules! narrowed {
    ($query:expr, $edition:expr, $groups:expr) => {{
        let mut query = $query.into_boxed::<Backend>();
        if let Some(edition) = $edition {
            query = query.filter(d::forum_edition_id.eq(edition));
        }
        if let Some(groups) = $groups {
            query = query.filter(any_of("deliverables.group_id", groups));
        }
        query
    }};
}

/// The deliverables, by due day, each with who leads it.
pub fn rows(
    c: &mut AnyConnection,
    edition: Option<EditionId>,
    groups: Option<&[GroupId]>,
) -> Result<Vec<(Columns, Option<PersonId>)>> {
    let columns = (
        d::id,
        d::reference,
        d::title,
        d::group_id,
        d::status,
        d::due_on,
        d::progress,
        d::forum_edition_id,
        d::lead_membership_id,
        d::risk_since,
        d::approved_version,
    );
    let query =
        d::table.left_join(memberships::table).order((d::due_on, d::id)).select((columns, memberships::person_id.nullable()));
    Ok(narrowed!(query, edition, groups).load(c)?)
}

/// Their milestones, by due day.
pub fn milestones(
    c: &mut AnyConnection,
    edition: Option<EditionId>,
    groups: Option<&[GroupId]>,
) -> Result<Vec<MilestoneColumns>> {
    use milestones as m;
    let query = m::table.inner_join(d::table).order((m::deliverable_id, m::due_on, m::id)).select((
        m::deliverable_id,
        m::id,
        m::title,
        m::due_on,
        m::done_on,
    ));
    Ok(narrowed!(query, edition, groups).load(c)?)
}

/// The numbers of their latest versions.
pub fn latest_versions(
    c: &mut AnyConnection,
    edition: Option<EditionId>,
    groups: Option<&[GroupId]>,
) -> Result<Vec<(DeliverableId, Option<i64>)>> {
    let query =
        v::table.inner_join(d::table).group_by(v::deliverable_id).select((v::deliverable_id, diesel::dsl::max(v::number)));
    Ok(narrowed!(query, edition, groups).load(c)?)
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
