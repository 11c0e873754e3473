//! Hiding a contribution from others, for a reason, and showing it again.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::eyes::{self, InContribution};
use crate::consultations::contributions::record::record;
use crate::consultations::rules::ContributionStatus;
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::listing::{self, Submitted};
use crate::error::{Error, ProblemKind, Result};
use crate::http::{Object, Request, Route, Tagged, get, prose, route};
use crate::policy::Action;

const PATH: &str = "/consultations/{consultation}/contributions/{contribution_id}/moderation";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, NotFound, RuleViolation, WrongState};
    vec![
        get(PATH, Action::RunGroup, "Whether a contribution is hidden, and why", show)
            .answers(&[Forbidden, NotFound, WrongState]),
        route(Method::PUT, PATH, Action::RunGroup, "Hide a contribution from others, for a reason, or show it again", moderate)
            .answers(&[Forbidden, NotFound, WrongState, RuleViolation]),
    ]
}

/// Whether a contribution is hidden.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Moderation")]
struct ModerationView {
    contribution_id: ContributionId,
    hidden: bool,
    /// Why, where it is.
    reason: Option<String>,
}

fn view(of: &Submitted, version: i64, reason: Option<&str>) -> Object<Tagged<ModerationView>> {
    let reason = reason.map(str::to_owned);
    Object::tagged(Tagged::new(version, ModerationView { contribution_id: of.listed_id(), hidden: reason.is_some(), reason }))
}

async fn show(request: Request<InContribution>) -> Result<Object<Tagged<ModerationView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = eyes::run(tx, &input.path.consultation, input, now)?;
            eyes::may_list(&round, &input.actor)?;
            let found = listing::one(tx, round.row.id, eyes::of(&round, &input.actor), input.path.contribution_id)?;
            Ok(view(&found, found.row.moderation_version, found.row.hidden_reason.as_deref()))
        })
        .await
}

/// Whether a contribution is to be hidden.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ModerationDecision")]
struct Decision {
    hidden: bool,
    /// Why; needed to hide it. Its author reads it.
    #[schemars(length(max = 20_000))]
    reason: Option<String>,
}

async fn moderate(request: Request<InContribution, (), Decision>) -> Result<Object<Tagged<ModerationView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let now = tx.now();
            let round = eyes::run(tx, &input.path.consultation, input, now)?;
            eyes::may_list(&round, &input.actor)?;
            let found = listing::one(tx, round.row.id, eyes::of(&round, &input.actor), input.path.contribution_id)?;
            input.if_match.require(found.row.moderation_version)?;
            let reason = match (input.body.hidden, reason) {
                (true, None) => return Err(Error::reason_required("its author is to know why it is hidden")),
                (true, reason) => reason,
                (false, _) => None,
            };
            let since = found.row.hidden_at.unwrap_or(now);
            let version = listing::moderate(tx, &found.row, reason.as_deref().map(|why| (since, why)))?;
            let act = if reason.is_some() { "contribution.hidden" } else { "contribution.shown" };
            let status = ContributionStatus::Submitted;
            record(tx, &round, act, found.row.id, (status, status));
            Ok(view(&found, version, reason.as_deref()))
        })
        .await
}
