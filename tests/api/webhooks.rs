//! What endpoints outside are told, and how.

mod delivery;
mod events;
mod managing;
mod receiver;

use std::sync::Arc;

use plenary::outbox::{self, Delivered};
use plenary::schema::outbox as rows;
use plenary::webhooks::Reach;
use plenary::worker::Messenger;
use serde_json::{Value, json};

use self::receiver::Receiver;
use crate::world::{Person, World};

/// An endpoint of a receiver in this test.
struct Endpoint {
    path: String,
    secret: String,
}

/// Lets a world tell receivers on this machine, without TLS.
fn allow_here(world: &World) {
    plenary::app::prepare_endpoints(world.db(), Reach { allow_http: true, allow_private_addresses: true });
}

impl Endpoint {
    #[track_caller]
    fn new(world: &World, by: &Person, receiver: &Receiver, kinds: &[&str]) -> Self {
        allow_here(world);
        let body = json!({"url": receiver.url("/hook?key=k"), "kinds": kinds});
        let made = world.ask("POST", "/webhooks").by(by).json(&body).send().expect(201).json();
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        Self { path: format!("/webhooks/{}", text("id")), secret: text("secret") }
    }

    /// It, as the secretariat reads it.
    #[track_caller]
    fn shown(&self, world: &World, by: &Person) -> Value {
        world.ask("GET", &self.path).by(by).send().expect(200).json()
    }

    /// Changes it from what it is now.
    #[track_caller]
    fn change(&self, world: &World, by: &Person, body: &Value) -> Value {
        let etag = self.shown(world, by)["etag"].as_str().unwrap().to_owned();
        world.ask("PATCH", &self.path).by(by).if_match(&etag).json(body).send().expect(200).json()
    }

    /// State and attempts of what it was told, newest first.
    #[track_caller]
    fn deliveries(&self, world: &World, by: &Person) -> Vec<Value> {
        let list = world.ask("GET", &format!("{}/deliveries", self.path)).by(by).send().expect(200).json();
        list["items"].as_array().unwrap().clone()
    }
}

/// Tells endpoints what is due.
fn tell(world: &World) -> Delivered {
    tell_through(world, &Messenger::new(world.db().clone()))
}

fn tell_through(world: &World, messenger: &Messenger) -> Delivered {
    let run = async { outbox::deliver_notices(world.db(), "w", messenger).await };
    actix_web::rt::System::new().block_on(run).unwrap()
}

/// What is queued or was told, oldest first: kind and payload.
fn notices(world: &World) -> Vec<(String, Value)> {
    use diesel::prelude::*;
    let all: Vec<(String, String)> = world.read(|c| {
        let notices = rows::table.filter(rows::webhook_id.is_not_null()).order((rows::created_at, rows::id));
        Ok(notices.select((rows::kind, rows::params)).load(c)?)
    });
    all.into_iter().map(|(kind, params)| (kind, serde_json::from_str(&params).unwrap())).collect()
}

/// A messenger that several threads share.
fn messenger(world: &World) -> Arc<Messenger> {
    Arc::new(Messenger::new(world.db().clone()))
}
