//! The program as a process: it starts or says why not, serves, and stops in order.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use plenary::app::{self, Composition};
use plenary::config::Settings;
use plenary::db::{self, Db, Target};
use plenary::http::{NoContent, Request, get};
use plenary::ids::Ids;
use plenary::people::Accounts;
use plenary::policy::Action;
use plenary::time::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::process::{Running, ask, database, end, eventually, plenary, plenary_on, write};
use crate::world::Home;

const NEWER: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')";

fn is_postgres(home: &Home) -> bool {
    matches!(home.target(), Target::Postgres(_))
}

#[test]
fn it_serves_until_it_is_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let (home, directory) = (Home::copied(), TempDir::new().unwrap());
        let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
        assert_eq!(server.ask("GET", "/healthz").expect(200).json()["status"], "alive");
        assert_eq!(server.ask("GET", "/readyz").expect(200).json()["status"], "ready");
        assert!(server.ask("HEAD", "/readyz").expect(200).body.is_empty());
        assert_eq!(server.ask("POST", "/healthz").expect(405).header("allow"), "GET, HEAD");
        server.ask("GET", "/api/v1/principles?locale=fr").expect(200);
        assert_eq!(server.ask("GET", "/nowhere?token=geheim").problem(), "not-found");
        server.signal(signal);
        let (status, log) = server.end();
        assert_eq!(status.code(), Some(0), "{log}");
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let requests: Vec<_> = lines.iter().filter(|line| line["target"] == "plenary::request").collect();
        assert_eq!(requests.len(), 6, "one line a request: {log}");
        assert!(requests.iter().any(|line| line["route"] == "/api/v1/principles" && line["status"] == 200), "{log}");
        assert!(requests.iter().all(|line| line["request_id"].as_str().is_some_and(|id| !id.is_empty())), "{log}");
        assert!(!log.contains("geheim") && !log.contains("locale=fr"), "the log shows a query: {log}");
    }
}

#[test]
fn a_new_deployment_is_migrated_first() {
    let (home, directory) = (Home::bare(), TempDir::new().unwrap());
    let run = |arguments: &[&str]| end(plenary_on(&home, directory.path(), arguments));
    let status = run(&["migrate", "--status"]).well().stdout;
    if is_postgres(&home) {
        assert!(status.contains("to run  2") && status.contains("plenary migrate"), "{status}");
        let refusal = run(&["serve"]).failure();
        assert!(refusal.contains("older than this program: run `plenary migrate`"), "{refusal}");
    } else {
        assert!(status.starts_with("There is no "), "{status}");
    }
    let told = run(&["migrate"]).well().stdout;
    assert!(told.contains("ran 20") && told.ends_with("the schema is up to date.\n"), "{told}");
    let again = run(&["migrate"]).well().stdout;
    assert_eq!(again, "The schema was up to date; nothing was done.\n");
    let status = run(&["migrate", "--status"]).well().stdout;
    assert!(status.contains("run     20") && !status.contains("to run") && status.ends_with("up to date.\n"), "{status}");
    Running::start(plenary_on(&home, directory.path(), &["serve"])).ask("GET", "/readyz").expect(200);
}

#[test]
fn a_new_file_that_another_process_sets_up_is_waited_for() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("plenary.db");
    let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    other.batch_execute("CREATE TABLE one (id TEXT); BEGIN IMMEDIATE; INSERT INTO one VALUES ('a')").unwrap();
    let open = |busy_timeout| {
        let options = db::Options { busy_timeout, ..db::Options::default() };
        Db::open(Target::Sqlite(file.clone()), options, Clock::System, Ids::Random).unwrap().connect()
    };
    let (begun, short) = (Instant::now(), Duration::from_millis(100));
    assert!(open(short).is_err_and(|error| error.to_string().contains("locked")) && begun.elapsed() >= short);
    let commits = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        other.batch_execute("COMMIT").unwrap();
    });
    assert!(open(Duration::from_secs(20)).is_ok());
    commits.join().unwrap();
}

