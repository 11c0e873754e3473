//! The driver: keep-alive connections that each have one request under way. It reads as little of HTTP/1.1 as it can, since it shares
//! the machine's cores with what it measures: the status, `Content-Length`, and whether the body is the one expected.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Fault;
use crate::database::Home;
use crate::process::{self, Server};

/// No answer takes longer than this, or the run fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// One keep-alive connection.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream, received: Vec::with_capacity(64 << 10) })
    }

    /// The body that a path answers with 200; anything else is a fault.
    pub async fn get(&mut self, path: &str) -> Result<Arc<[u8]>, Fault> {
        let request = self.request(path);
        let body_at = tokio::time::timeout(PATIENCE, self.exchange(&request)).await??;
        Ok(self.received.get(body_at..).unwrap_or_default().into())
    }

    /// The body that a path answers with 200 to who has this token.
    pub async fn get_as(&mut self, path: &str, token: &str) -> Result<Arc<[u8]>, Fault> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n", self.address);
        let body_at = tokio::time::timeout(PATIENCE, self.exchange(request.as_bytes())).await??;
        Ok(self.received.get(body_at..).unwrap_or_default().into())
    }

    /// Posts JSON; the body of the answer. Anything but 200 or 202 is a fault.
    pub async fn post(&mut self, path: &str, json: &str) -> Result<Arc<[u8]>, Fault> {
        let (address, length) = (self.address, json.len());
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let body_at = tokio::time::timeout(PATIENCE, self.exchange((head + json).as_bytes())).await??;
        Ok(self.received.get(body_at..).unwrap_or_default().into())
    }

    /// Sends JSON as who has this token, on `If-Match: *`; the status and the body of whatever is answered.
    pub async fn send_as(&mut self, method: &str, path: &str, token: &str, json: &str) -> Result<(u16, Arc<[u8]>), Fault> {
        let (address, length) = (self.address, json.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nIf-Match: *\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let (status, body_at) = tokio::time::timeout(PATIENCE, self.answered((head + json).as_bytes())).await??;
        Ok((status, self.received.get(body_at..).unwrap_or_default().into()))
    }

    fn request(&self, path: &str) -> Arc<[u8]> {
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).into_bytes().into()
    }

    /// Sends a request and receives its whole answer; where in `received` its body begins. Anything but 200 or 202 is a fault.
    async fn exchange(&mut self, request: &[u8]) -> Result<usize, Fault> {
        match self.answered(request).await? {
            (200 | 202, body_at) => Ok(body_at),
            (status, _) => Err(format!("answered {status}: {}", String::from_utf8_lossy(&self.received)).into()),
        }
    }

    /// Sends a request and receives its whole answer; its status, and where in `received` its body begins.
    async fn answered(&mut self, request: &[u8]) -> Result<(u16, usize), Fault> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if head.is_none() {
                head = parse_head(&self.received)?;
            }
            if let Some((status, body_at, length)) = head
                && self.received.len() >= body_at + length
            {
                return Ok((status, body_at));
            }
        }
    }

    /// The same request over and over until `end`; the connection again, and how long each took.
    async fn repeat(mut self, request: Arc<[u8]>, expected: Arc<[u8]>, end: Instant) -> Result<(Self, Vec<Duration>), Fault> {
        let mut latencies = Vec::new();
        let mut sent = Instant::now();
        while sent < end {
            let body_at = self.exchange(&request).await?;
            if self.received.get(body_at..) != Some(&*expected) {
                return Err("an answer changed while nothing was written".into());
            }
            let received = Instant::now();
            latencies.push(received - sent);
            sent = received;
        }
        Ok((self, latencies))
    }
}

/// The status, where the body begins and how long it is, once the head is whole.
fn parse_head(received: &[u8]) -> Result<Option<(u16, usize, usize)>, Fault> {
    let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(received.get(..end).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or("an answer without status")?;
    let length = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = match length {
        Some((_, length)) => length.trim().parse()?,
        None if status == 204 => 0,
        None => return Err("an answer without Content-Length".into()),
    };
    Ok(Some((status, end + 4, length)))
}

/// What was seen in all turns of one server at one read.
#[derive(Default)]
pub struct Measured {
    /// How long each request took.
    pub latencies: Vec<Duration>,
    /// How long the turns took together.
    pub elapsed: Duration,
    /// Processor time of the server and its database; `None` where the system does not tell.
    pub cpu: Option<Duration>,
}

/// One server at one read, driven in turns over the same connections.
pub struct Turns<'a> {
    server: &'a Server,
    request: Arc<[u8]>,
    expected: Arc<[u8]>,
    idle: Vec<Connection>,
    /// What was seen so far.
    pub measured: Measured,
}

impl<'a> Turns<'a> {
    /// Opens the connections. Each asks once, since a server closes one that asks nothing sooner than one that did.
    pub async fn new(server: &'a Server, path: &str, expected: Arc<[u8]>, connections: u16) -> Result<Self, Fault> {
        let mut idle = Vec::new();
        for _ in 0..connections {
            let mut connection = Connection::open(server.address).await?;
            connection.get(path).await?;
            idle.push(connection);
        }
        let request = idle.first().map(|connection| connection.request(path)).unwrap_or_default();
        Ok(Self { server, request, expected, idle, measured: Measured::default() })
    }

    /// Drives the server for `turn` and adds what was seen.
    pub async fn take(&mut self, turn: Duration, home: &Home) -> Result<(), Fault> {
        let before = process::cpu(self.server, home)?;
        let start = Instant::now();
        let mut running = JoinSet::new();
        for connection in self.idle.drain(..) {
            running.spawn(connection.repeat(self.request.clone(), self.expected.clone(), start + turn));
        }
        while let Some(finished) = tokio::time::timeout(turn + PATIENCE, running.join_next()).await? {
            let (connection, latencies) = finished??;
            self.measured.latencies.extend(latencies);
            self.idle.push(connection);
        }
        self.measured.elapsed += start.elapsed();
        let spent = process::cpu(self.server, home)?.since(&before);
        self.measured.cpu = spent.map(|spent| spent + self.measured.cpu.unwrap_or_default());
        Ok(())
    }
}
