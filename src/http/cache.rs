//! Answers to anonymous GETs, kept while nothing is written, with their compressed bodies beside them.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::time::Instant;

/// Smaller bodies are sent as they are: compressing them costs more than it saves.
const MIN_COMPRESSED: usize = 1024;
/// Brotli's quality: from 5 on each step costs much more than it saves.
const BROTLI_QUALITY: u32 = 5;

/// A finished answer: everything but what depends on one request.
pub struct Kept {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, without those that the edge adds to every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body as it is.
    pub body: Bytes,
    /// Its ETag, with quotes.
    pub etag: Option<String>,
    /// Its route's template, for metrics and log.
    pub template: String,
    /// The revision it was read at.
    pub revision: u64,
    /// Until when it is true by itself.
    pub fresh_until: Option<Instant>,
    /// Whether its media type compresses.
    pub compressible: bool,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

/// How a body is encoded for one client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// The best that `Accept-Encoding` takes. Brotli is offered only where the result is kept: on the fly it costs too much.
    pub fn negotiate(accept: &str, kept: bool) -> Self {
        let takes = |name: &str| {
            accept.split(',').any(|part| {
                let mut fields = part.split(';');
                let coding = fields.next().unwrap_or_default().trim();
                let refused =
                    fields.any(|field| matches!(field.trim().replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
                coding.eq_ignore_ascii_case(name) && !refused
            })
        };
        match (kept && takes("br"), takes("gzip")) {
            (true, _) => Self::Brotli,
            (false, true) => Self::Gzip,
            (false, false) => Self::Identity,
        }
    }

    /// The value of `Content-Encoding`.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

impl Kept {
    /// An answer read at `revision`.
    pub fn new(
        status: StatusCode,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
        template: String,
        revision: u64,
    ) -> Self {
        let compressible = headers.iter().any(|(name, value)| {
            name == actix_web::http::header::CONTENT_TYPE
                && value.to_str().is_ok_and(|media| {
                    media.starts_with("text/") || media.contains("json") || media.contains("xml") || media.contains("javascript")
                })
        });
        Self {
            status,
            headers,
            body,
            etag: None,
            template,
            revision,
            fresh_until: None,
            compressible,
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        }
    }

    /// The body in `encoding`, or as it is where that is not worth it; and which it came to be.
    pub fn encoded(&self, encoding: Encoding) -> (Encoding, Bytes) {
        if !self.compressible || self.body.len() < MIN_COMPRESSED {
            return (Encoding::Identity, self.body.clone());
        }
        let bytes = match encoding {
            Encoding::Identity => self.body.clone(),
            Encoding::Gzip => self.gzip.get_or_init(|| gzip(&self.body)).clone(),
            Encoding::Brotli => self.brotli.get_or_init(|| brotli(&self.body)).clone(),
        };
        (encoding, bytes)
    }

    /// Whether it still holds: nobody wrote, and its time has not passed.
    pub fn holds(&self, revision: u64, now: Instant) -> bool {
        self.revision == revision && self.fresh_until.is_none_or(|until| now < until)
    }
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::fast());
    // Writing to memory does not fail.
    drop(encoder.write_all(body));
    encoder.finish().unwrap_or_default().into()
}

fn brotli(body: &[u8]) -> Bytes {
    let mut encoder = ::brotli::CompressorWriter::new(Vec::with_capacity(body.len() / 4), 4096, BROTLI_QUALITY, 20);
    drop(encoder.write_all(body));
    encoder.into_inner().into()
}

#[derive(Clone)]
struct Bytewise;

impl Weighter<String, Arc<Kept>> for Bytewise {
    fn weight(&self, key: &String, kept: &Arc<Kept>) -> u64 {
        // The two compressed bodies come later and are smaller; half the body again covers them.
        (key.len() + kept.body.len() + kept.body.len() / 2 + 512) as u64
    }
}

/// The cache, bounded in bytes. What is stale is replaced at its next use.
pub struct Answers(Option<Cache<String, Arc<Kept>, Bytewise>>);

impl Answers {
    /// A cache of at most `bytes`; 0: none. Many answers share it, so that none is kept that is larger than a small part of it.
    pub fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / 4096).unwrap_or(1024).max(16);
        Self((bytes > 0).then(|| Cache::with_weighter(items, bytes, Bytewise)))
    }

    /// A cache of at most `bytes` for few answers, each of which may be most of it (its `items` are fewer than two shards would take).
    pub fn of_few(bytes: u64) -> Self {
        Self((bytes > 0).then(|| Cache::with_weighter(16, bytes, Bytewise)))
    }

    /// Whether anything is kept at all.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The answer kept under `key`, if it holds.
    pub fn get(&self, key: &str, revision: u64, now: Instant) -> Option<Arc<Kept>> {
        self.0.as_ref()?.get(key).filter(|kept| kept.holds(revision, now))
    }

    /// Keeps an answer.
    pub fn keep(&self, key: String, kept: Arc<Kept>) {
        if let Some(cache) = &self.0 {
            cache.insert(key, kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_negotiated() {
        let cases = [
            ("gzip, br", true, Encoding::Brotli),
            ("gzip, br", false, Encoding::Gzip),
            ("br", false, Encoding::Identity),
            ("br;q=0, GZIP;q=0.5", true, Encoding::Gzip),
            ("gzip;q=0", true, Encoding::Identity),
            ("", true, Encoding::Identity),
        ];
        for (accept, kept, encoding) in cases {
            assert_eq!(Encoding::negotiate(accept, kept), encoding, "{accept} {kept}");
        }
    }

    #[test]
    fn of_few_answers_each_may_be_large() {
        let cache = Answers::of_few(16 << 20);
        let now = Instant::parse("2026-11-22T00:00:00Z").unwrap();
        let board = Kept::new(StatusCode::OK, Vec::new(), vec![b' '; 8 << 20].into(), String::new(), 7);
        cache.keep("board".into(), Arc::new(board));
        assert!(cache.get("board", 7, now).is_some());
        assert!(Answers::of_few(0).get("board", 7, now).is_none());
    }

    #[test]
    fn an_answer_holds_until_a_write_or_its_time() {
        let mut kept = Kept::new(StatusCode::OK, Vec::new(), Bytes::new(), String::new(), 7);
        let now = Instant::parse("2026-11-22T00:00:00Z").unwrap();
        assert!(kept.holds(7, now));
        assert!(!kept.holds(8, now));
        kept.fresh_until = Some(now);
        assert!(!kept.holds(7, now));
    }
}
