//! `/consultations/{consultation}/contributions`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{eyes, sheet, view};
use crate::consultations::counting;
use crate::consultations::path::{self, InConsultation};
use crate::consultations::rules::veil::Veil;
use crate::consultations::store::listing::{self, Contributions, Submitted, Which};
use crate::consultations::store::{ConsultationId, questions};
use crate::db::AnyConnection;
use crate::error::{ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Csv, Page, Request, Route, Table, get};
use crate::policy::Action;

const PATH: &str = "/consultations/{consultation}/contributions";
/// Contributions read at once for a table.
const BATCH: i64 = 500;

pub fn routes() -> Vec<Route> {
    let summary = "What came in: who runs the round once it has closed, everybody who reads it once it is published";
    vec![get(PATH, Action::ReadPublic, summary, list).answers(&[
        ProblemKind::Forbidden,
        ProblemKind::NotFound,
        ProblemKind::WrongState,
        ProblemKind::InvalidCursor,
    ])]
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Contributions>,
    /// Only those that have a disposition, or (`false`) have none yet: the gap.
    answered: Option<bool>,
}

async fn list(request: Request<InConsultation, Query>) -> Result<Table<view::ListedView>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let round = path::load(tx, &input.path.consultation, &input.actor, now)?;
            eyes::may_list(&round, &input.actor)?;
            let which = Which { answered: input.query.answered, ..eyes::of(&round, &input.actor) };
            let plan = if input.wants_csv { input.query.page.whole()? } else { input.query.page.plan(&input.filters)? };
            let asked = questions::of(tx, round.row.id)?;
            // While it is open nobody is anonymous: nothing is veiled then.
            let veil = if round.status.is_over() && round.is_confidential() {
                Veil::over(&counting::tally(tx, &round, &asked)?)
            } else {
                Veil::default()
            };
            if input.wants_csv {
                let rows = whole(tx, round.row.id, Which { hidden: false, ..which })?;
                let views = view::listed(tx, rows, &asked, &veil, &input.reader)?;
                return Ok(Table::Csv(Csv { bytes: sheet::write(&views, &asked, &input.reader)?, fresh_until: None }));
            }
            let total = if plan.total { Some(listing::count(tx, round.row.id, which)?) } else { None };
            let (rows, next) = listing::page(tx, round.row.id, which, &plan)?;
            Ok(Table::Page(Page::new(view::listed(tx, rows, &asked, &veil, &input.reader)?, next, total)))
        })
        .await
}

/// All of them.
pub fn whole(c: &mut AnyConnection, consultation: ConsultationId, which: Which) -> Result<Vec<Submitted>> {
    let mut all: Vec<Submitted> = Vec::new();
    loop {
        let after = all.last().map(|last| last.row.listing_id.to_string()).unwrap_or_default();
        let batch = listing::batch(c, consultation, which, &after, BATCH)?;
        if batch.is_empty() {
            return Ok(all);
        }
        all.extend(batch);
    }
}
