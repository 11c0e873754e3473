//! One's own contribution, as answers show it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use super::desk::Desk;
use crate::consultations::dispositions::view::DispositionView;
use crate::consultations::rules::answers::shown;
use crate::consultations::rules::questions::{Answers, Question, QuestionId};
use crate::consultations::rules::{ContributionStatus, Visibility};
use crate::consultations::store::contributions::{ContributionId, ContributionRow};
use crate::error::{Error, Result};
use crate::http::Tagged;
use crate::locale::Reader;
use crate::supporters::SupporterRef;
use crate::time::Instant;

/// One's own contribution.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OwnContribution")]
pub struct ContributionView {
    id: ContributionId,
    status: ContributionStatus,
    /// Who learns what it says and whose it is; null: not chosen yet.
    visibility: Option<Visibility>,
    /// A draft's, or those that were submitted last; of a withdrawn one those that can be taken up again. In the order of the questions.
    answers: Vec<AnswerView>,
    /// For whom; in a public round null.
    supporter: Option<SupporterRef>,
    /// The number of the last submitted revision; 0 before the first.
    revision: i64,
    submitted_at: Option<Instant>,
    /// What was written since it was submitted, and does not count before it is submitted too.
    working_copy: Option<WorkingCopy>,
    /// What became of it, once the round is published.
    dispositions: Vec<Tagged<DispositionView>>,
    /// That it is hidden from others, and why.
    hidden: Option<Hidden>,
    created_at: Instant,
    updated_at: Instant,
}

/// What was written beside a submitted revision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkingCopy")]
struct WorkingCopy {
    visibility: Option<Visibility>,
    answers: Vec<AnswerView>,
}

/// That a contribution is hidden.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HiddenContribution")]
struct Hidden {
    reason: String,
}

/// The answer to one question.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Answer")]
pub struct AnswerView {
    pub question_id: QuestionId,
    pub value: ShownValue,
}

/// What an answer says, its options in the reader's language.
#[derive(Serialize)]
#[serde(transparent)]
pub struct ShownValue(Value);

impl ShownValue {
    /// As JSON.
    pub fn get(&self) -> &Value {
        &self.0
    }
}

impl JsonSchema for ShownValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ShownAnswerValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, an option, a number, a list of options, or a ranked list of options, the best first. With `?locale=*` an option is an object of all its languages.",
            "type": ["string", "integer", "array", "object"]
        })
    }
}

/// Answers as a reader sees them, in the order of the questions.
pub fn answers(questions: &[Question], answers: &Answers, reader: &Reader) -> Vec<AnswerView> {
    let view = |question: &Question| {
        let answer = answers.get(&question.id)?;
        Some(AnswerView { question_id: question.id, value: ShownValue(shown(question, answer, reader)) })
    };
    questions.iter().filter_map(view).collect()
}

/// The contribution at a desk, for its own people; an error where there is none.
pub fn own(desk: &Desk, questions: &[Question], reader: &Reader) -> Result<Tagged<ContributionView>> {
    let row = desk.row.as_ref().ok_or_else(|| Error::Internal("a contribution is gone".into()))?;
    let supporter = desk.party.supporter.as_ref().map(|facts| facts.reference.clone());
    Ok(Tagged::new(row.version, view(row, supporter, questions, desk.became.clone(), reader)?))
}

fn view(
    row: &ContributionRow,
    supporter: Option<SupporterRef>,
    questions: &[Question],
    became: Vec<Tagged<DispositionView>>,
    reader: &Reader,
) -> Result<ContributionView> {
    let listed = |kept: Option<Answers>| answers(questions, &kept.unwrap_or_default(), reader);
    let submitted = row.status == ContributionStatus::Submitted;
    let working_copy = if submitted && row.working_answers.is_some() {
        Some(WorkingCopy { visibility: row.working_visibility, answers: listed(row.working()?) })
    } else {
        None
    };
    let (visibility, counts) =
        if submitted { (row.visibility, row.submitted()?) } else { (row.working_visibility, row.working()?) };
    Ok(ContributionView {
        id: row.id,
        status: row.status,
        visibility,
        answers: listed(counts),
        supporter,
        revision: row.revision,
        submitted_at: row.submitted_at,
        working_copy,
        dispositions: became,
        hidden: row.hidden_at.map(|_| Hidden { reason: row.hidden_reason.clone().unwrap_or_default() }),
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