#[test]
fn of_servers_that_start_at_once_one_migrates() {
    let (home, directory) = (Home::bare(), TempDir::new().unwrap());
    let begin = |_| {
        let mut command = plenary_on(&home, directory.path(), &["serve"]);
        command.env("PLENARY_DATABASE__MIGRATE_ON_START", "true").env("PLENARY_DATABASE__POSTGRES_CONNECTIONS", "4");
        Running::begin(command)
    };
    let starting: Vec<_> = (0..4).map(begin).collect();
    let servers: Vec<_> = starting.into_iter().map(|server| server.ready()).collect();
    let applied = database(&home).migration_status().unwrap().applied.len();
    for server in &servers {
        server.ask("GET", "/readyz").expect(200);
    }
    let migrated: usize = servers.iter().map(|server| server.log().matches(r#""message":"migrated""#).count()).sum();
    assert!(applied > 0);
    assert_eq!(migrated, applied, "each migration runs once");
}

#[test]
fn what_another_process_writes_is_served_within_a_second() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let principles = || server.ask("GET", "/api/v1/principles").expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!((principles(), principles()), (0, 0));
    write(
        &home,
        r#"INSERT INTO principles VALUES ('0192f0c1-0000-7000-8000-000000000001', 1, '{"en":"One"}', '{"en":"First"}',
            '2026-01-01 00:00:00', '2026-01-01 00:00:00')"#,
    );
    let written = Instant::now();
    while principles() == 0 {
        assert!(written.elapsed() < Duration::from_secs(1), "still the answer from before");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    write(&home, NEWER);
    for arguments in [["serve"].as_slice(), &["migrate"], &["migrate", "--status"]] {
        let refusal = end(plenary_on(&home, directory.path(), arguments)).failure();
        assert!(refusal.contains("newer than this program knows"), "{refusal}");
    }
    // One that runs already is told to leave by whoever asks.
    let ready = server.ask("GET", "/readyz");
    assert_eq!((ready.status, ready.problem().as_str(), ready.header("retry-after")), (503, "unavailable", "1"));
    assert!(ready.json()["detail"].as_str().unwrap().contains("newer"), "{}", ready.text());
    server.ask("GET", "/healthz").expect(200);
}

#[test]
fn wrong_settings_are_all_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("plenary.toml");
    std::fs::write(&file, "[http]\nworkers = \"many\"\n[cors]\nallowed_origin = [\"https://example.org\"]\n").unwrap();
    let mut command = plenary(&["serve", "--config", file.to_str().unwrap()]);
    command.env("PLENARY_LISTEN", "8080").env("PLENARY_LOG__LEVEL", "loud");
    let told = end(command).failure();
    for expected in ["http.workers", "cors.allowed_origin", "listen", "PLENARY_LISTEN", "log.level", "plenary.toml"] {
        assert!(told.contains(expected), "{expected} is not in {told}");
    }
}

#[test]
fn config_check_shows_what_is_in_force_without_secrets() {
    let mut command = plenary(&["config", "check"]);
    command.env("PLENARY_DATABASE_URL", "postgres://plenary:geheim@db.example.org/plenary").env("PLENARY_HTTP__WORKERS", "3");
    let told = end(command).well().stdout;
    let of = |key: &str| told.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap_or_else(|| panic!("{told}"));
    assert!(of("http.workers").contains("= 3 ") && of("http.workers").ends_with("# PLENARY_HTTP__WORKERS"));
    assert!(of("cors.max_age_s").ends_with("# default"));
    assert!(!told.contains("geheim"), "{told}");
}

