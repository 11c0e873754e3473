//! `/deliverables/{deliverable}/comments` and `/comments/{comment}`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::mails;
use super::super::path::{self, InDeliverable};
use super::super::record;
use super::super::store::{self as deliverables, Found};
use super::rules::{self, CommentStatus};
use super::store::{self, CommentId, CommentList, CommentRow};
use crate::audit;
use crate::db::AnyConnection;
use crate::error::{Error, ProblemKind, Result};
use crate::groups;
use crate::http::page::Paging;
use crate::http::{Created, Input, NoContent, Object, Page, Request, Route, Tagged, get, prose, route};
use crate::people::{self, PersonRef};
use crate::policy::{self, Action, Actor};
use crate::time::Instant;

const LIST: &str = "/deliverables/{deliverable}/comments";
const ONE: &str = "/comments/{comment}";
const HIDE: &str = "/comments/{comment}/hide";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, InvalidCursor, NotFound, PreconditionFailed, RuleViolation, WrongState};
    let keep = Action::KeepOwnComment;
    vec![
        get(LIST, Action::ReadGroup, "What is said of a deliverable, newest first", list).answers(&[NotFound, InvalidCursor]),
        route(Method::POST, LIST, Action::Comment, "Comment on a deliverable, or reply to a comment", make).answers(&[
            NotFound,
            WrongState,
            RuleViolation,
        ]),
        get(ONE, Action::ReadGroup, "One comment", show).answers(&[NotFound]),
        route(Method::PATCH, ONE, keep, "Change one's comment, within 15 minutes of writing it", change)
            .answers(&[Forbidden, NotFound, WrongState]),
        route(Method::DELETE, ONE, keep, "Take one's comment back", delete).answers(&[Forbidden, NotFound]),
        route(Method::POST, HIDE, Action::RunGroup, "Hide a comment, for a reason", hide).answers(&[
            NotFound,
            WrongState,
            RuleViolation,
            PreconditionFailed,
        ]),
    ]
}

/// What somebody said of a deliverable.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comment")]
struct CommentView {
    id: CommentId,
    author: PersonRef,
    /// Its words; null once they were taken back, or hidden from the caller.
    body: Option<String>,
    /// The comment that it replies to, on the same deliverable.
    reply_to: Option<CommentId>,
    status: CommentStatus,
    /// Why it was hidden; for its author and who may hide.
    hidden_reason: Option<String>,
    /// When its author last changed it.
    edited_at: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
}

fn views(c: &mut AnyConnection, rows: Vec<CommentRow>, of: &Found, actor: &Actor) -> Result<Vec<Tagged<CommentView>>> {
    let authors: Vec<_> = rows.iter().map(|row| row.author_id).collect();
    let authors = people::refs(c, &authors)?;
    let may_hide = actor.may(Action::RunGroup, &of.object());
    let view = |row: CommentRow| {
        let author = authors.get(&row.author_id).cloned();
        let author = author.ok_or_else(|| Error::Internal(format!("comment {} has no author", row.id)))?;
        let status = rules::status(row.deleted_at, row.hidden_at);
        let is_author = actor.person == Some(row.author_id);
        let view = CommentView {
            id: row.id,
            author,
            body: Some(row.body).filter(|_| rules::reads(status, is_author, may_hide)),
            reply_to: row.reply_to,
            status,
            hidden_reason: row.hidden_reason.filter(|_| is_author || may_hide),
            edited_at: row.edited_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, view))
    };
    rows.into_iter().map(view).collect()
}

fn one(c: &mut AnyConnection, id: CommentId, of: &Found, actor: &Actor) -> Result<Tagged<CommentView>> {
    let row = store::find(c, id)?;
    views(c, vec![row], of, actor)?.pop().ok_or_else(|| Error::not_found("comment"))
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<CommentList>,
}

async fn list(request: Request<InDeliverable, Query>) -> Result<Page<Tagged<CommentView>>> {
    request
        .read(|tx, input| {
            let found = path::load(tx, input)?;
            let plan = input.query.page.plan(&input.filters)?;
            let total = plan.total.then(|| store::count(tx, found.row.id)).transpose()?;
            let (rows, next) = plan.cut(store::page(tx, found.row.id, &plan)?);
            Ok(Page::new(views(tx, rows, &found, &input.actor)?, next, total))
        })
        .await
}

/// A comment to write.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewComment")]
struct New {
    #[schemars(length(min = 1, max = 20_000))]
    body: String,
    /// A comment on the same deliverable.
    reply_to: Option<CommentId>,
}

/// The words of a comment.
fn words(typed: &str) -> Result<String> {
    prose("/body", Some(typed))?.ok_or_else(|| Error::invalid("/body", "format", "is empty"))
}

