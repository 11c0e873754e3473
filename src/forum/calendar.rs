//! A Forum edition as an iCalendar object (RFC 5545): the Forum, its submission deadline, its sessions.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, Tz};
use icalendar::{CalendarDateTime, Component, Event, EventLike, EventStatus, Property};

use super::rules::{Speaker, Status};
use super::store::{EditionRow, SessionRow};
use crate::error::{Error, Result};
use crate::locale::{Localised, Reader};
use crate::time::{Day, Instant};

const LOCAL: &str = "%Y%m%dT%H%M%S";

/// The words of ours among those of the edition.
struct Words {
    deadline: &'static str,
    moderator: &'static str,
    panellists: &'static str,
}

const ENGLISH: Words = Words { deadline: "Submission deadline", moderator: "Moderator", panellists: "Panellists" };
const FRENCH: Words = Words { deadline: "Date limite de soumission", moderator: "Modération", panellists: "Intervenants" };

/// The calendar's text, in the reader's language. Every event keeps its UID, counts its changes in SEQUENCE, and is stamped with
/// its last change, so that the same state always gives the same bytes.
pub fn of_edition(edition: &EditionRow, sessions: &[SessionRow], reader: &Reader) -> Result<String> {
    let zone: Tz =
        edition.time_zone.parse().map_err(|_| Error::Internal(format!("stored time zone {:?} is unknown", edition.time_zone)))?;
    let languages: &[String] = match reader {
        Reader::All => &[],
        Reader::Prefers(order) => order,
    };
    let words = if languages.first().is_some_and(|first| first == "fr") { FRENCH } else { ENGLISH };
    let mut calendar = icalendar::Calendar::empty();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Plenary//Forum//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", &edition.name),
        ("X-WR-TIMEZONE", zone.name()),
    ] {
        calendar.append_property(Property::new(name, value));
    }
    let stamp = Stamp { version: edition.version, created_at: edition.created_at, updated_at: edition.updated_at };
    let place = joined(&[edition.venue.as_deref(), Some(&edition.city), Some(&edition.country)]);
    let mut forum = event(edition, &format!("forum-{}", edition.id), &stamp);
    forum.summary(&edition.name).location(&place);
    all_day(&mut forum, edition.starts_on, edition.ends_on);
    calendar.push(forum);
    if let Some(day) = edition.submission_deadline {
        let mut deadline = event(edition, &format!("deadline-{}", edition.id), &stamp);
        deadline.summary(&format!("{}: {}", words.deadline, edition.name));
        all_day(&mut deadline, day, day);
        calendar.push(deadline);
    }
    for session in sessions {
        let stamp = Stamp { version: session.version, created_at: session.created_at, updated_at: session.updated_at };
        let mut held = event(edition, &format!("session-{}", session.id), &stamp);
        held.summary(Localised::from_json(&session.title)?.pick(languages));
        held.location(&joined(&[session.room.as_deref(), Some(&place)]));
        match session.starts_at {
            Some(starts_at) => {
                held.starts(at(starts_at, zone));
                if let Some(ends_at) = session.ends_at {
                    held.ends(at(ends_at, zone));
                }
            }
            None => all_day(&mut held, session.day, session.day),
        }
        let description = description(session, &words)?;
        if !description.is_empty() {
            held.description(&description);
        }
        if let Some(url) = &session.recording_url {
            held.url(url);
        }
        calendar.push(held);
    }
    let text = calendar.to_string();
    let timed = sessions.iter().filter(|session| session.starts_at.is_some()).map(|session| session.day);
    Ok(match (timed.clone().min(), timed.max()) {
        // What names a zone must define it (RFC 5545, 3.6.5), and the crate has no component for that.
        (Some(first), Some(last)) => {
            text.replacen("\r\nBEGIN:VEVENT", &format!("\r\n{}BEGIN:VEVENT", time_zone(zone, first.year(), last.year())), 1)
        }
        _ => text,
    })
}

/// What tells a reader's calendar that an event has changed.
struct Stamp {
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

fn event(edition: &EditionRow, uid: &str, stamp: &Stamp) -> Event {
    let mut event = Event::with_uid(uid);
    let status = if edition.status == Status::Cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed };
    event
        .timestamp(stamp.updated_at.utc())
        .created(stamp.created_at.utc())
        .last_modified(stamp.updated_at.utc())
        .sequence(u32::try_from(stamp.version - 1).unwrap_or_default())
        .status(status);
    event
}

