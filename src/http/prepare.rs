//! What a route is asked, put together from HTTP: head, path, query and body, in the order in which the API promises to check them.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{HttpMessage, HttpRequest, web};
use serde_json::Value;

use super::body::{self, Body};
use super::credential::{self, Credential};
use super::etag::IfMatch;
use super::file::Asks;
use super::idempotency::{self, Attempt};
use super::input::{Checker, Origin, Shape, decoded};
use super::request::{Decoded, Head, Request, authentication_required};
use super::upload::Upload;
use super::{RequestId, Web};
use crate::error::{Error, FieldFault, Problem, Result};
use crate::policy::{self, Action, Standing};

/// The three checkers of a route.
pub struct FormCheck {
    /// Of its path.
    pub path: Checker,
    /// Of its query.
    pub query: Checker,
    /// Of its body.
    pub body: Checker,
    /// Whether it takes an `Idempotency-Key`.
    pub idempotent: bool,
    /// Whether its body may be a file instead (`multipart/form-data`).
    pub files: bool,
}

/// What a route is asked, its form checked and not yet decoded: the same type for all of them, so that all of this is compiled once.
pub(super) struct Asked {
    web: Web,
    pub head: Head,
    parts: Parts,
    upload: Option<Upload>,
}

/// Path, query and body as they passed their check, and the faults of those that did not.
struct Parts {
    path: Option<Value>,
    query: Option<Value>,
    /// The query without paging and language.
    filters: Value,
    body: Option<Value>,
    faults: Vec<FieldFault>,
}

impl Asked {
    /// The request that its route takes.
    pub fn decoded<P: Shape, Q: Shape, B: Shape>(self) -> Request<P, Q, B> {
        let Self { web, head, parts, upload } = self;
        let Parts { path, query, filters, body, mut faults } = parts;
        let path = decoded(path, Origin::Path, &mut faults);
        let query = decoded(query, Origin::Query, &mut faults);
        let body = decoded(body, Origin::Body, &mut faults);
        let form = match (path, query, body) {
            (Some(path), Some(query), Some(body)) if faults.is_empty() => Ok(Arc::new(Decoded { path, query, filters, body })),
            _ => Err(Problem::invalid(&faults)),
        };
        Request { web, head, form, upload }
    }
}

/// Size, media type and grammar of the body; then whether a token is needed; then the form, whose faults are kept until the caller is known.
pub(super) async fn prepare(
    request: &HttpRequest,
    payload: Payload,
    check: &FormCheck,
    action: Action,
    web: Web,
) -> Result<Asked> {
    let mut faults = Vec::new();
    let Body { bytes, value, upload } = if check.body.is_none() {
        if body::is_said(request, payload, web.options.body_timeout).await {
            faults.push(FieldFault::new("", "unknown", "no body is taken here; send none"));
        }
        Body::default()
    } else {
        body::read(request, payload, &web, check.files).await?
    };
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let credential = Credential::of(request, &web)?;
    if credential.is_none() && !policy::allows(action, Standing::Anyone) {
        return Err(authentication_required());
    }
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let address = request.extensions().get::<super::ClientAddress>().map(|a| a.0.to_string()).unwrap_or_default();
    let attempt = match text(header::HeaderName::from_static("idempotency-key")) {
        Some(key) if check.idempotent => match idempotency::parse_key(key) {
            Ok(key) => Some(Attempt {
                caller: format!("address:{address}"),
                route: format!("{} {}", request.method(), request.path()),
                key,
                digest: idempotency::digest(&[request.query_string().as_bytes(), &bytes]),
            }),
            Err(Error::Problem(_)) => {
                faults.push(FieldFault::new("Idempotency-Key", "format", "must be 1 to 255 printable ASCII characters"));
                None
            }
            Err(other) => return Err(other),
        },
        _ => None,
    };
    let (parts, locale) = parts(request, (!check.files || upload.is_none()).then_some(value), check, faults);
    let head = Head {
        action,
        credential,
        address,
        client: text(header::USER_AGENT).unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect(),
        accept_language: text(header::ACCEPT_LANGUAGE).map(str::to_owned),
        locale,
        wants_csv: text(header::ACCEPT).is_some_and(super::wants_csv),
        if_match: IfMatch::parse(text(header::IF_MATCH)),
        request_id,
        attempt,
        asks: Asks {
            head: request.method() == Method::HEAD,
            if_none_match: text(header::IF_NONE_MATCH).map(str::to_owned),
            range: text(header::RANGE).map(str::to_owned),
            if_range: text(header::IF_RANGE).map(str::to_owned),
        },
        last_event: text(header::HeaderName::from_static("last-event-id")).map(str::to_owned),
        spoken: Arc::default(),
    };
    Ok(Asked { web, head, parts, upload })
}

fn parts(request: &HttpRequest, body: Option<Value>, check: &FormCheck, mut faults: Vec<FieldFault>) -> (Parts, Option<String>) {
    // actix decodes what is still encoded (`%2F`) only in a list of values; the names go beside.
    let values = request.match_info().load::<Vec<String>>().unwrap_or_default();
    let segments: Vec<_> = request.match_info().iter().map(|(name, _)| name.to_owned()).zip(values).collect();
    let path = check.path.read_pairs(segments).and_then(|value| check.path.check(value, Origin::Path));
    let path = path.map_err(|more| faults.extend(more)).ok();
    let mut locale = None;
    let pairs: Vec<(String, String)> = match web::Query::<Vec<(String, String)>>::from_query(request.query_string()) {
        Ok(pairs) => pairs.into_inner(),
        Err(_) => {
            faults.push(FieldFault::new("?", "encoding", "is not percent-encoded UTF-8"));
            Vec::new()
        }
    };
    // Every answer can be asked for in a language (domain.md, Languages); it is no parameter of any one route.
    let pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(name, value)| {
            let is_locale = name == "locale";
            if is_locale {
                if value.len() > 35 || value.contains('\0') || value.is_empty() {
                    faults.push(FieldFault::new("?locale", "format", "must be a language code such as fr, or * for all"));
                } else if locale.replace(value.clone()).is_some() {
                    faults.push(FieldFault::new("?locale", "repeated", "is given more than once; give it once"));
                }
            }
            // Read before, and no parameter of any one route either.
            !is_locale && !credential::is_link(name)
        })
        .collect();
    let mut filters = Value::Null;
    let query = if check.query.is_none() {
        faults.extend(pairs.iter().map(|(name, _)| {
            let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            FieldFault::new(format!("?{name}"), "unknown", "is not known here; remove it")
        }));
        Some(Value::Null)
    } else {
        let query = check.query.read_pairs(pairs).and_then(|value| {
            filters = super::page::filters_of(&value);
            check.query.check(value, Origin::Query)
        });
        query.map_err(|more| faults.extend(more)).ok()
    };
    let body = match body {
        Some(body) => check.body.check(body, Origin::Body).map_err(|more| faults.extend(more)).ok(),
        // It arrives in parts, and is no JSON: the body is an option then.
        None => Some(Value::Null),
    };
    (Parts { path, query, filters, body, faults }, locale)
}
