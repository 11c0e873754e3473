//! Reads calendars with a library that did not write them.

use std::collections::BTreeMap;

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarEntry, ICalendarValue, Uri};

/// A calendar, taken apart.
#[derive(Debug)]
pub struct Ical {
    /// The calendar's own properties.
    pub head: BTreeMap<String, String>,
    /// Its events, as they stand in it.
    pub events: Vec<Event>,
    /// How many time zones it defines.
    pub zones: usize,
}

/// An event: its properties, and those of its parameters that say something.
#[derive(Debug)]
pub struct Event {
    properties: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
}

impl Event {
    /// A property's text; empty where it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", String::as_str)
    }

    /// A property's parameters, as the library shows them.
    pub fn parameters(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

impl Ical {
    /// Takes a calendar apart; fails the test where it is none, or lines are longer than 75 octets (RFC 5545, 3.1).
    #[track_caller]
    pub fn read(text: &str) -> Self {
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        let calendar = ICalendar::parse(text).unwrap_or_else(|entry| panic!("no calendar: {entry:?}\n{text}"));
        let properties = |entries: &[ICalendarEntry]| {
            entries.iter().map(|entry| (named(entry), entry.values.iter().map(shown).collect::<Vec<_>>().join(","))).collect()
        };
        let of = |kind: ICalendarComponentType| calendar.components.iter().filter(move |one| one.component_type == kind);
        let events = of(ICalendarComponentType::VEvent).map(|event| Event {
            properties: properties(&event.entries),
            parameters: event.entries.iter().map(|entry| (named(entry), format!("{:?}", entry.params))).collect(),
        });
        Self {
            head: properties(&of(ICalendarComponentType::VCalendar).next().unwrap().entries),
            events: events.collect(),
            zones: of(ICalendarComponentType::VTimezone).count(),
        }
    }

    /// The event with this summary.
    #[track_caller]
    pub fn event(&self, summary: &str) -> &Event {
        let found: Vec<_> = self.events.iter().filter(|event| event.get("SUMMARY") == summary).collect();
        assert_eq!(found.len(), 1, "{summary}: {:#?}", self.summaries());
        found[0]
    }

    /// What its events are, sorted.
    pub fn summaries(&self) -> Vec<&str> {
        let mut all: Vec<_> = self.events.iter().map(|event| event.get("SUMMARY")).collect();
        all.sort_unstable();
        all
    }
}

fn named(entry: &ICalendarEntry) -> String {
    format!("{:?}", entry.name).to_uppercase()
}

fn shown(value: &ICalendarValue) -> String {
    match value {
        ICalendarValue::Text(text) | ICalendarValue::Uri(Uri::Location(text)) => text.clone(),
        ICalendarValue::Integer(number) => number.to_string(),
        ICalendarValue::PartialDateTime(at) => {
            let day = format!("{:04}{:02}{:02}", at.year.unwrap(), at.month.unwrap(), at.day.unwrap());
            let Some(hour) = at.hour else { return day };
            let zone = if at.tz_hour.is_some() { "Z" } else { "" };
            format!("{day}T{hour:02}{:02}{:02}{zone}", at.minute.unwrap(), at.second.unwrap())
        }
        ICalendarValue::Status(status) => format!("{status:?}").to_uppercase(),
        ICalendarValue::Method(method) => format!("{method:?}").to_uppercase(),
        other => format!("{other:?}"),
    }
}
