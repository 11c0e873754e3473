//! `/me/links`: an address that a browser can read without headers.

use std::sync::Arc;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::http::{self, Object, Readable, Request, Route, route};
use crate::people::accounts::{Accounts, oneself};
use crate::people::links;
use crate::policy::{self, Action};
use crate::text::MAX_URL;
use crate::time::Instant;

pub fn routes() -> Vec<Route> {
    // Nothing is made that could be read again.
    vec![route(Method::POST, "/me/links", Action::KeepOwnAccount, "A link for one address, good for 5 minutes, as oneself", make)]
}

/// What is to be read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A path of this API that can be read with GET, with its query: `/api/v1/deliverables/WG5-D1/versions/1/content`.
    #[schemars(length(min = 1, max = 2000))]
    path: String,
}

/// An address to be opened, as often as it takes, until it expires. Whoever has it reads what its maker may read then.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedLink")]
struct LinkView {
    url: String,
    expires_at: Instant,
}

async fn make(request: Request<(), (), Wanted>) -> Result<Object<LinkView>> {
    let (accounts, readable): (Arc<Accounts>, Arc<Readable>) = (request.part()?, request.part()?);
    let base = request.public_url().to_owned();
    request
        .read(move |tx, input| {
            let person = oneself(&input.actor)?;
            input.allow(&policy::Object::of_person(person))?;
            let target = target(&input.body.path, &readable)?;
            let session = input.actor.session.ok_or_else(|| Error::Internal("a person without a session".into()))?;
            let (token, expires_at) = links::sign(&accounts.keys, person, session, &target, tx.now());
            Ok(Object::plain(LinkView { url: format!("{base}{}", http::linked(&target, &token)), expires_at }))
        })
        .await
}

/// Path and query as a browser will send them. 422 where no GET goes there.
fn target(given: &str, readable: &Readable) -> Result<String> {
    let invalid = |code, detail: &str| Err(Error::invalid("/path", code, detail));
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '#' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    if given.len() > MAX_URL || !given.chars().all(plain) {
        return invalid("format", "must be a path with its query, percent-encoded, without fragment");
    }
    let (path, query) = given.split_once('?').unwrap_or((given, ""));
    if !path.starts_with("/api/v1/") || !readable.has(path) {
        return invalid("unknown", "is no path below /api/v1 that can be read with GET");
    }
    // A browser would resolve these away.
    if path.split('/').any(|part| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")) {
        return invalid("format", "must have no `.` and `..` in it");
    }
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    if pairs.iter().any(|pair| http::is_link(pair)) {
        return invalid("format", "has a link's token already; leave `link` out");
    }
    let mark = if pairs.is_empty() { "" } else { "?" };
    Ok(format!("{path}{mark}{}", pairs.join("&")))
}
