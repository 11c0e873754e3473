//! The hands of one process: what it has claimed, what is on its way, what is not written down yet.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{MissedTickBehavior, interval};

use super::super::rules::{Lane, Outcome};
use super::super::store::{self, Claims, Wanted};
use super::super::{Claimed, Delivered, DispatchId, Sender, WebhookId};
use super::Until;
use crate::db::Db;
use crate::error::{Error, Result};

/// Claimed at once.
const BATCH: usize = 128;
/// Sent side by side in a lane: a slow receiver costs a round trip a command (quality.md).
const SIDE_BY_SIDE: usize = 16;
/// Of these, to one endpoint: one that is slow to answer leaves most hands free for the others.
const TO_ONE_ENDPOINT: usize = 4;
/// How often leases are renewed while sending; a third of [`super::super::LEASE`].
const RENEWAL: Duration = Duration::from_secs(6);
/// How long one hand-over may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// For how long it is tried to write down what became of mails, and how often, where the database is away: what is not written down is sent again.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_secs(1);

type Sent = (Claimed, Outcome);

/// What one process holds of the outbox.
pub struct Hands<'a> {
    db: &'a Db,
    holder: &'a str,
    sender: &'a dyn Sender,
    /// Claimed and not on its way.
    waiting: VecDeque<Claimed>,
    /// At most one.
    claiming: FuturesUnordered<BoxFuture<'a, Result<Option<Claims>>>>,
    sending: FuturesUnordered<BoxFuture<'a, Sent>>,
    /// How many are on their way to an endpoint.
    to_endpoint: HashMap<WebhookId, usize>,
    /// Not written down yet.
    sent: Vec<Sent>,
    /// At most one: what is sent meanwhile shares the next, so that a slow disk makes these writes larger and keeps nothing waiting.
    settling: FuturesUnordered<BoxFuture<'a, (Vec<DispatchId>, Result<usize>)>>,
    /// Everything whose lease is to be renewed.
    held: BTreeSet<DispatchId>,
    delivered: Delivered,
}

impl<'a> Hands<'a> {
    /// Empty ones.
    pub fn new(db: &'a Db, holder: &'a str, sender: &'a dyn Sender) -> Self {
        Self {
            db,
            holder,
            sender,
            waiting: VecDeque::new(),
            claiming: FuturesUnordered::new(),
            sending: FuturesUnordered::new(),
            to_endpoint: HashMap::new(),
            sent: Vec::new(),
            settling: FuturesUnordered::new(),
            held: BTreeSet::new(),
            delivered: Delivered::default(),
        }
    }

    /// Sends one mail, where it is due and free.
    pub async fn send_one(mut self, id: DispatchId) -> Result<Delivered> {
        if let Some(claims) = self.claim(Wanted::one(id)).await? {
            self.take(claims);
        }
        self.work(Lane::Mails, Until::NoneIsDue, false).await
    }

    /// Claims, sends and writes down. Whatever takes long holds up nothing else.
    ///
    /// # Errors
    /// Of the database, once everything else is done; where it goes on until it is stopped, they are logged and it is tried again.
    pub async fn deliver(self, lane: Lane, until: Until) -> Result<Delivered> {
        self.work(lane, until, true).await
    }