async fn make(request: Request<InDeliverable, (), New>) -> Result<Created<CommentView>> {
    request
        .create(
            |tx, input| {
                let body = words(&input.body.body)?;
                let found = path::load(tx, input)?;
                // Its group is an archive or not until this is written, and what is replied to stays.
                let group = groups::hold(tx, found.row.group_id)?;
                path::not_archived(&group)?;
                let author = input.actor.person.ok_or_else(|| Error::Internal("a comment by nobody".into()))?;
                let parent = input.body.reply_to.map(|id| parent(tx, &found, id)).transpose()?;
                let id = store::insert(tx, found.row.id, author, &body, input.body.reply_to)?;
                audit::record(tx, record::entry("comment.written", "comment", id, &found.row));
                if let Some(parent) = parent {
                    mails::replied(tx, &found.row, parent.author_id, author, &body)?;
                }
                Ok(id.to_string())
            },
            |tx, input, id| {
                // A repeat too answers only who may do it now.
                let found = path::load(tx, input)?;
                let id: CommentId = id.parse().map_err(|_| Error::not_found("comment"))?;
                Ok(Created { location: format!("/comments/{id}"), object: one(tx, id, &found, &input.actor)? })
            },
        )
        .await
}

/// The comment that is replied to.
fn parent(c: &mut AnyConnection, of: &Found, id: CommentId) -> Result<CommentRow> {
    let elsewhere = || Error::violation("reply_elsewhere", "A reply goes to a comment on the same deliverable.");
    let row = match store::find(c, id) {
        Err(Error::Problem(_)) => return Err(elsewhere()),
        other => other?,
    };
    if row.deliverable_id != of.row.id {
        return Err(elsewhere());
    }
    match rules::status(row.deleted_at, row.hidden_at) {
        CommentStatus::Shown => Ok(row),
        status => Err(Error::wrong_state(format!("The comment that you reply to is {status} by now. Write a new one."))),
    }
}

/// A comment.
#[derive(Deserialize, JsonSchema)]
struct InComment {
    /// The comment's id.
    comment: CommentId,
}

/// A comment with its deliverable, where the caller takes part in the group and may do what the route does; 404 where it is hidden, 403
/// where it is another's.
fn load<Q, B>(c: &mut AnyConnection, input: &Input<InComment, Q, B>) -> Result<(CommentRow, Found)> {
    let row = store::find(c, input.path.comment)?;
    let found = deliverables::find(c, row.deliverable_id.as_str())?;
    let object = policy::Object { person: Some(row.author_id), ..found.object() };
    input.reveal(Action::ReadGroup, &object, "comment")?;
    input.allow(&object)?;
    Ok((row, found))
}

async fn show(request: Request<InComment>) -> Result<Object<Tagged<CommentView>>> {
    request
        .read(|tx, input| {
            let (row, found) = load(tx, input)?;
            Ok(Object::tagged(one(tx, row.id, &found, &input.actor)?))
        })
        .await
}

/// A comment's new words.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CommentChange")]
struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 20_000))]
    body: Option<String>,
}

async fn change(request: Request<InComment, (), Changes>) -> Result<Object<Tagged<CommentView>>> {
    request
        .write(|tx, input| {
            let body = input.body.body.as_deref().map(words).transpose()?;
            let (mut row, found) = load(tx, input)?;
            input.if_match.require(row.version)?;
            let status = rules::status(row.deleted_at, row.hidden_at);
            if status != CommentStatus::Shown {
                return Err(Error::wrong_state(format!("The comment is {status}, and stays as it is.")));
            }
            if !rules::can_edit(row.created_at, tx.now()) {
                let detail = "A comment can be changed within 15 minutes of writing it. Reply to it, or take it back.";
                return Err(Error::wrong_state(detail));
            }
            if let Some(body) = body.filter(|body| *body != row.body) {
                row.body = body;
                row.edited_at = Some(tx.now());
                store::save(tx, &row)?;
                audit::record(tx, record::entry("comment.changed", "comment", row.id, &found.row));
            }
            Ok(Object::tagged(one(tx, row.id, &found, &input.actor)?))
        })
        .await
}

async fn delete(request: Request<InComment>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let (row, found) = load(tx, input)?;
            // Nobody replies while it goes.
            groups::hold(tx, found.row.group_id)?;
            let mut row = store::find(tx, row.id)?;
            input.if_match.require(row.version)?;
            if row.deleted_at.is_none() {
                if store::has_replies(tx, row.id)? {
                    row.body = String::new();
                    row.deleted_at = Some(tx.now());
                    store::save(tx, &row)?;
                } else {
                    store::delete(tx, row.id)?;
                }
                audit::record(tx, record::entry("comment.deleted", "comment", row.id, &found.row));
            }
            Ok(NoContent)
        })
        .await
}

/// Why a comment is hidden.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CommentHiding")]
struct Hiding {
    /// Told to its author.
    #[schemars(length(max = 20_000))]
    reason: Option<String>,
}

async fn hide(request: Request<InComment, (), Hiding>) -> Result<Object<Tagged<CommentView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let (mut row, found) = load(tx, input)?;
            input.if_match.allow(row.version)?;
            let status = rules::status(row.deleted_at, row.hidden_at);
            if status != CommentStatus::Shown {
                return Err(Error::wrong_state(format!("The comment is {status} already.")));
            }
            let reason = reason.ok_or_else(|| Error::reason_required("the author of the comment reads it"))?;
            (row.hidden_at, row.hidden_reason) = (Some(tx.now()), Some(reason.clone()));
            store::save(tx, &row)?;
            audit::record(tx, record::entry("comment.hidden", "comment", row.id, &found.row).because(Some(&reason)));
            Ok(Object::tagged(one(tx, row.id, &found, &input.actor)?))
        })
        .await
}
