//! What is told of what came out of a round: everything where it allows only `attributed`, else what [`disclosure`] lets be shown. Pure.
//!
//! It is a function of the tally alone, so that it is the same for everybody and at every time after the close.

use super::CROWD;
use super::disclosure::{self, Sides, determined, may_show};
use super::questions::{Question, QuestionKind};
use super::tally::{Cell, Counts, QuestionTally, Tally};

/// A sector or a region; null: unknown.
pub type Code = Option<String>;

/// Fewest unnamed contributors that a group of a breakdown has, where it has any: three on each side.
const GROUP: i64 = 2 * CROWD;

/// What is told. Null is what may not be.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Supporters that were in the audience; null also in a public round.
    pub invited: Option<i64>,
    /// Contributions.
    pub submitted: Option<i64>,
    /// By question, in order.
    pub questions: Vec<Told>,
    /// By sector.
    pub by_sector: Vec<Part>,
    /// By region.
    pub by_region: Vec<Part>,
    /// Whether something is kept back.
    pub suppressed: bool,
}

/// A part of the audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub code: Code,
    /// Endorsed supporters on the day of the close.
    pub register: i64,
    /// Supporters that were in the audience.
    pub invited: i64,
    /// Contributions.
    pub submitted: Option<i64>,
}

/// What is told of one question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Contributions that answer it.
    pub answered: Option<i64>,
    /// By option, or by number of the scale: who chose it; of a ranking who put it first.
    pub options: Vec<Option<i64>>,
    /// By option of a ranking: who ranked it, and the mean of the places that it got.
    pub ranks: Vec<(Option<i64>, Option<f64>)>,
    /// Of a scale.
    pub mean: Option<f64>,
    /// Of a scale.
    pub median: Option<f64>,
    /// By sector.
    pub by_sector: Vec<Share>,
    /// By region.
    pub by_region: Vec<Share>,
}

/// What some of the contributors answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Of which sectors or regions they are: several where they are too few to be told apart.
    pub codes: Vec<Code>,
    /// Contributions that answer the question.
    pub answered: Option<i64>,
    /// As [`Told::options`].
    pub options: Vec<Option<i64>>,
}

/// Along what the contributors are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Sector,
    Region,
}

impl Axis {
    fn of(self, cell: &Cell) -> &Code {
        match self {
            Self::Sector => &cell.sector,
            Self::Region => &cell.region,
        }
    }
}

/// Groups of contributors, each by its codes.
type Groups = Vec<Vec<Code>>;

/// A question, with what of its whole is shown.
struct Asked<'a> {
    at: usize,
    question: &'a Question,
    /// Its options, then, unless everybody must answer, those who left it out.
    shown: Vec<bool>,
    answered: bool,
}

struct Telling<'a> {
    tally: &'a Tally,
    confidential: bool,
    /// Whether it is told how many contributed.
    submitted: bool,
}

/// How many contributed, where that may be told.
pub fn submitted(tally: &Tally, confidential: bool) -> Option<i64> {
    let all = tally.submitted();
    let told = !confidential
        || match tally.invited() {
            Some(_) => sides(tally, |_| true).may_show(),
            None => all.unnamed() == 0 || all.unnamed() >= CROWD,
        };
    told.then_some(all.all)
}

/// What is told of a round. `sectors` and `regions`: every code that is listed in any case, in order.
pub fn outcome(tally: &Tally, questions: &[Question], confidential: bool, sectors: &[Code], regions: &[Code]) -> Outcome {
    let submitted = submitted(tally, confidential);
    let telling = Telling { tally, confidential, submitted: submitted.is_some() };
    let (sectors, regions) = (telling.codes(Axis::Sector, sectors), telling.codes(Axis::Region, regions));
    let shown_sectors = telling.audience(Axis::Sector, &sectors);
    let sector_groups = grouped(&sectors, &shown_sectors);
    let mut shown_regions = telling.audience(Axis::Region, &regions);
    let mut region_groups = grouped(&regions, &shown_regions);
    if confidential && !telling.holds_crossed(&sector_groups, &region_groups) {
        shown_regions = vec![false; regions.len()];
        region_groups = Vec::new();
    }
    let by_sector = telling.parts(Axis::Sector, &sectors, &shown_sectors);
    let by_region = telling.parts(Axis::Region, &regions, &shown_regions);
    let sector_groups = telling.told_apart(Axis::Sector, sector_groups);
    let region_groups = telling.told_apart(Axis::Region, region_groups);
    let questions = questions.iter().enumerate();
    let questions: Vec<Told> =
        questions.map(|(at, question)| telling.question(at, question, &sector_groups, &region_groups)).collect();
    let missing = |told: &Told| {
        told.answered.is_none() || told.options.iter().any(Option::is_none) || (told.by_sector.is_empty() && tally.has_audience)
    };
    let suppressed = confidential
        && (submitted.is_none()
            || shown_sectors.iter().chain(&shown_regions).any(|shown| !shown)
            || questions.iter().any(missing));
    Outcome { invited: tally.invited(), submitted, questions, by_sector, by_region, suppressed }
}

