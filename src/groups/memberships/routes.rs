//! `/groups/{group}/memberships` and `/memberships/{membership}`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{self, MembershipRole, MembershipStatus};
use super::store::{self, Filter, Memberships, New, Row};
use super::{admission, endings, mails};
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result, Violation};
use crate::groups::mails::membership_ended;
use crate::groups::path::InGroup;
use crate::groups::rules::JoinPolicy;
use crate::groups::store as groups;
use crate::groups::store::names;
use crate::groups::view::GroupRef;
use crate::http::etag::stale;
use crate::http::page::Paging;
use crate::http::{Created, Input, Object, Page, Request, Route, Tagged, both, get, prose, prose_or_faults, route};
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::policy::{self, Action, Actor, MembershipId, SupporterId};
use crate::states::State as _;
use crate::supporters::{self, SupporterRef};
use crate::time::Instant;

const LIST: &str = "/groups/{group}/memberships";
const ONE: &str = "/memberships/{membership}";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, Forbidden, IllegalTransition, NotFound, PreconditionFailed, RuleViolation, WrongState};
    vec![
        get(LIST, Action::ReadGroup, "Who takes or took part in a group, or asks to", list).answers(&[NotFound]),
        route(Method::POST, LIST, Action::RequestMembership, "Ask to become a member of a group, for a supporter", make)
            .answers(&[NotFound, Forbidden, WrongState, AlreadyExists]),
        get(ONE, Action::SeeMembership, "One membership", show),
        route(
            Method::POST,
            "/memberships/{membership}/transitions",
            Action::MoveMembership,
            "Accept or decline a request, remove a member; cancel one's own request, leave",
            transition,
        )
        .answers(&[IllegalTransition, RuleViolation, PreconditionFailed]),
    ]
}

/// A person's place in a group. Shown to the group and to that person only.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Membership")]
struct MembershipView {
    id: MembershipId,
    group: GroupRef,
    /// For whom; null where an observer is here for a `body`.
    supporter: Option<SupporterRef>,
    /// For whom an observer is here that is no supporter.
    body: Option<String>,
    person: PersonRef,
    role: MembershipRole,
    status: MembershipStatus,
    /// What the person wrote when it asked; null to whoever neither wrote nor decides.
    message: Option<String>,
    /// Why it was declined or taken away; null to whoever it does not concern.
    reason: Option<String>,
    /// Since when it has been active; where it never was, since when it was asked for.
    since: Instant,
    /// When it ended, however it did; null while it stands or waits.
    until: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
}

fn runs(actor: &Actor, row: &Row) -> bool {
    actor.may(Action::RunGroup, &policy::Object::of_group(row.group_id))
}

fn views(c: &mut AnyConnection, rows: Vec<Row>, actor: &Actor, reader: &Reader) -> Result<Vec<Tagged<MembershipView>>> {
    let mut group_ids: Vec<_> = rows.iter().map(|row| row.group_id).collect();
    group_ids.dedup();
    let persons: Vec<_> = rows.iter().map(|row| row.person_id).collect();
    let for_whom: Vec<SupporterId> = rows.iter().filter_map(|row| row.supporter_id).collect();
    let groups = groups::by_ids(c, &group_ids)?;
    let (persons, facts) = (people::refs(c, &persons)?, supporters::refs(c, &for_whom)?);
    let broken = |row: &Row| Error::Internal(format!("membership {} has no group or person", row.id));
    let view = |row: Row| {
        let group = groups.iter().find(|group| group.id == row.group_id).ok_or_else(|| broken(&row))?;
        let person = persons.get(&row.person_id).cloned().ok_or_else(|| broken(&row))?;
        let concerned = actor.person == Some(row.person_id) || runs(actor, &row);
        let view = MembershipView {
            id: row.id,
            group: GroupRef::of(group, reader)?,
            supporter: row.supporter_id.and_then(|id| facts.get(&id)).map(|facts| facts.reference.clone()),
            body: row.body,
            person,
            role: row.role,
            status: row.status,
            message: row.message.filter(|_| concerned),
            reason: row.reason.filter(|_| concerned),
            since: row.since,
            until: row.until,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, view))
    };
    rows.into_iter().map(view).collect()
}

