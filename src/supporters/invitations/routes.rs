//! `/supporters/{supporter}/invitations`, `/invitations/{invitation}` and `/me/invitations`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{self, Status};
use super::store::{self, Invitations, Row, Which};
use super::{InvitationId, Invited, language};
use crate::address;
use crate::db::AnyConnection;
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Accepted, Created, Input, NoContent, Object, Page, Request, Route, Tagged, get, route};
use crate::people::{self, PersonRef};
use crate::policy::{self, Action};
use crate::supporters::affiliations::AffiliationRole;
use crate::supporters::path::{self, InSupporter};
use crate::supporters::references::{self, SupporterRef};
use crate::supporters::rules::Status as SupporterStatus;
use crate::time::Instant;

const LIST: &str = "/supporters/{supporter}/invitations";
const ONE: &str = "/invitations/{invitation}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, WrongState};
    let run = Action::RunSupporter;
    vec![
        get(LIST, run, "Who is or was invited to speak for a supporter", list),
        route(Method::POST, LIST, run, "Invite somebody to speak for a supporter", make).answers(&[AlreadyExists]),
        get(ONE, run, "One invitation", show),
        route(Method::DELETE, ONE, run, "Take an invitation back; its link does nothing any more", revoke).answers(&[WrongState]),
        route(
            Method::POST,
            "/invitations/{invitation}/resend",
            run,
            "Send an invitation again, for another 14 days; the earlier link does nothing any more",
            resend,
        )
        .answers(&[WrongState, AlreadyExists, ProblemKind::PreconditionFailed]),
        get("/me/invitations", Action::KeepOwnAccount, "The open invitations to one's own confirmed address", mine),
    ]
}

/// An invitation. Shown to whom it is for, the supporter's focal points and the secretariat only.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
struct InvitationView {
    id: InvitationId,
    supporter: SupporterRef,
    /// Null once whoever was invited has erased the account.
    email: Option<String>,
    role: AffiliationRole,
    status: Status,
    /// At this instant it is too late.
    expires_at: Instant,
    /// Null where the initiative invites.
    invited_by: Option<PersonRef>,
    created_at: Instant,
    updated_at: Instant,
}

