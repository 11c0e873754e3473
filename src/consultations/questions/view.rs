//! Questions as answers show them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::consultations::rules::questions::{Question, QuestionId, QuestionKind};
use crate::locale::{Reader, Shown};

/// What a round asks, in order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Questions")]
pub struct QuestionsView {
    pub questions: Vec<QuestionView>,
}

/// A question.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Question")]
pub struct QuestionView {
    pub id: QuestionId,
    pub kind: QuestionKind,
    pub prompt: Shown,
    /// Whether a contribution must answer it to be submitted.
    pub required: bool,
    /// What there is to choose from; an answer names an option by its text in any language.
    pub options: Option<Vec<Shown>>,
    /// Fewest options of an answer, or where the scale begins.
    pub min: Option<i64>,
    /// Most options of an answer, or where the scale ends.
    pub max: Option<i64>,
    /// Most characters of an answer.
    pub max_length: Option<i64>,
}

impl QuestionView {
    /// A question, for a reader.
    pub fn of(question: Question, reader: &Reader) -> Self {
        let Question { id, kind, prompt, required, options, min, max, max_length } = question;
        let has_options = !matches!(kind, QuestionKind::Text | QuestionKind::Scale);
        let options = has_options.then(|| options.into_iter().map(|option| option.shown(reader)).collect());
        Self { id, kind, prompt: prompt.shown(reader), required, options, min, max, max_length }
    }
}

impl QuestionsView {
    /// All of a round's, for a reader.
    pub fn of(questions: Vec<Question>, reader: &Reader) -> Self {
        Self { questions: questions.into_iter().map(|question| QuestionView::of(question, reader)).collect() }
    }
}
