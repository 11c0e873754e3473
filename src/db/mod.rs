//! The database: SQLite or PostgreSQL behind one connection type, read and write transactions, and the revision that caches go by.
//!
//! The only module that names a backend. A transaction is a closure: [`Db::read`] and [`Db::write`] hop to a blocking thread, open a
//! transaction, run it, and commit. The closure never sees the pool, so a transaction inside a transaction does not type-check.

mod any;
mod any_of;
mod bulk;
mod kept;
mod keyset;
mod lock;
mod migrate;
mod pool;
pub mod search;
mod tx;
mod watch;
mod writer;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use diesel::{QueryResult, RunQueryDsl};
use tokio::sync::Semaphore;

pub use any::{AnyConnection, Backend, Engine};
pub use any_of::{AnyOf, any_of};
pub use keyset::{Key, Keyset, OrderBy};
pub use migrate::{MigrationState, MigrationStatus};
pub use pool::{ConnectError, Options, Tap, Target};
pub use tx::{Read, Write};
pub use watch::Watch;

use crate::ids::Ids;
use crate::time::Clock;
use kept::{Kept, ReadingElsewhere, Stopped, Writing, WritingElsewhere};
use writer::Writer;

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement was refused.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// No connection could be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// No connection could be had in time.
    #[error("no database connection: {0}")]
    Pool(#[from] r2d2::Error),
    /// Somebody else changed a row between its reading and its writing.
    #[error("a row was changed meanwhile")]
    Conflict,
    /// Too many writers wait already.
    #[error("too many writes are waiting")]
    Busy,
    /// The blocking thread died.
    #[error("the transaction was aborted")]
    Aborted,
    /// Schema and binary do not fit.
    #[error("{0}")]
    Migration(String),
}

impl DbError {
    /// Whether trying again may help: serialization failures, deadlocks, a row changed meanwhile, a connection that went away.
    pub fn is_transient(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match self {
            Self::Query(Error::DatabaseError(Kind::SerializationFailure | Kind::ClosedConnection, _)) => true,
            // What a new row refers to was taken away since it was read (a merge): the repeated transaction sees that.
            Self::Query(Error::DatabaseError(Kind::ForeignKeyViolation, _)) => true,
            Self::Query(error) => Self::says(error, &["deadlock detected", "database is locked"]),
            Self::Conflict => true,
            _ => false,
        }
    }

    /// Whether the database gave up waiting: somebody else holds a lock, or it has too much to do. Later it may work.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy | Self::Conflict | Self::Pool(_) | Self::Connect(_) => true,
            Self::Query(error) => Self::lock_timeout(error) || Self::says(error, &["statement timeout", "database is locked"]),
            Self::Aborted | Self::Migration(_) => false,
        }
    }

    /// Whether a lock that somebody else holds was not given up in time (PostgreSQL's `lock_timeout`).
    pub fn lock_timeout(error: &diesel::result::Error) -> bool {
        Self::says(error, &["lock timeout"])
    }

    /// Whether another process holds SQLite's file.
    fn is_locked(error: &diesel::result::Error) -> bool {
        Self::says(error, &["database is locked"])
    }

    /// Of errors for which diesel has no kind of its own, the database's text is all there is; it is the same in every version.
    fn says(error: &diesel::result::Error, texts: &[&str]) -> bool {
        matches!(error, diesel::result::Error::DatabaseError(_, info) if texts.iter().any(|text| info.message().contains(text)))
    }

    /// Whether a row is still referred to.
    pub fn foreign_key_violation(error: &diesel::result::Error) -> bool {
        matches!(error, diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::ForeignKeyViolation, _))
    }

    /// Whether a unique index refused a row.
    pub fn unique_violation(error: &diesel::result::Error) -> bool {
        matches!(error, diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _))
    }
}

/// What the closure of a transaction may fail with: anything that a [`DbError`] can become and be seen in.
pub trait Failure: From<DbError> + Send + 'static {
    /// The database error inside, where it is one.
    fn as_db(&self) -> Option<&DbError>;
}

impl Failure for DbError {
    fn as_db(&self) -> Option<&DbError> {
        Some(self)
    }
}

/// How long [`Db::is_ready`] waits for a connection.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// How often a write is tried before a serialization failure, a deadlock or a row changed meanwhile is given up on.
const WRITE_ATTEMPTS: u32 = 10;

