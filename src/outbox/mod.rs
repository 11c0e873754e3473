//! The outbox: every mail is a row written in the transaction that caused it, and leaves from here (domain.md, The Forum cycle and its
//! mails; ARCHITECTURE.md, Mail).

mod acts;
mod delivery;
mod leaving;
mod pages;
mod routes;
mod rules;
mod store;
mod suppressions;

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::db::Write;
use crate::error::Result;
use crate::http::Route;
use crate::ids::Id;
use crate::policy::PersonId;
use crate::time::Instant;

pub use acts::{Act, Asked, Purpose, Redeemed, TokenBody, TokenKey, invalid_token, token_hash};
pub use delivery::{Handled, deliver_due, deliver_notices, deliver_one, deliver_unless_served, keep_delivering};
pub use leaving::{LeaveToken, Left};
pub use routes::Queue;
pub use rules::{ATTEMPTS, LEASE, Lane, Outcome, State};
pub use store::suppressions::lift as lift_suppression;
pub use store::{
    Deaths, DispatchRow, ask, ask_nobody, count_deliveries, counts, deaths, deliveries, drop_notices, drop_unwanted, enqueue,
    export, forget_about, forget_acts, forget_old, forget_person, hand_out, look, mail, may_leave, newest, notify, redeem, void,
};

/// Marks the id of a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DispatchMark {}
/// The identifier of a dispatch, which is a mail or a notice: a row of the outbox.
pub type DispatchId = Id<DispatchMark>;

/// Marks the id of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WebhookMark {}
/// The identifier of an endpoint outside that is told of what happens.
pub type WebhookId = Id<WebhookMark>;

/// A notice: what an endpoint is told. A row of the outbox as a mail is; no view of mails has it.
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

/// A dispatch that this process holds and nobody else sends. A notice has an endpoint, and nothing of what only a mail has.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// Its id, of which its Message-ID is made: a repeat after a crash can be recognised.
    pub id: DispatchId,
    /// Which mail it is, or what happened.
    pub kind: String,
    /// The person it goes to.
    pub person: Option<PersonId>,
    /// The address it goes to; empty for a notice.
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
    /// The endpoint that is told, where it is a notice.
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
pub fn resend(tx: &mut Write<'_>, id: DispatchId) -> Result<()> {
    routes::resend_recorded(tx, id, &|_| Ok(()))
}

/// What takes dispatches out of the house: mails or notices.
pub trait Sender: Send + Sync {
    /// Hands one over. No transaction is open meanwhile; it is broken off after a minute.
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
}

/// What was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Dispatches claimed.
    pub claimed: usize,
    /// Of these, those that were taken.
    pub taken: usize,
}
