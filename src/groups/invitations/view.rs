//! How answers show invitations: the same shape in lists and alone, whatever they are to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::groups::store as groups;
use crate::groups::view::GroupRef;
use crate::http::Tagged;
use crate::http::page::{Page, Plan};
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::supporters::{
    self, InvitationId, InvitationRole, InvitationRow, InvitationStatus, Invitations, SupporterRef, WhichInvitations,
};
use crate::time::Instant;

/// An invitation. Shown to whom it is for, and to who may take it back, only.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub struct InvitationView {
    id: InvitationId,
    /// To speak for it, or to take part in the group for it; null where an observer is invited for a `body`.
    supporter: Option<SupporterRef>,
    /// To take part in it; null: to speak for the supporter.
    group: Option<GroupRef>,
    /// For whom an observer is invited that is no supporter.
    body: Option<String>,
    /// Null once whoever was invited has erased the account.
    email: Option<String>,
    role: InvitationRole,
    status: InvitationStatus,
    /// Whether it was accepted and stays open because the supporter has not let that person speak for it yet: once it does, while the
    /// invitation stands, the person is a member.
    awaits_affiliation: bool,
    /// At this instant it is too late.
    expires_at: Instant,
    /// Null where the initiative invites.
    invited_by: Option<PersonRef>,
    created_at: Instant,
    updated_at: Instant,
}

fn views(c: &mut AnyConnection, rows: Vec<InvitationRow>, now: Instant, reader: &Reader) -> Result<Vec<Tagged<InvitationView>>> {
    let of: Vec<_> = rows.iter().filter_map(|row| row.supporter_id).collect();
    let to: Vec<_> = rows.iter().filter_map(|row| row.group_id).collect();
    let inviters: Vec<_> = rows.iter().filter_map(|row| row.invited_by).collect();
    let (facts, persons, groups) = (supporters::refs(c, &of)?, people::refs(c, &inviters)?, groups::by_ids(c, &to)?);
    let view = |row: InvitationRow| {
        let group = groups.iter().find(|group| Some(group.id) == row.group_id);
        let status = supporters::invitation_status(row.status, row.expires_at, now);
        let view = InvitationView {
            id: row.id,
            supporter: row.supporter_id.and_then(|id| facts.get(&id)).map(|facts| facts.reference.clone()),
            group: group.map(|group| GroupRef::of(group, reader)).transpose()?,
            body: row.body,
            email: row.email,
            role: row.role,
            status,
            awaits_affiliation: status == InvitationStatus::Open && row.accepted_by.is_some(),
            expires_at: row.expires_at,
            invited_by: row.invited_by.and_then(|person| persons.get(&person)).cloned(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, view))
    };
    rows.into_iter().map(view).collect()
}

/// One as answers show it.
pub fn one(c: &mut AnyConnection, row: InvitationRow, now: Instant, reader: &Reader) -> Result<Tagged<InvitationView>> {
    views(c, vec![row], now, reader)?.pop().ok_or_else(|| Error::not_found("invitation"))
}

/// A page of them.
pub fn page(
    c: &mut AnyConnection,
    which: WhichInvitations<'_>,
    now: Instant,
    plan: &Plan<Invitations>,
    reader: &Reader,
) -> Result<Page<Tagged<InvitationView>>> {
    let total = if plan.total { Some(supporters::count_invitations(c, which, now)?) } else { None };
    let (rows, next) = plan.cut(supporters::page_of_invitations(c, which, now, plan)?);
    Ok(Page::new(views(c, rows, now, reader)?, next, total))
}
