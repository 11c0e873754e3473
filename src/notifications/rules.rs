//! How a person hears of something: pure.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::mail::Kind;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// How a person wants to be mailed about a kind of news.
    pub enum Choice {
        /// At once.
        Immediate = "immediate",
        /// In one mail a day, at 09:00 where the person is.
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

/// The next 09:00 in a zone after an instant.
pub fn next_nine(after: Instant, zone: Tz) -> Instant {
    let today = after.day_in(zone);
    let nine = Instant::at_nine(today, zone);
    if nine > after { nine } else { today.succ_opt().map_or(nine, |tomorrow| Instant::at_nine(tomorrow, zone)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_is_nine_everywhere() {
        for (after, zone, then) in [
            ("2026-11-23T07:59:59Z", "Europe/Paris", "2026-11-23T08:00:00Z"),
            ("2026-11-23T08:00:00Z", "Europe/Paris", "2026-11-24T08:00:00Z"),
            // Clocks go back on 25 October and forward on 29 March.
            ("2026-10-24T12:00:00Z", "Europe/Paris", "2026-10-25T08:00:00Z"),
            ("2026-03-28T12:00:00Z", "Europe/Paris", "2026-03-29T07:00:00Z"),
            ("2026-11-23T00:00:00Z", "Pacific/Kiritimati", "2026-11-23T19:00:00Z"),
            ("2026-11-23T00:00:00Z", "Etc/GMT+12", "2026-11-23T21:00:00Z"),
            ("2028-02-28T12:00:00Z", "UTC", "2028-02-29T09:00:00Z"),
            // Samoa skipped 30 December 2011.
            ("2011-12-29T20:00:00Z", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            let found = next_nine(Instant::parse(after).unwrap(), zone.parse().unwrap());
            assert_eq!(found.to_string(), Instant::parse(then).unwrap().to_string(), "{after} {zone}");
        }
    }
}
