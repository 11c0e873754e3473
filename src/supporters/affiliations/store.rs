//! Rows of affiliations.

use diesel::prelude::*;

use super::{AffiliationId, AffiliationMark, AffiliationRole};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::policy::{PersonId, SupporterId};
use crate::schema::affiliations;
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

/// A supporter's standing affiliations, oldest first.
pub fn of_supporter(c: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<AffiliationRow>> {
    Ok(affiliations::table
        .filter(affiliations::supporter_id.eq(supporter))
        .filter(affiliations::until.is_null())
        .order(affiliations::id)
        .select(AffiliationRow::as_select())
        .load(c)?)
}

/// An affiliation, standing or ended.
pub fn affiliation(c: &mut AnyConnection, id: AffiliationId) -> Result<AffiliationRow> {
    let row = affiliations::table.filter(affiliations::id.eq(id)).select(AffiliationRow::as_select()).get_result(c).optional()?;
    row.ok_or_else(|| Error::not_found("affiliation"))
}

/// Affiliates a person. `None` where it is already: the affiliation that stands is left as it is.
pub fn insert(
    tx: &mut Write<'_>,
    person: PersonId,
    supporter: SupporterId,
    role: AffiliationRole,
) -> Result<Option<AffiliationId>> {
    let (id, now) = (tx.new_id::<AffiliationMark>(), tx.now());
    let inserted = tx.savepoint(|c| {
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
    });
    match inserted {
        Ok(_) => Ok(Some(id)),
        Err(error) if crate::db::DbError::unique_violation(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Changes the role over the version it was read at; the transaction is repeated when another was faster.
pub fn save_role(tx: &mut Write<'_>, row: &AffiliationRow, role: AffiliationRole) -> Result<()> {
    let now = tx.now();
    let saved =
        diesel::update(affiliations::table.filter(affiliations::id.eq(row.id)).filter(affiliations::version.eq(row.version)))
            .set((affiliations::role.eq(role), affiliations::version.eq(row.version + 1), affiliations::updated_at.eq(now)))
            .execute(&mut **tx)?;
    if saved == 1 { Ok(()) } else { Err(stale()) }
}

/// Ends it now, where it stands.
pub fn end(tx: &mut Write<'_>, id: AffiliationId) -> Result<()> {
    let now = tx.now();
    diesel::update(affiliations::table.filter(affiliations::id.eq(id)).filter(affiliations::until.is_null()))
        .set((affiliations::until.eq(now), affiliations::version.eq(affiliations::version + 1), affiliations::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}
