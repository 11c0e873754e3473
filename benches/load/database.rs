//! Where the data lies: a SQLite file of one's own, or a PostgreSQL database of one's own. Both go at the end.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{QueryableByName, RunQueryDsl};
use plenary::db::{self, AnyConnection, Db, Target};
use plenary::ids::Ids;
use plenary::time::Clock;
use tempfile::TempDir;

use crate::Fault;

/// A kind of database.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// In the order in which they are measured.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A database and the directory beside it.
pub struct Home {
    /// Which one.
    pub engine: Engine,
    /// As `PLENARY_DATABASE_URL` takes it.
    pub url: String,
    /// The data directory.
    pub directory: Arc<Path>,
    made: Option<Made>,
    _directory: TempDir,
}

/// A PostgreSQL database that was made, and a connection to the one that it was made from.
struct Made {
    name: String,
    administrator: Mutex<AnyConnection>,
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

impl Home {
    /// An empty database; `None` where no server is named.
    pub fn new(engine: Engine) -> Result<Option<Self>, Fault> {
        let temporary = TempDir::new()?;
        let directory: Arc<Path> = temporary.path().into();
        let (url, made) = match engine {
            Engine::Sqlite => (format!("sqlite:{}", directory.join("plenary.db").display()), None),
            Engine::Postgres => {
                let named = ["BENCH_DATABASE_URL", "TEST_DATABASE_URL"].into_iter().find_map(|name| std::env::var(name).ok());
                let Some(url) = named.filter(|url| !url.is_empty()) else { return Ok(None) };
                let made = Made::new(&url)?;
                let (server, rest) = url.rsplit_once('/').ok_or("the URL of the PostgreSQL server names no database")?;
                let parameters = rest.split_once('?').map(|(_, parameters)| format!("?{parameters}")).unwrap_or_default();
                (format!("{server}/{}{parameters}", made.name), Some(made))
            }
        };
        Ok(Some(Self { engine, url, directory, made, _directory: temporary }))
    }

    /// Opened past the server. Nothing that the bench itself writes needs to survive a power loss.
    pub fn open(&self) -> Result<Db, Fault> {
        let target = match self.url.strip_prefix("sqlite:") {
            Some(path) => Target::Sqlite(PathBuf::from(path)),
            None => Target::Postgres(self.url.clone().into()),
        };
        open(target)
    }

    /// The processes of PostgreSQL that work for this database.
    pub fn backends(&self) -> Result<Vec<u32>, Fault> {
        let Some(made) = &self.made else { return Ok(Vec::new()) };
        let sql = format!("SELECT pid FROM pg_stat_activity WHERE datname = '{}'", made.name);
        let mut administrator = made.administrator.lock().unwrap_or_else(PoisonError::into_inner);
        let backends: Vec<Backend> = diesel::sql_query(sql).load(&mut *administrator)?;
        Ok(backends.into_iter().filter_map(|backend| backend.pid.try_into().ok()).collect())
    }
}

impl Made {
    fn new(url: &str) -> Result<Self, Fault> {
        let mut administrator = open(Target::Postgres(url.to_owned().into()))?.connect()?;
        let name = format!("plenary_load_{}", std::process::id());
        administrator.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        let sorted_by_bytes = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";
        administrator.batch_execute(&format!("CREATE DATABASE {name} {sorted_by_bytes}"))?;
        // A parallel worker is gone before its processor time could be read.
        administrator.batch_execute(&format!("ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0"))?;
        Ok(Self { name, administrator: Mutex::new(administrator) })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let mut administrator = self.administrator.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = administrator.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)) {
            eprintln!("The database {} could not be dropped: {error}", self.name);
        }
    }
}

fn open(target: Target) -> Result<Db, Fault> {
    let long = Duration::from_secs(600);
    let options = db::Options { statement_timeout: long, synchronous_full: false, ..db::Options::default() };
    Ok(Db::open(target, options, Clock::System, Ids::Random)?)
}
