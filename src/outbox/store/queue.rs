//! The outbox as the secretariat sees it.

use diesel::prelude::*;

use super::super::rules::{self, Lane, State};
use super::super::{DispatchId, Queue};
use super::{acts, suppressions};
use crate::db::{AnyConnection, Backend, Write};
use crate::error::{Error, Result};
use crate::http::page::Plan;
use crate::mail::Kind;
use crate::schema::outbox as o;
use crate::time::Instant;

/// A dispatch's row, without what its text is made from.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = o)]
pub struct DispatchRow {
    /// Its id.
    pub id: DispatchId,
    /// Which mail it is.
    pub kind: String,
    /// The address it goes to; empty once its reader is erased.
    pub recipient: String,
    /// The language it is written in, where one is known.
    pub locale: Option<String>,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, where it is queued.
    pub due_at: Instant,
    /// When it was taken.
    pub sent_at: Option<Instant>,
    /// What the other side said last.
    pub last_answer: Option<String>,
    /// Its version.
    pub version: i64,
    /// When it was queued first.
    pub created_at: Instant,
    /// When anything of it changed.
    pub updated_at: Instant,
}

/// Which mails; what is `None` leaves all.
#[derive(Default)]
pub struct Filter {
    /// Those in this state.
    pub state: Option<State>,
    /// Those of this kind.
    pub kind: Option<&'static str>,
}

impl Filter {
    fn mails<'a>(&self) -> o::BoxedQuery<'a, Backend> {
        let mut query = o::table.filter(o::concealed.eq(false)).filter(o::lane.ne(Lane::Notices)).into_boxed::<Backend>();
        query = match self.state {
            Some(state) => query.filter(o::state.eq(state)),
            // What was never wanted, or not any more, is shown to who asks for it.
            None => query.filter(o::state.ne(State::Dropped)),
        };
        if let Some(kind) = self.kind {
            query = query.filter(o::kind.eq(kind));
        }
        query
    }
}

/// One page of the mails.
pub fn page(connection: &mut AnyConnection, filter: &Filter, plan: &Plan<Queue>) -> Result<Vec<DispatchRow>> {
    Ok(plan.apply(filter.mails()).select(DispatchRow::as_select()).load(connection)?)
}

/// How many mails the filter leaves.
pub fn count(connection: &mut AnyConnection, filter: &Filter) -> Result<i64> {
    Ok(filter.mails().count().get_result(connection)?)
}

/// The newest mails, at most `limit`.
pub fn newest(connection: &mut AnyConnection, state: Option<State>, limit: i64) -> Result<Vec<DispatchRow>> {
    let mails = Filter { state, kind: None }.mails();
    Ok(mails.order((o::created_at.desc(), o::id.desc())).limit(limit).select(DispatchRow::as_select()).load(connection)?)
}

/// One mail that is not concealed.
pub fn mail(connection: &mut AnyConnection, id: DispatchId) -> Result<Option<DispatchRow>> {
    Ok(o::table
        .filter(o::id.eq(id))
        .filter(o::concealed.eq(false))
        .filter(o::lane.ne(Lane::Notices))
        .select(DispatchRow::as_select())
        .get_result(connection)
        .optional()?)
}

/// Queues a mail that was sent or given up once more, as if it had never been tried; one that waits need not wait any longer. 409 where
/// nothing is left to send it for. Gives whether that changed anything: a mail that somebody is sending right now is left alone.
pub fn resend(tx: &mut Write<'_>, mail: &DispatchRow) -> Result<bool> {
    let now = tx.now();
    let act_is_open = acts::is_open(tx, mail.id)?;
    rules::may_resend(mail.state, !mail.recipient.is_empty(), act_is_open).map_err(Error::wrong_state)?;
    if act_is_open.is_none() && suppressions::stops(tx, Kind::parse(&mail.kind), &mail.recipient)? {
        return Err(Error::wrong_state(
            "Its address is suppressed: an earlier mail was refused because nobody has it. Lift that with DELETE /admin/suppressions/{address} \
             once somebody has.",
        ));
    }
    let free = o::leased_until.is_null().or(o::leased_until.le(now));
    let here = o::table.filter(o::id.eq(mail.id).and(o::state.eq(mail.state)).and(free));
    let changed = diesel::update(here)
        .set((
            o::state.eq(State::Queued),
            o::attempts.eq(0_i64),
            o::due_at.eq(now),
            o::sent_at.eq(None::<Instant>),
            o::version.eq(o::version + 1),
            o::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(changed == 1)
}
