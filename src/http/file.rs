//! A stored file as an answer: whole, a range of it, or that it is unchanged (RFC 9110, 13 and 14).

use std::ops::Range;

use actix_web::http::StatusCode;
use actix_web::http::header;
use futures_util::StreamExt;
use schemars::SchemaGenerator;
use serde_json::json;

use super::answer::{Answer, Described, Reply, Streamed};
use super::edge::matches_any;
use crate::error::{Problem, ProblemKind, Result};
use crate::files::{Files, Pieces};

/// What of a file a request asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    pub head: bool,
    pub if_none_match: Option<String>,
    pub range: Option<String>,
    pub if_range: Option<String>,
}

/// What is known of a stored file.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name in the store.
    pub stored_as: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Its size, in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// What is asked of it.
    pub(super) asks: Asks,
}

impl About {
    /// A file that a request asks for.
    pub fn new<P, Q, B>(
        input: &super::Input<P, Q, B>,
        (stored_as, name): (String, String),
        (media_type, size, sha256): (String, u64, String),
    ) -> Self {
        Self { stored_as, name, media_type, size, sha256, asks: input.asks.clone() }
    }
}

/// What is sent of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Unchanged,
    Whole,
    Range(Range<u64>),
}

/// 200 or 206 with the bytes of a stored file, as attachment; 304; 416.
pub struct StoredFile {
    about: About,
    part: Part,
    pieces: Option<Pieces>,
}

impl StoredFile {
    /// Opens the file, as far as its bytes are asked for. No transaction should be open meanwhile.
    pub async fn open(files: &Files, about: About) -> Result<Self> {
        let part = about.asks.part(&etag(&about), about.size)?;
        let pieces = match &part {
            Part::Unchanged => None,
            _ if about.asks.head => None,
            Part::Whole => Some(files.read(&about.stored_as, None).await?),
            Part::Range(range) => Some(files.read(&about.stored_as, Some(range.clone())).await?),
        };
        Ok(Self { about, part, pieces })
    }
}

fn etag(about: &About) -> String {
    format!("\"{}\"", about.sha256)
}

impl Asks {
    fn part(&self, etag: &str, size: u64) -> Result<Part> {
        if self.if_none_match.as_deref().is_some_and(|tags| matches_any(tags, etag)) {
            return Ok(Part::Unchanged);
        }
        // Strong comparison; a date is none of ours (RFC 9110, 13.1.5).
        let same = self.if_range.as_deref().is_none_or(|tag| tag.trim() == etag);
        match self.range.as_deref().filter(|_| same && !self.head).map(|range| one_range(range, size)) {
            None | Some(Ranged::Ignored) => Ok(Part::Whole),
            Some(Ranged::Of(range)) => Ok(Part::Range(range)),
            Some(Ranged::Beyond) => {
                let detail = format!("The file has {size} bytes; ask for some of these, or for all without `Range`.");
                let problem = Problem::new(ProblemKind::RangeNotSatisfiable, detail);
                Err(problem.with_header("Content-Range", format!("bytes */{size}")).into())
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Ranged {
    /// Several ranges, another unit, or no grammar: the whole is sent, as it may be (RFC 9110, 14.2).
    Ignored,
    Beyond,
    Of(Range<u64>),
}

fn one_range(header: &str, size: u64) -> Ranged {
    let Some((unit, spec)) = header.split_once('=') else { return Ranged::Ignored };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ranged::Ignored;
    }
    let number = |text: &str| if text.bytes().all(|b| b.is_ascii_digit()) { text.parse::<u64>().ok() } else { None };
    match spec.trim().split_once('-') {
        Some(("", suffix)) => match number(suffix) {
            Some(0) => Ranged::Beyond,
            Some(length) => Ranged::Of(size.saturating_sub(length)..size),
            None => Ranged::Ignored,
        },
        Some((first, last)) => match (number(first), if last.is_empty() { Some(u64::MAX) } else { number(last) }) {
            (Some(first), Some(last)) if first > last => Ranged::Ignored,
            (Some(first), Some(_)) if first >= size => Ranged::Beyond,
            (Some(first), Some(last)) => Ranged::Of(first..last.saturating_add(1).min(size)),
            _ => Ranged::Ignored,
        },
        None => Ranged::Ignored,
    }
}

/// RFC 6266: the name in ASCII for old clients, and as it is (RFC 8187).
fn attachment(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            header.push_str(&format!("%{byte:02X}"));
        }
    }
    header
}

impl Answer for StoredFile {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        let Self { about, part, pieces } = self;
        let tag = etag(&about);
        if part == Part::Unchanged {
            let mut reply = Reply::empty(StatusCode::NOT_MODIFIED);
            reply.meta.etag = Some(tag);
            return Ok(reply);
        }
        let (status, length) = match &part {
            Part::Range(range) => (StatusCode::PARTIAL_CONTENT, range.end - range.start),
            _ => (StatusCode::OK, about.size),
        };
        let charset = if about.media_type.starts_with("text/") { "; charset=utf-8" } else { "" };
        let mut reply = Reply::empty(status)
            .with(header::CONTENT_TYPE, &format!("{}{charset}", about.media_type))?
            .with(header::CONTENT_DISPOSITION, &attachment(&about.name))?
            .with(header::ACCEPT_RANGES, "bytes")?
            .with(header::ETAG, &tag)?;
        if let Part::Range(range) = &part {
            let of = format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), about.size);
            reply = reply.with(header::CONTENT_RANGE, &of)?;
        }
        // What goes wrong now cuts the answer off, since its status is out.
        let logged = |piece: Result<_, object_store::Error>| {
            piece.inspect_err(|error| tracing::error!(%error, "a stored file could not be read to its end"))
        };
        let pieces = pieces.unwrap_or_else(|| futures_util::stream::empty().boxed());
        reply.streamed = Some(Streamed::Sized(length, pieces.map(logged).boxed()));
        Ok(reply)
    }

    fn describe(_: &mut SchemaGenerator) -> Described {
        let mut described = Described::new(200, "The file, as attachment.");
        described.bodies.push(("*/*", json!({"type": "string", "format": "binary"})));
        (described.etag, described.ranges) = (true, true);
        described.asks =
            vec![("Range", "One range of bytes."), ("If-Range", "The ETag that the range is of; another gives the whole.")];
        described
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_taken() {
        let cases = [
            ("bytes=0-4", Ranged::Of(0..5)),
            ("bytes=5-", Ranged::Of(5..10)),
            ("bytes=-3", Ranged::Of(7..10)),
            ("bytes=-30", Ranged::Of(0..10)),
            ("bytes=9-100", Ranged::Of(9..10)),
            ("BYTES = 0-0", Ranged::Of(0..1)),
            ("bytes=10-", Ranged::Beyond),
            ("bytes=-0", Ranged::Beyond),
            ("bytes=3-2", Ranged::Ignored),
            ("bytes=0-1,3-4", Ranged::Ignored),
            ("bytes=+1-2", Ranged::Ignored),
            ("bytes=0-18446744073709551615", Ranged::Of(0..10)),
            ("bytes=0-18446744073709551616", Ranged::Ignored),
            ("lines=0-1", Ranged::Ignored),
            ("bytes", Ranged::Ignored),
        ];
        for (header, expected) in cases {
            assert_eq!(one_range(header, 10), expected, "{header}");
        }
    }

    #[test]
    fn names_survive_their_header() {
        assert_eq!(attachment("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(attachment("é\"%.md"), "attachment; filename=\"___.md\"; filename*=UTF-8''%C3%A9%22%25.md");
    }
}
