//! What is due, as calendar entries.

use super::rules::Status;
use super::store::due::{self, DueRow};
use crate::calendar::{self, Entry, When};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::locale::Reader;
use crate::picture::words::tongue;
use crate::policy::GroupId;
use crate::time::Day;

/// The due days of the deliverables of these groups (`None`: of all), from a day on where one is given, in one query. All of it is public.
pub fn calendar_entries(
    c: &mut AnyConnection,
    groups: Option<&[GroupId]>,
    from: Option<Day>,
    public_url: &str,
    reader: &Reader,
) -> Result<Vec<Entry>> {
    let due = tongue(reader).say("Due", "Échéance");
    let entry = |row: DueRow| Entry {
        uid: calendar::uid(row.id, public_url),
        summary: format!("{due}: {} {}", row.reference, row.title),
        description: None,
        location: None,
        url: None,
        when: When::Days(row.due_on, row.due_on),
        cancelled: row.status == Status::Dropped,
        sequence: row.version - 1,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(due::since(c, groups, from)?.into_iter().map(entry).collect())
}
