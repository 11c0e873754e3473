//! `/admin/suppressions`: addresses to which nothing is sent, because their server said that nobody has them.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::suppressions::{self as store, Suppression, SuppressionId};
use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::http::page::{Listed, Paging, SortField, SortKey};
use crate::http::{NoContent, Page, Request, Route, get, route};
use crate::policy::{Action, Object};
use crate::text;
use crate::time::Instant;

/// The suppressed addresses as a list.
pub struct Suppressions;

impl Listed for Suppressions {
    type Row = Suppression;
    const SORTS: &'static [SortField<Suppression>] = &[
        SortField { name: "created_at", column: "suppressions.created_at", key: SortKey::At(|row| row.created_at) },
        SortField {
            name: "address",
            column: "suppressions.folded_address",
            key: SortKey::Text(|row| row.folded_address.clone()),
        },
    ];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<Suppression> = SortField {
        name: "address",
        column: "suppressions.folded_address",
        key: SortKey::Text(|row| row.folded_address.clone()),
    };
}

/// An address to which nothing is sent but what confirms it, and security mails.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Suppression")]
struct SuppressionView {
    id: SuppressionId,
    /// In lower case.
    address: String,
    /// What its server said last.
    reason: String,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Deserialize, JsonSchema)]
struct SuppressionsQuery {
    #[serde(flatten)]
    page: Paging<Suppressions>,
    /// Words that all stand in the address, without regard to case.
    #[schemars(length(min = 1, max = 200))]
    q: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct AddressPath {
    /// The address, percent-encoded.
    #[schemars(length(min = 1, max = 300))]
    address: String,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/suppressions", Action::RunInitiative, "Addresses that were refused for good", list),
        route(Method::DELETE, "/admin/suppressions/{address}", Action::RunInitiative, "Write to an address again", lift)
            .unversioned(),
    ]
}

async fn list(request: Request<(), SuppressionsQuery>) -> Result<Page<SuppressionView>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            let query = &input.query;
            let q = query.q.as_deref();
            if q.is_some_and(|q| text::search_words(q).is_empty()) {
                return Err(Error::invalid("?q", "empty", "needs at least one letter or digit"));
            }
            let plan = query.page.plan(&input.filters)?;
            let rows = store::page(tx, q, &plan)?;
            let total = if plan.total { Some(store::count(tx, q)?) } else { None };
            let (rows, next) = plan.cut(rows);
            let view = |row: Suppression| SuppressionView {
                id: row.id,
                address: row.folded_address,
                reason: row.reason,
                created_at: row.created_at,
                updated_at: row.updated_at,
            };
            Ok(Page::new(rows.into_iter().map(view).collect(), next, total))
        })
        .await
}

async fn lift(request: Request<AddressPath>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            input.allow(&Object::initiative())?;
            let address = &input.path.address;
            let id = store::lift(tx, address)?.ok_or_else(|| Error::not_found("suppressed address"))?;
            // The record names no address: that it was done, when and by whom is what it says.
            audit::record(tx, Entry::of("suppression.lifted", "suppression", id));
            Ok(NoContent)
        })
        .await
}
