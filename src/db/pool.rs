//! Connections and pools: which database a URL names, how each connection is set up, how many there are.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::InstrumentationEvent;
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, PgConnection, QueryableByName, SqliteConnection};
use secrecy::{ExposeSecret, SecretString};

use super::{AnyConnection, DbError, Engine};

/// The database that a deployment runs on.
#[derive(Clone, Debug)]
pub enum Target {
    /// A file, made when missing.
    Sqlite(PathBuf),
    /// A `postgres://` URL; a secret, as it may hold a password.
    Postgres(SecretString),
}

/// How connections are set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Read connections on SQLite.
    pub readers: u32,
    /// Connections on PostgreSQL, reads and writes together.
    pub postgres_connections: u32,
    /// How long SQLite waits for another process's write lock.
    pub busy_timeout: Duration,
    /// How long one statement may take on PostgreSQL. SQLite has no such limit of its own.
    pub statement_timeout: Duration,
    /// Whether SQLite waits for the disk at every commit (`synchronous=FULL`).
    pub synchronous_full: bool,
    /// Writers that may wait for their turn before [`super::DbError::Busy`].
    pub writer_queue: usize,
    /// How long to wait for a connection.
    pub connection_timeout: Duration,
    /// Who sees every statement.
    pub tap: Tap,
}

/// Sees the text of every statement, with what is bound to it, before it is sent: for tests that ask how it is planned. It may hold
/// personal data, so nothing else looks.
#[derive(Clone, Default)]
pub struct Tap(Option<Arc<See>>);

type See = dyn Fn(&str) + Send + Sync;

impl Tap {
    /// Shows every statement to `see`.
    pub fn with(see: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(see)))
    }
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Tap(on)" } else { "Tap(off)" })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            postgres_connections: 8,
            busy_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(10),
            synchronous_full: true,
            writer_queue: 256,
            connection_timeout: Duration::from_secs(10),
            tap: Tap::default(),
        }
    }
}

/// Why no connection could be made. The text names no secret.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The data directory cannot be made.
    #[error("cannot make the directory {path}: {1}", path = .0.display())]
    Directory(PathBuf, std::io::Error),
    /// The database refused or is not there.
    #[error("{0}")]
    Refused(String),
    /// The pool could not be built.
    #[error(transparent)]
    Pool(#[from] r2d2::Error),
}

/// How long to wait before a file that another process has locked is tried again.
const LOCKED_PAUSE: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    Read,
    Write,
}

#[derive(QueryableByName)]
pub(super) struct DataVersion {
    #[diesel(sql_type = BigInt)]
    pub data_version: i64,
}

#[derive(QueryableByName)]
pub(super) struct Snapshot {
    #[diesel(sql_type = Text)]
    pub snapshot: String,
}

pub(super) type Pool = r2d2::Pool<Manager>;

#[derive(Debug)]
pub(super) struct Manager {
    target: Target,
    options: Options,
    usage: Use,
    queries: Arc<AtomicI64>,
}

impl r2d2::ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<AnyConnection, ConnectError> {
        connect(&self.target, &self.options, self.usage, &self.queries)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), ConnectError> {
        connection.batch_execute("SELECT 1").map_err(|e| ConnectError::Refused(e.to_string()))
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking()
            || <AnyConnection as diesel::Connection>::TransactionManager::is_broken_transaction_manager(connection)
    }
}

/// Pools for reading and writing, and how many may write at once. On PostgreSQL both are the same pool.
pub(super) fn open(target: &Target, options: &Options, queries: &Arc<AtomicI64>) -> Result<(Pool, Pool, usize), ConnectError> {
    let build = |usage, size: u32| {
        let manager = Manager { target: target.clone(), options: options.clone(), usage, queries: queries.clone() };
        r2d2::Pool::builder()
            .max_size(size.max(1))
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(options.connection_timeout)
            .error_handler(Box::new(LogErrors))
            .build_unchecked(manager)
    };
    match target {
        Target::Sqlite(path) => {
            if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
                make_private(directory).map_err(|e| ConnectError::Directory(directory.to_owned(), e))?;
            }
            Ok((build(Use::Read, options.readers), build(Use::Write, 1), 1))
        }
        Target::Postgres(_) => {
            let pool = build(Use::Write, options.postgres_connections);
            // Writers leave a quarter of the connections to readers.
            let slots = (options.postgres_connections - options.postgres_connections / 4).max(1);
            Ok((pool.clone(), pool, slots as usize))
        }
    }
}

