//! The pages that links in mails open: each shows a form, and only its button does anything. Mail scanners follow links.
//!
//! The token stays in the address: it is in nothing that the server writes, and the script sends it with what was filled in to the route
//! that the API documents.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{AutoEscape, Environment, context};
use serde_json::Value;

use super::{Purpose, store};
use crate::error::Error;
use crate::http::Web;
use crate::http::route::{method_not_allowed, problem_response};
use crate::locale::Reader;
use crate::mail::Language;

const PAGE: &str = include_str!("pages/page.html");
const SCRIPT: &str = include_str!("pages/act.js");
const STYLE: &str = include_str!("pages/style.css");

/// Own script and styles only, requests to this server only, no form that the browser sends by itself, no frames.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
    frame-ancestors 'none'; base-uri 'none'";

/// What one page says and does.
struct Words {
    title: &'static str,
    intro: &'static str,
    button: &'static str,
    done: &'static str,
}

/// What every page says.
#[derive(serde::Serialize)]
struct Shared {
    script: &'static str,
    name: &'static str,
    password: &'static str,
    hint: &'static str,
    missing: &'static str,
    invalid: &'static str,
    refused: &'static str,
    unreachable: &'static str,
}

/// The route that the form of a page goes to, relative, for servers below a path; `None` where it depends on what the token stands for, and
/// that is not known (any more).
fn path(purpose: Purpose, detail: Option<&Value>) -> Option<String> {
    let below_round = |end: &str| {
        let round = detail?.get("consultation")?.as_str()?;
        Some(format!("api/v1/consultations/{round}/public-contributions/{end}"))
    };
    let fixed = match purpose {
        Purpose::VerifyEmail => "api/v1/auth/verify-email",
        Purpose::ResetPassword => "api/v1/auth/password/reset",
        Purpose::ConfirmEmail => "api/v1/auth/email/confirm",
        Purpose::UndoEmail => "api/v1/auth/email/undo",
        Purpose::AcceptInvitation => "api/v1/auth/invitations/accept",
        Purpose::ConfirmApplication => "api/v1/supporter-applications/confirm",
        Purpose::ConfirmContribution => return below_round("confirm"),
        Purpose::WithdrawContribution => return below_round("withdraw"),
    };
    Some(fixed.to_owned())
}

fn shared(language: Language) -> Shared {
    match language {
        Language::En => Shared {
            script: "This page needs JavaScript to send your answer. Switch it on for this page, or open the link in another browser.",
            name: "Your name, as others see it",
            password: "New password",
            hint: "12 to 128 characters, nothing that many people use, and not your address.",
            missing: "This page was opened without the whole link. Open the link in the mail again, or copy all of it.",
            invalid: "This link does nothing any more: it was used, replaced by a newer one, or is too old. Ask for a new one.",
            refused: "This did not work:",
            unreachable: "The server could not be reached. Check your connection and try again.",
        },
        Language::Fr => Shared {
            script: "Cette page a besoin de JavaScript pour envoyer votre réponse. Activez-le pour cette page, ou ouvrez le lien dans un autre navigateur.",
            name: "Votre nom, tel que les autres le voient",
            password: "Nouveau mot de passe",
            hint: "12 à 128 caractères, rien de très courant, et pas votre adresse.",
            missing: "Cette page a été ouverte sans le lien complet. Ouvrez de nouveau le lien du message, ou copiez-le en entier.",
            invalid: "Ce lien ne fonctionne plus : il a été utilisé, remplacé par un plus récent, ou il est trop ancien. Demandez-en un nouveau.",
            refused: "Cela n'a pas fonctionné :",
            unreachable: "Le serveur n'a pas pu être joint. Vérifiez votre connexion et réessayez.",
        },
    }
}

