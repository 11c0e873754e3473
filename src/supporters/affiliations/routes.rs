//! `/supporters/{supporter}/affiliations` and `/affiliations/{affiliation}`.

use std::collections::HashMap;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::{self, AffiliationRow, Affiliations};
use super::{AffiliationId, AffiliationRole};
use crate::address;
use crate::db::AnyConnection;
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Created, Input, NoContent, Object, Page, Request, Route, Tagged, get, route};
use crate::people::{self, PersonRef};
use crate::policy::{self, Action, PersonId, SupporterId};
use crate::supporters::invitations::{self, Invited};
use crate::supporters::joining::{self, Welcomed};
use crate::supporters::path::{self, InSupporter};
use crate::supporters::references::{self, SupporterRef};
use crate::supporters::store::names;
use crate::time::Instant;
use crate::word_enum;

const LIST: &str = "/supporters/{supporter}/affiliations";
const ONE: &str = "/affiliations/{affiliation}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, Forbidden};
    vec![
        get(LIST, Action::RunSupporter, "Who speaks for a supporter", list),
        route(
            Method::POST,
            LIST,
            Action::RunInitiative,
            "Let somebody speak for a supporter: at once with a confirmed account, else by invitation",
            make,
        )
        .answers(&[AlreadyExists]),
        get(ONE, Action::EndAffiliation, "Whom one person speaks for", show),
        route(Method::PATCH, ONE, Action::RunSupporter, "Change in what role somebody speaks for a supporter", change)
            .answers(&[Forbidden]),
        route(Method::DELETE, ONE, Action::EndAffiliation, "End an affiliation, with everything that rests on it", end),
    ]
}

word_enum! {
    /// How an affiliation stands. One that ended is not found any more.
    #[schemars(rename = "AffiliationStatus")]
    pub enum Status {
        /// It stands.
        Active = "active",
    }
}

word_enum! {
    /// What letting somebody speak for a supporter came to.
    pub enum WelcomeStatus {
        /// An affiliation, at once.
        Active = "active",
        /// An invitation.
        Invited = "invited",
    }
}

/// A person who speaks for a supporter. Shown to that person, the supporter's focal points and the secretariat only.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Affiliation")]
struct AffiliationView {
    id: AffiliationId,
    person: PersonRef,
    email: Option<String>,
    supporter: SupporterRef,
    role: AffiliationRole,
    since: Instant,
    status: Status,
    created_at: Instant,
    updated_at: Instant,
}

