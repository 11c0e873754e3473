//! Moving whatever the slice keeps of one entry to another, and taking the first away.

use diesel::prelude::*;

use super::super::applications::rules::Status as ApplicationStatus;
use super::super::applications::store::{ApplicationId, LookAlike};
use super::super::invitations::rules::Status as InvitationStatus;
use super::super::requests::rules::Status as RequestStatus;
use super::entry;
use crate::db::{AnyConnection, DbError, Write};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::ids::Id;
use crate::outbox::{self, Purpose};
use crate::policy::{PersonId, SupporterId};
use crate::schema::{
    affiliation_requests as requests, affiliations, invitations, supporter_aliases as aliases,
    supporter_applications as applications, supporter_former_names as former, supporter_principles as principles,
    supporter_statuses as statuses, supporters,
};
use crate::supporters::affiliations::AffiliationRole;
use crate::text;
use crate::time::Instant;

/// Whether somebody waits for a decision about this entry.
pub fn has_open_application(c: &mut AnyConnection, id: SupporterId) -> Result<bool> {
    let open =
        applications::table.filter(applications::supporter_id.eq(id)).filter(applications::status.eq(ApplicationStatus::Pending));
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(c)?)
}

/// Moves everything from one entry to another. The names of the first stay searchable as former names of the second, its id and slug lead
/// there, and the second keeps its own day of endorsement.
pub fn merge(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    move_affiliations(tx, from, into)?;
    move_requests(tx, from, into)?;
    move_invitations(tx, from, into)?;
    diesel::update(applications::table.filter(applications::supporter_id.eq(from)))
        .set(applications::supporter_id.eq(into))
        .execute(&mut **tx)?;
    move_look_alikes(tx, from, into)?;
    let mut known: Vec<i64> =
        principles::table.filter(principles::supporter_id.eq(from)).select(principles::principle).load(&mut **tx)?;
    known.extend(
        principles::table.filter(principles::supporter_id.eq(into)).select(principles::principle).load::<i64>(&mut **tx)?,
    );
    entry::set_principles(tx, from, &[])?;
    entry::set_principles(tx, into, &known)?;
    move_names(tx, from, into)?;
    diesel::delete(statuses::table.filter(statuses::supporter_id.eq(from))).execute(&mut **tx)?;
    match diesel::delete(supporters::table.filter(supporters::id.eq(from))).execute(&mut **tx) {
        Ok(_) => Ok(()),
        // Somebody referred to it in this moment: the repeated transaction moves that too.
        Err(error) if DbError::foreign_key_violation(&error) => Err(stale()),
        Err(error) => Err(error.into()),
    }
}

