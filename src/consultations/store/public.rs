//! The rows of answers to public rounds that wait for their address to be confirmed.

use diesel::prelude::*;

use super::ConsultationId;
use crate::consultations::rules::Visibility;
use crate::db::Write;
use crate::error::Result;
use crate::ids::Id;
use crate::schema::public_contributions as p;
use crate::time::Instant;

/// Marks the id of answers that wait for their address to be confirmed.
#[derive(Debug)]
pub enum PendingMark {}
/// The identifier of such answers.
pub type PendingId = Id<PendingMark>;

/// Answers that wait for their address to be confirmed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = p)]
pub struct PendingRow {
    pub id: PendingId,
    pub consultation_id: ConsultationId,
    /// As typed.
    pub email: String,
    /// Whose contribution it becomes.
    pub owner: String,
    pub locale: String,
    /// As a contribution keeps them.
    pub answers: String,
    pub visibility: Visibility,
    pub created_at: Instant,
}

/// Keeps answers until their address is confirmed.
pub fn insert(tx: &mut Write<'_>, row: &PendingRow) -> Result<()> {
    diesel::insert_into(p::table).values(row).execute(&mut **tx)?;
    Ok(())
}

/// Takes answers to a round out of what waits.
pub fn take(tx: &mut Write<'_>, id: PendingId, consultation: ConsultationId) -> Result<Option<PendingRow>> {
    let one = p::table.filter(p::id.eq(id)).filter(p::consultation_id.eq(consultation));
    let row = one.select(PendingRow::as_select()).get_result(&mut **tx).optional()?;
    diesel::delete(p::table.filter(p::id.eq(id)).filter(p::consultation_id.eq(consultation))).execute(&mut **tx)?;
    Ok(row)
}

/// Some that were sent before `then`.
pub fn older(tx: &mut Write<'_>, then: Instant, most: i64) -> Result<Vec<PendingId>> {
    Ok(p::table.filter(p::created_at.le(then)).order(p::created_at).limit(most).select(p::id).load(&mut **tx)?)
}

/// What waits for an address to be confirmed, in any round.
pub fn of_owner(tx: &mut Write<'_>, owner: &str) -> Result<Vec<PendingId>> {
    Ok(p::table.filter(p::owner.eq(owner)).select(p::id).load(&mut **tx)?)
}

/// Forgets one.
pub fn forget(tx: &mut Write<'_>, id: PendingId) -> Result<()> {
    diesel::delete(p::table.filter(p::id.eq(id))).execute(&mut **tx)?;
    Ok(())
}
