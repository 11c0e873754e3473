//! `/trace`: from a principle to what came of it, and back from what was shown at a Forum, or from a contribution, to why, with what is
//! missing on the way.

mod all;
mod view;

use schemars::JsonSchema;
use serde::Deserialize;

use self::all::All;
use self::view::TraceView;
use crate::consultations::ContributionId;
use crate::error::{ProblemKind, Result};
use crate::forum::SessionId;
use crate::http::{Object, Request, Route, get};
use crate::policy::Action;

pub fn routes() -> Vec<Route> {
    let what = "From principles over groups, deliverables, rounds and contributions to sessions, or back, with what is missing";
    vec![get("/trace", Action::ReadPublic, what, trace).answers(&[ProblemKind::NotFound])]
}

#[derive(Deserialize, JsonSchema)]
struct TraceQuery {
    /// Only what this principle, by number, leads to.
    principle: Option<i64>,
    /// Only what a group comes from and leads to: its id, number or slug.
    #[schemars(length(max = 200))]
    group: Option<String>,
    /// Only what a deliverable comes from and leads to: its reference or id.
    #[schemars(length(max = 200))]
    deliverable: Option<String>,
    /// Only what a round comes from and leads to: its id or slug.
    #[schemars(length(max = 200))]
    consultation: Option<String>,
    /// Only what a contribution leads to: the id under which it is listed.
    contribution: Option<ContributionId>,
    /// Only what a session comes from.
    session: Option<SessionId>,
}

impl TraceQuery {
    /// Whether it asks for little enough that contributions are listed one by one.
    fn is_narrow(&self) -> bool {
        self.deliverable.is_some() || self.consultation.is_some() || self.contribution.is_some() || self.session.is_some()
    }
}

async fn trace(request: Request<(), TraceQuery>) -> Result<Object<TraceView>> {
    request
        .read(|tx, input| {
            let mut all = All::read(tx, input)?;
            all.keep(tx, input)?;
            let next_change = all.next_change;
            Ok(Object::plain(view::view(all)).fresh_until(next_change))
        })
        .await
}
