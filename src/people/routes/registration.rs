//! Getting and regaining an account: registration, confirmation, forgotten passwords, changed addresses. Nothing here tells a stranger
//! whether an address has an account.

use std::sync::Arc;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::http::limits::Limit;
use crate::http::{Accepted, NoContent, Request, Route, route};
use crate::mail::Kind;
use crate::outbox::{self, Purpose, TokenBody};
use crate::people::accounts::Accounts;
use crate::people::mails;
use crate::people::newcomers::Newcomer;
use crate::people::rules::{self, Role};
use crate::people::store::{self, NewPerson, PersonRow};
use crate::policy::Action;

pub fn routes() -> Vec<Route> {
    let post = Method::POST;
    let token = &[ProblemKind::InvalidToken];
    let address = &[ProblemKind::InvalidToken, ProblemKind::AlreadyExists];
    vec![
        route(post.clone(), "/auth/register", Action::UsePublicForms, "Register an account", register).limited(Limit::Register),
        route(post.clone(), "/auth/verify-email", Action::UsePublicForms, "Confirm an account's address", verify_email)
            .answers(token),
        route(post.clone(), "/auth/verify-email/resend", Action::UsePublicForms, "Ask for the confirmation mail again", resend)
            .limited(Limit::Register),
        route(post.clone(), "/auth/password/forgot", Action::UsePublicForms, "Ask for a mail to choose a new password", forgot)
            .limited(Limit::Forgot),
        route(post.clone(), "/auth/password/reset", Action::UsePublicForms, "Choose a new password", reset).answers(token),
        route(post.clone(), "/auth/email/confirm", Action::UsePublicForms, "Confirm a changed login address", confirm_email)
            .answers(address),
        route(post, "/auth/email/undo", Action::UsePublicForms, "Undo a changed login address", undo_email).answers(address),
    ]
}

/// What registering takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Register {
    #[schemars(length(max = 254))]
    email: String,
    #[schemars(length(max = 1000))]
    password: String,
    #[schemars(length(max = 200))]
    display_name: String,
    /// A language of the call; the request's (`Accept-Language`) where it is left out.
    #[schemars(length(max = 35))]
    locale: Option<String>,
}

impl Register {
    fn newcomer(&self) -> Newcomer<'_> {
        Newcomer { password: &self.password, display_name: &self.display_name, locale: self.locale.as_deref() }
    }
}

/// An address.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Address {
    #[schemars(length(max = 254))]
    email: String,
}

/// A token and a new password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[schemars(length(max = 200))]
    token: String,
    #[schemars(length(max = 1000))]
    password: String,
}

/// The address as looked up, or a fault at `/email`.
fn fold_or_fault(email: &str, faults: &mut Vec<FieldFault>) -> String {
    rules::fold_email(email).unwrap_or_else(|| {
        faults.push(FieldFault::new("/email", "format", "must be an e-mail address"));
        String::new()
    })
}

async fn register(request: Request<(), (), Register>) -> Result<Accepted> {
    let accounts: Arc<Accounts> = request.part()?;
    // The slow part is the same whether or not the address is known, and comes before anybody looks.
    let (request, password) = request
        .peek(|_, input| {
            let body = &input.body;
            let mut faults = Vec::new();
            fold_or_fault(&body.email, &mut faults);
            let newcomer = body.newcomer();
            faults.extend(newcomer.faults(&body.email, &input.languages.0));
            if faults.is_empty() { Ok(newcomer.password()) } else { Err(Problem::invalid(&faults).into()) }
        })
        .await?;
    let hash = accounts.hash(password).await?;
    request
        .write(move |tx, input| {
            let body = &input.body;
            let folded = fold_or_fault(&body.email, &mut Vec::new());
            let name = body.newcomer().name()?;
            let new = NewPerson {
                email: body.email.trim(),
                folded_email: &folded,
                verified_at: None,
                display_name: &name,
                locale: body.locale.as_deref().or_else(|| input.reader.language(&input.languages.0)),
                role: Role::Person,
                password_hash: Some(&hash),
            };
            if let Some(known) = store::person_by_email(tx, &folded)? {
                return repeat(tx, known, &new).map(|()| Accepted);
            }
            // Somebody may register it in the same moment: that one is asked to confirm already.
            if let Some(id) = store::insert_person(tx, &new)? {
                audit::record(tx, Entry::of("person.registered", "person", id).by(id));
                let person = store::person(tx, id)?.ok_or_else(|| Error::Internal("a person just made is gone".into()))?;
                mails::ask(tx, Kind::VerifyEmail, Purpose::VerifyEmail, &person, new.email)?;
            }
            Ok(Accepted)
        })
        .await
}

