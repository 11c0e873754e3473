//! What happens to deliverables when something happens to their groups, their people or their Forum.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::mails;
use super::record;
use super::rules::Status;
use super::store::{self, Found, reactions as rows};
use super::todays::Todays;
use crate::audit;
use crate::db::Write;
use crate::error::Result;
use crate::facts::Objections;
use crate::forum::{EditionCancelled, EditionRescheduled, SessionShows};
use crate::groups::{self, GroupConcluding, GroupRenumbering, LeadsWanted, MembershipEnded};
use crate::ids::distinct;
use crate::people::PersonErased;
use crate::policy::{GroupId, PersonId};

/// Whoever is no member leads nothing. Who must know is told of the membership's end.
pub fn on_membership_ended(tx: &mut Write<'_>, fact: &MembershipEnded, _: &mut Objections) -> Result<()> {
    for row in rows::empty_leads(tx, fact.membership)? {
        audit::record(tx, record::of("deliverable.lead_left", &row));
    }
    Ok(())
}

/// Who leads what a group still owes.
pub fn on_leads_wanted(tx: &mut Write<'_>, fact: &LeadsWanted, _: &mut Objections) -> Result<()> {
    let leads = rows::leads(tx, fact.group)?;
    fact.found.borrow_mut().extend(leads);
    Ok(())
}

/// A group is concluded once nothing is owed.
pub fn on_group_concluding(tx: &mut Write<'_>, fact: &GroupConcluding, objections: &mut Objections) -> Result<()> {
    for (reference, status) in rows::owed(tx, fact.0)? {
        let detail = format!("{reference} is {status}: it must be approved, presented or dropped first.");
        objections.raise("deliverable_open", detail);
    }
    Ok(())
}

/// References hold the group's number, for ever.
pub fn on_group_renumbering(tx: &mut Write<'_>, fact: &GroupRenumbering, objections: &mut Objections) -> Result<()> {
    if rows::any(tx, fact.0)? {
        objections.raise("has_deliverables", "Its deliverables are referred to by its number, which is fixed therefore.");
    }
    Ok(())
}

/// What was to be shown at an edition that will not take place goes to another one, or stays.
pub fn on_edition_cancelled(tx: &mut Write<'_>, fact: &EditionCancelled, _: &mut Objections) -> Result<()> {
    let Some(into) = fact.move_to else { return Ok(()) };
    for Found { mut row, .. } in rows::open_for(tx, fact.edition)? {
        row.forum_edition_id = Some(into);
        store::save(tx, &row)?;
        audit::record(tx, record::of("deliverable.forum_changed", &row).moved(fact.edition, into));
    }
    Ok(())
}

/// What an edition waits for is due as much earlier or later, where that is asked for; who owes it is told of the new dates, in one mail.
pub fn on_edition_rescheduled(tx: &mut Write<'_>, fact: &EditionRescheduled, _: &mut Objections) -> Result<()> {
    let mut open = rows::open_for(tx, fact.edition)?;
    for Found { row, .. } in open.iter_mut().filter(|found| !found.row.status.is_settled()) {
        let shift = TimeDelta::days(fact.shift_days.unwrap_or_default());
        let due_on = row.due_on.checked_add_signed(shift).unwrap_or(row.due_on);
        if due_on != row.due_on {
            let was = std::mem::replace(&mut row.due_on, due_on);
            store::save(tx, row)?;
            audit::record(tx, record::of("deliverable.due_moved", row).moved(was, due_on));
        }
    }
    let now = tx.now();
    let todays = Todays::load(tx, now)?;
    let Some(edition) = todays.edition(Some(fact.edition)) else { return Ok(()) };
    let forum = json!({
        "year": edition.year,
        "starts_on": edition.starts_on,
        "ends_on": edition.ends_on,
        "submission_deadline": edition.submission_deadline,
        "reason": fact.reason,
    });
    let cause = audit::causer(tx);
    for (person, items) in by_person(tx, &open)? {
        if Some(person) != cause {
            mails::rescheduled(tx, person, &forum, items)?;
        }
    }
    Ok(())
}

/// What each lead and seated co-chair has to do with, in the order given.
fn by_person(tx: &mut Write<'_>, open: &[Found]) -> Result<BTreeMap<PersonId, Vec<Value>>> {
    let mut seated: BTreeMap<GroupId, Vec<PersonId>> = BTreeMap::new();
    let mut items: BTreeMap<PersonId, Vec<Value>> = BTreeMap::new();
    for Found { row, lead } in open {
        let chairs = match seated.entry(row.group_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(groups::seated(tx, row.group_id)?),
        };
        for person in distinct(lead.iter().chain(chairs.iter()).copied()) {
            let item = json!({"reference": row.reference, "title": row.title, "due_on": row.due_on});
            items.entry(person).or_default().push(item);
        }
    }
    Ok(items)
}

/// A session shows what there is, also what was owed to another edition: a result may come a year late. A programme is made ahead: what is
/// shown as final need not be approved yet.
pub fn on_session_shows(tx: &mut Write<'_>, fact: &SessionShows, objections: &mut Objections) -> Result<()> {
    let references: Vec<String> = fact.shown.iter().map(|(reference, _)| reference.clone()).collect();
    let known = rows::named(tx, &references)?;
    for reference in &references {
        match known.iter().find(|(name, ..)| name == reference) {
            None => objections.raise("unknown_deliverable", format!("There is no deliverable {reference}.")),
            Some((_, Status::Dropped)) => {
                objections.raise("deliverable_dropped", format!("{reference} was dropped: there is nothing to show."));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Nobody is thanked by name who asked to be forgotten.
pub fn on_person_erased(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    rows::forget_thanks(tx, fact.person)
}
