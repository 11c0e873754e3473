//! The worker inside every server: delivers mail, runs what falls due, keeps the gauges. Several may run on one database.

mod messenger;
mod postman;
mod store;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use tokio::sync::watch;

use crate::consultations;
use crate::db::{Db, Write};
use crate::error::{Error, Result};
use crate::groups;
use crate::http::idempotency;
use crate::http::metrics::{MailLabels, Metrics};
use crate::notifications;
use crate::outbox::{self, Delivered, Line, Sender, State};
use crate::people;
use crate::reminders;
use crate::supporters;
use crate::time::Instant;
use crate::views;
use crate::webhooks;

pub use messenger::Messenger;
pub use postman::Postman;

/// How long the worker rests between two rounds, unless told otherwise: mail that another process queued leaves within 2 s (api.md, The
/// command).
const REST: Duration = Duration::from_millis(500);
/// How often old idempotency keys are forgotten.
const FORGET_KEYS: TimeDelta = TimeDelta::minutes(10);
/// How often what is old is forgotten.
const FORGET_OLD: TimeDelta = TimeDelta::hours(1);
/// How often derogations that have run out are looked for.
const NOTE_EXPIRED: TimeDelta = TimeDelta::minutes(10);
/// How often endpoints that take nothing are looked for.
const LOOK_FOR_LOST: TimeDelta = TimeDelta::hours(1);
/// Forgets a batch of what is old; how much.
type Forgetter = fn(&mut Write<'_>) -> Result<usize>;
/// What forgets, and by what name it takes its turn (PRIVACY.md). Each takes a batch at a time, so that no write is long.
const FORGETTERS: [(&str, Forgetter); 6] = [
    ("forget old mails", outbox::forget_old),
    ("forget old notifications", notifications::forget_old),
    ("forget old sessions and accounts", people::forget_old),
    ("forget old applications and invitations", supporters::forget_old),
    ("forget old addresses of contributions", consultations::forget_old),
    ("forget old reminders", reminders::forget_old),
];
/// Rounds that are opened or closed at once, at most; what is left comes with the next round of the worker.
const ROUNDS: i64 = 50;
/// Batches of mails to audiences that are queued at once, at most.
const BATCHES: usize = 10;
/// How often mails are counted that wait or were given up.
const GAUGE: TimeDelta = TimeDelta::seconds(15);

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The mails.
    pub delivered: Delivered,
    /// How many consultation rounds were found open or closed by the clock, and written down as that.
    pub moved_consultations: usize,
    /// How many reminders were queued.
    pub reminded: usize,
    /// How many idempotency keys were forgotten; `None` where it was not this worker's turn.
    pub forgotten_keys: Option<usize>,
    /// How much was forgotten because its time was over: rows, accounts.
    pub forgotten: usize,
    /// The jobs that failed. Why is in the log.
    pub failed: Vec<&'static str>,
}

/// One server's worker.
pub struct Worker {
    db: Db,
    holder: String,
    sender: Option<Arc<dyn Sender>>,
    messenger: Option<Arc<dyn Sender>>,
    metrics: Option<Arc<Metrics>>,
    gauged: Option<Instant>,
    reminded: Option<i64>,
    rest: Duration,
}

impl Worker {
    /// A worker that holds its leases as `holder`, a name that no other worker has.
    pub fn new(db: Db, holder: impl Into<String>) -> Self {
        let holder = holder.into();
        Self { db, holder, sender: None, messenger: None, metrics: None, gauged: None, reminded: None, rest: REST }
    }

    /// Delivers mail through `sender`.
    #[must_use]
    pub fn sender(mut self, sender: Arc<dyn Sender>) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Tells endpoints through `messenger`.
    #[must_use]
    pub fn messenger(mut self, messenger: Arc<dyn Sender>) -> Self {
        self.messenger = Some(messenger);
        self
    }

