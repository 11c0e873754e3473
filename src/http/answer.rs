//! What a handler may answer. Each kind of answer turns itself into a response and describes itself for OpenAPI.

use std::sync::{Arc, LazyLock};

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::cache::Kept;
use super::etag::Tagged;
use super::events::EventStream;
use super::page::Page;
use crate::error::{Error, Result};
use crate::files::Pieces;
use crate::picture;
use crate::time::Instant;

/// What the edge needs to know of an answer beside the response itself.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Its ETag; else one is made from its bytes.
    pub etag: Option<String>,
    /// Until when it stays true though nobody writes; `None`: for ever.
    pub fresh_until: Option<Instant>,
    /// The language of its texts.
    pub content_language: Option<String>,
}

/// A response about to be sent.
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Bytes that come later, instead.
    pub streamed: Option<Streamed>,
    /// A whole answer that was made before, instead of everything else.
    pub kept: Option<Arc<Kept>>,
    /// What the edge needs to know.
    pub meta: Meta,
}

/// A body that is read while it is sent.
pub enum Streamed {
    /// So many bytes.
    Sized(u64, Pieces),
    /// As many as there come to be.
    Endless(EventStream),
}

impl Reply {
    /// No body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), streamed: None, kept: None, meta: Meta::default() }
    }

    /// A body of a media type.
    pub fn of(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
        Self { status, headers, body, streamed: None, kept: None, meta: Meta::default() }
    }

    pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Self::of(status, "application/json", body))
    }

    /// With one more header.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Result<Self> {
        let value = HeaderValue::from_str(value).map_err(|e| Error::Internal(e.to_string()))?;
        self.headers.push((name, value));
        Ok(self)
    }

    /// As actix sends it; the edge finds the rest in its extensions.
    pub fn into_response(self) -> HttpResponse {
        let mut response = match self.streamed {
            None => HttpResponse::build(self.status).body(self.body),
            Some(Streamed::Sized(length, pieces)) => HttpResponse::build(self.status).body(SizedStream::new(length, pieces)),
            Some(Streamed::Endless(told)) => HttpResponse::build(self.status).body(BodyStream::new(told)),
        };
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self.meta);
        if let Some(kept) = self.kept {
            response.extensions_mut().insert(kept);
        }
        response
    }
}

/// One documented response: status, media type, schema.
pub struct Described {
    /// Its status.
    pub status: u16,
    /// Its description.
    pub description: &'static str,
    /// Its bodies: media type and schema.
    pub bodies: Vec<(&'static str, Value)>,
    /// Whether it carries a `Location`.
    pub location: bool,
    /// Whether it carries an `ETag`.
    pub etag: bool,
    /// What else may come, with another status.
    pub or: Option<Box<Described>>,
    /// Whether a part of it can be asked for.
    pub ranges: bool,
    /// Headers of the request that it goes by, and what they say.
    pub asks: Vec<(&'static str, &'static str)>,
}

impl Described {
    pub(super) fn new(status: u16, description: &'static str) -> Self {
        Self { status, description, bodies: Vec::new(), location: false, etag: false, or: None, ranges: false, asks: Vec::new() }
    }

    pub(super) fn json<T: JsonSchema>(mut self, schemas: &mut SchemaGenerator) -> Self {
        self.bodies.push(("application/json", schemas.subschema_for::<T>().to_value()));
        self
    }
}

/// A successful outcome.
pub trait Answer: Send + 'static {
    /// Whether a POST that answers so takes an `Idempotency-Key`: it makes something, or sets something going. A move compares the state
    /// instead.
    const ONCE: bool = false;
    /// The response.
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply>;
    /// Its description.
    fn describe(schemas: &mut SchemaGenerator) -> Described;
}

/// 200 with one object, or with a whole that has no version of its own.
pub struct Object<T> {
    value: T,
    etag: Option<String>,
    fresh_until: Option<Instant>,
}

impl<T: Serialize> Object<T> {
    /// Something without a version: its ETag is a digest.
    pub fn plain(value: T) -> Self {
        Self { value, etag: None, fresh_until: None }
    }

    /// Says until when it stays true by itself (the end of a day, of a derogation).
    #[must_use]
    pub fn fresh_until(mut self, at: Option<Instant>) -> Self {
        self.fresh_until = at;
        self
    }
}

impl<T: Serialize> Object<Tagged<T>> {
    /// An object with its version.
    pub fn tagged(value: Tagged<T>) -> Self {
        let etag = Some(value.etag().to_owned());
        Self { value, etag, fresh_until: None }
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Object<T> {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let mut reply = Reply::json(StatusCode::OK, &self.value)?;
        reply.meta = Meta { etag: self.etag, fresh_until: self.fresh_until, content_language: None };
        Ok(reply)
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "The object.").json::<T>(schemas);
        described.etag = true;
        described
    }
}

/// 201 with the object and where it lives.
pub struct Created<T> {
    /// The path below `/api/v1`.
    pub location: String,
    /// The object.
    pub object: Tagged<T>,
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Created<T> {
    const ONCE: bool = true;
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let etag = self.object.etag().to_owned();
        let mut reply =
            Reply::json(StatusCode::CREATED, &self.object)?.with(header::LOCATION, &format!("/api/v1{}", self.location))?;
        reply.meta.etag = Some(etag);
        Ok(reply)
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(201, "Made.").json::<Tagged<T>>(schemas);
        (described.location, described.etag) = (true, true);
        described
    }
}

/// 204.
pub struct NoContent;

impl Answer for NoContent {
    const ONCE: bool = true;
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        Described::new(204, "Done.")
    }
}

/// 202: the result comes by mail.
pub struct Accepted;

