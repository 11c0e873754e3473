//! Supporters: the organisations that endorsed the call, and the public register of them, and its import.

mod import;
mod routes;
mod rules;
mod store;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::country::Region;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Route;
use crate::policy::SupporterId;

pub use import::{
    BadLine, Codes, Field, ImportOptions, ImportReport, Mapping, Parsed, Remark, Row, Warning, import, parse as parse_register,
    refused_csv,
};
pub use rules::{INTERNATIONAL_ORGANISATION, Particulars, SOURCE_CALL, Status};
pub use store::entries::{Entries, Entry};

/// A supporter where something else refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SupporterRef {
    /// Its id.
    pub id: SupporterId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// What other slices ask about a supporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupporterFacts {
    /// How answers refer to it.
    pub reference: SupporterRef,
    /// Its sector, by code.
    pub sector: Option<String>,
    /// Its country, as alpha-2 code.
    pub country: Option<String>,
    /// Its region.
    pub region: Option<Region>,
    /// Whether it is endorsed now.
    pub endorsed: bool,
}

/// The facts of these supporters, in one query; ids that name none are left out.
pub fn refs(connection: &mut AnyConnection, ids: &[SupporterId]) -> Result<HashMap<SupporterId, SupporterFacts>> {
    let rows = store::facts(connection, ids)?;
    Ok(rows
        .into_iter()
        .map(|(id, slug, name, sector, country, region, status)| {
            let reference = SupporterRef { id, slug, name };
            (id, SupporterFacts { reference, sector, country, region, endorsed: status == Status::Endorsed })
        })
        .collect())
}

/// The endorsed supporters in whose name or former names every word of `q` stands, by name, at most `limit`; none where `q` has no
/// letter or digit. One query.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<SupporterRef>> {
    let rows = store::search(connection, q, limit)?;
    Ok(rows.into_iter().map(|(id, slug, name)| SupporterRef { id, slug, name }).collect())
}

/// `/supporters`, `/supporters/{supporter}`, `/supporters/stats`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
