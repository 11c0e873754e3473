//! The database that the settings name, opened and brought up to date.

use super::StartError;
use crate::app;
use crate::config::{Database, Settings, Synchronous};
use crate::db::{ConnectError, Db, DbError, MigrationState, Options, Target};
use crate::ids::Ids;
use crate::time::Clock;

/// Opens the database and sees that it answers. Its schema may be any: [`migrate`] looks at that.
pub fn open(settings: &Settings) -> Result<Db, StartError> {
    open_at(settings, Clock::System)
}

/// As [`open`], by another clock than the machine's.
pub fn open_at(settings: &Settings, clock: Clock) -> Result<Db, StartError> {
    let database = &settings.database;
    let options = Options {
        readers: database.readers,
        postgres_connections: database.postgres_connections,
        busy_timeout: database.busy_timeout,
        statement_timeout: database.statement_timeout,
        synchronous_full: database.synchronous == Synchronous::Full,
        writer_queue: database.writer_queue,
        connection_timeout: database.connection_timeout,
        ..Options::default()
    };
    let (target, is_sqlite) = match settings.database() {
        Database::Sqlite(path) => (Target::Sqlite(path), true),
        Database::Postgres(url) => (Target::Postgres(url), false),
    };
    let refused = |error: ConnectError| match error {
        ConnectError::Directory(..) => StartError::Directory(error),
        _ if is_sqlite => StartError::Sqlite(error),
        // libpq's text has several lines.
        _ => StartError::Postgres(
            error.to_string().split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(['.', '?']).to_owned(),
        ),
    };
    let db = Db::open(target, options, clock, Ids::Random).map_err(refused)?;
    // The pools would try for as long as a request may wait, and then not say why.
    db.connect().map_err(refused)?;
    app::prepare(&db);
    Ok(db)
}

/// Brings the schema up to date: SQLite always, PostgreSQL where `postgres_too`. One of several servers does it while the others wait.
/// Refuses a newer schema, and an older one that it may not touch. Returns what was run.
pub fn migrate(db: &Db, postgres_too: bool) -> Result<Vec<String>, StartError> {
    let state = db.migration_status().map_err(StartError::Schema)?.state();
    match (state, db.target()) {
        (MigrationState::Current, _) => Ok(Vec::new()),
        (MigrationState::Behind, Target::Sqlite(_)) => db.migrate().map_err(StartError::Schema),
        (MigrationState::Behind, _) if postgres_too => db.migrate().map_err(StartError::Schema),
        (MigrationState::Behind | MigrationState::Ahead, _) => Err(StartError::Schema(DbError::Migration(state.to_string()))),
    }
}
