//! `/admin/persons`: accounts of others, by administrators.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result, Violation};
use crate::facts;
use crate::http::page::Paging;
use crate::http::{NoContent, Object, Page, Request, Route, Tagged, get, prose, route};
use crate::mail::Kind;
use crate::people::endings::{PersonSuspended, refuse_for_last_administrator};
use crate::people::mails;
use crate::people::rules::Role;
use crate::people::store::admin::{self, Filter, Persons};
use crate::people::store::{self, PersonRow};
use crate::policy::{self, Action, PersonId};
use crate::text;
use crate::time::Instant;

pub fn routes() -> Vec<Route> {
    let action = Action::RunAccounts;
    vec![
        get("/admin/persons", action, "Everybody who has an account", persons).answers(&[ProblemKind::InvalidCursor]),
        get("/admin/persons/{person}", action, "Somebody's account", person),
        route(Method::PATCH, "/admin/persons/{person}", action, "Change somebody's role, suspend or reinstate it", change)
            .answers(&[ProblemKind::WrongState, ProblemKind::RuleViolation]),
        route(
            Method::DELETE,
            "/admin/persons/{person}/totp",
            action,
            "Remove somebody's second factor, for one who lost it",
            reset,
        )
        .unversioned()
        .answers(&[ProblemKind::WrongState]),
    ]
}

/// An account, as administrators see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account")]
struct AccountView {
    id: PersonId,
    display_name: String,
    email: Option<String>,
    email_verified: bool,
    role: Role,
    /// Whether it is kept from signing in.
    suspended: bool,
    /// Whether a second factor is set up.
    second_factor: bool,
    created_at: Instant,
    updated_at: Instant,
}

fn view(row: PersonRow) -> Tagged<AccountView> {
    let account = AccountView {
        id: row.id,
        email_verified: row.is_verified(),
        second_factor: row.has_second_factor(),
        display_name: row.display_name,
        email: row.email,
        role: row.role,
        suspended: row.suspended_at.is_some(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Tagged::new(row.version, account)
}

#[derive(Deserialize, JsonSchema)]
struct PersonsQuery {
    #[serde(flatten)]
    page: Paging<Persons>,
    /// Words that all stand in name or address, without regard to case and accents.
    #[schemars(length(min = 1, max = 200))]
    q: Option<String>,
    /// Only persons of this role.
    role: Option<Role>,
}

async fn persons(request: Request<(), PersonsQuery>) -> Result<Page<Tagged<AccountView>>> {
    request
        .read(|tx, input| {
            input.allow(&policy::Object::initiative())?;
            let query = &input.query;
            if query.q.as_deref().is_some_and(|q| text::search_words(q).is_empty()) {
                return Err(Error::invalid("?q", "empty", "needs at least one letter or digit"));
            }
            let filter = Filter { q: query.q.as_deref(), role: query.role };
            let plan = query.page.plan(&input.filters)?;
            let rows = admin::page(tx, &filter, &plan)?;
            let total = if plan.total { Some(admin::count(tx, &filter)?) } else { None };
            let (rows, next) = plan.cut(rows);
            Ok(Page::new(rows.into_iter().map(view).collect(), next, total))
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct PersonPath {
    person: PersonId,
}

/// Whoever has an account; one that was erased is nobody's.
fn load(c: &mut AnyConnection, id: PersonId) -> Result<PersonRow> {
    store::person(c, id)?.filter(|person| person.erased_at.is_none()).ok_or_else(|| Error::not_found("person"))
}

async fn person(request: Request<PersonPath>) -> Result<Object<Tagged<AccountView>>> {
    request
        .read(|tx, input| {
            input.allow(&policy::Object::initiative())?;
            Ok(Object::tagged(view(load(tx, input.path.person)?)))
        })
        .await
}

/// What an administrator changes of an account, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    #[serde(default)]
    #[schemars(with = "Role")]
    role: Option<Role>,
    #[serde(default)]
    #[schemars(with = "bool")]
    suspended: Option<bool>,
    /// Why: for the record.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

async fn change(request: Request<PersonPath, (), AccountChange>) -> Result<Object<Tagged<AccountView>>> {
    request
        .write(|tx, input| {
            let body = &input.body;
            let reason = prose("/reason", body.reason.as_deref())?.unwrap_or_default();
            // Whether there is such a person is an administrator's to know.
            input.allow(&policy::Object::initiative())?;
            let person = load(tx, input.path.person)?;
            input.if_match.require(person.version)?;
            let role = body.role.unwrap_or(person.role);
            let suspended = body.suspended.unwrap_or(person.suspended_at.is_some());
            if role != Role::Administrator || suspended {
                refuse_for_last_administrator(tx, &person)?;
            }
            let faults = faults(&person, role, &reason);
            if !faults.is_empty() {
                return Err(Problem::violations(&faults).into());
            }
            Ok(Object::tagged(view(apply(tx, person, role, suspended, &reason)?)))
        })
        .await
}

/// Every rule that stands against it.
fn faults(person: &PersonRow, role: Role, reason: &str) -> Vec<Violation> {
    let mut faults = Vec::new();
    if reason.is_empty() {
        faults.push(Violation::new("reason_required", "Say why, in `reason`: it goes into the record."));
    }
    // Whoever registered the address first might not be who reads its mail.
    if role != person.role && role != Role::Person && !person.is_verified() {
        faults.push(Violation::new("unconfirmed", "Nobody gets a role before the account's address is confirmed."));
    }
    faults
}

fn apply(tx: &mut Write<'_>, mut person: PersonRow, role: Role, suspended: bool, reason: &str) -> Result<PersonRow> {
    let (old_role, was_suspended) = (person.role, person.suspended_at.is_some());
    if role == old_role && suspended == was_suspended {
        return Ok(person);
    }
    person.role = role;
    person.suspended_at = if suspended { person.suspended_at.or(Some(tx.now())) } else { None };
    store::save_person(tx, &mut person)?;
    if role != old_role {
        let entry = Entry::of("person.role_changed", "person", person.id).moved(old_role, role);
        audit::record(tx, entry.because(Some(reason)));
    }
    if suspended && !was_suspended {
        audit::record(tx, Entry::of("person.suspended", "person", person.id).because(Some(reason)));
        store::end_sessions(tx, person.id, None)?;
        facts::announce(tx, &PersonSuspended(person.id))?;
    } else if !suspended && was_suspended {
        audit::record(tx, Entry::of("person.reinstated", "person", person.id).because(Some(reason)));
    }
    // What reacted may have written to it too.
    load(tx, person.id)
}

async fn reset(request: Request<PersonPath>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            input.allow(&policy::Object::initiative())?;
            let mut person = load(tx, input.path.person)?;
            // A stolen session must not do without a password what its owner needs one for.
            if input.actor.person == Some(person.id) {
                return Err(Error::forbidden(
                    "Remove your own second factor with DELETE /api/v1/me/totp, or ask another administrator.",
                ));
            }
            if !person.has_second_factor() {
                return Err(Error::wrong_state("There is no second factor."));
            }
            (person.totp_secret, person.totp_confirmed_at, person.totp_last_step) = (None, None, None);
            store::save_person(tx, &mut person)?;
            store::replace_recovery_codes(tx, person.id, &[])?;
            audit::record(tx, Entry::of("person.second_factor_reset", "person", person.id));
            mails::tell(tx, Kind::SecondFactorChanged, &person, json!({}))?;
            Ok(NoContent)
        })
        .await
}
