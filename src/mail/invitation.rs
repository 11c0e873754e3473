//! The calendar part of a mail about a meeting, made when the mail is written: the outbox keeps what it is made from.

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

use super::{Kind, Language, digest, moments, plain};
use crate::calendar::{self, Entry, Method, Party, When};
use crate::ids::Id;
use crate::time::Instant;

/// A meeting, as the parameter `meeting` of a mail says it.
#[derive(Debug, Deserialize)]
struct Meeting {
    id: Id<()>,
    sequence: i64,
    title: String,
    starts_at: Instant,
    ends_at: Instant,
    time_zone: String,
    place: Option<String>,
    link: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

impl Meeting {
    fn of(params: &Value) -> Option<Self> {
        Self::deserialize(params.get("meeting")?).ok()
    }

    fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }
}

/// When the meeting of a mail takes place, for a reader; `None` where the mail is about none.
pub fn when(params: &Value, language: Language) -> Option<String> {
    let meeting = Meeting::of(params)?;
    Some(moments::span(meeting.starts_at, meeting.ends_at, meeting.zone(), language))
}

/// An invitation that goes with a mail, for the reader's calendar.
pub struct Invitation {
    method: Method,
    entry: Meeting,
    attendee: String,
    group: Option<String>,
}

/// A calendar part, as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarPart {
    /// What it asks of the calendar; stands in its media type as well (RFC 6047, 2.4).
    pub method: Method,
    /// The iCalendar object.
    pub text: String,
}

impl Invitation {
    /// What goes with a mail of this kind; `None` where nothing does.
    pub fn of(kind: Kind, params: &Value) -> Option<Self> {
        let method = match kind {
            Kind::MeetingInvited | Kind::MeetingChanged => Method::Request,
            Kind::MeetingCancelled => Method::Cancel,
            _ => return None,
        };
        let text = |name: &str| params.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { method, entry: Meeting::of(params)?, attendee: text("name").unwrap_or_default(), group: text("group") })
    }

    /// What goes with a digest: of each meeting what its latest news ask of the calendar.
    pub fn all_of_digest(params: &Value) -> Vec<Self> {
        let mut latest: Vec<(String, Self)> = Vec::new();
        for (kind, params) in digest::items(params) {
            let (Some(meeting), Some(invitation)) = (digest::meeting(&params), Self::of(kind, &params)) else { continue };
            latest.retain(|(known, _)| *known != meeting);
            latest.push((meeting, invitation));
        }
        latest.into_iter().map(|(_, invitation)| invitation).collect()
    }

    /// The part for `recipient`, from the server that the world reaches at `public_url`.
    pub fn part(self, organizer: Party<'_>, recipient: &str, public_url: &str, written_at: Instant) -> CalendarPart {
        let Self { method, entry: meeting, attendee, group } = self;
        let zone = meeting.zone();
        let entry = Entry {
            uid: calendar::uid(meeting.id, public_url),
            summary: plain::head_line(&meeting.title),
            description: group,
            location: meeting.place.or_else(|| meeting.link.clone()),
            url: meeting.link,
            when: When::Hours { starts_at: meeting.starts_at, ends_at: Some(meeting.ends_at), zone },
            cancelled: method == Method::Cancel,
            sequence: meeting.sequence,
            created_at: meeting.created_at,
            updated_at: meeting.updated_at,
        };
        let attendee = Party { name: &attendee, address: recipient };
        CalendarPart { method, text: calendar::invitation(method, &entry, organizer, attendee, written_at) }
    }
}
