//! What a Forum edition may be and become (domain.md, The Forum cycle and its mails).

use chrono::{Datelike, TimeDelta, TimeZone};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::locale::Localised;
use crate::states::State;
use crate::text;
use crate::time::{Day, Instant};
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

    fn needs_reason(self, to: Self) -> bool {
        to == Self::Cancelled
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presentation {
    /// The deliverable's reference, `WG5-D1`.
    #[schemars(length(max = 40))]
    pub reference: String,
    /// As what.
    #[serde(rename = "as")]
    pub presented_as: PresentedAs,
}

/// The same hour on clocks in `zone`, `days` later (earlier where negative). An hour that clocks skip there becomes the first after it.
pub fn moved(at: Instant, from: Tz, to: Tz, days: i64) -> Instant {
    let mut local = at.utc().with_timezone(&from).naive_local().checked_add_signed(TimeDelta::days(days)).unwrap_or_default();
    // No zone skips more than a day.
    for _ in 0..=96 {
        if let Some(at) = to.from_local_datetime(&local).earliest() {
            return Instant::new(at.to_utc());
        }
        local += TimeDelta::minutes(15);
    }
    at
}

/// When a session takes place, as its editor says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Its day; `None`: that of its hours.
    pub day: Option<Day>,
    /// From when; `None`: all day.
    pub starts_at: Option<Instant>,
    /// Until when; `None`: open.
    pub ends_at: Option<Instant>,
}

/// What is wrong with when a session takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotFault {
    /// Neither day nor hours.
    #[error("Say when the session takes place: `day`, or `starts_at`.")]
    NoDay,
    /// An end without a beginning.
    #[error("`ends_at` stands without `starts_at`: add it.")]
    EndWithoutStart,
    /// It ends before it begins.
    #[error("`ends_at` is not after `starts_at`.")]
    EndsBeforeStart,
    /// Its hours are not on its day.
    #[error("`starts_at` and `ends_at` must lie on one day, the session's, in the Forum's time zone.")]
    HoursOffDay,
    /// Its day is not one of the Forum's.
    #[error("The session lies outside the days of its Forum, from {0} to {1}.")]
    OutsideForum(Day, Day),
}

impl SlotFault {
    /// Its word in answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoDay => "no_day",
            Self::EndWithoutStart => "ends_without_start",
            Self::EndsBeforeStart => "ends_before_start",
            Self::HoursOffDay => "hours_off_day",
            Self::OutsideForum(..) => "outside_forum",
        }
    }
}

impl Slot {
    /// The session's day, or everything that is wrong. It may end at the midnight that ends its day.
    pub fn on(&self, dates: &Dates, zone: Tz) -> Result<Day, Vec<SlotFault>> {
        let mut faults = Vec::new();
        let day = self.day.or_else(|| self.starts_at.map(|at| at.day_in(zone)));
        match (self.starts_at, self.ends_at) {
            (None, Some(_)) => faults.push(SlotFault::EndWithoutStart),
            (Some(starts_at), Some(ends_at)) if ends_at <= starts_at => faults.push(SlotFault::EndsBeforeStart),
            _ => {}
        }
        let ended = self.ends_at.map(|at| at.minus(TimeDelta::microseconds(1)));
        if let Some(day) = day
            && [self.starts_at, ended].into_iter().flatten().any(|at| at.day_in(zone) != day)
            && faults.is_empty()
        {
            faults.push(SlotFault::HoursOffDay);
        }
        match day {
            None => faults.push(SlotFault::NoDay),
            Some(day) if !dates.contains(day) => faults.push(SlotFault::OutsideForum(dates.starts_on, dates.ends_on)),
            Some(day) if faults.is_empty() => return Ok(day),
            Some(_) => {}
        }
        Err(faults)
    }
}

/// What a search looks in: a session's titles, and who speaks for whom.
pub fn search_text<'s>(title: &Localised, speakers: impl Iterator<Item = &'s Speaker>) -> String {
    let speakers = speakers.flat_map(|speaker| [Some(&speaker.name), speaker.organisation.as_ref()]).flatten();
    [title.folded()].into_iter().chain(speakers.map(|name| text::fold(name))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn an_edition_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        planned -> open, cancelled (reason)
        open -> held, cancelled (reason)
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

    #[test]
    fn a_session_lies_on_a_day_of_its_forum() {
        use SlotFault::{EndWithoutStart, EndsBeforeStart, HoursOffDay, NoDay, OutsideForum};
        let day = |text: &str| text.parse::<Day>().unwrap();
        let at = |text: &str| Instant::parse(text).unwrap();
        let dates = Dates { submission_deadline: None, starts_on: day("2026-11-10"), ends_on: day("2026-11-12") };
        let outside = OutsideForum(dates.starts_on, dates.ends_on);
        type Case = (Option<&'static str>, Option<&'static str>, Option<&'static str>, Result<&'static str, Vec<SlotFault>>);
        let cases: [Case; 10] = [
            (Some("2026-11-10"), None, None, Ok("2026-11-10")),
            // 23:30 on the 9th in UTC is the 10th in Paris.
            (None, Some("2026-11-09T23:30:00Z"), None, Ok("2026-11-10")),
            (Some("2026-11-12"), Some("2026-11-12T20:00:00Z"), Some("2026-11-12T23:00:00Z"), Ok("2026-11-12")),
            (None, Some("2026-11-12T20:00:00Z"), Some("2026-11-12T23:00:01Z"), Err(vec![HoursOffDay])),
            (Some("2026-11-11"), Some("2026-11-12T20:00:00Z"), None, Err(vec![HoursOffDay])),
            (None, None, None, Err(vec![NoDay])),
            (None, None, Some("2026-11-12T20:00:00Z"), Err(vec![EndWithoutStart, NoDay])),
            (None, Some("2026-11-10T10:00:00Z"), Some("2026-11-10T10:00:00Z"), Err(vec![EndsBeforeStart])),
            (Some("2026-11-13"), None, None, Err(vec![outside])),
            (None, Some("2026-11-12T23:30:00Z"), None, Err(vec![outside])),
        ];
        for (on, starts_at, ends_at, expected) in cases {
            let slot = Slot { day: on.map(day), starts_at: starts_at.map(at), ends_at: ends_at.map(at) };
            assert_eq!(slot.on(&dates, Tz::Europe__Paris), expected.map(day), "{slot:?}");
        }
    }

    #[test]
    fn an_hour_stays_what_clocks_show() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let (paris, london) = (Tz::Europe__Paris, Tz::Europe__London);
        // Over the end of summer time, to another zone, and into the hour that clocks skip.
        assert_eq!(moved(at("2026-10-20T08:00:00Z"), paris, paris, 14), at("2026-11-03T09:00:00Z"));
        assert_eq!(moved(at("2026-11-10T08:30:00Z"), paris, london, 0), at("2026-11-10T09:30:00Z"));
        assert_eq!(moved(at("2026-03-28T01:30:00Z"), paris, paris, 1), at("2026-03-29T01:00:00Z"));
        assert_eq!(moved(at("2026-11-03T09:00:00Z"), paris, paris, -14), at("2026-10-20T08:00:00Z"));
    }
}
