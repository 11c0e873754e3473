//! What endpoints are told.

use diesel::prelude::*;

use super::super::rules::{Lane, State};
use super::super::{DispatchId, Notice, Queue, WebhookId};
use super::queue::DispatchRow;
use crate::db::{AnyConnection, Backend, Write};
use crate::error::Result;
use crate::http::page::Plan;
use crate::schema::outbox as o;
use crate::time::Instant;

/// Queues what an endpoint is told in the transaction that causes it.
pub fn notify(tx: &mut Write<'_>, notice: Notice) -> QueryResult<DispatchId> {
    let (id, now) = (tx.new_id(), tx.now());
    diesel::insert_into(o::table)
        .values((
            o::id.eq(id),
            o::lane.eq(Lane::Notices),
            o::kind.eq(notice.kind),
            o::webhook_id.eq(notice.webhook),
            o::recipient.eq(""),
            o::params.eq(notice.payload.to_string()),
            o::state.eq(State::Queued),
            o::attempts.eq(0_i64),
            o::concealed.eq(false),
            o::due_at.eq(now),
            o::version.eq(1_i64),
            o::created_at.eq(now),
            o::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

fn of(webhook: WebhookId) -> o::BoxedQuery<'static, Backend> {
    o::table.filter(o::webhook_id.eq(webhook)).into_boxed()
}

/// One page of what an endpoint was told, or is to be.
pub fn deliveries(connection: &mut AnyConnection, webhook: WebhookId, plan: &Plan<Queue>) -> Result<Vec<DispatchRow>> {
    Ok(plan.apply(of(webhook)).select(DispatchRow::as_select()).load(connection)?)
}

/// How much an endpoint was told, or is to be.
pub fn count_deliveries(connection: &mut AnyConnection, webhook: WebhookId) -> Result<i64> {
    Ok(of(webhook).count().get_result(connection)?)
}

/// Drops what is queued for an endpoint, saying why; all of it but one whose fate is known.
pub fn drop_notices(tx: &mut Write<'_>, webhook: WebhookId, but: Option<DispatchId>, why: &str) -> QueryResult<()> {
    let now = tx.now();
    let but = but.map_or_else(String::new, |id| id.to_string());
    diesel::update(o::table.filter(o::webhook_id.eq(webhook)).filter(o::state.eq(State::Queued)).filter(o::id.ne(but)))
        .set((
            o::state.eq(State::Dropped),
            o::last_answer.eq(why),
            o::lease_holder.eq(None::<String>),
            o::leased_until.eq(None::<Instant>),
            o::version.eq(o::version + 1),
            o::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// When something was given up for an endpoint, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deaths {
    /// The first time.
    pub first: Instant,
    /// The last time.
    pub last: Instant,
}

/// What was given up for an endpoint after `since`, and after it last took something; `None`: nothing.
pub fn deaths(connection: &mut AnyConnection, webhook: WebhookId, since: Instant) -> QueryResult<Option<Deaths>> {
    let taken: Option<Instant> = o::table
        .filter(o::webhook_id.eq(webhook))
        .filter(o::state.eq(State::Sent))
        .select(diesel::dsl::max(o::updated_at))
        .get_result(connection)?;
    let since = taken.map_or(since, |taken| since.max(taken));
    let dead = o::table.filter(o::webhook_id.eq(webhook)).filter(o::state.eq(State::Dead)).filter(o::updated_at.gt(since));
    let (first, last): (Option<Instant>, Option<Instant>) =
        dead.select((diesel::dsl::min(o::updated_at), diesel::dsl::max(o::updated_at))).get_result(connection)?;
    Ok(first.zip(last).map(|(first, last)| Deaths { first, last }))
}