/// Applications that were found to look like the first entry look like the second now. Their version stays: nobody has changed them.
fn move_look_alikes(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    use applications as a;
    let rows: Vec<(ApplicationId, String)> = a::table
        .filter(a::possible_duplicates.like(text::like_anywhere(from.as_str())).escape('\\'))
        .select((a::id, a::possible_duplicates))
        .load(&mut **tx)?;
    for (id, json) in rows {
        let mut moved: Vec<LookAlike> = Vec::new();
        for mut one in serde_json::from_str::<Vec<LookAlike>>(&json)? {
            if one.supporter_id == Some(from) {
                one.supporter_id = Some(into);
            }
            // Where it looked like both, the first reason is the stronger one.
            if one.supporter_id.is_none() || !moved.iter().any(|known| known.supporter_id == one.supporter_id) {
                moved.push(one);
            }
        }
        diesel::update(a::table.filter(a::id.eq(id)))
            .set(a::possible_duplicates.eq(serde_json::to_string(&moved)?))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Of two affiliations of one person the one that stays gets the higher role; the other ends, and stays as history.
fn move_affiliations(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    use affiliations as a;
    let now = tx.now();
    let open: Vec<(String, PersonId, AffiliationRole)> = a::table
        .filter(a::supporter_id.eq(from))
        .filter(a::until.is_null())
        .order(a::id)
        .select((a::id, a::person_id, a::role))
        .load(&mut **tx)?;
    for (id, person, role) in open {
        let theirs = a::table.filter(a::supporter_id.eq(into)).filter(a::person_id.eq(person)).filter(a::until.is_null());
        let other: Option<String> = theirs.select(a::id).get_result(&mut **tx).optional()?;
        let Some(other) = other else { continue };
        if role == AffiliationRole::FocalPoint {
            diesel::update(a::table.filter(a::id.eq(other)))
                .set((a::role.eq(role), a::version.eq(a::version + 1), a::updated_at.eq(now)))
                .execute(&mut **tx)?;
        }
        diesel::update(a::table.filter(a::id.eq(id))).set(a::until.eq(now)).execute(&mut **tx)?;
    }
    diesel::update(a::table.filter(a::supporter_id.eq(from)))
        .set((a::supporter_id.eq(into), a::version.eq(a::version + 1), a::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Of two open invitations of one address to speak for either the one that stays is the other entry's; the link of the first is void.
fn move_invitations(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    use invitations as i;
    let now = tx.now();
    let open = |supporter: SupporterId| {
        i::table.filter(i::supporter_id.eq(supporter)).filter(i::group_id.is_null()).filter(i::status.eq(InvitationStatus::Open))
    };
    let invited: Vec<Option<String>> = open(into).select(i::folded_email).load(&mut **tx)?;
    let theirs: Vec<(String, Option<String>)> = open(from).select((i::id, i::folded_email)).load(&mut **tx)?;
    for (id, email) in theirs {
        if email.is_some() && invited.contains(&email) {
            outbox::void(tx, Purpose::AcceptInvitation, &id)?;
            diesel::update(i::table.filter(i::id.eq(id)))
                .set((i::status.eq(InvitationStatus::Revoked), i::version.eq(i::version + 1), i::updated_at.eq(now)))
                .execute(&mut **tx)?;
        }
    }
    diesel::update(i::table.filter(i::supporter_id.eq(from))).set(i::supporter_id.eq(into)).execute(&mut **tx)?;
    Ok(())
}

/// A request of somebody who is affiliated to the other entry, or has asked it too, is cancelled.
fn move_requests(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    use requests as r;
    let now = tx.now();
    let open: Vec<(String, PersonId)> = r::table
        .filter(r::supporter_id.eq(from))
        .filter(r::status.eq(RequestStatus::Requested))
        .select((r::id, r::person_id))
        .load(&mut **tx)?;
    for (id, person) in open {
        let asked = r::table
            .filter(r::supporter_id.eq(into))
            .filter(r::person_id.eq(person))
            .filter(r::status.eq(RequestStatus::Requested));
        let belongs = affiliations::table
            .filter(affiliations::supporter_id.eq(into))
            .filter(affiliations::person_id.eq(person))
            .filter(affiliations::until.is_null());
        if diesel::select(diesel::dsl::exists(asked)).get_result::<bool>(&mut **tx)?
            || diesel::select(diesel::dsl::exists(belongs)).get_result::<bool>(&mut **tx)?
        {
            diesel::update(r::table.filter(r::id.eq(id)))
                .set((r::status.eq(RequestStatus::Cancelled), r::version.eq(r::version + 1), r::updated_at.eq(now)))
                .execute(&mut **tx)?;
        }
    }
    diesel::update(r::table.filter(r::supporter_id.eq(from))).set(r::supporter_id.eq(into)).execute(&mut **tx)?;
    Ok(())
}

fn move_names(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    let gone = || Error::Internal("an entry to be merged is gone".into());
    let (old, stays) = (entry::row(tx, from)?.ok_or_else(gone)?, entry::row(tx, into)?.ok_or_else(gone)?);
    let mut names: Vec<(String, Instant)> = former::table
        .filter(former::supporter_id.eq(from))
        .order((former::until, former::id))
        .select((former::name, former::until))
        .load(&mut **tx)?;
    names.push((old.shown.name.clone(), tx.now()));
    diesel::delete(former::table.filter(former::supporter_id.eq(from))).execute(&mut **tx)?;
    let mut known: Vec<String> =
        former::table.filter(former::supporter_id.eq(into)).select(former::folded_name).load(&mut **tx)?;
    known.push(stays.shown.folded_name.clone());
    for (name, until) in names {
        let folded = text::fold(&name);
        if known.contains(&folded) {
            continue;
        }
        let id: Id<()> = tx.new_id();
        diesel::insert_into(former::table)
            .values((
                former::id.eq(id),
                former::supporter_id.eq(into),
                former::name.eq(&name),
                former::folded_name.eq(&folded),
                former::until.eq(until),
            ))
            .execute(&mut **tx)?;
        known.push(folded);
    }
    // Writes the names that it is found by.
    let particulars = stays.particulars();
    entry::change(tx, stays, particulars)?;
    diesel::update(aliases::table.filter(aliases::supporter_id.eq(from)))
        .set(aliases::supporter_id.eq(into))
        .execute(&mut **tx)?;
    let now = tx.now();
    for alias in [from.to_string(), old.shown.slug] {
        diesel::insert_into(aliases::table)
            .values((aliases::alias.eq(alias), aliases::supporter_id.eq(into), aliases::created_at.eq(now)))
            .execute(&mut **tx)?;
    }
    Ok(())
}
