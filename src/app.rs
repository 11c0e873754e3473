//! The composition root: which slices there are, and what one server is made of.

use std::sync::Arc;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};

use crate::db::Db;
use crate::http::metrics::Metrics;
use crate::http::{self, Authenticate, NoAccounts, Options, Route, Web, edge::edge, route::mount};
use crate::{call, forum, groups, supporters, views};

/// Every route of the product.
pub fn routes() -> Vec<Route> {
    [call::routes(), supporters::routes(), groups::routes(), forum::routes(), views::routes()].into_iter().flatten().collect()
}

/// What one server is made of; a test adds routes of its own.
#[derive(Clone)]
pub struct Composition {
    /// What every request can reach.
    pub web: Web,
    routes: Arc<Vec<Route>>,
    /// The OpenAPI document, made once for all threads.
    document: web::Bytes,
}

impl Composition {
    /// The product on this database.
    pub fn new(db: Db, options: Options) -> Self {
        Self::with(db, options, Box::new(NoAccounts), routes())
    }

    /// The product with other accounts or further routes.
    pub fn with(db: Db, options: Options, authenticate: Box<dyn Authenticate>, routes: Vec<Route>) -> Self {
        let web = Web::new(db, options, authenticate, call::languages, Metrics::new());
        let document = web::Bytes::from(http::openapi::document(&routes).to_string());
        Self { web, routes: Arc::new(routes), document }
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
            .wrap(from_fn(edge))
    }
}