/// A registration for an address that has an account. An unconfirmed one takes over what was typed last and gets a new link; a
/// confirmed one is told, without a token.
fn repeat(tx: &mut Write<'_>, mut known: PersonRow, new: &NewPerson<'_>) -> Result<()> {
    if known.email_verified_at.is_some() {
        return mails::tell(tx, Kind::AccountExists, &known, json!({}));
    }
    known.display_name = new.display_name.to_owned();
    known.password_hash = new.password_hash.map(str::to_owned);
    known.locale = new.locale.map(str::to_owned);
    store::save_person(tx, &mut known)?;
    store::end_sessions(tx, known.id, None)?;
    mails::ask(tx, Kind::VerifyEmail, Purpose::VerifyEmail, &known, new.email)
}

/// The person a token stands for; a token of an erased account does nothing.
fn person_of(tx: &mut Write<'_>, subject: &str) -> Result<PersonRow> {
    let id = subject.parse().map_err(|_| outbox::invalid_token())?;
    store::person(tx, id)?.filter(|person| person.erased_at.is_none()).ok_or_else(outbox::invalid_token)
}

async fn verify_email(request: Request<(), (), TokenBody>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let redeemed = outbox::redeem(tx, Purpose::VerifyEmail, &input.body.token)?;
            let mut person = person_of(tx, &redeemed.subject)?;
            person.email_verified_at = Some(tx.now());
            store::save_person(tx, &mut person)?;
            audit::record(tx, Entry::of("person.verified", "person", person.id).by(person.id));
            Ok(NoContent)
        })
        .await
}

async fn resend(request: Request<(), (), Address>) -> Result<Accepted> {
    request
        .write(|tx, input| {
            let folded = address(&input.body)?;
            if let Some(person) = store::person_by_email(tx, &folded)?.filter(|p| p.email_verified_at.is_none()) {
                let email = person.email.clone().unwrap_or_default();
                mails::ask(tx, Kind::VerifyEmail, Purpose::VerifyEmail, &person, &email)?;
            } else {
                outbox::ask_nobody(tx, Kind::VerifyEmail.as_str(), Purpose::VerifyEmail)?;
            }
            Ok(Accepted)
        })
        .await
}

fn address(body: &Address) -> Result<String> {
    let mut faults = Vec::new();
    let folded = fold_or_fault(&body.email, &mut faults);
    if faults.is_empty() { Ok(folded) } else { Err(Problem::invalid(&faults).into()) }
}

async fn forgot(request: Request<(), (), Address>) -> Result<Accepted> {
    request
        .write(|tx, input| {
            let folded = address(&input.body)?;
            // An address that went with an affiliation is somebody else's mailbox by now.
            let own = |person: &PersonRow| person.may_sign_in() && !person.address_lapsed;
            if let Some(person) = store::person_by_email(tx, &folded)?.filter(own) {
                let email = person.email.clone().unwrap_or_default();
                mails::ask(tx, Kind::ResetPassword, Purpose::ResetPassword, &person, &email)?;
            } else {
                outbox::ask_nobody(tx, Kind::ResetPassword.as_str(), Purpose::ResetPassword)?;
            }
            Ok(Accepted)
        })
        .await
}