fn one<P, Q, B>(c: &mut AnyConnection, input: &Input<P, Q, B>, row: Row) -> Result<Tagged<MembershipView>> {
    let view = views(c, vec![row], &input.actor, &input.reader)?.pop();
    view.ok_or_else(|| Error::not_found("membership"))
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Memberships>,
    /// Memberships that stand so.
    status: Option<MembershipStatus>,
    /// Memberships of this role.
    role: Option<MembershipRole>,
    /// Memberships for this supporter, by id or slug.
    #[schemars(length(max = 200))]
    supporter: Option<String>,
}

async fn list(request: Request<InGroup, Query>) -> Result<Page<Tagged<MembershipView>>> {
    request
        .read(|tx, input| {
            let Query { page, status, role, supporter } = &input.query;
            let supporter = match supporter {
                Some(name) => {
                    let known = store::supporter_id(tx, name)?;
                    Some(known.ok_or_else(|| Error::invalid("?supporter", "enum", "names no supporter by slug or id"))?)
                }
                None => None,
            };
            let group = names::resolve(tx, &input.path.group, "/memberships")?;
            input.allow(&policy::Object::of_group(group.id))?;
            let filter = Filter { group: group.id, status: *status, role: *role, supporter };
            let plan = page.plan(&input.filters)?;
            let (rows, next) = store::page(tx, filter, &plan)?;
            let total = plan.total.then(|| store::count(tx, filter)).transpose()?;
            Ok(Page::new(views(tx, rows, &input.actor, &input.reader)?, next, total))
        })
        .await
}

/// A request to take part.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewMembership")]
struct NewMembership {
    /// For whom; who asks is affiliated to it.
    supporter_id: SupporterId,
    /// `member`, and no other: observers are invited.
    #[serde(default)]
    #[schemars(with = "MembershipRole")]
    role: Option<MembershipRole>,
    /// For those who decide.
    #[schemars(length(max = 5000))]
    message: Option<String>,
}

async fn make(request: Request<InGroup, (), NewMembership>) -> Result<Created<MembershipView>> {
    request
        .create(
            |tx, input| {
                let NewMembership { supporter_id: supporter, role, message } = &input.body;
                let detail = "must be member; an observer is invited by a co-chair or the secretariat";
                let is_member = match role {
                    Some(MembershipRole::Observer) => Err(vec![FieldFault::new("/role", "enum", detail)]),
                    Some(MembershipRole::Member) | None => Ok(()),
                };
                let (message, ()) = both(prose_or_faults("/message", message.as_deref()), is_member)?;
                let group = names::resolve(tx, &input.path.group, "/memberships")?;
                may_speak_for(input, *supporter)?;
                let person = people::oneself(&input.actor)?;
                supporters::hold(tx, &[*supporter])?;
                let group = groups::hold(tx, group.id)?;
                if let Some(obstacle) = admission::obstacles(tx, &group, Some(*supporter))?.into_iter().next() {
                    return Err(Error::wrong_state(obstacle.detail));
                }
                if admission::not_affiliated(tx, person, Some(*supporter), MembershipRole::Member)?.is_some() {
                    // It ended in this moment: the repeated transaction knows.
                    return Err(stale());
                }
                let status = match group.join_policy {
                    JoinPolicy::Open => MembershipStatus::Active,
                    JoinPolicy::Approval => MembershipStatus::Requested,
                };
                let id = admission::make(
                    tx,
                    &New {
                        group: group.id,
                        person,
                        supporter: Some(*supporter),
                        body: None,
                        role: MembershipRole::Member,
                        status,
                        message: message.as_deref(),
                    },
                )?;
                match status {
                    MembershipStatus::Active => mails::decided(tx, &group, person, true, None)?,
                    _ => mails::requested(tx, &group, person, *supporter, message.as_deref())?,
                }
                Ok(id.to_string())
            },
            |tx, input, id| {
                let row = id.parse().ok().map(|id| store::find(tx, id)).transpose()?.flatten();
                let row = row.ok_or_else(|| Error::not_found("membership"))?;
                if input.actor.person != Some(row.person_id) {
                    may_speak_for(input, input.body.supporter_id)?;
                }
                Ok(Created { location: format!("/memberships/{id}"), object: one(tx, input, row)? })
            },
        )
        .await
}