    /// `is_more`: whether there may be more to claim.
    async fn work(mut self, lane: Lane, mut until: Until, mut is_more: bool) -> Result<Delivered> {
        let (mut renewal, mut look) = (interval(RENEWAL), interval(until.rest()));
        renewal.reset();
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut stops, mut failure) = (false, None);
        loop {
            if is_more && !stops && self.claiming.is_empty() && self.fit() < SIDE_BY_SIDE {
                self.claiming.push(self.claim(Wanted::due(lane, BATCH, self.endpoints_waiting())).boxed());
            }
            if !stops {
                self.send_what_fits();
            }
            self.write_down();
            let is_idle = self.claiming.is_empty() && self.sending.is_empty() && self.settling.is_empty();
            if is_idle && (stops || !until.goes_on()) {
                break;
            }
            tokio::select! {
                Some(claims) = self.claiming.next() => match claims {
                    Ok(Some(claims)) => {
                        is_more = claims.is_full;
                        self.take(claims);
                    }
                    Ok(None) => is_more = false,
                    Err(error) => {
                        is_more = false;
                        self.failed(error, &mut failure, &until);
                    }
                },
                Some(one) = self.sending.next() => self.arrived(one),
                Some((ids, taken)) = self.settling.next() => {
                    for id in ids {
                        self.held.remove(&id);
                    }
                    match taken {
                        Ok(taken) => self.delivered.taken += taken,
                        Err(error) => self.failed(error, &mut failure, &until),
                    }
                }
                _ = renewal.tick(), if !self.held.is_empty() => self.renew().await,
                _ = look.tick(), if until.goes_on() && !is_more => is_more = true,
                () = until.stopped(), if !stops => {
                    stops = true;
                    if lane == Lane::Notices {
                        self.sending.clear();
                    }
                }
            }
        }
        self.give_back().await?;
        failure.map_or(Ok(self.delivered), Err)
    }

    fn failed(&self, error: Error, failure: &mut Option<Error>, until: &Until) {
        if until.goes_on() {
            tracing::error!(%error, "the outbox could not be read or written, and will be again");
        } else {
            *failure = Some(error);
        }
    }

    /// A claim that goes on while others are sent; nothing where nothing is due. Asked in a read first: with nothing to do no writer has to wait.
    fn claim(&self, wanted: Wanted) -> impl Future<Output = Result<Option<Claims>>> + use<'a> {
        let (db, holder) = (self.db, self.holder.to_owned());
        async move {
            let (now, asked) = (db.clock().now(), wanted.clone());
            if db.read(move |tx| Ok::<_, Error>(store::first_due(tx, now, &asked)?)).await?.is_none() {
                return Ok(None);
            }
            db.write(move |tx| store::claim(tx, &holder, &wanted)).await.map(Some)
        }
    }

    fn take(&mut self, claims: Claims) {
        self.delivered.claimed += claims.mails.len();
        self.held.extend(claims.mails.iter().map(|mail| mail.id));
        self.waiting.extend(claims.mails);
    }

    fn has_room(&self, mail: &Claimed) -> bool {
        mail.webhook.is_none_or(|endpoint| self.to_endpoint.get(&endpoint).copied().unwrap_or_default() < TO_ONE_ENDPOINT)
    }

    /// How many wait that could be sent if there were hands.
    fn fit(&self) -> usize {
        self.waiting.iter().filter(|mail| self.has_room(mail)).count()
    }

    /// Endpoints of which enough is claimed.
    fn endpoints_waiting(&self) -> Vec<WebhookId> {
        self.waiting.iter().filter_map(|mail| mail.webhook).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn send_what_fits(&mut self) {
        while self.sending.len() < SIDE_BY_SIDE
            && let Some(at) = self.waiting.iter().position(|mail| self.has_room(mail))
            && let Some(mail) = self.waiting.remove(at)
        {
            if let Some(endpoint) = mail.webhook {
                *self.to_endpoint.entry(endpoint).or_default() += 1;
            }
            self.sending.push(send(mail, self.sender).boxed());
        }
    }

    fn arrived(&mut self, (mail, outcome): Sent) {
        if let Some(count) = mail.webhook.and_then(|endpoint| self.to_endpoint.get_mut(&endpoint)) {
            *count -= 1;
        }
        self.sent.push((mail, outcome));
    }

    fn write_down(&mut self) {
        if self.settling.is_empty() && !self.sent.is_empty() {
            self.settling.push(written_down(self.db, self.holder, std::mem::take(&mut self.sent)).boxed());
        }
    }

    /// A renewal that fails is followed by another before the lease is over.
    async fn renew(&self) {
        let (holder, ids) = (self.holder.to_owned(), self.held.iter().copied().collect::<Vec<_>>());
        if let Err(error) = self.db.write(move |tx| Ok::<_, Error>(store::renew(tx, &holder, &ids)?)).await {
            tracing::warn!(%error, "the leases of mails could not be renewed");
        }
    }

    /// Gives up the claims on what is not on its way, as if they had never been made.
    async fn give_back(&mut self) -> Result<()> {
        let (holder, ids) = (self.holder.to_owned(), self.waiting.drain(..).map(|mail| mail.id).collect::<Vec<_>>());
        if ids.is_empty() {
            return Ok(());
        }
        self.db.write(move |tx| Ok(store::give_back(tx, &holder, &ids)?)).await
    }
}

/// Hands one over. Whatever goes wrong is about this one only.
async fn send(mail: Claimed, sender: &dyn Sender) -> Sent {
    let sent = tokio::time::timeout(SEND_TIMEOUT, AssertUnwindSafe(async { sender.send(&mail).await }).catch_unwind()).await;
    let outcome = match sent {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Outcome::Later("a fault of the program, which is in its log".into()),
        Err(_) => Outcome::Later("the hand-over took too long".into()),
    };
    (mail, outcome)
}

/// Writes down what became of some, in the order in which leases are renewed, so that the two wait for each other at most one way; how many were taken.
async fn written_down(db: &Db, holder: &str, mut some: Vec<Sent>) -> (Vec<DispatchId>, Result<usize>) {
    some.sort_by_key(|(mail, _)| mail.id);
    let ids = some.iter().map(|(mail, _)| mail.id).collect();
    let taken = some.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Taken(_))).count();
    let (some, begun) = (Arc::new(some), tokio::time::Instant::now());
    loop {
        let (some, holder) = (some.clone(), holder.to_owned());
        let written = db.write(move |tx| {
            for (mail, outcome) in some.iter() {
                if !store::settle(tx, &holder, mail, outcome)? {
                    tracing::warn!(mail = %mail.id, "a lease ran out while its mail was being sent: it may arrive twice");
                }
            }
            Ok::<_, Error>(())
        });
        match written.await {
            Ok(()) => return (ids, Ok(taken)),
            Err(error) if begun.elapsed() > PATIENCE => return (ids, Err(error)),
            Err(error) => {
                tracing::warn!(%error, "what became of mails could not be written down; it is tried again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

impl Until {
    fn goes_on(&self) -> bool {
        matches!(self, Self::Stopped(..))
    }

    fn rest(&self) -> Duration {
        match self {
            Self::NoneIsDue => RENEWAL,
            Self::Stopped(_, rest) => *rest,
        }
    }

    /// Resolves when it is stopped; never where it ends by itself.
    async fn stopped(&mut self) {
        match self {
            Self::NoneIsDue => std::future::pending().await,
            // A sender that is gone says stop, too.
            Self::Stopped(stopped, _) => drop(stopped.wait_for(|stopped| *stopped).await),
        }
    }
}
