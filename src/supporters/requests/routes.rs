//! `/supporters/{supporter}/affiliation-requests` and `/affiliation-requests/{request}`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::RequestId;
use super::rules::{AffiliationDecision, Status};
use super::store::{self, Requests, Row};
use crate::db::AnyConnection;
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Created, Input, Object, Page, Request, Route, Tagged, get, prose, route};
use crate::mail::Kind;
use crate::people::{self, PersonRef};
use crate::policy::{self, Action, SupporterId};
use crate::states::State;
use crate::supporters::affiliations::{self, AffiliationRole};
use crate::supporters::path::{self, InSupporter};
use crate::supporters::references::{self, SupporterRef};
use crate::supporters::{joining, rules};
use crate::time::Instant;

const LIST: &str = "/supporters/{supporter}/affiliation-requests";
const ONE: &str = "/affiliation-requests/{request}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, IllegalTransition, PreconditionFailed, WrongState};
    vec![
        get(LIST, Action::RunSupporter, "Who asks or asked to speak for a supporter", list),
        route(Method::POST, LIST, Action::JoinSupporter, "Ask to speak for a supporter", make)
            .answers(&[WrongState, AlreadyExists]),
        get(ONE, Action::EndAffiliation, "One request to speak for a supporter", show),
        route(
            Method::POST,
            "/affiliation-requests/{request}/decision",
            Action::RunSupporter,
            "Accept or decline a request to speak for a supporter",
            decide,
        )
        .answers(&[IllegalTransition, WrongState, PreconditionFailed]),
    ]
}

/// A request to speak for a supporter. Shown to who asks, the supporter's focal points and the secretariat only.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AffiliationRequest")]
struct RequestView {
    id: RequestId,
    person: PersonRef,
    /// The address that who asks has confirmed, by which a colleague is known.
    email: Option<String>,
    supporter: SupporterRef,
    message: Option<String>,
    status: Status,
    /// Why it was decided so.
    reason: Option<String>,
    decided_by: Option<PersonRef>,
    created_at: Instant,
    updated_at: Instant,
}

fn views(c: &mut AnyConnection, rows: Vec<Row>) -> Result<Vec<Tagged<RequestView>>> {
    let persons: Vec<_> = rows.iter().flat_map(|row| [Some(row.person_id), row.decided_by]).flatten().collect();
    let supporters: Vec<SupporterId> = rows.iter().map(|row| row.supporter_id).collect();
    let (contacts, facts) = (people::contacts(c, &persons)?, references::refs(c, &supporters)?);
    let view = |row: Row| {
        let (person, email) = contacts.get(&row.person_id)?.clone();
        let supporter = facts.get(&row.supporter_id)?.reference.clone();
        let decided_by = row.decided_by.and_then(|person| contacts.get(&person)).map(|(person, _)| person.clone());
        let Row { id, message, status, reason, created_at, updated_at, .. } = row;
        let view = RequestView { id, person, email, supporter, message, status, reason, decided_by, created_at, updated_at };
        Some(Tagged::new(row.version, view))
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

fn one(c: &mut AnyConnection, row: Row) -> Result<Tagged<RequestView>> {
    let view = views(c, vec![row])?.pop();
    view.ok_or_else(|| Error::Internal("a request without its person or supporter".into()))
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Requests>,
    /// Requests that stand so.
    status: Option<Status>,
}

async fn list(request: Request<InSupporter, Query>) -> Result<Page<Tagged<RequestView>>> {
    request
        .read(|tx, input| {
            let supporter = path::load(tx, input, "/affiliation-requests")?;
            let (plan, status) = (input.query.page.plan(&input.filters)?, input.query.status);
            let total = if plan.total { Some(store::count(tx, supporter.id, status)?) } else { None };
            let (rows, next) = plan.cut(store::page(tx, supporter.id, status, &plan)?);
            Ok(Page::new(views(tx, rows)?, next, total))
        })
        .await
}

/// What who asks says of themselves.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    /// For those who decide.
    #[schemars(length(max = 5000))]
    message: Option<String>,
}

async fn make(request: Request<InSupporter, (), New>) -> Result<Created<RequestView>> {
    request
        .create(
            |tx, input| {
                let message = prose("/message", input.body.message.as_deref())?;
                let supporter = path::load(tx, input, "/affiliation-requests")?;
                let person = people::person(tx, people::oneself(&input.actor)?)?;
                let person = person.ok_or_else(|| Error::not_found("person"))?;
                if supporter.status != rules::Status::Endorsed {
                    return Err(Error::wrong_state(format!(
                        "Only an endorsed supporter takes requests; this one is {}.",
                        supporter.status
                    )));
                }
                if affiliations::between(tx, person.id, supporter.id)?.is_some() {
                    return Err(Error::already_exists("You speak for this supporter already."));
                }
                let id = super::ask(tx, &person, supporter.id, message.as_deref())?
                    .ok_or_else(|| Error::already_exists("You have asked this supporter already, and it has not decided yet."))?;
                Ok(id.to_string())
            },
            |tx, input, id| {
                let row = id.parse().ok().map(|id| store::find(tx, id)).transpose()?.flatten();
                let row = row.ok_or_else(|| Error::not_found("request"))?;
                input.allow(&policy::Object::of_supporter(row.supporter_id))?;
                Ok(Created { location: format!("/affiliation-requests/{id}"), object: one(tx, row)? })
            },
        )
        .await
}

#[derive(Deserialize, JsonSchema)]
struct RequestPath {
    request: RequestId,
}

/// A request that the caller may see; 403 where the route's act is not its to do.
fn load<B>(c: &mut AnyConnection, input: &Input<RequestPath, (), B>) -> Result<Row> {
    let row = store::find(c, input.path.request)?.ok_or_else(|| Error::not_found("request"))?;
    let object = policy::Object { person: Some(row.person_id), supporter: Some(row.supporter_id), ..Default::default() };
    input.reveal(Action::EndAffiliation, &object, "request")?;
    input.allow(&object)?;
    Ok(row)
}

async fn show(request: Request<RequestPath>) -> Result<Object<Tagged<RequestView>>> {
    request
        .read(|tx, input| {
            let row = load(tx, input)?;
            Ok(Object::tagged(one(tx, row)?))
        })
        .await
}

/// What is decided, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    decision: AffiliationDecision,
    /// Told to who asked.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

async fn decide(request: Request<RequestPath, (), Decision>) -> Result<Object<Tagged<RequestView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let mut row = load(tx, input)?;
            input.if_match.allow(row.version)?;
            let to = row.status.go(input.body.decision.leads_to())?;
            let facts = references::refs(tx, &[row.supporter_id])?.remove(&row.supporter_id);
            let supporter = facts.ok_or_else(|| Error::not_found("supporter"))?;
            if to == Status::Accepted && !supporter.endorsed {
                return Err(Error::wrong_state("The supporter is endorsed no more, so nobody new can speak for it."));
            }
            row.decided_by = input.actor.person;
            super::close(tx, &mut row, to, reason.as_deref())?;
            if to == Status::Accepted {
                joining::affiliate(tx, row.person_id, row.supporter_id, AffiliationRole::Representative)?;
            }
            if let Some(person) = people::person(tx, row.person_id)? {
                let (path, accepted) = (format!("supporters/{}", supporter.reference.slug), to == Status::Accepted);
                let params = json!({"path": path, "supporter": supporter.reference.name, "accepted": accepted, "reason": reason});
                people::tell(tx, Kind::AffiliationDecided, &person, params)?;
            }
            Ok(Object::tagged(one(tx, row)?))
        })
        .await
}
