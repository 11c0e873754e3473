//! `/deliverables`, and `/groups/{group}/deliverables`.

mod change;
mod list;
mod make;
mod moving;

use actix_web::http::Method;

use super::path::{self, InDeliverable};
use super::store::{self, DeliverableId};
use super::todays::Todays;
use super::view::{self, DeliverableView, Onlooker};
use crate::db::Write;
use crate::error::{ProblemKind, Result};
use crate::http::{Input, Object, Request, Route, Tagged, get, route};
use crate::policy::Action;

const ALL: &str = "/deliverables";
const OF_GROUP: &str = "/groups/{group}/deliverables";
const ONE: &str = "/deliverables/{deliverable}";
const MOVES: &str = "/deliverables/{deliverable}/transitions";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, IllegalTransition, InvalidCursor, NotFound, PreconditionFailed, RuleViolation, WrongState};
    let read = Action::ReadPublic;
    vec![
        get(ALL, read, "The deliverables of all groups, filtered and sorted; also as CSV", list::all).answers(&[InvalidCursor]),
        get(OF_GROUP, read, "The deliverables of a group, filtered and sorted; also as CSV", list::of_group)
            .answers(&[InvalidCursor, NotFound]),
        route(Method::POST, OF_GROUP, Action::RunGroup, "Plan a deliverable", make::make).answers(&[
            NotFound,
            WrongState,
            RuleViolation,
        ]),
        get(ONE, read, "One deliverable", show).answers(&[NotFound]),
        route(Method::PATCH, ONE, Action::WorkOnDeliverable, "Change a deliverable", change::change).answers(&[
            Forbidden,
            NotFound,
            WrongState,
            RuleViolation,
        ]),
        route(Method::POST, MOVES, Action::WorkOnDeliverable, "Move a deliverable on", moving::transition).answers(&[
            NotFound,
            IllegalTransition,
            RuleViolation,
            PreconditionFailed,
        ]),
    ]
}

async fn show(request: Request<InDeliverable>) -> Result<Object<Tagged<DeliverableView>>> {
    request
        .read(|tx, input| {
            let found = path::load(tx, input)?;
            let todays = Todays::read(tx)?;
            let to = Onlooker { actor: &input.actor, reader: &input.reader, todays: &todays };
            Ok(Object::tagged(view::deliverable(tx, found.row, &to)?).fresh_until(Some(todays.fresh_until())))
        })
        .await
}

/// The deliverable as it is now.
fn shown<P, Q, B>(tx: &mut Write<'_>, input: &Input<P, Q, B>, id: DeliverableId) -> Result<Tagged<DeliverableView>> {
    let row = store::find(tx, id.as_str())?.row;
    let now = tx.now();
    let todays = Todays::load(tx, now)?;
    view::deliverable(tx, row, &Onlooker { actor: &input.actor, reader: &input.reader, todays: &todays })
}
