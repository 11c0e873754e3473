//! Routes as a list: method, path, action, handler. Resources with 405 and `Allow`, HEAD, the OpenAPI document and the policy snapshot
//! all come from that one list.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use futures_util::FutureExt;
use schemars::SchemaGenerator;
use serde_json::Value;

use super::answer::{Answer, Described, Reply};
use super::input::{Checker, Shape};
use super::limits::Limit;
use super::prepare::{Asked, FormCheck, prepare};
use super::request::Request;
use super::{Web, body, credential, upload as uploads};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::files::Files;
use crate::policy::Action;

/// A route's handler, its types forgotten: asked, it answers. What is around it is compiled once for all routes.
type Handler = Arc<dyn Fn(Asked, HttpRequest) -> Pin<Box<dyn Future<Output = Result<Reply>>>> + Send + Sync>;

/// One operation of the API.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path template, below `/api/v1`.
    pub path: &'static str,
    /// What policy calls it.
    pub action: Action,
    /// One line for the documentation.
    pub summary: &'static str,
    /// Whether it changes something that has a version of its own, so that it needs `If-Match`.
    pub versioned: bool,
    /// Problems it answers beyond those that every operation can.
    pub problems: Vec<ProblemKind>,
    /// Its form, for the documentation.
    pub form: Arc<FormCheck>,
    /// Describes its success.
    pub describe: fn(&mut SchemaGenerator) -> Described,
    /// Describes what the server will ask of the address that its body names, by OpenAPI's rules for callbacks.
    pub callback: Option<fn(&mut SchemaGenerator) -> Value>,
    /// How often one address may ask for it an hour, beside what holds for all routes.
    limit: Option<Limit>,
    handler: Handler,
}

