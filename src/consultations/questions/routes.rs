//! `/consultations/{consultation}/questions`.

use actix_web::http::Method;

use super::form::Whole;
use super::view::QuestionsView;
use crate::audit::{self, Entry};
use crate::consultations::path::{self, InConsultation};
use crate::consultations::store::{self, questions};
use crate::error::{Error, ProblemKind, Result};
use crate::http::{Object, Request, Route, Tagged, get, route};
use crate::policy::Action;

const PATH: &str = "/consultations/{consultation}/questions";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, NotFound, WrongState};
    vec![
        get(PATH, Action::ReadPublic, "What a round asks", show).answers(&[NotFound]),
        route(Method::PUT, PATH, Action::RunGroup, "Say what a round asks, in place of what it asked before", replace)
            .answers(&[Forbidden, NotFound, WrongState]),
    ]
}

async fn show(request: Request<InConsultation>) -> Result<Object<Tagged<QuestionsView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
            let asked = questions::of(tx, round.row.id)?;
            let view = QuestionsView::of(asked, &input.reader);
            let ahead = [round.row.opens_at, round.row.closes_at].into_iter().filter(|at| *at > now).min();
            Ok(Object::tagged(Tagged::new(round.row.questions_version, view)).fresh_until(ahead))
        })
        .await
}

async fn replace(request: Request<InConsultation, (), Whole>) -> Result<Object<Tagged<QuestionsView>>> {
    request
        .write(|tx, input| {
            let wanted = input.body.check(&input.languages)?;
            let now = tx.now();
            let seen = path::load(tx, &input.path.consultation, &input.actor, now)?;
            input.allow(&seen.object())?;
            // Nobody schedules or opens it meanwhile: from then on its questions are frozen.
            let (row, at) = store::hold(tx, seen.row.id)?;
            input.if_match.require(row.questions_version)?;
            let status = row.status_at(at);
            if !status.takes_questions() {
                let detail = format!("The round is {status}: its questions are frozen from scheduling on. Move it back to draft first, where it is scheduled.");
                return Err(Error::wrong_state(detail));
            }
            let asked: Vec<_> = wanted.into_iter().map(|question| question.named(tx)).collect();
            let version = questions::replace(tx, &row, &asked)?;
            audit::record(tx, Entry::of("consultation.questions_set", "consultation", row.id));
            Ok(Object::tagged(Tagged::new(version, QuestionsView::of(asked, &input.reader))))
        })
        .await
}