async fn reset(request: Request<(), (), Reset>) -> Result<NoContent> {
    let accounts: Arc<Accounts> = request.part()?;
    let (request, password) = request
        .peek(|tx, input| {
            let now = tx.now();
            let redeemed = outbox::look(tx, Purpose::ResetPassword, &input.body.token, now)?;
            let email = redeemed.detail.get("email").and_then(|email| email.as_str()).unwrap_or_default();
            let password = rules::normalise_password(&input.body.password);
            check_password("/password", &password, email)?;
            Ok(password)
        })
        .await?;
    let hash = accounts.hasher.slot().await?.hash(password).await?;
    request
        .write(move |tx, input| {
            let redeemed = outbox::redeem(tx, Purpose::ResetPassword, &input.body.token)?;
            let mut person = person_of(tx, &redeemed.subject)?;
            person.password_hash = Some(hash.clone());
            // Whoever reads the mailbox has confirmed it, unless the address is one that was lost.
            if person.email_verified_at.is_none()
                && redeemed.detail.get("email").and_then(|e| e.as_str()) == person.email.as_deref()
            {
                person.email_verified_at = Some(tx.now());
            }
            store::save_person(tx, &mut person)?;
            store::end_sessions(tx, person.id, None)?;
            audit::record(tx, Entry::of("person.password_reset", "person", person.id).by(person.id));
            mails::tell(tx, Kind::PasswordChanged, &person, json!({}))?;
            Ok(NoContent)
        })
        .await
}

/// 422 with every fault of a new password.
pub fn check_password(pointer: &str, password: &str, email: &str) -> Result<()> {
    let faults: Vec<_> = rules::password_faults(password, email)
        .into_iter()
        .map(|(code, detail)| FieldFault::new(pointer, code, detail))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(&faults).into()) }
}

/// The person that a link is about, with the address that the link names as its own; the address before.
fn move_address(tx: &mut Write<'_>, purpose: Purpose, token: &str) -> Result<(PersonRow, String)> {
    let redeemed = outbox::redeem(tx, purpose, token)?;
    let mut person = person_of(tx, &redeemed.subject)?;
    let email = redeemed.detail.get("email").and_then(|email| email.as_str()).unwrap_or_default();
    let folded = rules::fold_email(email).ok_or_else(outbox::invalid_token)?;
    if store::person_by_email(tx, &folded)?.is_some_and(|other| other.id != person.id) {
        // Taken meanwhile. The link was this mailbox's, so saying so tells nobody else.
        return Err(Error::already_exists("This address belongs to another account by now."));
    }
    let old = person.email.replace(email.to_owned()).unwrap_or_default();
    person.folded_email = Some(folded);
    Ok((person, old))
}

async fn confirm_email(request: Request<(), (), TokenBody>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let (mut person, old) = move_address(tx, Purpose::ConfirmEmail, &input.body.token)?;
            let was_usable = person.is_verified();
            person.email_verified_at = Some(tx.now());
            // Another mailbox of the house that it left is no address of its own.
            person.address_lapsed =
                person.address_lapsed && rules::share_a_domain(&old, person.email.as_deref().unwrap_or_default());
            store::save_person(tx, &mut person)?;
            audit::record(tx, Entry::of("person.email_changed", "person", person.id).by(person.id));
            // No undo goes to an address that was lost with an affiliation: its owner is somebody else.
            if was_usable {
                mails::ask(tx, Kind::EmailChanged, Purpose::UndoEmail, &person, &old)?;
            }
            Ok(NoContent)
        })
        .await
}

async fn undo_email(request: Request<(), (), TokenBody>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let (mut person, _) = move_address(tx, Purpose::UndoEmail, &input.body.token)?;
            store::save_person(tx, &mut person)?;
            store::end_sessions(tx, person.id, None)?;
            outbox::void(tx, Purpose::ConfirmEmail, person.id.as_str())?;
            outbox::void(tx, Purpose::ResetPassword, person.id.as_str())?;
            audit::record(tx, Entry::of("person.email_undone", "person", person.id).by(person.id));
            Ok(NoContent)
        })
        .await
}