#[test]
fn what_stands_in_the_way_of_a_start_is_said() {
    let directory = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_at = taken.local_addr().unwrap().to_string();
    std::fs::write(directory.path().join("file"), "").unwrap();
    std::fs::write(directory.path().join("plenary.db"), "no database at all, but long enough to look at").unwrap();
    let below_a_file = directory.path().join("file/data");
    let here = directory.path().to_str().unwrap();
    let nobody_there = "postgres://someone:geheim@127.0.0.1:1/plenary";
    let cases = [
        ("PLENARY_LISTEN", taken_at.as_str(), [taken_at.as_str(), "Another program listens there", "PLENARY_LISTEN"]),
        ("PLENARY_METRICS_LISTEN", &taken_at, [&taken_at, "Another program listens there", "PLENARY_METRICS_LISTEN"]),
        ("PLENARY_DATA_DIR", below_a_file.to_str().unwrap(), ["cannot make the directory", "file/data", "PLENARY_DATA_DIR"]),
        ("PLENARY_DATA_DIR", here, ["plenary.db", "not a database", "PLENARY_DATA_DIR"]),
        ("PLENARY_DATABASE_URL", nobody_there, ["127.0.0.1", "onnection refused", "PLENARY_DATABASE_URL"]),
    ];
    for (variable, value, expected) in cases {
        let mut command = plenary(&["serve"]);
        command.env("PLENARY_DATA_DIR", directory.path().join("data")).env(variable, value);
        let begun = Instant::now();
        let told = end(command).failure();
        assert!(expected.iter().all(|part| told.contains(part)), "{variable}={value}: {told}");
        assert!(!told.contains("geheim") && told.lines().count() == 1, "{told}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{variable}: said after {:?}", begun.elapsed());
    }
}

#[test]
fn two_servers_share_a_database_but_not_an_address() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let first = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let second = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    first.ask("GET", "/readyz").expect(200);
    second.ask("GET", "/readyz").expect(200);
    let mut third = plenary_on(&home, directory.path(), &["serve"]);
    third.env("PLENARY_LISTEN", first.address.to_string());
    assert!(end(third).failure().contains("Another program listens there"));
    drop(first);
    second.ask("GET", "/readyz").expect(200);
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let mut command = plenary_on(&home, directory.path(), &["serve"]);
    command.env("PLENARY_METRICS_LISTEN", "127.0.0.1:0");
    let mut server = Running::start(command);
    let line = server.line();
    let metrics = line.strip_prefix("Metrics ").unwrap_or_else(|| panic!("{line}"));
    server.ask("GET", "/api/v1/principles").expect(200);
    assert_eq!(server.ask("GET", "/metrics").problem(), "not-found");
    let reply = ask("GET", metrics).expect(200);
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    let value = |name: &str| -> f64 {
        let line = reply.text().lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {}", reply.text()));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let principles = r#"plenary_request_duration_seconds_count{method="GET",route="/api/v1/principles",status="200"}"#;
    assert_eq!(value(principles), 1.0);
    assert!(value("plenary_database_connections_idle") >= 1.0 && value("plenary_database_statements") >= 1.0);
    assert!(reply.text().ends_with("# EOF\n"));
    server.signal("TERM");
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn a_client_that_does_not_finish_its_head_is_dropped() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let mut command = plenary_on(&home, directory.path(), &["serve"]);
    command.env("PLENARY_HTTP__HEADER_TIMEOUT_MS", "300");
    let server = Running::start(command);
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ").unwrap();
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{:?}", String::from_utf8_lossy(&answer));

    let mut large = TcpStream::connect(server.address).unwrap();
    large.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The server may close before it has read all of it.
    drop(large.write_all(format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "x".repeat(200_000)).as_bytes()));
    let mut start = [0; 12];
    if large.read_exact(&mut start).is_ok() {
        assert_eq!(&start, b"HTTP/1.1 431");
    }
    server.ask("GET", "/healthz").expect(200);
}