fn views(c: &mut AnyConnection, rows: Vec<Row>, now: Instant) -> Result<Vec<Tagged<InvitationView>>> {
    let supporters: Vec<_> = rows.iter().map(|row| row.supporter_id).collect();
    let inviters: Vec<_> = rows.iter().filter_map(|row| row.invited_by).collect();
    let (facts, persons) = (references::refs(c, &supporters)?, people::refs(c, &inviters)?);
    let view = |row: Row| {
        let Row { id, email, role, expires_at, created_at, updated_at, .. } = row;
        let supporter = facts.get(&row.supporter_id)?.reference.clone();
        let invited_by = row.invited_by.and_then(|person| persons.get(&person)).cloned();
        let status = rules::status(row.status, expires_at, now);
        let view = InvitationView { id, supporter, email, role, status, expires_at, invited_by, created_at, updated_at };
        Some(Tagged::new(row.version, view))
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

fn one(c: &mut AnyConnection, row: Row, now: Instant) -> Result<Tagged<InvitationView>> {
    views(c, vec![row], now)?.pop().ok_or_else(|| Error::Internal("an invitation without its supporter".into()))
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Invitations>,
    /// Invitations that stand so now.
    status: Option<Status>,
}

fn page(
    c: &mut AnyConnection,
    which: Which<'_>,
    now: Instant,
    plan: &crate::http::page::Plan<Invitations>,
) -> Result<Page<Tagged<InvitationView>>> {
    let total = if plan.total { Some(store::count(c, which, now)?) } else { None };
    let (rows, next) = plan.cut(store::page(c, which, now, plan)?);
    Ok(Page::new(views(c, rows, now)?, next, total))
}

async fn list(request: Request<InSupporter, Query>) -> Result<Page<Tagged<InvitationView>>> {
    request
        .read(|tx, input| {
            let supporter = path::load(tx, input, "/invitations")?;
            let plan = input.query.page.plan(&input.filters)?;
            let now = tx.now();
            page(tx, Which::Of(supporter.id, input.query.status), now, &plan)
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct MyQuery {
    #[serde(flatten)]
    page: Paging<Invitations>,
}

async fn mine(request: Request<(), MyQuery>) -> Result<Page<Tagged<InvitationView>>> {
    request
        .read(|tx, input| {
            let person = people::person(tx, people::oneself(&input.actor)?)?;
            let plan = input.query.page.plan(&input.filters)?;
            // Before the address is confirmed it might be anybody's; to no address there is no invitation.
            let address = person.filter(|person| person.is_verified()).and_then(|person| person.folded_email);
            let now = tx.now();
            page(tx, Which::To(address.as_deref().unwrap_or_default()), now, &plan)
        })
        .await
}

/// Who is invited, and to what role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    #[schemars(length(max = 254))]
    email: String,
    role: AffiliationRole,
}

async fn make(request: Request<InSupporter, (), New>) -> Result<Created<InvitationView>> {
    request
        .create(
            |tx, input| {
                let New { email, role } = &input.body;
                address::email(email).map_err(|why| Error::invalid("/email", "format", why.to_string()))?;
                let supporter = path::load(tx, input, "/invitations")?;
                if supporter.status != SupporterStatus::Endorsed {
                    let detail = format!("Only an endorsed supporter invites; this one is {}.", supporter.status);
                    return Err(Error::wrong_state(detail));
                }
                let by = Invited { by: input.actor.person, locale: language(&input.reader) };
                Ok(super::invite(tx, supporter.id, email, *role, &by)?.to_string())
            },
            |tx, input, id| {
                let row = super::invitation(tx, id.parse().map_err(|_| Error::not_found("invitation"))?)?;
                input.allow(&policy::Object::of_supporter(row.supporter_id))?;
                let now = tx.now();
                Ok(Created { location: format!("/invitations/{id}"), object: one(tx, row, now)? })
            },
        )
        .await
}

#[derive(Deserialize, JsonSchema)]
struct InvitationPath {
    invitation: InvitationId,
}

/// An invitation; to whom it is not to run, it does not exist.
fn load<B>(c: &mut AnyConnection, input: &Input<InvitationPath, (), B>) -> Result<Row> {
    let row = super::invitation(c, input.path.invitation)?;
    input.reveal(Action::RunSupporter, &policy::Object::of_supporter(row.supporter_id), "invitation")?;
    Ok(row)
}

async fn show(request: Request<InvitationPath>) -> Result<Object<Tagged<InvitationView>>> {
    request
        .read(|tx, input| {
            let (row, now) = (load(tx, input)?, tx.now());
            Ok(Object::tagged(one(tx, row, now)?))
        })
        .await
}

/// 409 for what can be neither taken back nor sent again.
fn refuse_done(row: &Row) -> Result<()> {
    match row.status {
        Status::Open | Status::Expired => Ok(()),
        Status::Accepted | Status::Revoked => {
            Err(Error::wrong_state(format!("This invitation is {} already. Invite anew if need be.", row.status)))
        }
    }
}

async fn revoke(request: Request<InvitationPath>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let row = load(tx, input)?;
            input.if_match.require(row.version)?;
            refuse_done(&row)?;
            super::revoke(tx, &row)?;
            Ok(NoContent)
        })
        .await
}

async fn resend(request: Request<InvitationPath>) -> Result<Accepted> {
    request
        .accept(
            || Accepted,
            |tx, input| {
                let row = load(tx, input)?;
                input.if_match.allow(row.version)?;
                refuse_done(&row)?;
                let by = Invited { by: input.actor.person, locale: language(&input.reader) };
                super::renew(tx, &row, row.role, &by)?;
                Ok(())
            },
        )
        .await
}
