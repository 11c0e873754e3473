//! Checking answers against their questions, and showing them (domain.md, Consultations): pure.
//!
//! A draft may be incomplete and is never ill-typed ([`read`]); what is submitted is complete as well ([`incomplete`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::questions::{Answer, Answers, Question, QuestionId, QuestionKind};
use crate::error::FieldFault;
use crate::locale::Reader;
use crate::text;

/// One answer as it is sent: the question, and what is said to it.
pub type Given<'a> = (QuestionId, &'a Value);

/// The answers among what is sent; one that says nothing (an empty text, no option) is none.
///
/// # Errors
///
/// Everything that is ill-typed, at `/answers/<n>`: a question that the round does not have or that is answered twice, a value of another
/// kind, an option that there is not, too long a text, too many options.
pub fn read(questions: &[Question], given: &[Given<'_>]) -> Result<Answers, Vec<FieldFault>> {
    let known: BTreeMap<QuestionId, &Question> = questions.iter().map(|question| (question.id, question)).collect();
    let (mut answers, mut seen, mut faults) = (Answers::new(), BTreeSet::new(), Vec::new());
    for (n, (id, value)) in given.iter().enumerate() {
        if !seen.insert(*id) {
            faults.push(FieldFault::new(format!("/answers/{n}/question_id"), "repeated", "is answered already; answer it once"));
            continue;
        }
        let Some(question) = known.get(id) else {
            faults.push(FieldFault::new(format!("/answers/{n}/question_id"), "unknown", "is no question of this round"));
            continue;
        };
        match answer(question, value) {
            Ok(answer) => answers.extend(answer.map(|answer| (*id, answer))),
            Err((code, why)) => faults.push(FieldFault::new(format!("/answers/{n}/value"), code, why)),
        }
    }
    if faults.is_empty() { Ok(answers) } else { Err(faults) }
}

type Fault = (&'static str, String);

fn ill_typed(wanted: &str) -> Fault {
    ("type", format!("must be {wanted}"))
}

/// What one value says; `None`: nothing.
fn answer(question: &Question, value: &Value) -> Result<Option<Answer>, Fault> {
    match question.kind {
        QuestionKind::Text => {
            let text = value.as_str().ok_or_else(|| ill_typed("a text"))?;
            let most = question.max_length.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
            let text = text::passage(text, most).map_err(|fault| match fault {
                text::NameFault::TooLong(_) => ("too-long", fault.to_string()),
                text::NameFault::Control | text::NameFault::Empty => ("format", fault.to_string()),
            })?;
            Ok((!text.is_empty()).then_some(Answer::Text(text)))
        }
        QuestionKind::SingleChoice => {
            let text = value.as_str().ok_or_else(|| ill_typed("one of the options, as a text"))?;
            if text.trim().is_empty() { Ok(None) } else { option(question, text).map(|at| Some(Answer::Choice(at))) }
        }
        QuestionKind::MultipleChoice => {
            let mut chosen = options(question, value)?;
            let most = question.max.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
            if chosen.len() > most {
                return Err(("too-many", format!("may have at most {most} options")));
            }
            chosen.sort_unstable();
            Ok((!chosen.is_empty()).then_some(Answer::Choices(chosen)))
        }
        QuestionKind::Scale => {
            let most = question.max.unwrap_or(1);
            let least = question.min.unwrap_or(1);
            let number = value.as_i64().ok_or_else(|| ill_typed("a whole number"))?;
            if (least..=most).contains(&number) {
                Ok(Some(Answer::Scale(number)))
            } else {
                Err(("range", format!("must lie between {least} and {most}")))
            }
        }
        QuestionKind::Ranking => {
            let ranked = options(question, value)?;
            Ok((!ranked.is_empty()).then_some(Answer::Ranking(ranked)))
        }
    }
}

/// The options that a list names, each once, in its order.
fn options(question: &Question, value: &Value) -> Result<Vec<usize>, Fault> {
    let list = value.as_array().ok_or_else(|| ill_typed("a list of options"))?;
    let mut chosen = Vec::with_capacity(list.len());
    for item in list {
        let at = option(question, item.as_str().ok_or_else(|| ill_typed("a list of options, each as a text"))?)?;
        if chosen.contains(&at) {
            return Err(("repeated", "has an option more than once; name each once".into()));
        }
        chosen.push(at);
    }
    Ok(chosen)
}

/// The option that a text names in any language.
fn option(question: &Question, text: &str) -> Result<usize, Fault> {
    let named: String = text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect();
    let is = |option: &crate::locale::Localised| option.texts().values().any(|text| *text == named);
    question.options.iter().position(is).ok_or_else(|| {
        let known: Vec<_> = question.options.iter().map(|option| format!("“{}”", option.pick(&[]))).collect();
        ("enum", format!("must be one of {}", known.join(", ")))
    })
}

/// What answers lack to be submitted. Each fault points to where `order`, the list of answers as it was sent or is shown, has the question;
/// to `/answers` where it is not in it.
pub fn incomplete(questions: &[Question], answers: &Answers, order: &[QuestionId]) -> Vec<FieldFault> {
    let place = |id: QuestionId| order.iter().position(|listed| *listed == id);
    let at = |id: QuestionId| place(id).map_or_else(|| "/answers".into(), |n| format!("/answers/{n}/value"));
    let mut faults = Vec::new();
    if answers.is_empty() && !questions.iter().any(|question| question.required) {
        faults.push(FieldFault::new("/answers", "required", "is empty: answer at least one question"));
    }
    for (number, question) in (1..).zip(questions) {
        match answers.get(&question.id) {
            None if question.required => {
                let detail = format!("lacks an answer to question {number} ({}), which is required", question.id);
                faults.push(FieldFault::new(at(question.id), "required", detail));
            }
            Some(Answer::Choices(chosen)) => {
                let least = question.min.and_then(|least| usize::try_from(least).ok()).unwrap_or_default();
                if chosen.len() < least {
                    let detail = format!("must have at least {least} options (question {number})");
                    faults.push(FieldFault::new(at(question.id), "too-few", detail));
                }
            }
            None | Some(_) => {}
        }
    }
    faults
}

/// An answer as its reader sees it: options by their texts.
pub fn shown(question: &Question, answer: &Answer, reader: &Reader) -> Value {
    let option = |at: &usize| question.options.get(*at).map_or(Value::Null, |option| json!(option.clone().shown(reader)));
    match answer {
        Answer::Text(text) => json!(text),
        Answer::Choice(at) => option(at),
        Answer::Choices(chosen) | Answer::Ranking(chosen) => chosen.iter().map(option).collect(),
        Answer::Scale(number) => json!(number),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::locale::Localised;

    fn id(n: u8) -> QuestionId {
        format!("0190aaaa-0000-7000-8000-0000000000{n:02}").parse().unwrap()
    }

    fn words(pairs: &[(&str, &str)]) -> Localised {
        Localised::new(pairs.iter().map(|(l, t)| ((*l).to_owned(), (*t).to_owned())).collect()).unwrap()
    }

    fn question(n: u8, kind: QuestionKind, required: bool) -> Question {
        let options = vec![
            words(&[("en", "Norms"), ("fr", "Normes")]),
            words(&[("en", "Supply chain")]),
            words(&[("en", "Hygiene"), ("fr", "Hygiène"), ("ar", "نظافة")]),
        ];
        let has_options = !matches!(kind, QuestionKind::Text | QuestionKind::Scale);
        Question {
            id: id(n),
            kind,
            prompt: words(&[("en", "What?")]),
            required,
            options: if has_options { options } else { Vec::new() },
            min: matches!(kind, QuestionKind::MultipleChoice | QuestionKind::Scale).then_some(1),
            max: match kind {
                QuestionKind::MultipleChoice => Some(2),
                QuestionKind::Scale => Some(5),
                _ => None,
            },
            max_length: (kind == QuestionKind::Text).then_some(10),
        }
    }

    fn all() -> Vec<Question> {
        QuestionKind::ALL.iter().zip(1..).map(|(kind, n)| question(n, *kind, true)).collect()
    }

    fn faults(given: &[(u8, Value)]) -> Vec<String> {
        let given: Vec<_> = given.iter().map(|(n, value)| (id(*n), value)).collect();
        let faults = read(&all(), &given).unwrap_err();
        faults.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn every_ill_typed_answer_is_a_fault_of_its_own() {
        let given = [
            (1, json!(5)),
            (2, json!("Nothing of this")),
            (3, json!(["Norms", "Supply chain", "Hygiene"])),
            (4, json!(6)),
            (5, json!(["Norms", "Normes"])),
            (1, json!("twice")),
            (9, json!("?")),
        ];
        assert_eq!(
            faults(&given),
            [
                "/answers/0/value type",
                "/answers/1/value enum",
                "/answers/2/value too-many",
                "/answers/3/value range",
                "/answers/4/value repeated",
                "/answers/5/question_id repeated",
                "/answers/6/question_id unknown",
            ]
        );
        let again = [(1, json!("eleven char")), (2, json!(["Norms"])), (3, json!("Norms")), (4, json!(2.5)), (5, json!([1]))];
        assert_eq!(
            faults(&again),
            [
                "/answers/0/value too-long",
                "/answers/1/value type",
                "/answers/2/value type",
                "/answers/3/value type",
                "/answers/4/value type",
            ]
        );
        assert_eq!(faults(&[(1, json!("a\u{7}b")), (4, json!(0)), (4, json!(null))])[0], "/answers/0/value format");
    }

    #[test]
    fn a_draft_may_lack_what_a_submission_must_have() {
        let (text, none) = (json!("  "), json!([]));
        let blank = read(&all(), &[(id(1), &text), (id(2), &text), (id(3), &none), (id(5), &none)]).unwrap();
        assert!(blank.is_empty());
        let lacking = incomplete(&all(), &blank, &[id(1)]);
        let named: Vec<_> = lacking.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect();
        assert_eq!(
            named,
            ["/answers/0/value required", "/answers required", "/answers required", "/answers required", "/answers required"]
        );
        let mut many = vec![question(3, QuestionKind::MultipleChoice, false)];
        many[0].min = Some(2);
        let one = json!(["Norms"]);
        let few = read(&many, &[(id(3), &one)]).unwrap();
        assert_eq!(incomplete(&many, &few, &[id(1), id(3)])[0].pointer, "/answers/1/value");
        // Nothing is required, and nothing at all is no contribution.
        assert_eq!(incomplete(&many, &Answers::new(), &[])[0].pointer, "/answers");
        let other = read(&all(), &[(id(1), &json!("Something."))]).unwrap();
        assert!(incomplete(&many, &other, &[id(1)]).is_empty(), "it is not required");
    }

    #[test]
    fn an_option_means_the_same_in_every_language() {
        let questions = all();
        let given = [json!("نص"), json!("Normes"), json!(["نظافة", " Norms "]), json!(5), json!(["Hygie\u{300}ne", "Norms"])];
        let given: Vec<_> = given.iter().zip(1..).map(|(value, n)| (id(n), value)).collect();
        let answers = read(&questions, &given).unwrap();
        let french = Reader::Prefers(vec!["fr".into(), "en".into()]);
        let shown: Vec<_> = questions.iter().map(|question| shown(question, &answers[&question.id], &french)).collect();
        assert_eq!(json!(shown), json!(["نص", "Normes", ["Normes", "Hygiène"], 5, ["Hygiène", "Normes"]]));
        let kept = serde_json::to_string(&answers).unwrap();
        assert_eq!(serde_json::from_str::<Answers>(&kept).unwrap(), answers);
    }

    proptest! {
        #[test]
        fn whatever_is_read_reads_the_same_when_it_is_shown(
            text in "\\PC{0,10}", choice in 0..3_usize, chosen in prop::collection::btree_set(0..3_usize, 0..=2), scale in 1..=5_i64,
            ranked in Just(vec![0_usize, 1, 2]).prop_shuffle(), best in 0..=3_usize, language in prop::sample::select(vec!["en", "fr", "ar"]),
        ) {
            let questions = all();
            let mut answers = Answers::from([
                (id(2), Answer::Choice(choice)),
                (id(4), Answer::Scale(scale)),
            ]);
            let cleaned = text::passage(&text, 10);
            if let Ok(text) = cleaned && !text.is_empty() {
                answers.insert(id(1), Answer::Text(text));
            }
            if !chosen.is_empty() {
                answers.insert(id(3), Answer::Choices(chosen.into_iter().collect()));
            }
            if best > 0 {
                answers.insert(id(5), Answer::Ranking(ranked[..best].to_vec()));
            }
            let reader = Reader::Prefers(vec![language.into()]);
            let values: Vec<_> =
                questions.iter().filter_map(|q| Some((q.id, shown(q, answers.get(&q.id)?, &reader)))).collect();
            let given: Vec<_> = values.iter().map(|(id, value)| (*id, value)).collect();
            prop_assert_eq!(read(&questions, &given).unwrap(), answers);
        }
    }
}
