//! `/consultations/{consultation}/report`.

use super::page::{STYLE, Shown};
use crate::call;
use crate::consultations::listing::view;
use crate::consultations::path::InConsultation;
use crate::consultations::results::routes::{Found, opened};
use crate::consultations::rules::veil::Veil;
use crate::consultations::store::listing::{self, Which};
use crate::error::{ProblemKind, Result};
use crate::http::{Html, Request, Route, get};
use crate::policy::Action;

const PATH: &str = "/consultations/{consultation}/report";
/// Responses that are printed, at most: the table of contributions has all.
const MOST: i64 = 1_500;

/// The routes of this module.
pub fn routes() -> Vec<Route> {
    let summary = "A round made for print: what was asked, what came in, and what became of it";
    vec![get(PATH, Action::ReadPublic, summary, report).answers(&[
        ProblemKind::Forbidden,
        ProblemKind::NotFound,
        ProblemKind::WrongState,
    ])]
}

async fn report(request: Request<InConsultation>) -> Result<Html> {
    request
        .read(|tx, input| {
            let round = opened(tx, input)?;
            let call = call::current(tx)?;
            let found = Found::of(tx, &round)?;
            let results = found.view(tx, &round, &call, &input.reader)?;
            // The same for everybody: what only some may read is not printed.
            let which = Which::default();
            let rows = listing::batch(tx, round.row.id, which, "", MOST)?;
            let more = listing::count(tx, round.row.id, which)? - i64::try_from(rows.len()).unwrap_or_default();
            let veil = Veil::over(&found.tally);
            let responses = view::listed(tx, rows, &found.questions, &veil, &input.reader)?;
            let shown =
                Shown { call: &call, round: &round, results: &results, responses: &responses, more, reader: &input.reader };
            Ok(Html { html: shown.page()?, style: STYLE, fresh_until: None })
        })
        .await
}
