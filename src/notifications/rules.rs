//! How a person hears of something: pure.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::mail::Kind;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// How a person wants to be mailed about a kind of news.
    pub enum Choice {
        /// At once.
        Immediate = "immediate",
        /// In one mail a day, a little after 09:00 where the person is.
        Daily = "daily",
        /// Not at all.
        Off = "off",
    }
}

/// Kinds whose mail comes only to who asked for it, unless a task of theirs is at stake.
const QUIET: &[Kind] = &[Kind::ForumStart];

/// What holds where a person said nothing: `immediate`, but for plain members `off` for the Forum's start. `has_task`: co-chair, lead or
/// secretariat.
pub fn default_of(kind: Kind, has_task: bool) -> Choice {
    if QUIET.contains(&kind) && !has_task { Choice::Off } else { Choice::Immediate }
}

/// What is in force of every kind that can be chosen.
pub fn in_force(said: &BTreeMap<String, Choice>, has_task: bool) -> BTreeMap<String, Choice> {
    let optional = Kind::ALL.iter().filter(|kind| kind.is_optional());
    optional
        .map(|kind| (kind.to_string(), said.get(kind.as_str()).copied().unwrap_or_else(|| default_of(*kind, has_task))))
        .collect()
}

/// What differs from the default.
pub fn worth_keeping(choices: &BTreeMap<String, Choice>, has_task: bool) -> BTreeMap<String, Choice> {
    let differs = |kind: &str, choice: Choice| Kind::parse(kind).is_some_and(|kind| default_of(kind, has_task) != choice);
    choices.iter().filter(|(kind, choice)| differs(kind, **choice)).map(|(kind, choice)| (kind.clone(), *choice)).collect()
}

/// What is planned at nine for a day: it tells how many days are left.
const OF_THE_MORNING: &[Kind] = &[
    Kind::DeliverableDue,
    Kind::DeliverableLate,
    Kind::SubmissionDeadline,
    Kind::ForumStart,
    Kind::ConsultationClosing,
    Kind::ReadinessReport,
];

/// How long after nine digests leave: what is planned at nine is in the digest of the same morning.
const AFTER_NINE: TimeDelta = TimeDelta::minutes(5);

/// When the digest leaves that holds what is told at `now`: a little after the next nine in a zone. What is planned at nine is of this
/// morning however late it was planned, and would be wrong tomorrow.
pub fn digest_at(kind: Kind, now: Instant, zone: Tz) -> Instant {
    let digest = |day| Instant::at_nine(day, zone).plus(AFTER_NINE);
    let today = now.day_in(zone);
    let first = digest(today);
    if first > now || OF_THE_MORNING.contains(&kind) { first } else { today.succ_opt().map_or(first, digest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_leaves_after_nine_everywhere() {
        for (now, zone, then) in [
            ("2026-11-23T08:04:59Z", "Europe/Paris", "2026-11-23T08:05:00Z"),
            ("2026-11-23T08:05:00Z", "Europe/Paris", "2026-11-24T08:05:00Z"),
            // Clocks go back on 25 October and forward on 29 March.
            ("2026-10-24T12:00:00Z", "Europe/Paris", "2026-10-25T08:05:00Z"),
            ("2026-03-28T12:00:00Z", "Europe/Paris", "2026-03-29T07:05:00Z"),
            ("2026-11-23T00:00:00Z", "Pacific/Kiritimati", "2026-11-23T19:05:00Z"),
            ("2026-11-23T00:00:00Z", "Etc/GMT+12", "2026-11-23T21:05:00Z"),
            ("2028-02-28T12:00:00Z", "UTC", "2028-02-29T09:05:00Z"),
            // Samoa skipped 30 December 2011.
            ("2011-12-29T20:00:00Z", "Pacific/Apia", "2011-12-30T10:05:00Z"),
        ] {
            let found = digest_at(Kind::GroupMessage, Instant::parse(now).unwrap(), zone.parse().unwrap());
            assert_eq!(found.to_string(), Instant::parse(then).unwrap().to_string(), "{now} {zone}");
        }
    }

    #[test]
    fn what_is_planned_at_nine_is_in_the_digest_of_that_morning() {
        for (now, then) in [
            ("2026-11-23T08:00:02Z", "2026-11-23T08:05:00Z"),
            // The server was down: the digest of this morning leaves as soon as it can.
            ("2026-11-23T13:00:00Z", "2026-11-23T08:05:00Z"),
        ] {
            let found = digest_at(Kind::DeliverableDue, Instant::parse(now).unwrap(), "Europe/Paris".parse().unwrap());
            assert_eq!(found.to_string(), Instant::parse(then).unwrap().to_string(), "{now}");
        }
    }
}
