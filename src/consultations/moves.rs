//! Moving a round, and what follows: its audience, its group's count, the deliverable that it is about. Whoever moves one begins with
//! [`hold`].

use super::path::Round;
use super::rules::{Audience, Status};
use super::store::clock::{self, Running};
use super::store::{self, ConsultationId, ConsultationRow, announcements, audience};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::deliverables;
use crate::error::Result;
use crate::groups::{self, GroupFacts};
use crate::mail::Kind;
use crate::time::Instant;

/// A round that the transaction holds alone, with its group.
pub struct Held {
    /// It, where it stands.
    pub round: Round,
    /// Its group, which the transaction holds.
    pub group: Option<GroupFacts>,
    /// The instant at which it was held, which everything is judged by.
    pub now: Instant,
}

/// Holds a round with its group until the transaction ends, and writes down what the clock has done to it by then.
pub fn hold(tx: &mut Write<'_>, id: ConsultationId) -> Result<Held> {
    let known = store::find(tx, id.as_str())?;
    if matches!(known.status, Status::Draft | Status::Scheduled) {
        // It may open in this transaction.
        audience::keep(tx)?;
    }
    let group = known.group_id.map(|group| groups::hold(tx, group)).transpose()?;
    let (row, now) = store::hold(tx, id)?;
    let row = catch_up(tx, row, now)?;
    Ok(Held { round: Round::at(row, now)?, group, now })
}

/// `act`, done to a round: on its group's timeline.
pub fn entry(act: &'static str, row: &ConsultationRow) -> Entry {
    // A round of a group is the group's.
    let entry = Entry::of(act, "consultation", row.id).within(row.audience == Audience::GroupMembers);
    match row.group_id {
        Some(group) => entry.in_group(group),
        None => entry,
    }
}

/// What is recorded of a move.
pub fn act(from: Status, to: Status) -> &'static str {
    match (from, to) {
        (_, Status::Draft) => "consultation.unscheduled",
        (_, Status::Scheduled) => "consultation.scheduled",
        (_, Status::Open) => "consultation.opened",
        (_, Status::Closed) => "consultation.closed",
        (_, Status::Published) => "consultation.published",
        (_, Status::Cancelled) => "consultation.cancelled",
    }
}

/// Writes down what the clock has done to a round that the transaction holds. Nobody did it, so its version stays.
fn catch_up(tx: &mut Write<'_>, mut row: ConsultationRow, now: Instant) -> Result<ConsultationRow> {
    let stands = row.status_at(now);
    if row.status == Status::Scheduled && stands != Status::Scheduled {
        (row.status, row.opened_at) = (Status::Open, Some(row.opens_at));
        by_the_clock(tx, &row, Status::Scheduled, now)?;
        if stands == Status::Open {
            announce(tx, &row, &Announcement::Opened)?;
        }
    }
    if row.status == Status::Open && stands == Status::Closed {
        row.status = Status::Closed;
        by_the_clock(tx, &row, Status::Open, now)?;
    }
    Ok(row)
}

fn by_the_clock(tx: &mut Write<'_>, row: &ConsultationRow, from: Status, now: Instant) -> Result<()> {
    clock::write_down(tx, row)?;
    audit::record_of_nobody(tx, entry(act(from, row.status), row).moved(from, row.status));
    follow(tx, row, from, now)
}

/// Writes down whatever the clock has done to a round.
pub fn keep_time(tx: &mut Write<'_>, id: ConsultationId) -> Result<()> {
    hold(tx, id).map(drop)
}

/// Saves a round that the transaction holds where somebody moved it `from`, with all that follows, and records it.
pub fn save(
    tx: &mut Write<'_>,
    row: ConsultationRow,
    from: Status,
    reason: Option<&str>,
    now: Instant,
) -> Result<ConsultationRow> {
    let row = store::save(tx, row)?;
    let entry = entry(act(from, row.status), &row).moved(from, row.status).because(reason);
    // What nobody saw announced is taken back unseen.
    let unseen = row.status == Status::Cancelled && from != Status::Open;
    let within = entry.within || unseen;
    audit::record(tx, entry.within(within));
    follow(tx, &row, from, now)?;
    Ok(row)
}

/// What follows from where a round stands now.
fn follow(tx: &mut Write<'_>, row: &ConsultationRow, from: Status, now: Instant) -> Result<()> {
    if row.status == Status::Open {
        ask(tx, row)?;
    }
    if let Some((deliverable, version)) = row.deliverable_id.zip(row.deliverable_version) {
        let readable_from = clock::consulted_from(tx, deliverable, version)?;
        deliverables::consult(tx, deliverable, version, readable_from)?;
        let ended = from == Status::Open && row.status != Status::Open;
        if ended && clock::standing(tx, Running::On(deliverable), Status::Open, now)?.is_empty() {
            deliverables::round_ended(tx, deliverable)?;
        }
    }
    if let Some(group) = row.group_id {
        let open = clock::open_in(tx, group)?;
        groups::count_open_consultations(tx, group, open)?;
    }
    Ok(())
}

/// Takes into the audience of an open round whoever belongs to it and is not in it yet.
pub fn ask(tx: &mut Write<'_>, row: &ConsultationRow) -> Result<()> {
    match (row.audience, row.group_id) {
        (Audience::Supporters, _) => audience::take_endorsed(tx, row.id),
        (Audience::GroupMembers, Some(group)) => {
            let theirs = groups::represented(tx, group)?;
            audience::take(tx, row.id, &theirs)
        }
        (Audience::Public, _) | (Audience::GroupMembers, None) => Ok(()),
    }
}

/// What an audience is told.
pub enum Announcement<'a> {
    /// It is asked from now on.
    Opened,
    /// It has longer.
    Extended(&'a str),
    /// It is asked no more.
    Cancelled(&'a str),
    /// What came of it.
    Published,
    /// What became of the input of each who contributed.
    Answered,
}

/// Lets an audience be told. The worker queues the mails, a batch at a time, however many they are.
pub fn announce(tx: &mut Write<'_>, row: &ConsultationRow, what: &Announcement<'_>) -> Result<()> {
    let (kind, reason) = match what {
        Announcement::Opened => (Kind::ConsultationOpened, None),
        Announcement::Extended(reason) => (Kind::ConsultationExtended, Some(*reason)),
        Announcement::Cancelled(reason) => (Kind::ConsultationCancelled, Some(*reason)),
        Announcement::Published => (Kind::ConsultationPublished, None),
        Announcement::Answered => (Kind::ContributionAnswered, None),
    };
    let params = serde_json::json!({"reason": reason, "closes_at": row.closes_at}).to_string();
    let caused_by = audit::causer(tx);
    let (id, created_at) = (tx.new_id(), tx.now());
    let done_to = String::new();
    let row = announcements::AnnouncementRow { id, consultation_id: row.id, kind, params, caused_by, done_to, created_at };
    announcements::insert(tx, &row)
}
