//! Rounds as calendar entries: when each opens, and when it closes.

use super::path::Round;
use super::rules::Status;
use super::store::ConsultationRow;
use super::store::list;
use crate::calendar::{self, Entry, When};
use crate::call::Call;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::locale::{Localised, Reader};
use crate::policy::{Actor, GroupId};
use crate::time::Instant;

/// Which rounds a calendar shows.
pub struct Calendar<'a> {
    /// Of these groups; `None`: of all, and the call's.
    pub groups: Option<&'a [GroupId]>,
    /// Beside these groups' the call's own.
    pub and_call: bool,
    /// Those that close at this instant or after; `None`: all.
    pub since: Option<Instant>,
    /// Who reads it.
    pub actor: &'a Actor,
    /// In which languages.
    pub reader: &'a Reader,
    /// Where the world reaches the server.
    pub public_url: &'a str,
    /// The instant.
    pub now: Instant,
}

/// The entries of a calendar's rounds that its reader may read, as they open and close, in one query.
pub fn entries(c: &mut AnyConnection, call: &Call, which: &Calendar<'_>) -> Result<Vec<Entry>> {
    let sight = super::path::sight(which.actor);
    let rows = list::in_time(c, &sight, which.groups, which.and_call, which.since, which.now)?;
    let is_french = matches!(which.reader, Reader::Prefers(order) if order.first().is_some_and(|first| first == "fr"));
    let (opens, closes) = if is_french { ("Ouverture", "Clôture") } else { ("Opens", "Closes") };
    let mut entries = Vec::new();
    for row in rows {
        let title = Localised::from_json(&row.title)?.shown(which.reader).plain().to_owned();
        let round = Round::at(row, which.now)?;
        let ConsultationRow { id, opens_at, closes_at, version, created_at, updated_at, .. } = round.row;
        for (end, word, starts_at) in [("opens", opens, opens_at), ("closes", closes, closes_at)] {
            entries.push(Entry {
                uid: calendar::uid(format!("{id}-{end}"), which.public_url),
                summary: format!("{word}: {title}"),
                description: None,
                location: None,
                url: None,
                when: When::Hours { starts_at, ends_at: None, zone: call.time_zone },
                cancelled: round.status == Status::Cancelled,
                sequence: version - 1,
                created_at,
                updated_at,
            });
        }
    }
    Ok(entries)
}
