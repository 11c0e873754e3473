//! 10,000 mails through a real SMTP server: how fast they leave, and what memory that takes; then again with the server gone for a while.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mailin::{Action, Handler, Response, SessionBuilder, response};
use plenary::db::DbError;

use crate::database::Home;
use crate::process::{self, Server};
use crate::seed::{AT, Insert, id};
use crate::{Fault, Mode};

const MAILS: u32 = 10_000;
/// How long the SMTP server is gone in the second run, and how long all may take from then on: the first delay of a mail and a fifth.
const GONE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(180);

/// What arrived, by Message-ID, and how often.
#[derive(Default)]
struct Books {
    taken: Mutex<HashMap<String, usize>>,
    connections: AtomicUsize,
    is_closed: AtomicBool,
}

impl Books {
    fn count(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// An SMTP server.
struct Office {
    address: SocketAddr,
    books: Arc<Books>,
}

impl Office {
    fn open(address: SocketAddr, books: Arc<Books>) -> Result<Self, Fault> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        books.is_closed.store(false, Ordering::SeqCst);
        let desk = books.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if desk.is_closed.load(Ordering::SeqCst) {
                    return;
                }
                desk.connections.fetch_add(1, Ordering::SeqCst);
                let desk = desk.clone();
                std::thread::spawn(move || serve(&stream, desk));
            }
        });
        Ok(Self { address, books })
    }

    /// Takes nothing more: connections break, and no new one is made.
    fn close(&self) {
        self.books.is_closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        drop(TcpStream::connect(self.address));
    }
}

/// Serves one client. What goes wrong with its connection is its own matter.
fn serve(stream: &TcpStream, books: Arc<Books>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let clerk = Clerk { books: books.clone(), id: None };
    let mut session = SessionBuilder::new("post.office").build(IpAddr::V4(Ipv4Addr::LOCALHOST), clerk);
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut say = |answer: &Response| writer.write_all(&answer.buffer().ok()?).ok();
    say(&session.greeting())?;
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 || books.is_closed.load(Ordering::SeqCst) {
            return None;
        }
        let answer = session.process(&line);
        match answer.action {
            Action::NoReply => {}
            Action::Close => return say(&answer),
            Action::Reply | Action::UpgradeTls => say(&answer)?,
        }
    }
}

struct Clerk {
    books: Arc<Books>,
    id: Option<String>,
}

impl Handler for Clerk {
    fn data_start(&mut self, _: &str, _: &str, _: bool, _: &[String]) -> Response {
        self.id = None;
        response::OK
    }

    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let line = String::from_utf8_lossy(bytes);
        if self.id.is_none()
            && let Some(id) = line.strip_prefix("Message-ID:")
        {
            self.id = Some(id.trim().to_owned());
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let id = self.id.take().unwrap_or_default();
        *self.books.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
        response::OK
    }
}

fn queue(home: &Home, from: u32) -> Result<(), Fault> {
    let db = home.open()?;
    db.write_blocking(&mut |tx| {
        let mut mails = Insert::into(
            "outbox (id, kind, recipient, locale, params, state, attempts, concealed, due_at, version, created_at, updated_at)",
        );
        for n in from..from + MAILS {
            let to = format!("reader{n}@example.org");
            mails.row(&[
                &[Some(&id(20, n)), Some("password_changed"), Some(&to), Some("fr"), Some(r#"{"name":"Ana"}"#), Some("queued")],
                &[Some("0"), Some("0"), Some(AT), Some("1"), Some(AT), Some(AT)],
            ]);
            if n % 500 == 499 {
                mails.send(tx)?;
            }
        }
        mails.send(tx)?;
        Ok::<_, DbError>(())
    })?;
    Ok(())
}

/// Waits until so many have arrived.
async fn arrived(books: &Books, count: usize) -> Result<(), Fault> {
    let start = Instant::now();
    while books.count() < count {
        if start.elapsed() > PATIENCE {
            return Err(format!("{} of {count} mails arrived within {PATIENCE:?}", books.count()).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Both runs on one database.
pub async fn measure(home: &Home, workers: u16) -> Result<(), Fault> {
    let books = Arc::<Books>::default();
    let office = Office::open((Ipv4Addr::LOCALHOST, 0).into(), books.clone())?;
    let url = format!("smtp://{}", office.address);
    let settings = [
        ("PLENARY_MAIL__TRANSPORT", "smtp"),
        ("PLENARY_MAIL__SMTP_URL", url.as_str()),
        ("PLENARY_MAIL__FROM", "plenary@example.org"),
    ];
    queue(home, 0)?;
    let server = Server::product_with(home, Mode::Unchanged, workers, &settings).await?;
    let (start, before, first) = (Instant::now(), process::cpu(&server, home)?, books.count());
    arrived(&books, MAILS as usize).await?;
    let took = start.elapsed().as_secs_f64();
    let cpu = process::cpu(&server, home)?.since(&before).unwrap_or_default().as_secs_f64() * 1000.0;
    let sent = books.count() - first;
    println!(
        "\n{}: {sent} mails over SMTP in {took:.1} s ({:.0}/s, target 300), CPU {:.2} ms a mail, {} connections; memory {:?} KiB when idle, \
         {:?} KiB at its highest.",
        home.engine,
        sent as f64 / took,
        cpu / sent.max(1) as f64,
        books.connections.load(Ordering::SeqCst),
        server.idle_memory,
        server.memory("VmHWM"),
    );
    office.close();
    let tried = books.connections.swap(0, Ordering::SeqCst);
    queue(home, MAILS)?;
    tokio::time::sleep(GONE).await;
    let office = Office::open(office.address, books.clone())?;
    let back = Instant::now();
    arrived(&books, 2 * MAILS as usize).await?;
    let doubles = books.taken.lock().unwrap_or_else(PoisonError::into_inner).values().filter(|times| **times > 1).count();
    println!(
        "{}: the SMTP server gone for {GONE:?}: all {MAILS} there {:.1} s after it was back, {doubles} of them twice; {} connections, {tried} \
         before; memory {:?} KiB at its highest.",
        home.engine,
        back.elapsed().as_secs_f64(),
        office.books.connections.load(Ordering::SeqCst),
        server.memory("VmHWM"),
    );
    Ok(())
}
