//! `/unsubscribe`: a mail's link to get no more of its kind (RFC 8058). Looking changes nothing: only the form, or a mail program's own POST,
//! does.

mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{AutoEscape, Environment, context};

use self::words::{Leaving, Words};
use super::rules::Choice;
use super::store;
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::http::Web;
use crate::http::route::{method_not_allowed, problem_response};
use crate::locale::Reader;
use crate::mail::{Kind, Language};
use crate::outbox::{self, Left, TokenKey};

const PAGE: &str = include_str!("leaving.html");

/// Own styles only, and a form that goes nowhere else.
const CSP: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What the mail with this token would turn off, and whose mail it was; `None` where the token is none.
fn look(c: &mut AnyConnection, key: Option<Arc<TokenKey>>, token: &str) -> Result<Option<(Leaving, Left)>> {
    let key = key.ok_or_else(|| Error::Internal("nobody gave the key of the mails' tokens".into()))?;
    let Some(left) = outbox::may_leave(c, &key, token)? else { return Ok(None) };
    let kinds = match left.person {
        // Erased meanwhile: there is nobody to write to.
        _ if left.recipient.is_empty() => Vec::new(),
        None if store::has_left(c, &left.recipient, left.kind.as_str())? => Vec::new(),
        None => vec![left.kind],
        Some(person) => {
            let said = store::preferences(c, person)?.choices;
            if left.kind == Kind::Digest {
                Kind::ALL.iter().copied().filter(|kind| said.get(kind.as_str()) == Some(&Choice::Daily)).collect()
            } else {
                Some(left.kind).filter(|kind| said.get(kind.as_str()) != Some(&Choice::Off)).into_iter().collect()
            }
        }
    };
    Ok(Some((Leaving { kind: left.kind, kinds, has_account: left.person.is_some() }, left)))
}

/// Turns the kind of the mail with this token off for its reader; for a digest, everything that comes daily. `None` where the token is none.
fn leave(tx: &mut Write<'_>, token: &str) -> Result<Option<Leaving>> {
    let key = tx.extension();
    let Some((leaving, left)) = look(tx, key, token)? else { return Ok(None) };
    if leaving.kinds.is_empty() {
        return Ok(Some(leaving));
    }
    match left.person {
        None => store::leave(tx, &left.recipient, left.kind)?,
        Some(person) => {
            let mut said = store::preferences(tx, person)?;
            said.choices.extend(leaving.kinds.iter().map(|kind| (kind.to_string(), Choice::Off)));
            store::save_preferences(tx, person, &said)?;
        }
    }
    Ok(Some(leaving))
}

fn language_of(request: &HttpRequest) -> Language {
    let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let ours: Vec<String> = Language::ALL.iter().map(ToString::to_string).collect();
    Language::first_of([Reader::negotiate(None, accept, None, &ours).content_language(&ours).as_str()])
}

fn token_of(request: &HttpRequest) -> String {
    let query = web::Query::<BTreeMap<String, String>>::from_query(request.query_string());
    let token = query.ok().and_then(|query| query.get("token").cloned()).unwrap_or_default();
    // Anything else is none, and would not stand in an address as it is.
    let fits = token.len() <= 100 && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if fits { token } else { String::new() }
}

/// Whether a person looks at the answer: a browser asks for a page, and sends a form.
fn is_looked_at(headers: &HeaderMap) -> bool {
    let says =
        |name, what: &str| headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(what));
    says(header::ACCEPT, "text/html") || says(header::CONTENT_TYPE, "form-urlencoded") || says(header::CONTENT_TYPE, "form-data")
}

fn page(status: StatusCode, language: Language, words: &Words, token: &str) -> HttpResponse {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let Words { title, text, kinds, more, button } = words;
    match environment.render_str(PAGE, context! { language => language.as_str(), title, text, kinds, more, button, token }) {
        Ok(html) => HttpResponse::build(status)
            .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_LANGUAGE, language.as_str()))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => problem_response(Error::Internal(error.to_string()).into_problem()),
    }
}

async fn show(request: HttpRequest, web: web::Data<Web>) -> HttpResponse {
    let (language, token) = (language_of(&request), token_of(&request));
    if token.is_empty() {
        return page(StatusCode::OK, language, &words::invalid(language), "");
    }
    let sought = token.clone();
    // Where the database cannot be asked it still is a question.
    let looked = web.db.read(move |tx| {
        let key = tx.extension();
        look(tx, key, &sought)
    });
    let words = match looked.await {
        Ok(None) => words::invalid(language),
        Ok(Some((leaving, _))) => words::asks(Some(&leaving), language),
        Err(_) => words::asks(None, language),
    };
    page(StatusCode::OK, language, &words, &token)
}

async fn act(request: HttpRequest, web: web::Data<Web>) -> HttpResponse {
    let (language, token) = (language_of(&request), token_of(&request));
    let problem = match web.db.write(move |tx| leave(tx, &token)).await {
        Ok(Some(leaving)) => return page(StatusCode::OK, language, &words::done(&leaving, language), ""),
        Ok(None) => outbox::invalid_token().into_problem(),
        Err(error) => error.into_problem(),
    };
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !is_looked_at(request.headers()) {
        return problem_response(problem);
    }
    if let Some(cause) = &problem.cause {
        tracing::error!(cause, "a reader could not be spared mails");
    }
    let words = if status.is_client_error() { words::invalid(language) } else { words::failed(language) };
    page(status, language, &words, "")
}

/// Mounts the page.
pub fn mount(app: &mut web::ServiceConfig) {
    let resource = web::resource("/unsubscribe").get(show).route(web::head().to(show)).route(web::post().to(act));
    app.service(resource.default_service(web::to(|| async { method_not_allowed("GET, HEAD, POST") })));
}
