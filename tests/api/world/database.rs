//! The database of one world: a copy of the empty, migrated one that each test process makes once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use plenary::db::{self, AnyConnection, Db, Target};
use plenary::ids::Ids;
use plenary::time::Clock;
use secrecy::ExposeSecret;
use tempfile::TempDir;

const LIKE_THE_PRODUCT: &str = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";

/// Where a world's database lies.
pub enum Home {
    Sqlite(TempDir),
    Postgres { name: String, directory: TempDir },
}

impl Home {
    /// A copy of the migrated, empty database.
    pub fn copied() -> Self {
        if server_url().is_none() {
            let directory = TempDir::new().unwrap();
            std::fs::write(directory.path().join("plenary.db"), sqlite_template()).unwrap();
            return Self::Sqlite(directory);
        }
        Self::postgres(&format!("TEMPLATE {}", postgres_template()))
    }

    /// A place for a database on which no migration has run; on SQLite there is not even a file.
    pub fn bare() -> Self {
        if server_url().is_none() { Self::Sqlite(TempDir::new().unwrap()) } else { Self::postgres(LIKE_THE_PRODUCT) }
    }

    fn postgres(with: &str) -> Self {
        // Counted over all worlds of this process.
        static COUNT: Mutex<u32> = Mutex::new(0);
        let template = postgres_template();
        let name = {
            let mut count = COUNT.lock().unwrap();
            *count += 1;
            format!("{template}_{count}")
        };
        admin(&format!("CREATE DATABASE {name} {with}"));
        Self::Postgres { name, directory: TempDir::new().unwrap() }
    }

    /// Where the server's keys lie.
    pub fn keys_file(&self) -> PathBuf {
        self.directory().join("keys.json")
    }

    /// Its data directory.
    pub fn directory(&self) -> &Path {
        let (Self::Sqlite(directory) | Self::Postgres { directory, .. }) = self;
        directory.path()
    }

    /// It as `database_url` names it.
    pub fn url(&self) -> String {
        match self.target() {
            Target::Sqlite(path) => format!("sqlite:{}", path.display()),
            Target::Postgres(url) => url.expose_secret().to_owned(),
        }
    }

    /// How to open it.
    pub fn target(&self) -> Target {
        match self {
            Self::Sqlite(directory) => Target::Sqlite(directory.path().join("plenary.db")),
            Self::Postgres { name, .. } => postgres(name),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Postgres { name, .. } = self {
            admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn migrated(target: Target) {
    Db::open(target, db::Options::default(), Clock::System, Ids::Random).unwrap().migrate().unwrap();
}

/// The bytes of a migrated SQLite file.
fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("template.db");
        migrated(Target::Sqlite(file.clone()));
        // The last connection to close folds the log into the file.
        assert!(!directory.path().join("template.db-wal").exists());
        std::fs::read(file).unwrap()
    })
}

/// The name of this process's migrated PostgreSQL database. It outlives the process, since nothing runs at its end: the next run drops
/// what processes that are gone have left.
fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("plenary_test_{}", std::process::id());
        let mut connection = administrator();
        // One process at a time sweeps and makes.
        connection.batch_execute("SELECT pg_advisory_lock(7310589)").unwrap();
        let all = diesel::sql_query(r"SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'plenary\_test\_%'");
        for Named { name } in all.load(&mut connection).unwrap() {
            let process = name.split('_').nth(2).unwrap_or_default();
            if process == std::process::id().to_string() || !std::path::Path::new("/proc").join(process).exists() {
                connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).unwrap();
            }
        }
        connection.batch_execute(&format!("CREATE DATABASE {name} {LIKE_THE_PRODUCT}")).unwrap();
        migrated(postgres(&name));
        name
    })
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

fn server_url() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// The database `name` on the server that `TEST_DATABASE_URL` names.
fn postgres(name: &str) -> Target {
    let url = server_url().unwrap();
    let (url, query) = url.split_once('?').map_or((url.as_str(), String::new()), |(url, query)| (url, format!("?{query}")));
    let (server, _) = url.rsplit_once('/').unwrap();
    Target::Postgres(format!("{server}/{name}{query}").into())
}

fn administrator() -> AnyConnection {
    let options = db::Options { statement_timeout: Duration::from_secs(120), ..db::Options::default() };
    Db::open(Target::Postgres(server_url().unwrap().into()), options, Clock::System, Ids::Random).unwrap().connect().unwrap()
}

fn admin(statement: &str) {
    administrator().batch_execute(statement).unwrap();
}
