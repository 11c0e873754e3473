//! What rounds keep about persons, and of supporters that become one.

use diesel::prelude::*;

use super::ConsultationId;
use super::contributions::{ContributionId, as_invited, of_supporter};
use crate::consultations::rules::{ContributionStatus, Status, Visibility};
use crate::db::{AnyConnection, Backend, DbError, Write, any_of};
use crate::error::Result;
use crate::http::etag::stale;
use crate::policy::{PersonId, SupporterId};
use crate::schema::{
    consultation_audience as a, consultations as r, contribution_revisions as v, contribution_writers as w, contributions as n,
    supporters,
};
use crate::time::Instant;

/// Rows that one transaction takes.
const BATCH: i64 = 500;

/// Takes a person out of contributions, and its address out of those that it made in public, by `owner`. What they say stays. Whoever saves
/// one at the same moment saves it anew.
pub fn forget_person(tx: &mut Write<'_>, person: PersonId, owner: Option<&str>) -> Result<()> {
    diesel::delete(w::table.filter(w::person_id.eq(person))).execute(&mut **tx)?;
    let nobody = None::<PersonId>;
    diesel::update(v::table.filter(v::submitted_by.eq(person))).set(v::submitted_by.eq(nobody)).execute(&mut **tx)?;
    let mut ids: Vec<ContributionId> = n::table.filter(n::person_id.eq(person)).select(n::id).load(&mut **tx)?;
    if let Some(owner) = owner {
        ids.extend(n::table.filter(n::owner.eq(owner)).select(n::id).load::<ContributionId>(&mut **tx)?);
    }
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        forget_address(tx, id)?;
    }
    Ok(())
}

