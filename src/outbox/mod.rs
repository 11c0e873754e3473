//! The outbox: every mail is a row written in the transaction that caused it, and leaves from here (domain.md, The Forum cycle and its
//! mails; ARCHITECTURE.md, Mail).

mod acts;
mod leaving;
mod pages;
mod routes;
mod rules;
mod store;
mod suppressions;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use diesel::QueryResult;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::db::{AnyConnection, Db, Write};
use crate::error::{Error, Result};
use crate::http::Route;
use crate::http::page::Plan;
use crate::ids::Id;
use crate::policy::PersonId;
use crate::time::Instant;

use rules::Line;

pub use acts::{Act, Asked, Purpose, Redeemed, TokenBody, TokenKey, invalid_token, token_hash};
pub use leaving::{LeaveToken, Left};
pub use routes::Queue;
pub use rules::{ATTEMPTS, LEASE, Outcome, State};
pub use store::{
    Deaths, MailRow, ask, ask_nobody, forget_about, forget_acts, forget_mails, forget_old, hand_out, look, mail, may_leave,
    newest, redeem, void,
};

/// Marks the id of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailMark {}
/// The identifier of a mail.
pub type MailId = Id<MailMark>;

/// Marks the id of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WebhookMark {}
/// The identifier of an endpoint outside that is told of what happens.
pub type WebhookId = Id<WebhookMark>;

/// What an endpoint is told: a row of the outbox like a mail's, but for its recipient. No view of mails has it.
pub struct Notice {
    /// What happened, a word: `deliverable.approved`.
    pub kind: &'static str,
    /// Who is told.
    pub webhook: WebhookId,
    /// What it is told, a JSON object without anything personal.
    pub payload: Value,
}

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Which mail it is, a word: `application_received`.
    pub kind: &'static str,
    /// The person it goes to, where it has an account: for its language, and to drop what is queued once it is erased.
    pub person: Option<PersonId>,
    /// The address it goes to.
    pub recipient: String,
    /// The language it is written in, where one is known.
    pub locale: Option<String>,
    /// What its text is made from, a JSON object. Never a usable token: the worker derives that from the row's id when it renders.
    pub params: Value,
    /// Not before this instant; `None`: at once.
    pub due_at: Option<Instant>,
    /// Whether its recipient shows what is kept secret, so that no view of the queue has it (domain.md, Consultations).
    pub concealed: bool,
}

/// A mail that this process holds and nobody else sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// Its id, of which its Message-ID is made: a repeat after a crash can be recognised.
    pub id: MailId,
    /// Which mail it is.
    pub kind: String,
    /// The person it goes to.
    pub person: Option<PersonId>,
    /// The address it goes to.
    pub recipient: String,
    /// The language it is written in, where one is known.
    pub locale: Option<String>,
    /// What it asks its reader to do, if anything.
    pub asked: Option<Asked>,
    /// What its link to get no more of these carries, where its reader may do without them.
    pub leave: Option<LeaveToken>,
    /// What its text is made from.
    pub params: Value,
    /// The how-manieth attempt this is, from 1 to [`ATTEMPTS`].
    pub attempt: i64,
    /// When it was queued.
    pub created_at: Instant,
    /// The endpoint that is told, where it is no mail.
    pub webhook: Option<WebhookId>,
}

/// The pages that links in mails open, outside the API.
pub fn mount_pages(app: &mut actix_web::web::ServiceConfig) {
    pages::mount(app);
}

/// `/admin/mail`, `/admin/suppressions`.
pub fn routes() -> Vec<Route> {
    let mut all = routes::routes();
    all.extend(suppressions::routes());
    all
}

/// Queues a mail again (404 where there is none), and records who did: see [`State`] for which can be. One that is queued leaves at once.
pub fn resend(tx: &mut Write<'_>, id: MailId) -> Result<()> {
    routes::resend_recorded(tx, id, &|_| Ok(()))
}

/// Queues a mail in the transaction that causes it: it leaves if and only if that commits.
pub fn enqueue(tx: &mut Write<'_>, mail: Mail) -> QueryResult<MailId> {
    store::insert(tx, mail)
}

/// Queues what an endpoint is told in the transaction that causes it.
pub fn notify(tx: &mut Write<'_>, notice: Notice) -> QueryResult<MailId> {
    store::insert_notice(tx, notice)
}

/// Drops what is queued for an endpoint, saying why.
pub fn drop_notices(tx: &mut Write<'_>, webhook: WebhookId, why: &str) -> QueryResult<()> {
    store::drop_notices(tx, webhook, why)
}

/// One page of what an endpoint was told, or is to be.
pub fn deliveries(connection: &mut AnyConnection, webhook: WebhookId, plan: &Plan<Queue>) -> Result<Vec<MailRow>> {
    store::deliveries(connection, webhook, plan)
}

/// How much an endpoint was told, or is to be.
pub fn count_deliveries(connection: &mut AnyConnection, webhook: WebhookId) -> Result<i64> {
    store::count_deliveries(connection, webhook)
}

/// What was given up for an endpoint after `since`, and after it last took something; `None`: nothing.
pub fn deaths(connection: &mut AnyConnection, webhook: WebhookId, since: Instant) -> QueryResult<Option<Deaths>> {
    store::deaths(connection, webhook, since)
}

/// Drops what is queued for a person, and forgets to whom and about what its other mails were: for one who is erased.
pub fn forget_person(tx: &mut Write<'_>, person: PersonId) -> QueryResult<()> {
    store::forget_person(tx, person)
}

/// The mails of a person, as it may take them along: what was sent when, to which address.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> Result<Value> {
    store::export(connection, person)
}

/// How many mails there are in each state that any is in.
pub fn counts(connection: &mut AnyConnection) -> QueryResult<Vec<(State, i64)>> {
    store::counts(connection)
}

