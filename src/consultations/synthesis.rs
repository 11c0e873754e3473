//! `/consultations/{consultation}/synthesis`: what whoever runs a round makes of what came in.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listing::eyes;
use super::path::{self, InConsultation, Round};
use super::rules::Status;
use super::store::{self, ConsultationRow, synthesis};
use crate::audit::{self, Entry};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::{Object, Request, Route, Tagged, Written, get, route};
use crate::locale::{Localised, Reader, Shown};
use crate::policy::Action;
use crate::text;

const PATH: &str = "/consultations/{consultation}/synthesis";
/// Characters of it in each language.
const LONGEST: usize = 20_000;

/// The routes of this module.
pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, NotFound, WrongState};
    vec![
        get(PATH, Action::ReadPublic, "What was made of what came in: everybody who reads the round once it is published", show)
            .answers(&[Forbidden, NotFound]),
        route(Method::PUT, PATH, Action::RunGroup, "Say what was made of what came in, once the round has closed", put)
            .answers(&[Forbidden, NotFound, WrongState]),
    ]
}

/// What was made of what came in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Synthesis")]
struct SynthesisView {
    /// `CommonMark`; null: not written yet.
    markdown: Option<Shown>,
}

fn view(row: &ConsultationRow, reader: &Reader) -> Result<Object<Tagged<SynthesisView>>> {
    let markdown = row.synthesis.as_deref().map(Localised::from_json).transpose()?.map(|text| text.shown(reader));
    Ok(Object::tagged(Tagged::new(row.synthesis_version, SynthesisView { markdown })))
}

async fn show(request: Request<InConsultation>) -> Result<Object<Tagged<SynthesisView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
            if round.status != Status::Published && !round.is_run_by(&input.actor) {
                return Err(Error::forbidden("The synthesis is shown once the round is published."));
            }
            view(&round.row, &input.reader)
        })
        .await
}

/// What was made of what came in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSynthesis")]
struct NewSynthesis {
    /// `CommonMark`; HTML in it is shown as text. At most 20,000 characters in each language.
    markdown: Written,
}

async fn put(request: Request<InConsultation, (), NewSynthesis>) -> Result<Object<Tagged<SynthesisView>>> {
    request
        .write(|tx, input| {
            let clean = |typed: &str| text::prose(typed, LONGEST);
            let markdown = input.body.markdown.read("/markdown", &input.languages, clean);
            let markdown = markdown.map_err(|faults| Problem::invalid(&faults))?;
            let now = tx.now();
            let seen = eyes::run(tx, &input.path.consultation, input, now)?;
            // It is published with what is written here by then.
            let (row, at) = store::hold(tx, seen.row.id)?;
            let round = Round::at(row, at)?;
            if round.row.synthesis.is_some() {
                input.if_match.require(round.row.synthesis_version)?;
            }
            eyes::must_be_over(&round)?;
            let row = synthesis::save(tx, round.row, &markdown)?;
            let entry = Entry::of("consultation.synthesis_set", "consultation", row.id);
            audit::record(tx, row.group_id.into_iter().fold(entry, Entry::in_group));
            view(&row, &input.reader)
        })
        .await
}
