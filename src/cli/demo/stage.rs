//! The demo's stage: the product itself, asked by the demo's people as they would over HTTP, at any hour of the past. Whatever they do
//! there obeys every rule, is recorded and told by mail.

use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Mutex;

use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, IF_MATCH};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Bytes;
use chrono::{Days, TimeDelta};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::app::{self, Composition};
use crate::cli::Failure;
use crate::config::{MailTransport, Settings};
use crate::db::{AnyConnection, Db};
use crate::error::Result as Checked;
use crate::http::{Authenticate, Options, SignedIn, bad_token, limits::Quotas};
use crate::ids::Id;
use crate::outbox::{self, Claimed, Outcome, Sender};
use crate::people::{self, Accounts, Role};
use crate::policy::{Actor, PersonId};
use crate::server;
use crate::time::{Clock, Day, Instant};
use crate::worker::Postman;

/// What a step of the demo gives.
pub type Played<T = ()> = Result<T, Failure>;

type Answer = (StatusCode, HeaderMap, Bytes);
type App = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Played<Answer>>>;

/// Takes anybody at its word: a token is the id of whom it stands for. Nobody else can reach the stage.
struct Trusting;

impl Authenticate for Trusting {
    fn verify(&self, token: &str, now: Instant) -> Checked<SignedIn> {
        let person: PersonId = token.parse().map_err(|_| bad_token())?;
        Ok(SignedIn { person, session: Id::of_bytes(person.bytes()), until: now })
    }

    fn recognise(&self, connection: &mut AnyConnection, who: SignedIn, _: Instant) -> Checked<Option<Actor>> {
        let Some(person) = people::person(connection, who.person)? else { return Ok(None) };
        let actor = Actor {
            person: Some(person.id),
            verified: person.is_verified(),
            secretariat: person.role != Role::Person,
            administrator: person.role == Role::Administrator,
            locale: person.locale,
            ..Actor::default()
        };
        app::with_standings(connection, actor).map(Some)
    }
}

/// Delivers the stage's mails, and keeps the tokens in them. To files as in the product; to a mail server nothing goes, as nobody has
/// these addresses.
struct Letters {
    postman: Option<Postman>,
    tokens: Mutex<HashMap<String, String>>,
}

impl Sender for Letters {
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        if let (Some(asked), Ok(mut tokens)) = (&mail.asked, self.tokens.lock()) {
            tokens.insert(mail.recipient.clone(), asked.token.expose_secret().to_owned());
        }
        match &self.postman {
            Some(postman) => postman.send(mail),
            None => Box::pin(async { Outcome::Taken("kept by the demo".into()) }),
        }
    }
}

/// The product, set up for the demo's people.
pub struct Stage {
    app: App,
    /// Its database.
    pub db: Db,
    clock: Clock,
    now: Instant,
    today: Day,
    cast: HashMap<&'static str, PersonId>,
    letters: Letters,
}

impl Stage {
    /// On this database, whose `clock` is the stage's to set; it is `now`, and `today` where the call is at home.
    pub async fn new(
        settings: &Settings,
        db: Db,
        clock: Clock,
        accounts: Accounts,
        (now, today): (Instant, Day),
    ) -> Played<Self> {
        let limits = Quotas { per_address: 0, per_account: 0, register: 0, forgot: 0, applications: 0, public_contributions: 0 };
        let options = Options { public_url: settings.public_url.clone(), limits, ..Options::default() };
        let files = server::files(settings)?;
        let composition = Composition::with(db.clone(), options, accounts, files, Box::new(Trusting), app::routes());
        let service = Rc::new(init_service(composition.app()).await);
        let app: App = Box::new(move |request| {
            let service = service.clone();
            async move {
                let answer = service.call(request.to_request()).await.map_err(|error| Failure(error.to_string()))?;
                let (status, headers) = (answer.status(), answer.headers().clone());
                let body = to_bytes(answer.into_body()).await.map_err(|error| Failure(error.to_string()))?;
                Ok((status, headers, body))
            }
            .boxed_local()
        });
        let postman = matches!(settings.mail.transport, MailTransport::File).then(|| Postman::new(db.clone(), settings));
        let letters = Letters { postman, tokens: Mutex::default() };
        Ok(Self { app, db, clock, now, today, cast: HashMap::new(), letters })
    }

    /// Somebody enters, who is called by its role from now on.
    pub fn enters(&mut self, role: &'static str, person: PersonId) {
        self.cast.insert(role, person);
    }

