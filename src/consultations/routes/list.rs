//! The list of rounds.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::path;
use super::super::rules::{Scope, Status};
use super::super::store::clock;
use super::super::store::list::{self, Filter, Rounds};
use super::super::view::{self, ConsultationView, Onlooker};
use crate::error::{Error, Result};
use crate::groups;
use crate::http::page::Paging;
use crate::http::{Page, Request, Tagged};
use crate::text;

#[derive(Deserialize, JsonSchema)]
pub struct Query {
    #[serde(flatten)]
    page: Paging<Rounds>,
    /// Rounds of this scope.
    scope: Option<Scope>,
    /// Rounds of this group and its deliverables: its number, slug or id.
    #[schemars(length(min = 1, max = 200))]
    group: Option<String>,
    /// Rounds that stand so by the clock.
    status: Option<Status>,
    /// Words that all stand in title or background, in whatever language, case and accents aside.
    #[schemars(length(min = 1, max = 200))]
    q: Option<String>,
}

pub async fn list(request: Request<(), Query>) -> Result<Page<Tagged<ConsultationView>>> {
    request
        .read(|tx, input| {
            let Query { page, scope, group, status, q } = &input.query;
            let now = tx.now();
            let group = match group.as_deref() {
                None => None,
                Some(name) => Some(groups::resolve(tx, name).map_err(|error| match error {
                    Error::Problem(_) => Error::invalid("?group", "enum", "names no working group by number, slug or id"),
                    other => other,
                })?),
            };
            if q.as_deref().is_some_and(|q| text::search_words(q).is_empty()) {
                return Err(Error::invalid("?q", "empty", "needs at least one letter or digit"));
            }
            let sight = path::sight(&input.actor);
            let filter = Filter { scope: *scope, group, status: *status, q: q.as_deref(), sight: &sight, now };
            let plan = page.plan(&input.filters)?;
            let rows = list::page(tx, &filter, &plan)?;
            let total = if plan.total { Some(list::count(tx, &filter)?) } else { None };
            let (rows, next) = plan.cut(rows);
            // Also a round that is not on this page may come onto it.
            let fresh_until = clock::next_change(tx, now)?;
            let to = Onlooker { actor: &input.actor, reader: &input.reader, now };
            Ok(Page::new(view::consultations(tx, rows, &to)?, next, total).fresh_until(fresh_until))
        })
        .await
}
