//! `/metrics`, on a listener of its own, which need not be public.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::http::Web;

/// Prometheus scrapes one at a time.
const MAX_CONNECTIONS: usize = 32;

/// A server of one thread for it.
pub(super) fn server(listener: TcpListener, state: Web) -> std::io::Result<Server> {
    let app = move || App::new().app_data(web::Data::new(state.clone())).service(web::resource("/metrics").get(scrape));
    let server =
        HttpServer::new(app).workers(1).worker_max_blocking_threads(1).max_connections(MAX_CONNECTIONS).disable_signals();
    Ok(server.listen(listener)?.run())
}

/// What is not counted as it happens is looked up at each scrape.
async fn scrape(web: web::Data<Web>) -> HttpResponse {
    let (used, idle) = web.db.connections();
    let metrics = &web.metrics;
    metrics.connections_used.set(used.into());
    metrics.connections_idle.set(idle.into());
    metrics.writers_waiting.set(web.db.waiting_writers().try_into().unwrap_or(i64::MAX));
    metrics.queries.set(web.db.queries().try_into().unwrap_or(i64::MAX));
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        .body(metrics.text())
}
