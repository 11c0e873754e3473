//! A running server: it opens and migrates the database, listens, serves, and stops in order.

mod database;
mod listen;
mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::System;
use actix_web::{HttpServer, rt};

pub use database::{migrate, open, open_at};

use crate::app::{self, Composition};
use crate::config::Settings;
use crate::db::{ConnectError, Db, DbError};
use crate::files::{Files, FilesError};
use crate::http::limits::Quotas;
use crate::http::{self, Streams, cors::Cors};
use crate::notifications::Hub;
use crate::people::{Accounts, Cost, Hasher, Keys, LoginLimits};
use crate::time::Clock;
use crate::webhooks::Reach;
use crate::worker::{Messenger, Postman, Worker};

/// How long a connection may take to close once the server has closed it.
const DISCONNECT_WITHIN: Duration = Duration::from_secs(1);

/// actix takes the time from a clock that moves this often, and would otherwise call a client late by up to as much too early.
const TICK: Duration = Duration::from_millis(500);

/// A signal that follows another sooner than this is the same one.
const SECOND_THOUGHT: Duration = Duration::from_secs(1);

/// Why there is no server. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made.
    #[error("{0}. Make it for this user, or name another one in data_dir (PLENARY_DATA_DIR).")]
    Directory(ConnectError),
    /// The file cannot be used.
    #[error(
        "{0}. Let this user write there, or name another place in data_dir (PLENARY_DATA_DIR) or database_url (PLENARY_DATABASE_URL)."
    )]
    Sqlite(ConnectError),
    /// There is no server, or it does not let us in.
    #[error("{0}. Check that it runs and lets this user in, and database_url (PLENARY_DATABASE_URL).")]
    Postgres(String),
    /// Schema and program do not fit, or a migration failed.
    #[error("{0}")]
    Schema(DbError),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}. {advice}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
        /// What to do.
        advice: String,
    },
    /// The keys cannot be read or made.
    #[error("{0}. Let this user read and write it, or name another in auth.keys_file (PLENARY_AUTH__KEYS_FILE).")]
    Keys(crate::error::Error),
    /// The files cannot be kept.
    #[error(transparent)]
    Files(FilesError),
    /// Something else of the machine's.
    #[error("the server broke off: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves until SIGTERM or SIGINT, then stops taking connections, lets running requests finish, and returns. A signal more than a
/// second later ends the process at once. `ready` learns, with the addresses that were bound, that requests are answered.
pub fn serve(settings: Settings, ready: impl FnOnce(&Settings)) -> Result<(), StartError> {
    // While it starts, a signal ends the process the plain way.
    let stop = || {
        let mut signals = listen::Signals::new()?;
        Ok(async move {
            signals.next().await;
            let first = tokio::time::Instant::now();
            rt::spawn(async move {
                // A supervisor may tell the process and its group, which is no second thought.
                while first.elapsed() < SECOND_THOUGHT {
                    signals.next().await;
                }
                tracing::warn!("stopped at once, by a second signal");
                std::process::exit(1);
            });
        })
    };
    System::new().block_on(run(settings, Composition::new, ready, stop))
}

