//! The composition root: which slices there are, and what one server is made of.

use std::sync::Arc;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use secrecy::SecretBox;

use crate::db::{AnyConnection, Db};
use crate::error::Result;
use crate::facts::Reactions;
use crate::files::Files;
use crate::http::metrics::Metrics;
use crate::http::{self, Authenticate, Options, Parts, Readable, Route, SignedIn, Web, edge::edge, route::mount};
use crate::outbox::TokenKey;
use crate::people::Accounts;
use crate::policy::Actor;
use crate::time::Instant;
use crate::{
    call, consultations, deliverables, forum, groups, meetings, notifications, outbox, people, reminders, settings, supporters,
    views, webhooks,
};

/// Every route of the product.
pub fn routes() -> Vec<Route> {
    let slices = [
        outbox::routes(),
        webhooks::routes(),
        notifications::routes(),
        call::routes(),
        people::routes(),
        supporters::routes(),
        groups::routes(),
        forum::routes(),
        deliverables::routes(),
        meetings::routes(),
        consultations::routes(),
        reminders::routes(),
        settings::routes(),
        views::routes(),
    ];
    slices.into_iter().flatten().collect()
}

/// Who reacts to what.
fn reactions() -> Reactions {
    Reactions::default()
        .on::<people::PersonErased>(supporters::on_person_erased)
        .on(groups::affiliation_ended)
        .on(groups::person_suspended)
        .on(groups::person_erased)
        .on(groups::supporter_changed)
        .on::<people::PersonErased>(views::on_person_erased)
        .on(consultations::person_erased)
        .on(reminders::on_person_erased)
        .on(consultations::supporters_merged)
        .on(groups::supporter_withdrawn)
        .on(groups::supporters_merged)
        .on(deliverables::on_membership_ended)
        .on(deliverables::on_leads_wanted)
        .on(deliverables::on_group_concluding)
        .on(deliverables::on_group_renumbering)
        .on(deliverables::on_edition_cancelled)
        .on(deliverables::on_edition_rescheduled)
        .on(deliverables::on_session_shows)
        .on(deliverables::on_person_erased)
        .on(consultations::on_supporters_endorsed)
        .on(consultations::on_people_joined)
        .on(consultations::on_group_suspended)
        .on(consultations::on_group_concluding)
        .on(consultations::on_round_wanted)
        .on(consultations::on_deliverable_settled)
        .on(groups::fulfil_invitations)
        // After the seats: who is told of an ended membership is who still sits.
        .on(groups::end_memberships_of_affiliation)
        .on(groups::end_memberships_of_withdrawn)
        .on(groups::move_memberships_of_merged)
        .on(groups::end_memberships_of_erased)
        .on(webhooks::on_recorded)
}

/// Lets this process write: what a transaction changes has its consequences from now on.
pub fn prepare(db: &Db) {
    db.extend(reactions());
}

/// Lets this process make and render links that ask for an act.
pub fn prepare_links(db: &Db, accounts: &Accounts) {
    db.extend(TokenKey(SecretBox::new(Box::new(accounts.keys.mail_key()))));
}

/// Says which endpoints this process may tell; without it, public ones by https only.
pub fn prepare_endpoints(db: &Db, reach: webhooks::Reach) {
    db.extend(reach);
}

/// Who a token stands for: the person, and what it is affiliated to.
struct Callers(Accounts);

impl Authenticate for Callers {
    fn verify(&self, token: &str, now: Instant) -> Result<SignedIn> {
        self.0.verify(token, now)
    }

    fn verify_link(&self, link: &str, target: &str, now: Instant) -> Result<SignedIn> {
        self.0.verify_link(link, target, now)
    }

    fn recognise(&self, connection: &mut AnyConnection, who: SignedIn, now: Instant) -> Result<Option<Actor>> {
        match self.0.recognise(connection, who, now)? {
            Some(actor) => with_standings(connection, actor).map(Some),
            None => Ok(None),
        }
    }
}

/// The caller with the supporters, groups and seats that make its standings, as they are now.
pub fn with_standings(connection: &mut AnyConnection, mut actor: Actor) -> Result<Actor> {
    if let Some(person) = actor.person.filter(|_| actor.verified) {
        actor.affiliations = supporters::affiliations_of(connection, person)?;
        (actor.memberships, actor.seats) = groups::standings_of(connection, person)?;
    }
    Ok(actor)
}

/// What one server is made of; a test adds routes of its own.
#[derive(Clone)]
pub struct Composition {
    /// What every request can reach.
    pub web: Web,
    routes: Arc<Vec<Route>>,
    document: http::docs::Document,
}

impl Composition {
    /// The product on this database.
    pub fn new(db: Db, options: Options, accounts: Accounts, files: Files) -> Self {
        let callers = Box::new(Callers(accounts.clone()));
        Self::with(db, options, accounts, files, callers, routes())
    }

    /// The product with other callers or further routes.
    pub fn with(
        db: Db,
        options: Options,
        accounts: Accounts,
        files: Files,
        authenticate: Box<dyn Authenticate>,
        routes: Vec<Route>,
    ) -> Self {
        prepare(&db);
        prepare_links(&db, &accounts);
        let parts = Parts::default().with(accounts).with(files).with(Readable::of(&routes)).with(notifications::Hub::default());
        let web = Web::new(db, options, authenticate, call::languages, Metrics::new(), parts);
        let routes = Arc::new(routes);
        Self { web, document: http::docs::Document::of(routes.clone()), routes }
    }

    /// The actix application: one for each worker thread.
    pub fn app(
        &self,
    ) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> + use<>>
    {
        let api = mount(&self.routes);
        let docs = http::docs::mount(self.document.clone());
        App::new()
            .app_data(web::Data::new(self.web.clone()))
            .configure(api)
            .configure(docs)
            .configure(http::health::mount)
            .configure(people::mount_jwks)
            .configure(outbox::mount_pages)
            .configure(notifications::mount_unsubscribe)
            .wrap(from_fn(edge))
    }
}
