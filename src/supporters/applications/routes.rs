//! `/supporter-applications`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::mails;
use super::rules::{Application, Decision, Status, Typed};
use super::store::{self, ApplicationId, Applications, Row};
use super::view::{Asked, View, views};
use crate::audit::{self, Entry};
use crate::call::{self, Call};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::facts;
use crate::http::limits::Limit;
use crate::http::page::Paging;
use crate::http::{Accepted, NoContent, Object, Page, Request, Route, Tagged, get, prose, route};
use crate::outbox::{self, Purpose, TokenBody};
use crate::policy::{Action, Object as Subject, SupporterId};
use crate::supporters::affiliations::AffiliationRole;
use crate::supporters::facts::SupportersEndorsed;
use crate::supporters::joining;
use crate::supporters::rules::{self, Particulars, Status as SupporterStatus};
use crate::supporters::store::entry;
use crate::time::Day;

pub fn routes() -> Vec<Route> {
    let post = Method::POST;
    let (forms, run) = (Action::UsePublicForms, Action::RunInitiative);
    vec![
        route(post.clone(), "/supporter-applications", forms, "Apply to become a supporter", apply).limited(Limit::Applications),
        route(post.clone(), "/supporter-applications/confirm", forms, "Confirm an application, from its contact's mail", confirm)
            .answers(&[ProblemKind::InvalidToken]),
        get("/supporter-applications", run, "Applications that were confirmed, open ones first", list)
            .answers(&[ProblemKind::InvalidCursor]),
        get("/supporter-applications/{application}", run, "An application with its contact and look-alikes", show),
        route(post, "/supporter-applications/{application}/decision", run, "Endorse, decline, or ask the contact", decide)
            .answers(&[
                ProblemKind::IllegalTransition,
                ProblemKind::WrongState,
                ProblemKind::RuleViolation,
                ProblemKind::PreconditionFailed,
            ]),
    ]
}

/// An application as somebody types it.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewApplication")]
struct New {
    /// The organisation's name.
    #[schemars(length(min = 1, max = 1000))]
    name: String,
    /// A code of `/sectors`.
    #[schemars(length(max = 100))]
    sector: String,
    /// A code of `/kinds`.
    #[schemars(length(max = 100))]
    kind: Option<String>,
    /// ISO 3166-1 alpha-2; may be missing for an international organisation only.
    #[schemars(length(max = 10))]
    country: Option<String>,
    #[schemars(length(max = 2000))]
    website: Option<String>,
    /// What it says about the call.
    #[schemars(length(max = 20_000))]
    statement: Option<String>,
    contact: NewContact,
}

/// Who speaks for the organisation.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewApplicationContact")]
struct NewContact {
    #[schemars(length(min = 1, max = 1000))]
    name: String,
    /// A link is mailed there; the application exists once it was followed.
    #[schemars(length(max = 254))]
    email: String,
    #[schemars(length(min = 1, max = 1000))]
    job_title: String,
    /// That this person may speak for the organisation.
    authorised: bool,
}

impl New {
    fn check(&self, call: &Call) -> Result<Application> {
        let contact = &self.contact;
        let typed = Typed {
            name: &self.name,
            sector: &self.sector,
            kind: self.kind.as_deref(),
            country: self.country.as_deref(),
            website: self.website.as_deref(),
            statement: self.statement.as_deref(),
            contact_name: &contact.name,
            contact_email: &contact.email,
            contact_job_title: &contact.job_title,
            authorised: contact.authorised,
        };
        typed.check(call).map_err(|faults| Problem::invalid(&faults).into())
    }
}

async fn apply(request: Request<(), (), New>) -> Result<Accepted> {
    request
        .accept(
            || Accepted,
            |tx, input| {
                let application = input.body.check(&call::load(tx)?)?;
                let locale = input.reader.language(&input.languages.0).unwrap_or_default();
                let id = store::insert(tx, &application, locale)?;
                mails::ask_to_confirm(tx, id, &application, locale)
            },
        )
        .await
}

