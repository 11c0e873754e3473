//! Accepting an invitation: with an account one has, signed in, or with one that is made by accepting.

use std::sync::Arc;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::joining;
use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::{NoContent, Request, Route, route};
use crate::outbox::{self, Purpose, Redeemed, TokenBody};
use crate::people::{self, Accounts, NewPerson, Newcomer, PersonRow, Role};
use crate::policy::Action;
use crate::supporters::{self, InvitationRow, InvitationStatus};
use crate::time::Instant;

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, Forbidden, InvalidToken, WrongState};
    vec![
        route(
            Method::POST,
            "/auth/invitations/accept",
            Action::UsePublicForms,
            "Accept an invitation and get an account by it",
            accept_as_newcomer,
        )
        .answers(&[InvalidToken, WrongState]),
        route(
            Method::POST,
            "/me/invitations/accept",
            Action::KeepOwnAccount,
            "Accept an invitation with one's account; that confirms its address, too",
            accept_signed_in,
        )
        .answers(&[InvalidToken, Forbidden, WrongState, AlreadyExists]),
    ]
}

/// The invitation that a token stands for, where it can be accepted at `now`.
fn invitation(c: &mut AnyConnection, redeemed: &Redeemed, now: Instant) -> Result<InvitationRow> {
    let id = redeemed.subject.parse().map_err(|_| outbox::invalid_token())?;
    let row = supporters::invitation(c, id).map_err(|_| outbox::invalid_token())?;
    if supporters::invitation_status(row.status, row.expires_at, now) != InvitationStatus::Open {
        return Err(outbox::invalid_token());
    }
    if let Some(id) = row.supporter_id
        && !supporters::refs(c, &[id])?.get(&id).is_some_and(|supporter| supporter.endorsed)
    {
        return Err(Error::wrong_state(match row.group_id {
            None => "The supporter that invited you is endorsed no more, so nobody new can speak for it.",
            Some(_) => "The supporter for whom you were invited is endorsed no more, so nobody can take part for it.",
        }));
    }
    Ok(row)
}

/// Lets come true what a person accepts who has proved to read its mailbox.
fn accept(tx: &mut Write<'_>, row: &InvitationRow, person: &mut PersonRow) -> Result<()> {
    match row.group_id {
        None => supporters::accept_affiliation(tx, row, person),
        Some(group) => joining::accept(tx, row, group, person),
    }
}

/// What accepting takes from somebody without an account.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Newly {
    /// Of the mail's link.
    #[schemars(length(max = 200))]
    token: String,
    #[schemars(length(max = 1000))]
    password: String,
    #[schemars(length(max = 200))]
    display_name: String,
    /// A language of the call; the request's (`Accept-Language`) where it is left out.
    #[schemars(length(max = 35))]
    locale: Option<String>,
}

impl Newly {
    fn newcomer(&self) -> Newcomer<'_> {
        Newcomer { password: &self.password, display_name: &self.display_name, locale: self.locale.as_deref() }
    }
}

fn has_account() -> Error {
    Error::wrong_state(
        "This address has an account. Sign in with it (POST /api/v1/auth/password/forgot helps where its password is lost) and accept \
         with POST /api/v1/me/invitations/accept.",
    )
}

async fn accept_as_newcomer(request: Request<(), (), Newly>) -> Result<NoContent> {
    let accounts: Arc<Accounts> = request.part()?;
    let (request, password) = request
        .peek(|tx, input| {
            let body = &input.body;
            let now = tx.now();
            let found = outbox::look(tx, Purpose::AcceptInvitation, &body.token, now).and_then(|seen| invitation(tx, &seen, now));
            let folded = found.as_ref().ok().and_then(|row| row.folded_email.clone()).unwrap_or_default();
            let newcomer = body.newcomer();
            let faults = newcomer.faults(&folded, &input.languages.0);
            if !faults.is_empty() {
                return Err(Problem::invalid(&faults).into());
            }
            found?;
            if people::person_by_email(tx, &folded)?.is_some() {
                return Err(has_account());
            }
            Ok(newcomer.password())
        })
        .await?;
    let hash = accounts.hash(password).await?;
    request
        .write(move |tx, input| {
            let now = tx.now();
            let redeemed = outbox::redeem(tx, Purpose::AcceptInvitation, &input.body.token)?;
            let row = invitation(tx, &redeemed, now)?;
            let (email, folded) = (row.email.clone().unwrap_or_default(), row.folded_email.clone().unwrap_or_default());
            let name = input.body.newcomer().name()?;
            let new = NewPerson {
                email: &email,
                folded_email: &folded,
                // Whoever follows the link reads the mailbox.
                verified_at: Some(now),
                display_name: &name,
                locale: input.body.locale.as_deref().or_else(|| input.reader.language(&input.languages.0)),
                role: Role::Person,
                password_hash: Some(&hash),
            };
            let id = people::insert_person(tx, &new)?.ok_or_else(has_account)?;
            audit::caused_by(tx, Some(id), &input.request_id);
            audit::record(tx, Entry::of("person.registered", "person", id));
            audit::record(tx, Entry::of("person.verified", "person", id));
            let person = people::person(tx, id)?;
            let mut person = person.ok_or_else(|| Error::Internal("a person just made is gone".into()))?;
            accept(tx, &row, &mut person)?;
            Ok(NoContent)
        })
        .await
}

async fn accept_signed_in(request: Request<(), (), TokenBody>) -> Result<NoContent> {
    request
        .accept(
            || NoContent,
            |tx, input| {
                let now = tx.now();
                let redeemed = outbox::redeem(tx, Purpose::AcceptInvitation, &input.body.token)?;
                let row = invitation(tx, &redeemed, now)?;
                let person = people::person(tx, people::oneself(&input.actor)?)?;
                let mut person = person.ok_or_else(|| Error::not_found("person"))?;
                if person.folded_email.is_none() || person.folded_email != row.folded_email {
                    return Err(Error::forbidden(
                        "This invitation went to another address than your account's. Ask for one to yours, or sign in with the \
                         account of that address.",
                    ));
                }
                accept(tx, &row, &mut person)
            },
        )
        .await
}
