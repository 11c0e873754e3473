//! Who is invited to a group's meetings, and the mails about them. Their parameters are a contract with the templates.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::rules::AttendanceStatus;
use super::store::{MeetingRow, attendance};
use crate::call;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::groups;
use crate::locale::{Localised, Reader, Shown};
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::{GroupId, PersonId};

/// Whoever takes part in a group now: members, observers, and who fills a seat. Each once.
pub fn participants(c: &mut AnyConnection, group: GroupId) -> Result<Vec<PersonId>> {
    let mut seen = HashSet::new();
    let seated = groups::seated(c, group)?;
    let members = groups::active_memberships(c, group)?.into_iter().map(|membership| membership.person_id);
    Ok(seated.into_iter().chain(members).filter(|person| seen.insert(*person)).collect())
}

/// Invites everybody who takes part in the meeting's group, whose transaction holds it, and was not invited yet; all but `by` are told.
/// Gives those who had been invited before and still take part.
pub fn invite(tx: &mut Write<'_>, meeting: &MeetingRow, by: Option<PersonId>) -> Result<Vec<PersonId>> {
    let known: HashSet<PersonId> = attendance::all(tx, meeting.id)?.into_iter().map(|(person, _)| person).collect();
    let (before, new): (Vec<_>, Vec<_>) =
        participants(tx, meeting.group_id)?.into_iter().partition(|person| known.contains(person));
    for person in &new {
        attendance::set(tx, meeting.id, *person, AttendanceStatus::Invited)?;
    }
    tell(tx, Kind::MeetingInvited, meeting, &new, by, None)?;
    Ok(before)
}

/// Tells everybody who was invited and still takes part, but `by`, that the meeting has changed; who joined since is invited.
pub fn changed(tx: &mut Write<'_>, meeting: &MeetingRow, by: Option<PersonId>) -> Result<()> {
    let known = invite(tx, meeting, by)?;
    tell(tx, Kind::MeetingChanged, meeting, &known, by, None)
}

/// Tells everybody who was invited and still takes part, but `by`, that the meeting is called off.
pub fn cancelled(tx: &mut Write<'_>, meeting: &MeetingRow, by: Option<PersonId>, reason: Option<&str>) -> Result<()> {
    let known: HashSet<PersonId> = attendance::all(tx, meeting.id)?.into_iter().map(|(person, _)| person).collect();
    let known: Vec<_> = participants(tx, meeting.group_id)?.into_iter().filter(|person| known.contains(person)).collect();
    tell(tx, Kind::MeetingCancelled, meeting, &known, by, reason)
}

/// Tells these about a meeting, in their languages.
pub fn tell(
    tx: &mut Write<'_>,
    kind: Kind,
    meeting: &MeetingRow,
    to: &[PersonId],
    by: Option<PersonId>,
    reason: Option<&str>,
) -> Result<()> {
    if to.is_empty() {
        return Ok(());
    }
    let title = match groups::refs(tx, &[meeting.group_id], &Reader::All)?.remove(&meeting.group_id).map(|group| group.title) {
        Some(Shown::All(title)) => title,
        Some(Shown::One(title)) => Localised::one("en", title),
        None => return Ok(()),
    };
    let languages = call::languages(tx)?;
    let MeetingRow { id, sequence, title: what, starts_at, ends_at, time_zone, place, link, created_at, updated_at, .. } =
        meeting;
    let facts = json!({
        "id": id, "sequence": sequence, "title": what, "starts_at": starts_at, "ends_at": ends_at, "time_zone": time_zone,
        "place": place, "link": link, "created_at": created_at, "updated_at": updated_at,
    });
    let by_name = match by {
        Some(person) => people::refs(tx, &[person])?.remove(&person).map(|person| person.display_name),
        None => None,
    };
    let mut rows: HashMap<PersonId, PersonRow> = people::persons(tx, to)?.into_iter().map(|row| (row.id, row)).collect();
    for person in to.iter().filter(|person| Some(**person) != by) {
        let Some(row) = rows.remove(person).filter(PersonRow::may_sign_in) else { continue };
        let order = languages.read_by(row.locale.as_deref());
        let params = json!({"path": format!("meetings/{id}"), "group": title.pick(&order), "by": by_name, "reason": reason, "meeting": facts});
        people::tell(tx, kind, &row, params)?;
    }
    Ok(())
}
