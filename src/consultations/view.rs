//! How answers show rounds: the same shape in lists and alone.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::path::Round;
use super::rules::moving;
use super::rules::{Audience, Scope, Status, Visibility};
use super::store::{ConsultationId, ConsultationRow, counts};
use crate::db::AnyConnection;
use crate::deliverables::{self, DeliverableRef};
use crate::error::{Error, Result};
use crate::groups::{self, GroupRef};
use crate::http::Tagged;
use crate::locale::{Localised, Reader, Shown};
use crate::policy::{Action, Actor, Object};
use crate::time::Instant;

/// A consultation round where something else refers to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConsultationRef {
    /// Its id.
    pub id: ConsultationId,
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: Shown,
}

impl ConsultationRef {
    /// Of this round.
    pub fn of(row: &ConsultationRow, reader: &Reader) -> Result<Self> {
        Ok(Self { id: row.id, slug: row.slug.clone(), title: Localised::from_json(&row.title)?.shown(reader) })
    }
}

/// A consultation round.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consultation")]
pub struct ConsultationView {
    id: ConsultationId,
    slug: String,
    scope: Scope,
    /// Of a group's round, and of a deliverable's.
    group: Option<GroupRef>,
    deliverable: Option<DeliverableRef>,
    /// The number of the deliverable's version that its audience reads.
    version: Option<i64>,
    title: Shown,
    background: Option<Shown>,
    audience: Audience,
    /// What a contribution chooses from, from most to fewest who learn of it.
    allowed_visibility: BTreeSet<Visibility>,
    /// Where it stands by the clock.
    status: Status,
    opens_at: Instant,
    /// At this instant it is too late.
    closes_at: Instant,
    published_at: Option<Instant>,
    counts: CountsView,
    /// The statuses that the caller may move it to, most usual first.
    allowed_transitions: Vec<Status>,
    created_at: Instant,
    updated_at: Instant,
}

/// How many were asked, and how many answered.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsultationCounts")]
struct CountsView {
    /// Supporters that were in the audience at any time while it was open; null where everybody is asked.
    invited: Option<i64>,
    /// Contributions that count. Null in a round that keeps to itself who answered, until it is published (closed, for who runs it), and then
    /// where fewer than 3 stand on either side.
    submitted: Option<i64>,
}

/// For whom rounds are shown, and when.
pub struct Onlooker<'a> {
    /// The caller.
    pub actor: &'a Actor,
    /// The languages it reads.
    pub reader: &'a Reader,
    /// The instant.
    pub now: Instant,
}

/// These rounds as answers show them. As many queries for one as for a page of them.
pub fn consultations(
    c: &mut AnyConnection,
    rows: Vec<ConsultationRow>,
    to: &Onlooker<'_>,
) -> Result<Vec<Tagged<ConsultationView>>> {
    let ids: Vec<ConsultationId> = rows.iter().map(|row| row.id).collect();
    let of_groups: BTreeSet<_> = rows.iter().filter_map(|row| row.group_id).collect();
    let of_deliverables: BTreeSet<_> = rows.iter().filter_map(|row| row.deliverable_id).collect();
    let groups = groups::refs(c, &of_groups.into_iter().collect::<Vec<_>>(), to.reader)?;
    let deliverables = deliverables::refs(c, &of_deliverables.into_iter().collect::<Vec<_>>())?;
    let (invited, submitted, told) = (counts::invited(c, &ids)?, counts::submitted(c, &ids)?, counts::told(c, &ids)?);
    let secretariat = to.actor.may(Action::RunInitiative, &Object::initiative());
    let view = |row: ConsultationRow| {
        let round = Round::at(row, to.now)?;
        // Of a round that was held elsewhere, as a call file tells it, nobody wrote down who was asked.
        let is_history = round.status.is_over() && !invited.contains_key(&round.row.id);
        let asked = invited.get(&round.row.id).copied().or((!is_history).then_some(0));
        let asked = asked.filter(|_| round.row.audience != Audience::Public);
        let answered = if round.is_confidential() {
            // The same number as in the results, at every time, or none: the difference would tell.
            let is_settled = round.status == Status::Published || (round.status.is_over() && round.is_run_by(to.actor));
            told.get(&round.row.id).copied().filter(|_| is_settled)
        } else {
            let known = !is_history || round.row.audience == Audience::Public;
            submitted.get(&round.row.id).copied().or(known.then_some(0))
        };
        let counts = CountsView { invited: asked, submitted: answered };
        let allowed_transitions =
            if round.is_run_by(to.actor) { moving::allowed(round.status, round.row.audience, secretariat) } else { Vec::new() };
        let Round { row, status, allowed } = round;
        let shown = |json: &str| Ok::<_, Error>(Localised::from_json(json)?.shown(to.reader));
        let view = ConsultationView {
            id: row.id,
            slug: row.slug,
            scope: row.scope,
            group: row.group_id.and_then(|id| groups.get(&id).cloned()),
            deliverable: row.deliverable_id.and_then(|id| deliverables.get(&id).cloned()),
            version: row.deliverable_version,
            title: shown(&row.title)?,
            background: row.background.as_deref().map(shown).transpose()?,
            audience: row.audience,
            allowed_visibility: allowed,
            status,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            published_at: row.published_at,
            counts,
            allowed_transitions,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, view))
    };
    rows.into_iter().map(view).collect()
}

/// One round.
pub fn consultation(c: &mut AnyConnection, row: ConsultationRow, to: &Onlooker<'_>) -> Result<Tagged<ConsultationView>> {
    consultations(c, vec![row], to)?.pop().ok_or_else(|| Error::not_found("consultation"))
}
