//! Where tasks come from.

use std::collections::HashMap;

use super::{Subject, Task, TaskKind};
use crate::call;
use crate::consultations::{self, ConsultationRef};
use crate::db::Read;
use crate::deliverables::{self, BoardRow};
use crate::error::Result;
use crate::forum::{self, EditionFacts, EditionId};
use crate::groups;
use crate::locale::Reader;
use crate::meetings;
use crate::policy::{Action, Actor, GroupId, Object, PersonId, SupporterId};
use crate::supporters;
use crate::time::Instant;
use crate::views::board::{OwedBy, OwedWhat, owed};

/// Most tasks of one kind: whoever has more begins with these.
const MOST: i64 = 100;

/// Everything that a person owes, in no order.
pub fn all(tx: &mut Read<'_>, actor: &Actor, reader: &Reader) -> Result<Vec<Task>> {
    let Some(person) = actor.person.filter(|_| actor.verified) else { return Ok(Vec::new()) };
    let mut tasks = of_deliverables(tx, actor, person)?;
    tasks.extend(of_groups(tx, actor, person, reader)?);
    tasks.extend(of_meetings(tx, person)?);
    tasks.extend(of_rounds(tx, actor, reader)?);
    tasks.extend(of_supporters(tx, actor)?);
    tasks.extend(of_invitations(tx, person, reader)?);
    Ok(tasks)
}

