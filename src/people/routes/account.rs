//! One's own account: profile, password, second factor, export, erasure.

use std::sync::Arc;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::registration::check_password;
use super::sessions::slow_down;
use crate::audit::{self, Entry};
use crate::db::AnyConnection;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::{Input, NoContent, Object, Request, Route, route};
use crate::mail::Kind;
use crate::outbox::{self, Purpose};
use crate::people::accounts::{Accounts, oneself};
use crate::people::endings;
use crate::people::hasher::Checked;
use crate::people::mails;
use crate::people::rules::{self, GuessLimit};
use crate::people::store::{self, PersonRow};
use crate::people::totp;
use crate::policy::Action;

pub fn routes() -> Vec<Route> {
    use ProblemKind::{AlreadyExists, Forbidden, WrongState};
    vec![
        route(Method::DELETE, "/me", Action::KeepOwnAccount, "Erase one's own account", erase_me)
            .answers(&[Forbidden, WrongState]),
        route(Method::POST, "/me/password", Action::KeepOwnAccount, "Change one's password; other sessions end", change_password)
            .answers(&[Forbidden]),
        route(Method::POST, "/me/totp", Action::KeepOwnAccount, "Begin to set up a second factor", begin_totp)
            .answers(&[Forbidden, AlreadyExists]),
        route(Method::POST, "/me/totp/confirm", Action::KeepOwnAccount, "Finish setting up a second factor", confirm_totp)
            .answers(&[WrongState]),
        route(Method::DELETE, "/me/totp", Action::KeepOwnAccount, "Remove the second factor", remove_totp)
            .unversioned()
            .answers(&[Forbidden, WrongState]),
    ]
}

fn myself<P, Q, B>(c: &mut AnyConnection, input: &Input<P, Q, B>) -> Result<PersonRow> {
    store::person(c, oneself(&input.actor)?)?.ok_or_else(|| Error::not_found("person"))
}

/// A request whose caller has shown its own password, for what a stolen session must not do. Wrong ones are counted and slowed as at the
/// login.
pub async fn with_own_password<P, Q, B>(
    request: Request<P, Q, B>,
    password: fn(&B) -> &str,
) -> Result<(Arc<Accounts>, Request<P, Q, B>)>
where
    P: Send + Sync + 'static,
    Q: Send + Sync + 'static,
    B: Send + Sync + 'static,
{
    let accounts: Arc<Accounts> = request.part()?;
    let limit = GuessLimit { free: accounts.limits.login_account };
    let slot = accounts.hasher.slot().await?;
    let (request, (hash, given, key)) = request
        .peek(move |tx, input| {
            let person = myself(tx, input)?;
            let key = store::own_password_key(person.id);
            let now = tx.now();
            if let Some(wait) = limit.wait(store::guesses(tx, &key)?, now) {
                return Err(slow_down(wait));
            }
            Ok((person.password_hash, rules::normalise_password(password(&input.body)), key))
        })
        .await?;
    let checked = slot.check(given, hash).await?;
    if checked != Checked::Wrong {
        drop(slot);
        return Ok((accounts, request));
    }
    let refused = request
        .write(move |tx, _| store::count_failure(tx, &key, limit).map(|()| Error::forbidden("The password is not right.")));
    let refused = refused.await?;
    drop(slot);
    Err(refused)
}

/// The caller's password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Password {
    #[schemars(length(max = 1000))]
    password: String,
}

async fn erase_me(request: Request<(), (), Password>) -> Result<NoContent> {
    let (_, request) = with_own_password(request, |body| &body.password).await?;
    request
        .write(|tx, input| {
            let person = myself(tx, input)?;
            input.if_match.require(person.version)?;
            endings::erase(tx, person)?;
            Ok(NoContent)
        })
        .await
}

/// The old and the new password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    #[schemars(length(max = 1000))]
    password: String,
    #[schemars(length(max = 1000))]
    new_password: String,
}

