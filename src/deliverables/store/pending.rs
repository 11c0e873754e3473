//! What is still to be done, and by whom.

use diesel::prelude::*;

use super::super::rules::Status;
use super::DeliverableId;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::groups::Status as GroupStatus;
use crate::policy::{GroupId, PersonId};
use crate::schema::{deliverables as d, memberships as m, working_groups as g};
use crate::time::{Day, Instant};

/// A deliverable that is neither presented nor dropped, of a group that works.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = d)]
pub struct Pending {
    /// Its id.
    pub id: DeliverableId,
    /// Whose.
    pub group_id: GroupId,
    /// Its number in the group.
    pub number: i64,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// When it is due.
    pub due_on: Day,
    /// For which edition.
    pub forum_edition_id: Option<EditionId>,
    /// When it was made.
    pub created_at: Instant,
    /// Since when it has been due on that day.
    pub due_set_at: Instant,
}

/// Which of them; of a list some thousand at most.
#[derive(Clone, Copy, Debug)]
pub enum PendingOf<'a> {
    /// All.
    All,
    /// These.
    These(&'a [DeliverableId]),
    /// Those of these groups.
    Groups(&'a [GroupId]),
    /// Those that these persons lead.
    LedBy(&'a [PersonId]),
}

/// Those, by group and number, each with who leads it.
pub fn pending(c: &mut AnyConnection, which: PendingOf<'_>) -> Result<Vec<(Pending, Option<PersonId>)>> {
    let all = d::table
        .inner_join(g::table)
        .left_join(m::table)
        .filter(g::status.eq(GroupStatus::Proposed).or(g::status.eq(GroupStatus::Active)))
        .filter(d::status.ne(Status::Presented))
        .filter(d::status.ne(Status::Dropped))
        .order((d::group_id, d::number))
        .select((Pending::as_select(), m::person_id.nullable()))
        .into_boxed::<Backend>();
    let those = match which {
        PendingOf::All => all,
        PendingOf::These(ids) => all.filter(any_of("deliverables.id", ids)),
        PendingOf::Groups(groups) => all.filter(any_of("deliverables.group_id", groups)),
        PendingOf::LedBy(persons) => all.filter(any_of("memberships.person_id", persons)),
    };
    Ok(those.load(c)?)
}
