//! Dispositions on their way in.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::consultations::rules::Disposition;
use crate::consultations::rules::questions::{Question, QuestionId};
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::listing::{self, Submitted, Which};
use crate::consultations::store::{ConsultationId, questions};
use crate::db::AnyConnection;
use crate::deliverables::{self, DeliverableId, Status};
use crate::error::{FieldFault, Problem, Result};
use crate::text;

/// Characters of a point.
const LONGEST_POINT: usize = 500;

/// What becomes of a whole contribution.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDisposition")]
pub struct One {
    disposition: Disposition,
    /// Why; at most 5,000 characters.
    #[schemars(length(max = 20_000))]
    reason: String,
    /// The deliverable that takes it up, by reference or id.
    #[schemars(length(max = 200))]
    deliverable: Option<String>,
}

/// What becomes of several contributions, or of their answers and points.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDispositions")]
pub struct Several {
    /// Each adds a disposition, or replaces the one of the same contribution, question and point.
    #[schemars(length(min = 1, max = 500))]
    items: Vec<Item>,
}

/// What becomes of one of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDispositionItem")]
struct Item {
    /// As the list of contributions has it.
    contribution_id: ContributionId,
    /// Of the answer to which question; null: of the whole.
    question_id: Option<QuestionId>,
    /// Of which point; null: of all of it. At most 500 characters.
    #[schemars(length(max = 2_000))]
    point: Option<String>,
    disposition: Disposition,
    /// Why; at most 5,000 characters.
    #[schemars(length(max = 20_000))]
    reason: String,
    /// The deliverable that takes it up, by reference or id.
    #[schemars(length(max = 200))]
    deliverable: Option<String>,
}

/// One whose words can be kept.
#[derive(Clone, Debug)]
pub struct Worded {
    contribution_id: ContributionId,
    question_id: Option<QuestionId>,
    point: String,
    disposition: Disposition,
    reason: String,
    deliverable: Option<String>,
    /// Where its fields are.
    at: String,
}

/// One that can be done.
pub struct Checked {
    pub contribution: Submitted,
    pub question_id: String,
    pub point: String,
    pub disposition: Disposition,
    pub reason: String,
    pub deliverable: Option<DeliverableId>,
}

fn reason(at: &str, raw: &str, faults: &mut Vec<FieldFault>) -> String {
    text::prose(raw, text::MAX_TEXT).unwrap_or_else(|why| {
        faults.push(FieldFault::new(format!("{at}/reason"), "format", why.to_string()));
        String::new()
    })
}

impl One {
    /// It, of this contribution, with what is wrong with its words.
    pub fn worded(&self, contribution_id: ContributionId) -> (Vec<Worded>, Vec<FieldFault>) {
        let mut faults = Vec::new();
        let reason = reason("", &self.reason, &mut faults);
        let (disposition, deliverable) = (self.disposition, self.deliverable.clone());
        let (point, at) = (String::new(), String::new());
        (vec![Worded { contribution_id, question_id: None, point, disposition, reason, deliverable, at }], faults)
    }
}

impl Several {
    /// Them, with everything that is wrong with their words.
    pub fn worded(&self) -> (Vec<Worded>, Vec<FieldFault>) {
        let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
        let mut worded = Vec::with_capacity(self.items.len());
        for (n, item) in self.items.iter().enumerate() {
            let at = format!("/items/{n}");
            let reason = reason(&at, &item.reason, &mut faults);
            let point = item.point.as_deref().map_or(Ok(String::new()), |point| text::name(point, LONGEST_POINT));
            let point = point.unwrap_or_else(|why| {
                faults.push(FieldFault::new(format!("{at}/point"), "format", why.to_string()));
                String::new()
            });
            if !seen.insert((item.contribution_id, item.question_id, point.clone())) {
                let why = "stands in the list already, with the same question and point";
                faults.push(FieldFault::new(format!("{at}/contribution_id"), "repeated", why));
            }
            let (disposition, deliverable) = (item.disposition, item.deliverable.clone());
            let (contribution_id, question_id) = (item.contribution_id, item.question_id);
            worded.push(Worded { contribution_id, question_id, point, disposition, reason, deliverable, at });
        }
        (worded, faults)
    }
}

/// What all of them are about, or `faults` and everything that is not there: contributions that the caller sees, questions of the round,
/// deliverables that are owed. Three queries.
pub fn checked(
    c: &mut AnyConnection,
    consultation: ConsultationId,
    which: Which,
    (worded, mut faults): (Vec<Worded>, Vec<FieldFault>),
) -> Result<Vec<Checked>> {
    let ids: Vec<ContributionId> = worded.iter().map(|one| one.contribution_id).collect();
    let found = listing::find(c, consultation, which, &ids)?;
    let found: HashMap<ContributionId, Submitted> = found.into_iter().map(|one| (one.listed_id(), one)).collect();
    let asked: Vec<Question> = questions::of(c, consultation)?;
    let names: Vec<String> = worded.iter().filter_map(|one| one.deliverable.clone()).collect();
    let takers = deliverables::all_named(c, &names)?;
    let mut checked = Vec::with_capacity(worded.len());
    for one in worded {
        let mut fault = |field: &str, code, why: &str| faults.push(FieldFault::new(format!("{}/{field}", one.at), code, why));
        let contribution = found.get(&one.contribution_id).cloned();
        if contribution.is_none() {
            fault("contribution_id", "unknown", "is no contribution of this round; take the ids from its list of contributions");
        }
        if one.question_id.is_some_and(|id| asked.iter().all(|question| question.id != id)) {
            fault("question_id", "unknown", "is no question of this round");
        }
        let taker = one.deliverable.as_ref().map(|name| takers.get(&name.to_ascii_uppercase()));
        match taker {
            None | Some(Some((_, Status::Planned | Status::InProgress | Status::InConsultation | Status::Submitted))) => {}
            Some(Some((_, Status::Approved | Status::Presented))) => {}
            Some(Some((_, Status::Dropped))) => fault("deliverable", "dropped", "was dropped, and takes nothing up any more"),
            Some(None) => fault("deliverable", "unknown", "is no deliverable; name one by its reference, such as WG5-D1"),
        }
        let Some(contribution) = contribution else { continue };
        checked.push(Checked {
            contribution,
            question_id: one.question_id.map(|id| id.to_string()).unwrap_or_default(),
            point: one.point,
            disposition: one.disposition,
            reason: one.reason,
            deliverable: taker.flatten().map(|(id, _)| *id),
        });
    }
    if faults.is_empty() { Ok(checked) } else { Err(Problem::invalid(&faults).into()) }
}
