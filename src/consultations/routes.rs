//! `/consultations`: the life of a round.

mod change;
mod list;
mod make;
mod moving;

use actix_web::http::Method;

use super::path::{self, InConsultation};
use super::store::ConsultationRow;
use super::view::{self, ConsultationView, Onlooker};
use crate::db::AnyConnection;
use crate::error::{ProblemKind, Result};
use crate::http::{Input, Object, Request, Route, Tagged, get, route};
use crate::policy::Action;
use crate::time::Instant;

const ALL: &str = "/consultations";
const ONE: &str = "/consultations/{consultation}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, IllegalTransition, InvalidCursor, NotFound, PreconditionFailed, RuleViolation, WrongState};
    let (read, run) = (Action::ReadPublic, Action::RunGroup);
    vec![
        get(ALL, read, "The consultation rounds that the caller may read, newest first", list::list).answers(&[InvalidCursor]),
        route(Method::POST, ALL, run, "Draft a round: of the call, a group, or a deliverable", make::make).answers(&[
            Forbidden,
            WrongState,
            RuleViolation,
        ]),
        get(ONE, read, "One round, as it stands by the clock", show).answers(&[NotFound]),
        route(
            Method::PATCH,
            ONE,
            run,
            "Change a draft; of a round that is scheduled or opened its title and background",
            change::change,
        )
        .answers(&[NotFound, Forbidden, WrongState, RuleViolation]),
        route(
            Method::POST,
            "/consultations/{consultation}/transitions",
            run,
            "Schedule, open, close, publish or cancel a round",
            moving::transition,
        )
        .answers(&[NotFound, Forbidden, WrongState, IllegalTransition, RuleViolation, PreconditionFailed]),
        route(
            Method::POST,
            "/consultations/{consultation}/extension",
            run,
            "Let an open round close later, and tell its audience",
            moving::extend,
        )
        .answers(&[NotFound, WrongState, RuleViolation, PreconditionFailed]),
    ]
}

async fn show(request: Request<InConsultation>) -> Result<Object<Tagged<ConsultationView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
            let next = round.row.next_change(now);
            Ok(Object::tagged(shown(tx, input, round.row, now)?).fresh_until(next))
        })
        .await
}

/// A round as the caller sees it at an instant.
fn shown<P, Q, B>(
    c: &mut AnyConnection,
    input: &Input<P, Q, B>,
    row: ConsultationRow,
    now: Instant,
) -> Result<Tagged<ConsultationView>> {
    view::consultation(c, row, &Onlooker { actor: &input.actor, reader: &input.reader, now })
}
