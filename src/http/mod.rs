//! HTTP: what every route shares. A slice lists its routes ([`route`]), its handlers take a [`Request`] and give an [`Answer`]; the
//! [`edge`] does the rest for all of them.

pub mod answer;
mod beside;
mod body;
pub mod cache;
pub mod change;
pub mod cors;
mod credential;
pub mod csv;
pub mod docs;
pub mod edge;
pub mod etag;
pub mod events;
mod example;
mod file;
pub mod health;
pub mod idempotency;
mod input;
pub mod limits;
pub mod metrics;
pub mod openapi;
pub mod page;
mod prepare;
mod readable;
mod request;
pub mod route;
mod shared;
mod upload;
mod written;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

pub use answer::{Accepted, Answer, Calendar, Created, Csv, Download, Html, NoContent, Object, Picture, Sheet, Table};
pub use beside::Beside;
pub use credential::{bad_link, is_link, linked};
pub use etag::Tagged;
pub use events::{Caller, Events, Narrated};
pub use file::{About, StoredFile};
pub use input::{behind, both, prose, prose_or_faults};
pub use page::Page;
pub use readable::Readable;
pub use request::{Input, Request};
pub use route::{Route, get, route, upload};
pub use shared::Shared;
pub use upload::{Upload, Uploaded};
pub use written::Written;

use self::credential::Credential;
use crate::db::{AnyConnection, Db};
use crate::error::{Problem, ProblemKind, Result};
use crate::ids::Id;
use crate::policy::{Actor, PersonId, SessionMark};
use crate::time::Instant;

/// The call's languages, first one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Languages(pub Vec<String>);

impl Languages {
    /// The order in which somebody reads whose own language this is: that one, then the call's.
    pub fn read_by(&self, own: Option<&str>) -> Vec<String> {
        own.into_iter().map(str::to_owned).chain(self.0.iter().cloned()).collect()
    }
}

/// Limits and addresses that the HTTP layer works with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the world reaches this server, without a slash at its end.
    pub public_url: String,
    /// Bytes of a JSON body.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a request may take in all.
    pub request_timeout: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Bytes of the answer cache, and of the one of shared answers beside it; 0 switches both off.
    pub cache_bytes: u64,
    /// Whose pages may call from a browser.
    pub cors: cors::Cors,
    /// How often a client may ask.
    pub limits: limits::Quotas,
    /// Streams of events.
    pub streams: Streams,
}

/// What holds for streams of events.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    /// Streams that one server holds open at once.
    pub most: usize,
    /// How long a stream is silent at most.
    pub heartbeat: Duration,
    /// How long a stream lasts at most; then its client comes again.
    pub longest: Duration,
    /// How long a client may take nothing of what waits for it; then its stream ends.
    pub patience: Duration,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            most: 2_000,
            heartbeat: Duration::from_secs(15),
            longest: Duration::from_secs(3_600),
            patience: Duration::from_secs(60),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".into(),
            max_body_bytes: 1 << 20,
            body_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
            cache_bytes: 16 << 20,
            cors: cors::Cors::default(),
            limits: limits::Quotas::default(),
            streams: Streams::default(),
        }
    }
}

/// Who has signed in, as a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The person.
    pub person: PersonId,
    /// The session that the token was given in.
    pub session: Id<SessionMark>,
    /// Until when the token counts.
    pub until: Instant,
}

/// Who a bearer token stands for. Accounts live in a higher slice; the composition root hands it in.
pub trait Authenticate: Send + Sync {
    /// Who a token is for, by what can be checked without the database: form, signature, expiry. 401 otherwise. Asked once a request, and
    /// with no transaction open, as a signature costs more than a query.
    fn verify(&self, token: &str, now: Instant) -> Result<SignedIn>;
    /// As [`Authenticate::verify`], for the token of a signed link that was found on `target` (path and query without it).
    fn verify_link(&self, _link: &str, _target: &str, _now: Instant) -> Result<SignedIn> {
        Err(bad_link())
    }
    /// The caller as it is now; `None` where its session stands no more.
    fn recognise(&self, connection: &mut AnyConnection, who: SignedIn, now: Instant) -> Result<Option<Actor>>;
}