fn sides(tally: &Tally, within: impl Fn(&Cell) -> bool) -> Sides {
    let mut sides = Sides::default();
    for cell in tally.cells.iter().filter(|cell| within(cell)) {
        sides.contributed += cell.submitted.unnamed();
        sides.silent += cell.invited - cell.submitted.all;
    }
    // Whoever contributed without having been noted in the audience has nobody silent beside it.
    sides.silent = sides.silent.max(0);
    sides
}

/// Each code that is shown by itself, and those that are not together.
fn grouped(codes: &[Code], shown: &[bool]) -> Groups {
    let (alone, together): (Vec<_>, Vec<_>) = codes.iter().cloned().zip(shown).partition(|(_, shown)| **shown);
    let mut groups: Groups = alone.into_iter().map(|(code, _)| vec![code]).collect();
    if !together.is_empty() {
        groups.push(together.into_iter().map(|(code, _)| code).collect());
    }
    groups
}

fn mean(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 100.0).round() / 100.0)
}

fn median(counts: &[Counts]) -> Option<f64> {
    let all: i64 = counts.iter().map(|count| count.all).sum();
    let at = |nth: i64| {
        let mut seen = 0;
        (1_i64..).zip(counts).find_map(|(value, count)| {
            seen += count.all;
            (seen > nth).then_some(value as f64)
        })
    };
    if all == 0 { None } else { Some((at((all - 1) / 2)? + at(all / 2)?) / 2.0) }
}