/// 403, saying how to get there, unless the caller speaks for this supporter.
fn may_speak_for<P, Q, B>(input: &Input<P, Q, B>, supporter: SupporterId) -> Result<()> {
    if input.actor.verified && !input.actor.affiliations.iter().any(|(known, _)| *known == supporter) {
        return Err(Error::forbidden(format!(
            "You do not speak for this supporter. Ask it first, with POST /api/v1/supporters/{supporter}/affiliation-requests, or ask for \
             membership for one that you speak for: see `affiliations` of GET /api/v1/me."
        )));
    }
    input.allow(&policy::Object::of_supporter(supporter))
}

#[derive(Deserialize, JsonSchema)]
struct MembershipPath {
    membership: MembershipId,
}

/// A membership that the caller may see; 403 where the route's act is not its to do.
fn load<B>(c: &mut AnyConnection, input: &Input<MembershipPath, (), B>) -> Result<Row> {
    let row = store::find(c, input.path.membership)?.ok_or_else(|| Error::not_found("membership"))?;
    let object = policy::Object { person: Some(row.person_id), group: Some(row.group_id), ..Default::default() };
    input.reveal(Action::SeeMembership, &object, "membership")?;
    input.allow(&object)?;
    Ok(row)
}

async fn show(request: Request<MembershipPath>) -> Result<Object<Tagged<MembershipView>>> {
    request
        .read(|tx, input| {
            let row = load(tx, input)?;
            Ok(Object::tagged(one(tx, input, row)?))
        })
        .await
}

/// A move of a membership.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MembershipTransition")]
struct Transition {
    to: MembershipStatus,
    /// Why; a request is not declined, and nobody is removed, without. Told to the person.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

async fn transition(request: Request<MembershipPath, (), Transition>) -> Result<Object<Tagged<MembershipView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let to = input.body.to;
            let seen = load(tx, input)?;
            if let Some(supporter) = seen.supporter_id.filter(|_| to == MembershipStatus::Active) {
                supporters::hold(tx, &[supporter])?;
            }
            let group = groups::hold(tx, seen.group_id)?;
            // As it is now: somebody may have moved it before its group was held.
            let mut row = load(tx, input)?;
            if row.supporter_id != seen.supporter_id {
                return Err(stale());
            }
            input.if_match.allow(row.version)?;
            let (from, own) = (row.status, input.actor.person == Some(row.person_id));
            let allowed = rules::allowed(from, own, runs(&input.actor, &row));
            if !allowed.contains(&to) {
                return Err(refused(from, to, &allowed));
            }
            let mut violations = Vec::new();
            if to == MembershipStatus::Active {
                violations = admission::obstacles(tx, &group, row.supporter_id)?;
                violations.extend(admission::not_affiliated(tx, row.person_id, row.supporter_id, row.role)?);
            }
            if from.needs_reason(to) && reason.is_none() {
                violations.push(Violation::new("reason_required", "Say why, in `reason`: the person is told."));
            }
            if !violations.is_empty() {
                return Err(Problem::violations(&violations).into());
            }
            let reason = reason.as_deref();
            if !own {
                row.decided_by = input.actor.person;
            }
            if to == MembershipStatus::Active {
                let by = row.decided_by;
                admission::activate(tx, &mut row, by)?;
                mails::decided(tx, &group, row.person_id, true, reason)?;
            } else {
                endings::end(tx, &mut row, to, reason)?;
                groups::counts::recount(tx, group.id)?;
            }
            match to {
                MembershipStatus::Declined => mails::decided(tx, &group, row.person_id, false, reason)?,
                MembershipStatus::Removed => mails::removed(tx, &group, row.person_id, reason.unwrap_or_default())?,
                _ => {}
            }
            if from == MembershipStatus::Active {
                membership_ended(tx, row.group_id, row.person_id);
            }
            Ok(Object::tagged(one(tx, input, row)?))
        })
        .await
}

/// 409 with the moves that are there for this caller.
fn refused(from: MembershipStatus, to: MembershipStatus, allowed: &[MembershipStatus]) -> Error {
    let words: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    let others = if words.is_empty() { "nothing".to_owned() } else { words.join(" or ") };
    let detail = format!("You cannot move this membership from {from} to {to}; from here you can move it to {others}.");
    Problem::new(ProblemKind::IllegalTransition, detail).with("allowed", words).into()
}
