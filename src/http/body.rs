//! The body of a request: JSON, read whole within its limit, or an upload, which is left to the handler.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use serde_json::Value;

use super::Web;
use super::upload::{self, Upload};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::files::Files;

/// Bytes beyond which a body says something.
const SAYS_NOTHING: usize = 16;

/// A body that has arrived, or is about to.
#[derive(Default)]
pub(super) struct Body {
    /// Its bytes, as far as they were read.
    pub bytes: web::Bytes,
    /// What they say.
    pub value: Value,
    /// The upload that it is.
    pub upload: Option<Upload>,
}

/// Whether the request says that it brings a file.
pub(super) fn is_upload(request: &HttpRequest) -> bool {
    request.content_type().eq_ignore_ascii_case("multipart/form-data")
}

/// JSON, or, where the route takes files, an upload.
pub(super) async fn read(request: &HttpRequest, payload: Payload, web: &Web, takes_files: bool) -> Result<Body> {
    let files = if takes_files && is_upload(request) { Some(web.part::<Files>()?) } else { None };
    let max = files.as_ref().map_or(web.options.max_body_bytes as u64, |files| files.max_bytes() + upload::OVERHEAD);
    let too_large = || match &files {
        Some(files) => crate::files::too_large(files.max_bytes()),
        None => Problem::new(ProblemKind::PayloadTooLarge, format!("The body may have at most {max} bytes.")).into(),
    };
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if declared.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    // A coding that is not taken is a media type that is not taken (RFC 9110, 15.5.16).
    let coded = request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if coded {
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, "Send the body as it is, without Content-Encoding.").into());
    }
    if files.is_none() && !request.content_type().eq_ignore_ascii_case("application/json") {
        let or = if takes_files { ", or multipart/form-data with a file" } else { "" };
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, format!("Send Content-Type: application/json{or}.")).into());
    }
    let mut payload = payload;
    let stream = web::Payload::from_request(request, &mut payload)
        .await
        .map_err(|_| Problem::new(ProblemKind::MalformedRequest, "The body cannot be read."))?;
    if let Some(files) = files {
        let id = web.db.ids().next(web.db.clock().now());
        let upload = Upload::new(request, stream, files, id, web.options.body_timeout)?;
        return Ok(Body { upload: Some(upload), ..Body::default() });
    }
    let bytes = collect(stream, max, web.options.body_timeout, too_large).await?;
    let value = serde_json::from_slice(&bytes).map_err(|e| {
        Problem::new(ProblemKind::MalformedJson, format!("The body is no JSON: line {}, column {}.", e.line(), e.column()))
    })?;
    Ok(Body { bytes, value, upload: None })
}

/// Whether something comes where no body is taken: what somebody wrote must not be lost without a word. `{}` and `null` say nothing.
pub(super) async fn is_said(request: &HttpRequest, mut payload: Payload, patience: Duration) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return false;
    }
    let Ok(mut stream) = web::Payload::from_request(request, &mut payload).await else { return true };
    let read = async {
        let mut bytes = web::BytesMut::new();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.ok()?);
            if bytes.len() > SAYS_NOTHING {
                return None;
            }
        }
        Some(bytes)
    };
    let read = tokio::time::timeout(patience, read).await.unwrap_or_default();
    !read.is_some_and(|bytes| matches!(bytes.trim_ascii(), b"" | b"{}" | b"null"))
}

async fn collect(mut stream: web::Payload, max: u64, timeout: Duration, too_large: impl Fn() -> Error) -> Result<web::Bytes> {
    let read = async {
        let mut bytes = web::BytesMut::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| {
                Problem::new(ProblemKind::MalformedRequest, "The body broke off or is encoded in a way that is not taken.")
            })?;
            if (bytes.len() + chunk.len()) as u64 > max {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    };
    tokio::time::timeout(timeout, read)
        .await
        .unwrap_or_else(|_| Err(Problem::new(ProblemKind::RequestTimeout, "The body did not arrive in time.").into()))
}
