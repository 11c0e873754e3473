//! Questions of a round and answers to them (domain.md, Consultations): pure.

use std::collections::{BTreeMap, BTreeSet};

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

/// Longest option, in characters.
pub const LONGEST_OPTION: usize = 500;
/// Most characters of a text answer, where the question says nothing.
pub const USUAL_LENGTH: i64 = 5_000;
/// The most that a question may set as [`Question::max_length`].
pub const GREATEST_LENGTH: i64 = 20_000;

/// Numbers of a question, as they are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// `min`.
    pub min: Option<i64>,
    /// `max`.
    pub max: Option<i64>,
    /// `max_length`.
    pub max_length: Option<i64>,
}

/// A fault of a question: its field, what kind, and what to do.
pub type Fault = (String, &'static str, String);

/// The bounds of a question with those that it left out, or everything that is wrong with them and with its options; `options` is `None`
/// where it says nothing of any.
pub fn bounded(kind: QuestionKind, required: bool, options: Option<&[Localised]>, given: Bounds) -> Result<Bounds, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut unknown = |field: &str, is_given: bool| {
        if is_given {
            faults.push((field.to_owned(), "unknown", format!("is nothing that a question of the kind {kind} has; remove it")));
        }
    };
    let (has_options, has_range) = match kind {
        QuestionKind::Text => (false, false),
        QuestionKind::SingleChoice | QuestionKind::Ranking => (true, false),
        QuestionKind::MultipleChoice => (true, true),
        QuestionKind::Scale => (false, true),
    };
    unknown("options", !has_options && options.is_some());
    unknown("min", !has_range && given.min.is_some());
    unknown("max", !has_range && given.max.is_some());
    unknown("max_length", kind != QuestionKind::Text && given.max_length.is_some());
    let mut bounds = Bounds::default();
    match kind {
        QuestionKind::Text => {
            let most = given.max_length.unwrap_or(USUAL_LENGTH);
            if !(1..=GREATEST_LENGTH).contains(&most) {
                faults.push(("max_length".into(), "range", format!("must lie between 1 and {GREATEST_LENGTH}")));
            }
            bounds.max_length = Some(most);
        }
        QuestionKind::SingleChoice => choices(options, 50, &mut faults),
        QuestionKind::Ranking => choices(options, 20, &mut faults),
        QuestionKind::MultipleChoice => {
            choices(options, 50, &mut faults);
            let all = options.map_or(0, |all| i64::try_from(all.len()).unwrap_or(i64::MAX));
            let fewest = i64::from(required);
            let max = given.max.unwrap_or(all);
            let min = given.min.unwrap_or(fewest);
            if given.max.is_some() && !(1..=all).contains(&max) {
                faults.push(("max".into(), "range", format!("must lie between 1 and the number of options, {all}")));
            } else if given.min.is_some() && !(fewest..=max).contains(&min) {
                let why = if required { ", as it is required" } else { "" };
                faults.push(("min".into(), "range", format!("must lie between {fewest}{why} and max, {max}")));
            }
            (bounds.min, bounds.max) = (Some(min), Some(max));
        }
        QuestionKind::Scale => {
            match given.max {
                Some(5 | 10) => {}
                Some(_) => faults.push(("max".into(), "range", "must be 5 or 10".into())),
                None => faults.push(("max".into(), "required", "is missing; a scale ends at 5 or at 10".into())),
            }
            if given.min.is_some_and(|min| min != 1) {
                faults.push(("min".into(), "range", "must be 1, where every scale begins".into()));
            }
            (bounds.min, bounds.max) = (Some(1), given.max);
        }
    }
    if faults.is_empty() { Ok(bounds) } else { Err(faults) }
}

