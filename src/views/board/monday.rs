//! When the weekly readiness report goes out: pure.

use chrono::{Datelike as _, Days};
use chrono_tz::Tz;

use crate::time::{Day, Instant};

/// The Monday whose report is to be sent at `now` to somebody in this zone, if it was not yet: the last one whose 09:00 has come, within
/// so many days before the Forum begins. After days without a server the latest counts; none whose moment lies before `since`: when the dates
/// became what they are, and the reader's account was made. Since when the reader has been of the secretariat does not matter: whoever joins
/// it on a Wednesday gets the report of that week at once.
pub fn due(now: Instant, zone: Tz, starts_on: Day, days_before: i64, since: Instant) -> Option<Day> {
    let today = now.day_in(zone);
    let this_week = today.checked_sub_days(Days::new(today.weekday().num_days_from_monday().into()))?;
    let monday = if Instant::at_nine(this_week, zone) <= now { this_week } else { this_week.checked_sub_days(Days::new(7))? };
    let ahead = (starts_on - monday).num_days();
    let fits = today < starts_on && ahead <= days_before && Instant::at_nine(monday, zone) >= since;
    fits.then_some(monday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_is_there_once_a_day_in_every_zone() {
        let cases = [
            ("2026-11-23", "Europe/Paris", "2026-11-23T08:00:00Z"),
            ("2026-03-29", "Europe/Paris", "2026-03-29T07:00:00Z"),
            ("2026-11-23", "Etc/GMT+12", "2026-11-23T21:00:00Z"),
            ("2026-11-23", "Pacific/Kiritimati", "2026-11-22T19:00:00Z"),
            // Samoa skipped this day.
            ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ];
        for (day, zone, at) in cases {
            assert_eq!(
                Instant::at_nine(day.parse().unwrap(), zone.parse().unwrap()),
                Instant::parse(at).unwrap(),
                "{day} {zone}"
            );
        }
    }

    #[test]
    fn a_report_is_due_on_mondays_of_the_last_days() {
        let start = "2026-11-11";
        // Now, zone, since → Monday. 2026-08-17 is the first Monday within 90 days of it.
        let ninety = [
            ("2026-08-17T06:59:59Z", "Europe/Paris", "2026-01-01T00:00:00Z", None),
            ("2026-08-17T07:00:00Z", "Europe/Paris", "2026-01-01T00:00:00Z", Some("2026-08-17")),
            ("2026-08-17T07:00:00Z", "America/New_York", "2026-01-01T00:00:00Z", None),
            ("2026-08-23T21:00:00Z", "Europe/Paris", "2026-01-01T00:00:00Z", Some("2026-08-17")),
            ("2026-08-24T07:00:00Z", "Europe/Paris", "2026-01-01T00:00:00Z", Some("2026-08-24")),
            // The account was made, or the date set, after Monday's nine o'clock: next week.
            ("2026-08-25T07:00:00Z", "Europe/Paris", "2026-08-24T07:00:01Z", None),
            ("2026-11-09T08:00:00Z", "Europe/Paris", "2026-01-01T00:00:00Z", Some("2026-11-09")),
            ("2026-11-10T22:59:59Z", "Europe/Paris", "2026-01-01T00:00:00Z", Some("2026-11-09")),
            ("2026-11-10T23:00:00Z", "Europe/Paris", "2026-01-01T00:00:00Z", None),
        ];
        let (paris, ever) = ("Europe/Paris", "2026-01-01T00:00:00Z");
        // Of 30 days the first Monday is 2026-10-12, of 120 it is 2026-07-20.
        let others = [
            (30, "2026-10-11T22:00:00Z", None),
            (30, "2026-10-12T07:00:00Z", Some("2026-10-12")),
            (120, "2026-07-19T22:00:00Z", None),
            (120, "2026-07-20T07:00:00Z", Some("2026-07-20")),
        ];
        let others = others.map(|(days, now, monday)| (days, now, paris, ever, monday));
        for (days, now, zone, since, monday) in
            ninety.map(|(now, zone, since, monday)| (90, now, zone, since, monday)).iter().chain(&others)
        {
            let at = |text| Instant::parse(text).unwrap();
            let due = due(at(now), zone.parse().unwrap(), start.parse().unwrap(), *days, at(since));
            assert_eq!(due, monday.map(|day| day.parse().unwrap()), "{days} {now} {zone} {since}");
        }
    }
}
