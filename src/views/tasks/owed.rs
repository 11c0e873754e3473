//! Where tasks come from.

use super::TaskKind;
use crate::consultations::{self, ConsultationRef};
use crate::db::Read;
use crate::deliverables::{self, BoardRow, Status, Todays, Which};
use crate::error::Result;
use crate::groups;
use crate::ids;
use crate::locale::Reader;
use crate::meetings;
use crate::policy::{Action, Actor, GroupId, Object, PersonId, SupporterId};
use crate::supporters;
use crate::time::Instant;
use crate::views::board::{Owed, OwedBy, OwedWhat, owed};

/// Most tasks of one kind that no deliverable owes: whoever has more begins with these.
const MOST: i64 = 100;

/// Something that a person owes.
pub struct Task {
    /// What.
    pub kind: TaskKind,
    /// What it is about, as people call it.
    pub title: String,
    /// When it is too late.
    pub due_at: Option<Instant>,
    /// What kind of object it is about.
    pub object_type: &'static str,
    /// What people call that, or its id. No two tasks of one kind and supporter have the same.
    pub reference: String,
    /// Its path in the API.
    pub url: String,
    /// The supporter for which it is to be done, where the request must say so.
    pub supporter: Option<SupporterId>,
    /// As what the person owes it.
    pub reason: &'static str,
}

/// The requests that do a task, below its subject's `{url}`.
pub fn actions(kind: TaskKind) -> &'static [&'static str] {
    match kind {
        TaskKind::ReachMilestone => &["PATCH {url}", "GET {url}/milestones"],
        TaskKind::AddVersion => &["POST {url}/versions"],
        TaskKind::StartDeliverable
        | TaskKind::SubmitDeliverable
        | TaskKind::TakeUpConsultation
        | TaskKind::ApproveDeliverable
        | TaskKind::PresentDeliverable
        | TaskKind::DecideMembership => &["POST {url}/transitions"],
        TaskKind::FillSeat => &["PATCH {url}"],
        TaskKind::RestoreBalance => &["PUT {url}/co-chairs", "PUT {url}/derogation"],
        TaskKind::AnswerMeeting => &["PUT {url}/attendance/me"],
        TaskKind::AnswerConsultation => &["PUT {url}/contribution", "POST {url}/contribution/submit"],
        TaskKind::WriteSynthesis => &["PUT {url}/synthesis"],
        TaskKind::PublishConsultation => &["POST {url}/transitions"],
        TaskKind::DecideAffiliation | TaskKind::DecideApplication => &["POST {url}/decision"],
        TaskKind::AnswerInvitation => &["POST /api/v1/me/invitations/accept"],
    }
}

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

fn runs_initiative(actor: &Actor) -> bool {
    actor.may(Action::RunInitiative, &Object::initiative())
}

/// What waits for the secretariat, of all groups: read once for all of its persons, while nobody writes.
struct Waiting(Vec<BoardRow>);

