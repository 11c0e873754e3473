//! What came out of a round, counted: pure.
//!
//! Contributions for the secretariat alone are counted as if they were not there: subtracting what is listed from what is counted would
//! give their answers away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Visibility;
use super::questions::{Answer, Answers, Question, QuestionKind};

/// How many contributions, and how many of these say whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All.
    #[serde(rename = "a")]
    pub all: i64,
    /// Those that are attributed.
    #[serde(rename = "n")]
    pub named: i64,
}

impl Counts {
    /// Those that do not say whose they are.
    pub fn unnamed(self) -> i64 {
        self.all - self.named
    }

    fn add(&mut self, named: bool) {
        self.all += 1;
        self.named += i64::from(named);
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.named += other.named;
    }
}

/// The answers to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionTally {
    /// Contributions that answer it.
    pub answered: Counts,
    /// By option, or by number of the scale: who chose it; of a ranking who put it first.
    pub options: Vec<Counts>,
    /// By option of a ranking: who ranked it, and the sum of the places that it got, from 1.
    pub ranks: Vec<(Counts, i64)>,
}

impl QuestionTally {
    fn of(question: &Question) -> Self {
        let options = match question.kind {
            QuestionKind::Text => 0,
            QuestionKind::Scale => question.max.and_then(|max| usize::try_from(max).ok()).unwrap_or_default(),
            QuestionKind::SingleChoice | QuestionKind::MultipleChoice | QuestionKind::Ranking => question.options.len(),
        };
        let ranks = if question.kind == QuestionKind::Ranking { options } else { 0 };
        Self {
            answered: Counts::default(),
            options: vec![Counts::default(); options],
            ranks: vec![(Counts::default(), 0); ranks],
        }
    }

    fn count(&mut self, answer: &Answer, named: bool) {
        self.answered.add(named);
        let mut choose = |position: usize| {
            if let Some(option) = self.options.get_mut(position) {
                option.add(named);
            }
        };
        match answer {
            Answer::Text(_) => {}
            Answer::Choice(position) => choose(*position),
            Answer::Choices(positions) => positions.iter().for_each(|position| choose(*position)),
            Answer::Scale(value) => choose(usize::try_from(value - 1).unwrap_or(usize::MAX)),
            Answer::Ranking(positions) => {
                positions.iter().take(1).for_each(|position| choose(*position));
                for (place, position) in (1_i64..).zip(positions) {
                    if let Some((ranked, places)) = self.ranks.get_mut(*position) {
                        ranked.add(named);
                        *places += place;
                    }
                }
            }
        }
    }
}

impl std::ops::AddAssign<&Self> for QuestionTally {
    fn add_assign(&mut self, other: &Self) {
        self.answered += other.answered;
        self.options.resize(self.options.len().max(other.options.len()), Counts::default());
        for (mine, more) in self.options.iter_mut().zip(&other.options) {
            *mine += *more;
        }
        self.ranks.resize(self.ranks.len().max(other.ranks.len()), (Counts::default(), 0));
        for ((ranked, places), (more, further)) in self.ranks.iter_mut().zip(&other.ranks) {
            *ranked += *more;
            *places += further;
        }
    }
}

/// Those of one sector and region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// A code of the call; null: unknown.
    pub sector: Option<String>,
    /// A region of UN M49; null: unknown.
    pub region: Option<String>,
    /// Endorsed supporters on the day of the close.
    pub register: i64,
    /// Supporters that were in the audience.
    pub invited: i64,
    /// Contributions.
    pub submitted: Counts,
    /// What they answer, by question in order.
    pub questions: Vec<QuestionTally>,
}

/// Everything that results are made from, as it was at the close.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Whether there is an audience that can be counted: not in a public round.
    pub has_audience: bool,
    /// By sector and region; of a public round one.
    pub cells: Vec<Cell>,
    /// Contributions for the secretariat alone, which are counted nowhere else.
    pub secretariat_only: i64,
}

/// Counts one contribution after another.
pub struct Counting<'a> {
    questions: &'a [Question],
    has_audience: bool,
    cells: BTreeMap<(Option<String>, Option<String>), Cell>,
    secretariat_only: i64,
}

impl<'a> Counting<'a> {
    /// Begins. `has_audience`: not a public round.
    pub fn of(questions: &'a [Question], has_audience: bool) -> Self {
        Self { questions, has_audience, cells: BTreeMap::new(), secretariat_only: 0 }
    }

    fn cell(&mut self, sector: Option<&str>, region: Option<&str>) -> &mut Cell {
        let key = (sector.map(str::to_owned), region.map(str::to_owned));
        let questions = self.questions;
        self.cells.entry(key).or_insert_with_key(|(sector, region)| Cell {
            sector: sector.clone(),
            region: region.clone(),
            questions: questions.iter().map(QuestionTally::of).collect(),
            ..Cell::default()
        })
    }

