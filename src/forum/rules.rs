//! What a Forum edition may be and become (domain.md, The Forum cycle and its mails).

use chrono::Datelike;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::states::State;
use crate::time::Day;
use crate::word_enum;

word_enum! {
    /// Where a Forum edition stands.
    #[schemars(rename = "ForumStatus")]
    pub enum Status {
        /// Announced.
        Planned = "planned",
        /// Going on, or taking what is to be presented.
        Open = "open",
        /// Over.
        Held = "held",
        /// Will not take place.
        Cancelled = "cancelled",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Planned => &[Self::Open, Self::Cancelled],
            Self::Open => &[Self::Held, Self::Cancelled],
            Self::Held | Self::Cancelled => &[],
        }
    }
}

/// The days of an edition, in its own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Last day on which a deliverable may be submitted for it.
    pub submission_deadline: Option<Day>,
    /// First day.
    pub starts_on: Day,
    /// Last day.
    pub ends_on: Day,
}

/// What is wrong with the order of an edition's days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFault {
    /// The last day lies before the first.
    #[error("lies before starts_on: the Forum ends on the day it starts, or later")]
    EndsBeforeStart,
    /// The submission deadline lies after the first day.
    #[error("lies after starts_on: what is to be presented is submitted by the first day at the latest")]
    DeadlineAfterStart,
}

impl DateFault {
    /// The field at fault.
    pub fn field(self) -> &'static str {
        match self {
            Self::EndsBeforeStart => "ends_on",
            Self::DeadlineAfterStart => "submission_deadline",
        }
    }
}

impl Dates {
    /// Every fault in the order submission_deadline ≤ starts_on ≤ ends_on.
    pub fn faults(&self) -> Vec<DateFault> {
        let late = self.submission_deadline.is_some_and(|deadline| deadline > self.starts_on);
        let short = self.ends_on < self.starts_on;
        [(short, DateFault::EndsBeforeStart), (late, DateFault::DeadlineAfterStart)]
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, fault)| fault)
            .collect()
    }

    /// Whether a session may be on `day`.
    pub fn contains(&self, day: Day) -> bool {
        (self.starts_on..=self.ends_on).contains(&day)
    }

    /// The year that names an edition made with these dates.
    pub fn year(&self) -> i64 {
        self.starts_on.year().into()
    }
}

/// Who speaks or moderates at a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// The person's name.
    pub name: String,
    /// What they are there.
    pub role: Option<String>,
    /// Where.
    pub organisation: Option<String>,
}

word_enum! {
    /// How a session shows a deliverable.
    pub enum PresentedAs {
        /// As work that goes on.
        Preliminary = "preliminary",
        /// As a result.
        Final = "final",
    }
}

/// A deliverable that a session shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Presentation {
    /// The deliverable's reference, `WG5-D1`.
    pub reference: String,
    /// As what.
    #[serde(rename = "as")]
    pub presented_as: PresentedAs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn an_edition_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        planned -> open, cancelled
        open -> held, cancelled
        held -> nothing
        cancelled -> nothing
        ");
        for (from, to) in Status::ALL.iter().flat_map(|from| Status::ALL.iter().map(move |to| (from, to))) {
            assert_eq!(
                from.go(*to).map_err(|refused| refused.allowed),
                if from.next().contains(to) { Ok(*to) } else { Err(from.next()) }
            );
        }
    }

    #[test]
    fn the_days_of_an_edition_are_in_order() {
        use DateFault::{DeadlineAfterStart, EndsBeforeStart};
        let day = |text: &str| text.parse::<Day>().unwrap();
        let cases: [(Option<&str>, &str, &str, &[DateFault]); 6] = [
            (None, "2021-11-11", "2021-11-13", &[]),
            (Some("2021-10-11"), "2021-11-11", "2021-11-13", &[]),
            (Some("2021-11-11"), "2021-11-11", "2021-11-11", &[]),
            (Some("2021-11-12"), "2021-11-11", "2021-11-13", &[DeadlineAfterStart]),
            (None, "2021-11-11", "2021-11-10", &[EndsBeforeStart]),
            (Some("2021-11-12"), "2021-11-11", "2021-11-10", &[EndsBeforeStart, DeadlineAfterStart]),
        ];
        for (deadline, starts, ends, faults) in cases {
            let dates = Dates { submission_deadline: deadline.map(day), starts_on: day(starts), ends_on: day(ends) };
            assert_eq!(dates.faults(), faults, "{dates:?}");
        }
        let dates = Dates { submission_deadline: None, starts_on: day("2021-12-31"), ends_on: day("2022-01-02") };
        assert_eq!(dates.year(), 2021);
        assert_eq!(
            ["2021-12-30", "2021-12-31", "2022-01-02", "2022-01-03"].map(|on| dates.contains(day(on))),
            [false, true, true, false]
        );
    }
}
