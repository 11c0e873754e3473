//! `/deliverables`, and `/groups/{group}/deliverables`.

use crate::db::Write;
use crate::error::{ProblemKind, Result};
use crate::http::{Input, Object, Request, Route, Tagged, get};
use crate::policy::Action;

use super::path::{self, InDeliverable};
use super::store;
use super::store::DeliverableId;
use super::todays::Todays;
use super::view::{self, DeliverableView, Onlooker};

const ONE: &str = "/deliverables/{deliverable}";

pub fn routes() -> Vec<Route> {
    vec![get(ONE, Action::ReadPublic, "One deliverable", show).answers(&[ProblemKind::NotFound])]
}

async fn show(request: Request<InDeliverable>) -> Result<Object<Tagged<DeliverableView>>> {
    request
        .read(|tx, input| {
            let found = path::load(tx, input)?;
            let todays = Todays::read(tx)?;
            let to = Onlooker { actor: &input.actor, reader: &input.reader, todays: &todays };
            let fresh_until = Some(todays.fresh_until());
            Ok(Object::tagged(view::deliverable(tx, found.row, &to)?).fresh_until(fresh_until))
        })
        .await
}

/// The deliverable as it is now.
pub fn shown<P, Q, B>(tx: &mut Write<'_>, input: &Input<P, Q, B>, id: DeliverableId) -> Result<Tagged<DeliverableView>> {
    let row = store::find(tx, id.as_str())?.row;
    let now = tx.now();
    let todays = Todays::load(tx, now)?;
    view::deliverable(tx, row, &Onlooker { actor: &input.actor, reader: &input.reader, todays: &todays })
}
