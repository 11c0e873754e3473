//! Who calls: a bearer token, or, in the address of a GET that a browser makes without headers, a signed link.

use actix_web::HttpRequest;
use actix_web::http::{Method, header};

use super::{SignedIn, Web, bad_token};
use crate::db::AnyConnection;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::policy::Actor;
use crate::time::Instant;

/// The parameter of a query that holds the token of a signed link.
const LINK: &str = "link";

/// What a request brought to say who calls, checked as far as that goes without the database.
#[derive(Clone, Copy)]
pub(super) struct Credential {
    who: SignedIn,
    /// By a signed link, not by an access token.
    by_link: bool,
}

/// Whether a query has the token of a signed link in it: then the answer is one person's.
pub(super) fn has_link(query: &str) -> bool {
    query.split('&').any(is_link)
}

/// Whether `name=value` of a query is the token of a signed link.
pub fn is_link(pair: &str) -> bool {
    pair.split('=').next() == Some(LINK)
}

/// The address with the token of a signed link behind its query.
pub fn linked(target: &str, token: &str) -> String {
    format!("{target}{}{LINK}={token}", if target.contains('?') { '&' } else { '?' })
}

/// 401 for a link that does not count (any more), or not here.
pub fn bad_link() -> Error {
    let detail = "This link has expired, or is for another address than this one. Ask for a new one with POST /api/v1/me/links.";
    Problem::new(ProblemKind::BadAccessToken, detail)
        .with_header("WWW-Authenticate", "Bearer realm=\"plenary\", error=\"invalid_token\"")
        .into()
}

impl Credential {
    /// What the request brings: 401 where it is none of ours, or two at once; 429 where its person asks too often.
    pub(super) fn of(request: &HttpRequest, web: &Web) -> Result<Option<Self>> {
        let header = request.headers().get(header::AUTHORIZATION);
        let query = request.query_string();
        let mut links = query.split('&').filter(|pair| is_link(pair));
        let token = links.next().map(|pair| pair.split_once('=').unwrap_or_default().1);
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let now = web.db.clock().now();
        let credential = match (header, token) {
            (None, None) => return Ok(None),
            (Some(header), None) => {
                let token = bearer(header.to_str().unwrap_or_default())?;
                Self { who: web.authenticate.verify(&token, now)?, by_link: false }
            }
            (None, Some(token)) if reads && links.next().is_none() => {
                let rest: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_link(pair)).collect();
                let mark = if rest.is_empty() { "" } else { "?" };
                let target = format!("{}{mark}{}", request.path(), rest.join("&"));
                Self { who: web.authenticate.verify_link(token, &target, now)?, by_link: true }
            }
            (_, Some(_)) => return Err(bad_link()),
        };
        web.limits.account(credential.who.person)?;
        Ok(Some(credential))
    }

    /// Until when it counts.
    pub(super) fn until(self) -> Instant {
        self.who.until
    }

    /// The caller, read anew: its session must still stand.
    pub(super) fn recognise(self, web: &Web, c: &mut AnyConnection, now: Instant) -> Result<Actor> {
        let known = web.authenticate.recognise(c, self.who, now)?;
        known.ok_or_else(|| if self.by_link { bad_link() } else { bad_token() })
    }
}

/// The token of an `Authorization` header.
fn bearer(header: &str) -> Result<String> {
    let (scheme, token) = header.split_once(' ').unwrap_or_default();
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > 4096 {
        return Err(bad_token());
    }
    Ok(token.to_owned())
}
