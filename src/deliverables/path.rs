//! The deliverable that a path begins with, as every route below `/deliverables/{deliverable}` loads it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::store::{self, DeliverableId, Found};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::groups::{self, GroupFacts, Status as GroupStatus};
use crate::http::Input;
use crate::policy::{Action, Actor, GroupId, Object};

/// Of a path below a deliverable.
#[derive(Deserialize, JsonSchema)]
pub struct InDeliverable {
    /// The deliverable's reference, such as `WG5-D1`, or its id.
    #[schemars(length(max = 200))]
    pub deliverable: String,
}

/// The deliverable, where the caller may do there what the route does; else 401 or 403. 404 where there is none: everybody sees every
/// deliverable.
pub fn load<Q, B>(c: &mut AnyConnection, input: &Input<InDeliverable, Q, B>) -> Result<Found> {
    let found = store::find(c, &input.path.deliverable)?;
    input.allow(&found.object())?;
    Ok(found)
}

/// [`load`] for a write: the group is held, so that neither it nor its members and deliverables change meanwhile.
pub fn hold<Q, B>(tx: &mut Write<'_>, input: &Input<InDeliverable, Q, B>) -> Result<(Found, GroupFacts)> {
    let id = store::find(tx, &input.path.deliverable)?.row.id;
    hold_owner(tx, input, id)
}

/// The deliverable of something that lies below it, once the caller may do with it what the route does, its group held.
pub fn hold_owner<P, Q, B>(tx: &mut Write<'_>, input: &Input<P, Q, B>, of: DeliverableId) -> Result<(Found, GroupFacts)> {
    let found = store::find(tx, of.as_str())?;
    input.allow(&found.object())?;
    let group = groups::hold(tx, found.row.group_id)?;
    let found = store::find(tx, of.as_str())?;
    input.allow(&found.object())?;
    Ok((found, group))
}

/// 409 where a group is an archive, read-only for everybody.
pub fn not_archived(group: &GroupFacts) -> Result<()> {
    match group.status {
        GroupStatus::Concluded | GroupStatus::Withdrawn => {
            Err(Error::wrong_state(format!("Working group {} is {}, and its work can only be read.", group.number, group.status)))
        }
        GroupStatus::Proposed | GroupStatus::Active | GroupStatus::Suspended => Ok(()),
    }
}

/// 409 where nothing is owed any more, or the group is an archive.
pub fn in_work(found: &Found, group: &GroupFacts) -> Result<()> {
    not_archived(group)?;
    let row = &found.row;
    let way = match row.status {
        status if !status.is_settled() => return Ok(()),
        super::rules::Status::Dropped => "Move it back to planned first.",
        _ => "What was approved stays as it is.",
    };
    Err(Error::wrong_state(format!("{} is {}. {way}", row.reference, row.status)))
}

/// Whether a caller sees what is a group's own: drafts, comments, flags, leads.
pub fn sees_drafts(actor: &Actor, group: GroupId) -> bool {
    actor.may(Action::ReadGroup, &Object::of_group(group))
}
