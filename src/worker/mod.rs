//! The worker inside every server: delivers mail, runs what falls due, keeps the gauges. Several may run on one database.

mod jobs;
mod messenger;
mod postman;
mod store;

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;

use crate::db::Db;
use crate::error::Error;
use crate::http::metrics::Metrics;
use crate::outbox::{self, Delivered, Lane, Sender};
use crate::time::Instant;

pub use messenger::Messenger;
pub use postman::Postman;

/// How long the worker rests between two rounds, unless told otherwise: mail that another process queued leaves within 2 s (api.md, The
/// command).
const REST: Duration = Duration::from_millis(500);

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The mails.
    pub delivered: Delivered,
    /// What the jobs did whose turn it was, by name: rounds, reminders, rows, as each counts.
    pub done: BTreeMap<&'static str, usize>,
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
            match outbox::deliver_due(&self.db, &self.holder, sender.as_ref()).await {
                Ok(delivered) => round.delivered = delivered,
                Err(error) => round.failed("deliver mail", &error),
            }
        }
        self.do_jobs(now, &mut round).await;
        round
    }

    async fn do_jobs(&mut self, now: Instant, round: &mut Round) {
        for job in jobs::JOBS {
            match self.run_job(job, now).await {
                Ok(Some(count)) => *round.done.entry(job.name).or_default() += count,
                Ok(None) => {}
                Err(error) => round.failed(job.name, &error),
            }
        }
    }

    /// Delivers mails, tells endpoints and does the jobs, side by side, until `shutdown` resolves: no mail waits for a long job, nor a job for ten
    /// thousand mails. A round of jobs under way is finished first. Survives whatever a job does.
    pub async fn run(&mut self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let (sender, messenger) = (self.sender.clone(), self.messenger.clone());
        let (db, holder, rest) = (self.db.clone(), self.holder.clone(), self.rest);
        let deliver = async |lane: Lane, sender: Option<Arc<dyn Sender>>| {
            if let Some(sender) = sender
                && let Err(error) = outbox::keep_delivering(&db, &holder, sender.as_ref(), lane, rest, stopped.clone()).await
            {
                tracing::error!(?lane, %error, "what was claimed could not be given back, and waits for the end of its lease");
            }
        };
        let watching = async {
            shutdown.await;
            stop.send_replace(true);
        };
        tokio::join!(
            deliver(Lane::Awaited, sender.clone()),
            deliver(Lane::Mails, sender),
            deliver(Lane::Notices, messenger),
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
}

impl Round {
    fn failed(&mut self, job: &'static str, error: &Error) {
        tracing::error!(job, %error, "a job of the worker failed and will be tried again");
        self.failed.push(job);
    }
}
