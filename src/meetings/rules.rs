//! What a meeting may be and become (domain.md, Meetings): pure.

use chrono::TimeDelta;

use crate::states::State;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// Where a meeting stands.
    #[schemars(rename = "MeetingStatus")]
    pub enum Status {
        /// It is called.
        Scheduled = "scheduled",
        /// It took place.
        Held = "held",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Scheduled => &[Self::Held, Self::Cancelled],
            Self::Held | Self::Cancelled => &[],
        }
    }
}

word_enum! {
    /// Where a meeting's minutes stand.
    pub enum MinutesStatus {
        /// Co-chairs and secretariat work on them.
        Draft = "draft",
        /// The group reads them.
        Published = "published",
    }
}

impl State for MinutesStatus {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Published],
            Self::Published => &[],
        }
    }
}

word_enum! {
    /// How somebody stands to a meeting.
    pub enum AttendanceStatus {
        /// Has not answered.
        Invited = "invited",
        /// Means to come.
        Accepted = "accepted",
        /// Does not come.
        Declined = "declined",
        /// Was there.
        Present = "present",
        /// Was not.
        Absent = "absent",
    }
}

impl AttendanceStatus {
    /// Whether it can only be said once the meeting has begun.
    pub fn is_hindsight(self) -> bool {
        matches!(self, Self::Present | Self::Absent)
    }
}

/// The longest meeting.
pub const LONGEST: TimeDelta = TimeDelta::days(14);

/// What is wrong with when a meeting takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// It ends before it begins.
    #[error("`ends_at` must lie after `starts_at`.")]
    EndsBeforeStart,
    /// It lasts more than [`LONGEST`].
    #[error("A meeting lasts 14 days at most; call several.")]
    TooLong,
    /// It would have begun already.
    #[error("`starts_at` has passed; a meeting is called before it begins.")]
    InThePast,
}

impl TimeFault {
    /// Its word in answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::EndsBeforeStart => "ends_before_start",
            Self::TooLong => "too_long",
            Self::InThePast => "in_the_past",
        }
    }
}

/// Everything wrong with calling a meeting for these hours, at `now`.
pub fn time_faults(starts_at: Instant, ends_at: Instant, now: Instant) -> Vec<TimeFault> {
    [
        (ends_at <= starts_at, TimeFault::EndsBeforeStart),
        (ends_at.since(starts_at) > LONGEST, TimeFault::TooLong),
        (starts_at <= now, TimeFault::InThePast),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, fault)| fault)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn a_meeting_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        scheduled -> held, cancelled
        held -> nothing
        cancelled -> nothing
        ");
        insta::assert_snapshot!(states::table::<MinutesStatus>(), @"
        draft -> published
        published -> nothing
        ");
    }

    #[test]
    fn a_meeting_lies_ahead_and_ends_after_it_begins() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let now = at("2026-09-01T09:00:00Z");
        let faults = |starts: &str, ends: &str| time_faults(at(starts), at(ends), now);
        assert_eq!(faults("2026-09-01T09:00:01Z", "2026-09-01T09:00:02Z"), []);
        assert_eq!(faults("2026-09-02T09:00:00Z", "2026-09-16T09:00:00Z"), []);
        assert_eq!(faults("2026-09-02T09:00:00Z", "2026-09-16T09:00:01Z"), [TimeFault::TooLong]);
        assert_eq!(faults("2026-09-01T09:00:00Z", "2026-09-01T09:00:00Z"), [TimeFault::EndsBeforeStart, TimeFault::InThePast]);
    }
}