/// From 2 to `most` options, no two of which say the same in any language: an answer names its option by any of its texts.
fn choices(options: Option<&[Localised]>, most: usize, faults: &mut Vec<Fault>) {
    let Some(options) = options else {
        return faults.push(("options".into(), "required", format!("is missing; give 2 to {most} options")));
    };
    if !(2..=most).contains(&options.len()) {
        faults.push(("options".into(), "range", format!("must be 2 to {most} options")));
    }
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (n, option) in options.iter().enumerate() {
        let texts: BTreeSet<&str> = option.texts().values().map(String::as_str).collect();
        if texts.iter().any(|text| known.contains(text)) {
            faults.push((
                format!("options/{n}"),
                "repeated",
                "says what another option says; each must say something of its own".into(),
            ));
        }
        known.extend(texts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(texts: &[&str]) -> Vec<Localised> {
        texts.iter().map(|text| Localised::one("en", *text)).collect()
    }

    fn fields(kind: QuestionKind, required: bool, all: Option<&[&str]>, bounds: Numbers) -> Vec<String> {
        let all = all.map(options);
        let given = Bounds { min: bounds.0, max: bounds.1, max_length: bounds.2 };
        match bounded(kind, required, all.as_deref(), given) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|(field, code, _)| format!("{field} {code}")).collect(),
        }
    }

    /// `min`, `max`, `max_length`.
    type Numbers = (Option<i64>, Option<i64>, Option<i64>);
    /// A kind, whether it is required, its options and numbers, and the faults of that.
    type Case<'a> = (QuestionKind, bool, Option<&'a [&'a str]>, Numbers, &'a [&'a str]);

    #[test]
    fn a_question_has_what_its_kind_has() {
        use QuestionKind::{MultipleChoice, Ranking, Scale, SingleChoice, Text};
        let (two, none) = (Some(&["a", "b"][..]), (None, None, None));
        let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let cases: [Case<'_>; 24] = [
            (Text, true, None, none, &[]),
            (Text, true, None, (None, None, Some(20_000)), &[]),
            (Text, true, None, (None, None, Some(20_001)), &["max_length range"]),
            (
                Text,
                true,
                two,
                (Some(1), Some(2), Some(0)),
                &["options unknown", "min unknown", "max unknown", "max_length range"],
            ),
            (SingleChoice, true, two, none, &[]),
            (SingleChoice, true, None, none, &["options required"]),
            (SingleChoice, true, Some(&["a"]), (None, None, Some(5)), &["max_length unknown", "options range"]),
            (SingleChoice, true, Some(&["a", "b", "a"]), none, &["options/2 repeated"]),
            (SingleChoice, true, Some(&many[..50]), none, &[]),
            (SingleChoice, true, Some(&many), none, &["options range"]),
            (MultipleChoice, false, two, none, &[]),
            (MultipleChoice, false, two, (Some(0), Some(2), None), &[]),
            (MultipleChoice, true, two, (Some(0), Some(2), None), &["min range"]),
            (MultipleChoice, true, two, (Some(1), Some(3), None), &["max range"]),
            (MultipleChoice, false, two, (Some(2), Some(1), None), &["min range"]),
            (MultipleChoice, false, two, (Some(2), None, None), &[]),
            (MultipleChoice, false, two, (Some(-1), None, None), &["min range"]),
            (Scale, true, None, (None, Some(5), None), &[]),
            (Scale, true, None, (Some(1), Some(10), None), &[]),
            (Scale, true, None, none, &["max required"]),
            (Scale, true, two, (Some(0), Some(7), None), &["options unknown", "max range", "min range"]),
            (Ranking, true, two, none, &[]),
            (Ranking, true, Some(&many[..20]), none, &[]),
            (Ranking, true, Some(&many[..21]), (Some(1), None, None), &["min unknown", "options range"]),
        ];
        for (kind, required, all, bounds, faults) in cases {
            assert_eq!(fields(kind, required, all, bounds), faults, "{kind} {all:?} {bounds:?}");
        }
    }

    #[test]
    fn bounds_that_are_left_out_are_the_usual_ones() {
        let all = options(&["a", "b", "c"]);
        let usual = |kind, required| bounded(kind, required, Some(&all), Bounds::default()).unwrap();
        assert_eq!(usual(QuestionKind::MultipleChoice, true), Bounds { min: Some(1), max: Some(3), max_length: None });
        assert_eq!(usual(QuestionKind::MultipleChoice, false), Bounds { min: Some(0), max: Some(3), max_length: None });
        let text = bounded(QuestionKind::Text, true, None, Bounds::default()).unwrap();
        assert_eq!(text.max_length, Some(5_000));
    }

    #[test]
    fn options_are_distinct_in_every_language() {
        let yes = Localised::new(BTreeMap::from([("en".into(), "Yes".into()), ("fr".into(), "Oui".into())])).unwrap();
        let same = Localised::new(BTreeMap::from([("en".into(), "No".into()), ("fr".into(), "Yes".into())])).unwrap();
        let both = Localised::new(BTreeMap::from([("en".into(), "Radio".into()), ("fr".into(), "Radio".into())])).unwrap();
        let faults = bounded(QuestionKind::SingleChoice, true, Some(&[yes.clone(), same]), Bounds::default()).unwrap_err();
        assert_eq!(faults[0].0, "options/1");
        assert!(bounded(QuestionKind::SingleChoice, true, Some(&[yes, both]), Bounds::default()).is_ok());
    }
}
