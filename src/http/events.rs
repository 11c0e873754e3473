//! Server-sent events (WHATWG HTML, 9.2): an answer that goes on until one of both sides ends it.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use schemars::SchemaGenerator;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::Web;
use super::answer::{Answer, Described, Reply, Streamed};
use super::credential::Credential;
use crate::db::{AnyConnection, Db};
use crate::error::{Error, Result};
use crate::policy::Actor;
use crate::time::Instant;

/// The events of a stream, as they are sent.
pub type EventStream = BoxStream<'static, std::result::Result<Bytes, Infallible>>;

/// Who listens: known by a token that may expire, in a session that may end while the stream lasts.
pub struct Caller {
    web: Web,
    credential: Credential,
}

impl Caller {
    pub(super) fn new(web: Web, credential: Credential) -> Self {
        Self { web, credential }
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.web.db
    }

    /// Counts a stream as open until what this gives is dropped.
    pub fn opened(&self) -> Open {
        self.web.metrics.streams.inc();
        Open(self.web.clone())
    }

    /// Until when the token counts.
    pub fn until(&self) -> Instant {
        self.credential.until()
    }

    /// A question that can be taken into a transaction: who it is by now. 401 where the session has ended.
    pub fn asked(&self) -> impl FnOnce(&mut AnyConnection, Instant) -> Result<Actor> + Send + use<> {
        let (web, credential) = (self.web.clone(), self.credential);
        move |c, now| credential.recognise(&web, c, now)
    }
}

/// A stream that is open.
pub struct Open(Web);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.streams.dec();
    }
}

/// What the events of a stream are, for the OpenAPI document.
pub trait Narrated: Send + 'static {
    /// Their names, ids and data.
    const EVENTS: &'static str;
}

/// 200 with `text/event-stream`.
pub struct Events<N> {
    stream: EventStream,
    of: PhantomData<N>,
}

impl<N> Events<N> {
    /// These. The stream is dropped, with all it holds, once its client has gone, or has taken nothing for so long of what waits for it.
    pub fn of(stream: EventStream, patience: Duration) -> Self {
        Self { stream: taken_in_time(stream, patience), of: PhantomData }
    }

    /// None, where only the head is asked for.
    pub fn head() -> Self {
        Self { stream: stream::empty().boxed(), of: PhantomData }
    }
}

/// A stream that is read by a task of its own: nobody asks a body for its next bytes while its client reads nothing, so that it could not end by
/// itself. What actix and the kernel hold for the client comes before.
fn taken_in_time(mut stream: EventStream, patience: Duration) -> EventStream {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                next = stream.next() => next,
                () = sender.closed() => None,
            };
            let Some(bytes) = next else { return };
            match tokio::time::timeout(patience, sender.send(bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => {
                    tracing::debug!("a client took nothing of its stream for too long");
                    return;
                }
            }
        }
    });
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|bytes| (bytes, receiver)) }).boxed()
}

impl<N: Narrated> Answer for Events<N> {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let mut reply = Reply::of(StatusCode::OK, "text/event-stream", Vec::new());
        reply.streamed = Some(Streamed::Endless(self.stream));
        // A proxy that collects bytes would hold events back.
        reply.with(header::CACHE_CONTROL, "no-store")?.with(HeaderName::from_static("x-accel-buffering"), "no")
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "Events as they come (server-sent events), until the token expires.");
        described.bodies.push(("text/event-stream", json!({"type": "string", "description": N::EVENTS})));
        described.asks.push((
            "Last-Event-ID",
            "The id of the last event that came before the stream was cut off; a browser sends it by itself.",
        ));
        described
    }
}

/// An event, as it is sent: its number, its name, its data as JSON.
pub fn event(number: i64, name: &str, data: &impl Serialize) -> Result<Bytes> {
    let data = serde_json::to_string(data).map_err(|error| Error::Internal(error.to_string()))?;
    // JSON is one line.
    Ok(Bytes::from(format!("id: {number}\nevent: {name}\ndata: {data}\n\n")))
}

/// An event that changes nothing about where a client resumes, and how many milliseconds it is to wait before it comes again.
pub fn farewell(name: &str, come_again: u64) -> Bytes {
    Bytes::from(format!("retry: {come_again}\nevent: {name}\ndata: {{}}\n\n"))
}

/// A sign of life, which no client sees.
pub fn heartbeat() -> Bytes {
    Bytes::from_static(b":\n\n")
}
