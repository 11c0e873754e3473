//! `/consultations/{consultation}/results`, as JSON, table and picture.

use schemars::JsonSchema;
use serde::Deserialize;

use super::view::ResultsView;
use super::words::{Axis, Names};
use super::{chart, sheet};
use crate::call::{self, Call};
use crate::consultations::counting;
use crate::consultations::path::{self, InConsultation, Round};
use crate::consultations::rules::disclosure::may_show;
use crate::consultations::rules::questions::{Question, QuestionId};
use crate::consultations::rules::tally::Tally;
use crate::consultations::rules::{Status, results};
use crate::consultations::store::{listing, questions};
use crate::db::{AnyConnection, Read};
use crate::error::{Error, ProblemKind, Result};
use crate::http::{Csv, Input, Object, Picture, Request, Route, Sheet, get};
use crate::locale::{Localised, Reader};
use crate::picture::counts;
use crate::policy::{Action, Actor};

const PATH: &str = "/consultations/{consultation}/results";
const PICTURE: &str = "/consultations/{consultation}/results.svg";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, NotFound, WrongState};
    vec![
        get(
            PATH,
            Action::ReadPublic,
            "What came out of a round: who runs it once it has closed, everybody once it is published",
            show,
        )
        .answers(&[Forbidden, NotFound, WrongState]),
        get(PICTURE, Action::ReadPublic, "What came out of a round, or of one question, as a chart", picture)
            .answers(&[Forbidden, NotFound, WrongState]),
    ]
}

/// The round of a path, where what came out of it may be seen by the caller; else 404, 403 or 409.
pub fn opened<Q, B>(tx: &mut Read<'_>, input: &Input<InConsultation, Q, B>) -> Result<Round> {
    let now = tx.now();
    let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
    may_see(&round, &input.actor)?;
    Ok(round)
}

/// 403 or 409 unless what came out of a round may be seen by the caller, who reads it.
pub fn may_see(round: &Round, actor: &Actor) -> Result<()> {
    if round.shows_results_to(actor) {
        return Ok(());
    }
    if !round.is_run_by(actor) {
        return Err(Error::forbidden(
            "What came out of this round is shown once it is published; before, whoever runs it sees it.",
        ));
    }
    Err(Error::wrong_state(match round.status {
        Status::Open => {
            format!("The round is open: it closes at {}, and what came out of it is shown then.", round.row.closes_at)
        }
        Status::Draft | Status::Scheduled | Status::Cancelled | Status::Closed | Status::Published => {
            format!("The round is {}: nothing has come out of it.", round.status)
        }
    }))
}

/// Everything that results are made from.
pub struct Found {
    pub questions: Vec<Question>,
    pub tally: Tally,
}

impl Found {
    /// Of a round that is over.
    pub fn of(c: &mut AnyConnection, round: &Round) -> Result<Self> {
        let questions = questions::of(c, round.row.id)?;
        let tally = counting::tally(c, round, &questions)?;
        Ok(Self { questions, tally })
    }

    /// What is told of it.
    pub fn view(&self, c: &mut AnyConnection, round: &Round, call: &Call, reader: &Reader) -> Result<ResultsView> {
        let (sectors, regions) = (Axis::Sector.listed(call), Axis::Region.listed(call));
        let confidential = round.is_confidential();
        let outcome = results::outcome(&self.tally, &self.questions, confidential, &sectors, &regions);
        let (unanswered, named) = listing::unanswered(c, round.row.id)?;
        let told =
            !confidential || (outcome.submitted.is_some() && may_show(unanswered - named, self.tally.submitted().unnamed()));
        Ok(ResultsView::of(outcome, &self.questions, told.then_some(unanswered), reader))
    }
}

async fn show(request: Request<InConsultation>) -> Result<Sheet<ResultsView>> {
    request
        .read(|tx, input| {
            let round = opened(tx, input)?;
            let call = call::current(tx)?;
            let view = Found::of(tx, &round)?.view(tx, &round, &call, &input.reader)?;
            if input.wants_csv {
                return Ok(Sheet::Csv(Csv { bytes: sheet::write(&view)?, fresh_until: None }));
            }
            Ok(Sheet::Object(Object::plain(view)))
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct PictureQuery {
    /// Of which question; without it, of all.
    question_id: Option<QuestionId>,
}

async fn picture(request: Request<InConsultation, PictureQuery>) -> Result<Picture> {
    request
        .read(|tx, input| {
            let round = opened(tx, input)?;
            let call = call::current(tx)?;
            let view = Found::of(tx, &round)?.view(tx, &round, &call, &input.reader)?;
            let wanted = input.query.question_id;
            if wanted.is_some_and(|wanted| view.questions.iter().all(|question| question.id != wanted)) {
                return Err(Error::invalid("?question_id", "unknown", "is no question of this round"));
            }
            let title = Localised::from_json(&round.row.title)?.shown(&input.reader);
            let names = Names::of(&call, &input.reader);
            let asked = view.questions.iter().filter(|question| wanted.is_none_or(|wanted| question.id == wanted));
            let svg = counts::draw(&chart::questions(title.plain(), asked, &names), "").svg();
            Ok(Picture { svg, fresh_until: None })
        })
        .await
}