/// What takes mails out of the house.
pub trait Sender: Send + Sync {
    /// Hands one mail over. No transaction is open meanwhile; it is broken off after a minute.
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
}

/// What one round of delivery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Mails claimed.
    pub claimed: usize,
    /// Of these, mails that were taken.
    pub taken: usize,
    /// Whether there may be more that are due.
    pub more: bool,
}

/// Mails claimed at once.
const BATCH: usize = 256;
/// Mails sent side by side: a slow receiver costs a round trip a command (quality.md).
const SIDE_BY_SIDE: usize = 16;
/// Writes under way that say what became of mails.
const SETTLING: usize = 4;
/// How often leases are renewed while sending; a third of [`LEASE`].
const RENEWAL: Duration = Duration::from_secs(6);
/// How long one hand-over may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// Claims mails that are due at `now`, sends them with no transaction open, and writes down what became of each. What this process leaves unsettled
/// when it dies is sent by another one after [`LEASE`].
pub async fn deliver_due(db: &Db, now: Instant, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    deliver_line(db, now, holder, sender, Line::Mails).await
}

/// [`deliver_due`] for what endpoints are told.
pub async fn deliver_notices(db: &Db, now: Instant, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    deliver_line(db, now, holder, sender, Line::Notices).await
}

async fn deliver_line(db: &Db, now: Instant, holder: &str, sender: &dyn Sender, line: Line) -> Result<Delivered> {
    // Asked in a read first: with nothing to do no writer has to wait.
    if !db.read(move |tx| Ok::<_, Error>(store::is_any_due(tx, now, line)?)).await? {
        return Ok(Delivered::default());
    }
    let owner = holder.to_owned();
    let mails = db.write(move |tx| store::claim(tx, now, &owner, line, BATCH as i64, None)).await?;
    deliver(db, mails, holder, sender).await
}

/// Sends one mail where it is due and nobody else has it: for a command that wants to see it leave.
pub async fn deliver_one(db: &Db, id: MailId, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    let owner = holder.to_owned();
    let mails = db
        .write(move |tx| {
            let now = tx.now();
            store::claim(tx, now, &owner, Line::Mails, 1, Some(id))
        })
        .await?;
    deliver(db, mails, holder, sender).await
}

/// How long a command waits for a server to begin with what it queued: a worker looks at least once a second (api.md, The command).
const NOTICE: Duration = Duration::from_secs(3);

/// Delivers everything that is due, unless a running server does so; `None` where one does. For commands that queue mail.
///
/// # Errors
/// Of the database; what was not taken waits.
pub async fn deliver_unless_served(db: &Db, holder: &str, sender: &dyn Sender) -> Result<Option<Delivered>> {
    let begun = tokio::time::Instant::now();
    loop {
        let now = db.clock().now();
        let (waits, served) =
            db.read(move |tx| Ok::<_, Error>((store::is_any_due(tx, now, Line::Mails)?, store::is_any_held(tx, now)?))).await?;
        if !waits || served {
            return Ok(None);
        }
        if begun.elapsed() >= NOTICE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut all = Delivered::default();
    loop {
        let some = deliver_due(db, db.clock().now(), holder, sender).await?;
        all = Delivered { claimed: all.claimed + some.claimed, taken: all.taken + some.taken, more: some.more };
        if !some.more {
            return Ok(Some(all));
        }
    }
}

async fn deliver(db: &Db, mails: Vec<Claimed>, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    let mut delivered = Delivered { claimed: mails.len(), taken: 0, more: mails.len() == BATCH };
    let mut unsettled: BTreeSet<_> = mails.iter().map(|mail| mail.id).collect();
    let sent = stream::iter(mails).map(|mail| async move {
        let outcome = tokio::time::timeout(SEND_TIMEOUT, sender.send(&mail)).await;
        (mail, outcome.unwrap_or_else(|_| Outcome::Later("the hand-over took too long".into())))
    });
    let sent = sent.buffer_unordered(SIDE_BY_SIDE).ready_chunks(SIDE_BY_SIDE);
    // What became of some is written down while others are on their way.
    let mut settled = sent.map(|chunk| written_down(db, holder, chunk)).buffer_unordered(SETTLING);
    let mut renewal = tokio::time::interval(RENEWAL);
    renewal.reset();
    loop {
        tokio::select! {
            chunk = settled.next() => {
                let Some(chunk) = chunk else { return Ok(delivered) };
                for (id, is_taken) in chunk? {
                    unsettled.remove(&id);
                    delivered.taken += usize::from(is_taken);
                }
            }
            _ = renewal.tick() => {
                let (holder, ids) = (holder.to_owned(), unsettled.iter().copied().collect::<Vec<_>>());
                db.write(move |tx| Ok::<_, Error>(store::renew(tx, &holder, &ids)?)).await?;
            }
        }
    }
}

/// Writes down what became of some mails; which were taken.
async fn written_down(db: &Db, holder: &str, chunk: Vec<(Claimed, Outcome)>) -> Result<Vec<(MailId, bool)>> {
    let which = chunk.iter().map(|(mail, outcome)| (mail.id, matches!(outcome, Outcome::Taken(_)))).collect();
    let holder = holder.to_owned();
    db.write(move |tx| settle(tx, &holder, &chunk)).await?;
    Ok(which)
}

fn settle(tx: &mut Write<'_>, holder: &str, chunk: &[(Claimed, Outcome)]) -> Result<()> {
    for (mail, outcome) in chunk {
        if !store::settle(tx, holder, mail, outcome)? {
            tracing::warn!(mail = %mail.id, "a lease ran out while its mail was being sent: it may arrive twice");
        }
    }
    Ok(())
}
