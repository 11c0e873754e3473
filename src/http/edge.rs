//! The outermost layer: request id, client address and its rate limit, the answer cache, problem+json for every error, ETag and 304, compression, security
//! headers, log and metrics.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::Meta;
use super::cache::{Encoding, Kept};
use super::cors::Cors;
use super::credential::has_link;
use super::{ClientAddress, RequestId, Web, etag};
use crate::error::{Problem, ProblemKind};
use crate::locale::Reader;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// For data: nothing may be loaded or framed.
const CSP_DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The parts of a request that the answer depends on, read before the request goes inwards.
struct Asked {
    get: bool,
    anonymous: bool,
    if_none_match: Option<String>,
    encoding: Option<String>,
    request_id: String,
    /// The page's origin, where it may read the answer.
    origin: Option<HeaderValue>,
    started: Stopwatch,
}

/// The middleware itself (`actix_web::middleware::from_fn`).
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(web) = request.app_data::<Data<Web>>().map(|web| web.get_ref().clone()) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let get = request.method() == Method::GET || request.method() == Method::HEAD;
    let asked = Asked {
        get,
        anonymous: !request.headers().contains_key(header::AUTHORIZATION) && !has_link(request.query_string()),
        if_none_match: text(header::IF_NONE_MATCH).map(str::to_owned),
        encoding: text(header::ACCEPT_ENCODING).map(str::to_owned),
        request_id: text(REQUEST_ID).filter(|id| is_well_formed(id)).map_or_else(|| new_request_id(&web), str::to_owned),
        origin: web.options.cors.allowed(&request),
        started: Stopwatch::now(),
    };
    let method = request.method().as_str().to_owned();
    let address = client_address(&request, &web);
    // A supervisor's questions are never too many.
    if !matches!(request.path(), "/healthz" | "/readyz")
        && let Err(problem) = web.limits.address(address)
    {
        let response = finish(&web, &asked, &kept_problem(&problem, &asked, "(limited)".into(), 0), false);
        log(&web, &asked, &method, "(limited)", response.status(), false);
        return Ok(request.into_response(response));
    }
    if let Some(preflight) = web.options.cors.preflight(&request, asked.origin.as_ref()) {
        let kept = match preflight {
            Ok(headers) => Kept::new(StatusCode::NO_CONTENT, headers, Bytes::new(), "(preflight)".into(), 0),
            Err(problem) => kept_problem(&problem, &asked, "(preflight)".into(), 0),
        };
        let response = finish(&web, &asked, &kept, false);
        log(&web, &asked, &method, &kept.template, response.status(), false);
        return Ok(request.into_response(response));
    }
    // Only routes of the API are kept: everything else is small or static.
    let key = (get && asked.anonymous && web.cache.is_on() && request.path().starts_with("/api/v1/"))
        .then(|| cache_key(&request, &web));
    let revision = web.db.revision();
    if let Some(kept) = key.as_deref().and_then(|key| web.cache.get(key, revision, web.db.clock().now())) {
        let response = finish(&web, &asked, &kept, true);
        log(&web, &asked, &method, &kept.template, response.status(), true);
        return Ok(request.into_response(response));
    }
    request.extensions_mut().insert(RequestId(asked.request_id.clone()));
    request.extensions_mut().insert(ClientAddress(address));
    let in_flight = InFlight::enter(&web);
    let answered = next.call(request).await;
    drop(in_flight);
    let (http_request, response) = match answered {
        Ok(response) => response.map_into_boxed_body().into_parts(),
        Err(error) => {
            let problem = problem_of_status(error.as_response_error().status_code());
            let kept = kept_problem(&problem, &asked, String::new(), 0);
            let response = finish(&web, &asked, &kept, false);
            log(&web, &asked, &method, "", response.status(), false);
            return Err(actix_web::error::InternalError::from_response(error, response).into());
        }
    };
    let template = http_request.match_pattern().unwrap_or_default();
    match whole(response, &asked, template, revision) {
        Whole::Bytes(kept) => {
            let is_private = kept.headers.iter().any(|(name, value)| *name == header::CACHE_CONTROL && value == "no-store");
            let keep = kept.status == StatusCode::OK && key.is_some() && !is_private;
            let response = finish(&web, &asked, &kept, keep);
            log(&web, &asked, &method, &kept.template, response.status(), false);
            if let Some(key) = key.filter(|_| keep) {
                web.cache.keep(key, Arc::new(kept));
            }
            Ok(ServiceResponse::new(http_request, response))
        }
        Whole::Shared(kept, template) => {
            // Not kept as brotli: that takes longer than many of them hold.
            let response = finish(&web, &asked, &kept, false);
            log(&web, &asked, &method, &template, response.status(), false);
            Ok(ServiceResponse::new(http_request, response))
        }
        Whole::Stream(mut response, template) => {
            add_common(response.headers_mut(), &web, &asked);
            log(&web, &asked, &method, &template, response.status(), false);
            Ok(ServiceResponse::new(http_request, response))
        }
    }
}

