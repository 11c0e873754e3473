//! The schema's versions: one portable tree, and for each engine a small one of what only it has.

use std::fmt;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConnection, DbError, Engine};

const PORTABLE: EmbeddedMigrations = embed_migrations!("migrations");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations_engine/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations_engine/postgres");

/// The advisory lock of migrations on PostgreSQL: the letters `plenary`.
const LOCK: i64 = 0x0070_6c65_6e61_7279;

/// Both trees as one, in the order of their dates.
struct Trees(EmbeddedMigrations);

impl<DB: diesel::backend::Backend> MigrationSource<DB> for Trees {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let mut all = MigrationSource::<DB>::migrations(&PORTABLE)?;
        all.extend(MigrationSource::<DB>::migrations(&self.0)?);
        all.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
        Ok(all)
    }
}

/// What the database has, lacks, or has beyond this binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Versions run, oldest first.
    pub applied: Vec<String>,
    /// Names still to run, oldest first.
    pub pending: Vec<String>,
    /// Versions that this binary does not know: a newer one has been here.
    pub unknown: Vec<String>,
}

/// How a database's schema stands to this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// The same.
    Current,
    /// Migrations wait to be run.
    Behind,
    /// A newer binary has migrated it.
    Ahead,
}

impl fmt::Display for MigrationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "the schema is up to date",
            Self::Behind => "the database's schema is older than this program: run `plenary migrate`",
            Self::Ahead => "the database's schema is newer than this program knows: run the newer plenary, or restore a backup",
        })
    }
}

impl MigrationStatus {
    /// Older, newer or the same.
    pub fn state(&self) -> MigrationState {
        if !self.unknown.is_empty() {
            MigrationState::Ahead
        } else if !self.pending.is_empty() {
            MigrationState::Behind
        } else {
            MigrationState::Current
        }
    }
}

fn failed(error: &dyn fmt::Display) -> DbError {
    DbError::Migration(error.to_string())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    tables: i64,
}

pub(super) fn status(connection: &mut AnyConnection) -> Result<MigrationStatus, DbError> {
    fn of<DB, C>(connection: &mut C, trees: &Trees, is_begun: bool) -> Result<MigrationStatus, DbError>
    where
        DB: diesel::backend::Backend,
        C: MigrationHarness<DB>,
    {
        let known = MigrationSource::<DB>::migrations(trees).map_err(|e| failed(&e))?;
        // diesel makes its table where it is not there yet; looking changes nothing, and works where nothing may be written.
        let mut applied: Vec<MigrationVersion<'_>> =
            if is_begun { connection.applied_migrations().map_err(|e| failed(&e))? } else { Vec::new() };
        applied.sort();
        let is_known = |version: &MigrationVersion<'_>| known.iter().any(|m| m.name().version() == *version);
        let pending = known.iter().filter(|m| !applied.contains(&m.name().version())).map(|m| m.name().to_string()).collect();
        Ok(MigrationStatus {
            pending,
            unknown: applied.iter().filter(|v| !is_known(v)).map(ToString::to_string).collect(),
            applied: applied.iter().map(ToString::to_string).collect(),
        })
    }
    match connection.engine() {
        Engine::Sqlite(c) => {
            let table: Found =
                diesel::sql_query("SELECT count(*) AS tables FROM sqlite_master WHERE name = '__diesel_schema_migrations'")
                    .get_result(c)?;
            of(c, &Trees(SQLITE), table.tables > 0)
        }
        Engine::Postgres(c) => {
            let table: Found =
                diesel::sql_query("SELECT count(to_regclass('__diesel_schema_migrations')) AS tables").get_result(c)?;
            of(c, &Trees(POSTGRES), table.tables > 0)
        }
    }
}

#[derive(QueryableByName)]
struct Collation {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    collate: String,
}

pub(super) fn run(connection: &mut AnyConnection) -> Result<Vec<String>, DbError> {
    match connection.engine() {
        Engine::Sqlite(c) => {
            // An exclusive transaction lets one of several servers migrate; the others find nothing left to do.
            c.exclusive_transaction(|c| run_pending(c, &Trees(SQLITE)))
        }
        Engine::Postgres(c) => {
            let collation: Collation = diesel::sql_query(
                "SELECT datname::text AS name, datcollate::text AS collate FROM pg_database WHERE datname = current_database()",
            )
            .get_result(c)?;
            if !matches!(collation.collate.as_str(), "C" | "POSIX") {
                return Err(DbError::Migration(format!(
                    "the database {0:?} sorts by the locale {1:?}, so lists would be ordered otherwise than on SQLite. Make one that sorts by \
                     bytes: CREATE DATABASE {0} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';",
                    collation.name, collation.collate
                )));
            }
            // The lock is the session's: it is also given up when this process dies.
            c.batch_execute(&format!("SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
            let outcome = run_pending(c, &Trees(POSTGRES));
            c.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
            outcome
        }
    }
}

fn run_pending<DB, C>(connection: &mut C, trees: &Trees) -> Result<Vec<String>, DbError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let known = MigrationSource::<DB>::migrations(trees).map_err(|e| failed(&e))?;
    let applied = connection.applied_migrations().map_err(|e| failed(&e))?;
    if applied.iter().any(|version| !known.iter().any(|m| m.name().version() == *version)) {
        return Err(DbError::Migration(MigrationState::Ahead.to_string()));
    }
    let mut run = Vec::new();
    for migration in known.iter().filter(|m| !applied.contains(&m.name().version())) {
        connection.run_migration(migration.as_ref()).map_err(|e| failed(&e))?;
        run.push(migration.name().to_string());
    }
    Ok(run)
}

pub(super) fn revert_last(connection: &mut AnyConnection) -> Result<String, DbError> {
    match connection.engine() {
        Engine::Sqlite(c) => c.revert_last_migration(Trees(SQLITE)).map(|v| v.to_string()).map_err(|e| failed(&e)),
        Engine::Postgres(c) => c.revert_last_migration(Trees(POSTGRES)).map(|v| v.to_string()).map_err(|e| failed(&e)),
    }
}
