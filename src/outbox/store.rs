//! The outbox's rows.

mod acts;
mod notices;
mod queue;
mod retention;
pub mod suppressions;

use diesel::dsl::not;
use diesel::prelude::*;
use serde_json::{Value, json};

use super::acts::{Errand, TokenKey};
use super::leaving::LeaveToken;
use super::rules::{self, LEASE, Lane, Next, Outcome, State};
use super::{Claimed, DispatchId, Mail, WebhookId};
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::mail::Kind;
use crate::policy::PersonId;
use crate::schema::outbox as o;
use crate::time::Instant;

pub use acts::{ask, ask_nobody, forget_acts, hand_out, look, may_leave, redeem, void};
pub use notices::{Deaths, count_deliveries, deaths, deliveries, drop_notices, notify};
pub use queue::{DispatchRow, Filter, count, mail, newest, page, resend};
pub use retention::{forget_about, forget_old, forget_person};

/// Characters kept of what the other side said.
const ANSWER: usize = 500;

/// Queues a mail in the transaction that causes it: it leaves if and only if that commits.
pub fn enqueue(tx: &mut Write<'_>, mail: Mail) -> QueryResult<DispatchId> {
    let (id, now) = (tx.new_id(), tx.now());
    diesel::insert_into(o::table)
        .values((
            o::id.eq(id),
            o::lane.eq(Kind::parse(mail.kind).map_or(Lane::Mails, Lane::of)),
            o::kind.eq(mail.kind),
            o::person_id.eq(mail.person.map(|person| person.to_string())),
            o::recipient.eq(mail.recipient),
            o::locale.eq(mail.locale),
            o::params.eq(mail.params.to_string()),
            o::state.eq(State::Queued),
            o::attempts.eq(0_i64),
            o::concealed.eq(mail.concealed),
            o::due_at.eq(mail.due_at.unwrap_or(now)),
            o::version.eq(1_i64),
            o::created_at.eq(now),
            o::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// What can be claimed at `now`: due, and held by nobody.
macro_rules! claimable {
    ($now:expr) => {
        o::state.eq(State::Queued).and(o::due_at.le($now)).and(o::leased_until.is_null().or(o::leased_until.le($now)))
    };
}

/// What is to be claimed.
#[derive(Clone)]
pub struct Wanted {
    /// Of any where it is one mail.
    lane: Option<Lane>,
    limit: usize,
    /// Nothing of these endpoints.
    but: Vec<WebhookId>,
    only: Option<DispatchId>,
}

impl Wanted {
    /// At most `limit` of a lane, but for what goes to some endpoints.
    pub fn due(lane: Lane, limit: usize, but: Vec<WebhookId>) -> Self {
        Self { lane: Some(lane), limit, but, only: None }
    }

    /// Everything of a lane.
    pub fn all(lane: Lane) -> Self {
        Self::due(lane, usize::MAX, Vec::new())
    }

    /// One mail.
    pub fn one(id: DispatchId) -> Self {
        Self { lane: None, limit: 1, but: Vec::new(), only: Some(id) }
    }

    fn due_at<'a>(&self, now: Instant) -> o::BoxedQuery<'a, Backend> {
        let due = o::table.filter(claimable!(now)).into_boxed::<Backend>();
        let due = match self.lane {
            Some(lane) => due.filter(o::lane.eq(lane)),
            None => due.filter(o::lane.ne(Lane::Notices)),
        };
        let due = if self.but.is_empty() { due } else { due.filter(not(any_of("outbox.webhook_id", &self.but))) };
        match self.only {
            Some(id) => due.filter(o::id.eq(id)),
            None => due,
        }
    }
}

/// What was claimed.
pub struct Claims {
    /// In the order in which they became due.
    pub mails: Vec<Claimed>,
    /// Whether there may be more.
    pub is_full: bool,
}

/// What becomes due first of what can be claimed.
pub fn first_due(connection: &mut AnyConnection, now: Instant, wanted: &Wanted) -> QueryResult<Option<DispatchId>> {
    wanted.due_at(now).order((o::due_at, o::id)).select(o::id).limit(1).get_result(connection).optional()
}

/// Whether somebody is sending mails at `now`.
pub fn is_any_held(connection: &mut AnyConnection, now: Instant) -> QueryResult<bool> {
    let mails = o::table.filter(o::lane.eq(Lane::Awaited).or(o::lane.eq(Lane::Mails)));
    let held = mails.filter(o::state.eq(State::Queued)).filter(o::leased_until.gt(now));
    diesel::select(diesel::dsl::exists(held)).get_result(connection)
}

#[derive(Queryable)]
struct Row {
    id: DispatchId,
    kind: String,
    person: Option<String>,
    recipient: String,
    locale: Option<String>,
    params: String,
    attempts: i64,
    created_at: Instant,
    webhook: Option<WebhookId>,
}

/// Claims for `holder`. Each is claimed by an update that asks once more whether it is free, so that of two who saw the same row only one gets it.
pub fn claim(tx: &mut Write<'_>, holder: &str, wanted: &Wanted) -> Result<Claims> {
    let now = tx.now();
    let columns = (o::id, o::kind, o::person_id, o::recipient, o::locale, o::params, o::attempts, o::created_at, o::webhook_id);
    let due = wanted.due_at(now).order((o::due_at, o::id)).limit(i64::try_from(wanted.limit).unwrap_or(i64::MAX));
    let rows: Vec<Row> = due.select(columns).load(&mut **tx)?;
    let is_full = rows.len() == wanted.limit;
    let mut claimed = Vec::new();
    let key = tx.extension::<TokenKey>();
    for row in rows {
        let free = o::table.filter(o::id.eq(row.id).and(o::attempts.eq(row.attempts)).and(claimable!(now)));
        if row.attempts >= rules::ATTEMPTS {
            // Its holders died one after another: whatever kills them must not go on for ever.
            let last = "every attempt was broken off";
            diesel::update(free)
                .set((o::state.eq(State::Dead), o::last_answer.eq(last), o::version.eq(o::version + 1), o::updated_at.eq(now)))
                .execute(&mut **tx)?;
            continue;
        }
        let mine = (
            o::leased_until.eq(now.plus(LEASE)),
            o::lease_holder.eq(holder),
            o::attempts.eq(o::attempts + 1),
            o::version.eq(o::version + 1),
            o::updated_at.eq(now),
        );
        let errand = if row.webhook.is_some() { Errand::Tell } else { acts::errand(tx, row.id)? };
        let asked = match errand {
            Errand::Tell => None,
            Errand::Ask(asked) => Some(asked),
            Errand::Over => {
                drop_queued(tx, row.id, "its link is void, used or over")?;
                continue;
            }
        };
        let kind = Kind::parse(&row.kind);
        if asked.is_none() && suppressions::stops(tx, kind, &row.recipient)? {
            drop_queued(tx, row.id, "its address is suppressed: an earlier mail was refused because nobody has it")?;
            continue;
        }
        let leave = match (kind, &key) {
            (Some(kind), Some(key)) if kind.can_be_left() => Some(LeaveToken::of(key, row.id)),
            _ => None,
        };
        if diesel::update(free).set(mine).execute(&mut **tx)? == 1 {
            claimed.push(Claimed {
                id: row.id,
                kind: row.kind,
                person: row.person.map(|person| person.parse::<PersonId>()).transpose().map_err(|e| internal(&e))?,
                recipient: row.recipient,
                locale: row.locale,
                asked,
                leave,
                params: serde_json::from_str::<Value>(&row.params)?,
                attempt: row.attempts + 1,
                created_at: row.created_at,
                webhook: row.webhook,
            });
        }
    }
    Ok(Claims { mails: claimed, is_full })
}

/// A queued mail that is not to be sent any more. Its hollow row stays until the retention job.
fn drop_queued(tx: &mut Write<'_>, id: DispatchId, why: &str) -> QueryResult<()> {
    let now = tx.now();
    diesel::update(o::table.filter(o::id.eq(id).and(o::state.eq(State::Queued))))
        .set((
            o::state.eq(State::Dropped),
            o::params.eq("{}"),
            o::last_answer.eq(why),
            o::lease_holder.eq(None::<String>),
            o::leased_until.eq(None::<Instant>),
            o::version.eq(o::version + 1),
            o::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Drops what of some kinds waits to be sent to a person, for the first time or again.
pub fn drop_unwanted(tx: &mut Write<'_>, person: PersonId, kinds: &[&str]) -> QueryResult<()> {
    let theirs = o::table.filter(o::person_id.eq(person.to_string())).filter(o::state.eq(State::Queued));
    let waiting: Vec<DispatchId> = theirs.filter(any_of("outbox.kind", kinds)).select(o::id).load(&mut **tx)?;
    for mail in waiting {
        drop_queued(tx, mail, "its reader wants no more of its kind")?;
    }
    Ok(())
}

/// A mail that is never sent, of a kind: it costs what another costs.
pub fn insert_dropped(tx: &mut Write<'_>, kind: &'static str) -> QueryResult<DispatchId> {
    let nobody = Mail {
        kind,
        person: None,
        recipient: String::new(),
        locale: None,
        params: Value::Object(Default::default()),
        due_at: None,
        concealed: false,
    };
    let id = enqueue(tx, nobody)?;
    diesel::update(o::table.filter(o::id.eq(id))).set(o::state.eq(State::Dropped)).execute(&mut **tx)?;
    Ok(id)
}

fn internal(error: &dyn std::fmt::Display) -> crate::error::Error {
    crate::error::Error::Internal(format!("a stored mail: {error}"))
}

/// Holds these mails for another lease.
pub fn renew(tx: &mut Write<'_>, holder: &str, ids: &[DispatchId]) -> QueryResult<()> {
    let until = tx.now().plus(LEASE);
    for id in ids {
        diesel::update(o::table.filter(o::id.eq(*id).and(o::state.eq(State::Queued)).and(o::lease_holder.eq(holder))))
            .set(o::leased_until.eq(until))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Gives up claims as if they had never been made.
pub fn give_back(tx: &mut Write<'_>, holder: &str, ids: &[DispatchId]) -> QueryResult<()> {
    for id in ids {
        diesel::update(o::table.filter(o::id.eq(*id).and(o::state.eq(State::Queued)).and(o::lease_holder.eq(holder))))
            .set((
                o::attempts.eq(o::attempts - 1),
                o::lease_holder.eq(None::<String>),
                o::leased_until.eq(None::<Instant>),
                o::version.eq(o::version + 1),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Writes down what became of an attempt and gives the claim up. False where somebody else holds the mail by now.
pub fn settle(tx: &mut Write<'_>, holder: &str, mail: &Claimed, outcome: &Outcome) -> QueryResult<bool> {
    let now = tx.now();
    let (Outcome::Taken(answer) | Outcome::Later(answer) | Outcome::Never(answer) | Outcome::Nobody(answer)) = outcome;
    let answer: String = answer.chars().filter(|c| !c.is_control()).take(ANSWER).collect();
    let (state, due_at, sent_at) = match rules::next(outcome, mail.attempt, rules::jitter(mail.id.as_str(), mail.attempt)) {
        Next::Done => (State::Sent, None, Some(now)),
        Next::Again(delay) => (State::Queued, Some(now.plus(delay)), None),
        Next::GiveUp => (State::Dead, None, None),
    };
    let mine =
        o::id.eq(mail.id).and(o::state.eq(State::Queued)).and(o::lease_holder.eq(holder)).and(o::attempts.eq(mail.attempt));
    let settled = diesel::update(o::table.filter(mine))
        .set((
            o::state.eq(state),
            // `None` leaves the column as it is.
            due_at.map(|at| o::due_at.eq(at)),
            sent_at.map(|at| o::sent_at.eq(at)),
            o::last_answer.eq(&answer),
            o::leased_until.eq(None::<Instant>),
            o::lease_holder.eq(None::<String>),
            o::version.eq(o::version + 1),
            o::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if settled == 1 && matches!(outcome, Outcome::Nobody(_)) {
        suppressions::suppress(tx, &mail.recipient, &answer)?;
    }
    Ok(settled == 1)
}

/// How many mails there are in each of these states that any is in.
pub fn counts(connection: &mut AnyConnection, states: &[State]) -> QueryResult<Vec<(State, i64)>> {
    let mails = o::table.filter(any_of("outbox.lane", Lane::OF_MAILS)).filter(any_of("outbox.state", states));
    mails.group_by(o::state).select((o::state, diesel::dsl::count_star())).load(connection)
}

/// The mails of a person, as it may take them along: what was sent when, to which address.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> Result<Value> {
    type Row = (String, String, State, Instant, Option<Instant>);
    let mails: Vec<Row> = o::table
        .filter(o::person_id.eq(person.to_string()))
        .order(o::id)
        .select((o::kind, o::recipient, o::state, o::created_at, o::sent_at))
        .load(connection)?;
    let mails = mails.into_iter().map(|(kind, recipient, state, created_at, sent_at)| {
        json!({"kind": kind, "recipient": recipient, "state": state, "created_at": created_at, "sent_at": sent_at})
    });
    Ok(mails.collect())
}
