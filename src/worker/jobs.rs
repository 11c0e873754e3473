//! What a worker does beside delivering: one table of jobs, and the jobs.

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Worker, store};
use crate::db::{Read, Write};
use crate::error::{Error, Result};
use crate::http::idempotency;
use crate::http::metrics::MailLabels;
use crate::outbox::{self, State};
use crate::time::Instant;
use crate::{consultations, groups, notifications, people, reminders, supporters, views, webhooks};

/// A job.
pub struct Job {
    /// Its name: in the log, and of its lease where it takes turns.
    pub name: &'static str,
    how: How,
}

/// How often a job is done, by whom, and what it is; each gives how much it did.
enum How {
    /// In every round of every server, in transactions of its own: however many do so at once, each thing is done once.
    EachRound(for<'a> fn(&'a mut Worker, Instant) -> BoxFuture<'a, Result<usize>>),
    /// Once in so long, by one of the servers, in one write.
    Once(TimeDelta, fn(&mut Write<'_>) -> Result<usize>),
    /// Once in so long, by one of the servers, a batch a write until nothing is left.
    Batches(TimeDelta, fn(&mut Write<'_>) -> Result<usize>),
}

use How::{Batches, EachRound, Once};

const fn job(name: &'static str, how: How) -> Job {
    Job { name, how }
}

const HOUR: TimeDelta = TimeDelta::hours(1);
const TEN_MINUTES: TimeDelta = TimeDelta::minutes(10);

/// Every job, in the order in which they are done. Those that forget keep what PRIVACY.md promises.
pub const JOBS: &[Job] = &[
    job("open and close consultations", EachRound(|worker, now| worker.keep_consultations(now).boxed())),
    job("count closed consultations", EachRound(|worker, _| worker.count_closed().boxed())),
    job("tell audiences", EachRound(|worker, now| worker.tell_audiences(now).boxed())),
    job("send reminders", EachRound(|worker, now| worker.remind(now).boxed())),
    job("send digests", EachRound(|worker, now| worker.send_digests(now).boxed())),
    job("forget idempotency keys", Once(TEN_MINUTES, idempotency::forget_old)),
    job("forget old mails", Batches(HOUR, outbox::forget_old)),
    job("forget old notifications", Batches(HOUR, notifications::forget_old)),
    job("forget old sessions and accounts", Batches(HOUR, people::forget_old)),
    job("forget old applications and invitations", Batches(HOUR, supporters::forget_old)),
    job("forget old addresses of contributions", Batches(HOUR, consultations::forget_old)),
    job("forget old reminders", Batches(HOUR, reminders::forget_old)),
    job("note expired derogations", Once(TEN_MINUTES, groups::tell_of_expired_derogations)),
    job("queue readiness reports", EachRound(|worker, now| worker.report(now).boxed())),
    job("give up on lost endpoints", Once(HOUR, webhooks::give_up_on_the_lost)),
    job("keep the gauges", EachRound(|worker, now| worker.gauge(now).boxed())),
];

/// Rounds that are opened or closed, or counted, at once, at most; what is left comes with the next round of the worker.
const ROUNDS: usize = 50;
/// Batches of mails to audiences, or of digests, that are queued at once, at most.
const BATCHES: usize = 10;
/// How often mails are counted that wait or were given up.
const GAUGE: TimeDelta = TimeDelta::seconds(15);

impl Worker {
    /// Does a job; how much that was, `None` where it was not this worker's turn.
    pub(super) async fn run_job(&mut self, job: &'static Job, now: Instant) -> Result<Option<usize>> {
        match job.how {
            EachRound(work) => work(self, now).await.map(Some),
            Once(period, work) => self.in_turn(job.name, period, now, work).await,
            Batches(period, work) => {
                let Some(mut batch) = self.in_turn(job.name, period, now, work).await? else { return Ok(None) };
                let mut all = batch;
                while batch > 0 {
                    batch = self.db.write(work).await?;
                    all += batch;
                }
                if all > 0 {
                    tracing::info!(job = job.name, rows = all, "a job of the worker is done");
                }
                Ok(Some(all))
            }
        }
    }

    /// Runs `work` if this worker is the one whose turn it is, at most once a period over all servers.
    async fn in_turn(
        &self,
        name: &'static str,
        period: TimeDelta,
        now: Instant,
        work: fn(&mut Write<'_>) -> Result<usize>,
    ) -> Result<Option<usize>> {
        if !self.db.read(move |tx| Ok::<_, Error>(store::is_due(tx, name, now)?)).await? {
            return Ok(None);
        }
        let holder = self.holder.clone();
        self.db.write(move |tx| if store::take(tx, name, &holder, now, period)? { work(tx).map(Some) } else { Ok(None) }).await
    }

    /// Writes down what the clock has done to rounds, each in a write of its own: one that fails stops no other. Several servers may do so,
    /// for whoever comes second finds it done.
    async fn keep_consultations(&self, now: Instant) -> Result<usize> {
        let due = self.db.read(move |tx| consultations::due(tx, now, ROUNDS as i64)).await?;
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
    async fn count_closed(&self) -> Result<usize> {
        for counted in 0..ROUNDS {
            if !consultations::count_next_closed_round(&self.db).await? {
                return Ok(counted);
            }
        }
        Ok(ROUNDS)
    }

    /// Queues what audiences of rounds are to be told, batch after batch, so that no write is long.
    async fn tell_audiences(&self, now: Instant) -> Result<usize> {
        self.batches(|tx, _| consultations::is_any_announcement(tx), consultations::tell_audiences, now).await
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
    async fn report(&self, now: Instant) -> Result<usize> {
        let due = self.db.read(move |tx| views::is_any_readiness_report_due(tx, now)).await?;
        if due {
            self.db.write(views::queue_readiness_reports).await?;
        }
        Ok(usize::from(due))
    }

    /// Queues the digests that are due, batch after batch.
    async fn send_digests(&self, now: Instant) -> Result<usize> {
        self.batches(|tx, now| notifications::is_any_digest_due(tx, now), notifications::send_digests, now).await
    }

    /// Does a batch while any is due and there may be more; how many. Asked first, in a read.
    async fn batches(
        &self,
        is_due: fn(&mut Read<'_>, Instant) -> Result<bool>,
        batch: fn(&mut Write<'_>) -> Result<bool>,
        now: Instant,
    ) -> Result<usize> {
        for done in 0..BATCHES {
            if !self.db.read(move |tx| is_due(tx, now)).await? {
                return Ok(done);
            }
            if !self.db.write(batch).await? {
                return Ok(done + 1);
            }
        }
        Ok(BATCHES)
    }

    /// Keeps the gauges: what costs nothing in each round, what is counted in the database less often.
    async fn gauge(&mut self, now: Instant) -> Result<usize> {
        let Some(metrics) = &self.metrics else { return Ok(0) };
        let (used, idle) = self.db.connections();
        metrics.connections_used.set(used.into());
        metrics.connections_idle.set(idle.into());
        metrics.writers_waiting.set(i64::try_from(self.db.waiting_writers()).unwrap_or(i64::MAX));
        metrics.queries.set(i64::try_from(self.db.queries()).unwrap_or(i64::MAX));
        if self.gauged.is_some_and(|last| now < last.plus(GAUGE)) {
            return Ok(0);
        }
        // What was sent is for `mail_attempts` to say: its rows are those of three months.
        const GAUGED: [State; 2] = [State::Queued, State::Dead];
        let counts = self.db.read(|tx| Ok::<_, Error>(outbox::counts(tx, &GAUGED)?)).await?;
        for state in GAUGED {
            let count = counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count);
            metrics.mails.get_or_create(&MailLabels { state: state.to_string() }).set(count);
        }
        self.gauged = Some(now);
        Ok(counts.len())
    }
}
