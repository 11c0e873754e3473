//! Pages of other sites that call from a browser (the Fetch standard's CORS protocol).
//!
//! The [`edge`](super::edge) asks here, instead of a middleware around it: an answer kept for one origin must not reach another with
//! that one's headers, and a refused preflight is a problem with a request id like any other. Callers prove who they are by the
//! `Authorization` header, never by a cookie, so no credentials are allowed.

use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::error::{Problem, ProblemKind};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match");
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static("ETag, Link, Location, Retry-After, X-Request-Id");

/// Which origins may.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    /// As a browser sends them: lower case, without a default port. Empty: none may.
    pub allowed_origins: Vec<String>,
    /// How long a browser may remember that it may, whole seconds.
    pub max_age: Duration,
}

impl Cors {
    /// Whether answers differ by origin at all.
    pub fn is_on(&self) -> bool {
        !self.allowed_origins.is_empty()
    }

    /// The request's origin, where it may read the answer.
    pub(super) fn allowed(&self, request: &ServiceRequest) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        self.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }

    /// Lets a page of `origin` read an answer.
    pub(super) fn expose(headers: &mut HeaderMap, origin: &HeaderValue) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }

    /// The answer to a preflight, by which a browser asks before it sends: headers, or why not. `None` for any other request.
    pub(super) fn preflight(
        &self,
        request: &ServiceRequest,
        origin: Option<&HeaderValue>,
    ) -> Option<Result<Vec<(HeaderName, HeaderValue)>, Problem>> {
        let asks = |name| request.headers().contains_key(name);
        let is_preflight =
            request.method() == Method::OPTIONS && asks(header::ORIGIN) && asks(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight || !self.is_on() {
            return None;
        }
        Some(match origin {
            None => Err(Problem::new(
                ProblemKind::Forbidden,
                "Pages of this origin may not call from a browser. The operator lists those that may in cors.allowed_origins.",
            )),
            Some(_) => Ok(vec![
                (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
                (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(self.max_age.as_secs())),
            ]),
        })
    }
}
