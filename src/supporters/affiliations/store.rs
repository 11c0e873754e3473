//! Rows of affiliations.

use diesel::prelude::*;

use super::{AffiliationId, AffiliationMark, AffiliationRole};
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::http::etag::written;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::{PersonId, SupporterId};
use crate::schema::{affiliations, supporters};
use crate::supporters::rules::Status;
use crate::time::Instant;

/// An affiliation's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = affiliations)]
pub struct AffiliationRow {
    /// Its id.
    pub id: AffiliationId,
    /// Whose.
    pub person_id: PersonId,
    /// To whom.
    pub supporter_id: SupporterId,
    /// In what role.
    pub role: AffiliationRole,
    /// Since when.
    pub since: Instant,
    /// Until when; null while it stands.
    pub until: Option<Instant>,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// The supporters a person is affiliated to now, and whether as focal point.
pub fn standing(c: &mut AnyConnection, person: PersonId) -> Result<Vec<(SupporterId, bool)>> {
    let rows: Vec<(SupporterId, AffiliationRole)> = affiliations::table
        .filter(affiliations::person_id.eq(person))
        .filter(affiliations::until.is_null())
        .select((affiliations::supporter_id, affiliations::role))
        .load(c)?;
    Ok(rows.into_iter().map(|(supporter, role)| (supporter, role == AffiliationRole::FocalPoint)).collect())
}

/// A person's standing affiliations, oldest first.
pub fn of_person(c: &mut AnyConnection, person: PersonId) -> Result<Vec<AffiliationRow>> {
    Ok(affiliations::table
        .filter(affiliations::person_id.eq(person))
        .filter(affiliations::until.is_null())
        .order(affiliations::id)
        .select(AffiliationRow::as_select())
        .load(c)?)
}

/// A supporter's standing affiliations, as a list.
pub struct Affiliations;

impl Listed for Affiliations {
    type Row = AffiliationRow;
    const SORTS: &'static [SortField<AffiliationRow>] =
        &[SortField { name: "created_at", column: "affiliations.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<AffiliationRow> =
        SortField { name: "id", column: "affiliations.id", key: SortKey::Text(|row| row.id.to_string()) };
}

fn of_supporter<'a>(supporter: SupporterId) -> affiliations::BoxedQuery<'a, Backend> {
    affiliations::table
        .filter(affiliations::supporter_id.eq(supporter))
        .filter(affiliations::until.is_null())
        .into_boxed::<Backend>()
}

/// A page of a supporter's standing affiliations.
pub fn page(c: &mut AnyConnection, supporter: SupporterId, plan: &Plan<Affiliations>) -> Result<Vec<AffiliationRow>> {
    Ok(plan.apply(of_supporter(supporter).select(AffiliationRow::as_select())).load(c)?)
}

/// How many of them there are.
pub fn count(c: &mut AnyConnection, supporter: SupporterId) -> Result<i64> {
    Ok(of_supporter(supporter).count().get_result(c)?)
}

/// A supporter's focal points, oldest affiliation first.
pub fn focal_points(c: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<PersonId>> {
    Ok(of_supporter(supporter)
        .filter(affiliations::role.eq(AffiliationRole::FocalPoint))
        .order(affiliations::id)
        .select(affiliations::person_id)
        .load(c)?)
}

/// Lets nobody else take a focal point from this supporter before this transaction ends: of the last two who leave at once, one sees that
/// it is the last.
pub fn hold_focal_points(tx: &mut Write<'_>, supporter: SupporterId) -> Result<()> {
    diesel::update(supporters::table.filter(supporters::id.eq(supporter)))
        .set(supporters::id.eq(supporter))
        .execute(&mut **tx)?;
    Ok(())
}

/// A person's standing affiliation to a supporter.
pub fn between(c: &mut AnyConnection, person: PersonId, supporter: SupporterId) -> Result<Option<AffiliationRow>> {
    Ok(of_supporter(supporter)
        .filter(affiliations::person_id.eq(person))
        .select(AffiliationRow::as_select())
        .get_result(c)
        .optional()?)
}

/// An affiliation, standing or ended.
pub fn find(c: &mut AnyConnection, id: AffiliationId) -> Result<Option<AffiliationRow>> {
    Ok(affiliations::table.filter(affiliations::id.eq(id)).select(AffiliationRow::as_select()).get_result(c).optional()?)
}

/// Affiliates a person. `None` where it is already: the affiliation that stands is left as it is.
pub fn insert(
    tx: &mut Write<'_>,
    person: PersonId,
    supporter: SupporterId,
    role: AffiliationRole,
) -> Result<Option<AffiliationId>> {
    let (id, now) = (tx.new_id::<AffiliationMark>(), tx.now());
    let inserted = tx.unless_taken(|c| {
        diesel::insert_into(affiliations::table)
            .values((
                affiliations::id.eq(id),
                affiliations::person_id.eq(person),
                affiliations::supporter_id.eq(supporter),
                affiliations::role.eq(role),
                affiliations::since.eq(now),
                affiliations::version.eq(1_i64),
                affiliations::created_at.eq(now),
                affiliations::updated_at.eq(now),
            ))
            .execute(c)
    })?;
    Ok(inserted.map(|_| id))
}

/// Changes the role over the version it was read at; the transaction is repeated when another was faster.
pub fn save_role(tx: &mut Write<'_>, row: &AffiliationRow, role: AffiliationRole) -> Result<()> {
    let now = tx.now();
    let saved =
        diesel::update(affiliations::table.filter(affiliations::id.eq(row.id)).filter(affiliations::version.eq(row.version)))
            .set((affiliations::role.eq(role), affiliations::version.eq(row.version + 1), affiliations::updated_at.eq(now)))
            .execute(&mut **tx)?;
    written(saved)
}

/// Ends it now; the transaction is repeated when another was faster.
pub fn end(tx: &mut Write<'_>, row: &AffiliationRow) -> Result<()> {
    let now = tx.now();
    let standing = affiliations::table.filter(affiliations::id.eq(row.id)).filter(affiliations::until.is_null());
    let ended = diesel::update(standing)
        .set((affiliations::until.eq(now), affiliations::version.eq(affiliations::version + 1), affiliations::updated_at.eq(now)))
        .execute(&mut **tx)?;
    written(ended)
}

/// Who is affiliated to which endorsed supporter, and whether as focal point: everybody, or of some thousand persons at most.
pub fn affiliated(c: &mut AnyConnection, of: Option<&[PersonId]>) -> Result<Vec<(SupporterId, PersonId, bool)>> {
    use affiliations as f;
    let mut all = f::table
        .inner_join(supporters::table)
        .filter(supporters::status.eq(Status::Endorsed))
        .filter(f::until.is_null())
        .select((f::supporter_id, f::person_id, f::role))
        .into_boxed::<Backend>();
    if let Some(persons) = of {
        all = all.filter(any_of("affiliations.person_id", persons));
    }
    let rows: Vec<(SupporterId, PersonId, AffiliationRole)> = all.load(c)?;
    let focal = |(supporter, person, role)| (supporter, person, role == AffiliationRole::FocalPoint);
    Ok(rows.into_iter().map(focal).collect())
}
