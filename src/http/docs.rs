//! Pages for people: the documentation browser (offline, nothing from elsewhere) and one page for each type of problem.

use std::sync::{Arc, OnceLock};

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{Environment, context};
use utoipa_swagger_ui::Config;

use super::openapi;
use super::route::{Route, method_not_allowed, problem_response};
use crate::error::{Problem, ProblemKind};

/// Own scripts and styles only; icons are data URLs. The browser sets its styles through the DOM; what it writes inline (its logo) is refused.
const CSP_DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const CSP_PAGE: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PROBLEM_PAGE: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ title }}</title></head>
<body>
<main>
<h1>{{ title }}</h1>
<p><code>{{ slug }}</code>, status {{ status }}</p>
<p>{{ page }}</p>
<p>Every error is <code>application/problem+json</code> (RFC 9457) with a <code>request_id</code> under which the operator finds it.
<a href="/problems/">All types</a>, <a href="/docs/">the API</a>.</p>
</main>
</body>
</html>
"#;

const PROBLEM_LIST: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Types of problem</title></head>
<body>
<main>
<h1>Types of problem</h1>
<dl>
{%- for kind in kinds %}
<dt><a href="/problems/{{ kind.slug }}">{{ kind.slug }}</a> ({{ kind.status }})</dt><dd>{{ kind.title }}</dd>
{%- endfor %}
</dl>
</main>
</body>
</html>
"#;

fn page(template: &str, context: minijinja::Value) -> HttpResponse {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    match environment.render_str(template, context) {
        Ok(html) => HttpResponse::Ok()
            .insert_header((header::CONTENT_SECURITY_POLICY, CSP_PAGE))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => problem_response(crate::error::Error::Internal(error.to_string()).into_problem()),
    }
}

async fn problem(slug: web::Path<String>) -> HttpResponse {
    let Some(kind) = ProblemKind::ALL.iter().find(|kind| kind.slug() == slug.as_str()) else {
        return problem_response(Problem::new(ProblemKind::NotFound, "There is no such type of problem."));
    };
    page(PROBLEM_PAGE, context! { title => kind.title(), slug => kind.slug(), status => kind.status(), page => kind.page() })
}

async fn problems() -> HttpResponse {
    let kinds: Vec<_> = ProblemKind::ALL
        .iter()
        .map(|kind| context! { slug => kind.slug(), status => kind.status(), title => kind.title() })
        .collect();
    page(PROBLEM_LIST, context! { kinds })
}

async fn slash() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

async fn browser(request: HttpRequest, config: web::Data<Config<'static>>) -> HttpResponse {
    let file = request.match_info().get("file").unwrap_or_default();
    match utoipa_swagger_ui::serve(file, config.into_inner()) {
        Ok(Some(file)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_SECURITY_POLICY, CSP_DOCS))
            .content_type(file.content_type)
            .body(file.bytes.into_owned()),
        _ => problem_response(Problem::new(ProblemKind::NotFound, "There is no such page.")),
    }
}

/// The OpenAPI document of these routes, one for all threads. It is written when it is first asked for: that takes more memory than all that
/// a server holds which nobody has asked anything.
#[derive(Clone)]
pub struct Document {
    routes: Arc<Vec<Route>>,
    written: Arc<OnceLock<web::Bytes>>,
}

impl Document {
    /// Of these routes.
    pub fn of(routes: Arc<Vec<Route>>) -> Self {
        Self { routes, written: Arc::default() }
    }

    async fn answer(self) -> HttpResponse {
        // Off the worker, since it takes a while.
        let write = move || self.written.get_or_init(|| openapi::document(&self.routes).to_string().into()).clone();
        match web::block(write).await {
            Ok(text) => {
                HttpResponse::Ok().insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(text)
            }
            Err(error) => problem_response(Problem::internal(error.to_string())),
        }
    }
}

/// Mounts `/api/openapi.json`, which is `document`, `/docs` and `/problems`.
pub fn mount(document: Document) -> impl FnOnce(&mut web::ServiceConfig) {
    move |app| {
        let read_only = || web::to(|| async { method_not_allowed("GET, HEAD") });
        let answer = move || document.clone().answer();
        app.app_data(web::Data::from(Arc::new(Config::from("/api/openapi.json"))))
            .service(
                web::resource("/api/openapi.json").get(answer.clone()).route(web::head().to(answer)).default_service(read_only()),
            )
            .service(web::resource("/problems/{slug}").get(problem).route(web::head().to(problem)).default_service(read_only()))
            .service(web::resource("/problems/").get(problems).route(web::head().to(problems)).default_service(read_only()))
            .service(web::resource("/docs").get(slash).route(web::head().to(slash)).default_service(read_only()))
            .service(web::resource("/docs/{file:.*}").get(browser).route(web::head().to(browser)).default_service(read_only()));
    }
}
