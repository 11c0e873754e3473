//! The settings: what they are and what they may be. `config/default.toml` says of each what it does, its unit and its default.

mod address;
mod dkim;
mod load;
mod reading;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

pub use dkim::{DkimKey, DkimSettings};
pub use load::{ConfigFault, ConfigFaults, environment};

/// Every setting, checked. Made by [`Settings::load`] only, so what it holds is within the limits of `config/default.toml`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directory of the database, uploads, keys and `file` mails; relative to the working directory.
    pub data_dir: PathBuf,
    /// Where the API listens. Port 0 lets the system choose: then call [`Settings::listens_on`].
    pub listen: SocketAddr,
    /// Where `/metrics` listens, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// What links begin with: scheme, host, perhaps port and path, no `/` at the end.
    pub public_url: String,
    /// The address of the front end, where there is one: see [`Settings::site_url`].
    pub site_url: Option<String>,
    /// `[database]`
    pub database: DatabaseSettings,
    /// `[http]`
    pub http: HttpSettings,
    /// `[cors]`
    pub cors: CorsSettings,
    /// `[log]`
    pub log: LogSettings,
    /// `[mail]`
    pub mail: MailSettings,
    /// `[limits]`
    pub limits: Limits,
    /// `[auth]`
    pub auth: AuthSettings,
    /// `[files]`
    pub files: FileSettings,
    /// `[worker]`
    pub worker: WorkerSettings,
    /// `[webhooks]`
    pub webhooks: WebhookSettings,
    database_url: SecretString,
    effective: Vec<Effective>,
}

/// One setting as it is in force: its key, its value as it may be shown, and where that came from.
#[derive(Clone, Debug)]
struct Effective {
    key: &'static str,
    shown: String,
    source: String,
}

/// Which database, by the scheme of `database_url`.
#[derive(Clone, Debug)]
pub enum Database {
    /// The file of a SQLite database.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database, for libpq.
    Postgres(SecretString),
}

/// `[database]`: pools and how patient they are.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// SQLite connections that read, at least 1.
    pub readers: u32,
    /// PostgreSQL connections, at least 1.
    pub postgres_connections: u32,
    /// Writes that may wait for their turn.
    pub writer_queue: usize,
    /// How long a request waits for a free connection.
    pub connection_timeout: Duration,
    /// How long a write to SQLite waits for another process.
    pub busy_timeout: Duration,
    /// How long one PostgreSQL statement may run.
    pub statement_timeout: Duration,
    /// When SQLite waits for the disk.
    pub synchronous: Synchronous,
    /// Whether `serve` migrates PostgreSQL.
    pub migrate_on_start: bool,
}

crate::word_enum! {
    /// SQLite's `PRAGMA synchronous`, under WAL.
    pub enum Synchronous {
        /// At every commit.
        Full = "full",
        /// At checkpoints only.
        Normal = "normal",
    }
}

/// `[http]`: sizes and times of the server.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Threads that serve requests, at least 1.
    pub workers: usize,
    /// Connections held at once, over all workers.
    pub max_connections: usize,
    /// For a request's head to arrive.
    pub header_timeout: Duration,
    /// For a request's body to arrive.
    pub body_timeout: Duration,
    /// For a request in all, behind its head.
    pub request_timeout: Duration,
    /// For the next request on an idle connection; zero closes it after each answer.
    pub keep_alive: Duration,
    /// Streams of events held open at once, over all workers.
    pub max_streams: usize,
    /// How long a stream is silent at most.
    pub stream_heartbeat: Duration,
    /// How long a stream lasts at most.
    pub stream_longest: Duration,
    /// For running requests to finish when the server stops.
    pub shutdown: Duration,
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Memory for ready answers, in bytes; 0 keeps none.
    pub cache_bytes: u64,
}

/// `[cors]`: whose pages may call the API from a browser.
#[derive(Clone, Debug)]
pub struct CorsSettings {
    /// Origins as a browser sends them: lower case, without a default port.
    pub allowed_origins: Vec<String>,
    /// How long a browser may remember the answer.
    pub max_age: Duration,
}

/// `[log]`: what is logged, and how.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// Directives of `tracing_subscriber::EnvFilter`: levels, alone or behind `module=`.
    pub level: String,
    /// The form of a line.
    pub format: LogFormat,
}

crate::word_enum! {
    /// The form of a line of the log.
    pub enum LogFormat {
        /// Human on a terminal, else JSON.
        Auto = "auto",
        /// For a reader.
        Human = "human",
        /// One JSON object a line.
        Json = "json",
    }
}

/// `[mail]`: how mails leave, and from whom.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The way out.
    pub transport: MailTransport,
    /// Address that mails are from; the call's contact address where none is set.
    pub from: Option<String>,
    /// Name beside it; the call's where none is set.
    pub from_name: Option<String>,
    /// Address on the envelope, which is told what cannot be delivered; the one mails are from where none is set.
    pub bounce_address: Option<String>,
    /// Who signs them, if anybody.
    pub dkim: Option<DkimSettings>,
    /// Directory of own templates.
    pub templates_dir: Option<PathBuf>,
}

