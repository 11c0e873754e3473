//! The program as a process of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use plenary::db::{self, Db, DbError};
use plenary::ids::Ids;
use plenary::time::Clock;
use tempfile::TempDir;

use crate::world::{Home, Reply};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// `plenary` with these arguments and nothing of ours in its environment.
pub fn plenary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plenary"));
    command.args(arguments).env_clear().env("PLENARY_LISTEN", "127.0.0.1:0").stdin(Stdio::null());
    // Tests ask faster than a person; those about limits set their own.
    command.env("PLENARY_LIMITS__PER_ADDRESS", "0");
    command
}

/// `plenary` on the database of this home.
pub fn plenary_on(home: &Home, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = plenary(arguments);
    command.env("PLENARY_DATABASE_URL", home.url()).env("PLENARY_DATA_DIR", directory.join("data"));
    command
}

/// The database of a home, past every server.
pub fn database(home: &Home) -> Db {
    Db::open(home.target(), db::Options::default(), Clock::System, Ids::Random).unwrap()
}

/// Runs statements there.
pub fn write(home: &Home, statements: &str) {
    let written: Result<(), DbError> = database(home).write_blocking(&mut |tx| Ok(tx.batch_execute(statements)?));
    written.unwrap();
}

/// What a command that ends by itself left behind.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// Runs it to its end.
pub fn end(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Ended {
    /// The same, having ended well.
    #[track_caller]
    pub fn well(self) -> Self {
        assert!(self.status.success(), "{self:#?}");
        self
    }

    /// What it said on standard error when it failed as a command should: exit code 1, nothing that looks like a crash.
    #[track_caller]
    pub fn failure(self) -> String {
        assert_eq!(self.status.code(), Some(1), "{self:#?}");
        assert!(self.stderr.starts_with("plenary: ") && !self.stderr.contains("panicked"), "{self:#?}");
        self.stderr
    }
}

/// A server that runs, killed when it is dropped.
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    directory: TempDir,
    pub address: SocketAddr,
}

impl Running {
    /// Starts it, and waits until it says where it serves.
    pub fn start(command: Command) -> Self {
        Self::begin(command).ready()
    }

    /// Starts it, without waiting.
    pub fn begin(mut command: Command) -> Starting {
        let directory = TempDir::new().unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Starting { child, stdout, directory }
    }

    /// The next line that it says on standard output.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What it says until a line that begins so.
    pub fn lines_until(&mut self, last: &str) -> Vec<String> {
        let mut lines = vec![self.line()];
        while !lines.last().unwrap().starts_with(last) {
            assert!(!lines.last().unwrap().is_empty(), "{lines:#?}: {}", self.log());
            lines.push(self.line());
        }
        lines
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn ask(&self, method: &str, path: &str) -> Reply {
        ask(method, &self.url(path))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    /// Sends `TERM` or `INT`.
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap().success());
    }

    /// Waits for its end: how, and what it had logged.
    pub fn end(mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "still running: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A server that does not serve yet.
pub struct Starting {
    child: Child,
    stdout: BufReader<ChildStdout>,
    directory: TempDir,
}

impl Starting {
    /// Waits until it says where it serves.
    pub fn ready(self) -> Running {
        let Self { mut child, mut stdout, directory } = self;
        let mut line = String::new();
        let address = loop {
            line.clear();
            if stdout.read_line(&mut line).unwrap() == 0 {
                drop(child.kill());
                panic!("{:?}: {}", child.wait(), fs::read_to_string(directory.path().join("log")).unwrap());
            }
            if let Some(address) = line.trim_end().strip_prefix("Serving http://") {
                break address.parse().unwrap();
            }
        };
        Running { child, stdout, directory, address }
    }
}

/// One request, on a connection of its own.
pub fn ask(method: &str, url: &str) -> Reply {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
    let request = ureq::http::Request::builder().method(method).uri(url).header("Connection", "close");
    Reply::of(agent.run(request.body(()).unwrap()).unwrap())
}

/// Waits for what another thread or process brings about; fails with `what` where it never does.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
