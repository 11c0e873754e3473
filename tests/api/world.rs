//! A world for one test: its own database, its own server on a real socket, its own clock. Nothing is shared but the empty, migrated
//! database that each one is copied from.
//!
//! SQLite, unless `TEST_DATABASE_URL` names a PostgreSQL server on which databases may be made.

pub mod cast;
mod contract;
mod database;
mod people;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use plenary::app::Composition;
use plenary::config::{FileSettings, Settings};
use plenary::db::{self, AnyConnection, Db, Write};
use plenary::error::Error;
use plenary::files::Files;
use plenary::http::{self, Authenticate, Route, Streams, Web};
use plenary::ids::Ids;
use plenary::load::{self, Report};
use plenary::time::{Clock, Instant};
use serde_json::Value;
use ureq::http::{HeaderMap, Response};

use self::contract::Contract;
pub use self::database::Home;
pub use self::people::{PASSWORD, Person, Setup as Accounts};

/// When every world begins.
pub const BEGINNING: &str = "2026-09-01T09:00:00Z";

/// The reference call's file.
pub const PARIS_CALL: &str = include_str!("../../config/paris-call.toml");

/// One server with its database; both go with it.
pub struct World {
    server: Server,
    clock: Clock,
    // Last: the database is dropped when its server is gone.
    home: Home,
}

/// What a world is made of, where it differs from the product with an empty database.
pub struct Setup {
    more: Vec<Route>,
    authenticate: Option<Box<dyn Authenticate>>,
    accounts: people::Setup,
    options: http::Options,
    database: db::Options,
    files: FileSettings,
}

impl Setup {
    /// Mounts routes beside the product's.
    pub fn routes(mut self, more: Vec<Route>) -> Self {
        self.more.extend(more);
        self
    }

    /// Lets tokens stand for somebody.
    pub fn authenticate(mut self, authenticate: impl Authenticate + 'static) -> Self {
        self.authenticate = Some(Box::new(authenticate));
        self
    }

    /// Changes the server's options.
    pub fn options(mut self, change: impl FnOnce(&mut http::Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// Changes the database's options.
    pub fn database(mut self, change: impl FnOnce(&mut db::Options)) -> Self {
        change(&mut self.database);
        self
    }

    /// Changes what holds for uploaded files.
    pub fn files(mut self, change: impl FnOnce(&mut FileSettings)) -> Self {
        change(&mut self.files);
        self
    }

    /// Changes what holds for accounts.
    pub fn accounts(mut self, change: impl FnOnce(&mut people::Setup)) -> Self {
        change(&mut self.accounts);
        self
    }

    /// The world, listening.
    pub fn start(self) -> World {
        let home = Home::copied();
        let clock = Clock::fixed(instant(BEGINNING));
        let server = self.serve(&home, &clock, Ids::counted());
        World { server, clock, home }
    }

    /// A second server in that world, as another process would be: the same database and clock, its own pools, cache and revision.
    pub fn beside(self, world: &World) -> Server {
        self.serve(&world.home, &world.clock, Ids::Random)
    }

    fn serve(self, home: &Home, clock: &Clock, ids: Ids) -> Server {
        let db = Db::open(home.target(), self.database, clock.clone(), ids).unwrap();
        let routes: Vec<_> = plenary::app::routes().into_iter().chain(self.more).collect();
        let is_product = routes.len() == plenary::app::routes().len();
        let contract = if is_product { Contract::of_the_product() } else { Contract::of(&routes) };
        let accounts = self.accounts.open(home, clock);
        let files = Files::open(&self.files, home.directory()).unwrap();
        let composition = match self.authenticate {
            Some(other) => Composition::with(db, self.options, accounts, files, other, routes),
            None if is_product => Composition::new(db, self.options, accounts, files),
            None => panic!("routes of one's own need callers of one's own"),
        };
        Server::start(composition, contract)
    }
}

impl World {
    /// The product on an empty database.
    pub fn new() -> Self {
        Self::setup().start()
    }

    /// A world to be made otherwise.
    pub fn setup() -> Setup {
        // Durability is tested where it is the point; everywhere else the disk only costs time.
        let database = db::Options { readers: 2, postgres_connections: 4, synchronous_full: false, ..db::Options::default() };
        Setup {
            more: Vec::new(),
            authenticate: None,
            accounts: people::Setup::default(),
            // Whoever walks over all routes shall come to an end.
            options: http::Options {
                streams: Streams { longest: Duration::from_millis(50), ..Streams::default() },
                ..http::Options::default()
            },
            database,
            files: Settings::load(None, []).unwrap().files,
        }
    }

    /// The database as another process sees it.
    pub fn beside_db(&self) -> Db {
        let options = db::Options { readers: 1, postgres_connections: 2, synchronous_full: false, ..db::Options::default() };
        let db = Db::open(self.home.target(), options, self.clock.clone(), Ids::Random).unwrap();
        plenary::app::prepare(&db);
        db
    }

    /// Loads a call file.
    #[track_caller]
    pub fn load(&self, file: &str) -> Report {
        load::load(self.db(), file).unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Loads the reference call.
    pub fn load_paris_call(&self) -> Report {
        self.load(PARIS_CALL)
    }

    /// Where its database lies, for commands beside it.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Moves the clock.
    pub fn at(&self, when: &str) {
        self.clock.set(instant(when));
    }

    /// The instant it is.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Writes to the database past the server.
    pub fn write<T>(&self, mut f: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> T {
        self.db().write_blocking(&mut f).unwrap()
    }

    /// Reads from the database past the server.
    pub fn read<T>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<T, Error>) -> T {
        self.db().read_blocking(|tx| f(tx)).unwrap()
    }
}

impl std::ops::Deref for World {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

/// An instant from its RFC 3339 text.
pub fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// A server on a port of its own, stopped when it is dropped.
pub struct Server {
    base: String,
    web: Web,
    contract: Arc<Contract>,
    agent: ureq::Agent,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(composition: Composition, contract: Arc<Contract>) -> Self {
        let (ready, started) = std::sync::mpsc::channel();
        let web = composition.web.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || composition.app())
                    .workers(1)
                    .worker_max_blocking_threads(8)
                    // A test on a busy machine may be slow between two requests.
                    .keep_alive(Duration::from_secs(60))
                    .disable_signals()
                    .bind("127.0.0.1:0")
                    .unwrap();
                let address = server.addrs()[0];
                let running = server.run();
                ready.send((address, running.handle())).unwrap();
                running.await.unwrap();
            });
        });
        let (address, handle) = started.recv().unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .max_idle_connections_per_host(32)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Self { base: format!("http://{address}"), web, contract, agent, handle, thread: Some(thread) }
    }

    /// Its database.
    pub fn db(&self) -> &Db {
        &self.web.db
    }

    /// The state that its requests share.
    pub fn web(&self) -> &Web {
        &self.web
    }

    /// `http://127.0.0.1:<port>`, for tests that speak to the socket themselves.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// GETs a path below `/api/v1`, without an account.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path).send()
    }

    /// A request below `/api/v1`, to be filled and sent.
    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        self.ask_outside(method, &format!("/api/v1{path}"))
    }

    /// A request of any path.
    pub fn ask_outside(&self, method: &str, path: &str) -> Ask<'_> {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        Ask { server: self, request, body: None }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The command is sent at once; its future would only wait.
        drop(self.handle.stop(false));
        let stopped = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(stopped, Some(Ok(()))), "the server's thread died");
    }
}

