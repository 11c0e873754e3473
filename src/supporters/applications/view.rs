//! An application as the secretariat sees it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{Likeness, Status};
use super::store::{ApplicationId, LookAlike, Row};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Tagged;
use crate::policy::SupporterId;
use crate::supporters::references::{self, SupporterRef};
use crate::time::{Day, DaySchema, Instant};

/// An application, as the secretariat sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Application")]
pub struct View {
    id: ApplicationId,
    name: String,
    sector: String,
    kind: Option<String>,
    country: Option<String>,
    website: Option<String>,
    statement: Option<String>,
    contact: ContactView,
    status: Status,
    /// Why it was declined.
    reason: Option<String>,
    /// What the secretariat asked the contact.
    asked: Vec<Asked>,
    confirmed_at: Option<Instant>,
    /// The entry that it is about: a new one, or one that withdrew or was declined before and is re-opened when endorsed.
    supporter: Option<SupporterRef>,
    /// What may be the same organisation, when it was confirmed.
    possible_duplicates: Vec<DuplicateView>,
    created_at: Instant,
    updated_at: Instant,
}

/// Its contact; null once forgotten (PRIVACY.md).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationContact")]
pub struct ContactView {
    name: Option<String>,
    email: Option<String>,
    job_title: Option<String>,
    authorised: bool,
}

/// A question of the secretariat.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ApplicationQuestion")]
pub struct Asked {
    /// When.
    #[schemars(with = "DaySchema")]
    pub on: Day,
    /// What.
    pub text: String,
}

/// An entry or an application that may be the same organisation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PossibleDuplicate")]
pub struct DuplicateView {
    supporter: Option<SupporterRef>,
    application_id: Option<ApplicationId>,
    why: Likeness,
}

/// These applications as the secretariat sees them; their supporters in one query.
pub fn views(c: &mut AnyConnection, rows: Vec<Row>) -> Result<Vec<Tagged<View>>> {
    let mut read: Vec<(Row, Vec<LookAlike>, Vec<Asked>)> = Vec::new();
    for row in rows {
        let (alike, asked) = (serde_json::from_str(&row.possible_duplicates)?, serde_json::from_str(&row.asked)?);
        read.push((row, alike, asked));
    }
    let of = |(row, alike, _): &(Row, Vec<LookAlike>, Vec<Asked>)| {
        row.supporter_id.into_iter().chain(alike.iter().filter_map(|one| one.supporter_id)).collect::<Vec<_>>()
    };
    let ids: Vec<SupporterId> = read.iter().flat_map(of).collect();
    let known: HashMap<_, _> = references::refs(c, &ids)?.into_iter().map(|(id, facts)| (id, facts.reference)).collect();
    Ok(read.into_iter().map(|(row, alike, asked)| view(row, alike, asked, &known)).collect())
}

fn view(row: Row, alike: Vec<LookAlike>, asked: Vec<Asked>, known: &HashMap<SupporterId, SupporterRef>) -> Tagged<View> {
    let named = |id: Option<SupporterId>| id.and_then(|id| known.get(&id).cloned());
    let duplicate =
        |one: LookAlike| DuplicateView { supporter: named(one.supporter_id), application_id: one.application_id, why: one.why };
    let view = View {
        id: row.id,
        supporter: named(row.supporter_id),
        possible_duplicates: alike.into_iter().map(duplicate).collect(),
        name: row.name,
        sector: row.sector,
        kind: row.kind,
        country: row.country,
        website: row.website,
        statement: row.statement,
        contact: ContactView {
            name: row.contact_name,
            email: row.contact_email,
            job_title: row.contact_job_title,
            authorised: row.authorised,
        },
        status: row.status,
        reason: row.reason,
        asked,
        confirmed_at: row.confirmed_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Tagged::new(row.version, view)
}
