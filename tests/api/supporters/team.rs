//! A supporter with its people.

use std::sync::Barrier;

use diesel::prelude::*;
use plenary::policy::SupporterId;
use plenary::schema::supporter_aliases;
use plenary::supporters::Status;
use serde_json::{Value, json};

use super::seed::{add, call, entry};
use crate::world::{Person, Reply, World};

/// A world with a secretary and three supporters: one with a web site, one called otherwise, one that only asks to endorse.
pub struct Team {
    pub world: World,
    pub secretary: Person,
    pub acme: SupporterId,
}

impl std::ops::Deref for Team {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Team {
    pub fn new() -> Self {
        let world = World::new();
        call(&world);
        let ids = add(
            &world,
            &[
                entry("Acme").website("https://www.acme.example/en"),
                entry("وزارة الاتصالات").slug("ministry".into()),
                entry("Asking").at_first(Status::Pending, "2026-08-20"),
                entry("Gone").endorsed("2020-01-01").then(Status::Withdrawn, "2021-01-01"),
            ],
        );
        let secretary = world.secretary();
        Self { world, secretary, acme: ids[0] }
    }

    /// Somebody with a confirmed account who speaks for a supporter.
    #[track_caller]
    pub fn colleague(&self, email: &str, supporter: &str, role: &str) -> Person {
        let person = self.person(email);
        self.affiliate(email, supporter, role);
        self.mails();
        person
    }

    /// The secretariat lets an address speak for a supporter.
    #[track_caller]
    pub fn affiliate(&self, email: &str, supporter: &str, role: &str) -> Value {
        let path = format!("/supporters/{supporter}/affiliations");
        self.post(&self.secretary, &path, &json!({"email": email, "role": role})).expect(201).json()
    }

    #[track_caller]
    pub fn post(&self, by: &Person, path: &str, body: &Value) -> Reply {
        self.ask("POST", path).by(by).json(body).send()
    }

    #[track_caller]
    pub fn read_by(&self, by: &Person, path: &str) -> Reply {
        self.ask("GET", path).by(by).send()
    }

    /// What somebody's affiliation to a supporter looks like to the secretariat.
    #[track_caller]
    pub fn affiliation(&self, supporter: &str, email: &str) -> Option<Value> {
        let list = self.read_by(&self.secretary, &format!("/supporters/{supporter}/affiliations?limit=200")).expect(200).json();
        list["items"].as_array().unwrap().iter().find(|item| item["email"] == email).cloned()
    }

    #[track_caller]
    pub fn delete(&self, by: &Person, path: &str, etag: &Value) -> Reply {
        self.ask("DELETE", path).by(by).if_match(etag.as_str().unwrap()).send()
    }

    /// Lets another name lead to a supporter.
    pub fn alias(&self, alias: &str, supporter: SupporterId) {
        self.write(|tx| {
            let at = tx.now();
            use supporter_aliases as a;
            diesel::insert_into(a::table)
                .values((a::alias.eq(alias), a::supporter_id.eq(supporter), a::created_at.eq(at)))
                .execute(&mut **tx)?;
            Ok(())
        });
    }

    /// The acts of the record, newest last, that begin with `prefix`.
    pub fn acts(&self, prefix: &str) -> Vec<String> {
        let all = self.read_by(&self.secretary, "/admin/audit?limit=200").expect(200).json();
        let acts = all["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap().to_owned());
        let mut acts: Vec<_> = acts.filter(|act| act.starts_with(prefix)).collect();
        acts.reverse();
        acts
    }
}

/// The statuses of sixteen requests sent at once, sorted.
pub fn sixteen_at_once(send: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    let barrier = Barrier::new(16);
    let (barrier, send) = (&barrier, &send);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|i| {
                scope.spawn(move || {
                    barrier.wait();
                    send(i)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    statuses
}

/// One of the first status, the rest of the second.
pub fn one_of(first: u16, rest: u16) -> Vec<u16> {
    let mut all = vec![rest; 15];
    all.push(first);
    all.sort_unstable();
    all
}
