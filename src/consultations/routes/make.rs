//! Drafting a round.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::form;
use super::super::moves;
use super::super::path;
use super::super::rules::{Audience, Scope, Status, Visibility};
use super::super::store::{self, ConsultationRow};
use super::super::view::ConsultationView;
use crate::audit;
use crate::db::{DbError, Write};
use crate::deliverables::{self, DeliverableId};
use crate::error::{Error, FieldFault, Result};
use crate::groups::{self, Status as GroupStatus};
use crate::http::etag::stale;
use crate::http::{Created, Input, Request, Written};
use crate::locale::Localised;
use crate::policy::{GroupId, Object};
use crate::time::Instant;

/// A round to be drafted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewConsultation")]
pub struct New {
    scope: Scope,
    /// Of a group's round.
    group_id: Option<GroupId>,
    /// Of a deliverable's round: its reference, or its id.
    #[schemars(length(min = 1, max = 200))]
    deliverable: Option<String>,
    /// Of a deliverable's round: the number of the version that its audience is to read.
    #[schemars(range(min = 1))]
    version: Option<i64>,
    /// At most 200 characters in each language.
    title: Written,
    /// At most 5,000 characters in each language.
    background: Option<Written>,
    audience: Audience,
    /// What a contribution chooses from; `["attributed"]` where it is left out.
    #[schemars(length(max = 10))]
    allowed_visibility: Option<Vec<Visibility>>,
    opens_at: Instant,
    /// From this instant on it is too late.
    closes_at: Instant,
}

/// Whose round it is to be.
struct Whose {
    group: Option<GroupId>,
    about: Option<(DeliverableId, i64)>,
}

impl New {
    /// Title, background and whose it is, or everything that is wrong with the form.
    fn check(&self, tx: &mut Write<'_>, input: &Input<(), (), Self>) -> Result<(Localised, Option<Localised>, Whose)> {
        let mut faults = Vec::new();
        let title = form::title(&self.title, &input.languages, &mut faults);
        let background = self.background.as_ref().and_then(|written| form::background(written, &input.languages, &mut faults));
        let (has_group, is_about) = (self.group_id.is_some(), (self.deliverable.is_some(), self.version.is_some()));
        let fields = [
            ("/group_id", has_group, self.scope == Scope::Group),
            ("/deliverable", is_about.0, self.scope == Scope::Deliverable),
            ("/version", is_about.1, self.scope == Scope::Deliverable),
        ];
        for (pointer, given, wanted) in fields {
            if given && !wanted {
                faults.push(FieldFault::new(pointer, "unknown", format!("does not go with the scope {}; remove it", self.scope)));
            } else if wanted && !given {
                faults.push(FieldFault::new(
                    pointer,
                    "required",
                    format!("is missing; a round of the scope {} needs it", self.scope),
                ));
            }
        }
        if self.scope == Scope::Call && self.audience == Audience::GroupMembers {
            faults.push(FieldFault::new("/audience", "enum", "must be public or supporters: the call has no members"));
        }
        let mut whose = Whose { group: None, about: None };
        if let Some(group) = self.group_id.filter(|_| self.scope == Scope::Group) {
            match groups::refs(tx, &[group], &input.reader)?.contains_key(&group) {
                true => whose.group = Some(group),
                false => faults.push(FieldFault::new("/group_id", "unknown", "names no working group")),
            }
        }
        if let Some(name) = self.deliverable.as_deref().filter(|_| self.scope == Scope::Deliverable) {
            match deliverables::named(tx, name) {
                Ok(facts) => {
                    whose.group = Some(facts.group);
                    whose.about = self.version.map(|version| (facts.id, version));
                }
                Err(Error::Problem(_)) => {
                    faults.push(FieldFault::new("/deliverable", "unknown", "names no deliverable by reference or id"));
                }
                Err(other) => return Err(other),
            }
        }
        form::none(&faults)?;
        let title = title.ok_or_else(|| Error::Internal("a title without faults is there".into()))?;
        Ok((title, background, whose))
    }
}

pub async fn make(request: Request<(), (), New>) -> Result<Created<ConsultationView>> {
    request
        .create(
            |tx, input| {
                let body = &input.body;
                let (title, background, whose) = body.check(tx, input)?;
                input.allow(&whose.group.map_or_else(Object::initiative, Object::of_group))?;
                if let Some(group) = whose.group {
                    let group = groups::hold(tx, group)?;
                    if group.status != GroupStatus::Active {
                        let detail = format!("Working group {} is {}: only active groups ask.", group.number, group.status);
                        return Err(Error::wrong_state(detail));
                    }
                }
                if let Some((deliverable, version)) = whose.about {
                    form::require_readable(tx, deliverable, version)?;
                }
                let visibility: BTreeSet<Visibility> = match &body.allowed_visibility {
                    Some(allowed) => allowed.iter().copied().collect(),
                    None => BTreeSet::from([Visibility::Attributed]),
                };
                let now = tx.now();
                let slug = form::slug(title.pick(&input.languages.0), |slug| store::is_taken(tx, slug))?;
                let row = ConsultationRow {
                    id: tx.new_id(),
                    slug,
                    scope: body.scope,
                    group_id: whose.group,
                    deliverable_id: whose.about.map(|(id, _)| id),
                    deliverable_version: whose.about.map(|(_, version)| version),
                    search_text: form::search_text(&title, background.as_ref()),
                    title: title.to_json(),
                    background: background.as_ref().map(Localised::to_json),
                    synthesis: None,
                    audience: body.audience,
                    allowed_visibility: serde_json::to_string(&visibility)?,
                    status: Status::Draft,
                    opens_at: body.opens_at,
                    closes_at: body.closes_at,
                    opened_at: None,
                    published_at: None,
                    synthesis_version: 1,
                    questions_version: 1,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                match store::insert(tx, &row) {
                    Ok(_) => {}
                    // Another took the slug meanwhile.
                    Err(error) if DbError::unique_violation(&error) => return Err(stale()),
                    Err(error) => return Err(error.into()),
                }
                audit::record(tx, moves::entry("consultation.created", &row));
                Ok(row.id.to_string())
            },
            |tx, input, id| {
                let now = tx.now();
                let round = path::load(tx, id, &input.actor, now)?;
                input.allow(&round.object())?;
                let location = format!("/consultations/{}", round.row.slug);
                Ok(Created { location, object: super::shown(tx, input, round.row, now)? })
            },
        )
        .await
}
