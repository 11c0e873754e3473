//! The servers as processes of their own, and what they cost.

use std::collections::HashMap;
use std::fs::read_to_string;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::Connection;
use crate::database::Home;
use crate::{Fault, Mode};

/// A server may take this long to be ready.
const PATIENCE: Duration = Duration::from_secs(20);
/// Linux counts processor time in hundredths of a second (`USER_HZ`, proc_pid_stat(5)).
const TICK: Duration = Duration::from_millis(10);

/// A server in its own process, ended when this is dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start until it was ready.
    pub started_in: Duration,
    /// Resident memory when it was ready, in KiB.
    pub idle_memory: Option<u64>,
    /// Whether the database works for it.
    has_database: bool,
}

impl Server {
    /// `plenary serve` on this database, ready.
    pub async fn product(home: &Home, mode: Mode, workers: u16) -> Result<Self, Fault> {
        Self::product_with(home, mode, workers, &[]).await
    }

    /// [`Server::product`] with these settings in its environment.
    pub async fn product_with(home: &Home, mode: Mode, workers: u16, settings: &[(&str, &str)]) -> Result<Self, Fault> {
        // Free a moment ago; nobody else on this machine is likely to take it now.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = plenary(home);
        command
            .env("PLENARY_LISTEN", address.to_string())
            .env("PLENARY_LIMITS__PER_ADDRESS", "0")
            .env("PLENARY_LIMITS__PER_ACCOUNT", "0")
            .envs(settings.iter().copied());
        if mode == Mode::Changed {
            command.env("PLENARY_HTTP__CACHE_BYTES", "0");
        }
        if workers > 0 {
            command.env("PLENARY_HTTP__WORKERS", workers.to_string());
        }
        // It logs a line a request, as it does by default; where to is not measured.
        let child = command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let start = Instant::now();
        let mut server = Self { child, address, started_in: PATIENCE, idle_memory: None, has_database: true };
        loop {
            if let Ok(mut connection) = Connection::open(address).await
                && connection.get("/readyz").await.is_ok()
            {
                server.started_in = start.elapsed();
                server.idle_memory = server.memory("VmRSS");
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("`plenary serve` ended with {status}; start it by hand to see why").into());
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("`plenary serve` was not ready after {PATIENCE:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// This program again as a server that holds these bodies in memory, each under its number.
    pub async fn bare(directory: &Path, bodies: &[Arc<[u8]>], workers: u16) -> Result<Self, Fault> {
        let directory = directory.join("bodies");
        std::fs::create_dir_all(&directory)?;
        for (n, body) in bodies.iter().enumerate() {
            std::fs::write(directory.join(n.to_string()), body)?;
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--bare").arg(directory).arg("--workers").arg(workers.to_string());
        // It lives as long as its standard input.
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let start = Instant::now();
        let mut port = String::new();
        if let Some(said) = child.stdout.take() {
            BufReader::new(said).read_line(&mut port)?;
        }
        let address = (Ipv4Addr::LOCALHOST, port.trim().parse::<u16>()?).into();
        Ok(Self { child, address, started_in: start.elapsed(), idle_memory: None, has_database: false })
    }

    /// A line of its memory (proc_pid_status(5)), in KiB; `None` where the system does not tell.
    pub fn memory(&self, line: &str) -> Option<u64> {
        let status = read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')?.split_whitespace().next()?.parse().ok())
    }
}

impl Server {
    /// Ends it as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) -> Result<(), Fault> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The command `plenary` on this database.
pub fn plenary(home: &Home) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plenary"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("PLENARY_DATA_DIR", home.directory.as_ref()).env("PLENARY_DATABASE_URL", &home.url);
    command
}

/// How many threads serve requests.
pub fn workers(asked: u16) -> std::io::Result<usize> {
    if asked > 0 { Ok(asked.into()) } else { std::thread::available_parallelism().map(Into::into) }
}

/// The processor time of each process that a server consists of.
pub struct Cpu(HashMap<u32, Duration>);

impl Cpu {
    /// What was spent since; `None` where the system does not tell.
    pub fn since(&self, before: &Self) -> Option<Duration> {
        let spent = |(pid, now): (&u32, &Duration)| now.saturating_sub(before.0.get(pid).copied().unwrap_or_default());
        (!self.0.is_empty()).then(|| self.0.iter().map(spent).sum())
    }
}

/// What a server, and PostgreSQL for it, have spent so far. A PostgreSQL elsewhere is left out.
pub fn cpu(server: &Server, home: &Home) -> Result<Cpu, Fault> {
    let mut processes = vec![server.child.id()];
    if server.has_database {
        processes.extend(home.backends()?);
    }
    Ok(Cpu(processes.into_iter().filter_map(|pid| Some((pid, cpu_of(pid)?))).collect()))
}

/// User and system time of a process and its threads.
fn cpu_of(pid: u32) -> Option<Duration> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name, which may hold anything; `utime` and `stime` are the 14th and 15th.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    Some(TICK * (times.next()?.ok()? + times.next()?.ok()?))
}
