//! Rounds, made and moved over HTTP.

use diesel::prelude::*;
use plenary::consultations::ConsultationId;
use plenary::ids::Id;
use plenary::schema::{audit_entries, consultation_questions as q, consultations, outbox};
use plenary::worker::{Round, Worker};
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

/// When rounds are to open and to close, unless a test says otherwise.
pub const OPENS: &str = "2026-09-10T09:00:00Z";
pub const CLOSES: &str = "2026-09-30T22:00:00Z";

/// A round.
pub struct Asked {
    pub id: ConsultationId,
    /// Its path, by slug.
    pub path: String,
}

/// What a round is made of: of the call, or of group 5 where it asks its members.
pub fn body(cast: &Cast, audience: &str, visibility: &[&str]) -> Value {
    let mut body = json!({
        "scope": "call", "title": "Expectations", "audience": audience, "allowed_visibility": visibility,
        "opens_at": OPENS, "closes_at": CLOSES,
    });
    if audience == "group_members" {
        body["scope"] = json!("group");
        body["group_id"] = json!(cast.group);
    }
    body
}

#[track_caller]
pub fn post(cast: &Cast, by: &Person, path: &str, body: &Value) -> Reply {
    cast.ask("POST", path).by(by).json(body).send()
}

impl Asked {
    /// A draft, with nothing in it.
    #[track_caller]
    pub fn drafted(cast: &Cast, by: &Person, body: &Value) -> Self {
        let made = post(cast, by, "/consultations", body).expect(201).json();
        let path = format!("/consultations/{}", made["slug"].as_str().unwrap());
        Self { id: made["id"].as_str().unwrap().parse().unwrap(), path }
    }

    /// A draft of the secretariat's, with a question of every kind.
    #[track_caller]
    pub fn ready(cast: &Cast, audience: &str, visibility: &[&str]) -> Self {
        let round = Self::drafted(cast, &cast.secretary, &body(cast, audience, visibility));
        round.fill(cast);
        round
    }

    /// An open round.
    #[track_caller]
    pub fn new(cast: &Cast, audience: &str, visibility: &[&str]) -> Self {
        let round = Self::ready(cast, audience, visibility);
        round.go(cast, &cast.secretary, "open").expect(200);
        round
    }

    /// A scheduled round.
    #[track_caller]
    pub fn scheduled(cast: &Cast, audience: &str) -> Self {
        let round = Self::ready(cast, audience, &["attributed"]);
        round.go(cast, &cast.secretary, "scheduled").expect(200);
        round
    }

    /// Gives it a question of every kind, past the server.
    pub fn fill(&self, world: &World) {
        let options = |of: &[&str]| Some(json!(of.iter().map(|one| json!({"en": one})).collect::<Vec<_>>()).to_string());
        let questions = [
            ("text", true, None, None, None, Some(500)),
            ("single_choice", true, options(&["Yes", "No"]), None, None, None),
            ("multiple_choice", false, options(&["Norms", "Tools", "Training"]), Some(0), Some(2), None),
            ("scale", false, None, Some(1), Some(5), None),
            ("ranking", false, options(&["One", "Two", "Three"]), None, None, None),
        ];
        world.write(|tx| {
            for (position, (kind, required, options, min, max, max_length)) in (0_i64..).zip(&questions) {
                let id: Id<()> = tx.new_id();
                diesel::insert_into(q::table)
                    .values((
                        (q::id.eq(id), q::consultation_id.eq(self.id), q::position.eq(position), q::kind.eq(kind)),
                        (q::prompt.eq(r#"{"en":"What?"}"#), q::required.eq(required), q::options.eq(options)),
                        (
                            q::min.eq(min.map(i64::from)),
                            q::max.eq(max.map(i64::from)),
                            q::max_length.eq(max_length.map(i64::from)),
                        ),
                    ))
                    .execute(&mut **tx)?;
            }
            Ok(())
        });
    }

    /// Writes its synthesis, past the server.
    pub fn conclude(&self, world: &World) {
        world.write(|tx| {
            let one = consultations::table.filter(consultations::id.eq(self.id));
            diesel::update(one).set(consultations::synthesis.eq(r#"{"en":"They agree."}"#)).execute(&mut **tx)?;
            Ok(())
        });
    }

    /// Moves it, for a reason where it is called off.
    #[track_caller]
    pub fn go(&self, cast: &Cast, by: &Person, to: &str) -> Reply {
        let body = if to == "cancelled" { json!({"to": to, "reason": "Overtaken."}) } else { json!({"to": to}) };
        post(cast, by, &format!("{}/transitions", self.path), &body)
    }

    #[track_caller]
    pub fn extend(&self, cast: &Cast, by: &Person, closes_at: &str) -> Reply {
        let body = json!({"closes_at": closes_at, "reason": "Holidays."});
        post(cast, by, &format!("{}/extension", self.path), &body)
    }

    /// As somebody reads it.
    #[track_caller]
    pub fn read(&self, cast: &Cast, by: &Person) -> Reply {
        cast.ask("GET", &self.path).by(by).send()
    }

    /// Where it stands for everybody.
    #[track_caller]
    pub fn status(&self, world: &World) -> String {
        world.get(&self.path).expect(200).json()["status"].as_str().unwrap().to_owned()
    }

    /// Changes it, from what it is now for the secretariat.
    #[track_caller]
    pub fn change(&self, cast: &Cast, by: &Person, body: &Value) -> Reply {
        let etag = self.read(cast, &cast.secretary).expect(200).header("etag").to_owned();
        cast.ask("PATCH", &self.path).by(by).if_match(&etag).json(body).send()
    }

    /// What is written down of its status.
    pub fn written(&self, world: &World) -> String {
        world.read(|c| {
            let one = consultations::table.filter(consultations::id.eq(self.id));
            Ok(one.select(consultations::status).get_result(c)?)
        })
    }

    /// What the record says was done to it: act and whether somebody did it.
    pub fn acts(&self, world: &World) -> Vec<String> {
        let rows: Vec<(String, Option<String>)> = world.read(|c| {
            let of = audit_entries::table.filter(audit_entries::object_id.eq(self.id.to_string())).order(audit_entries::seq);
            Ok(of.select((audit_entries::act, audit_entries::actor_id)).load(c)?)
        });
        rows.iter().map(|(act, actor)| format!("{act}{}", if actor.is_some() { "" } else { " by itself" })).collect()
    }
}

/// One round of a worker.
pub fn work(world: &World) -> Round {
    let mut worker = Worker::new(world.db().clone(), "w");
    let round = actix_web::rt::System::new().block_on(worker.tick(world.now()));
    assert!(round.failed.is_empty(), "{round:?}");
    round
}

/// Kind and recipient of every mail that was ever queued, sorted; and those that no view shows.
pub fn queued(world: &World) -> (Vec<String>, Vec<String>) {
    let rows: Vec<(String, String, bool)> = world.read(|c| {
        let about = outbox::table.filter(outbox::kind.like("consultation%"));
        Ok(about.select((outbox::kind, outbox::recipient, outbox::concealed)).load(c)?)
    });
    let line = |(kind, to, _): &(String, String, bool)| {
        format!("{} {}", kind.trim_start_matches("consultation_"), to.split('@').next().unwrap())
    };
    let (secret, open): (Vec<_>, Vec<_>) = rows.iter().partition(|(.., concealed)| *concealed);
    let sorted = |rows: Vec<&(String, String, bool)>| {
        let mut lines: Vec<_> = rows.into_iter().map(line).collect();
        lines.sort();
        lines
    };
    (sorted(open), sorted(secret))
}