struct InFlight(Web);

impl InFlight {
    fn enter(web: &Web) -> Self {
        web.metrics.in_flight.inc();
        Self(web.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

/// Letters, digits, `.`, `_`, `-`; at most 64: what may stand in a log line and a header unescaped.
fn is_well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn new_request_id(web: &Web) -> String {
    web.db.ids().next::<()>(web.db.clock().now()).to_string()
}

/// The peer, or the rightmost address of `X-Forwarded-For` that is no trusted proxy, where the peer is one.
fn client_address(request: &ServiceRequest, web: &Web) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip()).to_canonical();
    let trusted = |address: &IpAddr| web.options.trusted_proxies.contains(address);
    if !trusted(&peer) {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> = forwarded.flat_map(|line| line.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.iter().rev().map(IpAddr::to_canonical).find(|hop| !trusted(hop)).unwrap_or(peer)
}

/// Path, query in a fixed order, language, and whether CSV is wanted.
fn cache_key(request: &ServiceRequest, web: &Web) -> String {
    let query = request.query_string();
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let language = match text(header::ACCEPT_LANGUAGE) {
        None => String::new(),
        Some(accept) => Reader::negotiate(None, Some(accept), None, &web.languages().0).content_language(&[]),
    };
    let csv = text(header::ACCEPT).is_some_and(super::wants_csv);
    let mut key = String::with_capacity(request.path().len() + query.len() + 16);
    for part in [request.path(), "?"] {
        key.push_str(part);
    }
    if query.contains('&') {
        let mut pairs: Vec<_> = query.split('&').collect();
        pairs.sort_unstable();
        key.push_str(&pairs.join("&"));
    } else {
        key.push_str(query);
    }
    for part in [" ", &language, if csv { " csv" } else { "" }] {
        key.push_str(part);
    }
    key
}

enum Whole {
    Bytes(Kept),
    Shared(Arc<Kept>, String),
    Stream(HttpResponse, String),
}

/// Takes a response whole, errors made problems; a stream (a file, events) stays one.
fn whole(mut response: HttpResponse, asked: &Asked, template: String, revision: u64) -> Whole {
    if let Some(kept) = response.extensions_mut().remove::<Arc<Kept>>() {
        return Whole::Shared(kept, template);
    }
    let problem = response.extensions_mut().remove::<Problem>();
    let meta = response.extensions_mut().remove::<Meta>().unwrap_or_default();
    let status = response.status();
    // A page of ours says what is wrong to who looks at it.
    let media = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_said = media == b"application/problem+json" || media.starts_with(b"text/html");
    let problem = problem.or_else(|| {
        (status.is_client_error() || status.is_server_error()).then(|| problem_of_status(status)).filter(|_| !is_said)
    });
    if let Some(problem) = problem {
        if let Some(cause) = &problem.cause {
            tracing::error!(target: "plenary::request", request_id = asked.request_id, route = template, cause, "a fault of the server");
        }
        return Whole::Bytes(kept_problem(&problem, asked, template, revision));
    }
    let headers: Vec<_> = response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let (head, body) = response.into_parts();
    match body.try_into_bytes() {
        Ok(bytes) => {
            let mut kept = Kept::new(status, headers, bytes, template, revision);
            kept.etag = match meta.etag {
                Some(tag) => Some(tag),
                None if asked.get && status == StatusCode::OK => Some(etag::of_bytes(&kept.body)),
                None => None,
            };
            kept.fresh_until = meta.fresh_until;
            if let Some(language) = meta.content_language.and_then(|language| HeaderValue::from_str(&language).ok()) {
                kept.headers.push((header::CONTENT_LANGUAGE, language));
            }
            Whole::Bytes(kept)
        }
        Err(body) => Whole::Stream(head.set_body(body), template),
    }
}

/// What actix itself refuses, as one of ours.
fn problem_of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => {
            Problem::new(ProblemKind::NotFound, "There is no such path. The documentation at /docs lists all.")
        }
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(ProblemKind::MethodNotAllowed, "This path does not take that method."),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ProblemKind::PayloadTooLarge, "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(ProblemKind::UnsupportedMediaType, "Send Content-Type: application/json.")
        }
        StatusCode::REQUEST_TIMEOUT => Problem::new(ProblemKind::RequestTimeout, "The request did not arrive in time."),
        status if status.is_client_error() => Problem::new(ProblemKind::MalformedRequest, "The request cannot be read."),
        _ => Problem::new(ProblemKind::Internal, "Something went wrong here; it was logged."),
    }
}