/// What one leads, what the groups owe that one chairs, and what waits for the secretariat.
fn of_deliverables(tx: &mut Read<'_>, actor: &Actor, person: PersonId) -> Result<Vec<Task>> {
    let member = actor.memberships.iter().filter(|(_, observer)| !observer).map(|(group, _)| *group);
    let groups: Vec<GroupId> = ids::distinct(actor.seats.iter().copied().chain(member));
    let secretariat = runs_initiative(actor);
    if groups.is_empty() && !secretariat {
        return Ok(Vec::new());
    }
    let todays = Todays::read(tx)?;
    let mut tasks = Vec::new();
    if !groups.is_empty() {
        let owing = [Status::Planned, Status::InProgress, Status::InConsultation];
        let which = Which { groups: Some(&groups), statuses: Some(&owing), edition: None };
        let rows = deliverables::board_rows(tx, &which)?;
        tasks.extend(rows.iter().filter_map(|row| {
            let next = owed(row, &todays)?;
            let chairs = actor.seats.contains(&row.group_id);
            let reason = match next.by {
                OwedBy::Lead if row.lead == Some(person) => "lead",
                // A co-chair sees what its leads are late with, and nothing before.
                OwedBy::Lead if chairs && next.due_on < todays.of(row.forum_edition_id) => "co_chair",
                OwedBy::CoChairs if chairs => "co_chair",
                OwedBy::Lead | OwedBy::CoChairs | OwedBy::Secretariat => return None,
            };
            Some(of_deliverable(row, &next, &todays, reason))
        }));
    }
    if secretariat {
        let which = Which { statuses: Some(&[Status::Submitted, Status::Approved]), ..Which::default() };
        let waiting = tx.remembered(|c| deliverables::board_rows(c, &which).map(Waiting))?;
        tasks.extend(waiting.0.iter().filter_map(|row| {
            let next = owed(row, &todays).filter(|next| next.by == OwedBy::Secretariat)?;
            Some(of_deliverable(row, &next, &todays, "secretariat"))
        }));
    }
    Ok(tasks)
}

fn of_deliverable(row: &BoardRow, next: &Owed, todays: &Todays, reason: &'static str) -> Task {
    let kind = match next.what {
        OwedWhat::Start => TaskKind::StartDeliverable,
        OwedWhat::Milestone => TaskKind::ReachMilestone,
        OwedWhat::FirstVersion => TaskKind::AddVersion,
        OwedWhat::Submit => TaskKind::SubmitDeliverable,
        OwedWhat::Consultation => TaskKind::TakeUpConsultation,
        OwedWhat::Approve => TaskKind::ApproveDeliverable,
        OwedWhat::Present => TaskKind::PresentDeliverable,
    };
    Task {
        kind,
        title: row.title.clone(),
        due_at: Some(Instant::end_of(next.due_on, todays.zone_of(row.forum_edition_id))),
        object_type: "deliverable",
        url: format!("/api/v1/deliverables/{}", row.reference),
        reference: row.reference.clone(),
        supporter: None,
        reason,
    }
}

/// Requests to decide, seats to fill, balances to restore.
fn of_groups(tx: &mut Read<'_>, actor: &Actor, person: PersonId, reader: &Reader) -> Result<Vec<Task>> {
    let secretariat = runs_initiative(actor);
    let mut tasks = Vec::new();
    for request in groups::requests_to_decide(tx, person, &actor.seats, secretariat, reader, MOST)? {
        tasks.push(Task {
            kind: TaskKind::DecideMembership,
            title: format!("{} \u{2013} {}", request.person.display_name, request.group.title.plain()),
            due_at: None,
            object_type: "membership",
            reference: request.id.to_string(),
            url: format!("/api/v1/memberships/{}", request.id),
            supporter: None,
            reason: if actor.seats.contains(&request.group.id) { "co_chair" } else { "secretariat" },
        });
    }
    for seat in groups::vacant_seats(tx, &focal_points_of(actor), reader, MOST)? {
        tasks.push(Task {
            kind: TaskKind::FillSeat,
            title: format!("{} \u{2013} {}", seat.supporter.name, seat.group.title.plain()),
            due_at: None,
            object_type: "co_chair_seat",
            reference: seat.id.to_string(),
            url: format!("/api/v1/groups/{}/co-chairs/{}", seat.group.number, seat.id),
            supporter: None,
            reason: "focal_point",
        });
    }
    if secretariat {
        for group in groups::unbalanced(tx, reader)? {
            tasks.push(Task {
                kind: TaskKind::RestoreBalance,
                title: group.title.plain().to_owned(),
                due_at: None,
                object_type: "group",
                reference: group.number.to_string(),
                url: format!("/api/v1/groups/{}", group.number),
                supporter: None,
                reason: "secretariat",
            });
        }
    }
    Ok(tasks)
}

