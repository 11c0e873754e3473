//! `/admin/mail`: what was queued, what became of it, and sending it again. Never what a mail says, nor a token.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DispatchId;
use super::rules::State;
use super::store::{self, DispatchRow};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::{Listed, Paging, SortField, SortKey};
use crate::http::{Accepted, Page, Request, Route, Tagged, get, route};
use crate::mail::Kind;
use crate::policy::{Action, Object};
use crate::time::Instant;

/// The outbox as a list.
pub struct Queue;

impl Listed for Queue {
    type Row = DispatchRow;
    const SORTS: &'static [SortField<DispatchRow>] =
        &[SortField { name: "created_at", column: "outbox.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<DispatchRow> =
        SortField { name: "id", column: "outbox.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// A mail, as the secretariat sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Mail")]
struct MailView {
    id: DispatchId,
    /// `queued` waits, for the first time or again; `sent` was taken by the next server; `dead` was refused for good, or too often;
    /// `dropped` is not wanted any more.
    state: State,
    /// Which mail it is.
    kind: String,
    /// The address it goes to; empty once its reader is erased.
    recipient: String,
    /// The language it is written in, where one is known.
    locale: Option<String>,
    /// How often it was tried since it was queued.
    attempts: i64,
    /// When it is tried next, where it is queued.
    due_at: Option<Instant>,
    /// When it was taken.
    sent_at: Option<Instant>,
    /// What the other side said last.
    last_answer: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

impl MailView {
    fn of(row: DispatchRow) -> Tagged<Self> {
        let view = Self {
            id: row.id,
            state: row.state,
            kind: row.kind,
            recipient: row.recipient,
            locale: row.locale,
            attempts: row.attempts,
            due_at: Some(row.due_at).filter(|_| row.state == State::Queued),
            sent_at: row.sent_at,
            last_answer: row.last_answer,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Tagged::new(row.version, view)
    }
}

#[derive(Deserialize, JsonSchema)]
struct QueueQuery {
    #[serde(flatten)]
    page: Paging<Queue>,
    /// Only those in this state.
    state: Option<State>,
    /// Only those of this kind.
    kind: Option<Kind>,
}

#[derive(Deserialize, JsonSchema)]
struct MailPath {
    mail: DispatchId,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/mail", Action::RunInitiative, "Mails that were queued, and what became of them", list),
        route(Method::POST, "/admin/mail/{mail}/resend", Action::RunInitiative, "Send a mail again", resend)
            .answers(&[ProblemKind::WrongState, ProblemKind::PreconditionFailed]),
    ]
}

async fn list(request: Request<(), QueueQuery>) -> Result<Page<Tagged<MailView>>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            let query = &input.query;
            let plan = query.page.plan(&input.filters)?;
            let filter = store::Filter { state: query.state, kind: query.kind.map(|kind| kind.as_str()) };
            let rows = store::page(tx, &filter, &plan)?;
            let total = if plan.total { Some(store::count(tx, &filter)?) } else { None };
            let (rows, next) = plan.cut(rows);
            Ok(Page::new(rows.into_iter().map(MailView::of).collect(), next, total))
        })
        .await
}

async fn resend(request: Request<MailPath>) -> Result<Accepted> {
    request
        .accept(
            || Accepted,
            |tx, input| {
                resend_recorded(tx, input.path.mail, &|row| {
                    input.allow(&Object::initiative())?;
                    input.if_match.allow(row.version)
                })
            },
        )
        .await
}

/// Sends a mail again where `may` says so of it, and records that.
pub fn resend_recorded(tx: &mut Write<'_>, id: DispatchId, may: &dyn Fn(&DispatchRow) -> Result<()>) -> Result<()> {
    let row = store::mail(tx, id)?.ok_or_else(|| Error::not_found("mail"))?;
    may(&row)?;
    if store::resend(tx, &row)? {
        audit::record(tx, Entry::of("mail.resent", "mail", id).moved(row.state, State::Queued));
    }
    Ok(())
}
