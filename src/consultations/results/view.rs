//! Results as answers show them.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::Axis;
use crate::consultations::rules::questions::{Question, QuestionId, QuestionKind};
use crate::consultations::rules::results::{Outcome, Part, Share, Told};
use crate::locale::{Reader, Shown};

/// What came out of a round. The same for everybody who may see it, and at every time after the close, but for `unanswered`. A number is
/// null where the round lets contributors be anonymous and it would tell too much of somebody: fewer than three on one side, directly or
/// by subtraction. Contributions for the secretariat alone are not counted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Results")]
pub struct ResultsView {
    /// Supporters that were in the audience at any time while it was open; null of a public round.
    pub invited: Option<i64>,
    /// Contributions.
    pub submitted: Option<i64>,
    /// Whether any number is kept back.
    pub suppressed: bool,
    /// Contributions to which nobody has said yet what became of them.
    pub unanswered: Option<i64>,
    pub questions: Vec<QuestionResult>,
    pub participation: Participation,
}

/// Who was asked and who contributed, beside the register on the day of the close. Empty of a public round.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Participation {
    pub by_sector: Vec<PartView>,
    pub by_region: Vec<PartView>,
}

/// A part of the audience.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ParticipationPart")]
pub struct PartView {
    /// A sector or region; `unclassified` or `unknown` where it is not known.
    pub code: String,
    /// Endorsed supporters on the day of the close.
    pub register: i64,
    /// Supporters that were in the audience.
    pub invited: i64,
    /// Contributions.
    pub submitted: Option<i64>,
}

/// What was answered to a question.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QuestionResult {
    pub id: QuestionId,
    pub kind: QuestionKind,
    pub prompt: Shown,
    /// Contributions that answer it.
    pub answered: Option<i64>,
    /// Of the choices: every option, and who chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<OptionCount>>,
    /// Of a scale: every number, and who chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<ValueCount>>,
    /// Of a ranking: every option, and where it was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Vec<RankCount>>,
    /// Of a scale, to two places.
    pub mean: Option<f64>,
    /// Of a scale.
    pub median: Option<f64>,
    /// By sector, where it may be told.
    pub by_sector: Vec<ShareView>,
    /// By region, where it may be told.
    pub by_region: Vec<ShareView>,
}

/// An option of a choice.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OptionCount {
    pub option: Shown,
    pub count: Option<i64>,
}

/// A number of a scale.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ValueCount {
    pub value: i64,
    pub count: Option<i64>,
}

/// An option of a ranking.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RankCount {
    pub option: Shown,
    /// Who put it first.
    pub first: Option<i64>,
    /// Who ranked it.
    pub ranked: Option<i64>,
    /// The mean of the places that it got, from 1, to two places.
    pub mean_place: Option<f64>,
}

/// What some of the contributors answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResultShare")]
pub struct ShareView {
    /// Their sectors or regions: several together where they are too few to be told apart.
    pub codes: Vec<String>,
    /// Contributions that answer the question.
    pub answered: Option<i64>,
    /// By option or number in their order; of a ranking who put it first.
    pub counts: Vec<Option<i64>>,
}

impl ResultsView {
    /// For a reader.
    pub fn of(outcome: Outcome, questions: &[Question], unanswered: Option<i64>, reader: &Reader) -> Self {
        let Outcome { invited, submitted, questions: told, by_sector, by_region, suppressed } = outcome;
        let participation = Participation {
            by_sector: by_sector.into_iter().map(|part| PartView::of(part, Axis::Sector)).collect(),
            by_region: by_region.into_iter().map(|part| PartView::of(part, Axis::Region)).collect(),
        };
        let questions = questions.iter().zip(told).map(|(question, told)| QuestionResult::of(question, told, reader)).collect();
        Self { invited, submitted, suppressed, unanswered, questions, participation }
    }
}

impl PartView {
    fn of(part: Part, axis: Axis) -> Self {
        let Part { code, register, invited, submitted } = part;
        Self { code: axis.code(code), register, invited, submitted }
    }
}

impl ShareView {
    fn of(share: Share, axis: Axis) -> Self {
        let Share { codes, answered, options } = share;
        Self { codes: codes.into_iter().map(|code| axis.code(code)).collect(), answered, counts: options }
    }
}

impl QuestionResult {
    fn of(question: &Question, told: Told, reader: &Reader) -> Self {
        let Told { answered, options: counts, ranks, mean, median, by_sector, by_region } = told;
        let named = || question.options.iter().map(|option| option.clone().shown(reader));
        let (mut options, mut values, mut ranking) = (None, None, None);
        match question.kind {
            QuestionKind::Text => {}
            QuestionKind::SingleChoice | QuestionKind::MultipleChoice => {
                options = Some(named().zip(counts).map(|(option, count)| OptionCount { option, count }).collect());
            }
            QuestionKind::Scale => {
                values = Some((1..).zip(counts).map(|(value, count)| ValueCount { value, count }).collect());
            }
            QuestionKind::Ranking => {
                let rank = |((option, first), (ranked, mean_place))| RankCount { option, first, ranked, mean_place };
                ranking = Some(named().zip(counts).zip(ranks).map(rank).collect());
            }
        }
        Self {
            id: question.id,
            kind: question.kind,
            prompt: question.prompt.clone().shown(reader),
            answered,
            options,
            values,
            ranking,
            mean,
            median,
            by_sector: by_sector.into_iter().map(|share| ShareView::of(share, Axis::Sector)).collect(),
            by_region: by_region.into_iter().map(|share| ShareView::of(share, Axis::Region)).collect(),
        }
    }

    /// What there was to choose from, as texts, with who chose it; empty of a text.
    pub fn rows(&self) -> Vec<(String, Option<i64>)> {
        let options = self.options.iter().flatten().map(|one| (one.option.plain().to_owned(), one.count));
        let values = self.values.iter().flatten().map(|one| (one.value.to_string(), one.count));
        let ranks = self.ranking.iter().flatten().map(|one| (one.option.plain().to_owned(), one.first));
        options.chain(values).chain(ranks).collect()
    }
}
