//! Somebody else's server: takes what it is told, checks the signature with another implementation of the standard, and answers as it likes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use serde_json::Value;
use standardwebhooks::Webhook;
use ureq::http::HeaderMap;

use crate::mail::post_office::certified;

/// What was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub line: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether this secret signed it. When it was signed is looked at elsewhere: clocks of worlds are not the machine's.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let timestamp = self.header("webhook-timestamp").parse().unwrap();
        let webhook = Webhook::new(secret).unwrap();
        let signature = webhook.sign(self.header("webhook-id"), timestamp, self.body.as_bytes()).unwrap();
        self.header("webhook-signature").split(' ').any(|one| one == signature)
    }
}

/// A server on a port of its own, as long as the test runs.
pub struct Receiver {
    port: u16,
    told: Arc<Mutex<Vec<Told>>>,
    answer: Arc<Mutex<String>>,
}

impl Receiver {
    /// One that says 200.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new(String::new()));
        let receiver = Self { port, told: told.clone(), answer: answer.clone() };
        receiver.answers(200, "", "fine");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, answer) = (told.clone(), answer.clone());
                std::thread::spawn(move || serve(&stream, &told, &answer));
            }
        });
        receiver
    }

    /// What it says from now on.
    pub fn answers(&self, status: u16, head: &str, body: &str) {
        let length = body.len();
        *self.answer.lock().unwrap() =
            format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\nConnection: close\r\n{head}\r\n{body}");
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The same under another name.
    pub fn url_as(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.port)
    }

    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }
}

fn serve(mut stream: &TcpStream, told: &Mutex<Vec<Told>>, answer: &Mutex<String>) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut headers = HeaderMap::new();
    let mut length = 0;
    loop {
        let mut head = String::new();
        reader.read_line(&mut head).unwrap();
        let Some((name, value)) = head.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
        let name: ureq::http::HeaderName = name.parse().unwrap();
        headers.append(name, value.trim().parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    told.lock().unwrap().push(Told { line: line.trim_end().to_owned(), headers, body });
    let answer = answer.lock().unwrap().clone();
    stream.write_all(answer.as_bytes()).unwrap();
}

/// A server with TLS, whose certificate is signed by nobody that anybody knows.
pub struct Untrusted {
    port: u16,
    met: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Untrusted {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), met: Arc::default(), heard: Arc::default() };
        let (tls, _) = certified(vec!["localhost".into(), "127.0.0.1".into()]);
        let (met, heard) = (server.met.clone(), server.heard.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                met.fetch_add(1, Ordering::SeqCst);
                let mut stream = StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), stream);
                let mut said = [0; 1024];
                while let Ok(some @ 1..) = stream.read(&mut said) {
                    heard.lock().unwrap().extend_from_slice(&said[..some]);
                }
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}/", self.port)
    }

    /// How often somebody connected.
    pub fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }

    /// What was said once the connection was secret.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}
