//! Which counts of a confidential round may be shown (domain.md, Consultations): only where 3 or more stand on each side, also after
//! subtraction. Pure.
//!
//! Every number here is of *unnamed* people: whoever is attributed is known, and anybody can subtract them. What is shown of a whole that
//! falls into parts never leaves a single part, or a handful of people, as the remainder.

use super::CROWD;

/// Whether it may be said that `part` of `whole` unnamed people are so: 3 or more are, and 3 or more are not. Of nobody everything may be
/// said: there is nobody to be found out.
pub fn may_show(part: i64, whole: i64) -> bool {
    whole == 0 || (part >= CROWD && whole - part >= CROWD)
}

/// Which of the parts of a whole may be shown, where their sum is known and each person is in one. `rest`: another part of that known sum,
/// and whether it is shown whatever is found here.
pub fn parts(parts: &[i64], rest: Option<(i64, bool)>) -> Vec<bool> {
    let whole: i64 = parts.iter().sum();
    let mut shown: Vec<bool> = parts.iter().map(|part| may_show(*part, whole)).collect();
    if whole == 0 {
        return shown;
    }
    let beside = rest.filter(|(_, is_shown)| !is_shown).map(|(part, _)| part);
    loop {
        let hidden = parts.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(part, _)| *part).chain(beside);
        let (count, people) = hidden.fold((0, 0), |(count, people), part| (count + 1, people + part));
        if count == 0 || (count >= 2 && people >= CROWD) {
            return shown;
        }
        let smallest = (0..parts.len()).filter(|at| shown.get(*at) == Some(&true)).min_by_key(|at| parts.get(*at));
        match smallest.and_then(|at| shown.get_mut(at)) {
            Some(next) => *next = false,
            None => return shown,
        }
    }
}

/// A part of an audience: unnamed people who contributed, and who did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// Who did.
    pub contributed: i64,
    /// Who did not.
    pub silent: i64,
}

impl Sides {
    /// Whether it may be said how many did.
    pub fn may_show(self) -> bool {
        may_show(self.contributed, self.contributed + self.silent)
    }

    fn and(self, other: Self) -> Self {
        Self { contributed: self.contributed + other.contributed, silent: self.silent + other.silent }
    }
}

/// Of which of these parts of an audience it may be said how many contributed, where the sum of all is known: what is left together can be
/// told by subtraction, and so must be sayable too.
pub fn audience(all: &[Sides]) -> Vec<bool> {
    let mut shown: Vec<bool> = all.iter().map(|part| part.may_show()).collect();
    loop {
        let hidden: Vec<Sides> = all.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(part, _)| *part).collect();
        let together = hidden.iter().fold(Sides::default(), |sum, part| sum.and(*part));
        if hidden.is_empty() || (hidden.len() >= 2 && together.may_show()) {
            return shown;
        }
        let smallest = (0..all.len())
            .filter(|at| shown.get(*at) == Some(&true))
            .min_by_key(|at| all.get(*at).map(|part| part.contributed.min(part.silent)));
        match smallest.and_then(|at| shown.get_mut(at)) {
            Some(next) => *next = false,
            None => return shown,
        }
    }
}

/// Which options may be broken down by these groups of contributors, for each group what each option got: an option of all groups or of none.
/// `exclusive`: everybody chose one option at most, so that what is not shown of a group is the rest.
pub fn breakdown(groups: &[(i64, Vec<i64>)], options: usize, exclusive: bool) -> Vec<bool> {
    let cell = |group: &(i64, Vec<i64>), at: usize| group.1.get(at).copied().unwrap_or_default();
    let mut shown: Vec<bool> = (0..options).map(|at| groups.iter().all(|group| may_show(cell(group, at), group.0))).collect();
    while exclusive && shown.iter().any(|is| *is) {
        let rest = |group: &(i64, Vec<i64>)| {
            let seen: i64 = (0..options).filter(|at| shown.get(*at) == Some(&true)).map(|at| cell(group, at)).sum();
            (group.0 - seen, seen)
        };
        let hidden = shown.iter().filter(|is| !**is).count();
        // With everything shown there is a rest only of those who left the question out.
        let told = groups.iter().map(rest).all(|(rest, seen)| (rest == 0 && hidden == 0) || may_show(rest, rest + seen));
        if told && hidden != 1 {
            break;
        }
        let smallest = (0..options)
            .filter(|at| shown.get(*at) == Some(&true))
            .min_by_key(|at| groups.iter().map(|group| cell(group, *at)).min());
        if let Some(next) = smallest.and_then(|at| shown.get_mut(at)) {
            *next = false;
        }
    }
    shown
}

