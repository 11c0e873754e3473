//! `/notifications`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::store::{self, Inbox, NotificationId, NotificationRow};
use super::stream;
use crate::call;
use crate::error::{Error, Result};
use crate::http::page::Paging;
use crate::http::{Beside, Input, NoContent, Page, Request, Route, get, route};
use crate::mail::{Kind, Language, Occasion, Templates};
use crate::policy::{self, Action, PersonId};
use crate::time::Instant;

/// A notification.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Notification")]
pub(super) struct NotificationView {
    id: NotificationId,
    /// Which mail says the same.
    kind: String,
    /// One line, in the reader's language: the subject of that mail.
    title: String,
    /// Where it is shown, below the address of the front end (`site_url`).
    path: Option<String>,
    /// When it was read.
    read_at: Option<Instant>,
    created_at: Instant,
    /// When it was told, or read.
    updated_at: Instant,
}

/// What goes beside the items.
#[derive(Serialize, JsonSchema)]
struct Unread {
    /// How many of all the person's notifications are not read.
    unread_count: i64,
}

#[derive(Deserialize, JsonSchema)]
struct InboxQuery {
    #[serde(flatten)]
    page: Paging<Inbox>,
    /// Only those that are not read; with `false`: all.
    unread: Option<bool>,
}

/// Up to where a person has read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpTo {
    /// The newest that was read.
    up_to: NotificationId,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/notifications", Action::KeepOwnAccount, "What one was told", list),
        get("/notifications/stream", Action::KeepOwnAccount, "What one is told, as it comes", stream::listen),
        route(Method::POST, "/notifications/read", Action::KeepOwnAccount, "Say up to where one has read", read),
    ]
}

pub(super) fn oneself<P, Q, B>(input: &Input<P, Q, B>) -> Result<PersonId> {
    let person = input.actor.person.ok_or_else(|| Error::not_found("person"))?;
    input.allow(&policy::Object::of_person(person))?;
    Ok(person)
}

async fn list(request: Request<(), InboxQuery>) -> Result<Beside<NotificationView, Unread>> {
    request
        .read(|tx, input| {
            let person = oneself(input)?;
            let unread = input.query.unread.unwrap_or_default();
            let plan = input.query.page.plan(&input.filters)?;
            let rows = store::page(tx, person, unread, &plan)?;
            let total = if plan.total { Some(store::count(tx, person, unread)?) } else { None };
            let unread_count = store::count(tx, person, true)?;
            let (rows, next) = plan.cut(rows);
            let call = call::current(tx)?;
            let language = Language::first_of([input.reader.content_language(&input.languages.0).as_str()]);
            let templates = Templates::new(None);
            let items = rows.into_iter().map(|row| view(row, &templates, &call.name, language)).collect();
            Ok(Beside { page: Page::new(items, next, total), beside: Unread { unread_count } })
        })
        .await
}

pub(super) fn view(row: NotificationRow, templates: &Templates, call: &str, language: Language) -> NotificationView {
    let params: Value = serde_json::from_str(&row.params).unwrap_or_default();
    let title = Kind::parse(&row.kind).map(|kind| {
        templates.subject(&Occasion {
            kind,
            language,
            call,
            contact: None,
            link: None,
            until: None,
            unsubscribe: None,
            site: None,
            params: &params,
        })
    });
    NotificationView {
        id: row.id,
        title: title.unwrap_or_else(|| row.kind.clone()),
        kind: row.kind,
        path: params.get("path").and_then(Value::as_str).map(str::to_owned),
        read_at: row.read_at,
        created_at: row.created_at,
        updated_at: row.read_at.unwrap_or(row.created_at),
    }
}

async fn read(request: Request<(), (), UpTo>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let person = oneself(input)?;
            if store::read_up_to(tx, person, input.body.up_to)? {
                Ok(NoContent)
            } else {
                Err(Error::invalid("/up_to", "unknown", "is none of your notifications"))
            }
        })
        .await
}