    /// That so many endorsed supporters are of this sector and region.
    pub fn registered(&mut self, sector: Option<&str>, region: Option<&str>, supporters: i64) {
        self.cell(sector, region).register += supporters;
    }

    /// That a supporter of this sector and region was in the audience.
    pub fn invited(&mut self, sector: Option<&str>, region: Option<&str>) {
        self.cell(sector, region).invited += 1;
    }

    /// That one of them contributed this.
    pub fn submitted(&mut self, sector: Option<&str>, region: Option<&str>, visibility: Visibility, answers: &Answers) {
        if visibility == Visibility::SecretariatOnly {
            self.secretariat_only += 1;
            return;
        }
        let named = visibility == Visibility::Attributed;
        let questions = self.questions;
        let cell = self.cell(sector, region);
        cell.submitted.add(named);
        for (question, tally) in questions.iter().zip(&mut cell.questions) {
            if let Some(answer) = answers.get(&question.id) {
                tally.count(answer, named);
            }
        }
    }

    /// The end.
    pub fn tally(self) -> Tally {
        Tally {
            has_audience: self.has_audience,
            cells: self.cells.into_values().collect(),
            secretariat_only: self.secretariat_only,
        }
    }
}

impl Tally {
    /// Supporters that were in the audience; `None` in a public round.
    pub fn invited(&self) -> Option<i64> {
        self.has_audience.then(|| self.cells.iter().map(|cell| cell.invited).sum())
    }

    /// Contributions.
    pub fn submitted(&self) -> Counts {
        let mut all = Counts::default();
        self.cells.iter().for_each(|cell| all += cell.submitted);
        all
    }

    /// The answers to one question, of the cells that `within` says.
    pub fn question(&self, n: usize, within: impl Fn(&Cell) -> bool) -> QuestionTally {
        let mut all = QuestionTally::default();
        for cell in self.cells.iter().filter(|cell| within(cell)) {
            if let Some(tally) = cell.questions.get(n) {
                all += tally;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Ids;
    use crate::locale::Localised;

    #[test]
    fn every_kind_of_answer_is_counted() {
        let ids = Ids::counted();
        let question = |kind, max| Question {
            id: ids.unrelated(),
            kind,
            prompt: Localised::one("en", "?"),
            required: false,
            options: ["a", "b", "c"].map(|text| Localised::one("en", text)).to_vec(),
            min: None,
            max,
            max_length: None,
        };
        let asked = [
            question(QuestionKind::Text, None),
            question(QuestionKind::SingleChoice, None),
            question(QuestionKind::MultipleChoice, None),
            question(QuestionKind::Scale, Some(5)),
            question(QuestionKind::Ranking, None),
        ];
        let answers: Answers = asked
            .iter()
            .map(|question| question.id)
            .zip([
                Answer::Text("x".into()),
                Answer::Choice(1),
                Answer::Choices(vec![0, 2]),
                Answer::Scale(5),
                Answer::Ranking(vec![2, 0]),
            ])
            .collect();
        let mut counting = Counting::of(&asked, true);
        counting.registered(Some("state"), Some("150"), 7);
        counting.invited(Some("state"), Some("150"));
        counting.invited(None, None);
        counting.submitted(Some("state"), Some("150"), Visibility::Attributed, &answers);
        counting.submitted(None, None, Visibility::Anonymous, &answers);
        counting.submitted(None, None, Visibility::Anonymous, &Answers::new());
        counting.submitted(None, None, Visibility::SecretariatOnly, &answers);
        let tally = counting.tally();
        assert_eq!(tally.invited(), Some(2));
        assert_eq!(tally.submitted(), Counts { all: 3, named: 1 });
        assert_eq!(tally.secretariat_only, 1);
        let all = |n: usize| tally.question(n, |_| true);
        let chosen = |n: usize| -> Vec<i64> { all(n).options.iter().map(|option| option.all).collect() };
        assert_eq!(all(0).answered, Counts { all: 2, named: 1 });
        assert_eq!(chosen(1), [0, 2, 0]);
        assert_eq!(chosen(2), [2, 0, 2]);
        assert_eq!(chosen(3), [0, 0, 0, 0, 2]);
        assert_eq!(chosen(4), [0, 0, 2]);
        assert_eq!(
            all(4).ranks.iter().map(|(ranked, places)| (ranked.all, *places)).collect::<Vec<_>>(),
            [(2, 4), (0, 0), (2, 2)]
        );
        let states = tally.question(1, |cell| cell.sector.as_deref() == Some("state"));
        assert_eq!(states.options[1], Counts { all: 1, named: 1 });
        let read: Tally = serde_json::from_str(&serde_json::to_string(&tally).unwrap()).unwrap();
        assert_eq!(read, tally);
    }
}
