//! Questions of a round and answers to them (domain.md, Consultations): pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::Id;
use crate::locale::Localised;
use crate::word_enum;

/// Marks the id of a question.
#[derive(Debug)]
pub enum QuestionMark {}
/// The identifier of a question.
pub type QuestionId = Id<QuestionMark>;

word_enum! {
    /// What kind of answer a question wants.
    pub enum QuestionKind {
        /// Free text, at most `max_length` characters.
        Text = "text",
        /// One of the options.
        SingleChoice = "single_choice",
        /// From `min` to `max` of the options.
        MultipleChoice = "multiple_choice",
        /// A whole number from 1 to `max`.
        Scale = "scale",
        /// Options, the best first.
        Ranking = "ranking",
    }
}

/// A question as it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// What it wants.
    pub kind: QuestionKind,
    /// What it says.
    pub prompt: Localised,
    /// Whether a contribution must answer it to be submitted.
    pub required: bool,
    /// What there is to choose from; an answer names them by position, from 0. Empty where the kind has none.
    pub options: Vec<Localised>,
    /// Fewest options of an answer (`multiple_choice`), or 1 (`scale`).
    pub min: Option<i64>,
    /// Most options of an answer (`multiple_choice`), or the end of the scale, 5 or 10.
    pub max: Option<i64>,
    /// Most characters of a text.
    pub max_length: Option<i64>,
}

/// An answer as it is kept: options by position, so that it means the same in every language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To a `text`.
    Text(String),
    /// To a `single_choice`.
    Choice(usize),
    /// To a `multiple_choice`: in the order of the options.
    Choices(Vec<usize>),
    /// To a `scale`.
    Scale(i64),
    /// To a `ranking`: the best first.
    Ranking(Vec<usize>),
}

/// The answers of one contribution; questions that it leaves out are not in it.
pub type Answers = BTreeMap<QuestionId, Answer>;
