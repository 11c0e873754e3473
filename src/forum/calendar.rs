//! A Forum edition as calendar entries: the Forum, its submission deadline, its sessions.

use chrono_tz::Tz;

use super::rules::{Speaker, Status};
use super::store::{EditionRow, SessionRow};
use crate::calendar::{self, Entry, When};
use crate::error::{Error, Result};
use crate::locale::{Localised, Reader};
use crate::picture::words::{Tongue, tongue};

/// The words of ours among those of the edition.
struct Words {
    deadline: &'static str,
    moderator: &'static str,
    panellists: &'static str,
}

const ENGLISH: Words = Words { deadline: "Submission deadline", moderator: "Moderator", panellists: "Panellists" };
const FRENCH: Words = Words { deadline: "Date limite de soumission", moderator: "Modération", panellists: "Intervenants" };

/// The calendar's text, in the reader's language.
pub fn of_edition(edition: &EditionRow, sessions: &[SessionRow], reader: &Reader) -> Result<String> {
    let entries = entries(edition, sessions, reader)?;
    Ok(calendar::published("-//Plenary//Forum//EN", &edition.name, edition.zone()?, &entries))
}

/// The edition's entries, in the reader's language. Every one keeps its UID and counts its changes.
pub fn entries(edition: &EditionRow, sessions: &[SessionRow], reader: &Reader) -> Result<Vec<Entry>> {
    let zone = edition.zone()?;
    let languages: &[String] = match reader {
        Reader::All => &[],
        Reader::Prefers(order) => order,
    };
    let words = match tongue(reader) {
        Tongue::En => ENGLISH,
        Tongue::Fr => FRENCH,
    };
    let place = joined(&[edition.venue.as_deref(), Some(&edition.city), Some(&edition.country)]);
    let cancelled = edition.status == Status::Cancelled;
    let forum = Entry {
        uid: format!("forum-{}", edition.id),
        summary: edition.name.clone(),
        description: None,
        location: Some(place.clone()),
        url: None,
        when: When::Days(edition.starts_on, edition.ends_on),
        cancelled,
        sequence: edition.version - 1,
        created_at: edition.created_at,
        updated_at: edition.updated_at,
    };
    let deadline = edition.submission_deadline.map(|day| Entry {
        uid: format!("deadline-{}", edition.id),
        summary: format!("{}: {}", words.deadline, edition.name),
        location: None,
        when: When::Days(day, day),
        ..forum.clone()
    });
    let mut entries: Vec<Entry> = [Some(forum), deadline].into_iter().flatten().collect();
    for session in sessions {
        entries.push(Entry {
            uid: format!("session-{}", session.id),
            summary: Localised::from_json(&session.title)?.pick(languages).to_owned(),
            description: Some(description(session, &words)?),
            location: Some(joined(&[session.room.as_deref(), Some(&place)])),
            url: session.recording_url.clone(),
            when: when(session, zone),
            cancelled,
            sequence: session.version - 1,
            created_at: session.created_at,
            updated_at: session.updated_at,
        });
    }
    Ok(entries)
}

fn when(session: &SessionRow, zone: Tz) -> When {
    match session.starts_at {
        Some(starts_at) => When::Hours { starts_at, ends_at: session.ends_at, zone },
        None => When::Days(session.day, session.day),
    }
}

impl EditionRow {
    /// Where its days and hours are counted.
    pub fn zone(&self) -> Result<Tz> {
        self.time_zone.parse().map_err(|_| Error::Internal(format!("stored time zone {:?} is unknown", self.time_zone)))
    }
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