    /// Keeps these gauges.
    #[must_use]
    pub fn metrics(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Rests this long between two rounds.
    #[must_use]
    pub fn rest(mut self, rest: Duration) -> Self {
        self.rest = rest;
        self
    }

    /// One round of everything but telling endpoints, as of `now`: mails, then every job. What fails stops nothing else.
    pub async fn tick(&mut self, now: Instant) -> Round {
        let mut round = Round::default();
        if let Some(sender) = &self.sender {
            let delivered = outbox::deliver_due(&self.db, &self.holder, sender.as_ref()).await;
            round.delivered = round.went("deliver mail", delivered);
        }
        self.do_jobs(now, &mut round).await;
        round
    }

    async fn do_jobs(&mut self, now: Instant, round: &mut Round) {
        let moved = self.keep_consultations(now).await;
        round.moved_consultations = round.went("open and close consultations", moved);
        let counted = self.count_closed().await;
        round.went("count closed consultations", counted);
        let told = self.tell_audiences().await;
        round.went("tell audiences", told);
        let reminded = self.remind(now).await;
        round.reminded = round.went("send reminders", reminded);
        let digested = self.send_digests(now).await;
        round.went("send digests", digested);
        let forgotten = self.in_turn("forget idempotency keys", FORGET_KEYS, now, idempotency::forget_old).await;
        round.forgotten_keys = round.went("forget idempotency keys", forgotten);
        for (name, job) in FORGETTERS {
            let forgotten = self.forget(name, now, job).await;
            round.forgotten += round.went(name, forgotten);
        }
        let noted = self.in_turn("note expired derogations", NOTE_EXPIRED, now, groups::tell_of_expired_derogations).await;
        round.went("note expired derogations", noted);
        let reported = self.report(now).await;
        round.went("queue readiness reports", reported);
        let lost = self.in_turn("give up on lost endpoints", LOOK_FOR_LOST, now, webhooks::give_up_on_the_lost).await;
        round.went("give up on lost endpoints", lost);
        let gauged = self.gauge(now).await;
        round.went("keep the gauges", gauged);
    }

    /// Delivers mails, tells endpoints and does the jobs, side by side, until `shutdown` resolves: no mail waits for a long job, nor a job for ten
    /// thousand mails. A round of jobs under way is finished first. Survives whatever a job does.
    pub async fn run(&mut self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let (sender, messenger) = (self.sender.clone(), self.messenger.clone());
        let (db, holder, rest) = (self.db.clone(), self.holder.clone(), self.rest);
        let deliver = async |line: Line, sender: Option<Arc<dyn Sender>>| {
            if let Some(sender) = sender
                && let Err(error) = outbox::keep_delivering(&db, &holder, sender.as_ref(), line, rest, stopped.clone()).await
            {
                tracing::error!(?line, %error, "what was claimed could not be given back, and waits for the end of its lease");
            }
        };
        let watching = async {
            shutdown.await;
            stop.send_replace(true);
        };
        tokio::join!(
            deliver(Line::Mails, sender),
            deliver(Line::Notices, messenger),
            self.keep_doing_jobs(stopped.clone()),
            watching
        );
    }

    async fn keep_doing_jobs(&mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            let now = self.db.clock().now();
            if AssertUnwindSafe(self.do_jobs(now, &mut Round::default())).catch_unwind().await.is_err() {
                tracing::error!("a job of the worker panicked");
            }
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(self.rest) => {}
            }
        }
    }

    /// Runs `job` if this worker is the one whose turn it is, at most once a period over all servers.
    async fn in_turn<T>(
        &self,
        name: &'static str,
        period: TimeDelta,
        now: Instant,
        job: fn(&mut Write<'_>) -> Result<T>,
    ) -> Result<Option<T>>
    where
        T: Send + 'static,
    {
        if !self.db.read(move |tx| Ok::<_, Error>(store::is_due(tx, name, now)?)).await? {
            return Ok(None);
        }
        let holder = self.holder.clone();
        self.db.write(move |tx| if store::take(tx, name, &holder, now, period)? { job(tx).map(Some) } else { Ok(None) }).await
    }

    /// Writes down what the clock has done to rounds, each in a write of its own: one that fails stops no other. Several servers may do so,
    /// for whoever comes second finds it done.
    async fn keep_consultations(&self, now: Instant) -> Result<usize> {
        let due = self.db.read(move |tx| consultations::due(tx, now, ROUNDS)).await?;
        let (mut moved, mut failed) = (0, None);
        for id in due {
            match self.db.write(move |tx| consultations::keep_time(tx, id)).await {
                Ok(()) => moved += 1,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(moved), Err)
    }

    /// Counts what came out of rounds that have closed.
    async fn count_closed(&self) -> Result<()> {
        for _ in 0..ROUNDS {
            if !consultations::count_next_closed_round(&self.db).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Queues what audiences of rounds are to be told, batch after batch, so that no write is long.
    async fn tell_audiences(&self) -> Result<()> {
        for _ in 0..BATCHES {
            let waits = self.db.read(|tx| consultations::is_any_announcement(tx)).await?;
            if !waits || !self.db.write(consultations::tell_audiences).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Queues the reminders that have come up, where a quarter of an hour has begun since it was last looked: it is 09:00 at no other time
    /// anywhere.
    async fn remind(&mut self, now: Instant) -> Result<usize> {
        let quarter = now.utc().timestamp().div_euclid(15 * 60);
        if self.reminded == Some(quarter) {
            return Ok(0);
        }
        let sent = reminders::send_due(&self.db, now).await?;
        self.reminded = Some(quarter);
        Ok(sent)
    }

    /// Queues the readiness reports that are due, a batch at a time. Asked first: a write makes every answer that is kept old.
    async fn report(&self, now: Instant) -> Result<()> {
        if self.db.read(move |tx| views::is_any_readiness_report_due(tx, now)).await? {
            self.db.write(views::queue_readiness_reports).await?;
        }
        Ok(())
    }

    /// Queues the digests that are due, batch after batch.
    async fn send_digests(&self, now: Instant) -> Result<()> {
        for _ in 0..BATCHES {
            let due = self.db.read(move |tx| notifications::is_any_digest_due(tx, now)).await?;
            if !due || !self.db.write(notifications::send_digests).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Runs a job that forgets, batch after batch until nothing is left, if it is this worker's turn; how much it forgot.
    async fn forget(&self, name: &'static str, now: Instant, job: Forgetter) -> Result<usize> {
        let Some(mut batch) = self.in_turn(name, FORGET_OLD, now, job).await? else { return Ok(0) };
        let mut forgotten = batch;
        while batch > 0 {
            batch = self.db.write(job).await?;
            forgotten += batch;
        }
        if forgotten > 0 {
            tracing::info!(job = name, forgotten, "forgot what its time was over for");
        }
        Ok(forgotten)
    }

    async fn gauge(&mut self, now: Instant) -> Result<()> {
        let Some(metrics) = &self.metrics else { return Ok(()) };
        let (used, idle) = self.db.connections();
        metrics.connections_used.set(used.into());
        metrics.connections_idle.set(idle.into());
        metrics.writers_waiting.set(i64::try_from(self.db.waiting_writers()).unwrap_or(i64::MAX));
        metrics.queries.set(i64::try_from(self.db.queries()).unwrap_or(i64::MAX));
        if self.gauged.is_some_and(|last| now < last.plus(GAUGE)) {
            return Ok(());
        }
        // What was sent is for `mail_attempts` to say: its rows are those of three months.
        const GAUGED: [State; 2] = [State::Queued, State::Dead];
        let counts = self.db.read(|tx| Ok::<_, Error>(outbox::counts(tx, &GAUGED)?)).await?;
        for state in GAUGED {
            let count = counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count);
            metrics.mails.get_or_create(&MailLabels { state: state.to_string() }).set(count);
        }
        self.gauged = Some(now);
        Ok(())
    }
}

impl Round {
    /// What a job gave; nothing, noted and logged, where it failed.
    fn went<T: Default>(&mut self, job: &'static str, outcome: Result<T>) -> T {
        outcome.unwrap_or_else(|error| {
            tracing::error!(job, error = %error, "a job of the worker failed and will be tried again");
            self.failed.push(job);
            T::default()
        })
    }
}