fn words(purpose: Purpose, language: Language) -> Words {
    let words = |title, intro, button, done| Words { title, intro, button, done };
    match (purpose, language) {
        (Purpose::VerifyEmail, Language::En) => words(
            "Confirm your e-mail address",
            "An account was registered with your e-mail address. If that was you, confirm that the address is yours.",
            "Confirm this address",
            "Your address is confirmed. You can sign in.",
        ),
        (Purpose::VerifyEmail, Language::Fr) => words(
            "Confirmer votre adresse électronique",
            "Un compte a été créé avec votre adresse électronique. Si c'est vous, confirmez que cette adresse est la vôtre.",
            "Confirmer cette adresse",
            "Votre adresse est confirmée. Vous pouvez vous connecter.",
        ),
        (Purpose::ResetPassword, Language::En) => words(
            "Choose a new password",
            "It replaces the one you have, and ends every session in which you are signed in.",
            "Set this password",
            "Your password is changed. Sign in with the new one.",
        ),
        (Purpose::ResetPassword, Language::Fr) => words(
            "Choisir un nouveau mot de passe",
            "Il remplace l'actuel et met fin à toutes vos sessions ouvertes.",
            "Enregistrer ce mot de passe",
            "Votre mot de passe est changé. Connectez-vous avec le nouveau.",
        ),
        (Purpose::ConfirmEmail, Language::En) => words(
            "Confirm your new e-mail address",
            "From then on you sign in with this address, and no longer with the one before.",
            "Confirm this address",
            "Your new address is confirmed. Sign in with it from now on.",
        ),
        (Purpose::ConfirmEmail, Language::Fr) => words(
            "Confirmer votre nouvelle adresse électronique",
            "Vous vous connecterez ensuite avec cette adresse, et non plus avec la précédente.",
            "Confirmer cette adresse",
            "Votre nouvelle adresse est confirmée. Connectez-vous désormais avec elle.",
        ),
        (Purpose::UndoEmail, Language::En) => words(
            "Undo the change of your address",
            "This gives your account its former e-mail address back and ends every session in which anybody is signed in to it.",
            "Undo the change",
            "The change is undone. Sign in with this address, and choose a new password if somebody else changed it.",
        ),
        (Purpose::UndoEmail, Language::Fr) => words(
            "Annuler le changement de votre adresse",
            "Votre compte retrouvera son ancienne adresse électronique, et toutes les sessions ouvertes prendront fin.",
            "Annuler le changement",
            "Le changement est annulé. Connectez-vous avec cette adresse, et choisissez un nouveau mot de passe si quelqu'un d'autre l'avait changée.",
        ),
        (Purpose::AcceptInvitation, Language::En) => words(
            "Accept the invitation",
            "This makes an account for your e-mail address and accepts the invitation. If the address has an account already, do not fill this in: sign in there and accept the invitation.",
            "Make the account and accept",
            "The invitation is accepted. Sign in with your e-mail address and this password.",
        ),
        (Purpose::AcceptInvitation, Language::Fr) => words(
            "Accepter l'invitation",
            "Un compte est créé pour votre adresse électronique et l'invitation est acceptée. Si cette adresse a déjà un compte, ne remplissez pas ce formulaire : connectez-vous et acceptez-y l'invitation.",
            "Créer le compte et accepter",
            "L'invitation est acceptée. Connectez-vous avec votre adresse électronique et ce mot de passe.",
        ),
        (Purpose::ConfirmApplication, Language::En) => words(
            "Confirm the application",
            "Somebody filled in an application to endorse the call, with you as its contact. If that was you, confirm it: then the secretariat looks at it and writes to you.",
            "Confirm the application",
            "The application is confirmed. The secretariat will write to you.",
        ),
        (Purpose::ConfirmApplication, Language::Fr) => words(
            "Confirmer la demande",
            "Quelqu'un a rempli une demande de soutien à l'appel en vous indiquant comme contact. Si c'est vous, confirmez-la : le secrétariat l'examinera et vous écrira.",
            "Confirmer la demande",
            "La demande est confirmée. Le secrétariat vous écrira.",
        ),
        (Purpose::ConfirmContribution, Language::En) => words(
            "Confirm your answers",
            "Somebody answered a consultation with your e-mail address. If that was you, confirm it: then the answers count. Of several that are confirmed the last one counts.",
            "Confirm the answers",
            "Your answers are confirmed, and count. A mail tells you how to take them back.",
        ),
        (Purpose::ConfirmContribution, Language::Fr) => words(
            "Confirmer vos réponses",
            "Quelqu'un a répondu à une consultation avec votre adresse électronique. Si c'est vous, confirmez-le : les réponses compteront. Si plusieurs sont confirmées, la dernière compte.",
            "Confirmer les réponses",
            "Vos réponses sont confirmées et comptent. Un message vous dit comment les retirer.",
        ),
        (Purpose::WithdrawContribution, Language::En) => words(
            "Withdraw your answers",
            "Your answers to the consultation will count no more. Until it closes you can answer again.",
            "Withdraw the answers",
            "Your answers are withdrawn.",
        ),
        (Purpose::WithdrawContribution, Language::Fr) => words(
            "Retirer vos réponses",
            "Vos réponses à la consultation ne compteront plus. Jusqu'à sa clôture, vous pouvez répondre de nouveau.",
            "Retirer les réponses",
            "Vos réponses sont retirées.",
        ),
    }
}

