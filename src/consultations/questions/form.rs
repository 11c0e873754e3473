//! Questions on their way in.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::consultations::rules::questions::{Bounds, LONGEST_OPTION, Question, QuestionKind, bounded};
use crate::db::Write;
use crate::error::{FieldFault, Problem};
use crate::http::{Languages, Written};
use crate::locale::Localised;
use crate::text;

/// What a round asks, in this order: replaces what it asked before.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewQuestions")]
pub struct Whole {
    /// At most 100.
    #[schemars(length(max = 100))]
    questions: Vec<New>,
}

/// A question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewQuestion")]
struct New {
    kind: QuestionKind,
    /// What is asked; at most 5,000 characters in each language.
    prompt: Written,
    /// Whether a contribution must answer it to be submitted.
    #[serde(default)]
    required: bool,
    /// Of the choices 2 to 50, of a ranking 2 to 20; each at most 500 characters, and no two the same in any language.
    #[schemars(length(max = 100))]
    options: Option<Vec<Written>>,
    /// Of `multiple_choice`: the fewest options of an answer (0, or 1 where it is required). Of `scale`: 1.
    min: Option<i64>,
    /// Of `multiple_choice`: the most options of an answer (all). Of `scale`: 5 or 10.
    max: Option<i64>,
    /// Of `text`: the most characters of an answer, 1 to 20,000 (5,000).
    max_length: Option<i64>,
}

impl Whole {
    /// The questions, or everything that is wrong with them.
    pub fn check(&self, languages: &Languages) -> Result<Vec<Checked>, Problem> {
        let (mut checked, mut faults) = (Vec::with_capacity(self.questions.len()), Vec::new());
        for (n, question) in self.questions.iter().enumerate() {
            match question.check(&format!("/questions/{n}"), languages) {
                Ok(question) => checked.push(question),
                Err(more) => faults.extend(more),
            }
        }
        if faults.is_empty() { Ok(checked) } else { Err(Problem::invalid(&faults)) }
    }
}

/// A question that can be asked.
pub struct Checked {
    kind: QuestionKind,
    prompt: Localised,
    required: bool,
    options: Vec<Localised>,
    bounds: Bounds,
}

impl Checked {
    /// It, with an id of its own.
    pub fn named(self, tx: &Write<'_>) -> Question {
        let Self { kind, prompt, required, options, bounds: Bounds { min, max, max_length } } = self;
        Question { id: tx.new_id(), kind, prompt, required, options, min, max, max_length }
    }
}

impl New {
    fn check(&self, at: &str, languages: &Languages) -> Result<Checked, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut read = |written: &Written, pointer: &str, clean: fn(&str) -> Result<String, text::NameFault>| {
            written.read(pointer, languages, clean).map_err(|more| faults.extend(more)).ok()
        };
        let prompt = read(&self.prompt, &format!("{at}/prompt"), |typed| text::prose(typed, text::MAX_TEXT));
        let options: Option<Vec<Option<Localised>>> = self.options.as_ref().map(|all| {
            let option = |(n, one)| read(one, &format!("{at}/options/{n}"), |typed| text::name(typed, LONGEST_OPTION));
            all.iter().enumerate().map(option).collect()
        });
        let read_whole = options.iter().flatten().all(Option::is_some);
        let options: Option<Vec<Localised>> = options.map(|all| all.into_iter().flatten().collect());
        // Of options that could not be read nothing more is said: their places would be others.
        let given = Bounds { min: self.min, max: self.max, max_length: self.max_length };
        let bounds = match bounded(self.kind, self.required, options.as_deref(), given) {
            Ok(bounds) => bounds,
            Err(more) => {
                let more = more.into_iter().filter(|(field, ..)| read_whole || !field.starts_with("options"));
                faults.extend(more.map(|(field, code, why)| FieldFault::new(format!("{at}/{field}"), code, why)));
                Bounds::default()
            }
        };
        match prompt {
            Some(prompt) if faults.is_empty() => {
                let (kind, required) = (self.kind, self.required);
                Ok(Checked { kind, prompt, required, options: options.unwrap_or_default(), bounds })
            }
            _ => Err(faults),
        }
    }
}