/// Of cells of a table that hold somebody, as (row, column): those whose content follows from the sums of rows and columns alone. A cell
/// does so where it lies on no cycle of cells that could be changed against each other.
pub fn determined(cells: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let connected = |without: (usize, usize)| -> bool {
        let (mut rows, mut columns) = (vec![without.0], Vec::new());
        loop {
            let before = (rows.len(), columns.len());
            for (row, column) in cells.iter().filter(|cell| **cell != without) {
                match (rows.contains(row), columns.contains(column)) {
                    (true, false) => columns.push(*column),
                    (false, true) => rows.push(*row),
                    (true, true) | (false, false) => {}
                }
            }
            if columns.contains(&without.1) {
                return true;
            }
            if before == (rows.len(), columns.len()) {
                return false;
            }
        }
    };
    cells.iter().copied().filter(|cell| !connected(*cell)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_on_each_side() {
        for (part, whole, may) in [(0, 0, true), (0, 5, false), (2, 9, false), (3, 5, false), (3, 6, true), (6, 6, false)] {
            assert_eq!(may_show(part, whole), may, "{part} of {whole}");
        }
    }

    #[test]
    fn nothing_is_left_to_subtract() {
        let shown = |all: &[i64], rest| -> String { parts(all, rest).into_iter().map(|is| if is { 'x' } else { '.' }).collect() };
        assert_eq!(shown(&[5, 5, 5], None), "xxx");
        // One small part would be the remainder: a second one goes with it.
        assert_eq!(shown(&[5, 7, 1], None), ".x.");
        // Two empty ones would say that everybody chose the third.
        assert_eq!(shown(&[5, 0, 0], None), "...");
        assert_eq!(shown(&[9, 4, 1, 1], None), "x...");
        assert_eq!(shown(&[9, 4, 2, 1], None), "xx..");
        // Who did not answer is hidden already, and is a remainder beside the small one.
        assert_eq!(shown(&[5, 7, 1], Some((2, false))), "xx.");
        assert_eq!(shown(&[5, 7, 1], Some((40, true))), ".x.");
        // Everybody is named: nobody can be found out.
        assert_eq!(shown(&[0, 0], None), "xx");
    }

    #[test]
    fn an_audience_is_told_by_parts_that_hide_each_other() {
        let sides = |all: &[(i64, i64)]| -> String {
            let all: Vec<Sides> =
                all.iter().map(|(contributed, silent)| Sides { contributed: *contributed, silent: *silent }).collect();
            audience(&all).into_iter().map(|is| if is { 'x' } else { '.' }).collect()
        };
        assert_eq!(sides(&[(5, 9), (4, 7)]), "xx");
        assert_eq!(sides(&[(5, 9), (1, 7), (4, 7)]), "x..");
        assert_eq!(sides(&[(5, 9), (1, 7), (2, 7)]), "x..");
        assert_eq!(sides(&[(5, 9), (3, 0)]), "..");
        assert_eq!(sides(&[(0, 0), (5, 5)]), "xx");
    }

    #[test]
    fn what_rows_and_columns_give_away() {
        // A square can be changed against itself.
        assert_eq!(determined(&[(0, 0), (0, 1), (1, 0), (1, 1)]), []);
        // A row of one cell cannot.
        assert_eq!(determined(&[(0, 0), (1, 0), (1, 1)]), [(0, 0), (1, 0), (1, 1)]);
        assert_eq!(determined(&[(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)]), [(2, 1)]);
        // Two squares and a bridge between them.
        let squares = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)];
        assert_eq!(determined(&squares), [(1, 2)]);
    }

    proptest! {
        /// Whatever the parts are: what is shown has three on each side, and the remainder is nothing, or at least two parts of three people.
        #[test]
        fn parts_leave_no_small_remainder(all in prop::collection::vec(0_i64..12, 2..7), rest in prop::option::of((0_i64..9, any::<bool>()))) {
            let shown = parts(&all, rest);
            let whole: i64 = all.iter().sum();
            prop_assume!(whole > 0);
            let mut hidden: Vec<i64> = rest.filter(|(_, is)| !is).map(|(part, _)| part).into_iter().collect();
            for (part, is) in all.iter().zip(&shown) {
                if *is { prop_assert!(may_show(*part, whole)); } else { hidden.push(*part); }
            }
            let alone = hidden.len() < 2 || hidden.iter().sum::<i64>() < CROWD;
            prop_assert!(hidden.is_empty() || !alone || shown.iter().all(|is| !is));
        }

        #[test]
        fn a_breakdown_leaves_no_small_remainder(cells in prop::collection::vec(prop::collection::vec(0_i64..12, 4), 1..5), blank in 0_i64..4) {
            let groups: Vec<(i64, Vec<i64>)> = cells.into_iter().map(|cells| (cells.iter().sum::<i64>() + blank, cells)).collect();
            let shown = breakdown(&groups, 4, true);
            let any = shown.iter().any(|is| *is);
            for (whole, cells) in &groups {
                let mut seen = 0;
                for (cell, _) in cells.iter().zip(&shown).filter(|(_, is)| **is) {
                    prop_assert!(may_show(*cell, *whole));
                    seen += cell;
                }
                let everything = shown.iter().all(|is| *is) && seen == *whole;
                prop_assert!(!any || everything || may_show(whole - seen, *whole));
            }
        }
    }
}
