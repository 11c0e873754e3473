//! Read and write transactions as values that stores take.

use std::any::{Any, TypeId};
use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::{Connection as _, QueryResult};

use super::kept::{Reading, Stopped, Writing};
use super::{AnyConnection, Db, DbError, Engine, pool};
use crate::ids::Id;
use crate::time::Instant;

pub(super) type Memo = HashMap<TypeId, (u64, Arc<dyn Any + Send + Sync>)>;
type Manager = <AnyConnection as diesel::Connection>::TransactionManager;

/// A read transaction: one state of the database, and the instant at which it was opened. Dereferences to its connection.
pub struct Read<'a> {
    connection: &'a mut AnyConnection,
    now: Instant,
    db: &'a Db,
    revision: u64,
}

impl Read<'_> {
    /// The instant at which the transaction was opened.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The revision that it reads, or an earlier one: what was made of it holds while [`Db::revision`] stands there.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What [`Db::extend`] gave to every transaction.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.db.extension()
    }

    /// What `load` gives, remembered until anything is written: for the few small things that every request needs.
    pub fn remembered<T, E>(&mut self, load: impl FnOnce(&mut AnyConnection) -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Send + Sync + 'static,
    {
        let key = TypeId::of::<T>();
        let known = self.db.0.memo.lock().ok().and_then(|memo| memo.get(&key).cloned());
        if let Some((revision, value)) = known
            && revision == self.revision
            && let Ok(value) = value.downcast::<T>()
        {
            return Ok(value);
        }
        let value = Arc::new(load(self.connection)?);
        if let Ok(mut memo) = self.db.0.memo.lock() {
            memo.insert(key, (self.revision, value.clone()));
        }
        Ok(value)
    }
}

impl Deref for Read<'_> {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        self.connection
    }
}

impl DerefMut for Read<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection
    }
}

type BeforeCommit = fn(&mut Write<'_>) -> QueryResult<()>;

/// A write transaction. Dereferences to its connection.
pub struct Write<'a> {
    connection: &'a mut AnyConnection,
    now: Instant,
    db: &'a Db,
    before_commit: VecDeque<BeforeCommit>,
    notes: HashMap<TypeId, Box<dyn Any>>,
}

impl Write<'_> {
    /// The instant read once the transaction was open; on SQLite its write lock is held by then.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// A new identifier.
    pub fn new_id<T>(&self) -> Id<T> {
        self.db.ids().next(self.now)
    }

    /// A new identifier that is related to nothing, neither to this instant nor to another id ([`Ids::unrelated`](crate::ids::Ids::unrelated)).
    pub fn unrelated_id<T>(&self) -> Id<T> {
        self.db.ids().unrelated()
    }

    /// The instant that the clock shows by now: for what must be judged once a lock is held that others may have made it wait for.
    pub fn clock(&self) -> Instant {
        self.db.clock().now()
    }

    /// What [`Db::extend`] gave to every transaction.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.db.extension()
    }

    /// Runs `step` as the last thing before the commit, once however often it is asked for, in the order of the first asking. A step may
    /// ask for others, also for one that has run already: it runs again.
    pub fn before_commit(&mut self, step: BeforeCommit) {
        if !self.before_commit.iter().any(|known| std::ptr::fn_addr_eq(*known, step)) {
            self.before_commit.push_back(step);
        }
    }

    /// [`Write::before_commit`], ahead of every step that waits by now: for what takes locks that come before theirs.
    pub fn first_before_commit(&mut self, step: BeforeCommit) {
        if !self.before_commit.iter().any(|known| std::ptr::fn_addr_eq(*known, step)) {
            self.before_commit.push_front(step);
        }
    }

    /// A note that lives as long as this attempt at the transaction: what a `before_commit` step works on.
    pub fn note<T: Default + 'static>(&mut self) -> &mut T {
        let note = self.notes.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        if !note.is::<T>() {
            *note = Box::new(T::default());
        }
        match note.downcast_mut::<T>() {
            Some(note) => note,
            None => unreachable!("keyed by its type"),
        }
    }

    /// Runs `f` in a savepoint: a failure inside undoes only what it did.
    pub fn savepoint<T>(&mut self, f: impl FnOnce(&mut AnyConnection) -> QueryResult<T>) -> QueryResult<T> {
        self.connection.transaction(f)
    }

    /// [`Write::savepoint`] for a statement that a unique index may refuse; `None` where it did.
    pub fn unless_taken<T>(&mut self, f: impl FnOnce(&mut AnyConnection) -> QueryResult<T>) -> QueryResult<Option<T>> {
        match self.savepoint(f) {
            Ok(done) => Ok(Some(done)),
            Err(error) if DbError::unique_violation(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Deref for Write<'_> {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        self.connection
    }
}

impl DerefMut for Write<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection
    }
}

