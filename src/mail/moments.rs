//! Instants for a reader.

use chrono::Datelike as _;
use chrono_tz::Tz;

use super::Language;
use crate::time::Instant;

/// An instant on the clocks of a zone: `29 November 2026, 10:00 (Europe/Paris)`.
pub fn moment(at: Instant, zone: Tz, language: Language) -> String {
    format!("{}, {} ({zone})", day(at, zone, language), hour(at, zone))
}

/// From one instant to another, on the clocks of a zone: `29 November 2026, 10:00–11:30 (Europe/Paris)`.
pub fn span(from: Instant, to: Instant, zone: Tz, language: Language) -> String {
    let end = if from.day_in(zone) == to.day_in(zone) {
        hour(to, zone)
    } else {
        format!("{}, {}", day(to, zone, language), hour(to, zone))
    };
    format!("{}, {}–{end} ({zone})", day(from, zone, language), hour(from, zone))
}

fn hour(at: Instant, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%H:%M").to_string()
}

fn day(at: Instant, zone: Tz, language: Language) -> String {
    let local = at.utc().with_timezone(&zone);
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
    let month = months.get(local.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", local.day(), local.year())
}