/// Its headers; where it has none of its own, also the one that its status must have (RFC 9110, 15.5.2) or that its page promises.
fn problem_headers(problem: &Problem) -> Vec<(HeaderName, HeaderValue)> {
    let due = match problem.kind.status() {
        401 => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"plenary\""))),
        429 | 503 => Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
        _ => None,
    };
    let due = due.filter(|(due, _)| !problem.headers.iter().any(|(name, _)| due.as_str().eq_ignore_ascii_case(name)));
    let own = problem
        .headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?)));
    [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))].into_iter().chain(own).chain(due).collect()
}

fn kept_problem(problem: &Problem, asked: &Asked, template: String, revision: u64) -> Kept {
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Kept::new(status, problem_headers(problem), problem_body(problem, &asked.request_id), template, revision)
}

/// RFC 9457, with the request's id.
fn problem_body(problem: &Problem, request_id: &str) -> Bytes {
    let mut body = Map::new();
    body.insert("type".into(), json!(format!("/problems/{}", problem.kind.slug())));
    body.insert("title".into(), json!(problem.kind.title()));
    body.insert("status".into(), json!(problem.kind.status()));
    body.insert("detail".into(), json!(problem.detail));
    body.insert("request_id".into(), json!(request_id));
    body.extend(problem.members.clone());
    Value::Object(body).to_string().into()
}

/// The response for one request from an answer: conditional, encoded, with every header.
fn finish(web: &Web, asked: &Asked, kept: &Kept, is_kept: bool) -> HttpResponse {
    let accept = asked.encoding.as_deref().unwrap_or_default();
    let wanted = if accept.is_empty() { Encoding::Identity } else { Encoding::negotiate(accept, is_kept) };
    let unchanged = asked.get
        && kept.status == StatusCode::OK
        && kept.etag.as_deref().zip(asked.if_none_match.as_deref()).is_some_and(|(tag, wanted)| matches_any(wanted, tag));
    let (encoding, body) = if unchanged { (wanted, Bytes::new()) } else { kept.encoded(wanted) };
    let mut response = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { kept.status });
    for (name, value) in &kept.headers {
        if !unchanged || *name != header::CONTENT_TYPE {
            response.append_header((name.clone(), value.clone()));
        }
    }
    if let Some(tag) = &kept.etag {
        // A strong ETag names bytes: another encoding is another one.
        let tag = match (encoding.name(), tag.strip_suffix('"')) {
            (Some(name), Some(open)) if !unchanged => format!("{open}.{name}\""),
            _ => tag.clone(),
        };
        response.insert_header((header::ETAG, tag));
    }
    if let Some(name) = encoding.name().filter(|_| !unchanged) {
        response.insert_header((header::CONTENT_ENCODING, name));
    }
    let mut response = response.body(body);
    add_common(response.headers_mut(), web, asked);
    response
}

/// Whether one of the tags in `If-None-Match` is this one, in whatever encoding (weak comparison, RFC 9110, 13.1.2).
pub(super) fn matches_any(if_none_match: &str, tag: &str) -> bool {
    let bare = |tag: &str| -> String {
        let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
        tag.strip_suffix(".gzip").or_else(|| tag.strip_suffix(".br")).unwrap_or(tag).to_owned()
    };
    if_none_match.trim() == "*" || if_none_match.split(',').any(|one| bare(one) == bare(tag))
}

fn add_common(headers: &mut HeaderMap, web: &Web, asked: &Asked) {
    let mut set = |name: HeaderName, value: HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    if let Ok(id) = HeaderValue::from_str(&asked.request_id) {
        set(REQUEST_ID, id);
    }
    set(header::CONTENT_SECURITY_POLICY, CSP_DATA);
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if web.options.public_url.starts_with("https://") {
        set(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    if asked.get {
        let caching = if asked.anonymous { "no-cache" } else { "no-store" };
        set(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    } else {
        set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.append(header::VARY, HeaderValue::from_static("Authorization, Accept, Accept-Language, Accept-Encoding"));
    if let Some(origin) = &asked.origin {
        Cors::expose(headers, origin);
    }
    if web.options.cors.is_on() {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

fn log(web: &Web, asked: &Asked, method: &str, template: &str, status: StatusCode, from_cache: bool) {
    let took = asked.started.elapsed();
    let route = if template.is_empty() { "(none)" } else { template };
    web.metrics.answered(method, route, status.as_u16(), took, from_cache);
    // One line a request: the template, never path or query, which may name people or carry tokens.
    tracing::info!(
        target: "plenary::request",
        method,
        route,
        status = status.as_u16(),
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        cached = from_cache,
        request_id = asked.request_id,
    );
}
