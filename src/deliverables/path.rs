//! The deliverable that a path begins with, as every route below `/deliverables/{deliverable}` loads it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::store::{self, Found};
use crate::db::AnyConnection;
use crate::error::Result;
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

/// Whether a caller sees what is a group's own: drafts, comments, flags, leads.
pub fn sees_drafts(actor: &Actor, group: GroupId) -> bool {
    actor.may(Action::ReadGroup, &Object::of_group(group))
}
