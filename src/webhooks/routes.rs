//! `/webhooks`: the endpoints, and what they were told.

use actix_web::http::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kinds::EventKind;
use super::reach::Reach;
use super::store::{self, WebhookList, WebhookRow};
use super::telling::Payload;
use super::{rules, signing, telling};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Created, NoContent, Object as Answered, Page, Request, Route, Tagged, get, route};
use crate::outbox::{self, DispatchId, DispatchRow, Queue, State, WebhookId};
use crate::policy::{Action, Object};
use crate::time::Instant;

const ALL: &str = "/webhooks";
const ONE: &str = "/webhooks/{webhook}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, InvalidCursor, NotFound, PreconditionFailed, RuleViolation};
    let run = Action::RunInitiative;
    let deliveries = "What an endpoint was told, or is to be, newest first";
    let rotate_summary = "Give an endpoint another secret; those before sign beside it for 24 hours";
    vec![
        get(ALL, run, "The endpoints that are told what happens", list).answers(&[InvalidCursor]),
        route(Method::POST, ALL, run, "Add an endpoint", make).answers(&[RuleViolation]).calls_back(notice),
        get(ONE, run, "One endpoint", show).answers(&[NotFound]),
        route(Method::PATCH, ONE, run, "Change an endpoint, or tell it no more", change).answers(&[Forbidden, NotFound]),
        route(Method::DELETE, ONE, run, "Remove an endpoint with what is queued for it", delete).answers(&[Forbidden, NotFound]),
        get("/webhooks/{webhook}/deliveries", run, deliveries, told).answers(&[NotFound, InvalidCursor]),
        route(Method::POST, "/webhooks/{webhook}/rotate-secret", run, rotate_summary, rotate).answers(&[
            Forbidden,
            NotFound,
            PreconditionFailed,
        ]),
    ]
}

/// An endpoint that is told what happens.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
struct WebhookView {
    id: WebhookId,
    /// Where it is told.
    url: String,
    /// What it is told of.
    kinds: Vec<EventKind>,
    /// Whether it is told nothing: somebody said so, it answered 410, or it took nothing for three days.
    disabled: bool,
    /// Since when it is told nothing.
    disabled_at: Option<Instant>,
    /// When its secret took the place of another; null: it is the first.
    rotated_at: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
}

/// What an endpoint is sent, as OpenAPI's callback.
fn notice(schemas: &mut SchemaGenerator) -> Value {
    let header = |name: &str, description: &str| json!({"name": name, "in": "header", "required": true, "description": description, "schema": {"type": "string"}});
    json!({"notice": {"{$request.body#/url}": {"post": {
        "summary": "Something happened that the endpoint asked to be told of",
        "description": "Signed as Standard Webhooks say. What is not answered 2xx is told again with growing delays, ten times at most.",
        "parameters": [
            header("webhook-id", "The same for every attempt: what came before can be told apart."),
            header("webhook-timestamp", "When this attempt was made, in seconds since 1970."),
            header("webhook-signature", "`v1,` and the base64 of an HMAC-SHA-256 over `{webhook-id}.{webhook-timestamp}.{body}` under the secret without `whsec_`, read from base64; one for each secret that still counts, spaces between."),
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": schemas.subschema_for::<Payload>()}}},
        "responses": {
            "2XX": {"description": "It was taken."},
            "410": {"description": "The endpoint is gone, and is told no more."}
        }
    }}}})
}

impl WebhookView {
    fn of(row: &WebhookRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            url: row.url.clone(),
            kinds: row.asks_for()?,
            disabled: row.disabled_at.is_some(),
            disabled_at: row.disabled_at,
            rotated_at: row.rotated_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    fn tagged(row: &WebhookRow) -> Result<Tagged<Self>> {
        Ok(Tagged::new(row.version, Self::of(row)?))
    }
}

/// An endpoint that was made, with what it checks signatures with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewWebhookMade")]
struct Made {
    #[serde(flatten)]
    webhook: WebhookView,
    /// What signs what it is told (Standard Webhooks, symmetric), shown here and never again.
    secret: String,
}

/// An endpoint's other secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookSecret")]
struct Rotated {
    /// What signs from now on, shown here and never again.
    secret: String,
}

#[derive(Deserialize, JsonSchema)]
struct ListQuery {
    #[serde(flatten)]
    page: Paging<WebhookList>,
}

#[derive(Deserialize, JsonSchema)]
struct InWebhook {
    /// The endpoint's id.
    webhook: WebhookId,
}

async fn list(request: Request<(), ListQuery>) -> Result<Page<Tagged<WebhookView>>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            let plan = input.query.page.plan(&input.filters)?;
            let total = plan.total.then(|| store::count(tx)).transpose()?;
            let (rows, next) = plan.cut(store::page(tx, &plan)?);
            Ok(Page::new(rows.iter().map(WebhookView::tagged).collect::<Result<_>>()?, next, total))
        })
        .await
}

/// An endpoint to tell.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWebhook")]
struct New {
    /// Where to POST what happens: https, a public address.
    #[schemars(length(min = 1, max = 2000))]
    url: String,
    /// What to tell, each kind by its name.
    #[schemars(length(min = 1, max = 100))]
    kinds: Vec<EventKind>,
}

/// The address in the form in which it is kept. 422 where it is none to send to.
fn checked(tx: &Write<'_>, url: &str) -> Result<String> {
    let reach = tx.extension::<Reach>().map(|reach| *reach).unwrap_or_default();
    let url = reach.url(url).map_err(|wrong| Problem::invalid(&[FieldFault::new("/url", "url", wrong)]))?;
    Ok(url.into())
}