/// Makes a directory where there is none: what lies in it is this user's and nobody else's to read.
fn make_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[derive(Debug)]
struct LogErrors;

impl r2d2::HandleError<ConnectError> for LogErrors {
    fn handle_error(&self, error: ConnectError) {
        tracing::warn!(error = %error, "no database connection");
    }
}

pub(super) fn connect(
    target: &Target,
    options: &Options,
    usage: Use,
    queries: &Arc<AtomicI64>,
) -> Result<AnyConnection, ConnectError> {
    let mut connection = AnyConnection::from(match target {
        Target::Sqlite(path) => Engine::Sqlite(sqlite(path, options, usage)?),
        Target::Postgres(url) => Engine::Postgres(postgres(url, options)?),
    });
    let (queries, tap) = (queries.clone(), options.tap.clone());
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        use InstrumentationEvent as Event;
        match event {
            Event::StartQuery { query, .. } => {
                queries.fetch_add(1, Ordering::Relaxed);
                if let Some(see) = &tap.0 {
                    see(&query.to_string());
                }
            }
            // Each of these sends one statement, which is announced as a query as well.
            Event::BeginTransaction { .. } | Event::CommitTransaction { .. } | Event::RollbackTransaction { .. } => {
                queries.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
    });
    Ok(connection)
}

fn sqlite(path: &Path, options: &Options, usage: Use) -> Result<SqliteConnection, ConnectError> {
    let refused = |e: &dyn std::fmt::Display| ConnectError::Refused(format!("cannot open {}: {e}", path.display()));
    let mut connection = SqliteConnection::establish(&path.to_string_lossy()).map_err(|e| refused(&e))?;
    let synchronous = if options.synchronous_full { "FULL" } else { "NORMAL" };
    let query_only = if usage == Use::Read { "ON" } else { "OFF" };
    // busy_timeout comes first: switching to WAL may meet another process's lock.
    let setup = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; PRAGMA query_only = {query_only};",
        options.busy_timeout.as_millis()
    );
    let begun = Instant::now();
    loop {
        match connection.batch_execute(&setup) {
            // Where several open a new file at once, SQLite refuses to switch to WAL at once, whatever the timeout.
            Err(error) if DbError::is_locked(&error) && begun.elapsed() < options.busy_timeout => {
                std::thread::sleep(LOCKED_PAUSE)
            }
            outcome => return outcome.map(|()| connection).map_err(|e| refused(&e)),
        }
    }
}

fn postgres(url: &SecretString, options: &Options) -> Result<PgConnection, ConnectError> {
    let url = SecretString::from(with_connect_timeout(url.expose_secret(), options.connection_timeout));
    let mut connection = PgConnection::establish(url.expose_secret()).map_err(|e| {
        // libpq names the host and the user, never the password.
        ConnectError::Refused(format!("cannot connect to PostgreSQL: {e}"))
    })?;
    // Waiting for a lock ends before the statement does: which of the two it was decides what the caller is told.
    let (statement, lock) = (options.statement_timeout.as_millis(), options.statement_timeout.as_millis() * 2 / 3);
    let setup = format!("SET TIME ZONE 'UTC'; SET statement_timeout = {statement}; SET lock_timeout = {lock};");
    connection.batch_execute(&setup).map_err(|e| ConnectError::Refused(e.to_string()))?;
    Ok(connection)
}

/// libpq waits for a host that does not answer as long as the network does, minutes; a URL that says how long keeps its word.
fn with_connect_timeout(url: &str, timeout: Duration) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    // Whole seconds; libpq takes 1 for 2.
    format!("{url}{separator}connect_timeout={}", timeout.as_secs().max(2))
}
