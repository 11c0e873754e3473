//! Signing in and out: login, refresh, sessions.

use std::sync::Arc;

use actix_web::http::Method;
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::{NoContent, Object, Page, Request, Route, get, route};
use crate::outbox::token_hash;
use crate::people::accounts::{Accounts, LoginLimits, oneself};
use crate::people::hasher::Checked;
use crate::people::keys::{Keys, random_text};
use crate::people::rules::{self, GuessLimit};
use crate::people::store::{self, PersonRow, SessionId};
use crate::people::totp;
use crate::policy::Action;
use crate::time::Instant;

pub fn routes() -> Vec<Route> {
    use ProblemKind::{InvalidCredentials, SecondFactorRequired};
    vec![
        route(Method::POST, "/auth/login", Action::UsePublicForms, "Sign in", login)
            .answers(&[InvalidCredentials, SecondFactorRequired]),
        route(Method::POST, "/auth/refresh", Action::UsePublicForms, "Exchange a refresh token for new tokens", refresh)
            .answers(&[InvalidCredentials]),
        route(Method::POST, "/auth/logout", Action::KeepOwnAccount, "End this session", logout),
        get("/me/sessions", Action::KeepOwnAccount, "Where this person is signed in", sessions),
        route(Method::DELETE, "/me/sessions/{session}", Action::KeepOwnAccount, "End one of one's sessions", end_session)
            .unversioned(),
    ]
}

/// What signing in takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    #[schemars(length(max = 254))]
    email: String,
    #[schemars(length(max = 1000))]
    password: String,
    /// Six digits of the authenticator app, or a recovery code, where a second factor is set up.
    #[schemars(length(max = 40))]
    code: Option<String>,
}

/// Tokens of a session.
#[derive(Serialize, JsonSchema)]
struct Tokens {
    /// Goes into `Authorization: Bearer`; 15 minutes.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token ends.
    expires_in: i64,
    /// For `POST /auth/refresh`, once; 30 days.
    refresh_token: String,
}

/// 401 for every cause.
fn refused() -> Error {
    Problem::new(ProblemKind::InvalidCredentials, "E-mail and password do not fit together, or the account cannot be used.")
        .into()
}

pub fn slow_down(wait: TimeDelta) -> Error {
    let seconds = wait.num_seconds().max(0) + 1;
    Problem::new(ProblemKind::TooManyRequests, format!("Too many failed attempts. Wait {seconds} seconds."))
        .with_header("Retry-After", seconds)
        .into()
}

async fn login(request: Request<(), (), Login>) -> Result<Object<Tokens>> {
    let accounts: Arc<Accounts> = request.part()?;
    let limits = accounts.limits;
    // The turn comes before the look at the count and ends once the failure is counted: of a burst of guesses only as many as hash at
    // once slip past the limit.
    let slot = accounts.hasher.slot().await?;
    let (request, found) = request
        .peek(move |tx, input| {
            let now = tx.now();
            let folded = rules::fold_email(&input.body.email);
            let person = folded.as_deref().map_or(Ok(None), |folded| store::person_by_email(tx, folded))?;
            let account_key = store::account_key(folded.as_deref().unwrap_or(&input.body.email));
            let address_key = store::address_key(&input.address);
            // Where the account is at home its count, which anybody can raise, does not lock it out.
            let known = match &person {
                Some(person) => store::last_login_from(tx, person.id, &token_hash(&input.address))?,
                None => None,
            };
            let at_home = known.is_some_and(|at| now.since(at) < TimeDelta::days(30));
            let account = GuessLimit { free: limits.login_account };
            let address = GuessLimit { free: limits.login_address };
            let waits = [
                if at_home { None } else { account.wait(store::guesses(tx, &account_key)?, now) },
                address.wait(store::guesses(tx, &address_key)?, now),
            ];
            if let Some(wait) = waits.into_iter().flatten().max() {
                return Err(slow_down(wait));
            }
            Ok(Found { person, account_key, address_key, password: rules::normalise_password(&input.body.password) })
        })
        .await?;
    let hash = found.person.as_ref().and_then(|person| person.password_hash.clone());
    let checked = slot.check(found.password.clone(), hash).await?;
    let rehashed = match checked {
        Checked::RightButOutdated => Some(slot.hash(found.password.clone()).await?),
        _ => None,
    };
    let keys = accounts.keys.clone();
    let outcome = request
        .write(move |tx, input| {
            let Some(person) = found.person.as_ref().filter(|person| checked != Checked::Wrong && person.may_sign_in()) else {
                return failed(tx, &found, limits).map(|()| Err(refused()));
            };
            // Read again: a suspension or a new password since the look counts.
            let Some(mut person) =
                store::person(tx, person.id)?.filter(|p| p.may_sign_in() && p.password_hash == person.password_hash)
            else {
                return Ok(Err(refused()));
            };
            if person.has_second_factor() {
                match input.body.code.as_deref() {
                    None => {
                        let detail =
                            "The password is right. Send it again with the code of your authenticator app, or a recovery code.";
                        return Ok(Err(Problem::new(ProblemKind::SecondFactorRequired, detail).into()));
                    }
                    Some(code) if !totp::accept(tx, &mut person, code)? => {
                        return failed(tx, &found, limits).map(|()| Err(refused()));
                    }
                    Some(_) => {}
                }
            }
            if let Some(hash) = &rehashed {
                person.password_hash = Some(hash.clone());
                store::save_person(tx, &mut person)?;
            }
            store::forget_guesses(tx, &found.account_key)?;
            store::remember_address(tx, person.id, &token_hash(&input.address))?;
            let expires_at = tx.now().plus(rules::REFRESH_TOKEN_LIFE);
            let session = store::insert_session(tx, person.id, &input.client, expires_at)?;
            audit::record(tx, Entry::of("session.opened", "session", session).by(person.id));
            tokens(tx, &keys, &person, session).map(Ok)
        })
        .await?;
    drop(slot);
    // A failure is counted, so its transaction is committed before the refusal is answered.
    outcome.map(Object::plain)
}

