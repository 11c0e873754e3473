//! `/admin/keys`: the keys that access tokens are signed with.

use std::sync::Arc;

use actix_web::http::Method;

use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::http::{Object, Page, Request, Route, get, route};
use crate::people::accounts::Accounts;
use crate::people::keys::KeyView;
use crate::policy::{self, Action};

pub fn routes() -> Vec<Route> {
    let action = Action::RunAccounts;
    vec![
        get("/admin/keys", action, "The keys of access tokens, the one that signs first", keys),
        // A move, not a thing made: the list is what can be read of it.
        route(Method::POST, "/admin/keys", action, "Sign with a new key; the ones before verify for another hour", rotate),
    ]
}

async fn keys(request: Request) -> Result<Page<KeyView>> {
    let accounts: Arc<Accounts> = request.part()?;
    request
        .read(move |tx, input| {
            input.allow(&policy::Object::initiative())?;
            Ok(Page::new(accounts.keys.list(tx.now()), None, None))
        })
        .await
}

async fn rotate(request: Request) -> Result<Object<Page<KeyView>>> {
    let accounts: Arc<Accounts> = request.part()?;
    let (request, now) = request
        .peek(|tx, input| {
            input.allow(&policy::Object::initiative())?;
            Ok(tx.now())
        })
        .await?;
    // A file cannot be taken back as a transaction can, so it comes between the two. Whoever is cut off here sees the new key in the list.
    let keys = accounts.keys.clone();
    let kid = tokio::task::spawn_blocking(move || keys.rotate_own(now)).await.map_err(|e| Error::Internal(e.to_string()))??;
    tracing::info!(kid, "access tokens are signed with a new key");
    request
        .write(move |tx, _| {
            audit::record(tx, Entry::of("key.rotated", "key", &kid));
            Ok(Object::plain(Page::new(accounts.keys.list(tx.now()), None, None)))
        })
        .await
}