/// Opens the transaction, on a fresh connection where the pooled one turns out to be dead.
fn begun(db: &Db, pool: &pool::Pool, usage: pool::Use) -> Result<r2d2::PooledConnection<pool::Manager>, DbError> {
    let mut attempts = pool.max_size() + 1;
    loop {
        let mut connection = pool.get()?;
        let begun = match (connection.engine(), usage) {
            (Engine::Sqlite(c), pool::Use::Read) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
            // A deferred transaction that reads first and writes later fails when another writer came between.
            (Engine::Sqlite(c), pool::Use::Write) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
            (Engine::Postgres(c), pool::Use::Read) => {
                AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            }
            (Engine::Postgres(c), pool::Use::Write) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        };
        match begun {
            Ok(()) => return Ok(connection),
            Err(error) => {
                attempts -= 1;
                if attempts == 0 || matches!(db.target(), super::Target::Sqlite(_)) {
                    return Err(error.into());
                }
                // Replacing the dead connection here keeps a restart of the database from failing one request a connection.
                if let Ok(fresh) = db.connect() {
                    *connection = fresh;
                }
            }
        }
    }
}

/// A transaction that reads.
pub(super) fn read(db: &Db, reading: Reading<'_>) -> Result<(), Stopped> {
    let revision = db.revision();
    let mut connection = begun(db, &db.0.readers, pool::Use::Read)?;
    let now = db.clock().now();
    let read = guarded(&mut connection, |connection| reading(&mut Read { connection, now, db, revision }));
    let ended = Manager::rollback_transaction(&mut *connection);
    read?;
    Ok(ended?)
}

/// A transaction that writes.
pub(super) fn write(db: &Db, writing: &mut Writing<'_>) -> Result<(), Stopped> {
    let mut connection = begun_write(db)?;
    match guarded(&mut connection, |connection| run(db, connection, writing)) {
        Ok(()) => Ok(commit(&mut connection)?),
        Err(stopped) => {
            roll_back(&mut connection);
            Err(stopped)
        }
    }
}

fn run(db: &Db, connection: &mut AnyConnection, writing: &mut Writing<'_>) -> Result<(), Stopped> {
    let now = db.clock().now();
    let mut tx = Write { connection, now, db, before_commit: VecDeque::new(), notes: HashMap::new() };
    writing(&mut tx)?;
    while let Some(step) = tx.before_commit.pop_front() {
        step(&mut tx)?;
    }
    Ok(())
}

/// Opens a transaction that writes.
pub(super) fn begun_write(db: &Db) -> Result<r2d2::PooledConnection<pool::Manager>, DbError> {
    begun(db, &db.0.writers, pool::Use::Write)
}

/// Ends a transaction for good.
pub(super) fn commit(connection: &mut AnyConnection) -> Result<(), DbError> {
    Ok(Manager::commit_transaction(connection)?)
}

/// Undoes a transaction, or the innermost savepoint. False where that failed, which leaves the connection broken: the pool drops it.
pub(super) fn roll_back(connection: &mut AnyConnection) -> bool {
    let undone = Manager::rollback_transaction(connection);
    if let Err(error) = &undone {
        tracing::warn!(%error, "a transaction could not be rolled back");
    }
    undone.is_ok()
}

/// What became of a write that is part of a transaction.
pub(super) enum Part {
    /// It is done, once that is committed.
    Done,
    /// It failed, and nothing is left of it.
    Undone(Stopped),
    /// It failed, and took the whole transaction with it.
    Broken(Stopped),
}

/// A write within a transaction that others take part in, as a savepoint. One that panics is undone before that goes on.
pub(super) fn part(db: &Db, connection: &mut AnyConnection, writing: &mut Writing<'_>) -> Part {
    if let Err(error) = Manager::begin_transaction(connection) {
        return Part::Broken(error.into());
    }
    let outcome = guarded(connection, |connection| run(db, connection, writing));
    match outcome.and_then(|()| Ok(Manager::commit_transaction(connection)?)) {
        Ok(()) => Part::Done,
        // A full disk ends the transaction whatever is asked of it (sqlite.org, Response To Errors Within A Transaction).
        Err(stopped) if roll_back(connection) => Part::Undone(stopped),
        Err(stopped) => Part::Broken(stopped),
    }
}

/// Runs `f`; a panic inside rolls the transaction back before it goes on, so that the connection returns clean.
fn guarded(connection: &mut AnyConnection, f: impl FnOnce(&mut AnyConnection) -> Result<(), Stopped>) -> Result<(), Stopped> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(connection))) {
        Ok(outcome) => outcome,
        Err(panic) => {
            drop(Manager::rollback_transaction(connection));
            std::panic::resume_unwind(panic)
        }
    }
}