async fn make(request: Request<(), (), New>) -> Result<Created<Made>> {
    request
        .create(
            |tx, input| {
                let url = checked(tx, &input.body.url)?;
                input.allow(&Object::initiative())?;
                tx.exclude("webhooks")?;
                if store::count(tx)? >= rules::MOST {
                    let detail = format!("There are at most {} endpoints: remove one first.", rules::MOST);
                    return Err(Error::violation("too_many_webhooks", detail));
                }
                let id = store::insert(tx, &url, &rules::in_order(&input.body.kinds))?;
                audit::record(tx, Entry::of("webhook.created", "webhook", id));
                Ok(id.to_string())
            },
            |tx, input, id| {
                // A repeat too answers only who may do it now.
                input.allow(&Object::initiative())?;
                let row = store::find(tx, id.parse().map_err(|_| Error::not_found("webhook"))?)?;
                // A repeat shows what the first answer showed, whatever signs by now.
                let secret = telling::secret(tx, row.id, 1)?;
                let made = Made { webhook: WebhookView::of(&row)?, secret };
                Ok(Created { location: format!("/webhooks/{}", row.id), object: Tagged::new(row.version, made) })
            },
        )
        .await
}

async fn show(request: Request<InWebhook>) -> Result<Answered<Tagged<WebhookView>>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            Ok(Answered::tagged(WebhookView::tagged(&store::find(tx, input.path.webhook)?)?))
        })
        .await
}

/// What can be changed of an endpoint.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookChange")]
struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 2000))]
    url: Option<String>,
    #[serde(default)]
    #[schemars(with = "Vec<EventKind>", length(min = 1, max = 100))]
    kinds: Option<Vec<EventKind>>,
    /// Whether it is told nothing. What happens meanwhile it never hears of.
    #[serde(default)]
    #[schemars(with = "bool")]
    disabled: Option<bool>,
}

async fn change(request: Request<InWebhook, (), Changes>) -> Result<Answered<Tagged<WebhookView>>> {
    request
        .write(|tx, input| {
            let url = input.body.url.as_deref().map(|url| checked(tx, url)).transpose()?;
            input.allow(&Object::initiative())?;
            let was = store::find(tx, input.path.webhook)?;
            input.if_match.require(was.version)?;
            let mut row = was.clone();
            row.url = url.unwrap_or(row.url);
            if let Some(kinds) = &input.body.kinds {
                row.kinds = serde_json::to_string(&rules::in_order(kinds))?;
            }
            if input.body.disabled == Some(false) {
                row.disabled_at = None;
            }
            if row != was {
                store::save(tx, &row)?;
                let entry = Entry::of("webhook.changed", "webhook", row.id);
                let enabled = was.disabled_at.is_some() && row.disabled_at.is_none();
                audit::record(tx, if enabled { entry.moved("disabled", "enabled") } else { entry });
            }
            if input.body.disabled == Some(true) {
                telling::disable(tx, row.id, None, "Somebody of the secretariat said so.")?;
            }
            Ok(Answered::tagged(WebhookView::tagged(&store::find(tx, row.id)?)?))
        })
        .await
}

async fn delete(request: Request<InWebhook>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            input.allow(&Object::initiative())?;
            let row = store::find(tx, input.path.webhook)?;
            input.if_match.require(row.version)?;
            store::delete(tx, &row)?;
            outbox::drop_notices(tx, row.id, None, "the endpoint was removed")?;
            audit::record(tx, Entry::of("webhook.deleted", "webhook", row.id));
            Ok(NoContent)
        })
        .await
}

async fn rotate(request: Request<InWebhook>) -> Result<Answered<Rotated>> {
    request
        .write(|tx, input| {
            input.allow(&Object::initiative())?;
            let row = store::find(tx, input.path.webhook)?;
            input.if_match.allow(row.version)?;
            let (id, secret_number) = (row.id, row.secret_number + 1);
            let overlap_from = signing::overlaps_from(row.secret_number, row.overlap(), tx.now());
            store::save(tx, &WebhookRow { secret_number, overlap_from, rotated_at: Some(tx.now()), ..row })?;
            audit::record(tx, Entry::of("webhook.secret_rotated", "webhook", id));
            Ok(Answered::plain(Rotated { secret: telling::secret(tx, id, secret_number)? }))
        })
        .await
}

/// What an endpoint was told once, or is to be.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookDelivery")]
struct DeliveryView {
    /// Its id, the header `webhook-id` of every attempt.
    id: DispatchId,
    /// What happened.
    kind: String,
    /// `queued` waits, for the first time or again; `sent` was answered 2xx; `dead` was refused too often, or answered 410; `dropped`: the
    /// endpoint was disabled or removed.
    state: State,
    /// How often it was tried.
    attempts: i64,
    /// When it is tried next, where it is queued.
    due_at: Option<Instant>,
    /// When it was taken.
    sent_at: Option<Instant>,
    /// What the endpoint said last: its status and the beginning of its answer, or why it could not be reached.
    last_answer: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

impl DeliveryView {
    fn of(row: DispatchRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            due_at: Some(row.due_at).filter(|_| row.state == State::Queued),
            sent_at: row.sent_at,
            last_answer: row.last_answer,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct DeliveriesQuery {
    #[serde(flatten)]
    page: Paging<Queue>,
}

async fn told(request: Request<InWebhook, DeliveriesQuery>) -> Result<Page<DeliveryView>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            let id = store::find(tx, input.path.webhook)?.id;
            let plan = input.query.page.plan(&input.filters)?;
            let total = plan.total.then(|| outbox::count_deliveries(tx, id)).transpose()?;
            let (rows, next) = plan.cut(outbox::deliveries(tx, id, &plan)?);
            Ok(Page::new(rows.into_iter().map(DeliveryView::of).collect(), next, total))
        })
        .await
}
