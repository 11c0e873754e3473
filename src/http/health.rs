//! What a supervisor asks: `/healthz`, whether the process lives, and `/readyz`, whether it can serve.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};

use super::Web;
use super::route::{method_not_allowed, problem_response};
use crate::db::DbError;
use crate::error::{Problem, ProblemKind};

fn well(body: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(body)
}

async fn live() -> HttpResponse {
    well(r#"{"status":"alive"}"#)
}

async fn ready(web: web::Data<Web>) -> HttpResponse {
    let db = web.db.clone();
    let detail = match tokio::task::spawn_blocking(move || db.is_ready()).await {
        Ok(Ok(())) => return well(r#"{"status":"ready"}"#),
        // Says no more than which command helps.
        Ok(Err(DbError::Migration(schema))) => schema,
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "not ready");
            "the database does not answer".to_owned()
        }
        Err(_) => "the server is stopping".to_owned(),
    };
    problem_response(Problem::new(ProblemKind::Unavailable, format!("Not ready: {detail}.")).with_header("Retry-After", 1))
}

/// Mounts `/healthz` and `/readyz`.
pub fn mount(app: &mut web::ServiceConfig) {
    let read_only = || web::to(|| async { method_not_allowed("GET, HEAD") });
    app.service(web::resource("/healthz").get(live).route(web::head().to(live)).default_service(read_only()))
        .service(web::resource("/readyz").get(ready).route(web::head().to(ready)).default_service(read_only()));
}
