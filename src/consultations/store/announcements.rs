//! Mails to many that are being queued, and whom they go to.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::ConsultationId;
use crate::consultations::rules::ContributionStatus;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::groups::{MembershipRole, MembershipStatus};
use crate::http::etag::stale;
use crate::ids::Id;
use crate::mail::Kind;
use crate::policy::{GroupId, PersonId};
use crate::schema::{
    affiliations as f, co_chair_seats as seats, consultation_announcements as q, consultation_audience as a,
    contribution_writers as w, contributions as n, memberships as m, seat_persons as p,
};
use crate::supporters::AffiliationRole;
use crate::time::Instant;

/// Marks the id of an announcement.
#[derive(Debug)]
pub enum AnnouncementMark {}
/// The identifier of an announcement.
pub type AnnouncementId = Id<AnnouncementMark>;

/// An announcement's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = q)]
pub struct AnnouncementRow {
    pub id: AnnouncementId,
    pub consultation_id: ConsultationId,
    pub kind: Kind,
    /// JSON: what the mails say beside the round.
    pub params: String,
    /// Who caused it, and is not told.
    pub caused_by: Option<PersonId>,
    /// The last one that was told, a person, or after all persons a contribution behind `~`; empty before the first.
    pub done_to: String,
    pub created_at: Instant,
}

/// Adds an announcement.
pub fn insert(tx: &mut Write<'_>, row: &AnnouncementRow) -> Result<()> {
    diesel::insert_into(q::table).values(row).execute(&mut **tx)?;
    Ok(())
}

/// Whether any waits.
pub fn is_any(c: &mut AnyConnection) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(q::table.select(q::id))).get_result(c)?)
}

/// The one that has waited longest, until the transaction ends this transaction's alone: as far as it has come by then.
pub fn hold_next(tx: &mut Write<'_>) -> Result<Option<AnnouncementRow>> {
    tx.exclude("consultations: announcements")?;
    Ok(q::table.order(q::id).select(AnnouncementRow::as_select()).first(&mut **tx).optional()?)
}

/// Says how far one has come; the transaction is repeated when another was faster.
pub fn come_to(tx: &mut Write<'_>, row: &AnnouncementRow, to: &str) -> Result<()> {
    let known = q::table.filter(q::id.eq(row.id)).filter(q::done_to.eq(&row.done_to));
    let moved = diesel::update(known).set(q::done_to.eq(to)).execute(&mut **tx)?;
    if moved == 1 { Ok(()) } else { Err(stale()) }
}

/// Takes one away that everybody was told of; the transaction is repeated when another was faster.
pub fn end(tx: &mut Write<'_>, row: &AnnouncementRow) -> Result<()> {
    let known = q::table.filter(q::id.eq(row.id)).filter(q::done_to.eq(&row.done_to));
    if diesel::delete(known).execute(&mut **tx)? == 1 { Ok(()) } else { Err(stale()) }
}

/// Whom an announcement goes to.
#[derive(Clone, Copy, Debug)]
pub struct Whom {
    /// The focal points of the supporters in its audience.
    pub focal_points: bool,
    /// The members of this group, observers left out, and who fills a seat of it.
    pub members: Option<GroupId>,
    /// Whoever wrote a contribution with an account.
    pub writers: bool,
}

/// The next at most `limit` persons after `after` (empty: the first), in the order of ids, each with whether it is told only because it
/// wrote a contribution.
pub fn persons(
    c: &mut AnyConnection,
    round: ConsultationId,
    whom: Whom,
    after: &str,
    limit: i64,
) -> Result<Vec<(PersonId, bool)>> {
    let mut next: BTreeMap<PersonId, bool> = BTreeMap::new();
    if whom.writers {
        let wrote = w::table
            .inner_join(n::table)
            .filter(n::consultation_id.eq(round))
            .filter(n::status.ne(ContributionStatus::Withdrawn))
            .filter(w::person_id.gt(after));
        let own = n::table
            .filter(n::consultation_id.eq(round))
            .filter(n::status.ne(ContributionStatus::Withdrawn))
            .filter(n::person_id.gt(after));
        let wrote: Vec<PersonId> = wrote.select(w::person_id).distinct().order(w::person_id).limit(limit).load(c)?;
        let own: Vec<Option<PersonId>> = own.select(n::person_id).distinct().order(n::person_id).limit(limit).load(c)?;
        next.extend(wrote.into_iter().chain(own.into_iter().flatten()).map(|person| (person, true)));
    }
    if whom.focal_points {
        let theirs: Vec<PersonId> = f::table
            .inner_join(a::table.on(a::supporter_id.eq(f::supporter_id)))
            .filter(a::consultation_id.eq(round))
            .filter(f::role.eq(AffiliationRole::FocalPoint))
            .filter(f::until.is_null())
            .filter(f::person_id.gt(after))
            .select(f::person_id)
            .distinct()
            .order(f::person_id)
            .limit(limit)
            .load(c)?;
        next.extend(theirs.into_iter().map(|person| (person, false)));
    }
    if let Some(group) = whom.members {
        let members: Vec<PersonId> = m::table
            .filter(m::group_id.eq(group))
            .filter(m::status.eq(MembershipStatus::Active))
            .filter(m::role.eq(MembershipRole::Member))
            .filter(m::person_id.gt(after))
            .select(m::person_id)
            .distinct()
            .order(m::person_id)
            .limit(limit)
            .load(c)?;
        let seated: Vec<PersonId> = seats::table
            .inner_join(p::table)
            .filter(seats::group_id.eq(group))
            .filter(seats::until.is_null())
            .filter(p::until.is_null())
            .filter(p::person_id.gt(after))
            .select(p::person_id)
            .distinct()
            .order(p::person_id)
            .limit(limit)
            .load(c)?;
        next.extend(members.into_iter().chain(seated).map(|person| (person, false)));
    }
    Ok(next.into_iter().take(usize::try_from(limit).unwrap_or_default()).collect())
}

/// Somebody who contributed without an account: the contribution, where to write to, in which language.
pub type Address = (String, String, Option<String>);

/// The next at most `limit` who contributed to a round without an account, in the order of their contributions after `after`.
pub fn addresses(c: &mut AnyConnection, round: ConsultationId, after: &str, limit: i64) -> Result<Vec<Address>> {
    Ok(n::table
        .filter(n::consultation_id.eq(round))
        .filter(n::person_id.is_null())
        .filter(n::email.is_not_null())
        .filter(n::status.eq(ContributionStatus::Submitted))
        .filter(n::id.gt(after))
        .order(n::id)
        .limit(limit)
        .select((n::id, n::email.assume_not_null(), n::locale))
        .load(c)?)
}