/// Takes whose it is out of a public contribution.
fn forget_address(tx: &mut Write<'_>, id: ContributionId) -> Result<()> {
    let nothing = None::<String>;
    diesel::update(n::table.filter(n::id.eq(id)).filter(n::supporter_id.is_null()))
        .set((
            // One an owner: nobody's, as this one is now, has its own id.
            (n::owner.eq(format!("forgotten:{id}")), n::person_id.eq(None::<PersonId>)),
            (n::email.eq(&nothing), n::locale.eq(&nothing), n::version.eq(n::version + 1)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Some public contributions that still have an address, to rounds that were published or cancelled before `then`; how many were taken it.
pub fn forget_addresses(tx: &mut Write<'_>, then: Instant) -> Result<usize> {
    let published = r::status.eq(Status::Published).and(r::published_at.le(then));
    let cancelled = r::status.eq(Status::Cancelled).and(r::updated_at.le(then));
    let old: Vec<ContributionId> = n::table
        .inner_join(r::table)
        .filter(n::email.is_not_null())
        .filter(published.or(cancelled))
        .limit(BATCH)
        .select(n::id)
        .load(&mut **tx)?;
    for id in &old {
        forget_address(tx, *id)?;
    }
    Ok(old.len())
}

/// A contribution that a person wrote at, or made in public.
#[derive(Queryable)]
pub struct Written {
    pub id: ContributionId,
    pub consultation: ConsultationId,
    pub slug: String,
    pub supporter: Option<String>,
    pub status: ContributionStatus,
    pub email: Option<String>,
    pub working_answers: Option<String>,
    pub created_at: Instant,
}

/// The contributions that a person wrote at, or that are its own by `owner`, oldest first.
pub fn written_by(c: &mut AnyConnection, person: PersonId, owner: Option<&str>) -> Result<Vec<Written>> {
    let ids: Vec<ContributionId> = w::table.filter(w::person_id.eq(person)).select(w::contribution_id).load(c)?;
    let mut query = n::table
        .inner_join(r::table)
        .left_join(supporters::table)
        .filter(any_of("contributions.id", &ids).or(n::person_id.eq(person)))
        .order((n::created_at, n::id))
        .select((
            n::id,
            n::consultation_id,
            r::slug,
            supporters::name.nullable(),
            n::status,
            n::email,
            n::working_answers,
            n::created_at,
        ))
        .into_boxed::<Backend>();
    if let Some(owner) = owner {
        query = query.or_filter(n::owner.eq(owner.to_owned()));
    }
    Ok(query.load(c)?)
}

/// A submitted revision: of which contribution, its number, when, and what it said to whom.
pub type Revision = (ContributionId, i64, Instant, Visibility, String, Option<PersonId>);

/// The revisions of these contributions, in order.
pub fn revisions(c: &mut AnyConnection, of: &[ContributionId]) -> Result<Vec<Revision>> {
    Ok(v::table
        .filter(any_of("contribution_revisions.contribution_id", of))
        .order((v::contribution_id, v::number))
        .select((v::contribution_id, v::number, v::submitted_at, v::visibility, v::answers, v::submitted_by))
        .load(c)?)
}

/// A round that concerns a supporter, as far as a merge must know.
#[derive(Clone, Queryable)]
pub struct Concerned {
    pub id: ConsultationId,
    pub slug: String,
    pub status: Status,
    pub allowed_visibility: String,
}

/// The rounds to which a supporter has begun a contribution.
pub fn contributed(c: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<Concerned>> {
    Ok(n::table
        .inner_join(r::table)
        .filter(n::supporter_id.eq(supporter))
        .order(r::id)
        .select((r::id, r::slug, r::status, r::allowed_visibility))
        .load(c)?)
}

/// The rounds in whose audience a supporter was.
pub fn invited(c: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<Concerned>> {
    Ok(a::table
        .inner_join(r::table)
        .filter(a::supporter_id.eq(supporter))
        .order(r::id)
        .select((r::id, r::slug, r::status, r::allowed_visibility))
        .load(c)?)
}

/// Gives what one supporter contributed, and its places in audiences, to another. Where both contributed to a round that is over, both stay.
/// `over`: the rounds whose contributions stay of the sector and region that they were of.
pub fn merge(tx: &mut Write<'_>, from: SupporterId, into: SupporterId, over: &[ConsultationId]) -> Result<()> {
    let of = |supporter: SupporterId| n::table.filter(n::supporter_id.eq(supporter));
    let theirs: Vec<ConsultationId> = of(into).select(n::consultation_id).load(&mut **tx)?;
    let moving: Vec<(ContributionId, ConsultationId)> =
        of(from).order(n::id).select((n::id, n::consultation_id)).load(&mut **tx)?;
    for (id, round) in moving {
        // The owner of a second one to the same round stays the supporter that is gone: one an owner.
        let owner = of_supporter(if theirs.contains(&round) { from } else { into });
        let asked_as = if over.contains(&round) { from } else { into };
        if let Some((sector, region)) = as_invited(tx, round, asked_as)? {
            let one = n::table.filter(n::id.eq(id));
            diesel::update(one).set((n::sector.eq(sector), n::region.eq(region))).execute(&mut **tx)?;
        }
        let to = (n::supporter_id.eq(into), n::owner.eq(owner), n::version.eq(n::version + 1));
        match tx.savepoint(|c| diesel::update(n::table.filter(n::id.eq(id))).set(to).execute(c)) {
            Ok(_) => {}
            // The other one began its own in this moment: the repeated transaction sees that.
            Err(error) if DbError::unique_violation(&error) => return Err(stale()),
            Err(error) => return Err(error.into()),
        }
    }
    let known: Vec<ConsultationId> = a::table.filter(a::supporter_id.eq(into)).select(a::consultation_id).load(&mut **tx)?;
    for some in known.chunks(4096) {
        let twice = a::table.filter(a::supporter_id.eq(from)).filter(any_of("consultation_audience.consultation_id", some));
        diesel::delete(twice).execute(&mut **tx)?;
    }
    diesel::update(a::table.filter(a::supporter_id.eq(from))).set(a::supporter_id.eq(into)).execute(&mut **tx)?;
    Ok(())
}
