//! Reminders: who is told what, when, how often.

mod command;
mod community;
mod indexes;
mod killed;
mod kinds;
mod many;
mod meanwhile;
mod once;
mod schedule;
mod settings;
mod year;
mod zones;

use chrono::TimeDelta;
use plenary::worker::Worker;
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, World};

/// A server's worker, which delivers nothing.
pub struct Server(Worker);

impl Server {
    pub fn new(world: &World, name: &str) -> Self {
        Self(Worker::new(world.db().clone(), name))
    }

    /// What its worker does now; how many reminders it queued.
    #[track_caller]
    pub fn work(&mut self, world: &World) -> usize {
        let round = actix_web::rt::System::new().block_on(self.0.tick(world.now()));
        assert!(round.failed.is_empty(), "{round:?}");
        round.done["send reminders"]
    }

    /// Day after day from one to another, at 07:00 UTC: 09:00 in Paris in summer. What was told, as `day kind recipient`.
    #[track_caller]
    pub fn days(&mut self, world: &World, from: &str, to: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut day: plenary::time::Day = from.parse().unwrap();
        let last: plenary::time::Day = to.parse().unwrap();
        while day <= last {
            world.at(&format!("{day}T08:00:00Z"));
            self.work(world);
            told.extend(reminders(world).into_iter().map(|line| format!("{day} {line}")));
            day += TimeDelta::days(1);
        }
        told
    }
}

/// The kinds.
pub const KINDS: [&str; 5] =
    ["deliverable_due", "deliverable_late", "submission_deadline", "forum_start", "consultation_closing"];

/// The reminders that wait for delivery, which they get: `kind recipient`, sorted.
pub fn reminders(world: &World) -> Vec<String> {
    let mut list = world.mails().list();
    list.retain(|line| KINDS.iter().any(|kind| line.starts_with(&format!("{kind} "))));
    list
}

/// Of these lines those of one kind, without it.
pub fn of(kind: &str, lines: &[String]) -> Vec<String> {
    let infix = format!(" {kind} ");
    lines.iter().filter(|line| line.contains(&infix)).map(|line| line.replace(&infix, " ").replace("@plenary.test", "")).collect()
}

/// Plans a deliverable of group 5; its reference.
#[track_caller]
pub fn plan(cast: &Cast, by: &Person, due_on: &str, more: &Value) -> String {
    let mut body = json!({"title": "Report", "kind": "report", "due_on": due_on});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let made = cast.ask("POST", "/groups/5/deliverables").by(by).json(&body).send().expect(201).json();
    made["reference"].as_str().unwrap().to_owned()
}

/// Changes something, from what it is now.
#[track_caller]
pub fn patch(cast: &Cast, by: &Person, path: &str, body: &Value) -> Value {
    let etag = cast.ask("GET", path).by(by).send().expect(200).header("etag").to_owned();
    cast.ask("PATCH", path).by(by).if_match(&etag).json(body).send().expect(200).json()
}

/// Saves what a round of [`crate::consultations::kit::Asked`] must be told.
#[track_caller]
pub fn write_down(world: &World, by: &Person, path: &str) {
    let asked = world.ask("GET", &format!("{path}/questions")).by(by).send().expect(200).json();
    let value = |kind: &str| if kind == "text" { json!("Much.") } else { json!("Yes") };
    let required = asked["questions"].as_array().unwrap().iter().filter(|one| one["required"] == true);
    let answers: Vec<Value> =
        required.map(|one| json!({"question_id": one["id"], "value": value(one["kind"].as_str().unwrap())})).collect();
    world
        .ask("PUT", &format!("{path}/contribution"))
        .by(by)
        .json(&json!({"answers": answers, "visibility": "attributed"}))
        .send()
        .expect(200);
}

/// Submits it.
#[track_caller]
pub fn submit(world: &World, by: &Person, path: &str) {
    world.ask("POST", &format!("{path}/contribution/submit")).by(by).send().expect(200);
}

/// An open round of the call that asks supporters one question; its path.
#[track_caller]
pub fn ask_supporters(world: &World, visibility: &[&str]) -> String {
    let by = world.sign_in("secretary@plenary.test");
    let body = json!({
        "scope": "call", "title": "Expectations", "audience": "supporters", "allowed_visibility": visibility,
        "opens_at": "2026-09-02T08:00:00Z", "closes_at": "2026-09-20T20:00:00Z",
    });
    let made = world.ask("POST", "/consultations").by(&by).json(&body).send().expect(201).json();
    let path = format!("/consultations/{}", made["slug"].as_str().unwrap());
    let questions = world.ask("GET", &format!("{path}/questions")).by(&by).send().expect(200);
    let asked = json!({"questions": [{"kind": "text", "prompt": "What?", "required": true, "max_length": 500}]});
    let put = world.ask("PUT", &format!("{path}/questions")).by(&by).if_match(questions.header("etag"));
    put.json(&asked).send().expect(200);
    world.ask("POST", &format!("{path}/transitions")).by(&by).json(&json!({"to": "open"})).send().expect(200);
    path
}
