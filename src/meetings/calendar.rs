//! Meetings as calendar entries.

use super::store;
use crate::calendar::{self, Entry, When};
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::groups;
use crate::ids::distinct;
use crate::locale::Reader;
use crate::policy::GroupId;
use crate::time::Instant;

/// Which meetings a calendar shows, and how much of them.
pub struct Calendar<'a> {
    /// Of these groups; `None`: of all.
    pub groups: Option<&'a [GroupId]>,
    /// Those that begin at this instant or after; `None`: all.
    pub since: Option<Instant>,
    /// Of which groups it shows place and link as well.
    pub shows_all: &'a dyn Fn(GroupId) -> bool,
    /// Where the world reaches the server.
    pub public_url: &'a str,
    /// Who reads it.
    pub reader: &'a Reader,
}

/// The entries of a calendar's meetings, as they take place, in two queries. An entry is the same as that of the invitation by mail.
pub fn entries(c: &mut AnyConnection, which: &Calendar<'_>) -> Result<Vec<Entry>> {
    let rows = store::since(c, which.groups, which.since)?;
    let groups = groups::refs(c, &distinct(rows.iter().map(|row| row.group_id)), which.reader)?;
    let entry = |row: store::MeetingRow| {
        let zone = row.time_zone.parse().map_err(|_| Error::Internal(format!("meeting {} has no zone", row.id)))?;
        let shows_all = (which.shows_all)(row.group_id);
        let link = row.link.filter(|_| shows_all);
        Ok(Entry {
            uid: calendar::uid(row.id, which.public_url),
            summary: row.title,
            description: groups.get(&row.group_id).map(|group| group.title.plain().to_owned()),
            location: row.place.filter(|_| shows_all).or_else(|| link.clone()),
            url: link,
            when: When::Hours { starts_at: row.starts_at, ends_at: Some(row.ends_at), zone },
            cancelled: row.status == super::rules::Status::Cancelled,
            sequence: row.sequence,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    };
    rows.into_iter().map(entry).collect()
}
