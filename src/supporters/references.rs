//! How other objects refer to a supporter.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::rules::Status;
use super::store;
use crate::country::Region;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::SupporterId;

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
