//! `/notifications/stream`, over a real socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use plenary::http::Streams;
use serde_json::{Value, json};

use super::write_to_members;
use crate::process::{Running, end, eventually, plenary_on};
use crate::world::cast::Cast;
use crate::world::{Home, PASSWORD, Person, Server, World};

const HEARTBEAT: Duration = Duration::from_millis(200);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn world() -> World {
    World::setup().options(|options| options.streams = Streams { heartbeat: HEARTBEAT, ..Streams::default() }).start()
}

/// A stream as a client reads it.
struct Stream {
    reader: BufReader<TcpStream>,
    status: u16,
    head: String,
    /// Its first event: id and name.
    first: (i64, String),
}

impl Stream {
    fn open(server: &Server, by: &Person, last: Option<&str>) -> Self {
        Self::at(server.base().trim_start_matches("http://"), &by.token, last)
    }

    fn at(address: &str, token: &str, last: Option<&str>) -> Self {
        Self::asking(address, token, "", last)
    }

    fn asking(address: &str, token: &str, query: &str, last: Option<&str>) -> Self {
        Self::on(TcpStream::connect(address).unwrap(), token, query, last)
    }

    fn on(mut socket: TcpStream, token: &str, query: &str, last: Option<&str>) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(
            socket,
            "GET /api/v1/notifications/stream{query} HTTP/1.1\r\nHost: plenary.test\r\nAuthorization: Bearer {token}\r\n{last}\r\n"
        )
        .unwrap();
        let mut reader = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut stream = Self { reader, status, head, first: (0, String::new()) };
        if status == 200 {
            let (id, name, data) = stream.event().expect("a first event");
            assert_eq!(data, json!({}));
            stream.first = (id, name);
        }
        stream
    }

    /// The next line of a chunk, without its framing; nothing at the end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        if line.is_empty() || line == "0\r\n" { None } else { Some(line) }
    }

    /// The next event: id, name, data; nothing where the stream ends.
    fn event(&mut self) -> Option<(i64, String, Value)> {
        let (mut id, mut name) = (0, String::new());
        loop {
            let line = self.line()?;
            if let Some(rest) = line.strip_prefix("id: ") {
                id = rest.trim().parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("event: ") {
                name = rest.trim().to_owned();
            } else if let Some(rest) = line.strip_prefix("data: ") {
                return Some((id, name, serde_json::from_str(rest.trim()).unwrap()));
            }
        }
    }

    /// Waits for a sign of life.
    fn beat(&mut self) {
        while self.line().expect("a heartbeat") != ":\n" {}
    }

    fn title(&mut self) -> (i64, String) {
        let (id, name, data) = self.event().expect("an event");
        assert_eq!(name, "notification");
        (id, data["title"].as_str().unwrap().to_owned())
    }
}

#[test]
fn what_one_is_told_comes_as_it_happens_and_again_after_a_break() {
    let cast = Cast::around(world());
    let mut stream = Stream::open(&cast, &cast.member, None);
    assert_eq!(stream.status, 200);
    let head = stream.head.to_lowercase();
    for header in ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"] {
        assert!(head.contains(header), "{head}");
    }
    let mut others = Stream::open(&cast, &cast.stranger, None);
    write_to_members(&cast, "First");
    let (first, title) = stream.title();
    assert!(title.contains("First"), "{title}");
    drop(stream);
    write_to_members(&cast, "Second");
    write_to_members(&cast, "Third");
    let mut stream = Stream::open(&cast, &cast.member, Some(&first.to_string()));
    assert!(stream.title().1.contains("Second"));
    let (third, title) = stream.title();
    assert!(title.contains("Third") && third == first + 2);
    write_to_members(&cast, "Fourth");
    assert!(stream.title().1.contains("Fourth"));
    // The list says the same, and what another one is told never comes.
    let by = cast.sign_in(&cast.member.email);
    let list = cast.ask("GET", "/notifications?limit=1").by(&by).send().expect(200).json();
    assert!(list["items"][0]["title"].as_str().unwrap().contains("Fourth"));
    others.beat();
    others.beat();
    drop(others);
}

#[test]
fn a_stream_that_breaks_off_before_anything_is_told_resumes_there() {
    let cast = Cast::around(world());
    let (first, name) = Stream::open(&cast, &cast.member, None).first;
    assert_eq!(name, "ready");
    write_to_members(&cast, "First");
    write_to_members(&cast, "Second");
    let mut stream = Stream::open(&cast, &cast.member, Some(&first.to_string()));
    assert_eq!(stream.first, (first, "ready".to_owned()));
    assert!(stream.title().1.contains("First"));
    // A browser names it in the query of its next link; when it comes again by itself, its header is newer.
    let address = cast.base().trim_start_matches("http://").to_owned();
    let asking = |query: &str, last| Stream::asking(&address, &cast.member.token, query, last);
    assert!(asking(&format!("?last_event_id={first}"), None).title().1.contains("First"));
    let (query, last) = (format!("?last_event_id={first}"), (first + 1).to_string());
    assert!(asking(&query, Some(&last)).title().1.contains("Second"));
    assert_eq!(asking("?last_event_id=-1", None).status, 422);
}

