//! SQLite's one writer: a thread that takes whatever waits, one write after another, into one transaction, and answers all of them once
//! it is committed.
//!
//! Each write is a savepoint of its own, so that one that fails undoes nothing of its neighbours'. What waited while the disk was busy
//! with the last commit shares the next one, and no write waits for a thread to wake up: under load this is what sets the pace.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::tx::{self, Part};
use super::{AnyConnection, Db, DbError, Failure, Write};

/// Writes that share a commit, at most.
const MOST: usize = 64;
/// After this long no further write is taken in: whoever came first waits for the last.
const LONGEST: Duration = Duration::from_millis(10);

/// What is left to do for a write once the transaction that it is part of has ended: with nothing where it was committed, else why not.
type Settle = Box<dyn FnOnce(Option<DbError>) + Send>;

/// What a write did.
struct Done {
    /// Answers it.
    settle: Settle,
    /// Whether it is to be committed; one that failed has nothing to lose.
    counts: bool,
    /// Whether the transaction that it is part of can go on.
    goes_on: bool,
}

/// A write itself, with the connection it is made on or why there is none.
type Run = Box<dyn FnOnce(&Db, Result<&mut AnyConnection, DbError>) -> Done + Send>;

/// A write that waits for its turn.
struct Job {
    db: Db,
    run: Run,
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

    /// Runs `f` in its turn; it comes back with what it gave, to be tried again. `begin` is called when its turn has come. Nobody who has
    /// gone meanwhile is served.
    pub async fn write<T, E, F>(
        &self,
        db: &Db,
        mut f: F,
        begin: impl FnOnce() + Send + 'static,
    ) -> Result<(F, Result<T, E>), DbError>
    where
        T: Send + 'static,
        E: Failure,
        F: FnMut(&mut Write<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let run = move |db: &Db, connection: Result<&mut AnyConnection, DbError>| {
            begin();
            let (outcome, goes_on) = match connection {
                Err(error) => (Err(error.into()), true),
                Ok(_) if answer.is_closed() => (Err(DbError::Aborted.into()), true),
                Ok(connection) => match tx::part(db, connection, &mut f) {
                    Part::Done(value) => (Ok(value), true),
                    Part::Undone(error) => (Err(error), true),
                    Part::Broken(error) => (Err(error), false),
                },
            };
            let counts = outcome.is_ok();
            let settle = move |failed: Option<DbError>| {
                let outcome = outcome.and_then(|value| failed.map_or(Ok(value), |error| Err(error.into())));
                // Who does not wait any more needs no answer.
                drop(answer.send((f, outcome)));
            };
            Done { settle: Box::new(settle), counts, goes_on }
        };
        self.0.send(Job { db: db.clone(), run: Box::new(run) }).map_err(|_| DbError::Aborted)?;
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
        Err(error) => return ((first.run)(db, Err(error)).settle)(None),
    };
    let (begun, mut done, mut next) = (Instant::now(), Vec::new(), Some(first));
    let mut goes_on = true;
    while let Some(job) = next.take() {
        // One that panics was undone, and drops what it would have answered with.
        if let Ok(one) = catch_unwind(AssertUnwindSafe(|| (job.run)(db, Ok(&mut connection)))) {
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
    if failed.is_none() && done.iter().any(|one| one.counts) {
        db.bump_revision();
    }
    let is_lost = failed.is_some();
    for one in done {
        // One hears why; the others were not at fault, and are tried again.
        let why = if one.counts && is_lost { Some(failed.take().unwrap_or(DbError::Conflict)) } else { None };
        (one.settle)(why);
    }
}