/// The supporters whose focal point one is.
fn focal_points_of(actor: &Actor) -> Vec<SupporterId> {
    actor.affiliations.iter().filter(|(_, focal)| *focal).map(|(id, _)| *id).collect()
}

/// Meetings to come that one has not answered.
fn of_meetings(tx: &mut Read<'_>, person: PersonId) -> Result<Vec<Task>> {
    let now = tx.now();
    let unanswered = meetings::unanswered(tx, person, now, MOST)?.into_iter().map(|(id, title, starts_at)| Task {
        kind: TaskKind::AnswerMeeting,
        title,
        due_at: Some(starts_at),
        object_type: "meeting",
        reference: id.to_string(),
        url: format!("/api/v1/meetings/{id}"),
        supporter: None,
        reason: "invited",
    });
    Ok(unanswered.collect())
}

/// Rounds to answer, and for who runs them to publish.
fn of_rounds(tx: &mut Read<'_>, actor: &Actor, reader: &Reader) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    let task = |kind, title, round: &ConsultationRef, reason| Task {
        kind,
        title,
        due_at: None,
        object_type: "consultation",
        reference: round.slug.clone(),
        url: format!("/api/v1/consultations/{}", round.slug),
        supporter: None,
        reason,
    };
    for owed in consultations::unanswered(tx, actor, reader)? {
        let title = format!("{} \u{2013} {}", owed.round.title.plain(), owed.supporter.name);
        let is_focal = actor.affiliations.contains(&(owed.supporter.id, true));
        let reason = match (owed.of_group, is_focal) {
            (true, _) => "member",
            (false, true) => "focal_point",
            (false, false) => "representative",
        };
        let (supporter, due_at) = (Some(owed.supporter.id), Some(owed.closes_at));
        tasks.push(Task { supporter, due_at, ..task(TaskKind::AnswerConsultation, title, &owed.round, reason) });
    }
    for closed in consultations::unpublished(tx, actor, reader, MOST)? {
        let reason = if closed.is_chaired { "co_chair" } else { "secretariat" };
        let kind = if closed.has_synthesis { TaskKind::PublishConsultation } else { TaskKind::WriteSynthesis };
        tasks.push(task(kind, closed.round.title.plain().to_owned(), &closed.round, reason));
    }
    Ok(tasks)
}

/// Requests for affiliation, and for the secretariat applications, to decide.
fn of_supporters(tx: &mut Read<'_>, actor: &Actor) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for request in supporters::open_requests(tx, &focal_points_of(actor), MOST)? {
        tasks.push(Task {
            kind: TaskKind::DecideAffiliation,
            title: format!("{} \u{2013} {}", request.person.display_name, request.supporter.name),
            due_at: None,
            object_type: "affiliation_request",
            reference: request.id.to_string(),
            url: format!("/api/v1/affiliation-requests/{}", request.id),
            supporter: None,
            reason: "focal_point",
        });
    }
    if runs_initiative(actor) {
        for application in supporters::open_applications(tx, MOST)? {
            tasks.push(Task {
                kind: TaskKind::DecideApplication,
                title: application.name,
                due_at: None,
                object_type: "supporter_application",
                reference: application.id.to_string(),
                url: format!("/api/v1/supporter-applications/{}", application.id),
                supporter: None,
                reason: "secretariat",
            });
        }
    }
    Ok(tasks)
}

/// Invitations to accept.
fn of_invitations(tx: &mut Read<'_>, person: PersonId, reader: &Reader) -> Result<Vec<Task>> {
    let open = groups::open_invitations(tx, person, reader, MOST)?.into_iter().map(|invitation| Task {
        kind: TaskKind::AnswerInvitation,
        title: invitation.to,
        due_at: Some(invitation.expires_at),
        object_type: "invitation",
        reference: invitation.id.to_string(),
        url: format!("/api/v1/invitations/{}", invitation.id),
        supporter: None,
        reason: "invited",
    });
    Ok(open.collect())
}
