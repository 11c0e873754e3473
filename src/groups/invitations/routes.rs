//! `/supporters/{supporter}/invitations`, `/groups/{group}/invitations`, `/invitations/{invitation}` and `/me/invitations`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::{self, InvitationView};
use crate::address;
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::groups::memberships::admission;
use crate::groups::memberships::rules::MembershipRole;
use crate::groups::store as groups;
use crate::http::page::Paging;
use crate::http::{Accepted, Created, Input, NoContent, Object, Page, Request, Route, Tagged, get, route};
use crate::people;
use crate::policy::{self, Action, SupporterId};
use crate::supporters::{
    self, AffiliationRole, InSupporter, InvitationId, InvitationRole, InvitationRow, InvitationStatus, Invitations, Invited,
    Offer, Status as SupporterStatus, WhichInvitations, language,
};
use crate::text;

const TO_SUPPORTER: &str = "/supporters/{supporter}/invitations";
const TO_GROUP: &str = "/groups/{group}/invitations";
const ONE: &str = "/invitations/{invitation}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, NotFound, PreconditionFailed, WrongState};
    let (supporter, group, run) = (Action::RunSupporter, Action::RunGroup, Action::RunInvitation);
    vec![
        get(TO_SUPPORTER, supporter, "Who is or was invited to speak for a supporter", of_supporter),
        route(Method::POST, TO_SUPPORTER, supporter, "Invite somebody to speak for a supporter", to_supporter)
            .answers(&[AlreadyExists]),
        get(TO_GROUP, group, "Who is or was invited to take part in a group", of_group).answers(&[NotFound]),
        route(Method::POST, TO_GROUP, group, "Invite somebody to take part in a group, as member or observer", to_group)
            .answers(&[NotFound, WrongState, AlreadyExists]),
        get(ONE, run, "One invitation", show),
        route(Method::DELETE, ONE, run, "Take an invitation back; its link does nothing any more", revoke).answers(&[WrongState]),
        route(
            Method::POST,
            "/invitations/{invitation}/resend",
            run,
            "Send an invitation again, for another 14 days; the earlier link does nothing any more",
            resend,
        )
        .answers(&[WrongState, AlreadyExists, PreconditionFailed]),
        get("/me/invitations", Action::KeepOwnAccount, "The open invitations to one's own confirmed address", mine),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Invitations>,
    /// Invitations that stand so now.
    status: Option<InvitationStatus>,
}

async fn of_supporter(request: Request<InSupporter, Query>) -> Result<Page<Tagged<InvitationView>>> {
    request
        .read(|tx, input| {
            let supporter = supporters::in_supporter(tx, input, "/invitations")?;
            let plan = input.query.page.plan(&input.filters)?;
            let now = tx.now();
            view::page(tx, WhichInvitations::Of(supporter.id, input.query.status), now, &plan, &input.reader)
        })
        .await
}

/// Of a path below a group.
#[derive(Deserialize, JsonSchema)]
struct InGroup {
    /// The group's id, number or slug.
    #[schemars(length(max = 200))]
    group: String,
}

async fn of_group(request: Request<InGroup, Query>) -> Result<Page<Tagged<InvitationView>>> {
    request
        .read(|tx, input| {
            let group = groups::find(tx, &input.path.group)?;
            input.allow(&policy::Object::of_group(group.id))?;
            let plan = input.query.page.plan(&input.filters)?;
            let now = tx.now();
            view::page(tx, WhichInvitations::OfGroup(group.id, input.query.status), now, &plan, &input.reader)
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
            view::page(tx, WhichInvitations::To(address.as_deref().unwrap_or_default()), now, &plan, &input.reader)
        })
        .await
}

/// Who is invited to speak for a supporter, and in what role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ToSupporter {
    #[schemars(length(max = 254))]
    email: String,
    role: AffiliationRole,
}

fn invited_by<P, Q, B>(input: &Input<P, Q, B>) -> Invited<'_> {
    Invited { by: input.actor.person, locale: language(&input.reader) }
}

async fn to_supporter(request: Request<InSupporter, (), ToSupporter>) -> Result<Created<InvitationView>> {
    request
        .create(
            |tx, input| {
                let ToSupporter { email, role } = &input.body;
                address::email(email).map_err(|why| Error::invalid("/email", "format", why.to_string()))?;
                let supporter = supporters::in_supporter(tx, input, "/invitations")?;
                if supporter.status != SupporterStatus::Endorsed {
                    let detail = format!("Only an endorsed supporter invites; this one is {}.", supporter.status);
                    return Err(Error::wrong_state(detail));
                }
                let offer = supporters::offer_of_affiliation(supporter.id, *role);
                Ok(supporters::invite(tx, offer, email, &invited_by(input))?.to_string())
            },
            created,
        )
        .await
}

