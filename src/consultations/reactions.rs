//! What happens to rounds when something happens to supporters, groups and deliverables.

use super::moves;
use super::rules::{Audience, Status};
use super::store::clock::{self, Running};
use super::store::{self, ConsultationRow, audience};
use crate::db::Write;
use crate::deliverables::RoundWanted;
use crate::error::Result;
use crate::facts::Objections;
use crate::groups::{GroupConcluding, GroupSuspended, PeopleJoined};
use crate::locale::Localised;
use crate::supporters::SupportersEndorsed;

/// Whoever is endorsed while a round asks all supporters is asked too.
pub fn on_supporters_endorsed(tx: &mut Write<'_>, _: &SupportersEndorsed, _: &mut Objections) -> Result<()> {
    audience::join(tx)?;
    let now = tx.clock();
    for seen in clock::standing(tx, Running::Asking(Audience::Supporters), Status::Open, now)? {
        // It may have closed since.
        let (row, now) = store::share(tx, seen.id)?;
        if row.status_at(now) == Status::Open {
            moves::ask(tx, &row)?;
        }
    }
    Ok(())
}

/// A supporter for which somebody joins a group while a round asks its members is asked too. The group is held, and so are its rounds.
pub fn on_people_joined(tx: &mut Write<'_>, fact: &PeopleJoined, _: &mut Objections) -> Result<()> {
    let now = tx.clock();
    for row in clock::standing(tx, Running::Of(fact.0), Status::Open, now)? {
        if row.audience == Audience::GroupMembers {
            moves::ask(tx, &row)?;
        }
    }
    Ok(())
}

/// What is called off by a suspension is what would open by itself: it is a draft again. The group is held.
pub fn on_group_suspended(tx: &mut Write<'_>, fact: &GroupSuspended, _: &mut Objections) -> Result<()> {
    let now = tx.clock();
    for seen in clock::standing(tx, Running::Of(fact.0), Status::Scheduled, now)? {
        let (row, now) = store::hold(tx, seen.id)?;
        // By the clock it may have opened since: then it is open, and closes by itself.
        if row.status_at(now) == Status::Scheduled {
            moves::save(tx, ConsultationRow { status: Status::Draft, ..row }, Status::Scheduled, None, now)?;
        }
    }
    Ok(())
}

/// A group is concluded once nobody waits for one of its rounds.
pub fn on_group_concluding(tx: &mut Write<'_>, fact: &GroupConcluding, objections: &mut Objections) -> Result<()> {
    let now = tx.clock();
    for row in clock::unfinished(tx, fact.0)? {
        let title = Localised::from_json(&row.title)?;
        let way = match row.status_at(now) {
            Status::Scheduled => "is scheduled: take it back to draft or cancel it first",
            Status::Open => "is open: close or cancel it first",
            _ => "is closed and not published: publish it first",
        };
        objections.raise("round_unfinished", format!("The round \u{201c}{}\u{201d} {way}.", title.pick(&[])));
    }
    Ok(())
}

/// Whether a round on a deliverable is open, by the clock.
pub fn on_round_wanted(tx: &mut Write<'_>, fact: &RoundWanted, _: &mut Objections) -> Result<()> {
    let now = tx.clock();
    if !clock::standing(tx, Running::On(fact.deliverable), Status::Open, now)?.is_empty() {
        fact.is_open();
    }
    Ok(())
}