#[test]
fn who_missed_more_than_can_be_sent_is_told_to_fetch() {
    let cast = Cast::around(world());
    let by = cast.sign_in(&cast.member.email);
    let list = cast.ask("GET", "/notifications?total=true").by(&by).send().expect(200).json();
    let known = list["total"].as_i64().unwrap();
    for faulty in ["99", "-1", "seven"] {
        let stream = Stream::open(&cast, &cast.member, Some(faulty));
        assert_eq!((stream.first.0, stream.first.1.as_str()), (known, "reset"), "{faulty}");
    }
    cast.write(|tx| {
        for n in 0..201 {
            let told = plenary::notifications::News {
                kind: plenary::mail::Kind::GroupMessage,
                person: cast.member.id,
                email: &cast.member.email,
                locale: None,
                params: json!({"group": "G", "number": 5, "subject": format!("No {n}"), "body": "x"}),
                concealed: false,
            };
            plenary::notifications::tell(tx, told)?;
        }
        Ok(())
    });
    let mut stream = Stream::open(&cast, &cast.member, Some(&known.to_string()));
    let (id, name, _) = stream.event().unwrap();
    assert_eq!((id, name.as_str()), (known + 201, "reset"));
    let mut stream = Stream::open(&cast, &cast.member, Some(&(known + 1).to_string()));
    assert_eq!(stream.title().0, known + 2);
}

#[test]
fn a_stream_ends_with_its_token_and_its_session() {
    let cast = Cast::around(world());
    let ends = |stream: &mut Stream| {
        let start = Instant::now();
        while stream.line().is_some() {
            assert!(start.elapsed() < PATIENCE, "it goes on");
        }
    };
    let mut out = Stream::open(&cast, &cast.other_member, None);
    out.beat();
    cast.ask("POST", "/auth/logout").by(&cast.other_member).json(&json!({})).send().expect(204);
    ends(&mut out);
    assert_eq!(Stream::open(&cast, &cast.other_member, None).status, 401);

    let mut suspended = Stream::open(&cast, &cast.lead, None);
    suspended.beat();
    let administrator = cast.administrator();
    let path = format!("/admin/persons/{}", cast.lead.id);
    let etag = cast.ask("GET", &path).by(&administrator).send().expect(200).header("etag").to_owned();
    let body = json!({"suspended": true, "reason": "A stolen account."});
    cast.ask("PATCH", &path).by(&administrator).if_match(&etag).json(&body).send().expect(200);
    ends(&mut suspended);

    let mut expires = Stream::open(&cast, &cast.member, None);
    expires.beat();
    cast.at("2026-09-01T09:16:00Z");
    ends(&mut expires);
}

#[test]
fn the_oldest_of_six_streams_ends_and_a_full_server_says_so() {
    let narrow = Streams { heartbeat: HEARTBEAT, most: 6, ..Streams::default() };
    let cast = Cast::around(World::setup().options(|options| options.streams = narrow).start());
    let mut all: Vec<Stream> = (0..6)
        .map(|_| {
            let mut stream = Stream::open(&cast, &cast.member, None);
            stream.beat();
            stream
        })
        .collect();
    assert_eq!(all[0].event().unwrap().1, "replaced");
    assert!(all[0].event().is_none());
    write_to_members(&cast, "For all");
    for stream in &mut all[1..] {
        assert!(stream.title().1.contains("For all"));
    }
    let mut sixth = Stream::open(&cast, &cast.other_member, None);
    sixth.beat();
    let full = Stream::open(&cast, &cast.lead, None);
    assert_eq!(full.status, 503);
    assert!(full.head.to_lowercase().contains("retry-after: 60"), "{}", full.head);
}

#[test]
fn only_the_head_is_answered_to_head_and_nothing_to_strangers() {
    let narrow = Streams { most: 1, ..Streams::default() };
    let cast = Cast::around(World::setup().options(|options| options.streams = narrow).start());
    for _ in 0..3 {
        let head = cast.ask("HEAD", "/notifications/stream").by(&cast.member).send();
        assert_eq!((head.status, head.header("content-type")), (200, "text/event-stream"));
        assert!(head.headers.iter().all(|(name, _)| name != "content-length"), "it has no length");
    }
    cast.get("/notifications/stream").expect(401);
    assert_eq!(Stream::open(&cast, &cast.member, None).first.1, "ready", "the one place is free");
}