/// Who is invited to take part in a group, and for whom.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupInvitation")]
struct ToGroup {
    #[schemars(length(max = 254))]
    email: String,
    role: MembershipRole,
    /// For this supporter: a member always, an observer unless `body` says for whom.
    supporter_id: Option<SupporterId>,
    /// For this body, which is no supporter: an observer only.
    #[schemars(length(max = 200))]
    body: Option<String>,
}

impl ToGroup {
    /// The body as it is kept, or every fault.
    fn checked(&self) -> Result<Option<String>> {
        let mut faults = Vec::new();
        let mut fault = |at: &str, code, detail: String| faults.push(FieldFault::new(at, code, detail));
        if let Err(why) = address::email(&self.email) {
            fault("/email", "format", why.to_string());
        }
        match (self.role, &self.supporter_id, &self.body) {
            (MembershipRole::Member, None, _) => {
                fault("/supporter_id", "required", "is missing; a member takes part for one".into())
            }
            (MembershipRole::Observer, None, None) => {
                fault("/supporter_id", "required", "is missing; give it or `body`, so that it is known for whom".into());
            }
            (MembershipRole::Observer, Some(_), Some(_)) => {
                fault("/body", "unknown", "does not go with `supporter_id`: give one of the two".into());
            }
            _ => {}
        }
        if self.role == MembershipRole::Member && self.body.is_some() {
            fault("/body", "unknown", "is an observer's; a member takes part for a supporter".into());
        }
        let body = self.body.as_deref().map(|body| text::name(body, text::MAX_NAME)).transpose();
        if let Err(why) = &body {
            fault("/body", "format", why.to_string());
        }
        if faults.is_empty() { Ok(body.unwrap_or_default()) } else { Err(Problem::invalid(&faults).into()) }
    }
}

async fn to_group(request: Request<InGroup, (), ToGroup>) -> Result<Created<InvitationView>> {
    request
        .create(
            |tx, input| {
                let ToGroup { email, role, supporter_id: supporter, .. } = &input.body;
                let body = input.body.checked()?;
                let group = groups::find(tx, &input.path.group)?;
                input.allow(&policy::Object::of_group(group.id))?;
                if let Some(id) = supporter
                    && !supporters::refs(tx, &[*id])?.contains_key(id)
                {
                    return Err(Error::invalid("/supporter_id", "unknown", "names no supporter"));
                }
                if let Some(obstacle) = admission::obstacles(tx, &group, *supporter)?.into_iter().next() {
                    return Err(Error::wrong_state(obstacle.detail));
                }
                let role = match role {
                    MembershipRole::Member => InvitationRole::Member,
                    MembershipRole::Observer => InvitationRole::Observer,
                };
                let offer = Offer { supporter: *supporter, group: Some(group.id), body: body.as_deref(), role };
                Ok(supporters::invite(tx, offer, email, &invited_by(input))?.to_string())
            },
            created,
        )
        .await
}

fn created<P, B>(tx: &mut crate::db::Write<'_>, input: &Input<P, (), B>, id: &str) -> Result<Created<InvitationView>> {
    let row = supporters::invitation(tx, id.parse().map_err(|_| Error::not_found("invitation"))?)?;
    input.allow(&object(&row))?;
    let now = tx.now();
    Ok(Created { location: format!("/invitations/{id}"), object: view::one(tx, row, now, &input.reader)? })
}

#[derive(Deserialize, JsonSchema)]
struct InvitationPath {
    invitation: InvitationId,
}

/// What an invitation belongs to: a group's is not its supporter's to run.
fn object(row: &InvitationRow) -> policy::Object {
    match (row.group_id, row.supporter_id) {
        (Some(group), _) => policy::Object::of_group(group),
        (None, Some(supporter)) => policy::Object::of_supporter(supporter),
        (None, None) => policy::Object::initiative(),
    }
}

/// An invitation; to whom it is not to run, it does not exist.
fn load<B>(c: &mut AnyConnection, input: &Input<InvitationPath, (), B>) -> Result<InvitationRow> {
    let row = supporters::invitation(c, input.path.invitation)?;
    input.reveal(Action::RunInvitation, &object(&row), "invitation")?;
    Ok(row)
}

async fn show(request: Request<InvitationPath>) -> Result<Object<Tagged<InvitationView>>> {
    request
        .read(|tx, input| {
            let (row, now) = (load(tx, input)?, tx.now());
            Ok(Object::tagged(view::one(tx, row, now, &input.reader)?))
        })
        .await
}

/// 409 for what can be neither taken back nor sent again.
fn refuse_done(row: &InvitationRow) -> Result<()> {
    match row.status {
        InvitationStatus::Open | InvitationStatus::Expired => Ok(()),
        InvitationStatus::Accepted | InvitationStatus::Revoked => {
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
            supporters::revoke_invitation(tx, &row)?;
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
                supporters::renew_invitation(tx, &row, row.role, &invited_by(input))?;
                Ok(())
            },
        )
        .await
}