/// The language of the product that a browser asks for.
fn language_of(request: &HttpRequest) -> Language {
    let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let ours: Vec<String> = Language::ALL.iter().map(ToString::to_string).collect();
    Language::first_of([Reader::negotiate(None, accept, None, &ours).content_language(&ours).as_str()])
}

/// Whether mails to whoever makes an account here can be in that language: it must be one of the call's.
async fn is_of_the_call(web: &Web, language: Language) -> bool {
    let load = web.load_languages;
    let languages = web.db.read(move |tx| load(tx)).await;
    languages.is_ok_and(|languages| languages.0.iter().any(|known| known == language.as_str()))
}

/// What the token in a page's address stands for, where the page depends on that. Nothing changes by looking.
async fn detail_of(purpose: Purpose, request: &HttpRequest, web: &Web) -> Option<Value> {
    if !matches!(purpose, Purpose::ConfirmContribution | Purpose::WithdrawContribution) {
        return None;
    }
    let query = web::Query::<BTreeMap<String, String>>::from_query(request.query_string()).ok()?.into_inner();
    let token = query.get("token")?.clone();
    let looked = web.db.read(move |tx| {
        let now = tx.now();
        store::look(tx, purpose, &token, now)
    });
    looked.await.ok().map(|redeemed| redeemed.detail)
}

async fn show(purpose: Purpose, request: HttpRequest, web: web::Data<Web>) -> HttpResponse {
    let language = language_of(&request);
    let Words { title, intro, button, done } = words(purpose, language);
    let makes_account = purpose == Purpose::AcceptInvitation;
    let locale = if makes_account && is_of_the_call(&web, language).await { Some(language.as_str()) } else { None };
    let path = path(purpose, detail_of(purpose, &request, &web).await.as_ref());
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let page = environment.render_str(
        PAGE,
        context! {
            language => language.as_str(), title, intro, button, done, locale,
            void => path.is_none(), path => path.unwrap_or_default(),
            asks_name => makes_account,
            asks_password => makes_account || purpose == Purpose::ResetPassword,
            shared => minijinja::value::Value::from(minijinja::value::Serde(shared(language))),
        },
    );
    match page {
        Ok(html) => HttpResponse::Ok()
            .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_LANGUAGE, language.as_str()))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => problem_response(Error::Internal(error.to_string()).into_problem()),
    }
}

async fn asset(media_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, HeaderValue::from_static(media_type))).body(text)
}

/// Mounts a page for each purpose, and what they share.
pub fn mount(app: &mut web::ServiceConfig) {
    let read_only = || web::to(|| async { method_not_allowed("GET, HEAD") });
    for purpose in Purpose::ALL {
        let answer = move |request, web| show(*purpose, request, web);
        let resource = web::resource(format!("/{purpose}")).get(answer).route(web::head().to(answer));
        app.service(resource.default_service(read_only()));
    }
    for (name, media_type, text) in
        [("act.js", "text/javascript; charset=utf-8", SCRIPT), ("style.css", "text/css; charset=utf-8", STYLE)]
    {
        let answer = move || asset(media_type, text);
        let resource = web::resource(format!("/pages/{name}")).get(answer).route(web::head().to(answer));
        app.service(resource.default_service(read_only()));
    }
}