/// What the look before the hash found.
struct Found {
    person: Option<PersonRow>,
    account_key: String,
    address_key: String,
    password: String,
}

fn failed(tx: &mut Write<'_>, found: &Found, limits: LoginLimits) -> Result<()> {
    for (key, free) in [(&found.account_key, limits.login_account), (&found.address_key, limits.login_address)] {
        store::count_failure(tx, key, GuessLimit { free })?;
    }
    Ok(())
}

fn tokens(tx: &mut Write<'_>, keys: &Keys, person: &PersonRow, session: SessionId) -> Result<Tokens> {
    let refresh_token = random_text()?;
    store::insert_refresh(tx, &token_hash(&refresh_token), session)?;
    Ok(Tokens {
        access_token: keys.issue(person.id, session, tx.now())?,
        token_type: "Bearer",
        expires_in: rules::ACCESS_TOKEN_LIFE.num_seconds(),
        refresh_token,
    })
}

/// A refresh token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Refresh {
    #[schemars(length(max = 200))]
    refresh_token: String,
}

async fn refresh(request: Request<(), (), Refresh>) -> Result<Object<Tokens>> {
    let accounts: Arc<Accounts> = request.part()?;
    let outcome = request
        .write(move |tx, input| {
            let gone = || -> Error {
                Problem::new(ProblemKind::InvalidCredentials, "The refresh token does not count any more. Sign in again.").into()
            };
            let hash = token_hash(&input.body.refresh_token);
            let Some(token) = store::refresh(tx, &hash)? else { return Ok(Err(gone())) };
            let now = tx.now();
            let Some((session, person)) = store::standing_session(tx, token.session_id, now)? else { return Ok(Err(gone())) };
            if !person.may_sign_in() {
                return Ok(Err(gone()));
            }
            let fresh = tokens(tx, &accounts.keys, &person, session.id)?;
            let successor = token_hash(&fresh.refresh_token);
            let rotated = token.rotated_at.is_none() && store::rotate(tx, &hash, &successor)?;
            if !rotated && !may_repeat(tx, &hash, now)? {
                // Somebody else has this token: nobody goes on with the session (RFC 9700, 4.14.2).
                store::end_session(tx, person.id, session.id)?;
                audit::record(tx, Entry::of("session.ended_by_reuse", "session", session.id).by(person.id));
                return Ok(Err(gone()));
            }
            store::touch_session(tx, session.id, now.plus(rules::REFRESH_TOKEN_LIFE))?;
            Ok(Ok(fresh))
        })
        .await?;
    outcome.map(Object::plain)
}

/// Whether an exchanged token is answered once more: two tabs, a moment apart, the successor still unused.
fn may_repeat(tx: &mut Write<'_>, hash: &str, now: Instant) -> Result<bool> {
    let Some(token) = store::refresh(tx, hash)? else { return Ok(false) };
    let in_time = token.rotated_at.is_some_and(|at| now.since(at) <= rules::ROTATION_GRACE);
    let successor = match &token.successor_hash {
        Some(successor) => store::refresh(tx, successor)?,
        None => None,
    };
    let unused = successor.is_some_and(|successor| successor.rotated_at.is_none());
    Ok(in_time && unused && store::repeat(tx, hash)?)
}

async fn logout(request: Request) -> Result<NoContent> {
    request
        .write(|tx, input| {
            if let (Some(person), Some(session)) = (input.actor.person, input.actor.session) {
                store::end_session(tx, person, session)?;
                audit::record(tx, Entry::of("session.ended", "session", session).by(person));
            }
            Ok(NoContent)
        })
        .await
}

/// One place where the person is signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionView {
    id: SessionId,
    /// What the client called itself.
    client: String,
    created_at: Instant,
    last_used_at: Instant,
    /// Whether it is the one that asks.
    current: bool,
}

async fn sessions(request: Request) -> Result<Page<SessionView>> {
    request
        .read(|tx, input| {
            let person = oneself(&input.actor)?;
            let now = tx.now();
            let view = |row: store::SessionRow| SessionView {
                current: Some(row.id) == input.actor.session,
                id: row.id,
                client: row.client,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            };
            Ok(Page::new(store::standing_sessions(tx, person, now)?.into_iter().map(view).collect(), None, None))
        })
        .await
}

/// A session's path.
#[derive(Deserialize, JsonSchema)]
struct SessionPath {
    session: SessionId,
}

async fn end_session(request: Request<SessionPath>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let person = oneself(&input.actor)?;
            if !store::end_session(tx, person, input.path.session)? {
                return Err(Error::not_found("session"));
            }
            audit::record(tx, Entry::of("session.ended", "session", input.path.session).by(person));
            Ok(NoContent)
        })
        .await
}
