//! SQLite's one writer: a thread that takes whatever waits, one write after another, into one transaction, and answers all of them once
//! it is committed.
//!
//! Each write is a savepoint of its own, so that one that fails undoes nothing of its neighbours'. What waited while the disk was busy
//! with the last commit shares the next one, and no write waits for a thread to wake up: under load this is what sets the pace.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::kept::{Stopped, WritingElsewhere};
use super::tx::{self, Part};
use super::{AnyConnection, Db, DbError, Waiting};

/// Writes that share a commit, at most.
const MOST: usize = 64;
/// After this long no further write is taken in: whoever came first waits for the last.
const LONGEST: Duration = Duration::from_millis(10);

/// A write that waits for its turn, and comes back to be tried again.
struct Job {
    db: Db,
    writing: WritingElsewhere,
    /// Dropped when its turn has come.
    waiting: Option<Waiting>,
    answer: oneshot::Sender<(WritingElsewhere, Result<(), Stopped>)>,
}

impl Job {
    /// Does it as a part of the transaction that `connection` is in. Nobody who has gone meanwhile is served.
    fn part(mut self, db: &Db, connection: &mut AnyConnection) -> Done {
        self.waiting = None;
        let part = if self.answer.is_closed() {
            Part::Undone(DbError::Aborted.into())
        } else {
            tx::part(db, connection, &mut *self.writing)
        };
        let goes_on = !matches!(part, Part::Broken(_));
        let outcome = match part {
            Part::Done => Ok(()),
            Part::Undone(stopped) | Part::Broken(stopped) => Err(stopped),
        };
        Done { job: self, outcome, goes_on }
    }

    /// Answers whoever waits for it; who does not any more needs no answer.
    fn settle(self, outcome: Result<(), Stopped>) {
        drop(self.answer.send((self.writing, outcome)));
    }
}

/// What a write did.
struct Done {
    job: Job,
    outcome: Result<(), Stopped>,
    /// Whether the transaction that it is part of can go on.
    goes_on: bool,
}

/// The queue of the thread. It ends with the last [`Db`].
pub struct Writer(Sender<Job>);

impl Writer {
    /// Starts the thread.
    pub fn start() -> std::io::Result<Self> {
        let (sender, queue) = channel();
        std::thread::Builder::new().name("sqlite-writer".into()).spawn(move || serve(&queue))?;
        Ok(Self(sender))
    }

    /// Does `writing` in its turn; it comes back with how it ended, to be tried again. `waiting` is dropped when its turn has come.
    pub async fn write(
        &self,
        db: &Db,
        writing: WritingElsewhere,
        waiting: Option<Waiting>,
    ) -> Result<(WritingElsewhere, Result<(), Stopped>), DbError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job { db: db.clone(), writing, waiting, answer }).map_err(|_| DbError::Aborted)?;
        answered.await.map_err(|_| DbError::Aborted)
    }
}

fn serve(queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let db = first.db.clone();
        // A write that panics says so itself; those behind it must still be served.
        drop(catch_unwind(AssertUnwindSafe(|| together(&db, first, queue))));
    }
}

/// One transaction of `first` and whatever waits behind it.
fn together(db: &Db, first: Job, queue: &Receiver<Job>) {
    let mut connection = match tx::begun_write(db) {
        Ok(connection) => connection,
        Err(error) => return first.settle(Err(error.into())),
    };
    let (begun, mut done, mut next) = (Instant::now(), Vec::new(), Some(first));
    let mut goes_on = true;
    while let Some(job) = next.take() {
        // One that panics was undone, and drops what it would have answered with.
        if let Ok(one) = catch_unwind(AssertUnwindSafe(|| job.part(db, &mut connection))) {
            goes_on = one.goes_on;
            done.push(one);
        }
        if goes_on && done.len() < MOST && begun.elapsed() < LONGEST {
            next = queue.try_recv().ok();
        }
    }
    let mut failed = if goes_on {
        tx::commit(&mut connection).err()
    } else {
        tx::roll_back(&mut connection);
        Some(DbError::Conflict)
    };
    // Before the answers: whoever has one may need a connection of its own.
    drop(connection);
    if failed.is_none() && done.iter().any(|one| one.outcome.is_ok()) {
        db.bump_revision();
    }
    let is_lost = failed.is_some();
    for Done { job, outcome, .. } in done {
        // One hears why; the others were not at fault, and are tried again.
        let lost = |()| if is_lost { Err(failed.take().unwrap_or(DbError::Conflict).into()) } else { Ok(()) };
        job.settle(outcome.and_then(lost));
    }
}
