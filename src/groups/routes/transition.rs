//! The moves of a group's status.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::audit::{self, Entry};
use crate::call;
use crate::error::{FieldFault, Result, Violation};
use crate::facts;
use crate::groups::balance;
use crate::groups::derogations::{self, Granted};
use crate::groups::facts::{GroupConcluding, GroupSuspended};
use crate::groups::path::InGroup;
use crate::groups::rules::Status;
use crate::groups::store::{self, entry, names};
use crate::groups::view::GroupView;
use crate::http::{Object as Answered, Request, Tagged, both, prose_or_faults};
use crate::policy::Object;
use crate::states::State;

/// A move of a group's status.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupTransition")]
#[serde(deny_unknown_fields)]
pub struct Transition {
    to: Status,
    /// Why, public; needed to begin a concluded group again.
    #[schemars(length(max = 20_000))]
    reason: Option<String>,
    /// What is waived from now on, in place of a derogation that stands; only where the group becomes active.
    derogation: Option<Granted>,
}

pub async fn transition(request: Request<InGroup, (), Transition>) -> Result<Answered<Tagged<GroupView>>> {
    request
        .write(|tx, input| {
            let Transition { to, derogation, .. } = &input.body;
            let call = call::load(tx)?;
            let today = call.today(tx.now());
            let given = match derogation {
                Some(_) if !to.needs_balance() => {
                    let detail = "goes only with a group that becomes active; remove it";
                    Err(vec![FieldFault::new("/derogation", "unknown", detail)])
                }
                Some(granted) => granted.terms("/derogation", today).map(Some),
                None => Ok(None),
            };
            let (reason, given) = both(prose_or_faults("/reason", input.body.reason.as_deref()), given)?;
            let id = names::resolve(tx, &input.path.group, "/transitions")?.id;
            input.allow(&Object::initiative())?;
            let row = store::hold(tx, id)?;
            input.if_match.allow(row.version)?;
            let to = row.status.go(*to)?;
            let mut missing = Vec::new();
            if reason.is_none() && row.status.needs_reason(to) {
                missing.push(Violation::new("reason_required", "Say why, in `reason`: it is public."));
            }
            let mut violations = Vec::new();
            if to.needs_balance() {
                let waiving = match &given {
                    Some(given) => Some(given.clone()),
                    None => balance::standing(tx, id, today)?,
                };
                violations = balance::unwaived(tx, &call.rule, id, waiving.as_ref(), today)?;
            }
            if !missing.is_empty() || !violations.is_empty() {
                return Err(balance::refused(missing, &violations));
            }
            if to == Status::Concluded {
                facts::announce(tx, &GroupConcluding(id))?;
            }
            if let Some(terms) = given {
                derogations::grant(tx, id, &terms, input.actor.person)?;
            }
            entry::move_to(tx, id, to)?;
            if to == Status::Suspended {
                facts::announce(tx, &GroupSuspended(id))?;
            }
            let act = match to {
                Status::Proposed => "group.proposed",
                Status::Active => "group.activated",
                Status::Suspended => "group.suspended",
                Status::Concluded => "group.concluded",
                Status::Withdrawn => "group.withdrawn",
            };
            audit::record(tx, Entry::of(act, "group", id).in_group(id).moved(row.status, to).because(reason.as_deref()));
            balance::watch(tx, id)?;
            Ok(Answered::tagged(super::shown(tx, input, id)?))
        })
        .await
}