#[test]
fn a_server_that_stops_ends_its_streams() {
    let home = Home::copied();
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("call.toml");
    std::fs::write(&file, crate::world::PARIS_CALL).unwrap();
    end(plenary_on(&home, directory.path(), &["load", file.to_str().unwrap()])).well();
    let mut made = plenary_on(&home, directory.path(), &["admin", "create", "ana@example.org", "--password-stdin"]);
    let mut made = made.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(made.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(made.wait().unwrap().success());
    let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let login = json!({"email": "ana@example.org", "password": PASSWORD}).to_string();
    let login = ureq::post(server.url("/api/v1/auth/login")).header("Content-Type", "application/json").send(&login).unwrap();
    let tokens: Value = serde_json::from_str(&login.into_body().read_to_string().unwrap()).unwrap();
    let mut stream = Stream::at(server.url("").trim_start_matches("http://"), tokens["access_token"].as_str().unwrap(), None);
    assert_eq!(stream.status, 200);
    let start = Instant::now();
    server.signal("TERM");
    while stream.line().is_some() {}
    let (status, log) = server.end();
    assert!(status.success() && start.elapsed() < Duration::from_secs(5), "{:?} {log}", start.elapsed());
}

#[test]
fn what_another_server_writes_comes_too() {
    let cast = Cast::around(world());
    let _watch = cast.db().watch().unwrap();
    let mut stream = Stream::open(&cast, &cast.member, None);
    stream.beat();
    let other = World::setup().beside(&cast);
    let body = json!({"subject": "From over there", "body": "Come.", "to": "members"});
    other.ask("POST", "/groups/5/messages").by(&cast.chair).json(&body).send().expect(202);
    let start = Instant::now();
    assert!(stream.title().1.contains("From over there"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn silent_streams_ask_nothing_and_cost_little() {
    let cast = Cast::around(World::setup().options(|options| options.streams = Streams::default()).start());
    let open = || {
        let person = cast.person(&format!("listener{}@plenary.test", cast.db().queries()));
        (0..5).map(|_| Stream::open(&cast, &person, None)).collect::<Vec<_>>()
    };
    let mut streams = open();
    let memory = || -> i64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let before = memory();
    for _ in 0..40 {
        streams.extend(open());
    }
    println!("{} streams, {} KiB more, the client's buffers among them", streams.len(), memory() - before);
    // What opening them wrote has been looked at by then.
    std::thread::sleep(Duration::from_secs(1));
    let queries = cast.db().queries();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(cast.db().queries(), queries, "nobody asks while nothing is written");
}

fn open_streams(cast: &Cast) -> i64 {
    let text = cast.web().metrics.text();
    let line = text.lines().find(|line| line.starts_with("plenary_streams_open ")).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn open_streams_are_counted_until_they_end() {
    let cast = Cast::around(world());
    assert_eq!(open_streams(&cast), 0);
    let mut out = Stream::open(&cast, &cast.other_member, None);
    let gone = Stream::open(&cast, &cast.member, None);
    assert_eq!(open_streams(&cast), 2);
    cast.ask("HEAD", "/notifications/stream").by(&cast.member).send();
    assert_eq!(open_streams(&cast), 2);
    drop(gone);
    eventually("whoever went away is counted for ever", || open_streams(&cast) == 1);
    cast.ask("POST", "/auth/logout").by(&cast.other_member).json(&json!({})).send().expect(204);
    while out.line().is_some() {}
    eventually("a stream that ended is counted for ever", || open_streams(&cast) == 0);
}

#[test]
fn a_client_that_stops_reading_gives_its_place_up() {
    let narrow = Streams { heartbeat: HEARTBEAT, most: 1, patience: Duration::from_millis(500), ..Streams::default() };
    let cast = Cast::around(World::setup().options(|options| options.streams = narrow).start());
    let address = cast.base().trim_start_matches("http://").parse().unwrap();
    let socket = actix_web::rt::System::new().block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        // The kernel is to hold little for it; what it holds for the server is some megabytes on a loopback.
        socket.set_recv_buffer_size(4_096).unwrap();
        socket.connect(address).await.unwrap().into_std().unwrap()
    });
    socket.set_nonblocking(false).unwrap();
    let mut deaf = Stream::on(socket, &cast.member.token, "", None);
    // A slow reader is no deaf one: it takes something now and then.
    for _ in 0..10 {
        deaf.beat();
    }
    assert_eq!(Stream::open(&cast, &cast.lead, None).status, 503);
    let (start, subject) = (Instant::now(), "𝕊".repeat(300));
    while open_streams(&cast) > 0 {
        assert!(start.elapsed() < 3 * PATIENCE, "it keeps its place");
        cast.write(|tx| {
            for _ in 0..180 {
                let news = plenary::notifications::News {
                    kind: plenary::mail::Kind::GroupMessage,
                    person: cast.member.id,
                    email: &cast.member.email,
                    locale: None,
                    params: json!({"name": "M", "groups": ["G"], "sender": "C", "subject": subject, "body": "x"}),
                    concealed: false,
                };
                plenary::notifications::tell(tx, news)?;
            }
            Ok(())
        });
        // Fewer than two hundred at once: those that it missed it is not sent.
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(Stream::open(&cast, &cast.lead, None).status, 200);
}
