//! What operators measure, in the text format of Prometheus (OpenMetrics), on its own listener.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Labels of a request: never its path, which may name things; its route's template.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RequestLabels {
    /// GET, POST, ….
    pub method: String,
    /// `/api/v1/groups/{group}`.
    pub route: String,
    /// 200, 404, ….
    pub status: u16,
}

/// Labels of the outbox.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct MailLabels {
    /// `queued`, `dead`.
    pub state: String,
}

/// Labels of hand-overs of mails.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct AttemptLabels {
    /// `taken`, `later`, `never`.
    pub outcome: &'static str,
}

/// The meters of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram>,
    cached: Counter,
    /// Database connections in use.
    pub connections_used: Gauge,
    /// Database connections idle.
    pub connections_idle: Gauge,
    /// Writers waiting for their turn.
    pub writers_waiting: Gauge,
    /// Statements sent.
    pub queries: Gauge,
    /// Mails by state.
    pub mails: Family<MailLabels, Gauge>,
    /// Hand-overs of mails by what became of them.
    pub mail_attempts: Family<AttemptLabels, Counter>,
    /// Answers to requests in flight.
    pub in_flight: Gauge,
    /// Streams of events that are open.
    pub streams: Gauge,
}

impl Metrics {
    /// Fresh meters.
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("plenary");
        // 0.5 ms to 16 s.
        let requests =
            Family::<RequestLabels, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(0.0005, 2.0, 16)));
        let cached = Counter::default();
        let (connections_used, connections_idle, writers_waiting, queries) = <(Gauge, Gauge, Gauge, Gauge)>::default();
        let mails = Family::<MailLabels, Gauge>::default();
        let mail_attempts = Family::<AttemptLabels, Counter>::default();
        let (in_flight, streams) = <(Gauge, Gauge)>::default();
        registry.register_with_unit(
            "request_duration",
            "Time from the request's head to its answer",
            Unit::Seconds,
            requests.clone(),
        );
        registry.register("cached_answers", "Answers given from memory", cached.clone());
        registry.register("database_connections_used", "Connections in use", connections_used.clone());
        registry.register("database_connections_idle", "Connections idle", connections_idle.clone());
        registry.register("database_writers_waiting", "Writes waiting for their turn", writers_waiting.clone());
        registry.register("database_statements", "Statements sent since the start", queries.clone());
        registry.register("mails", "Mails that wait or were given up, by state", mails.clone());
        registry.register("mail_attempts", "Hand-overs of mails by outcome", mail_attempts.clone());
        registry.register("requests_in_flight", "Requests being answered", in_flight.clone());
        registry.register("streams_open", "Streams of events that are open", streams.clone());
        Arc::new(Self {
            registry,
            requests,
            cached,
            connections_used,
            connections_idle,
            writers_waiting,
            queries,
            mails,
            mail_attempts,
            in_flight,
            streams,
        })
    }

    /// One request was answered.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration, from_cache: bool) {
        if from_cache {
            self.cached.inc();
        }
        let labels = RequestLabels { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Everything as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