/// The database of this process. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    target: Target,
    options: Options,
    readers: pool::Pool,
    writers: pool::Pool,
    /// Of SQLite.
    writer: Option<Writer>,
    write_slots: Semaphore,
    max_writers: usize,
    waiting_writers: AtomicUsize,
    clock: Clock,
    ids: Ids,
    revision: AtomicU64,
    queries: Arc<AtomicI64>,
    memo: Mutex<tx::Memo>,
    extensions: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Db {
    /// Opens the pools; connects at first use. SQLite's file and its directory are created.
    pub fn open(target: Target, options: Options, clock: Clock, ids: Ids) -> Result<Self, ConnectError> {
        let queries = Arc::new(AtomicI64::new(0));
        let (readers, writers, slots) = pool::open(&target, &options, &queries)?;
        let writer = matches!(target, Target::Sqlite(_)).then(Writer::start).transpose();
        let writer = writer.map_err(|error| ConnectError::Refused(format!("cannot start the writer: {error}")))?;
        Ok(Self(Arc::new(Inner {
            writer,
            target,
            options,
            readers,
            writers,
            write_slots: Semaphore::new(slots),
            max_writers: slots,
            waiting_writers: AtomicUsize::new(0),
            clock,
            ids,
            revision: AtomicU64::new(1),
            queries,
            memo: Mutex::new(HashMap::new()),
            extensions: RwLock::default(),
        })))
    }

    /// Gives every write transaction of this process something of a higher layer's, by its type ([`Write::extension`]).
    pub fn extend<T: Send + Sync + 'static>(&self, extension: T) {
        if let Ok(mut extensions) = self.0.extensions.write() {
            extensions.insert(TypeId::of::<T>(), Arc::new(extension));
        }
    }

    fn extension<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let found = self.0.extensions.read().ok()?.get(&TypeId::of::<T>()).cloned()?;
        found.downcast().ok()
    }

    /// The clock that transactions read.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Where ids come from.
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// Which database this is.
    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// Rises with every committed write that this process did or noticed. A cached answer is valid while it stands still.
    pub fn revision(&self) -> u64 {
        self.0.revision.load(Ordering::Acquire)
    }

    /// Says that somebody else wrote: whatever is remembered is forgotten.
    pub fn bump_revision(&self) {
        self.0.revision.fetch_add(1, Ordering::AcqRel);
    }

    /// How many statements this process has sent, transaction control left out.
    pub fn queries(&self) -> u64 {
        u64::try_from(self.0.queries.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Connections in use and idle, readers and writers together.
    pub fn connections(&self) -> (u32, u32) {
        // On PostgreSQL both are one pool.
        let pools = if matches!(self.0.target, Target::Sqlite(_)) { 2 } else { 1 };
        let states: Vec<_> = [&self.0.readers, &self.0.writers].into_iter().take(pools).map(|pool| pool.state()).collect();
        let idle = states.iter().map(|state| state.idle_connections).sum();
        (states.iter().map(|state| state.connections).sum::<u32>().saturating_sub(idle), idle)
    }

    /// Writers that wait for their turn.
    pub fn waiting_writers(&self) -> usize {
        self.0.waiting_writers.load(Ordering::Relaxed)
    }

    /// A read transaction on a blocking thread: every statement in it sees the same state.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        F: FnOnce(&mut Read<'_>) -> Result<T, E> + Send + 'static,
    {
        let kept = Kept::new();
        let keeps = kept.again();
        kept.after(self.read_elsewhere(Box::new(move |tx| keeps.keep(f(tx)))).await)
    }

    async fn read_elsewhere(&self, reading: ReadingElsewhere) -> Result<(), Stopped> {
        let db = self.clone();
        tokio::task::spawn_blocking(move || tx::read(&db, reading)).await.unwrap_or_else(|_| Err(DbError::Aborted.into()))
    }

    /// A write transaction on another thread; it is committed when this answers. The closure is repeated from the start after a serialization failure, a
    /// deadlock or a [`DbError::Conflict`], so it has no effect outside the transaction. Refused with [`DbError::Busy`] when too many wait.
    pub async fn write<T, E, F>(&self, mut f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        F: FnMut(&mut Write<'_>) -> Result<T, E> + Send + 'static,
    {
        let kept = Kept::new();
        let keeps = kept.again();
        kept.after(self.write_elsewhere(Box::new(move |tx| keeps.keep(f(tx)))).await)
    }

    async fn write_elsewhere(&self, mut writing: WritingElsewhere) -> Result<(), Stopped> {
        let waiting = Waiting::of(self)?;
        let Some(writer) = &self.0.writer else {
            let slot = self.0.write_slots.acquire().await.map_err(|_| DbError::Aborted)?;
            drop(waiting);
            let db = self.clone();
            let ended = tokio::task::spawn_blocking(move || db.write_here(&mut *writing)).await;
            drop(slot);
            return ended.unwrap_or_else(|_| Err(DbError::Aborted.into()));
        };
        let (mut attempt, mut waiting) = (1, Some(waiting));
        loop {
            let (again, ended) = writer.write(self, writing, waiting.take()).await?;
            match Self::delay(&ended, attempt) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return ended,
            }
            writing = again;
            attempt += 1;
        }
    }

    /// How long to wait before a write is tried again; `None` where it is not.
    fn delay(ended: &Result<(), Stopped>, attempt: u32) -> Option<Duration> {
        let again = attempt < WRITE_ATTEMPTS && ended.as_ref().is_err_and(Stopped::is_transient);
        again.then(|| Duration::from_millis(u64::from(attempt) * 7))
    }

    /// [`Db::read`] for commands and the worker, on the calling thread.
    pub fn read_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        E: Failure,
        F: FnOnce(&mut Read<'_>) -> Result<T, E>,
    {
        let kept = Kept::new();
        let keeps = kept.again();
        kept.after(tx::read(self, Box::new(move |tx| keeps.keep(f(tx)))))
    }

    /// [`Db::write`] for commands and the worker, on the calling thread.
    pub fn write_blocking<T, E, F>(&self, f: &mut F) -> Result<T, E>
    where
        E: Failure,
        F: FnMut(&mut Write<'_>) -> Result<T, E>,
    {
        let kept = Kept::new();
        let ended = self.write_here(&mut |tx| kept.keep(f(tx)));
        kept.after(ended)
    }

    fn write_here(&self, writing: &mut Writing<'_>) -> Result<(), Stopped> {
        let mut attempt = 1;
        loop {
            let ended = tx::write(self, writing);
            if ended.is_ok() {
                self.bump_revision();
            }
            match Self::delay(&ended, attempt) {
                Some(delay) => std::thread::sleep(delay),
                None => return ended,
            }
            attempt += 1;
        }
    }

    /// A number that changes when another process has written: SQLite's `data_version`, PostgreSQL's snapshot. Asked a few times a
    /// second, so that remembered answers of this process do not outlive another's write by more than that.
    pub fn foreign_changes(&self, connection: &mut AnyConnection) -> QueryResult<String> {
        match connection.engine() {
            Engine::Sqlite(c) => {
                let row: pool::DataVersion = diesel::sql_query("PRAGMA data_version").get_result(c)?;
                Ok(row.data_version.to_string())
            }
            Engine::Postgres(c) => {
                let row: pool::Snapshot = diesel::sql_query("SELECT pg_current_snapshot()::text AS snapshot").get_result(c)?;
                Ok(row.snapshot)
            }
        }
    }

    /// Watches for other processes' writes until the [`Watch`] is dropped.
    pub fn watch(&self) -> std::io::Result<Watch> {
        Watch::start(self.clone())
    }

    /// A connection of one's own, outside the pools.
    pub fn connect(&self) -> Result<AnyConnection, ConnectError> {
        pool::connect(&self.0.target, &self.0.options, pool::Use::Read, &self.0.queries)
    }

    /// How many blocking threads each of `workers` needs so that writers never keep readers waiting: every writer that may run at
    /// once, and its share of the readers.
    pub fn blocking_threads(&self, workers: usize) -> usize {
        let readers = self.0.readers.max_size() as usize;
        self.0.max_writers + readers.div_ceil(workers.max(1))
    }

    /// Whether the database answers and its schema is this binary's. Says so within about [`READY_WITHIN`].
    pub fn is_ready(&self) -> Result<(), DbError> {
        let mut connection = self.0.readers.get_timeout(READY_WITHIN)?;
        let status = match migrate::status(&mut connection) {
            Ok(status) => status,
            // The database may have been restarted since this connection was made.
            Err(_) => {
                *connection = self.connect()?;
                migrate::status(&mut connection)?
            }
        };
        match status.state() {
            MigrationState::Current => Ok(()),
            other => Err(DbError::Migration(other.to_string())),
        }
    }

    /// Brings the schema up to date; one server at a time does it, others wait. Returns what was run.
    pub fn migrate(&self) -> Result<Vec<String>, DbError> {
        // Of its own: a migration may take longer than a pooled connection allows a statement.
        let mut connection = pool::connect(&self.0.target, &self.0.options, pool::Use::Write, &self.0.queries)?;
        migrate::run(&mut connection)
    }

    /// Which migrations the database has, lacks, or has beyond this binary. Changes nothing; says at once why it cannot connect.
    pub fn migration_status(&self) -> Result<MigrationStatus, DbError> {
        migrate::status(&mut self.connect()?)
    }

    /// Undoes the latest migration (for the tests of the migrations themselves).
    pub fn revert_last_migration(&self) -> Result<String, DbError> {
        let mut connection = self.0.writers.get()?;
        migrate::revert_last(&mut connection)
    }
}

/// A writer that waits for its turn, counted until it is dropped: also when its request was dropped meanwhile.
struct Waiting(Db);

impl Waiting {
    /// [`DbError::Busy`] where too many wait.
    fn of(db: &Db) -> Result<Self, DbError> {
        let before = db.0.waiting_writers.fetch_add(1, Ordering::Relaxed);
        let waiting = Self(db.clone());
        if before >= db.0.options.writer_queue { Err(DbError::Busy) } else { Ok(waiting) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.waiting_writers.fetch_sub(1, Ordering::Relaxed);
    }
}
