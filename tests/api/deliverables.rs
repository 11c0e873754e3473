//! What groups owe, and how it comes about, over HTTP.

mod acknowledgements;
mod comments;
mod fields;
mod health;
mod lists;
mod milestones;
mod moves;
mod races;
mod reactions;

use diesel::prelude::*;
use plenary::forum::{EditionId, EditionMark, SessionId, SessionMark};
use plenary::ids::Id;
use plenary::policy::MembershipId;
use plenary::schema::{
    deliverable_versions, deliverables, forum_editions, forum_sessions, memberships, session_presentations, working_groups,
};
use plenary::time::Day;
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, Reply};

/// A group's desk: the cast, and what its tests do over and over.
pub struct Desk(Cast);

impl std::ops::Deref for Desk {
    type Target = Cast;
    fn deref(&self) -> &Cast {
        &self.0
    }
}

/// A day.
pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The codes of the rules that stand against something.
#[track_caller]
pub fn violations(reply: Reply) -> Vec<String> {
    let reply = reply.expect(422);
    assert_eq!(reply.problem(), "rule-violation");
    let json = reply.json();
    json["violations"].as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap().to_owned()).collect()
}

/// The field of every item of a list.
pub fn each(list: &Value, field: &str) -> Vec<Value> {
    list["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

impl Desk {
    pub fn new() -> Self {
        Self(Cast::new())
    }

    #[track_caller]
    pub fn read(&self, by: &Person, path: &str) -> Reply {
        self.ask("GET", path).by(by).send()
    }

    #[track_caller]
    pub fn post(&self, by: &Person, path: &str, body: &Value) -> Reply {
        self.ask("POST", path).by(by).json(body).send()
    }

    /// A change of what the path names as it is now.
    #[track_caller]
    pub fn change(&self, by: &Person, path: &str, body: &Value) -> Reply {
        self.with_etag("PATCH", by, path, Some(body))
    }

    /// A request with the ETag of what the path names as it is now for the secretariat.
    #[track_caller]
    pub fn with_etag(&self, method: &str, by: &Person, path: &str, body: Option<&Value>) -> Reply {
        let etag = self.0.world.ask("GET", path).by(&self.secretary).send().expect(200).header("etag").to_owned();
        let ask = self.ask(method, path).by(by).if_match(&etag);
        match body {
            Some(body) => ask.json(body).send(),
            None => ask.send(),
        }
    }

    /// Plans a deliverable of group 5 that is due on a day.
    #[track_caller]
    pub fn plan(&self, title: &str, due_on: &str) -> Value {
        let body = json!({"title": title, "kind": "report", "due_on": due_on});
        self.post(&self.chair, "/groups/5/deliverables", &body).expect(201).json()
    }

    /// Plans one, and lets somebody lead it.
    #[track_caller]
    pub fn planned_with_lead(&self) -> String {
        let made = self.plan("A Report", "2026-12-01");
        let path = format!("/deliverables/{}", made["reference"].as_str().unwrap());
        self.change(&self.chair, &path, &json!({"lead_membership_id": self.membership(&self.lead)})).expect(200);
        path
    }

    /// A person's membership of group 5.
    pub fn membership(&self, person: &Person) -> MembershipId {
        self.world.read(|c| {
            let theirs = memberships::table.filter(memberships::person_id.eq(person.id)).filter(memberships::until.is_null());
            Ok(theirs.select(memberships::id).get_result(c)?)
        })
    }

    /// Moves a deliverable.
    #[track_caller]
    pub fn move_to(&self, by: &Person, path: &str, body: &Value) -> Reply {
        self.post(by, &format!("{path}/transitions"), body)
    }

    /// Puts a deliverable into a status, past the server.
    pub fn put(&self, path: &str, status: &str) {
        let reference = path.trim_start_matches("/deliverables/");
        self.write(|tx| {
            let row = deliverables::table.filter(deliverables::reference.eq(reference));
            diesel::update(row).set(deliverables::status.eq(status)).execute(&mut **tx)?;
            Ok(())
        });
    }

    /// Puts group 5 into a status, past the server.
    pub fn put_group(&self, status: &str) {
        self.write(|tx| {
            let row = working_groups::table.filter(working_groups::id.eq(self.group));
            diesel::update(row).set(working_groups::status.eq(status)).execute(&mut **tx)?;
            Ok(())
        });
    }

    /// Adds a version, a link, past the server.
    pub fn add_version(&self, path: &str, number: i64) {
        let reference = path.trim_start_matches("/deliverables/");
        self.write(|tx| {
            use deliverable_versions as v;
            let of: String = deliverables::table
                .filter(deliverables::reference.eq(reference))
                .select(deliverables::id)
                .get_result(&mut **tx)?;
            let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
            diesel::insert_into(v::table)
                .values((
                    v::id.eq(id),
                    v::deliverable_id.eq(of),
                    v::number.eq(number),
                    v::url.eq(format!("https://example.org/{number}")),
                    v::added_by.eq(self.chair.id),
                    v::version.eq(1_i64),
                    v::created_at.eq(now),
                    v::updated_at.eq(now),
                ))
                .execute(&mut **tx)?;
            Ok(())
        });
    }

    /// A Forum edition, past the server.
    pub fn edition(&self, year: i64, zone: &str, starts_on: &str, status: &str) -> EditionId {
        self.write(|tx| {
            use forum_editions as e;
            let (id, now): (Id<EditionMark>, _) = (tx.new_id(), tx.now());
            diesel::insert_into(e::table)
                .values((
                    e::id.eq(id),
                    e::year.eq(year),
                    e::name.eq("Forum"),
                    e::city.eq("Paris"),
                    e::country.eq("FR"),
                    e::time_zone.eq(zone),
                    e::starts_on.eq(day(starts_on)),
                    e::ends_on.eq(day(starts_on)),
                    e::status.eq(status),
                    e::version.eq(1_i64),
                    e::created_at.eq(now),
                    e::updated_at.eq(now),
                ))
                .execute(&mut **tx)?;
            Ok(id)
        })
    }

    /// A session of an edition that shows a deliverable, past the server.
    pub fn show(&self, edition: EditionId, path: &str, shown_as: &str) -> SessionId {
        let reference = path.trim_start_matches("/deliverables/");
        self.write(|tx| {
            use {forum_sessions as s, session_presentations as p};
            let (id, now): (Id<SessionMark>, _) = (tx.new_id(), tx.now());
            diesel::insert_into(s::table)
                .values((
                    s::id.eq(id),
                    s::forum_edition_id.eq(edition),
                    s::title.eq("{\"en\":\"A session\"}"),
                    s::day.eq(day("2026-11-12")),
                    s::panellists.eq("[]"),
                    s::search_text.eq("a session"),
                    s::version.eq(1_i64),
                    s::created_at.eq(now),
                    s::updated_at.eq(now),
                ))
                .execute(&mut **tx)?;
            diesel::insert_into(p::table)
                .values((p::session_id.eq(id), p::reference.eq(reference), p::presented_as.eq(shown_as), p::position.eq(1_i64)))
                .execute(&mut **tx)?;
            Ok(id)
        })
    }

    /// The acts of the record that begin with `prefix`, with from, to and reason, oldest first.
    pub fn acts(&self, prefix: &str) -> Vec<String> {
        let all = self.read(&self.secretary, "/admin/audit?limit=200").expect(200).json();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let line = |entry: &Value| {
            format!("{} {} {} {}", text(&entry["act"]), text(&entry["from"]), text(&entry["to"]), text(&entry["reason"]))
        };
        let mut acts: Vec<_> =
            all["items"].as_array().unwrap().iter().map(line).filter(|line| line.starts_with(prefix)).collect();
        acts.reverse();
        acts
    }
}