fn views(c: &mut AnyConnection, rows: Vec<AffiliationRow>) -> Result<Vec<Tagged<AffiliationView>>> {
    let persons: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
    let supporters: Vec<SupporterId> = rows.iter().map(|row| row.supporter_id).collect();
    let (contacts, facts): (HashMap<_, _>, _) = (people::contacts(c, &persons)?, references::refs(c, &supporters)?);
    let view = |row: AffiliationRow| {
        let (person, email) = contacts.get(&row.person_id)?.clone();
        let supporter = facts.get(&row.supporter_id)?.reference.clone();
        let AffiliationRow { id, role, since, created_at, updated_at, .. } = row;
        let status = Status::Active;
        let view = AffiliationView { id, person, email, supporter, role, since, status, created_at, updated_at };
        Some(Tagged::new(row.version, view))
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

fn answer(c: &mut AnyConnection, row: AffiliationRow) -> Result<Object<Tagged<AffiliationView>>> {
    let view = views(c, vec![row])?.pop();
    view.map(Object::tagged).ok_or_else(|| Error::Internal("an affiliation without its person or supporter".into()))
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Affiliations>,
}

async fn list(request: Request<InSupporter, Query>) -> Result<Page<Tagged<AffiliationView>>> {
    request
        .read(|tx, input| {
            let supporter = path::load(tx, input, "/affiliations")?;
            let plan = input.query.page.plan(&input.filters)?;
            let total = if plan.total { Some(store::count(tx, supporter.id)?) } else { None };
            let (rows, next) = plan.cut(store::page(tx, supporter.id, &plan)?);
            Ok(Page::new(views(tx, rows)?, next, total))
        })
        .await
}

/// Who is to speak for a supporter, and in what role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    #[schemars(length(max = 254))]
    email: String,
    role: AffiliationRole,
}

/// An affiliation, or the invitation to one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Welcome")]
struct WelcomeView {
    /// The affiliation's or the invitation's.
    id: String,
    email: Option<String>,
    supporter: SupporterRef,
    role: AffiliationRole,
    status: WelcomeStatus,
    created_at: Instant,
    updated_at: Instant,
}

async fn make(request: Request<InSupporter, (), New>) -> Result<Created<WelcomeView>> {
    request
        .create(
            |tx, input| {
                let New { email, role } = &input.body;
                address::email(email).map_err(|why| Error::invalid("/email", "format", why.to_string()))?;
                let supporter = path::load(tx, input, "/affiliations")?;
                let folded = people::fold_email(email).unwrap_or_default();
                let known = match people::person_by_email(tx, &folded)? {
                    Some(person) => store::between(tx, person.id, supporter.id)?,
                    None => None,
                };
                if let Some(row) = known.filter(|row| row.role.higher(*role) == row.role) {
                    let detail = format!("Whoever has this address speaks for the supporter already, as {}.", row.role);
                    return Err(Error::already_exists(detail));
                }
                let by = Invited { by: input.actor.person, locale: invitations::language(&input.reader) };
                Ok(match joining::welcome_by(tx, supporter.id, email, *role, &by)? {
                    Welcomed::Active(id) => id.to_string(),
                    Welcomed::Invited(id) => id.to_string(),
                })
            },
            |tx, input, id| {
                // A repeat too answers only who may do it now.
                names::resolve(tx, &input.path.supporter, "/affiliations")?;
                input.allow(&policy::Object::initiative())?;
                welcome(tx, id)
            },
        )
        .await
}

fn welcome(c: &mut AnyConnection, id: &str) -> Result<Created<WelcomeView>> {
    let gone = || Error::not_found("affiliation");
    if let Some(row) = store::find(c, id.parse().map_err(|_| gone())?)? {
        // A repeat of the request that made it, after it ended.
        if row.until.is_some() {
            return Err(gone());
        }
        let contact = people::contacts(c, &[row.person_id])?.remove(&row.person_id);
        let facts = references::refs(c, &[row.supporter_id])?.remove(&row.supporter_id).ok_or_else(gone)?;
        let view = WelcomeView {
            id: row.id.to_string(),
            email: contact.and_then(|(_, email)| email),
            supporter: facts.reference,
            role: row.role,
            status: WelcomeStatus::Active,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        return Ok(Created { location: format!("/affiliations/{}", row.id), object: Tagged::new(row.version, view) });
    }
    let row = invitations::invitation(c, id.parse().map_err(|_| gone())?)?;
    let (Some(supporter), Some(role)) = (row.supporter_id, row.role.affiliation()) else { return Err(gone()) };
    let facts = references::refs(c, &[supporter])?.remove(&supporter).ok_or_else(gone)?;
    let view = WelcomeView {
        id: row.id.to_string(),
        email: row.email,
        supporter: facts.reference,
        role,
        status: WelcomeStatus::Invited,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Created { location: format!("/invitations/{}", row.id), object: Tagged::new(row.version, view) })
}

#[derive(Deserialize, JsonSchema)]
struct AffiliationPath {
    affiliation: AffiliationId,
}

/// An affiliation that stands and that the caller may see; 403 where the route's act is not its to do.
fn load<Q, B>(c: &mut AnyConnection, input: &Input<AffiliationPath, Q, B>) -> Result<AffiliationRow> {
    let row = store::find(c, input.path.affiliation)?.filter(|row| row.until.is_none());
    let row = row.ok_or_else(|| Error::not_found("affiliation"))?;
    let object = policy::Object { person: Some(row.person_id), supporter: Some(row.supporter_id), ..Default::default() };
    input.reveal(Action::EndAffiliation, &object, "affiliation")?;
    input.allow(&object)?;
    Ok(row)
}

async fn show(request: Request<AffiliationPath>) -> Result<Object<Tagged<AffiliationView>>> {
    request
        .read(|tx, input| {
            let row = load(tx, input)?;
            answer(tx, row)
        })
        .await
}

/// The role that it becomes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    role: AffiliationRole,
}

async fn change(request: Request<AffiliationPath, (), RoleChange>) -> Result<Object<Tagged<AffiliationView>>> {
    request
        .write(|tx, input| {
            let row = load(tx, input)?;
            let role = input.body.role;
            if input.actor.person == Some(row.person_id) && row.role.higher(role) != row.role {
                return Err(Error::forbidden("Nobody raises their own role. Ask a focal point, or another of the secretariat."));
            }
            input.if_match.require(row.version)?;
            super::change_role(tx, &row, role)?;
            let row = store::find(tx, row.id)?.ok_or_else(|| Error::not_found("affiliation"))?;
            answer(tx, row)
        })
        .await
}

async fn end(request: Request<AffiliationPath>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let row = load(tx, input)?;
            input.if_match.require(row.version)?;
            super::end(tx, &row)?;
            Ok(NoContent)
        })
        .await
}
