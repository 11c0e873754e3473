//! Planning a deliverable.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::form::{self, Faults};
use super::super::record;
use super::super::rules::Kind;
use super::super::store;
use super::super::todays::Todays;
use super::super::view::DeliverableView;
use crate::audit;
use crate::call;
use crate::error::{Error, Problem, Result};
use crate::groups::{self, InGroup, Status as GroupStatus};
use crate::http::{Created, Request};
use crate::policy::{MembershipId, Object};
use crate::time::{Day, DaySchema};

/// A deliverable to plan.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDeliverable")]
pub struct New {
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    kind: Kind,
    #[schemars(length(max = 20_000))]
    summary: Option<String>,
    #[schemars(with = "DaySchema")]
    due_on: Day,
    /// The year of the Forum edition that it is for.
    forum_year: Option<i64>,
    /// Who leads it: an active member of the group.
    lead_membership_id: Option<MembershipId>,
    /// Numbers of `/principles` that it serves.
    #[schemars(length(max = 100))]
    principles: Option<Vec<i64>>,
}

pub async fn make(request: Request<InGroup, (), New>) -> Result<Created<DeliverableView>> {
    request
        .create(
            |tx, input| {
                let (body, now) = (&input.body, tx.now());
                let (call, todays) = (call::load(tx)?, Todays::load(tx, now)?);
                let mut faults = Faults::default();
                let title = faults.title(&body.title);
                let summary = body.summary.as_deref().and_then(|typed| faults.prose("/summary", typed));
                let principles = faults.principles(&call, body.principles.as_deref().unwrap_or_default());
                let forum_edition_id = body.forum_year.and_then(|year| faults.edition(&todays, year));
                faults.none()?;
                let group = groups::named(tx, &input.path.group, "/deliverables")?;
                input.allow(&Object::of_group(group.id))?;
                let group = groups::hold(tx, group.id)?;
                if !matches!(group.status, GroupStatus::Proposed | GroupStatus::Active) {
                    let detail = format!("Working group {} is {}: it plans nothing new.", group.number, group.status);
                    return Err(Error::wrong_state(detail));
                }
                let lead = form::lead_violation(tx, group.id, body.lead_membership_id)?;
                let violations: Vec<_> = form::edition_violation(&todays, forum_edition_id).into_iter().chain(lead).collect();
                if !violations.is_empty() {
                    return Err(Problem::violations(&violations).into());
                }
                let new = store::New {
                    group_id: group.id,
                    group_number: group.number,
                    title,
                    summary,
                    kind: body.kind,
                    due_on: body.due_on,
                    lead_membership_id: body.lead_membership_id,
                    forum_edition_id,
                    principles,
                };
                let id = store::insert(tx, &new)?;
                groups::count_deliverable(tx, group.id)?;
                let row = store::find(tx, id.as_str())?.row;
                audit::record(tx, record::of("deliverable.planned", &row));
                Ok(id.to_string())
            },
            |tx, input, id| {
                // A repeat too answers only who may do it now.
                let found = store::find(tx, id)?;
                input.allow(&found.object())?;
                let object = super::shown(tx, input, found.row.id)?;
                Ok(Created { location: format!("/deliverables/{}", found.row.reference), object })
            },
        )
        .await
}
