//! What deliverables show beside their rows, for a page of them or all, in one query each.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::acknowledgements::store::{self as thanks, ThanksRow};
use super::super::milestones::store::{self as milestones, MilestoneRow};
use super::versions::{self, VersionRow};
use super::{DeliverableId, DeliverableRow};
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::groups::Status as GroupStatus;
use crate::http::page::MAX_LIMIT;
use crate::ids::listed;
use crate::policy::{GroupId, MembershipId, PersonId};
use crate::schema::{deliverable_principles as principles, memberships, working_groups as groups};

/// What belongs to some deliverables.
pub struct Beside {
    /// The principles they serve, ascending.
    pub principles: HashMap<DeliverableId, Vec<i64>>,
    /// Their milestones, by due day.
    pub milestones: HashMap<DeliverableId, Vec<MilestoneRow>>,
    /// Their approved and their latest versions, ascending.
    pub versions: HashMap<DeliverableId, Vec<VersionRow>>,
    /// Who is thanked, in the order chosen.
    pub thanks: HashMap<DeliverableId, Vec<ThanksRow>>,
    /// Who leads, by membership.
    pub leads: HashMap<MembershipId, PersonId>,
    /// How their groups stand.
    pub groups: HashMap<GroupId, GroupStatus>,
}

impl Beside {
    /// What belongs to these rows. More rows than a page has are the whole list: then all of it is read.
    pub fn rows(c: &mut AnyConnection, rows: &[DeliverableRow]) -> Result<Self> {
        let is_page = usize::try_from(MAX_LIMIT).is_ok_and(|limit| rows.len() <= limit);
        let ids: Vec<DeliverableId> = rows.iter().map(|row| row.id).collect();
        let of = is_page.then_some(ids.as_slice());
        let mut served = principles::table
            .order((principles::deliverable_id, principles::principle))
            .select((principles::deliverable_id, principles::principle))
            .into_boxed::<Backend>();
        let mut leads = memberships::table.select((memberships::id, memberships::person_id)).into_boxed::<Backend>();
        let mut standing = groups::table.select((groups::id, groups::status)).into_boxed::<Backend>();
        if is_page {
            served = served.filter(any_of("deliverable_principles.deliverable_id", &ids));
            leads = leads.filter(any_of("memberships.id", rows.iter().filter_map(|row| row.lead_membership_id)));
            standing = standing.filter(any_of("working_groups.id", rows.iter().map(|row| row.group_id)));
        } else {
            leads = leads.filter(memberships::until.is_null());
        }
        Ok(Self {
            principles: listed(served.load::<(DeliverableId, i64)>(c)?),
            milestones: listed(milestones::of(c, of)?.into_iter().map(|row| (row.deliverable_id, row))),
            versions: listed(versions::shown(c, of)?.into_iter().map(|row| (row.deliverable_id, row))),
            thanks: listed(thanks::shown(c, of)?.into_iter().map(|row| (row.deliverable_id, row))),
            leads: leads.load::<(MembershipId, PersonId)>(c)?.into_iter().collect(),
            groups: standing.load::<(GroupId, GroupStatus)>(c)?.into_iter().collect(),
        })
    }
}