async fn confirm(request: Request<(), (), TokenBody>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let redeemed = outbox::redeem(tx, Purpose::ConfirmApplication, &input.body.token)?;
            let id = redeemed.subject.parse().map_err(|_| outbox::invalid_token())?;
            // One after another: of two of one name that are confirmed at once, the second must see the first.
            call::lock(tx)?;
            let mut row =
                store::find(tx, id)?.filter(|row| row.status == Status::Unconfirmed).ok_or_else(outbox::invalid_token)?;
            let alike = store::look_alikes(tx, &row)?;
            let today = call::load(tx)?.today(tx.now());
            row.supporter_id = Some(entry_of(tx, &row, today)?);
            row.possible_duplicates = serde_json::to_string(&alike)?;
            row.status = Status::Pending;
            row.confirmed_at = Some(tx.now());
            store::save(tx, &mut row)?;
            audit::record(
                tx,
                Entry::of("application.confirmed", "supporter_application", id).moved(Status::Unconfirmed, row.status),
            );
            mails::received(tx, &row, alike.len())?;
            Ok(NoContent)
        })
        .await
}

/// The entry that an application is about. One that withdrew or was declined under this name stays as it is until the application is
/// endorsed: what a stranger sends changes nothing that anybody sees. Any other name gets a new entry, pending.
fn entry_of(tx: &mut Write<'_>, row: &Row, today: Day) -> Result<SupporterId> {
    let before = store::namesakes(tx, &row.folded_name)?;
    let reopens = |status: &SupporterStatus| matches!(status, SupporterStatus::Withdrawn | SupporterStatus::Declined);
    if let Some((id, ..)) = before.iter().find(|(_, status, _)| reopens(status)) {
        return Ok(*id);
    }
    let slug = entry::free_slug(tx, &row.name)?;
    let particulars = Particulars { slug, endorsed_on: None, source: rules::SOURCE_APPLICATION.into(), ..applied(row) };
    let new = entry::insert(tx, particulars, SupporterStatus::Pending, Some(today))?;
    audit::record(tx, Entry::of("supporter.applied", "supporter", new.shown.id));
    Ok(new.shown.id)
}

/// What the application says about the organisation.
fn applied(row: &Row) -> Particulars {
    Particulars {
        slug: String::new(),
        name: row.name.clone(),
        sector: Some(row.sector.clone()),
        kind: row.kind.clone(),
        country: row.country.clone(),
        website: row.website.clone(),
        statement: row.statement.clone(),
        endorsed_on: None,
        source: String::new(),
    }
}

#[derive(Deserialize, JsonSchema)]
struct ListQuery {
    #[serde(flatten)]
    page: Paging<Applications>,
    /// Only those in this state.
    status: Option<Status>,
}

