//! Who is invited to a meeting, who comes, who was there.

use std::collections::{BTreeSet, HashSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::mails;
use super::super::rules::{AttendanceStatus, Status};
use super::super::store::attendance::{self as rows, AttendanceList};
use super::super::store::{self, MeetingRow};
use super::super::view::{self, AttendanceView};
use super::InMeeting;
use super::writing::load;
use crate::audit::{self, Entry};
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::http::page::Paging;
use crate::http::{Object as Answered, Page, Request};
use crate::mail::Kind;
use crate::people;
use crate::policy::{Object, PersonId};
use crate::word_enum;

#[derive(Deserialize, JsonSchema)]
pub struct Query {
    #[serde(flatten)]
    page: Paging<AttendanceList>,
}

pub async fn list(request: Request<InMeeting, Query>) -> Result<Page<AttendanceView>> {
    request
        .read(|tx, input| {
            let meeting = store::find(tx, input.path.meeting)?;
            input.allow(&Object::of_group(meeting.group_id))?;
            let plan = input.query.page.plan(&input.filters)?;
            let (found, next) = rows::page(tx, meeting.id, &plan)?;
            let total = plan.total.then(|| rows::count(tx, meeting.id)).transpose()?;
            Ok(Page::new(view::attendance(tx, found)?, next, total))
        })
        .await
}

/// How some persons stand to a meeting.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AttendanceList")]
pub struct Attendances {
    #[schemars(length(min = 1, max = 200))]
    items: Vec<Attendance>,
}

/// How one person stands to a meeting.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AttendanceOf")]
struct Attendance {
    person_id: PersonId,
    status: AttendanceStatus,
}

/// 409 where nobody is invited any more.
fn standing(meeting: &MeetingRow) -> Result<()> {
    if meeting.status == Status::Cancelled {
        return Err(Error::wrong_state("The meeting is cancelled: nobody comes to it."));
    }
    Ok(())
}

pub async fn set(request: Request<InMeeting, (), Attendances>) -> Result<Page<AttendanceView>> {
    request
        .write(|tx, input| {
            let items = &input.body.items;
            let mut seen = HashSet::new();
            let repeated = items.iter().enumerate().filter(|(_, item)| !seen.insert(item.person_id));
            let faults: Vec<_> =
                repeated.map(|(n, _)| FieldFault::new(format!("/items/{n}/person_id"), "not-unique", "is named twice")).collect();
            if !faults.is_empty() {
                return Err(Problem::invalid(&faults).into());
            }
            let meeting = load(tx, input)?;
            standing(&meeting)?;
            let invited: BTreeSet<PersonId> = rows::all(tx, meeting.id)?.into_iter().map(|(person, _)| person).collect();
            let present: BTreeSet<PersonId> = mails::participants(tx, meeting.group_id)?.into_iter().collect();
            let has_begun = meeting.starts_at <= tx.now();
            let mut broken = Vec::new();
            for (n, Attendance { person_id, status }) in items.iter().enumerate() {
                // Who was invited and left since may have been there.
                if !present.contains(person_id) && !invited.contains(person_id) {
                    let detail = format!("items[{n}] names somebody who takes no part in the group.");
                    broken.push(Violation::new("not_of_group", detail));
                }
                if status.is_hindsight() && !has_begun {
                    let detail =
                        format!("items[{n}]: who is {status} can be said from {} on, when it begins.", meeting.starts_at);
                    broken.push(Violation::new("not_begun", detail));
                }
            }
            if !broken.is_empty() {
                return Err(Problem::violations(&broken).into());
            }
            for Attendance { person_id, status } in items {
                rows::set(tx, meeting.id, *person_id, *status)?;
            }
            let new: Vec<_> = items.iter().filter(|item| !invited.contains(&item.person_id)).collect();
            let new: Vec<_> =
                new.into_iter().filter(|item| item.status == AttendanceStatus::Invited).map(|item| item.person_id).collect();
            if !has_begun {
                mails::tell(tx, Kind::MeetingInvited, &meeting, &new, input.actor.person, None)?;
            }
            audit::record(tx, Entry::of("meeting.attendance_set", "meeting", meeting.id).in_group(meeting.group_id));
            let named: Vec<PersonId> = items.iter().map(|item| item.person_id).collect();
            let found = rows::of_persons(tx, meeting.id, &named)?;
            Ok(Page::new(view::attendance(tx, found)?, None, None))
        })
        .await
}

word_enum! {
    /// Whether one comes.
    pub enum MeetingAnswer {
        /// One means to.
        Accepted = "accepted",
        /// One does not.
        Declined = "declined",
    }
}

/// Whether one comes to a meeting.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "OwnAttendance")]
pub struct Own {
    status: MeetingAnswer,
}

pub async fn answer(request: Request<InMeeting, (), Own>) -> Result<Answered<AttendanceView>> {
    request
        .write(|tx, input| {
            let meeting = load(tx, input)?;
            standing(&meeting)?;
            if meeting.status == Status::Held || meeting.ends_at <= tx.now() {
                return Err(Error::wrong_state("The meeting is over: co-chairs write down who was there."));
            }
            let person = people::oneself(&input.actor)?;
            let to = match input.body.status {
                MeetingAnswer::Accepted => AttendanceStatus::Accepted,
                MeetingAnswer::Declined => AttendanceStatus::Declined,
            };
            let from = rows::of(tx, meeting.id, person)?.map_or(AttendanceStatus::Invited, |row| row.status);
            rows::set(tx, meeting.id, person, to)?;
            if from != to {
                audit::record(
                    tx,
                    Entry::of("meeting.answered", "meeting", meeting.id).in_group(meeting.group_id).moved(from, to),
                );
            }
            let found = rows::of_persons(tx, meeting.id, &[person])?;
            let view = view::attendance(tx, found)?.pop().ok_or_else(|| Error::not_found("attendance"))?;
            Ok(Answered::plain(view))
        })
        .await
}
