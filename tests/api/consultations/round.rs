//! A round that is open for ten minutes from the beginning, with a question of every kind.

use diesel::prelude::*;
use plenary::consultations::{ConsultationId, ConsultationMark};
use plenary::ids::Id;
use plenary::policy::GroupId;
use plenary::schema::consultations as r;
use serde_json::{Value, json};

use crate::world::{Ask, Person, Reply, World, instant};

/// When it closes.
pub const CLOSES: &str = "2026-09-01T09:10:00Z";

/// What its questions are, as they are PUT.
pub fn asked() -> Value {
    json!([
        {"kind": "text", "prompt": {"en": "What do you expect?", "fr": "Qu'attendez-vous ?"}, "required": true, "max_length": 200},
        {"kind": "single_choice", "prompt": "Which first?", "required": true, "options": [{"en": "Norms", "fr": "Normes"}, {"en": "Hygiene", "fr": "Hygiène"}]},
        {"kind": "multiple_choice", "prompt": "Which of these?", "options": ["One", "Two", "Three"], "max": 2},
        {"kind": "scale", "prompt": "How much?", "max": 5},
        {"kind": "ranking", "prompt": "In which order?", "options": ["A", "B", "C"]},
    ])
}

/// A round of a world.
pub struct Round {
    pub id: ConsultationId,
    pub path: String,
    /// The ids of its questions.
    pub questions: Vec<String>,
}

impl Round {
    /// In draft, without questions.
    pub fn draft(world: &World, audience: &str, allowed: &[&str], group: Option<GroupId>) -> Self {
        let id = world.write(|tx| {
            let (id, now): (Id<ConsultationMark>, _) = (tx.new_id(), tx.now());
            diesel::insert_into(r::table)
                .values((
                    (
                        r::id.eq(id),
                        r::slug.eq(format!("round-{id}")),
                        r::scope.eq(if group.is_some() { "group" } else { "call" }),
                    ),
                    (r::group_id.eq(group), r::title.eq(json!({"en": "Expectations", "fr": "Attentes"}).to_string())),
                    (r::audience.eq(audience), r::allowed_visibility.eq(json!(allowed).to_string()), r::status.eq("draft")),
                    (r::opens_at.eq(instant("2026-09-01T08:00:00Z")), r::closes_at.eq(instant(CLOSES)), r::search_text.eq("")),
                    (r::synthesis_version.eq(1_i64), r::questions_version.eq(1_i64), r::version.eq(1_i64)),
                    (r::created_at.eq(now), r::updated_at.eq(now)),
                ))
                .execute(&mut **tx)?;
            Ok(id)
        });
        Self { id, path: format!("/consultations/{id}"), questions: Vec::new() }
    }

    /// Open, with [`asked`].
    pub fn open(world: &World, by: &Person, audience: &str, allowed: &[&str], group: Option<GroupId>) -> Self {
        Self::opened(world, by, audience, allowed, group, &asked())
    }

    /// Open, with these questions.
    pub fn opened(
        world: &World,
        by: &Person,
        audience: &str,
        allowed: &[&str],
        group: Option<GroupId>,
        questions: &Value,
    ) -> Self {
        let round = Self::draft(world, audience, allowed, group);
        let path = format!("{}/questions", round.path);
        let etag = world.ask("GET", &path).by(by).send().expect(200).header("etag").to_owned();
        let put = world.ask("PUT", &path).by(by).if_match(&etag).json(&json!({"questions": questions})).send().expect(200).json();
        round.is(world, "open");
        let questions = put["questions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        Self { questions, ..round }
    }

    /// Writes down that it is in a state.
    pub fn is(&self, world: &World, status: &str) {
        world.write(|tx| {
            let now = tx.now();
            let opened = (status != "draft" && status != "scheduled").then(|| instant("2026-09-01T08:00:00Z"));
            let published = (status == "published").then_some(now);
            diesel::update(r::table.filter(r::id.eq(self.id)))
                .set((r::status.eq(status), r::opened_at.eq(opened), r::published_at.eq(published), r::updated_at.eq(now)))
                .execute(&mut **tx)?;
            Ok(())
        });
    }

    /// The path of one's own contribution there.
    pub fn mine(&self) -> String {
        format!("{}/contribution", self.path)
    }

    /// Whole answers, of which the text is this.
    pub fn answers(&self, text: &str) -> Value {
        let values = [json!(text), json!("Norms"), json!(["Three", "One"]), json!(4), json!(["C", "A"])];
        let answer = |(id, value): (&String, Value)| json!({"question_id": id, "value": value});
        self.questions.iter().zip(values).map(answer).collect()
    }

    /// A body with these.
    pub fn body(&self, text: &str) -> Value {
        json!({"answers": self.answers(text), "visibility": "attributed"})
    }

    /// Saves.
    #[track_caller]
    pub fn save(&self, world: &World, by: &Person, etag: Option<&str>, text: &str) -> Reply {
        self.put(world.ask("PUT", &self.mine()).by(by), etag, &self.body(text))
    }

    /// Saves what one likes.
    #[track_caller]
    pub fn put(&self, ask: Ask<'_>, etag: Option<&str>, body: &Value) -> Reply {
        let ask = if let Some(etag) = etag { ask.if_match(etag) } else { ask };
        ask.json(body).send()
    }

    /// `submit` or `withdraw`.
    #[track_caller]
    pub fn act(&self, world: &World, by: &Person, act: &str) -> Reply {
        world.ask("POST", &format!("{}/{act}", self.mine())).by(by).send()
    }

    /// One's own contribution.
    #[track_caller]
    pub fn read(&self, world: &World, by: &Person) -> Reply {
        world.ask("GET", &self.mine()).by(by).send()
    }
}

/// What a contribution's first answer says.
pub fn text(contribution: &Value) -> &str {
    contribution["answers"][0]["value"].as_str().unwrap_or_default()
}