/// A GET. `summary` is one line for the documentation.
pub fn get<P, Q, A, H, F>(path: &'static str, action: Action, summary: &'static str, handler: H) -> Route
where
    P: Shape,
    Q: Shape,
    A: Answer,
    H: Fn(Request<P, Q>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<A>> + 'static,
{
    route(Method::GET, path, action, summary, handler)
}

/// A route of any method.
pub fn route<P, Q, B, A, H, F>(method: Method, path: &'static str, action: Action, summary: &'static str, handler: H) -> Route
where
    P: Shape,
    Q: Shape,
    B: Shape,
    A: Answer,
    H: Fn(Request<P, Q, B>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<A>> + 'static,
{
    let idempotent = method == Method::POST && A::ONCE && !path.starts_with("/auth/");
    let (path_check, query, body) = (Checker::of::<P>(), Checker::of::<Q>(), Checker::of::<B>());
    let form = FormCheck { path: path_check, query, body, idempotent, files: false };
    assembled(method, path, action, summary, form, handler)
}

/// A POST whose body is either JSON, a `B`, or an upload (`multipart/form-data`), which the handler takes with [`Request::take_upload`].
pub fn upload<P, B, A, H, F>(path: &'static str, action: Action, summary: &'static str, handler: H) -> Route
where
    P: Shape,
    B: Shape,
    A: Answer,
    H: Fn(Request<P, (), Option<B>>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<A>> + 'static,
{
    let (path_check, query, body) = (Checker::of::<P>(), Checker::of::<()>(), Checker::of::<B>());
    let form = FormCheck { path: path_check, query, body, idempotent: A::ONCE, files: true };
    let route = assembled(Method::POST, path, action, summary, form, handler);
    route.answers(&[ProblemKind::MalformedRequest])
}

fn assembled<P, Q, B, A, H, F>(
    method: Method,
    path: &'static str,
    action: Action,
    summary: &'static str,
    form: FormCheck,
    handler: H,
) -> Route
where
    P: Shape,
    Q: Shape,
    B: Shape,
    A: Answer,
    H: Fn(Request<P, Q, B>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<A>> + 'static,
{
    let handler: Handler = Arc::new(move |asked, request| {
        let answer = handler(asked.decoded());
        Box::pin(async move { answer.await?.reply(&|cursor| next_page(&request, cursor)) })
    });
    let versioned = matches!(method.as_str(), "PATCH" | "PUT" | "DELETE");
    Route {
        method,
        path,
        action,
        summary,
        versioned,
        problems: Vec::new(),
        form: Arc::new(form),
        describe: A::describe,
        callback: None,
        limit: None,
        handler,
    }
}

impl Route {
    /// Says that what it changes has no version of its own (a session, a second factor), so that it takes no `If-Match`.
    #[must_use]
    pub fn unversioned(mut self) -> Self {
        self.versioned = false;
        self
    }

    /// Names further problems that this operation answers.
    #[must_use]
    pub fn answers(mut self, problems: &[ProblemKind]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    /// Describes what the server will ask of the address that its body names.
    #[must_use]
    pub fn calls_back(mut self, describe: fn(&mut SchemaGenerator) -> Value) -> Self {
        self.callback = Some(describe);
        self
    }

    /// Limits it by a count of its own, whatever the outcome: every request to it counts.
    #[must_use]
    pub fn limited(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    fn mounted(&self, method: Method) -> actix_web::Route {
        let (form, handler, action, limit) = (self.form.clone(), self.handler.clone(), self.action, self.limit);
        web::method(method).to(move |request: HttpRequest, body: web::Payload| {
            let (form, handler) = (form.clone(), handler.clone());
            async move { serve(request, body.into_inner(), limit, &form, action, &handler).await }
        })
    }
}

/// Paths below a scope, each with its routes.
type Resources<'a> = Vec<(String, Vec<&'a Route>)>;

/// Mounts routes below `/api/v1`: one scope for each first segment (actix looks through a scope's routes one by one), one resource for
/// each path, with HEAD beside GET and 405 with `Allow` for the rest.
pub fn mount(routes: &[Route]) -> impl FnOnce(&mut web::ServiceConfig) {
    let mut scopes: Vec<(String, Resources<'_>)> = Vec::new();
    for route in routes {
        let first = route.path.split('/').nth(1).unwrap_or_default();
        let rest = route.path.get(first.len() + 1..).unwrap_or_default().to_owned();
        let position = scopes.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
            scopes.push((first.to_owned(), Vec::new()));
            scopes.len() - 1
        });
        let Some((_, resources)) = scopes.get_mut(position) else { continue };
        match resources.iter_mut().find(|(path, _)| *path == rest) {
            Some((_, methods)) => methods.push(route),
            None => resources.push((rest, vec![route])),
        }
    }
    let scopes: Vec<_> = scopes
        .into_iter()
        .map(|(name, mut resources)| {
            // A fixed segment is found before a parameter: `/supporters/stats` before `/supporters/{supporter}`.
            resources.sort_by_key(|(path, _)| path.replace('{', "\u{10FFFF}"));
            resources.into_iter().fold(web::scope(&format!("/api/v1/{name}")), |scope, (path, methods)| {
                let allow = allowed(methods.iter().map(|route| &route.method));
                let mut resource = web::resource(path);
                for route in methods {
                    resource = resource.route(route.mounted(route.method.clone()));
                    if route.method == Method::GET {
                        resource = resource.route(route.mounted(Method::HEAD));
                    }
                }
                scope.service(resource.default_service(web::to(move || {
                    let allow = allow.clone();
                    async move { method_not_allowed(&allow) }
                })))
            })
        })
        .collect();
    move |config| {
        for scope in scopes {
            config.service(scope);
        }
    }
}

fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut allow: Vec<_> = methods.map(Method::as_str).collect();
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    allow.sort_unstable();
    allow.join(", ")
}

/// 405, with the methods that are there.
pub fn method_not_allowed(allow: &str) -> HttpResponse {
    problem_response(Problem::new(ProblemKind::MethodNotAllowed, format!("This path takes {allow}.")).with_header("Allow", allow))
}

/// A response that the edge turns into problem+json, where it knows the request id.
pub fn problem_response(problem: Problem) -> HttpResponse {
    let mut response =
        HttpResponse::new(StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response.extensions_mut().insert(problem);
    response
}

async fn serve(
    request: HttpRequest,
    payload: Payload,
    limit: Option<Limit>,
    check: &FormCheck,
    action: Action,
    handler: &Handler,
) -> HttpResponse {
    let Some(web) = request.app_data::<web::Data<Web>>().map(|web| web.get_ref().clone()) else {
        return problem_response(Error::Internal("the app was built without its state".into()).into_problem());
    };
    let address = request.extensions().get::<super::ClientAddress>().map(|address| address.0);
    if let Some(Err(problem)) = limit.zip(address).map(|(limit, address)| web.limits.route(limit, address)) {
        return problem_response(problem);
    }
    // An upload takes the time that its bytes take; it may not fall silent meanwhile.
    let transfer = match web.part::<Files>() {
        Ok(files) if check.files && body::is_upload(&request) => uploads::longest(files.max_bytes()),
        _ => Duration::ZERO,
    };
    let patience = web.options.request_timeout + transfer;
    let spoken = Arc::new(OnceLock::new());
    let work = async {
        let mut asked = prepare(&request, payload, check, action, web).await?;
        asked.head.spoken = spoken.clone();
        handler(asked, request.clone()).await
    };
    let outcome = match tokio::time::timeout(patience, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Error::Internal("a handler panicked, as logged before this".into())),
        Err(_) => Err(Problem::new(ProblemKind::Unavailable, "This took too long and was given up. Try again in a moment.")
            .with_header("Retry-After", 1)
            .into()),
    };
    match outcome {
        Ok(mut reply) => {
            reply.meta.content_language = spoken.get().cloned().filter(|_| !reply.body.is_empty());
            reply.into_response()
        }
        Err(Error::Moved(to)) => {
            let query = if request.query_string().is_empty() { String::new() } else { format!("?{}", request.query_string()) };
            HttpResponse::PermanentRedirect().insert_header((header::LOCATION, format!("/api/v1{to}{query}"))).finish()
        }
        Err(error) => problem_response(error.into_problem()),
    }
}

fn next_page(request: &HttpRequest, cursor: &str) -> String {
    let others = request
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=") && !credential::is_link(pair));
    let query: Vec<_> = others.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("{}?{}", request.path(), query.join("&"))
}
