//! Counting what came out of a round.

use super::moves;
use super::path::Round;
use super::rules::questions::{Answers, Question};
use super::rules::tally::{Counting, Tally};
use super::rules::{Audience, Status, is_confidential, results};
use super::store::{self, ConsultationId, ConsultationRow, questions, tallies};
use crate::call;
use crate::db::{AnyConnection, Db, Write};
use crate::error::{Error, Result};
use crate::supporters;

/// What came out of a round that is over: as it was written down, or counted now where nobody has written it yet.
pub fn tally(c: &mut AnyConnection, round: &Round, asked: &[Question]) -> Result<Tally> {
    match tallies::find(c, round.row.id)? {
        Some(tally) => Ok(tally),
        None => count(c, &round.row, asked),
    }
}

fn count(c: &mut AnyConnection, row: &ConsultationRow, asked: &[Question]) -> Result<Tally> {
    let has_audience = row.audience != Audience::Public;
    let mut counting = Counting::of(asked, has_audience);
    if has_audience {
        let day = row.closes_at.day_in(call::load(c)?.time_zone);
        for ((sector, region), supporters) in supporters::composition(c, day)? {
            counting.registered(sector.as_deref(), region.as_ref().map(|region| region.as_str()), supporters);
        }
        for (sector, region, supporters) in tallies::audience(c, row.id)? {
            (0..supporters).for_each(|_| counting.invited(sector.as_deref(), region.as_deref()));
        }
    }
    tallies::each(c, row.id, |one| {
        let answers: Answers = serde_json::from_str(&one.answers)?;
        counting.submitted(one.sector.as_deref(), one.region.as_deref(), one.visibility, &answers);
        Ok(())
    })?;
    Ok(counting.tally())
}

/// Counts one round that has closed and writes it down; whether there was one. It is counted in a read: nobody waits for a long round.
pub async fn count_next(db: &Db) -> Result<bool> {
    let counted = db.read(|tx| {
        let Some(row) = tallies::next(tx)? else { return Ok::<_, Error>(None) };
        let asked = questions::of(tx, row.id)?;
        let tally = count(tx, &row, &asked)?;
        let narrowings = tallies::narrowings(tx, row.id)?;
        Ok(Some((row, tally, narrowings)))
    });
    let Some((row, tally, narrowings)) = counted.await? else { return Ok(false) };
    db.write(move |tx| {
        store::hold(tx, row.id)?;
        // Somebody narrowed a contribution meanwhile: it is counted again.
        if tallies::narrowings(tx, row.id)? == narrowings { keep(tx, &row, &tally) } else { Ok(()) }
    })
    .await?;
    Ok(true)
}

fn keep(tx: &mut Write<'_>, row: &ConsultationRow, tally: &Tally) -> Result<()> {
    tallies::keep(tx, row.id, tally, results::submitted(tally, is_confidential(&row.allowed()?)))
}

/// A contribution to a round that the transaction holds, and that is over, is about to be shown to fewer. Until publication that changes what
/// is counted, so that what is listed cannot be subtracted from it; from then on results never change.
pub fn before_narrowing(tx: &mut Write<'_>, round: &Round, asked: &[Question]) -> Result<()> {
    if round.status != Status::Published {
        return tallies::recount(tx, round.row.id);
    }
    if tallies::find(tx, round.row.id)?.is_none() {
        let tally = count(tx, &round.row, asked)?;
        keep(tx, &round.row, &tally)?;
    }
    Ok(())
}

/// A supporter of a round's audience is about to become part of another. What came out of a round that is over is written down first, for its
/// audience and its contributors are as they were; whether it is over.
pub fn before_merge(tx: &mut Write<'_>, id: ConsultationId) -> Result<bool> {
    let now = tx.clock();
    let seen = store::find(tx, id.as_str())?;
    if !seen.status_at(now).is_over() {
        return Ok(false);
    }
    if tallies::find(tx, id)?.is_none() {
        // Its audience may not have been written down yet.
        moves::keep_time(tx, id)?;
        let (row, _) = store::hold(tx, id)?;
        let asked = questions::of(tx, id)?;
        let tally = count(tx, &row, &asked)?;
        keep(tx, &row, &tally)?;
    }
    Ok(true)
}
