//! Changing a round.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::form;
use super::super::moves::{self, Held};
use super::super::path::{self, InConsultation};
use super::super::rules::{Audience, Scope, Status, Visibility};
use super::super::store::{self, ConsultationRow};
use super::super::view::ConsultationView;
use crate::audit;
use crate::error::{Error, FieldFault, Result};
use crate::http::change::Change;
use crate::http::{Languages, Object, Request, Tagged, Written};
use crate::locale::Localised;
use crate::time::Instant;

/// What can be changed of a round: everything of a draft but whose it is; from scheduling on title and background, whose meaning should
/// stay. Dates are then moved by an extension, or by opening and closing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsultationChange")]
pub struct Changes {
    /// At most 200 characters in each language.
    #[serde(default)]
    #[schemars(with = "Written")]
    title: Option<Written>,
    /// At most 5,000 characters in each language.
    #[serde(default)]
    background: Change<Written>,
    #[serde(default)]
    #[schemars(with = "Audience")]
    audience: Option<Audience>,
    #[serde(default)]
    #[schemars(with = "Vec<Visibility>", length(max = 10))]
    allowed_visibility: Option<Vec<Visibility>>,
    #[serde(default)]
    #[schemars(with = "Instant")]
    opens_at: Option<Instant>,
    #[serde(default)]
    #[schemars(with = "Instant")]
    closes_at: Option<Instant>,
    /// Of a deliverable's round: the number of the version that its audience is to read.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1))]
    version: Option<i64>,
}

/// Texts whose form is right.
struct Checked {
    title: Option<Localised>,
    background: Change<Localised>,
}

impl Changes {
    fn check(&self, languages: &Languages) -> Result<Checked> {
        let mut faults = Vec::new();
        let title = self.title.as_ref().and_then(|written| form::title(written, languages, &mut faults));
        let background = match &self.background {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(written) => form::background(written, languages, &mut faults).map_or(Change::Keep, Change::Set),
        };
        form::none(&faults)?;
        Ok(Checked { title, background })
    }

    /// The fields of a draft only.
    fn reserved(&self) -> Vec<&'static str> {
        let given = [
            ("audience", self.audience.is_some()),
            ("allowed_visibility", self.allowed_visibility.is_some()),
            ("opens_at", self.opens_at.is_some()),
            ("closes_at", self.closes_at.is_some()),
            ("version", self.version.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    fn apply(&self, checked: &Checked, row: &ConsultationRow) -> Result<ConsultationRow> {
        let mut to = row.clone();
        let title = match &checked.title {
            Some(title) => title.clone(),
            None => Localised::from_json(&row.title)?,
        };
        let mut background = row.background.as_deref().map(Localised::from_json).transpose()?;
        checked.background.apply(&mut background);
        to.search_text = form::search_text(&title, background.as_ref());
        (to.title, to.background) = (title.to_json(), background.as_ref().map(Localised::to_json));
        to.audience = self.audience.unwrap_or(to.audience);
        if let Some(allowed) = &self.allowed_visibility {
            to.allowed_visibility = serde_json::to_string(&allowed.iter().copied().collect::<BTreeSet<_>>())?;
        }
        to.opens_at = self.opens_at.unwrap_or(to.opens_at);
        to.closes_at = self.closes_at.unwrap_or(to.closes_at);
        to.deliverable_version = self.version.or(to.deliverable_version);
        Ok(to)
    }

    /// What does not go with whose round it is.
    fn misfits(&self, scope: Scope) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if self.version.is_some() && scope != Scope::Deliverable {
            faults.push(FieldFault::new("/version", "unknown", format!("does not go with the scope {scope}; remove it")));
        }
        if self.audience == Some(Audience::GroupMembers) && scope == Scope::Call {
            faults.push(FieldFault::new("/audience", "enum", "must be public or supporters: the call has no members"));
        }
        faults
    }
}

/// 409 where a round, or its group, stays as it is.
pub fn not_archived(held: &Held) -> Result<()> {
    match &held.group {
        Some(group) if group.status.is_over() => Err(Error::wrong_state(format!(
            "Working group {} is {}, and its rounds can only be read.",
            group.number, group.status
        ))),
        _ => Ok(()),
    }
}

pub async fn change(request: Request<InConsultation, (), Changes>) -> Result<Object<Tagged<ConsultationView>>> {
    request
        .write(|tx, input| {
            let body = &input.body;
            let checked = body.check(&input.languages)?;
            let now = tx.now();
            let seen = path::load(tx, &input.path.consultation, &input.actor, now)?;
            form::none(&body.misfits(seen.row.scope))?;
            input.allow(&seen.object())?;
            let held = moves::hold(tx, seen.row.id)?;
            let row = &held.round.row;
            input.if_match.require(row.version)?;
            not_archived(&held)?;
            let reserved = body.reserved();
            match held.round.status {
                Status::Draft => {}
                Status::Cancelled => return Err(Error::wrong_state("The round is cancelled and stays as it is.")),
                status if !reserved.is_empty() => {
                    let detail = format!(
                        "The round is {status}: {} can be changed in a draft only. A scheduled one goes back to draft; an open one is \
                         extended with POST …/extension.",
                        reserved.join(", ")
                    );
                    return Err(Error::wrong_state(detail));
                }
                Status::Scheduled | Status::Open | Status::Closed | Status::Published => {}
            }
            let mut to = body.apply(&checked, row)?;
            if let Some((deliverable, version)) = to.deliverable_id.zip(body.version) {
                form::require_readable(tx, deliverable, version)?;
            }
            if to != *row {
                to = store::save(tx, to)?;
                audit::record(tx, moves::entry("consultation.changed", &to));
            }
            Ok(Object::tagged(super::shown(tx, input, to, held.now)?))
        })
        .await
}