/// The way mails leave.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// Into `<data_dir>/mail`.
    File,
    /// Through an SMTP server. It demands TLS unless the host is this machine or `mail.smtp_allow_plain` allows otherwise.
    Smtp(SmtpServer),
}

/// An SMTP server, and how it is reached.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    /// Its name, which its certificate must be for, or its IP address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When the connection is encrypted.
    pub tls: SmtpTls,
    /// User and password, where it wants them.
    pub login: Option<(String, SecretString)>,
    /// A PEM file of certificates that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
}

/// When a connection to an SMTP server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the start.
    Immediate,
    /// After STARTTLS, or no mail leaves.
    Required,
    /// After STARTTLS where the server offers it.
    Opportunistic,
    /// Never.
    Never,
}

/// `[limits]`: the rate limits of api.md; 0 is off.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests a minute and client address.
    pub per_address: u32,
    /// Requests a minute and person, from whatever address.
    pub per_account: u32,
    /// Registrations an hour and client address.
    pub register: u32,
    /// Forgotten passwords an hour and client address.
    pub forgot: u32,
    /// Applications an hour and client address.
    pub applications: u32,
    /// Subscriptions an hour and client address.
    pub subscriptions: u32,
    /// Signatures an hour and client address.
    pub signatures: u32,
    /// Contact messages an hour and client address.
    pub contact: u32,
    /// Public contributions an hour and client address.
    pub public_contributions: u32,
    /// Failed logins in 15 minutes and account.
    pub login_account: u32,
    /// Failed logins in 15 minutes and client address.
    pub login_address: u32,
}

/// `[auth]`: the second factor and the price of a password.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Whether secretariat and administrators need a second factor.
    pub require_second_factor: bool,
    /// The server's keys; `keys.json` in the data directory where none is set.
    pub keys_file: Option<PathBuf>,
    /// Argon2id's memory (RFC 9106 `m`), in KiB, at least 8 a lane.
    pub argon2_memory_kib: u32,
    /// Argon2id's passes (RFC 9106 `t`).
    pub argon2_iterations: u32,
    /// Argon2id's lanes (RFC 9106 `p`).
    pub argon2_parallelism: u32,
    /// Passwords hashed at the same time, at least 1.
    pub hashing_threads: usize,
}

/// `[files]`: where uploaded files are kept, and which are taken.
#[derive(Clone, Debug)]
pub struct FileSettings {
    /// The place.
    pub store: FileStore,
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Media types that are taken, in lower case.
    pub allowed_types: Vec<String>,
}

/// Where uploaded files are kept.
#[derive(Clone, Debug)]
pub enum FileStore {
    /// In `<data_dir>/files`.
    Local,
    /// In a bucket of an S3-compatible store.
    S3(S3Bucket),
}

/// A bucket, and how it is reached.
#[derive(Clone, Debug)]
pub struct S3Bucket {
    /// The store's address; AWS's where none is set.
    pub endpoint: Option<String>,
    /// Its name.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Who we are.
    pub access_key_id: String,
    /// With what requests are signed.
    pub secret_access_key: SecretString,
}

/// `[worker]`: what happens beside requests.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Whether this server has a worker.
    pub enabled: bool,
    /// Its rest when nothing was to be done; at most a second, since mail that another process queued leaves within two (api.md).
    pub tick: Duration,
}

/// `[webhooks]`: which endpoints outside may be told what happens.
#[derive(Clone, Copy, Debug)]
pub struct WebhookSettings {
    /// Whether `http:` is taken too.
    pub allow_http: bool,
    /// Whether addresses are that are not public.
    pub allow_private_addresses: bool,
}

impl Settings {
    /// The database that `database_url` names, or the file in `data_dir` where it is empty.
    pub fn database(&self) -> Database {
        let url = self.database_url.expose_secret();
        match url.strip_prefix("sqlite:") {
            Some(path) => Database::Sqlite(path.into()),
            None if url.is_empty() => Database::Sqlite(self.data_dir.join("plenary.db")),
            None => Database::Postgres(self.database_url.clone()),
        }
    }

    /// Where the server's keys lie.
    pub fn keys_file(&self) -> PathBuf {
        self.auth.keys_file.clone().unwrap_or_else(|| self.data_dir.join("keys.json"))
    }

    /// What paths of objects in mails begin with: the front end, else the API itself. No `/` at the end.
    pub fn site_url(&self) -> String {
        self.site_url.clone().unwrap_or_else(|| format!("{}/api/v1", self.public_url))
    }

    /// Takes over the address that the system bound for `listen`, also into a `public_url` that was not set.
    pub fn listens_on(&mut self, bound: SocketAddr) {
        if self.public_url == address::url_of(self.listen) {
            self.public_url = address::url_of(bound);
        }
        self.listen = bound;
    }

    /// Every setting in the order of `config/default.toml`: its key, its value in TOML as written (of a secret that is set
    /// only `(secret)`), and where that came from: `default`, the file's path, or the environment variable.
    pub fn effective(&self) -> Vec<(String, String, String)> {
        self.effective.iter().map(|it| (it.key.to_owned(), it.shown.clone(), it.source.clone())).collect()
    }
}
