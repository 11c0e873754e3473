//! Calendar entries, and what calendar programs read of them: iCalendar (RFC 5545) and its invitations (RFC 5546).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, Tz};
use icalendar::{CalendarDateTime, Component, Event, EventLike, EventStatus, Property};

use crate::address;
use crate::text::is_disguise;
use crate::time::{Day, Instant};
use crate::word_enum;

const LOCAL: &str = "%Y%m%dT%H%M%S";

/// When something takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// From the first day to the last, both included. It leaves nobody's day busy.
    Days(Day, Day),
    /// At hours that clocks in `zone` show.
    Hours {
        /// From this instant.
        starts_at: Instant,
        /// Until this one, where that is known.
        ends_at: Option<Instant>,
        /// Where it takes place.
        zone: Tz,
    },
}

/// One entry of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stays the same however it changes, and in whatever calendar it stands.
    pub uid: String,
    /// What it is, on one line.
    pub summary: String,
    /// More about it.
    pub description: Option<String>,
    /// Where it takes place.
    pub location: Option<String>,
    /// The page that belongs to it.
    pub url: Option<String>,
    /// When it takes place.
    pub when: When,
    /// Whether it was called off.
    pub cancelled: bool,
    /// How often it was changed (RFC 5545, 3.8.7.4).
    pub sequence: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

word_enum! {
    /// What an invitation asks of a calendar (RFC 5546, 1.4).
    pub enum Method {
        /// Put the entry in, or change it.
        Request = "REQUEST",
        /// Take it out.
        Cancel = "CANCEL",
    }
}

/// Somebody in an invitation.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its mailbox.
    pub address: &'a str,
}

/// The UID of what has this id on the server that the world reaches at `public_url`: the same in mails and calendars.
pub fn uid(id: impl std::fmt::Display, public_url: &str) -> String {
    address::host(public_url).map_or_else(|| id.to_string(), |host| format!("{id}@{host}"))
}

/// A calendar to subscribe to. The same entries give the same bytes: an entry is stamped with its last change.
pub fn published(product: &str, name: &str, zone: Tz, entries: &[Entry]) -> String {
    let mut calendar = icalendar::Calendar::empty();
    for (property, value) in [
        ("VERSION", "2.0"),
        ("PRODID", product),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", name),
        ("X-WR-TIMEZONE", zone.name()),
    ] {
        calendar.append_property(Property::new(property, value));
    }
    let mut zones: BTreeMap<&str, (Tz, i32, i32)> = BTreeMap::new();
    for entry in entries {
        let mut written = event(entry);
        written.timestamp(entry.updated_at.utc());
        match entry.when {
            When::Days(first, last) => all_day(&mut written, first, last),
            When::Hours { starts_at, ends_at, zone } => {
                written.starts(local(starts_at, zone));
                if let Some(ends_at) = ends_at {
                    written.ends(local(ends_at, zone));
                }
                let (first, last) = (starts_at.day_in(zone).year(), ends_at.unwrap_or(starts_at).day_in(zone).year());
                let used = zones.entry(zone.name()).or_insert((zone, first, last));
                *used = (zone, used.1.min(first), used.2.max(last));
            }
        }
        calendar.push(written);
    }
    let text = calendar.to_string();
    // What names a zone must define it (RFC 5545, 3.6.5), and the crate has no component for that.
    let zones: String = zones.into_values().map(|(zone, first, last)| time_zone(zone, first, last)).collect();
    text.replacen("\r\nBEGIN:VEVENT", &format!("\r\n{zones}BEGIN:VEVENT"), 1)
}

/// The calendar part of a mail that invites `attendee` to an entry with hours, changes it, or calls it off. Hours are in UTC, which every
/// calendar program reads; it is stamped with the instant at which the mail was written.
pub fn invitation(method: Method, entry: &Entry, organizer: Party<'_>, attendee: Party<'_>, stamp: Instant) -> String {
    let mut calendar = icalendar::Calendar::empty();
    for (property, value) in
        [("VERSION", "2.0"), ("PRODID", "-//Plenary//Meetings//EN"), ("CALSCALE", "GREGORIAN"), ("METHOD", method.as_str())]
    {
        calendar.append_property(Property::new(property, value));
    }
    let mut written = event(entry);
    written.timestamp(stamp.utc());
    match entry.when {
        When::Days(first, last) => all_day(&mut written, first, last),
        When::Hours { starts_at, ends_at, .. } => {
            written.starts(starts_at.utc());
            if let Some(ends_at) = ends_at {
                written.ends(ends_at.utc());
            }
        }
    }
    written.append_property(party("ORGANIZER", organizer));
    let mut invited = party("ATTENDEE", attendee);
    for (name, value) in [("CUTYPE", "INDIVIDUAL"), ("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION")] {
        invited.add_parameter(name, value);
    }
    if method == Method::Request {
        invited.add_parameter("RSVP", "TRUE");
    }
    written.append_property(invited);
    calendar.push(written);
    calendar.to_string()
}

/// A parameter's text may hold neither quotes nor controls (RFC 5545, 3.1).
fn party(property: &str, party: Party<'_>) -> Property {
    let mut written = Property::new(property, format!("mailto:{}", party.address));
    let name: String = party.name.chars().map(|c| if c == '"' { '\'' } else { c }).filter(|c| !is_disguise(*c)).collect();
    if !name.trim().is_empty() {
        written.add_parameter("CN", name.trim());
    }
    written.done()
}

fn event(entry: &Entry) -> Event {
    let mut event = Event::with_uid(&entry.uid);
    let status = if entry.cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed };
    event
        .created(entry.created_at.utc())
        .last_modified(entry.updated_at.utc())
        .sequence(u32::try_from(entry.sequence).unwrap_or_default())
        .status(status)
        .summary(&entry.summary);
    if let Some(location) = entry.location.as_deref().filter(|location| !location.is_empty()) {
        event.location(location);
    }
    if let Some(description) = entry.description.as_deref().filter(|description| !description.is_empty()) {
        event.description(description);
    }
    if let Some(url) = &entry.url {
        event.url(url);
    }
    event
}

/// DTEND is the day after the last.
fn all_day(event: &mut Event, first: Day, last: Day) {
    event.starts(first).ends(last.checked_add_days(Days::new(1)).unwrap_or(last)).add_property("TRANSP", "TRANSPARENT");
}

fn local(instant: Instant, zone: Tz) -> CalendarDateTime {
    CalendarDateTime::WithTimezone { date_time: instant.utc().with_timezone(&zone).naive_local(), tzid: zone.name().to_owned() }
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
