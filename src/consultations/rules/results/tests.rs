//! Whatever a confidential round was answered: what is told leaves nobody alone on a side.

use proptest::prelude::*;

use super::super::disclosure::may_show;
use super::super::questions::{Answer, Answers, Question, QuestionKind};
use super::super::tally::{Cell, Counting, Tally};
use super::super::{CROWD, Visibility};
use super::{Code, Outcome, outcome};
use crate::ids::Ids;
use crate::locale::Localised;

const SECTORS: [&str; 3] = ["academia", "civil_society", "state"];
const REGIONS: [&str; 2] = ["asia", "europe"];

/// Of one sector and region: who was silent, who chose what without and with a name, and who left the question out.
type Made = (i64, [usize; 2], usize, usize);

fn question(required: bool) -> Question {
    Question {
        id: Ids::counted().unrelated(),
        kind: QuestionKind::SingleChoice,
        prompt: Localised::one("en", "?"),
        required,
        options: ["a", "b"].map(|text| Localised::one("en", text)).to_vec(),
        min: None,
        max: None,
        max_length: None,
    }
}

fn tally(question: &Question, made: &[Made]) -> Tally {
    let asked = std::slice::from_ref(question);
    let mut counting = Counting::of(asked, true);
    let places = SECTORS.iter().flat_map(|sector| REGIONS.iter().map(move |region| (Some(*sector), Some(*region))));
    for ((sector, region), (silent, unnamed, named, blank)) in places.zip(made) {
        let chose = |option| Answers::from([(question.id, Answer::Choice(option))]);
        let mut one = |visibility, answers: &Answers| {
            counting.invited(sector, region);
            counting.submitted(sector, region, visibility, answers);
        };
        for (option, many) in unnamed.iter().enumerate() {
            (0..*many).for_each(|_| one(Visibility::Anonymous, &chose(option)));
        }
        (0..*named).for_each(|_| one(Visibility::Attributed, &chose(0)));
        (0..if question.required { 0 } else { *blank }).for_each(|_| one(Visibility::Anonymous, &Answers::new()));
        (0..*silent).for_each(|_| counting.invited(sector, region));
    }
    counting.tally()
}

fn told(question: &Question, tally: &Tally) -> Outcome {
    let codes = |all: &[&str]| -> Vec<Code> { all.iter().map(|code| Some((*code).to_owned())).collect() };
    outcome(tally, std::slice::from_ref(question), true, &codes(&SECTORS), &codes(&REGIONS))
}

/// Unnamed people within: who contributed, who chose each option, who was silent.
fn people(tally: &Tally, within: impl Fn(&Cell) -> bool + Copy) -> (i64, Vec<i64>, i64) {
    let cells = || tally.cells.iter().filter(|cell| within(cell));
    let options = tally.question(0, within).options.iter().map(|option| option.unnamed()).collect();
    (cells().map(|cell| cell.submitted.unnamed()).sum(), options, cells().map(|cell| cell.invited - cell.submitted.all).sum())
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    prop::collection::vec((0_i64..9, [0_usize..7, 0_usize..7], 0_usize..3, 0_usize..5), 6)
}

proptest! {
    #[test]
    fn no_number_leaves_somebody_alone(made in made(), required in any::<bool>()) {
        let question = question(required);
        let tally = tally(&question, &made);
        let told = told(&question, &tally);
        let (contributed, options, silent) = people(&tally, |_| true);
        if told.submitted.is_some() {
            prop_assert!(may_show(contributed, contributed + silent));
        }
        for (axis, parts) in [(0, &told.by_sector), (1, &told.by_region)] {
            let is = |cell: &Cell, code: &Code| if axis == 0 { cell.sector == *code } else { cell.region == *code };
            let mut rest = (0, 0, 0);
            for part in parts {
                let (contributed, _, silent) = people(&tally, |cell| is(cell, &part.code));
                if part.submitted.is_some() {
                    prop_assert!(may_show(contributed, contributed + silent), "{part:?}");
                } else {
                    rest = (rest.0 + 1, rest.1 + contributed, rest.2 + silent);
                }
            }
            // What is left when all that is told is subtracted.
            if told.submitted.is_some() && rest.0 > 0 {
                prop_assert!(may_show(rest.1, rest.1 + rest.2), "{rest:?} {parts:?}");
            }
        }
        let asked = &told.questions[0];
        let shown: Vec<i64> = options.iter().zip(&asked.options).filter(|(_, told)| told.is_some()).map(|(count, _)| *count).collect();
        for count in &shown {
            prop_assert!(may_show(*count, contributed), "{count} of {contributed}");
        }
        let rest = contributed - shown.iter().sum::<i64>();
        let everything = asked.options.iter().all(Option::is_some) && rest == 0;
        if told.submitted.is_some() && !shown.is_empty() && contributed > 0 {
            prop_assert!(everything || rest >= CROWD, "{rest} are left of {contributed}: {asked:?}");
        }
        for (axis, shares) in [(0, &asked.by_sector), (1, &asked.by_region)] {
            for share in shares {
                let is = |cell: &Cell| share.codes.contains(if axis == 0 { &cell.sector } else { &cell.region });
                let (contributed, options, _) = people(&tally, is);
                for (count, told) in options.iter().zip(&share.options) {
                    prop_assert!(told.is_none() || may_show(*count, contributed), "{count} of {contributed}: {share:?}");
                }
            }
        }
    }

    /// The parts of a whole are the whole.
    #[test]
    fn what_is_told_adds_up(made in made()) {
        let question = question(true);
        let tally = tally(&question, &made);
        let told = told(&question, &tally);
        let asked = &told.questions[0];
        for shares in [&asked.by_sector, &asked.by_region] {
            for at in 0..2 {
                let parts: Option<Vec<i64>> = shares.iter().map(|share| share.options[at]).collect();
                if let (Some(parts), false) = (parts, shares.is_empty()) {
                    prop_assert_eq!(Some(parts.iter().sum::<i64>()), asked.options[at]);
                }
            }
        }
    }
}
