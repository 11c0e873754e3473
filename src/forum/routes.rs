//! `/forum-editions`, what lies below one, and `/sessions`.

mod dates;
mod editions;
mod sessions;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::calendar;
use super::rules::Status;
use super::store::{self, EditionList, SessionId, SessionList};
use super::view::{self, EditionView, SessionView};
use crate::error::{ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Calendar, Object, Page, Request, Route, Tagged, get, route};
use crate::policy::Action;

pub fn routes() -> Vec<Route> {
    let read = Action::ReadPublic;
    let of_one = |route: Route| route.answers(&[ProblemKind::NotFound]);
    let (run, post, patch) = (Action::RunInitiative, Method::POST, Method::PATCH);
    let one = "/forum-editions/{year}";
    vec![
        get("/forum-editions", read, "The Forum's editions, by year", list),
        of_one(get("/forum-editions/{year}", read, "One year's Forum with its sessions", show)),
        of_one(get(
            "/forum-editions/{year}/sessions",
            read,
            "The sessions of one year's Forum, as they take place",
            session_list,
        )),
        of_one(get("/forum-editions/{year}/calendar.ics", read, "One year's Forum as a calendar", calendar_file)),
        of_one(get("/sessions/{session_id}", read, "One session", session)),
        route(post.clone(), "/forum-editions", run, "Plan a year's Forum", editions::make).answers(&[ProblemKind::AlreadyExists]),
        route(
            patch.clone(),
            one,
            run,
            "Change what an edition is called and where it is; its dates move by /reschedule",
            editions::change,
        )
        .answers(&[ProblemKind::WrongState]),
        route(
            post.clone(),
            "/forum-editions/{year}/transitions",
            run,
            "Open an edition, declare it held, or cancel it",
            editions::transition,
        )
        .answers(&[ProblemKind::IllegalTransition, ProblemKind::RuleViolation]),
        route(
            post.clone(),
            "/forum-editions/{year}/reschedule",
            run,
            "Give an edition other dates; its sessions move along, its deliverables' due dates on request",
            dates::reschedule,
        )
        .answers(&[ProblemKind::WrongState, ProblemKind::RuleViolation]),
        route(post.clone(), "/forum-editions/{year}/copy", run, "Plan another year's Forum after this one", dates::copy)
            .answers(&[ProblemKind::AlreadyExists]),
        route(post, "/forum-editions/{year}/sessions", run, "Add a session", sessions::make)
            .answers(&[ProblemKind::WrongState, ProblemKind::RuleViolation]),
        route(patch, "/sessions/{session_id}", run, "Change a session", sessions::change)
            .answers(&[ProblemKind::WrongState, ProblemKind::RuleViolation]),
        route(Method::DELETE, "/sessions/{session_id}", run, "Remove a session", sessions::remove)
            .answers(&[ProblemKind::WrongState]),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct EditionQuery {
    #[serde(flatten)]
    page: Paging<EditionList>,
    /// Editions of this status.
    status: Option<Status>,
}

async fn list(request: Request<(), EditionQuery>) -> Result<Page<Tagged<EditionView>>> {
    request
        .read(|tx, input| {
            let EditionQuery { page, status } = &input.query;
            let plan = page.plan(&input.filters)?;
            let (rows, next) = store::list(tx, *status, &plan)?;
            let total = plan.total.then(|| store::count(tx, *status)).transpose()?;
            Ok(Page::new(view::editions(tx, rows, &input.reader)?, next, total))
        })
        .await
}

/// A Forum edition.
#[derive(Deserialize, JsonSchema)]
struct InEdition {
    /// The edition's year or id.
    #[schemars(length(max = 200))]
    year: String,
}

async fn show(request: Request<InEdition>) -> Result<Object<Tagged<EditionView>>> {
    request
        .read(|tx, input| {
            let row = store::find(tx, &input.path.year)?;
            Ok(Object::tagged(view::edition(tx, row, &input.reader)?))
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct SessionQuery {
    #[serde(flatten)]
    page: Paging<SessionList>,
}

async fn session_list(request: Request<InEdition, SessionQuery>) -> Result<Page<Tagged<SessionView>>> {
    request
        .read(|tx, input| {
            let edition = store::find(tx, &input.path.year)?;
            let plan = input.query.page.plan(&input.filters)?;
            let (rows, next) = store::session_page(tx, edition.id, &plan)?;
            let total = plan.total.then(|| store::count_sessions(tx, edition.id)).transpose()?;
            Ok(Page::new(view::sessions(tx, rows, edition.reference(), &input.reader)?, next, total))
        })
        .await
}

/// A session.
#[derive(Deserialize, JsonSchema)]
struct InSession {
    /// The session's id.
    session_id: SessionId,
}

async fn session(request: Request<InSession>) -> Result<Object<Tagged<SessionView>>> {
    request.read(|tx, input| Ok(Object::tagged(view::session(tx, input.path.session_id, &input.reader)?))).await
}

async fn calendar_file(request: Request<InEdition>) -> Result<Calendar> {
    request
        .read(|tx, input| {
            let edition = store::find(tx, &input.path.year)?;
            let sessions = store::sessions(tx, &[edition.id])?;
            Ok(Calendar { text: calendar::of_edition(&edition, &sessions, &input.reader)?, fresh_until: None, private: false })
        })
        .await
}
