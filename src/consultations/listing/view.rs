//! A contribution as others see it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::consultations::contributions::view::{AnswerView, answers};
use crate::consultations::dispositions::view::{self as dispositions, DispositionView};
use crate::consultations::rules::questions::{Answers, Question};
use crate::consultations::rules::veil::Veil;
use crate::consultations::rules::{ContributionStatus, Visibility};
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::listing::Submitted;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Tagged;
use crate::locale::Reader;
use crate::policy::SupporterId;
use crate::supporters::{self, SupporterFacts, SupporterRef};
use crate::time::Instant;

/// A contribution as others see it. Of an anonymous one nobody learns whose it is or when it came: neither supporter nor instants nor
/// revision, an id that is related to nothing, and its sector and region only where they are shared by three or more who might be it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Contribution")]
pub struct ListedView {
    pub id: ContributionId,
    pub status: ContributionStatus,
    pub visibility: Visibility,
    pub supporter: Option<SupporterRef>,
    /// Of the supporter, when it came into the audience.
    pub sector: Option<String>,
    pub region: Option<String>,
    pub revision: Option<i64>,
    pub submitted_at: Option<Instant>,
    pub answers: Vec<AnswerView>,
    /// What became of it.
    pub dispositions: Vec<Tagged<DispositionView>>,
    /// Whether it is hidden from everybody but its author and whoever runs the round.
    pub hidden: bool,
    pub created_at: Option<Instant>,
    pub updated_at: Option<Instant>,
}

/// Contributions as a reader sees them. A constant number of queries.
pub fn listed(
    c: &mut AnyConnection,
    rows: Vec<Submitted>,
    questions: &[Question],
    veil: &Veil,
    reader: &Reader,
) -> Result<Vec<ListedView>> {
    let ids: Vec<_> = rows.iter().map(|one| (one.row.id, one.listed_id())).collect();
    let mut became = dispositions::of(c, &ids)?;
    let known = |one: &Submitted| one.row.supporter_id.filter(|_| one.visibility() != Visibility::Anonymous);
    let supporters: Vec<SupporterId> = rows.iter().filter_map(known).collect();
    let supporters = supporters::refs(c, &supporters)?;
    rows.into_iter()
        .map(|one| {
            let became = became.remove(&one.row.id).unwrap_or_default();
            let said: Answers = serde_json::from_str(one.row.answers.as_deref().unwrap_or("{}"))?;
            Ok(view(one, answers(questions, &said, reader), became, veil, &supporters))
        })
        .collect()
}

fn view(
    one: Submitted,
    answers: Vec<AnswerView>,
    dispositions: Vec<Tagged<DispositionView>>,
    veil: &Veil,
    supporters: &HashMap<SupporterId, SupporterFacts>,
) -> ListedView {
    let (id, visibility) = (one.listed_id(), one.visibility());
    let Submitted { row, sector, region } = one;
    let (status, hidden) = (ContributionStatus::Submitted, row.hidden_at.is_some());
    if visibility == Visibility::Anonymous {
        let (sector, region) = veil.shown(&sector, &region);
        let (supporter, revision, submitted_at, created_at, updated_at) = (None, None, None, None, None);
        return ListedView {
            id,
            status,
            visibility,
            supporter,
            sector,
            region,
            revision,
            submitted_at,
            answers,
            dispositions,
            hidden,
            created_at,
            updated_at,
        };
    }
    let supporter = row.supporter_id.and_then(|id| supporters.get(&id)).map(|facts| facts.reference.clone());
    ListedView {
        id,
        status,
        visibility,
        supporter,
        sector,
        region,
        revision: Some(row.revision),
        submitted_at: row.submitted_at,
        answers,
        dispositions,
        hidden,
        created_at: Some(row.created_at),
        updated_at: Some(row.updated_at),
    }
}
