//! Who sees which contributions of a round (domain.md, Consultations).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::consultations::path::{self, Round};
use crate::consultations::rules::Status;
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::listing::Which;
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::http::Input;
use crate::policy::{Action, Actor, Object};
use crate::time::Instant;

/// Of a path below a contribution.
#[derive(Deserialize, JsonSchema)]
pub struct InContribution {
    /// The round's id or slug.
    #[schemars(length(max = 200))]
    pub consultation: String,
    /// The contribution's id, as the list of contributions has it.
    pub contribution_id: ContributionId,
}

/// Which contributions a caller sees: those for the secretariat alone only the secretariat, hidden ones only who runs the round.
pub fn of(round: &Round, actor: &Actor) -> Which {
    Which { secret: actor.may(Action::RunInitiative, &Object::initiative()), hidden: round.is_run_by(actor), answered: None }
}

/// 403 or 409 unless the caller, who reads the round, may see what came in: once it is published, and whoever runs it once it has closed,
/// or while it is open where nobody can be anonymous.
pub fn may_list(round: &Round, actor: &Actor) -> Result<()> {
    let runs = round.is_run_by(actor);
    match round.status {
        Status::Published => Ok(()),
        Status::Closed if runs => Ok(()),
        Status::Open if runs && !round.is_confidential() => Ok(()),
        _ if !runs => {
            Err(Error::forbidden("What came in is shown once the round is published; before, whoever runs it sees it."))
        }
        Status::Open => {
            let until = round.row.closes_at;
            Err(Error::wrong_state(format!(
                "Contributors may be anonymous here: what came in is shown once the round closes, at {until}."
            )))
        }
        status => Err(Error::wrong_state(format!("The round is {status}: nothing has come in."))),
    }
}

/// 409 unless a round is over, so that what came in can be answered.
pub fn must_be_over(round: &Round) -> Result<()> {
    if round.status.is_over() {
        return Ok(());
    }
    Err(Error::wrong_state(match round.status {
        Status::Open => format!("The round is open until {}: this is for when it has closed.", round.row.closes_at),
        status => format!("The round is {status}: this is for when it has closed."),
    }))
}

/// The round of a path that the caller runs: 404 where it does not read it, 401 or 403 where it does not run it.
pub fn run<P, Q, B>(c: &mut AnyConnection, name: &str, input: &Input<P, Q, B>, now: Instant) -> Result<Round> {
    let round = path::load(c, name, &input.actor, now)?;
    input.allow(&round.object())?;
    Ok(round)
}