/// On PostgreSQL, where a request can be made to wait for a lock.
#[test]
fn a_request_that_runs_at_sigterm_is_answered() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    if !is_postgres(&home) {
        return eprintln!("skipped on SQLite, where readers wait for nobody; see stopping_waits_for_requests_that_run");
    }
    let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let mut lock = database(&home).connect().unwrap();
    lock.batch_execute("BEGIN; LOCK TABLE principles IN ACCESS EXCLUSIVE MODE").unwrap();
    let url = server.url("/api/v1/principles");
    let asking = std::thread::spawn(move || ask("GET", &url));
    let mut watching = database(&home).connect().unwrap();
    eventually("the request waits for the lock", || {
        let waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'principles'::regclass";
        diesel::sql_query(waiting).execute(&mut watching).unwrap() > 0
    });
    server.signal("TERM");
    eventually("nobody is let in", || TcpStream::connect(server.address).is_err());
    lock.batch_execute("COMMIT").unwrap();
    asking.join().unwrap().expect(200);
    assert_eq!(server.end().0.code(), Some(0));
}

fn settings(directory: &Path, more: &[(&str, &str)]) -> Settings {
    let data = directory.to_str().unwrap();
    let environment = [("PLENARY_DATA_DIR", data), ("PLENARY_LISTEN", "127.0.0.1:0")];
    Settings::load(None, environment.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}

/// The status that a request gets whose server is stopped while it runs, and which can only end once nobody is let in any more.
fn status_of_a_request_at_the_stop(more: &[(&str, &str)], ends: bool) -> Option<u16> {
    let directory = TempDir::new().unwrap();
    let settings = settings(directory.path(), more);
    let gate: &Notify = Box::leak(Box::default());
    let (ready, started) = std::sync::mpsc::channel();
    let (composed, composition) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let compose = |db, options, accounts: Accounts, files| {
            let wait = move |_: Request| async move {
                gate.notified().await;
                Ok(NoContent)
            };
            let routes = app::routes().into_iter().chain([get("/wait", Action::ReadPublic, "Waits", wait)]);
            let composition = Composition::with(db, options, accounts.clone(), files, Box::new(accounts), routes.collect());
            composed.send(composition.web.clone()).unwrap();
            composition
        };
        let ready = move |settings: &Settings| ready.send(settings.listen).unwrap();
        actix_web::rt::System::new()
            .block_on(plenary::server::run(settings, compose, ready, || Ok(async { stopped.await.unwrap() })))
    });
    let (address, web) = (started.recv().unwrap(), composition.recv().unwrap());
    let mut running = TcpStream::connect(address).unwrap();
    running.write_all(b"GET /api/v1/wait HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    eventually("the request runs", || web.metrics.in_flight.get() == 1);
    stop.send(()).unwrap();
    eventually("nobody is let in", || TcpStream::connect(address).is_err());
    if ends {
        gate.notify_one();
    }
    let mut answer = String::new();
    drop(running.read_to_string(&mut answer));
    server.join().unwrap().unwrap();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok())
}

#[test]
fn stopping_waits_for_requests_that_run() {
    assert_eq!(status_of_a_request_at_the_stop(&[], true), Some(204));
}

#[test]
fn stopping_waits_no_longer_than_the_settings_say() {
    assert_eq!(status_of_a_request_at_the_stop(&[("PLENARY_HTTP__SHUTDOWN_MS", "100")], false), None);
}

#[test]
fn openapi_prints_the_document() {
    let printed: Value = serde_json::from_str(&end(plenary(&["openapi"])).well().stdout).unwrap();
    assert_eq!(printed["openapi"], "3.1.0");
    assert!(printed["paths"]["/api/v1/call"]["get"].is_object());
}

#[test]
fn help_and_a_wrong_word_are_told_apart() {
    let help = end(plenary(&["--help"])).well().stdout;
    assert!(["serve", "demo", "migrate", "config", "openapi", "--config"].iter().all(|word| help.contains(word)), "{help}");
    for arguments in [["srve"].as_slice(), &["serve", "--hlep"], &[]] {
        let wrong = end(plenary(arguments));
        assert_eq!(wrong.status.code(), Some(2), "{arguments:?}: {wrong:?}");
        assert!(wrong.stdout.is_empty() && !wrong.stderr.is_empty(), "{arguments:?}: {wrong:?}");
    }
}