    /// Who plays this role.
    pub fn person(&self, role: &str) -> Played<PersonId> {
        self.cast.get(role).copied().ok_or_else(|| Failure(format!("nobody of the demo is its {role}")))
    }

    /// The day so many days from today.
    pub fn day(&self, offset: i64) -> Day {
        let days = Days::new(offset.unsigned_abs());
        let moved = if offset < 0 { self.today.checked_sub_days(days) } else { self.today.checked_add_days(days) };
        moved.unwrap_or(self.today)
    }

    /// The instant so many days from now.
    pub fn instant(&self, offset: i64) -> Instant {
        self.now.plus(TimeDelta::days(offset))
    }

    /// How many days from today a day is.
    pub fn offset(&self, day: Day) -> i64 {
        day.signed_duration_since(self.today).num_days()
    }

    /// Goes on so many days from now, never after it. What was to be mailed until then is.
    pub async fn at(&self, offset: i64) -> Played {
        self.deliver().await?;
        self.clock.set(self.now.plus(TimeDelta::days(offset)).min(self.now));
        Ok(())
    }

    /// Delivers what is due.
    pub async fn deliver(&self) -> Played {
        outbox::deliver_due(&self.db, "demo", &self.letters).await?;
        Ok(())
    }

    /// The token in the latest mail to somebody.
    pub fn token(&self, recipient: &str) -> Played<String> {
        let token = self.letters.tokens.lock().ok().and_then(|tokens| tokens.get(recipient).cloned());
        token.ok_or_else(|| Failure(format!("no mail of the demo asked {recipient} for anything")))
    }

    /// Reads something below `/api/v1`.
    pub async fn get(&self, who: &str, path: &str) -> Played<Value> {
        self.ask(who, Method::GET, path, |request| request).await.map(|(_, body)| body)
    }

    /// Makes or moves something.
    pub async fn post(&self, who: &str, path: &str, body: Value) -> Played<Value> {
        self.ask(who, Method::POST, path, |request| request.set_json(body)).await.map(|(_, body)| body)
    }

    /// Changes something, as it is now.
    pub async fn change(&self, who: &str, method: Method, path: &str, body: Value) -> Played<Value> {
        let (headers, _) = self.ask(who, Method::GET, path, |request| request).await?;
        let etag = headers.get(ETAG).cloned();
        let asked = self.ask(who, method, path, |request| {
            let request = request.set_json(body);
            match etag {
                Some(etag) => request.insert_header((IF_MATCH, etag)),
                None => request,
            }
        });
        asked.await.map(|(_, body)| body)
    }

    /// Says something of oneself, which has no version.
    pub async fn say(&self, who: &str, path: &str, body: Value) -> Played<Value> {
        self.ask(who, Method::PUT, path, |request| request.set_json(body)).await.map(|(_, body)| body)
    }

    /// Adds a file as a version of a deliverable.
    pub async fn upload(&self, who: &str, path: &str, (name, bytes): (&str, &[u8]), note: &str) -> Played<Value> {
        const BOUNDARY: &str = "plenary-demo";
        let mut body =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").into_bytes();
        body.extend(bytes);
        let rest =
            format!("\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n{note}\r\n--{BOUNDARY}--\r\n");
        body.extend(rest.into_bytes());
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        let asked = self.ask(who, Method::POST, path, |request| request.insert_header((CONTENT_TYPE, form)).set_payload(body));
        asked.await.map(|(_, body)| body)
    }

    /// One request by somebody, a minute after the one before; its answer, or why it was refused.
    async fn ask(
        &self,
        who: &str,
        method: Method,
        path: &str,
        fill: impl FnOnce(TestRequest) -> TestRequest,
    ) -> Played<(HeaderMap, Value)> {
        if method != Method::GET {
            self.clock.set(self.clock.now().plus(TimeDelta::minutes(1)).min(self.now));
        }
        let request = TestRequest::with_uri(&format!("/api/v1{path}")).method(method.clone());
        let request = request.insert_header((AUTHORIZATION, format!("Bearer {}", self.person(who)?)));
        let (status, headers, body) = (self.app)(fill(request)).await?;
        if !status.is_success() {
            let why = String::from_utf8_lossy(&body);
            return Err(Failure(format!("the demo stopped: {method} {path} by its {who} was answered {status}: {why}")));
        }
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        Ok((headers, body))
    }
}

/// The id of what was answered.
pub fn id(answer: &Value) -> Played<String> {
    field(answer, "id")
}

/// A text of what was answered.
pub fn field(answer: &Value, name: &str) -> Played<String> {
    let text = answer.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Failure(format!("the demo stopped: an answer has no {name}: {answer}")))
}
