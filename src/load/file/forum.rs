//! The section `[[forum_editions]]` with its sessions.

use chrono::TimeZone;
use chrono_tz::Tz;

use super::read::{self, Claims, Known};
use super::{ForumEdition, Session};
use crate::forum::{Dates, Speaker, Status};
use crate::time::{Day, Instant};
use crate::toml_file::{Table, Value};

pub(super) fn editions(root: &Table<'_>, known: &Known) -> Vec<ForumEdition> {
    let mut years = Claims::of("year");
    root.list("forum_editions").iter().filter_map(|item| edition(item, known, &mut years)).collect()
}

fn edition(item: &Value<'_>, known: &Known, years: &mut Claims) -> Option<ForumEdition> {
    let keys = [
        "year",
        "name",
        "city",
        "country",
        "venue",
        "time_zone",
        "starts_on",
        "ends_on",
        "submission_deadline",
        "status",
        "sessions",
    ];
    let table = item.table(&keys)?;
    let year = table.need("year").and_then(|value| {
        let year = value.number(1900, 9999)?;
        years.claim(&value, year, year).then_some(year)
    });
    let text = |key| table.need(key).and_then(|value| read::name(&value));
    let (name, city) = (text("name"), text("city"));
    let country = table.need("country").and_then(|value| read::country(&value));
    let venue = table.get("venue").and_then(|value| read::name(&value));
    let time_zone = table.get("time_zone").map_or(Some(known.zone), |value| read::zone(&value));
    let day = |key| table.need(key).and_then(|value| value.day());
    let (starts_on, ends_on) = (day("starts_on"), day("ends_on"));
    let submission_deadline = table.get("submission_deadline").and_then(|value| value.day());
    let status = table.get("status").map_or(Some(Status::Planned), |value| value.word(Status::parse, Status::ALL));
    let dates = starts_on.zip(ends_on).map(|(starts_on, ends_on)| Dates { submission_deadline, starts_on, ends_on });
    if let Some(dates) = dates {
        for fault in dates.faults() {
            if let Some(value) = table.get(fault.field()) {
                value.fault(fault);
            }
        }
        if let (Some(year), Some(value)) = (year, table.get("year"))
            && year != dates.year()
        {
            value.fault(format!("is {year}, but starts_on lies in {}: correct one of them", dates.year()));
        }
    }
    // Days out of order, or not known, hold no session to anything.
    let days = dates.filter(|dates| dates.faults().is_empty());
    let zone = time_zone.unwrap_or(known.zone);
    let sessions = table.list("sessions").iter().filter_map(|item| session(item, known, zone, days.as_ref())).collect();
    Some(ForumEdition {
        year: year?,
        name: name?,
        city: city?,
        country: country?,
        venue,
        time_zone: time_zone?,
        dates: dates?,
        status: status?,
        sessions,
    })
}

fn session(item: &Value<'_>, known: &Known, zone: Tz, dates: Option<&Dates>) -> Option<Session> {
    let table = item.table(&["title", "day", "starts_at", "ends_at", "room", "moderator", "panellists", "recording_url"])?;
    let title = table.need("title").and_then(|value| known.title(&value));
    let day = table.need("day").and_then(|value| {
        let day = value.day()?;
        match dates.filter(|dates| !dates.contains(day)) {
            Some(Dates { starts_on, ends_on, .. }) => {
                value.refuse(format!("is {day}, outside its Forum edition ({starts_on} to {ends_on}): correct one of them"))
            }
            None => Some(day),
        }
    });
    let at = |key| table.get(key).and_then(|value| instant(&value, day?, zone));
    let (starts_at, ends_at) = (at("starts_at"), at("ends_at"));
    if let Some(value) = table.get("ends_at") {
        if table.get("starts_at").is_none() {
            value.fault("stands without starts_at: add it");
        } else if starts_at.zip(ends_at).is_some_and(|(starts_at, ends_at)| ends_at <= starts_at) {
            value.fault("is not after starts_at: a session ends later on the day it starts");
        }
    }
    let room = table.get("room").and_then(|value| read::name(&value));
    let moderator = table.get("moderator").and_then(|value| speaker(&value));
    let panellists = table.list("panellists").iter().filter_map(speaker).collect();
    let recording_url = table.get("recording_url").and_then(|value| read::url(&value));
    Some(Session { title: title?, day: day?, starts_at, ends_at, room, moderator, panellists, recording_url })
}

/// A time of `day` as clocks in `zone` show it; the earlier one where they show it twice.
fn instant(value: &Value<'_>, day: Day, zone: Tz) -> Option<Instant> {
    let time = value.time()?;
    let at = zone.from_local_datetime(&day.and_time(time)).earliest();
    at.map_or_else(
        || value.refuse(format!("is a time that clocks in {zone} skipped on {day}: correct it")),
        |at| Some(Instant::new(at.to_utc())),
    )
}

fn speaker(item: &Value<'_>) -> Option<Speaker> {
    let table = item.table(&["name", "role", "organisation"])?;
    let name = table.need("name").and_then(|value| read::name(&value));
    let text = |key| table.get(key).and_then(|value| read::name(&value));
    let (role, organisation) = (text("role"), text("organisation"));
    Some(Speaker { name: name?, role, organisation })
}