/// A request being put together.
pub struct Ask<'a> {
    server: &'a Server,
    request: ureq::http::request::Builder,
    body: Option<Vec<u8>>,
}

impl Ask<'_> {
    /// With a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    /// With a bearer token.
    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// With an `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// With `If-Match`.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("If-Match", etag)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json").body(body.to_string())
    }

    /// With bytes as body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    /// Sends it. What was taken and the answer are held against the OpenAPI document.
    #[track_caller]
    pub fn send(self) -> Reply {
        let Self { server, request, body } = self;
        let method = request.method_ref().unwrap().to_string();
        let path = request.uri_ref().unwrap().to_string();
        let response = match &body {
            Some(bytes) => server.agent.run(request.body(bytes).unwrap()),
            None => server.agent.run(request.body(()).unwrap()),
        };
        let reply = Reply::of(response.unwrap());
        server.contract.check(&method, path.trim_start_matches(&server.base), body.as_deref(), &reply);
        reply
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads it.
    pub fn of(response: Response<ureq::Body>) -> Self {
        let (head, mut body) = response.into_parts();
        Self { status: head.status.as_u16(), headers: head.headers, body: body.read_to_vec().unwrap() }
    }

    /// A header's text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{} {e}: {:?}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The same answer, having the status; else the test fails and shows it.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// The slug of the problem that it is, checked to be one (RFC 9457, api.md): its media type, its status, its request id.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", String::from_utf8_lossy(&self.body));
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem["type"].as_str().unwrap().rsplit_once("/problems/").unwrap().1.to_owned()
    }

    /// Where the faults of the input are and what kind each is: `/name too-long`.
    #[track_caller]
    pub fn faults(&self) -> Vec<String> {
        assert_eq!(self.problem(), "invalid-input");
        let text = |fault: &Value, member: &str| fault[member].as_str().unwrap().to_owned();
        self.json()["errors"].as_array().unwrap().iter().map(|f| format!("{} {}", text(f, "pointer"), text(f, "code"))).collect()
    }
}
