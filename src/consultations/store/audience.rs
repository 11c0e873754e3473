//! The supporters in the audience of a round, as they were when they came in.

use std::collections::HashSet;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::ConsultationId;
use crate::consultations::rules::ContributionStatus;
use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::policy::SupporterId;
use crate::schema::{consultation_audience as a, contributions as n, supporters as s};
use crate::supporters::Status as SupporterStatus;

/// The name of the lock that whoever endorses shares, and whoever may open a round has alone: nobody is endorsed unseen between the two.
/// Comes before groups and rounds.
const LOCK: &str = "consultations: audience";

/// Lets nobody be endorsed until the transaction ends.
pub fn keep(tx: &mut Write<'_>) -> Result<()> {
    Ok(tx.exclude(LOCK)?)
}

/// Lets no round be opened until the transaction ends.
pub fn join(tx: &mut Write<'_>) -> Result<()> {
    Ok(tx.share(LOCK)?)
}

/// Takes every endorsed supporter into the audience of a round that is not in it yet, in one statement.
pub fn take_endorsed(tx: &mut Write<'_>, round: ConsultationId) -> Result<()> {
    let known = a::table.filter(a::consultation_id.eq(round)).filter(a::supporter_id.eq(s::id));
    s::table
        .filter(s::status.eq(SupporterStatus::Endorsed))
        .filter(not(exists(known)))
        .select((round.into_sql::<Text>(), s::id, s::sector, s::region))
        .insert_into(a::table)
        .into_columns((a::consultation_id, a::supporter_id, a::sector, a::region))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes these supporters into the audience of a round, those that are not in it yet.
pub fn take(tx: &mut Write<'_>, round: ConsultationId, supporters: &[SupporterId]) -> Result<()> {
    let known = a::table.filter(a::consultation_id.eq(round)).filter(a::supporter_id.eq(s::id));
    s::table
        .filter(any_of("supporters.id", supporters))
        .filter(not(exists(known)))
        .select((round.into_sql::<Text>(), s::id, s::sector, s::region))
        .insert_into(a::table)
        .into_columns((a::consultation_id, a::supporter_id, a::sector, a::region))
        .execute(&mut **tx)?;
    Ok(())
}

/// Of these rounds and supporters: which supporter has submitted a contribution to which.
pub fn answered(
    c: &mut AnyConnection,
    rounds: &[ConsultationId],
    supporters: &[SupporterId],
) -> Result<HashSet<(ConsultationId, SupporterId)>> {
    let rows: Vec<(ConsultationId, Option<SupporterId>)> = n::table
        .filter(any_of("contributions.consultation_id", rounds))
        .filter(any_of("contributions.supporter_id", supporters))
        .filter(n::status.eq(ContributionStatus::Submitted))
        .select((n::consultation_id, n::supporter_id))
        .load(c)?;
    Ok(rows.into_iter().filter_map(|(round, supporter)| Some((round, supporter?))).collect())
}