/// [`serve`] with a composition of one's own, until what `stop` gives (asked for once everything else stands). Runs in an actix system.
pub async fn run<Stop: Future<Output = ()>>(
    mut settings: Settings,
    compose: impl FnOnce(Db, http::Options, Accounts, Files) -> Composition,
    ready: impl FnOnce(&Settings),
    stop: impl FnOnce() -> std::io::Result<Stop>,
) -> Result<(), StartError> {
    // The addresses first: whether they are free is known at once. Nobody can connect before the database is ready.
    let api = listen::reserve(settings.listen, "listen", "PLENARY_LISTEN")?;
    let scrape = settings.metrics_listen.map(|at| listen::reserve(at, "metrics_listen", "PLENARY_METRICS_LISTEN")).transpose()?;
    let db = open(&settings)?;
    for name in migrate(&db, settings.database.migrate_on_start)? {
        tracing::info!(name, "migrated");
    }
    let api = api.listen()?;
    settings.listens_on(api.local_addr()?);

    let composition = compose(db.clone(), http_options(&settings), accounts(&settings, db.clock())?, files(&settings)?);
    app::prepare_endpoints(&db, reach(&settings));
    let web = composition.web.clone();
    let hub = web.part::<Hub>().map_err(|error| std::io::Error::other(error.to_string()))?;
    let measured = web.metrics.clone();
    let workers = settings.http.workers;
    let server = HttpServer::new(move || composition.app())
        .workers(workers)
        .worker_max_blocking_threads(db.blocking_threads(workers))
        .max_connections(settings.http.max_connections.div_ceil(workers))
        .client_request_timeout(settings.http.header_timeout + TICK)
        .client_disconnect_timeout(DISCONNECT_WITHIN)
        .keep_alive(settings.http.keep_alive)
        .shutdown_timeout(u64::from(u32::MAX))
        .disable_signals()
        .listen(api)?
        .run();
    let handle = server.handle();
    let metrics = match scrape {
        None => None,
        Some(scrape) => {
            let listener = scrape.listen()?;
            settings.metrics_listen = Some(listener.local_addr()?);
            Some(metrics::server(listener, web)?)
        }
    };
    let metrics_handle = metrics.as_ref().map(|server| server.handle());
    let metrics = metrics.map(rt::spawn);
    // Other processes' writes show here from now on.
    let watch = db.watch()?;
    let (end_work, work_ends) = tokio::sync::oneshot::channel::<()>();
    let worker = settings.worker.enabled.then(|| {
        let name = db.ids().next::<()>(db.clock().now()).to_string();
        let postman = Postman::new(db.clone(), &settings).metrics(measured.clone());
        let messenger = Arc::new(Messenger::new(db.clone()));
        let worker = Worker::new(db, name).rest(settings.worker.tick).metrics(measured);
        let mut worker = worker.sender(Arc::new(postman)).messenger(messenger);
        // Ends when it is told to, and also when there is nobody left to tell it.
        rt::spawn(async move { worker.run(async { drop(work_ends.await) }).await })
    });
    let mut serving = rt::spawn(server);
    let stop = stop()?;
    ready(&settings);

    let ended = tokio::select! {
        ended = &mut serving => ended.map_err(std::io::Error::other)?,
        () = stop => {
            tracing::info!(seconds = settings.http.shutdown.as_secs_f64(), "stopping; running requests may finish");
            hub.close();
            // Here rather than by actix, which looks once a second.
            if tokio::time::timeout(settings.http.shutdown, handle.stop(true)).await.is_err() {
                tracing::warn!("gave up on requests that still ran");
                serving.abort();
            }
            serving.await.unwrap_or(Ok(()))
        }
    };
    drop(end_work);
    if let Some(worker) = worker
        && tokio::time::timeout(settings.http.shutdown, worker).await.is_err()
    {
        tracing::warn!("the worker did not finish in time; another one goes on with what it left");
    }
    drop(watch);
    if let (Some(handle), Some(metrics)) = (metrics_handle, metrics) {
        handle.stop(false).await;
        // Its outcome changes nothing any more.
        drop(metrics.await);
    }
    ended?;
    tracing::info!("stopped");
    Ok(())
}

/// What the HTTP layer takes from the settings.
fn http_options(settings: &Settings) -> http::Options {
    http::Options {
        public_url: settings.public_url.clone(),
        max_body_bytes: settings.http.max_body_bytes,
        body_timeout: settings.http.body_timeout,
        request_timeout: settings.http.request_timeout,
        trusted_proxies: settings.http.trusted_proxies.clone(),
        cache_bytes: settings.http.cache_bytes,
        cors: Cors { allowed_origins: settings.cors.allowed_origins.clone(), max_age: settings.cors.max_age },
        limits: Quotas {
            per_address: settings.limits.per_address,
            per_account: settings.limits.per_account,
            register: settings.limits.register,
            forgot: settings.limits.forgot,
            applications: settings.limits.applications,
            public_contributions: settings.limits.public_contributions,
        },
        streams: Streams {
            most: settings.http.max_streams,
            heartbeat: settings.http.stream_heartbeat,
            longest: settings.http.stream_longest,
            ..http::Streams::default()
        },
    }
}

/// Which endpoints may be told.
fn reach(settings: &Settings) -> Reach {
    let webhooks = &settings.webhooks;
    Reach { allow_http: webhooks.allow_http, allow_private_addresses: webhooks.allow_private_addresses }
}

/// Where uploaded files lie. Makes the directory where there is none.
pub fn files(settings: &Settings) -> Result<Files, StartError> {
    Files::open(&settings.files, &settings.data_dir).map_err(StartError::Files)
}

/// Who may sign in, and how. Makes the keys where there are none.
pub fn accounts(settings: &Settings, clock: &Clock) -> Result<Accounts, StartError> {
    let auth = &settings.auth;
    let keys = Keys::open(&settings.keys_file(), &settings.public_url, clock.now()).map_err(StartError::Keys)?;
    let cost =
        Cost { memory_kib: auth.argon2_memory_kib, iterations: auth.argon2_iterations, parallelism: auth.argon2_parallelism };
    Ok(Accounts {
        keys,
        hasher: Hasher::new(cost, auth.hashing_threads).map_err(StartError::Keys)?,
        limits: LoginLimits {
            login_account: settings.limits.login_account.into(),
            login_address: settings.limits.login_address.into(),
        },
        require_second_factor: auth.require_second_factor,
    })
}