/// 401 for a token that does not count (RFC 6750, 3.1).
pub fn bad_token() -> crate::error::Error {
    Problem::new(
        ProblemKind::BadAccessToken,
        "The access token is not valid here, or no longer. Sign in again, or leave it out to read what is public.",
    )
    .with_header("WWW-Authenticate", "Bearer realm=\"plenary\", error=\"invalid_token\"")
    .into()
}

/// What every request can reach. Cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<WebState>);

/// The parts of [`Web`].
pub struct WebState {
    /// The database.
    pub db: Db,
    /// Limits and addresses.
    pub options: Options,
    /// Who tokens stand for.
    pub authenticate: Box<dyn Authenticate>,
    /// Reads the call's languages; the call is a higher slice.
    pub load_languages: fn(&mut AnyConnection) -> Result<Languages>,
    /// Counts how often clients ask.
    pub limits: limits::Limits,
    /// Answers kept while nothing is written.
    pub cache: cache::Answers,
    /// Those among them that are shared by who may read them ([`Shared`]): few, and large.
    shared: cache::Answers,
    /// Counters and durations.
    pub metrics: Arc<metrics::Metrics>,
    languages: RwLock<Arc<Languages>>,
    parts: Parts,
}

/// What slices put into the app beside the database, by type.
#[derive(Default)]
pub struct Parts(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Parts {
    /// With one more part.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, part: T) -> Self {
        self.0.insert(TypeId::of::<T>(), Arc::new(part));
        self
    }
}

impl std::ops::Deref for Web {
    type Target = WebState;
    fn deref(&self) -> &WebState {
        &self.0
    }
}

impl Web {
    /// The state of one server.
    pub fn new(
        db: Db,
        options: Options,
        authenticate: Box<dyn Authenticate>,
        load_languages: fn(&mut AnyConnection) -> Result<Languages>,
        metrics: Arc<metrics::Metrics>,
        parts: Parts,
    ) -> Self {
        let (cache, shared) = (cache::Answers::new(options.cache_bytes), cache::Answers::of_few(options.cache_bytes));
        let limits = limits::Limits::new(options.limits, db.clock());
        let languages = RwLock::default();
        Self(Arc::new(WebState { db, options, authenticate, load_languages, limits, cache, shared, metrics, languages, parts }))
    }

    /// A part that the composition root put in.
    pub fn part<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        let part = self.parts.0.get(&TypeId::of::<T>()).cloned().and_then(|part| part.downcast::<T>().ok());
        part.ok_or_else(|| crate::error::Error::Internal(format!("the app was built without its {}", std::any::type_name::<T>())))
    }

    fn recognise(&self, connection: &mut AnyConnection, brought: Option<&Credential>, now: Instant) -> Result<Actor> {
        brought.map_or_else(|| Ok(Actor::anonymous()), |credential| credential.recognise(self, connection, now))
    }

    /// The languages last seen, for the key of the answer cache.
    fn languages(&self) -> Arc<Languages> {
        self.languages.read().map(|languages| languages.clone()).unwrap_or_default()
    }

    fn keep_languages(&self, seen: &Arc<Languages>) {
        if let Ok(mut kept) = self.languages.write()
            && !Arc::ptr_eq(&kept, seen)
        {
            *kept = seen.clone();
        }
    }
}

/// The id of a request: taken over from `X-Request-Id` if well-formed, else made.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Where a request came from, behind trusted proxies.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// Whether an `Accept` header asks for CSV rather than JSON.
pub fn wants_csv(accept: &str) -> bool {
    accept.split(',').any(|part| part.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/csv")))
}