async fn list(request: Request<(), ListQuery>) -> Result<Page<Tagged<View>>> {
    request
        .read(|tx, input| {
            input.allow(&Subject::initiative())?;
            let status = input.query.status;
            let plan = input.query.page.plan(&input.filters)?;
            let rows = store::page(tx, status, &plan)?;
            let total = if plan.total { Some(store::count(tx, status)?) } else { None };
            let (rows, next) = plan.cut(rows);
            Ok(Page::new(views(tx, rows)?, next, total))
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct ApplicationPath {
    application: ApplicationId,
}

/// A confirmed application; any other exists for nobody.
fn confirmed(row: Option<Row>) -> Result<Row> {
    row.filter(|row| row.status != Status::Unconfirmed).ok_or_else(|| Error::not_found("application"))
}

fn shown(c: &mut AnyConnection, row: Row) -> Result<Object<Tagged<View>>> {
    let one = views(c, vec![row])?.pop().ok_or_else(|| Error::Internal("an application without its view".into()))?;
    Ok(Object::tagged(one))
}

async fn show(request: Request<ApplicationPath>) -> Result<Object<Tagged<View>>> {
    request
        .read(|tx, input| {
            input.allow(&Subject::initiative())?;
            let row = confirmed(store::find(tx, input.path.application)?)?;
            shown(tx, row)
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ApplicationDecision")]
struct Decided {
    decision: Decision,
    /// Why it is declined, or what is asked; mailed to the contact.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

async fn decide(request: Request<ApplicationPath, (), Decided>) -> Result<Object<Tagged<View>>> {
    request
        .write(|tx, input| {
            let decision = input.body.decision;
            let reason = prose("/reason", input.body.reason.as_deref())?;
            input.allow(&Subject::initiative())?;
            let mut row = confirmed(store::hold(tx, input.path.application)?)?;
            input.if_match.allow(row.version)?;
            let allowed = Decision::allowed(row.status);
            if !allowed.contains(&decision) {
                let detail = format!("The application is {} already.", row.status);
                return Err(Problem::new(ProblemKind::IllegalTransition, detail).with("allowed", allowed).into());
            }
            if decision.needs_reason() && reason.is_none() {
                return Err(Error::reason_required("the contact is mailed it"));
            }
            let said = reason.as_deref().unwrap_or_default();
            let today = call::load(tx)?.today(tx.now());
            match decision {
                Decision::Endorse => endorse(tx, &mut row, today)?,
                Decision::Decline => decline(tx, &mut row, today, said)?,
                Decision::Ask => ask(&mut row, today, said)?,
            }
            store::save(tx, &mut row)?;
            let entry = Entry::of(act(decision), "supporter_application", row.id);
            let entry = if row.status == Status::Pending { entry } else { entry.moved(Status::Pending, row.status) };
            audit::record(tx, entry.because(reason.as_deref()));
            mails::decided(tx, &row, decision, said)?;
            shown(tx, row)
        })
        .await
}

fn act(decision: Decision) -> &'static str {
    match decision {
        Decision::Endorse => "application.endorsed",
        Decision::Decline => "application.declined",
        Decision::Ask => "application.asked",
    }
}

fn decided(tx: &Write<'_>, row: &mut Row, status: Status) {
    (row.status, row.rank, row.decided_at) = (status, 1, Some(tx.now()));
}

/// Takes the organisation into the register. An entry that withdrew or was declined is re-opened; the application fills what is not known
/// of it. The contact becomes focal point.
fn endorse(tx: &mut Write<'_>, row: &mut Row, today: Day) -> Result<()> {
    let id = row.supporter_id.ok_or_else(|| Error::Internal("a confirmed application without its entry".into()))?;
    let is = entry::row(tx, id)?.ok_or_else(|| Error::Internal("an application's entry is gone".into()))?;
    match is.shown.status {
        SupporterStatus::Pending => {}
        SupporterStatus::Withdrawn | SupporterStatus::Declined => {
            entry::move_to(tx, id, is.shown.status, SupporterStatus::Pending, today, None)?;
            let reopened = entry::row(tx, id)?.ok_or_else(|| Error::Internal("an application's entry is gone".into()))?;
            // What is known of it stays, as with an import: who it is, is the secretariat's to change, in the open.
            let (known, told) = (reopened.particulars(), applied(row));
            let to = Particulars {
                sector: known.sector.clone().or(told.sector),
                kind: known.kind.clone().or(told.kind),
                country: known.country.clone().or(told.country),
                website: known.website.clone().or(told.website),
                statement: known.statement.clone().or(told.statement),
                endorsed_on: None,
                ..known.clone()
            };
            if to != known {
                entry::change(tx, reopened, to)?;
                audit::record(tx, Entry::of("supporter.changed", "supporter", id));
            }
        }
        SupporterStatus::Endorsed => {
            let detail = "This organisation was endorsed by another application meanwhile. Decline this one, or ask its contact.";
            return Err(Error::wrong_state(detail));
        }
    }
    entry::move_to(tx, id, SupporterStatus::Pending, SupporterStatus::Endorsed, today, None)?;
    if let Some(email) = &row.contact_email {
        joining::welcome(tx, id, email, AffiliationRole::FocalPoint, row.contact_locale.as_deref())?;
    }
    decided(tx, row, Status::Endorsed);
    // Last: rounds are held after the groups that the contact joins by this.
    facts::announce(tx, &SupportersEndorsed)
}

/// Says no. An entry that was there before the application stays as it is.
fn decline(tx: &mut Write<'_>, row: &mut Row, today: Day, reason: &str) -> Result<()> {
    if let Some(id) = row.supporter_id
        && let Some(is) = entry::row(tx, id)?
        && is.shown.status == SupporterStatus::Pending
    {
        entry::move_to(tx, id, SupporterStatus::Pending, SupporterStatus::Declined, today, Some(reason))?;
    }
    decided(tx, row, Status::Declined);
    row.reason = Some(reason.to_owned());
    Ok(())
}

fn ask(row: &mut Row, today: Day, question: &str) -> Result<()> {
    let mut asked: Vec<Asked> = serde_json::from_str(&row.asked)?;
    asked.push(Asked { on: today, text: question.to_owned() });
    row.asked = serde_json::to_string(&asked)?;
    Ok(())
}
