//! Rounds by what the clock has done, or will do, to them.

use diesel::prelude::*;

use super::{ConsultationId, ConsultationRow, Status};
use crate::consultations::rules::Audience;
use crate::db::{AnyConnection, Write};
use crate::deliverables::DeliverableId;
use crate::error::Result;
use crate::policy::GroupId;
use crate::schema::consultations as r;
use crate::time::Instant;

/// At most `limit` rounds that the clock has opened or closed and nobody has written that down of, the longest due first. Two looks into an
/// index where there are none.
pub fn due(c: &mut AnyConnection, now: Instant, limit: i64) -> Result<Vec<ConsultationId>> {
    let to_open = r::table.filter(r::status.eq(Status::Scheduled)).filter(r::opens_at.le(now));
    let to_close = r::table.filter(r::status.eq(Status::Open)).filter(r::closes_at.le(now));
    let mut due: Vec<ConsultationId> = to_close.order((r::closes_at, r::id)).select(r::id).limit(limit).load(c)?;
    due.extend(to_open.order((r::opens_at, r::id)).select(r::id).limit(limit).load::<ConsultationId>(c)?);
    Ok(due)
}

/// When a round is next opened or closed by the clock. Reads those that are scheduled or open, which are few.
pub fn next_change(c: &mut AnyConnection, now: Instant) -> Result<Option<Instant>> {
    let running = r::table.filter(r::status.eq(Status::Scheduled).or(r::status.eq(Status::Open)));
    let rows: Vec<(Status, Instant, Instant)> = running.select((r::status, r::opens_at, r::closes_at)).load(c)?;
    let ahead = |(status, opens_at, closes_at): (Status, Instant, Instant)| {
        [(status == Status::Scheduled).then_some(opens_at), Some(closes_at)]
    };
    Ok(rows.into_iter().flat_map(ahead).flatten().filter(|at| *at > now).min())
}

/// Writes down where a round that the transaction holds stands by the clock. Its version stays: nobody has changed it.
pub fn write_down(tx: &mut Write<'_>, row: &ConsultationRow) -> Result<()> {
    diesel::update(r::table.filter(r::id.eq(row.id)))
        .set((r::status.eq(row.status), r::opened_at.eq(row.opened_at)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Scheduled and open rounds that these conditions leave, as written, by id.
fn running(c: &mut AnyConnection, which: Running) -> Result<Vec<ConsultationRow>> {
    let mut query = r::table
        .filter(r::status.eq(Status::Scheduled).or(r::status.eq(Status::Open)))
        .order(r::id)
        .select(ConsultationRow::as_select())
        .into_boxed::<crate::db::Backend>();
    query = match which {
        Running::All => query,
        Running::Asking(audience) => query.filter(r::audience.eq(audience)),
        Running::Of(group) => query.filter(r::group_id.eq(group)),
        Running::On(deliverable) => query.filter(r::deliverable_id.eq(deliverable)),
    };
    Ok(query.load(c)?)
}

/// Which of the scheduled and open rounds.
#[derive(Clone, Copy)]
pub enum Running {
    /// All of them.
    All,
    /// Those with this audience.
    Asking(Audience),
    /// Those of this group and its deliverables.
    Of(GroupId),
    /// Those about this deliverable.
    On(DeliverableId),
}

/// Those of them that stand so at `now`.
pub fn standing(c: &mut AnyConnection, which: Running, status: Status, now: Instant) -> Result<Vec<ConsultationRow>> {
    let mut rows = running(c, which)?;
    rows.retain(|row| row.status_at(now) == status);
    Ok(rows)
}

/// How many rounds of a group are open, as far as written down.
pub fn open_in(c: &mut AnyConnection, group: GroupId) -> Result<i64> {
    Ok(r::table.filter(r::group_id.eq(group)).filter(r::status.eq(Status::Open)).count().get_result(c)?)
}

/// The rounds of a group that are neither published nor cancelled, nor a mere draft, by id.
pub fn unfinished(c: &mut AnyConnection, group: GroupId) -> Result<Vec<ConsultationRow>> {
    Ok(r::table
        .filter(r::group_id.eq(group))
        .filter(r::status.ne(Status::Draft))
        .filter(r::status.ne(Status::Published))
        .filter(r::status.ne(Status::Cancelled))
        .order(r::id)
        .select(ConsultationRow::as_select())
        .load(c)?)
}

/// The closed rounds, by the clock, of these groups (`None`: all) that wait for publication, the longest first, at most `limit`.
pub fn unpublished(c: &mut AnyConnection, groups: Option<&[GroupId]>, now: Instant, limit: i64) -> Result<Vec<ConsultationRow>> {
    let running = r::status.eq(Status::Scheduled).or(r::status.eq(Status::Open));
    let mut query = r::table
        .filter(r::status.eq(Status::Closed).or(running.and(r::closes_at.le(now))))
        .order((r::closes_at, r::id))
        .select(ConsultationRow::as_select())
        .limit(limit)
        .into_boxed::<crate::db::Backend>();
    if let Some(groups) = groups {
        query = query.filter(crate::db::any_of("consultations.group_id", groups));
    }
    Ok(query.load(c)?)
}

/// From when on everybody reads this version of a deliverable: the first opening, past or to come, of a round about it that everybody may
/// read.
pub fn consulted_from(c: &mut AnyConnection, deliverable: DeliverableId, version: i64) -> Result<Option<Instant>> {
    let rounds = || {
        r::table
            .filter(r::deliverable_id.eq(deliverable))
            .filter(r::deliverable_version.eq(version))
            .filter(r::audience.ne(Audience::GroupMembers))
    };
    let opened: Option<Instant> = rounds().select(diesel::dsl::min(r::opened_at)).get_result(c)?;
    let opens: Option<Instant> =
        rounds().filter(r::status.eq(Status::Scheduled)).select(diesel::dsl::min(r::opens_at)).get_result(c)?;
    Ok([opened, opens].into_iter().flatten().min())
}
