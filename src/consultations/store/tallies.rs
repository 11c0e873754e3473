//! What came out of closed rounds, counted; and what it is counted from.

use diesel::prelude::*;

use super::{ConsultationId, ConsultationRow};
use crate::consultations::rules::tally::Tally;
use crate::consultations::rules::{ContributionStatus, Status, Visibility};
use crate::db::{AnyConnection, DbError, Write};
use crate::error::Result;
use crate::schema::{consultation_audience as a, consultation_tallies as t, consultations as r, contributions as n};

/// How many contributions are read at once.
const BATCH: i64 = 2_000;

/// The tally of a round, where it has been written.
pub fn find(c: &mut AnyConnection, consultation: ConsultationId) -> Result<Option<Tally>> {
    let json: Option<String> = t::table.find(consultation).select(t::tally).get_result(c).optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// How often a contribution to a round was narrowed between its close and its publication.
pub fn narrowings(c: &mut AnyConnection, consultation: ConsultationId) -> Result<i64> {
    Ok(r::table.find(consultation).select(r::narrowings).get_result(c)?)
}

/// Lets a round that the transaction holds be counted anew.
pub fn recount(tx: &mut Write<'_>, consultation: ConsultationId) -> Result<()> {
    diesel::delete(t::table.find(consultation)).execute(&mut **tx)?;
    diesel::update(r::table.find(consultation)).set(r::narrowings.eq(r::narrowings + 1)).execute(&mut **tx)?;
    Ok(())
}

/// Writes the tally of a round, once, with how many were asked, and how many contributed, where that may be told: what was written before
/// stays.
pub fn keep(tx: &mut Write<'_>, consultation: ConsultationId, tally: &Tally, submitted: Option<i64>) -> Result<()> {
    let (json, now) = (serde_json::to_string(tally)?, tx.now());
    // Counted from the tally, which may have been made a moment before.
    let invited = Some(tally.cells.iter().map(|cell| cell.invited).sum::<i64>()).filter(|invited| *invited > 0);
    let row = (
        (t::consultation_id.eq(consultation), t::tally.eq(json), t::invited.eq(invited)),
        (t::submitted.eq(submitted), t::created_at.eq(now)),
    );
    match tx.savepoint(|c| diesel::insert_into(t::table).values(row).execute(c)) {
        Err(error) if DbError::unique_violation(&error) => Ok(()),
        written => Ok(written.map(drop)?),
    }
}

/// A round whose close is written down, so that nobody contributes any more, and that has not been counted; the oldest.
pub fn next(c: &mut AnyConnection) -> QueryResult<Option<ConsultationRow>> {
    let counted = t::table.filter(t::consultation_id.eq(r::id)).select(t::consultation_id);
    r::table
        .filter(r::status.eq(Status::Closed).or(r::status.eq(Status::Published)))
        .filter(diesel::dsl::not(diesel::dsl::exists(counted)))
        .order((r::closes_at, r::id))
        .select(ConsultationRow::as_select())
        .first(c)
        .optional()
}

/// A sector, a region, and how many supporters are of both.
type Invited = (Option<String>, Option<String>, i64);

/// How many supporters of each sector and region were in the audience.
pub fn audience(c: &mut AnyConnection, consultation: ConsultationId) -> QueryResult<Vec<Invited>> {
    a::table
        .filter(a::consultation_id.eq(consultation))
        .group_by((a::sector, a::region))
        .select((a::sector, a::region, diesel::dsl::count_star()))
        .load(c)
}

/// One contribution as it counted at the close.
pub struct Counted {
    /// What it says, JSON.
    pub answers: String,
    /// As it is now.
    pub visibility: Visibility,
    /// Its supporter's sector and region, as they were when it came into the audience.
    pub sector: Option<String>,
    pub region: Option<String>,
}

type Row = (String, Option<String>, Option<Visibility>, Option<String>, Option<String>);

/// Hands every contribution that counts to `count`, a batch in memory at a time.
pub fn each(c: &mut AnyConnection, consultation: ConsultationId, mut count: impl FnMut(Counted) -> Result<()>) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows: Vec<Row> = n::table
            .left_join(a::table.on(a::consultation_id.eq(n::consultation_id).and(a::supporter_id.nullable().eq(n::supporter_id))))
            .filter(n::consultation_id.eq(consultation))
            .filter(n::status.eq(ContributionStatus::Submitted))
            .filter(n::listing_id.gt(&after))
            .order(n::listing_id)
            .limit(BATCH)
            .select((n::listing_id, n::answers, n::visibility, a::sector.nullable(), a::region.nullable()))
            .load(c)?;
        let Some((last, ..)) = rows.last() else { return Ok(()) };
        after.clone_from(last);
        for (_, answers, visibility, sector, region) in rows {
            let (Some(answers), Some(visibility)) = (answers, visibility) else { continue };
            count(Counted { answers, visibility, sector, region })?;
        }
    }
}