async fn change_password(request: Request<(), (), NewPassword>) -> Result<NoContent> {
    let (request, new) = request
        .peek(|tx, input| {
            let person = myself(tx, input)?;
            let new = rules::normalise_password(&input.body.new_password);
            check_password("/new_password", &new, person.email.as_deref().unwrap_or_default())?;
            Ok(new)
        })
        .await?;
    let (accounts, request) = with_own_password(request, |body| &body.password).await?;
    let hash = accounts.hasher.slot().await?.hash(new).await?;
    request
        .write(move |tx, input| {
            let mut person = myself(tx, input)?;
            person.password_hash = Some(hash.clone());
            store::save_person(tx, &mut person)?;
            store::end_sessions(tx, person.id, input.actor.session)?;
            outbox::void(tx, Purpose::ResetPassword, person.id.as_str())?;
            audit::record(tx, Entry::of("person.password_changed", "person", person.id).by(person.id));
            mails::tell(tx, Kind::PasswordChanged, &person, json!({}))?;
            Ok(NoContent)
        })
        .await
}

/// A second factor to be set up.
#[derive(Serialize, JsonSchema)]
struct TotpSetup {
    /// Base32, for typing.
    secret: String,
    /// For scanning.
    otpauth_url: String,
}

async fn begin_totp(request: Request<(), (), Password>) -> Result<Object<TotpSetup>> {
    let (_, request) = with_own_password(request, |body| &body.password).await?;
    let secret = totp::new_secret()?;
    request
        .write(move |tx, input| {
            let mut person = myself(tx, input)?;
            if person.has_second_factor() {
                return Err(Problem::new(
                    ProblemKind::AlreadyExists,
                    "A second factor is set up. Remove it first to set up another.",
                )
                .into());
            }
            person.totp_secret = Some(secret.clone());
            store::save_person(tx, &mut person)?;
            let issuer = crate::call::name(tx)?;
            let otpauth_url = totp::otpauth_url(&secret, &issuer, person.email.as_deref().unwrap_or_default())?;
            Ok(Object::plain(TotpSetup { secret: secret.clone(), otpauth_url }))
        })
        .await
}

/// A code of the app.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    #[schemars(length(max = 40))]
    code: String,
}

/// Codes that sign in once each when the app is lost.
#[derive(Serialize, JsonSchema)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

async fn confirm_totp(request: Request<(), (), Code>) -> Result<Object<RecoveryCodes>> {
    request
        .write(|tx, input| {
            let mut person = myself(tx, input)?;
            if person.has_second_factor() || person.totp_secret.is_none() {
                return Err(Problem::new(
                    ProblemKind::WrongState,
                    "There is no second factor waiting to be confirmed. Begin with POST /me/totp.",
                )
                .into());
            }
            if !totp::accept(tx, &mut person, &input.body.code)? {
                return Err(Error::invalid("/code", "wrong", "is not the code that the app shows now"));
            }
            person.totp_confirmed_at = Some(tx.now());
            store::save_person(tx, &mut person)?;
            let (recovery_codes, hashes) = totp::recovery_codes()?;
            store::replace_recovery_codes(tx, person.id, &hashes)?;
            audit::record(tx, Entry::of("person.second_factor_set", "person", person.id).by(person.id));
            mails::tell(tx, Kind::SecondFactorChanged, &person, json!({}))?;
            Ok(Object::plain(RecoveryCodes { recovery_codes }))
        })
        .await
}

/// Password and code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAndCode {
    #[schemars(length(max = 1000))]
    password: String,
    #[schemars(length(max = 40))]
    code: String,
}

async fn remove_totp(request: Request<(), (), PasswordAndCode>) -> Result<NoContent> {
    let (accounts, request) = with_own_password(request, |body| &body.password).await?;
    let limit = GuessLimit { free: accounts.limits.login_account };
    let outcome = request
        .write(move |tx, input| {
            let mut person = myself(tx, input)?;
            if !person.has_second_factor() {
                return Err(Error::wrong_state("There is no second factor."));
            }
            if !totp::accept(tx, &mut person, &input.body.code)? {
                // Whoever has the session and the password has this left to guess.
                store::count_failure(tx, &store::own_password_key(person.id), limit)?;
                let detail = "is neither the code that the app shows now nor an unused recovery code";
                return Ok(Err(Error::invalid("/code", "wrong", detail)));
            }
            (person.totp_secret, person.totp_confirmed_at, person.totp_last_step) = (None, None, None);
            store::save_person(tx, &mut person)?;
            store::replace_recovery_codes(tx, person.id, &[])?;
            audit::record(tx, Entry::of("person.second_factor_removed", "person", person.id).by(person.id));
            mails::tell(tx, Kind::SecondFactorChanged, &person, json!({}))?;
            Ok(Ok(NoContent))
        })
        .await?;
    // A failure is counted, so its transaction is committed before the refusal is answered.
    outcome
}