impl Answer for Accepted {
    const ONCE: bool = true;
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        Ok(Reply::empty(StatusCode::ACCEPTED))
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        Described::new(202, "Accepted; what comes of it arrives by mail.")
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Page<T> {
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
        let mut reply = Reply::json(StatusCode::OK, &self)?;
        reply.meta.fresh_until = self.fresh_until;
        linked(reply, self.next_cursor.as_deref(), next_page)
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        Described::new(200, "One page of the list; `Link: rel=\"next\"` where there is another.").json::<Self>(schemas)
    }
}

/// A page of a list that is replaced whole, and so has a version of its own.
impl<T: Serialize + JsonSchema + Send + 'static> Answer for Tagged<Page<T>> {
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
        let mut reply = Reply::json(StatusCode::OK, &self)?;
        reply.meta.etag = Some(self.etag().to_owned());
        reply.meta.fresh_until = self.value().fresh_until;
        linked(reply, self.value().next_cursor.as_deref(), next_page)
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        let text = "One page of the list, which is replaced as a whole; `Link: rel=\"next\"` where there is another.";
        let mut described = Described::new(200, text).json::<Self>(schemas);
        described.etag = true;
        described
    }
}

pub(super) fn linked(reply: Reply, next_cursor: Option<&str>, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
    match next_cursor {
        Some(cursor) => reply.with(header::LINK, &format!("<{}>; rel=\"next\"", next_page(cursor))),
        None => Ok(reply),
    }
}

/// A whole list as CSV (RFC 4180).
pub struct Csv {
    /// As [`super::csv`] writes it.
    pub bytes: Vec<u8>,
    /// Until when it stays true by itself.
    pub fresh_until: Option<Instant>,
}

impl Csv {
    fn reply(self) -> Reply {
        let mut reply = Reply::of(StatusCode::OK, "text/csv; charset=utf-8; header=present", self.bytes);
        reply.meta.fresh_until = self.fresh_until;
        reply
    }
}

/// A page as JSON, or the whole list as CSV (`Accept: text/csv`).
pub enum Table<T> {
    /// JSON.
    Page(Page<T>),
    /// CSV.
    Csv(Csv),
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Table<T> {
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
        match self {
            Self::Page(page) => page.reply(next_page),
            Self::Csv(csv) => Ok(csv.reply()),
        }
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        let mut described = Page::<T>::describe(schemas);
        described.bodies.push(("text/csv", json!({"type": "string"})));
        described
    }
}

/// 200 with an iCalendar object (RFC 5545).
pub struct Calendar {
    /// The object's text.
    pub text: String,
    /// Until when it stays true by itself.
    pub fresh_until: Option<Instant>,
    /// Whether it is somebody's own, though it was asked for without a token in the header: nobody keeps it.
    pub private: bool,
}

impl Answer for Calendar {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let mut reply = Reply::of(StatusCode::OK, "text/calendar; charset=utf-8", self.text.into_bytes());
        reply.meta.fresh_until = self.fresh_until;
        if self.private { reply.with(header::CACHE_CONTROL, "no-store") } else { Ok(reply) }
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "An iCalendar object (RFC 5545).");
        described.bodies.push(("text/calendar", json!({"type": "string"})));
        described
    }
}

/// 200 with a file that a browser saves.
pub struct Download {
    /// What it is called: ASCII, no quotes.
    pub file_name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Answer for Download {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let name = format!("attachment; filename=\"{}\"", self.file_name);
        Reply::of(StatusCode::OK, self.media_type, self.bytes).with(header::CONTENT_DISPOSITION, &name)
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "A file, as attachment.");
        described.bodies.push(("application/json", json!({"type": "object"})));
        described
    }
}

/// 200 with a picture as SVG. Nothing applies to it but the one stylesheet of every picture.
pub struct Picture {
    /// The document.
    pub svg: String,
    /// Until when it stays true by itself.
    pub fresh_until: Option<Instant>,
}

/// A browser that opens the picture as a page holds its style to this.
static PICTURE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(picture::style_text()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'")
});

impl Answer for Picture {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let reply = Reply::of(StatusCode::OK, "image/svg+xml", self.svg.into_bytes());
        let mut reply = reply.with(header::CONTENT_SECURITY_POLICY, &PICTURE_POLICY)?;
        reply.meta.fresh_until = self.fresh_until;
        Ok(reply)
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "A picture, as SVG.");
        described.bodies.push(("image/svg+xml", json!({"type": "string"})));
        described
    }
}

/// 200 with a page for people. Nothing applies to it but its own stylesheet, and that of the pictures in it.
pub struct Html {
    /// The document.
    pub html: String,
    /// The text of its `style` element.
    pub style: &'static str,
    /// Until when it stays true by itself.
    pub fresh_until: Option<Instant>,
}

impl Answer for Html {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let digest = |style: &str| STANDARD.encode(Sha256::digest(style));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}' 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            digest(self.style),
            digest(&picture::style_text())
        );
        let reply = Reply::of(StatusCode::OK, "text/html; charset=utf-8", self.html.into_bytes());
        let mut reply = reply.with(header::CONTENT_SECURITY_POLICY, &policy)?;
        reply.meta.fresh_until = self.fresh_until;
        Ok(reply)
    }
    fn describe(_: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "A page for people.");
        described.bodies.push(("text/html", json!({"type": "string"})));
        described
    }
}

/// A whole that is no list, as JSON, or as CSV (`Accept: text/csv`).
pub enum Sheet<T> {
    /// JSON.
    Object(Object<T>),
    /// CSV.
    Csv(Csv),
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Sheet<T> {
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
        match self {
            Self::Object(object) => object.reply(next_page),
            Self::Csv(csv) => Ok(csv.reply()),
        }
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        let mut described = Object::<T>::describe(schemas);
        described.bodies.push(("text/csv", json!({"type": "string"})));
        described
    }
}
