//! `/unsubscribe`: a mail's link to get no more of its kind (RFC 8058). Looking changes nothing: only the form, or a mail program's own POST,
//! does.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{AutoEscape, Environment, context};

use super::rules::Choice;
use super::store;
use crate::db::Write;
use crate::error::{Error, Result};
use crate::http::Web;
use crate::http::route::{method_not_allowed, problem_response};
use crate::locale::Reader;
use crate::mail::{Kind, Language};
use crate::outbox;

const PAGE: &str = include_str!("leaving.html");

/// Own styles only, and a form that goes nowhere else.
const CSP: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a page says.
struct Words {
    title: &'static str,
    text: &'static str,
    button: Option<&'static str>,
}

/// What became of it.
enum Done {
    /// There will be no more of this kind.
    Kind,
    /// There will be no more digests.
    Digest,
}

fn asks(language: Language) -> Words {
    match language {
        Language::En => Words {
            title: "No more of these mails",
            text: "You will get no more mails of this kind. Everything else stays as it is, and your notification preferences turn them on again.",
            button: Some("No more of these"),
        },
        Language::Fr => Words {
            title: "Ne plus recevoir ces messages",
            text: "Vous ne recevrez plus de messages de ce genre. Tout le reste demeure inchangé, et vos préférences de notification permettent d'y revenir.",
            button: Some("Ne plus les recevoir"),
        },
    }
}

fn said(done: &Done, language: Language) -> Words {
    let (title, text) = match (done, language) {
        (Done::Kind, Language::En) => ("That is done", "You will get no more mails of this kind."),
        (Done::Kind, Language::Fr) => ("C'est fait", "Vous ne recevrez plus de messages de ce genre."),
        (Done::Digest, Language::En) => {
            ("That is done", "You will get no more daily mails. What they would have held is not mailed.")
        }
        (Done::Digest, Language::Fr) => {
            ("C'est fait", "Vous ne recevrez plus de message quotidien. Ce qu'il aurait contenu n'est pas envoyé.")
        }
    };
    Words { title, text, button: None }
}

/// Turns the kind of the mail with this token off for its reader; for a digest, everything that comes daily. `None` where the token is none.
fn leave(tx: &mut Write<'_>, token: &str) -> Result<Option<Done>> {
    let Some(left) = outbox::may_leave(tx, token)? else { return Ok(None) };
    let digest = left.kind == Kind::Digest;
    match left.person {
        // Erased meanwhile: there is nobody to write to.
        _ if left.recipient.is_empty() => {}
        None => store::leave(tx, &left.recipient, left.kind)?,
        Some(person) => {
            let mut said = store::preferences(tx, person)?;
            let before = said.choices.clone();
            if digest {
                for choice in said.choices.values_mut().filter(|choice| **choice == Choice::Daily) {
                    *choice = Choice::Off;
                }
            } else {
                said.choices.insert(left.kind.to_string(), Choice::Off);
            }
            if said.choices != before {
                store::save_preferences(tx, person, &said)?;
            }
        }
    }
    Ok(Some(if digest { Done::Digest } else { Done::Kind }))
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

fn page(status: StatusCode, language: Language, words: &Words, token: &str) -> HttpResponse {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let Words { title, text, button } = *words;
    match environment.render_str(PAGE, context! { language => language.as_str(), title, text, button, token }) {
        Ok(html) => HttpResponse::build(status)
            .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_LANGUAGE, language.as_str()))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => problem_response(Error::Internal(error.to_string()).into_problem()),
    }
}

async fn show(request: HttpRequest) -> HttpResponse {
    let language = language_of(&request);
    page(StatusCode::OK, language, &asks(language), &token_of(&request))
}

async fn act(request: HttpRequest, web: web::Data<Web>) -> HttpResponse {
    let (language, token) = (language_of(&request), token_of(&request));
    match web.db.write(move |tx| leave(tx, &token)).await {
        Ok(Some(done)) => page(StatusCode::OK, language, &said(&done, language), ""),
        Ok(None) => problem_response(outbox::invalid_token().into_problem()),
        Err(error) => problem_response(error.into_problem()),
    }
}

/// Mounts the page.
pub fn mount(app: &mut web::ServiceConfig) {
    let resource = web::resource("/unsubscribe").get(show).route(web::head().to(show)).route(web::post().to(act));
    app.service(resource.default_service(web::to(|| async { method_not_allowed("GET, HEAD, POST") })));
}
