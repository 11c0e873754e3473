//! A file on its way in, as `multipart/form-data` (RFC 7578): a part `file`, then perhaps a part `note`. It is read by the handler, piece
//! by piece, while no database connection is held.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{Stream, StreamExt};

use super::input::prose;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::files::{self, FileName, Files, Stored};
use crate::ids::Id;
use crate::text::MAX_TEXT;

/// What an upload may have beside its file, in bytes: the heads of its parts, and its note.
pub(super) const OVERHEAD: u64 = 64 << 10;
/// The slowest upload that is waited for, in bytes a second.
const SLOWEST: u64 = 16 << 10;

/// How long an upload of this many bytes may take at most.
pub(super) fn longest(bytes: u64) -> Duration {
    Duration::from_secs(bytes / SLOWEST)
}

/// A file that was taken in, and what was said of it.
#[derive(Clone, Debug)]
pub struct Uploaded {
    /// The file, whole and in its place.
    pub file: Stored,
    /// The note, as [`prose`] takes it.
    pub note: Option<String>,
}

/// An upload that nobody has read yet.
pub struct Upload {
    parts: Multipart,
    files: Arc<Files>,
    id: Id<()>,
    idle: Duration,
}

impl Upload {
    pub(super) fn new(request: &HttpRequest, payload: Payload, files: Arc<Files>, id: Id<()>, idle: Duration) -> Result<Self> {
        let (max, mut seen) = (files.max_bytes() + OVERHEAD, 0);
        let bounded = payload.map(move |piece| {
            let piece = piece?;
            seen += piece.len() as u64;
            if seen > max { Err(PayloadError::Overflow) } else { Ok(piece) }
        });
        let has_boundary = request.mime_type().ok().flatten().is_some_and(|media| media.get_param("boundary").is_some());
        if !has_boundary {
            return Err(malformed());
        }
        Ok(Self { parts: Multipart::new(request.headers(), bounded), files, id, idle })
    }

    /// Takes the file in, hashing it, and puts it in its place once everything has arrived and is well. Whoever asks then refers to it, or
    /// gives it up. Dropped before its end it leaves nothing. 400, 408, 413, 415, 422.
    pub async fn receive(mut self) -> Result<Uploaded> {
        let first = self.part().await?.filter(|part| part.name() == Some("file"));
        let mut part = first.ok_or_else(|| Error::invalid("/file", "required", "is needed, as the first part of the body"))?;
        let mut receiving = self.files.receive(self.id, name_of(&part));
        while let Some(piece) = self.next(&mut part).await? {
            receiving.write(piece).await?;
        }
        drop(part);
        let note = self.note().await?;
        Ok(Uploaded { file: receiving.finish().await?, note })
    }

    async fn note(&mut self) -> Result<Option<String>> {
        let Some(mut part) = self.part().await? else { return Ok(None) };
        if part.name() != Some("note") {
            return Err(Error::invalid("/", "unknown", "has a part that is not known here; after `file` there may be `note`"));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = self.next(&mut part).await? {
            bytes.extend_from_slice(&piece);
            // The longest text there is, in UTF-8.
            if bytes.len() > MAX_TEXT * 4 {
                return Err(Error::invalid("/note", "too-long", format!("is longer than {MAX_TEXT} characters")));
            }
        }
        drop(part);
        if self.part().await?.is_some() {
            return Err(Error::invalid("/", "unknown", "has more parts than `file` and `note`; remove them"));
        }
        let text = String::from_utf8(bytes).map_err(|_| Error::invalid("/note", "encoding", "is not UTF-8"))?;
        prose("/note", Some(&text))
    }

    async fn part(&mut self) -> Result<Option<Field>> {
        next(&mut self.parts, self.idle, &self.files).await
    }

    async fn next(&self, part: &mut Field) -> Result<Option<Bytes>> {
        next(part, self.idle, &self.files).await
    }
}

/// The next item, where it comes in time.
async fn next<T>(
    stream: &mut (impl Stream<Item = Result<T, MultipartError>> + Unpin),
    idle: Duration,
    files: &Files,
) -> Result<Option<T>> {
    match tokio::time::timeout(idle, stream.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(item))) => Ok(Some(item)),
        Ok(Some(Err(MultipartError::Payload(PayloadError::Overflow)))) => Err(files::too_large(files.max_bytes())),
        Ok(Some(Err(_))) => Err(malformed()),
        Err(_) => {
            Err(Problem::new(ProblemKind::RequestTimeout, "The upload fell silent. Send it again on a better connection.").into())
        }
    }
}

fn name_of(part: &Field) -> FileName {
    let disposition = part.content_disposition();
    let extended = disposition.and_then(|it| it.get_filename_ext()).and_then(|name| String::from_utf8(name.value.clone()).ok());
    let plain = || disposition.and_then(|it| it.get_filename()).map(str::to_owned);
    FileName::of(&extended.or_else(plain).unwrap_or_default())
}

fn malformed() -> Error {
    Problem::new(
        ProblemKind::MalformedRequest,
        "The body broke off, or is no multipart/form-data. Nothing was kept; send it again.",
    )
    .into()
}
