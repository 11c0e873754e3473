//! Instants and days for a reader.

use chrono::Datelike as _;
use chrono_tz::Tz;

use super::Language;
use crate::time::{Day, Instant};

/// An instant on the clocks of a zone: `29 November 2026, 10:00 (Europe/Paris)`.
pub fn moment(at: Instant, zone: Tz, language: Language) -> String {
    format!("{}, {} ({zone})", day_of(at, zone, language), hour(at, zone))
}

/// From one instant to another, on the clocks of a zone: `29 November 2026, 10:00–11:30 (Europe/Paris)`.
pub fn span(from: Instant, to: Instant, zone: Tz, language: Language) -> String {
    let end = if from.day_in(zone) == to.day_in(zone) {
        hour(to, zone)
    } else {
        format!("{}, {}", day_of(to, zone, language), hour(to, zone))
    };
    format!("{}, {}–{end} ({zone})", day_of(from, zone, language), hour(from, zone))
}

fn hour(at: Instant, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%H:%M").to_string()
}

fn day_of(at: Instant, zone: Tz, language: Language) -> String {
    day(at.day_in(zone), language)
}

/// A day: `7 December 2026`; French has an ordinal for the first: `1er décembre 2026`.
pub fn day(day: Day, language: Language) -> String {
    let months = match language {
        Language::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Language::Fr => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
    };
    let month = months.get(day.month0() as usize).copied().unwrap_or_default();
    let first = if language == Language::Fr && day.day() == 1 { "er" } else { "" };
    format!("{}{first} {month} {}", day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_the_readers_language() {
        for (written, en, fr) in [
            ("2026-12-07", "7 December 2026", "7 décembre 2026"),
            ("2026-08-01", "1 August 2026", "1er août 2026"),
            ("2027-02-21", "21 February 2027", "21 février 2027"),
        ] {
            let written: Day = written.parse().unwrap();
            assert_eq!((day(written, Language::En).as_str(), day(written, Language::Fr).as_str()), (en, fr));
        }
    }
}
