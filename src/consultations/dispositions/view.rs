//! Dispositions as answers show them.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::consultations::rules::Disposition;
use crate::consultations::rules::questions::QuestionId;
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::dispositions::{self, DispositionRow};
use crate::db::AnyConnection;
use crate::deliverables::{self, DeliverableId, DeliverableRef};
use crate::error::Result;
use crate::http::Tagged;

/// What became of a contribution, of its answer to a question, or of a point of either.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Disposition")]
pub struct DispositionView {
    /// The contribution's id, as the list of contributions has it.
    pub contribution_id: ContributionId,
    /// Of which question; null: of the whole contribution.
    pub question_id: Option<QuestionId>,
    /// Of which point; null: of all of it.
    pub point: Option<String>,
    pub disposition: Disposition,
    pub reason: String,
    /// The deliverable that takes it up.
    pub deliverable: Option<DeliverableRef>,
}

impl DispositionView {
    /// Whether it is about the whole contribution.
    pub fn is_of_whole(&self) -> bool {
        self.question_id.is_none() && self.point.is_none()
    }
}

/// These, each with the id under which its contribution is listed. One query.
pub fn views(
    c: &mut AnyConnection,
    rows: Vec<(DispositionRow, ContributionId)>,
) -> Result<Vec<(ContributionId, Tagged<DispositionView>)>> {
    let takers: Vec<DeliverableId> = rows.iter().filter_map(|(row, _)| row.deliverable_id).collect();
    let takers = deliverables::refs(c, &takers)?;
    let view = |(row, listed_id): (DispositionRow, ContributionId)| {
        let deliverable = row.deliverable_id.and_then(|id| takers.get(&id)).cloned();
        let view = DispositionView {
            contribution_id: listed_id,
            question_id: row.question_id.parse().ok(),
            point: Some(row.point).filter(|point| !point.is_empty()),
            disposition: row.disposition,
            reason: row.reason,
            deliverable,
        };
        (row.contribution_id, Tagged::new(row.version, view))
    };
    Ok(rows.into_iter().map(view).collect())
}

/// What became of these contributions, by their own ids; each comes with the id under which it is shown. Two queries.
pub fn of(
    c: &mut AnyConnection,
    contributions: &[(ContributionId, ContributionId)],
) -> Result<HashMap<ContributionId, Vec<Tagged<DispositionView>>>> {
    let listed: HashMap<ContributionId, ContributionId> = contributions.iter().copied().collect();
    let ids: Vec<ContributionId> = contributions.iter().map(|(id, _)| *id).collect();
    let rows = if ids.is_empty() { Vec::new() } else { dispositions::of(c, &ids)? };
    let rows = rows.into_iter().filter_map(|row| listed.get(&row.contribution_id).map(|id| (row, *id))).collect();
    let mut all: HashMap<ContributionId, Vec<Tagged<DispositionView>>> = HashMap::new();
    for (id, view) in views(c, rows)? {
        all.entry(id).or_default().push(view);
    }
    Ok(all)
}