impl Telling<'_> {
    /// The codes that are listed, and then those that occur beside them.
    fn codes(&self, axis: Axis, listed: &[Code]) -> Vec<Code> {
        let mut codes = if self.tally.has_audience { listed.to_vec() } else { Vec::new() };
        for cell in self.tally.cells.iter().filter(|_| self.tally.has_audience) {
            if !codes.contains(axis.of(cell)) {
                codes.push(axis.of(cell).clone());
            }
        }
        codes
    }

    /// Of which codes it is told how many contributed.
    fn audience(&self, axis: Axis, codes: &[Code]) -> Vec<bool> {
        if !self.confidential {
            return vec![true; codes.len()];
        }
        let all: Vec<Sides> = codes.iter().map(|code| sides(self.tally, |cell| axis.of(cell) == code)).collect();
        // Where nobody is who could be found out, there is nobody to hide behind either.
        let peopled: Vec<Sides> = all.iter().copied().filter(|part| *part != Sides::default()).collect();
        let mut shown = disclosure::audience(&peopled).into_iter();
        all.iter().map(|part| *part == Sides::default() || shown.next().unwrap_or_default()).collect()
    }

    /// Whether what sectors and regions tell together, they may tell.
    fn holds_crossed(&self, sectors: &Groups, regions: &Groups) -> bool {
        let within = |row: usize, column: usize| {
            let (row, column) = (sectors.get(row), regions.get(column));
            sides(self.tally, |cell| is_in(row, &cell.sector) && is_in(column, &cell.region))
        };
        let peopled = |(row, column): &(usize, usize)| within(*row, *column) != Sides::default();
        let cells: Vec<_> = pairs(sectors.len(), regions.len()).filter(peopled).collect();
        determined(&cells).into_iter().all(|(row, column)| within(row, column).may_show())
    }

    fn parts(&self, axis: Axis, codes: &[Code], shown: &[bool]) -> Vec<Part> {
        let part = |(code, shown): (&Code, &bool)| {
            let mut part = Part { code: code.clone(), register: 0, invited: 0, submitted: None };
            let mut submitted = 0;
            for cell in self.tally.cells.iter().filter(|cell| axis.of(cell) == code) {
                part.register += cell.register;
                part.invited += cell.invited;
                submitted += cell.submitted.all;
            }
            Part { submitted: shown.then_some(submitted), ..part }
        };
        codes.iter().zip(shown).map(part).collect()
    }

    fn submitted_by(&self, axis: Axis, group: &[Code]) -> Counts {
        let mut counts = Counts::default();
        self.tally.cells.iter().filter(|cell| group.contains(axis.of(cell))).for_each(|cell| counts += cell.submitted);
        counts
    }

    /// The groups by which answers are broken down: those without a contribution left out, and small ones merged until each has enough
    /// unnamed contributors, or none. Empty where nothing is left to tell apart.
    fn told_apart(&self, axis: Axis, groups: Groups) -> Groups {
        if !self.submitted {
            return Vec::new();
        }
        let mut groups: Groups = groups.into_iter().filter(|group| self.submitted_by(axis, group).all > 0).collect();
        if self.confidential {
            let unnamed = |group: &Vec<Code>| self.submitted_by(axis, group).unnamed();
            loop {
                groups.sort_by_key(unnamed);
                let with = groups.partition_point(|group| unnamed(group) == 0);
                if groups.len() < with + 2 || groups.get(with).is_none_or(|smallest| unnamed(smallest) >= GROUP) {
                    break;
                }
                let smallest = groups.remove(with);
                if let Some(next) = groups.get_mut(with) {
                    next.extend(smallest);
                }
            }
            groups.sort_by_key(|group| group.first().cloned().map(|code| (code.is_none(), code)));
            if groups.len() < 2 {
                groups.clear();
            }
        }
        groups
    }

    fn question(&self, at: usize, question: &Question, sectors: &Groups, regions: &Groups) -> Told {
        let all = self.tally.question(at, |_| true);
        let unnamed = self.tally.submitted().unnamed();
        let silent = self.tally.has_audience.then(|| (sides(self.tally, |_| true).silent, self.submitted));
        let asked = self.asked(at, question, &all, unnamed, silent);
        let mut told = Told { answered: asked.answered.then_some(all.answered.all), ..Told::default() };
        told.options = shown(&all.options, &asked.shown);
        let whole = all.options.iter().zip(&asked.shown).all(|(_, shown)| *shown);
        if question.kind == QuestionKind::Scale && whole {
            let sum = (1_i64..).zip(&all.options).map(|(value, count)| value * count.all).sum();
            told.mean = mean(sum, all.answered.all);
            told.median = median(&all.options);
        }
        let ranked = |count: &Counts| !self.confidential || self.is_told(count.unnamed(), all.answered.unnamed(), unnamed);
        let all_ranked = all.ranks.iter().all(|(count, _)| ranked(count));
        told.ranks = (all.ranks.iter())
            .map(|(count, places)| (ranked(count).then_some(count.all), mean(*places, count.all).filter(|_| whole && all_ranked)))
            .collect();
        let by_sector = self.shares(Axis::Sector, sectors, &asked);
        let by_region = self.shares(Axis::Region, regions, &asked);
        let crossed = !self.confidential || self.answers_hold_crossed(&asked, (sectors, &by_sector), (regions, &by_region));
        told.by_sector = self.told_shares(Axis::Sector, sectors, &by_sector, &asked);
        if crossed {
            told.by_region = self.told_shares(Axis::Region, regions, &by_region, &asked);
        }
        told
    }

    /// Whether it may be said that `part` of `whole` unnamed contributors who answered did so, of `everybody` who contributed.
    fn is_told(&self, part: i64, whole: i64, everybody: i64) -> bool {
        if everybody == 0 { self.submitted } else { whole > 0 && may_show(part, whole) }
    }

    fn asked<'a>(
        &self,
        at: usize,
        question: &'a Question,
        all: &QuestionTally,
        unnamed: i64,
        silent: Option<(i64, bool)>,
    ) -> Asked<'a> {
        let mut parts: Vec<i64> = all.options.iter().map(|option| option.unnamed()).collect();
        let blank = unnamed - all.answered.unnamed();
        let options = parts.len();
        if !self.confidential {
            return Asked { at, question, shown: vec![true; options + 1], answered: true };
        }
        if unnamed == 0 {
            // That nobody unnamed is among them is told where the whole is, and nowhere else.
            return Asked { at, question, shown: vec![self.submitted; options + 1], answered: self.submitted };
        }
        let told = |part| self.is_told(part, all.answered.unnamed(), unnamed);
        let answered = self.submitted && (question.required || may_show(blank, unnamed));
        let shown = match question.kind {
            QuestionKind::Text => vec![answered],
            QuestionKind::MultipleChoice if question.max != Some(1) => {
                let mut shown: Vec<bool> = parts.iter().map(|part| told(*part)).collect();
                // Where everybody chooses as many, one that is hidden alone is what is missing of their sum.
                if question.min == question.max && shown.iter().filter(|shown| !**shown).count() == 1 {
                    let smallest = (0..options).filter(|at| shown.get(*at) == Some(&true)).min_by_key(|at| parts.get(*at));
                    if let Some(next) = smallest.and_then(|at| shown.get_mut(at)) {
                        *next = false;
                    }
                }
                shown.push(answered);
                shown
            }
            QuestionKind::SingleChoice | QuestionKind::MultipleChoice | QuestionKind::Scale | QuestionKind::Ranking => {
                if !question.required {
                    parts.push(blank);
                }
                let mut shown = disclosure::parts(&parts, silent);
                if question.required {
                    shown.push(self.submitted);
                }
                shown
            }
        };
        let answered = self.submitted && shown.last().copied().unwrap_or_default();
        Asked { at, question, shown, answered }
    }

    fn is_exclusive(question: &Question) -> bool {
        question.kind != QuestionKind::MultipleChoice || question.max == Some(1)
    }

    /// How many unnamed contributors there are within, and what they answer: options, then those who left it out.
    fn answers(&self, asked: &Asked<'_>, within: impl Fn(&Cell) -> bool + Copy) -> (i64, Vec<i64>) {
        let tally = self.tally.question(asked.at, within);
        let whole: i64 = self.tally.cells.iter().filter(|cell| within(cell)).map(|cell| cell.submitted.unnamed()).sum();
        let mut parts: Vec<i64> = tally.options.iter().map(|option| option.unnamed()).collect();
        parts.resize(asked.shown.len() - 1, 0);
        parts.push(whole - tally.answered.unnamed());
        (whole, parts)
    }

    /// Which options, and then whether those who left it out, are shown of each of these groups.
    fn shares(&self, axis: Axis, groups: &Groups, asked: &Asked<'_>) -> Vec<bool> {
        if !self.confidential || groups.is_empty() {
            return vec![!groups.is_empty(); asked.shown.len()];
        }
        let all: Vec<(i64, Vec<i64>)> =
            groups.iter().map(|group| self.answers(asked, |cell| group.contains(axis.of(cell)))).collect();
        let options = asked.shown.len() - 1;
        let required = asked.question.required;
        let blank = |(whole, parts): &(i64, Vec<i64>)| parts.get(options).copied().unwrap_or(*whole);
        let mut shown = if Self::is_exclusive(asked.question) {
            // Nobody leaves out what must be answered: that says nothing of anybody.
            disclosure::breakdown(&all, if required { options } else { options + 1 }, true)
        } else {
            let told = |at: usize, group: &(i64, Vec<i64>)| {
                group.0 == 0 || self.is_told(group.1.get(at).copied().unwrap_or_default(), group.0 - blank(group), group.0)
            };
            (0..options).map(|at| all.iter().all(|group| told(at, group))).collect()
        };
        if shown.len() == options {
            shown.push(required || all.iter().all(|group| may_show(blank(group), group.0)));
        }
        shown.iter().zip(&asked.shown).map(|(here, whole)| *here && *whole).collect()
    }

    /// Whether what two breakdowns tell together of the cells of their table, they may tell.
    fn answers_hold_crossed(&self, asked: &Asked<'_>, sectors: (&Groups, &[bool]), regions: (&Groups, &[bool])) -> bool {
        let within = |row: usize, column: usize| {
            let (row, column) = (sectors.0.get(row), regions.0.get(column));
            self.answers(asked, |cell| is_in(row, &cell.sector) && is_in(column, &cell.region))
        };
        let cells: Vec<_> = pairs(sectors.0.len(), regions.0.len()).filter(|(row, column)| within(*row, *column).0 > 0).collect();
        let both: Vec<bool> = sectors.1.iter().zip(regions.1).map(|(here, there)| *here && *there).collect();
        let required = asked.question.required;
        let last = both.len().saturating_sub(1);
        determined(&cells).into_iter().all(|(row, column)| {
            let (whole, parts) = within(row, column);
            let told: Vec<i64> = (parts.iter().zip(&both).enumerate())
                .filter(|(at, (_, both))| **both && !(required && *at == last))
                .map(|(_, (part, _))| *part)
                .collect();
            let rest = whole - told.iter().sum::<i64>();
            let is_rest_told = Self::is_exclusive(asked.question) && !told.is_empty();
            told.iter().all(|part| may_show(*part, whole)) && (!is_rest_told || rest == 0 || may_show(rest, whole))
        })
    }

    fn told_shares(&self, axis: Axis, groups: &Groups, are_shown: &[bool], asked: &Asked<'_>) -> Vec<Share> {
        let share = |group: &Vec<Code>| {
            let tally = self.tally.question(asked.at, |cell| group.contains(axis.of(cell)));
            let answered = are_shown.last().copied().unwrap_or_default().then_some(tally.answered.all);
            let mut options = tally.options;
            options.resize(asked.shown.len() - 1, Counts::default());
            Share { codes: group.clone(), answered, options: shown(&options, are_shown) }
        };
        groups.iter().map(share).collect()
    }
}

fn shown(counts: &[Counts], are: &[bool]) -> Vec<Option<i64>> {
    counts.iter().zip(are).map(|(count, shown)| shown.then_some(count.all)).collect()
}

fn is_in(group: Option<&Vec<Code>>, code: &Code) -> bool {
    group.is_some_and(|group| group.contains(code))
}

fn pairs(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

#[cfg(test)]
mod tests;