/// From the first day to the last, both included; DTEND is the day after. It leaves nobody's day busy.
fn all_day(event: &mut Event, first: Day, last: Day) {
    event.starts(first).ends(last.checked_add_days(Days::new(1)).unwrap_or(last)).add_property("TRANSP", "TRANSPARENT");
}

fn at(instant: Instant, zone: Tz) -> CalendarDateTime {
    CalendarDateTime::WithTimezone { date_time: instant.utc().with_timezone(&zone).naive_local(), tzid: zone.name().to_owned() }
}

fn joined(parts: &[Option<&str>]) -> String {
    parts.iter().flatten().copied().collect::<Vec<_>>().join(", ")
}

fn description(session: &SessionRow, words: &Words) -> Result<String> {
    let name = |speaker: &Speaker| joined(&[Some(&speaker.name), speaker.role.as_deref(), speaker.organisation.as_deref()]);
    let mut lines = Vec::new();
    if let Some(moderator) = &session.moderator {
        lines.push(format!("{}: {}", words.moderator, name(&serde_json::from_str(moderator)?)));
    }
    let panellists: Vec<Speaker> = serde_json::from_str(&session.panellists)?;
    if !panellists.is_empty() {
        lines.push(format!("{}:", words.panellists));
        lines.extend(panellists.iter().map(|speaker| format!("- {}", name(speaker))));
    }
    Ok(lines.join("\n"))
}

/// The zone's offsets from the first to the last year, as a VTIMEZONE.
fn time_zone(zone: Tz, first: i32, last: i32) -> String {
    let new_year = |year| Instant::start_of(Day::from_ymd_opt(year, 1, 1).unwrap_or_default(), zone).utc();
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc());
    let (mut at, end) = (new_year(first), new_year(last + 1));
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{}\r\n", zone.name());
    let mut observe = |onset: DateTime<Utc>, before: DateTime<Utc>| {
        let (from, to) = (offset(before), offset(onset));
        let kind = if to.dst_offset().is_zero() { "STANDARD" } else { "DAYLIGHT" };
        // The onset as clocks showed it that had not been moved yet.
        let local: NaiveDateTime = onset.naive_utc() + from.fix();
        let lines = [
            format!("BEGIN:{kind}"),
            format!("DTSTART:{}", local.format(LOCAL)),
            format!("TZNAME:{}", to.abbreviation().unwrap_or("LMT")),
            format!("TZOFFSETFROM:{}", utc_offset(from.fix().local_minus_utc())),
            format!("TZOFFSETTO:{}", utc_offset(to.fix().local_minus_utc())),
            format!("END:{kind}"),
        ];
        for line in lines {
            // Writing to a string does not fail.
            write!(text, "{line}\r\n").unwrap_or_default();
        }
    };
    observe(at, at);
    while at < end {
        let next = at + TimeDelta::days(1);
        if offset(next).fix() != offset(at).fix() {
            let (mut before, mut onset) = (at, next);
            // In whole seconds, as the tz database has it.
            while (onset - before).num_seconds() > 1 {
                let middle = before + TimeDelta::seconds((onset - before).num_seconds() / 2);
                if offset(middle).fix() == offset(at).fix() { before = middle } else { onset = middle }
            }
            observe(onset, before);
        }
        at = next;
    }
    text + "END:VTIMEZONE\r\n"
}

fn utc_offset(seconds: i32) -> String {
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    format!("{sign}{:02}{:02}", seconds / 3600, seconds % 3600 / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str, first: i32, last: i32) -> String {
        let text = time_zone(name.parse().unwrap(), first, last);
        let kept = text.lines().filter(|line| line.starts_with("DT") || line.starts_with("TZO") || line.starts_with("BEGIN:"));
        kept.skip(1).map(|line| line.rsplit(':').next().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_zone_is_defined_by_its_changes() {
        // Half an hour of summer time, and the south's year, which begins in summer.
        assert_eq!(
            zone("Australia/Lord_Howe", 2026, 2026),
            "DAYLIGHT 20260101T000000 +1100 +1100 STANDARD 20260405T020000 +1100 +1030 DAYLIGHT 20261004T020000 +1030 +1100"
        );
        assert_eq!(zone("Asia/Kathmandu", 2026, 2026), "STANDARD 20260101T000000 +0545 +0545");
        // Brazil gave summer time up after February 2019.
        assert_eq!(
            zone("America/Sao_Paulo", 2019, 2020),
            "DAYLIGHT 20190101T000000 -0200 -0200 STANDARD 20190217T000000 -0200 -0300"
        );
        assert_eq!(zone("UTC", 2026, 2030), "STANDARD 20260101T000000 +0000 +0000");
    }
}
