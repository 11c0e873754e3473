//! Memberships, what ends them, and invitations to a group.

mod endings;
mod invitations;
mod moves;
mod races;
mod requests;

use std::sync::Barrier;

use diesel::prelude::*;
use plenary::schema::working_groups;
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, Reply};

pub const LIST: &str = "/groups/5/memberships";

impl Cast {
    #[track_caller]
    pub fn read_as(&self, by: &Person, path: &str) -> Reply {
        self.ask("GET", path).by(by).send()
    }

    #[track_caller]
    pub fn post_as(&self, by: &Person, path: &str, body: &Value) -> Reply {
        self.ask("POST", path).by(by).json(body).send()
    }

    /// Asks to join group 5 for the first seat's supporter.
    #[track_caller]
    pub fn request(&self, by: &Person) -> Reply {
        self.post_as(by, LIST, &json!({"supporter_id": self.supporter, "message": "Please."}))
    }

    /// A request to join group 5, made.
    #[track_caller]
    pub fn requested(&self, by: &Person) -> String {
        let view = self.request(by).expect(201).json();
        self.mails();
        view["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn move_membership(&self, by: &Person, id: &str, to: &str, reason: Option<&str>) -> Reply {
        let mut body = json!({"to": to});
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        self.post_as(by, &format!("/memberships/{id}/transitions"), &body)
    }

    /// Writes something into the group's row.
    pub fn set_group(&self, status: &str, join_policy: &str) {
        self.write(|tx| {
            let row = working_groups::table.filter(working_groups::number.eq(5));
            let changes = (working_groups::status.eq(status), working_groups::join_policy.eq(join_policy));
            diesel::update(row).set(changes).execute(&mut **tx)?;
            Ok(())
        });
    }

    /// A membership as the secretariat sees it.
    #[track_caller]
    pub fn membership(&self, id: &str) -> Value {
        self.read_as(&self.secretary, &format!("/memberships/{id}")).expect(200).json()
    }

    /// Somebody's open membership in group 5, from `/me`.
    #[track_caller]
    pub fn own(&self, person: &Person) -> Vec<Value> {
        let me = self.read_as(person, "/me").expect(200).json();
        me["memberships"].as_array().unwrap().clone()
    }

    /// Somebody with a confirmed account who speaks for a supporter.
    #[track_caller]
    pub fn colleague(&self, email: &str, supporter: &str, role: &str) -> Person {
        let person = self.person(email);
        let path = format!("/supporters/{supporter}/affiliations");
        self.post_as(&self.secretary, &path, &json!({"email": email, "role": role})).expect(201);
        self.mails();
        person
    }

    /// The acts of the record that begin with `prefix`, oldest first.
    pub fn acts(&self, prefix: &str) -> Vec<String> {
        let all = self.read_as(&self.secretary, "/admin/audit?limit=200").expect(200).json();
        let acts = all["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap().to_owned());
        let mut acts: Vec<_> = acts.filter(|act| act.starts_with(prefix)).collect();
        acts.reverse();
        acts
    }

    /// Members and member supporters of group 5, as kept with its row.
    pub fn counted(&self) -> (i64, i64) {
        self.read(|c| {
            let row = working_groups::table.filter(working_groups::number.eq(5));
            Ok(row.select((working_groups::members, working_groups::member_supporters)).get_result(c)?)
        })
    }

    /// Ends somebody's affiliation to a supporter.
    #[track_caller]
    pub fn end_affiliation(&self, person: &Person, supporter: &str) {
        let list = self.read_as(&self.secretary, &format!("/supporters/{supporter}/affiliations?limit=200")).expect(200).json();
        let mine = list["items"].as_array().unwrap().iter().find(|item| item["person"]["id"] == json!(person.id)).unwrap();
        let path = format!("/affiliations/{}", mine["id"].as_str().unwrap());
        self.ask("DELETE", &path).by(&self.secretary).if_match(mine["etag"].as_str().unwrap()).send().expect(204);
    }
}

/// The replies' statuses of requests sent at once.
pub fn at_once(n: usize, send: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    let barrier = Barrier::new(n);
    let (barrier, send) = (&barrier, &send);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n)
            .map(|i| {
                scope.spawn(move || {
                    barrier.wait();
                    send(i)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