fn task(kind: TaskKind, title: String, subject: (&'static str, String, String), reason: &'static str, actions: &[&str]) -> Task {
    let (object_type, reference, url) = subject;
    let actions = actions.iter().map(|action| action.replace("{url}", &url)).collect();
    Task { kind, title, due_at: None, subject: Subject { object_type, reference, url }, reason, actions }
}

fn runs_initiative(actor: &Actor) -> bool {
    actor.may(Action::RunInitiative, &Object::initiative())
}

/// What one leads, what the groups owe that one chairs, and what waits for the secretariat.
fn of_deliverables(tx: &mut Read<'_>, actor: &Actor, person: PersonId) -> Result<Vec<Task>> {
    let secretariat = runs_initiative(actor);
    let mut groups: Vec<GroupId> = actor.seats.clone();
    groups.extend(actor.memberships.iter().filter(|(_, observer)| !observer).map(|(group, _)| *group));
    groups.sort_unstable();
    groups.dedup();
    if groups.is_empty() && !secretariat {
        return Ok(Vec::new());
    }
    let now = tx.now();
    let call = call::current(tx)?;
    let editions: HashMap<EditionId, EditionFacts> = forum::editions(tx)?.into_iter().map(|one| (one.id, one)).collect();
    let rows = if secretariat {
        deliverables::board_rows(tx, None, None, now)?
    } else {
        deliverables::board_rows(tx, None, Some(&groups), now)?
    };
    let of = |row: &BoardRow| -> Option<Task> {
        let next = owed(row, &editions)?;
        let leads = row.lead.is_some_and(|(_, lead)| lead == person);
        let chairs = actor.seats.contains(&row.group_id);
        let reason = match next.by {
            OwedBy::Lead if leads => "lead",
            // A co-chair sees what its leads are late with, and nothing before.
            OwedBy::Lead if chairs && next.due_on < row.today => "co_chair",
            OwedBy::CoChairs if chairs => "co_chair",
            OwedBy::Secretariat if secretariat => "secretariat",
            OwedBy::Lead | OwedBy::CoChairs | OwedBy::Secretariat => return None,
        };
        let kind = match next.what {
            OwedWhat::Start => TaskKind::StartDeliverable,
            OwedWhat::Milestone => TaskKind::ReachMilestone,
            OwedWhat::FirstVersion => TaskKind::AddVersion,
            OwedWhat::Submit => TaskKind::SubmitDeliverable,
            OwedWhat::Consultation => TaskKind::TakeUpConsultation,
            OwedWhat::Approve => TaskKind::ApproveDeliverable,
            OwedWhat::Present => TaskKind::PresentDeliverable,
        };
        let actions: &[&str] = match next.what {
            OwedWhat::Milestone => &["PATCH {url}", "GET {url}/milestones"],
            OwedWhat::FirstVersion => &["POST {url}/versions"],
            _ => &["POST {url}/transitions"],
        };
        let url = format!("/api/v1/deliverables/{}", row.reference);
        let mut task = task(kind, row.title.clone(), ("deliverable", row.reference.clone(), url), reason, actions);
        let zone = row.forum_edition_id.and_then(|id| editions.get(&id)).map_or(call.time_zone, |edition| edition.time_zone);
        task.due_at = Some(Instant::end_of(next.due_on, zone));
        Some(task)
    };
    Ok(rows.iter().filter_map(of).collect())
}

/// Requests to decide, seats to fill, balances to restore.
fn of_groups(tx: &mut Read<'_>, actor: &Actor, person: PersonId, reader: &Reader) -> Result<Vec<Task>> {
    let secretariat = runs_initiative(actor);
    let mut tasks = Vec::new();
    for request in groups::requests_to_decide(tx, person, &actor.seats, secretariat, reader, MOST)? {
        let title = format!("{} \u{2013} {}", request.person.display_name, request.group.title.plain());
        let subject = ("membership", request.id.to_string(), format!("/api/v1/memberships/{}", request.id));
        let reason = if actor.seats.contains(&request.group.id) { "co_chair" } else { "secretariat" };
        tasks.push(task(TaskKind::DecideMembership, title, subject, reason, &["POST {url}/transitions"]));
    }
    let focal: Vec<SupporterId> = actor.affiliations.iter().filter(|(_, focal)| *focal).map(|(id, _)| *id).collect();
    for seat in groups::vacant_seats(tx, &focal, reader, MOST)? {
        let title = format!("{} \u{2013} {}", seat.supporter.name, seat.group.title.plain());
        let url = format!("/api/v1/groups/{}/co-chairs/{}", seat.group.number, seat.id);
        tasks.push(task(TaskKind::FillSeat, title, ("co_chair_seat", seat.id.to_string(), url), "focal_point", &["PATCH {url}"]));
    }
    if secretariat {
        for group in groups::unbalanced(tx, reader)? {
            let url = format!("/api/v1/groups/{}", group.number);
            let subject = ("group", group.number.to_string(), url);
            let actions = ["PUT {url}/co-chairs", "PUT {url}/derogation"];
            tasks.push(task(TaskKind::RestoreBalance, group.title.plain().to_owned(), subject, "secretariat", &actions));
        }
    }
    Ok(tasks)
}

/// Meetings to come that one has not answered.
fn of_meetings(tx: &mut Read<'_>, person: PersonId) -> Result<Vec<Task>> {
    let now = tx.now();
    let unanswered = meetings::unanswered(tx, person, now, MOST)?.into_iter().map(|(id, title, starts_at)| {
        let subject = ("meeting", id.to_string(), format!("/api/v1/meetings/{id}"));
        let mut task = task(TaskKind::AnswerMeeting, title, subject, "invited", &["PUT {url}/attendance/me"]);
        task.due_at = Some(starts_at);
        task
    });
    Ok(unanswered.collect())
}

/// Rounds to answer, and for who runs them to publish.
fn of_rounds(tx: &mut Read<'_>, actor: &Actor, reader: &Reader) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    let subject = |round: &ConsultationRef| ("consultation", round.slug.clone(), format!("/api/v1/consultations/{}", round.slug));
    for owed in consultations::unanswered(tx, actor, reader)? {
        let title = format!("{} \u{2013} {}", owed.round.title.plain(), owed.supporter.name);
        let is_focal = actor.affiliations.contains(&(owed.supporter.id, true));
        let reason = match (owed.of_group, is_focal) {
            (true, _) => "member",
            (false, true) => "focal_point",
            (false, false) => "representative",
        };
        let actions = ["PUT {url}/contribution", "POST {url}/contribution/submit"];
        let actions = actions.map(|action| format!("{action}?supporter_id={}", owed.supporter.id));
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        let mut task = task(TaskKind::AnswerConsultation, title, subject(&owed.round), reason, &actions);
        task.due_at = Some(owed.closes_at);
        tasks.push(task);
    }
    for closed in consultations::unpublished(tx, actor, reader, MOST)? {
        let reason = if closed.is_chaired { "co_chair" } else { "secretariat" };
        let (kind, action) = if closed.has_synthesis {
            (TaskKind::PublishConsultation, "POST {url}/transitions")
        } else {
            (TaskKind::WriteSynthesis, "PUT {url}/synthesis")
        };
        let title = closed.round.title.plain().to_owned();
        tasks.push(task(kind, title, subject(&closed.round), reason, &[action]));
    }
    Ok(tasks)
}

/// Requests for affiliation, and for the secretariat applications, to decide.
fn of_supporters(tx: &mut Read<'_>, actor: &Actor) -> Result<Vec<Task>> {
    let focal: Vec<SupporterId> = actor.affiliations.iter().filter(|(_, focal)| *focal).map(|(id, _)| *id).collect();
    let mut tasks = Vec::new();
    for request in supporters::open_requests(tx, &focal, MOST)? {
        let title = format!("{} \u{2013} {}", request.person.display_name, request.supporter.name);
        let url = format!("/api/v1/affiliation-requests/{}", request.id);
        let subject = ("affiliation_request", request.id.to_string(), url);
        tasks.push(task(TaskKind::DecideAffiliation, title, subject, "focal_point", &["POST {url}/decision"]));
    }
    if runs_initiative(actor) {
        for application in supporters::open_applications(tx, MOST)? {
            let url = format!("/api/v1/supporter-applications/{}", application.id);
            let subject = ("supporter_application", application.id.to_string(), url);
            tasks.push(task(TaskKind::DecideApplication, application.name, subject, "secretariat", &["POST {url}/decision"]));
        }
    }
    Ok(tasks)
}

/// Invitations to accept.
fn of_invitations(tx: &mut Read<'_>, person: PersonId, reader: &Reader) -> Result<Vec<Task>> {
    let open = groups::open_invitations(tx, person, reader, MOST)?.into_iter().map(|invitation| {
        let url = format!("/api/v1/invitations/{}", invitation.id);
        let subject = ("invitation", invitation.id.to_string(), url);
        let actions = ["POST /api/v1/me/invitations/accept"];
        let mut task = task(TaskKind::AnswerInvitation, invitation.to, subject, "invited", &actions);
        task.due_at = Some(invitation.expires_at);
        task
    });
    Ok(open.collect())
}
