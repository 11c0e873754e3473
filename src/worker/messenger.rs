//! The messenger: tells endpoints outside what is queued for them, signed, and never where only this server could reach.

use std::error::Error as _;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, header};

use crate::db::Db;
use crate::error::Result;
use crate::outbox::{Claimed, DispatchId, Outcome, Sender, WebhookId};
use crate::webhooks::{self, Endpoint, Reach};

/// How long an endpoint may take to be connected to,
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// and in all.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long a connection is kept for what is told next.
const IDLE: Duration = Duration::from_secs(15);
/// Bytes that are read of an answer, at most.
const READ: usize = 4096;
/// Characters that are kept of it.
const KEPT: usize = 200;

/// Tells endpoints. Cheap while there are none: its clients are made with the first.
pub struct Messenger {
    db: Db,
    names: Arc<dyn Resolve>,
    client: std::sync::Mutex<Option<(Reach, Client)>>,
}

impl Messenger {
    /// Of this database's endpoints.
    pub fn new(db: Db) -> Self {
        Self::asking(db, Arc::new(System))
    }

    /// [`Messenger::new`], which asks this resolver what names stand for.
    pub fn asking(db: Db, names: Arc<dyn Resolve>) -> Self {
        Self { db, names, client: std::sync::Mutex::new(None) }
    }

    async fn tell(&self, notice: &Claimed) -> Outcome {
        let Some(id) = notice.webhook else { return Outcome::Later("the messenger carries no mails".into()) };
        let endpoint = match self.db.read(move |tx| webhooks::endpoint(tx, id)).await {
            Ok(Some(endpoint)) => endpoint,
            Ok(None) => return Outcome::Never("the endpoint was removed or disabled".into()),
            Err(error) => return Outcome::Later(format!("the database failed: {error}")),
        };
        let outcome = match self.post(notice, &endpoint).await {
            Ok(response) => self.answered(id, notice.id, response).await,
            Err(why) => Outcome::Later(why),
        };
        match &outcome {
            Outcome::Taken(_) => tracing::debug!(notice = %notice.id, webhook = %id, kind = notice.kind, "an endpoint was told"),
            // The address may hold what is the endpoint's own secret, and is in the list of endpoints.
            Outcome::Later(_) | Outcome::Never(_) | Outcome::Nobody(_) => {
                let attempt = notice.attempt;
                tracing::warn!(notice = %notice.id, webhook = %id, kind = notice.kind, attempt, "an endpoint did not take what it was told");
            }
        }
        outcome
    }

    async fn post(&self, notice: &Claimed, endpoint: &Endpoint) -> Result<Response, String> {
        // Once more: the settings may have changed since it was written down, and literal addresses are asked of no resolver.
        let url = endpoint.reach.url(&endpoint.url).map_err(|wrong| format!("the endpoint's address {wrong}"))?;
        let client = self.client(endpoint.reach)?;
        let (id, body) = (notice.id.to_string(), notice.params.to_string());
        let timestamp = self.db.clock().now().utc().timestamp();
        let request = client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", webhooks::sign(&endpoint.secrets, &id, timestamp, &body))
            .body(body);
        request.send().await.map_err(|error| format!("could not be reached: {}", cause(error)))
    }

    async fn answered(&self, id: WebhookId, notice: DispatchId, mut response: Response) -> Outcome {
        let status = response.status();
        let mut read: Vec<u8> = Vec::new();
        // An answer that breaks off after its status is an answer all the same.
        while read.len() < READ
            && let Ok(Some(more)) = response.chunk().await
        {
            read.extend(more.iter().take(READ - read.len()));
        }
        let text: String = String::from_utf8_lossy(&read).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: String = format!("{} {text}", status.as_u16()).trim_end().chars().take(KEPT).collect();
        if status.is_success() {
            return Outcome::Taken(said);
        }
        if status == reqwest::StatusCode::GONE {
            let disabled = self.db.write(move |tx| webhooks::disable(tx, id, Some(notice), "It answered 410 Gone.")).await;
            return match disabled {
                Ok(_) => Outcome::Never(said),
                Err(error) => Outcome::Later(format!("{said} (and it could not be disabled: {error})")),
            };
        }
        Outcome::Later(said)
    }

    /// The client for what the settings allow; another one where they changed.
    fn client(&self, reach: Reach) -> Result<Client, String> {
        let mut kept = self.client.lock().map_err(|_| "the messenger broke off".to_owned())?;
        match &*kept {
            Some((made_for, client)) if *made_for == reach => Ok(client.clone()),
            _ => {
                let client = Client::builder()
                    .user_agent(concat!("Plenary/", env!("CARGO_PKG_VERSION")))
                    .dns_resolver(Guarded { reach, names: self.names.clone() })
                    .redirect(Policy::none())
                    .no_proxy()
                    .referer(false)
                    .https_only(!reach.allow_http)
                    .connect_timeout(CONNECT_WITHIN)
                    .timeout(ANSWER_WITHIN)
                    .pool_idle_timeout(IDLE)
                    .build()
                    .map_err(|error| format!("no connection can be made: {}", cause(error)))?;
                *kept = Some((reach, client.clone()));
                Ok(client)
            }
        }
    }
}

impl Sender for Messenger {
    fn send<'a>(&'a self, notice: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(self.tell(notice))
    }
}

/// Gives of the addresses of a name those that may be told. The client connects to these and asks nobody again, so that a name which stands for
/// something else a moment later (DNS rebinding) leads nowhere else.
struct Guarded {
    reach: Reach,
    names: Arc<dyn Resolve>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, found) = (self.reach, self.names.resolve(name));
        Box::pin(async move {
            let fit: Vec<SocketAddr> = found.await?.filter(|address| reach.allows(address.ip())).collect();
            if fit.is_empty() {
                return Err("its name stands for no public address".into());
            }
            Ok(Box::new(fit.into_iter()) as Addrs)
        })
    }
}

/// The system's resolver.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// What lies at the bottom of an error, without the address.
fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".into();
    }
    let error = error.without_url();
    let mut deepest = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        deepest = next.to_string();
        source = next.source();
    }
    deepest
}
