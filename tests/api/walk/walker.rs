//! Takes the steps of a walk over HTTP, and compares what became of the group with the model.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{Model, Role, Seat, Step};
use crate::world::cast::Cast;
use crate::world::{Person, Reply};

const DELIVERABLE: &str = "/deliverables/WG5-D1";

pub struct Walker {
    cast: Cast,
    model: Model,
    /// The supporters of the first three seats, by slug.
    supporters: Vec<String>,
    /// Each one's latest membership.
    memberships: BTreeMap<Role, String>,
    affiliations: BTreeMap<Role, String>,
    taken: Vec<String>,
}

impl Walker {
    pub fn new() -> Self {
        let cast = Cast::new();
        let seats = cast.ask("GET", "/groups/5/co-chairs").by(&cast.secretary).send().expect(200).json();
        let seats: Vec<Value> = seats["items"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let group = cast.get("/groups/5").expect(200).json();
        let body = json!({"title": "An index", "kind": "index", "due_on": "2027-10-01"});
        cast.ask("POST", "/groups/5/deliverables").by(&cast.secretary).json(&body).send().expect(201);
        let mut model = Model {
            group: "active",
            open_to_all: group["join_policy"] == "open",
            supporters: seats.iter().map(|seat| (text(&seat["sector"]), text(&seat["country"]))).collect(),
            seats: (0..seats.len()).map(|supporter| Seat { supporter, person: None }).collect(),
            affiliations: BTreeMap::new(),
            memberships: BTreeMap::new(),
            deliverable: "planned",
            lead: None,
            versions: 0,
            shown: false,
        };
        model.seats[0].person = Some(Role::Chair);
        model.seats[1].person = Some(Role::OtherChair);
        for role in Role::ALL {
            match role {
                Role::Observer | Role::Stranger | Role::Secretary => {}
                _ => drop(model.affiliations.insert(*role, *role == Role::FocalPoint)),
            }
        }
        for role in [Role::Member, Role::OtherMember, Role::Lead] {
            model.memberships.insert(role, ("active", false));
        }
        model.memberships.insert(Role::Observer, ("active", true));
        let supporters = seats.iter().map(|seat| text(&seat["supporter"]["slug"])).collect();
        let mut walker =
            Self { cast, model, supporters, memberships: BTreeMap::new(), affiliations: BTreeMap::new(), taken: Vec::new() };
        for role in Role::ALL {
            walker.find_affiliation(*role);
        }
        for item in walker.list("/groups/5/memberships?limit=200") {
            let role = walker.role(&item["person"]["id"]);
            walker.memberships.insert(role, text(&item["id"]));
        }
        walker.compare();
        walker
    }

    fn list(&self, path: &str) -> Vec<Value> {
        self.cast.ask("GET", path).by(&self.cast.secretary).send().expect(200).json()["items"].as_array().unwrap().clone()
    }

    fn role(&self, id: &Value) -> Role {
        *Role::ALL.iter().find(|role| person(&self.cast, **role).id.as_str() == id.as_str().unwrap()).unwrap()
    }

    fn find_affiliation(&mut self, role: Role) {
        let path = format!("/supporters/{}/affiliations?limit=200", self.supporters[role.supporter()]);
        let id = person(&self.cast, role).id.to_string();
        let found = self.list(&path).into_iter().find(|item| item["person"]["id"] == id.as_str());
        if let Some(found) = found {
            self.affiliations.insert(role, found["id"].as_str().unwrap().to_owned());
        }
    }

    fn send(&self, by: Role, method: &str, path: &str, body: &Value) -> Reply {
        let ask = self.cast.ask(method, path).by(person(&self.cast, by));
        let ask = if matches!(method, "PATCH" | "PUT" | "DELETE") { ask.if_match("*") } else { ask };
        if method == "DELETE" { ask.send() } else { ask.json(body).send() }
    }

    /// Takes a step, in the product and in the model.
    #[track_caller]
    pub fn take(&mut self, step: &Step) {
        let before = self.model.clone();
        let expected = self.model.take(step);
        let Some(reply) = self.do_it(step) else {
            // There is nothing that the step could be about.
            assert!(!expected, "{step:?} of nothing is nothing");
            return;
        };
        self.taken.push(format!("{step:?}: {}", reply.status));
        let done = (200..300).contains(&reply.status);
        assert!(
            done == expected && reply.status < 500,
            "{step:?}: {} where the model says {expected}\n{}\nbefore: {before:#?}\nwalked: {:#?}",
            reply.status,
            reply.text(),
            self.taken
        );
        if done {
            match step {
                Step::Request { by } => {
                    self.memberships.insert(*by, reply.json()["id"].as_str().unwrap().to_owned());
                }
                Step::Affiliate { of } => self.find_affiliation(*of),
                _ => {}
            }
        }
        self.compare();
    }

    fn do_it(&self, step: &Step) -> Option<Reply> {
        let reason = "Because of the walk.";
        Some(match step {
            Step::MoveGroup { by, to } => self.send(*by, "POST", "/groups/5/transitions", &json!({"to": to, "reason": reason})),
            Step::MoveDeliverable { by, to } => {
                let mut body = json!({"to": to, "reason": reason});
                if *to == "approved" && self.model.versions > 0 {
                    body["version"] = json!(self.model.versions);
                }
                self.send(*by, "POST", &format!("{DELIVERABLE}/transitions"), &body)
            }
            Step::MoveMembership { by, to, of } => {
                let id = self.memberships.get(of)?;
                self.send(*by, "POST", &format!("/memberships/{id}/transitions"), &json!({"to": to, "reason": reason}))
            }
            Step::Request { by } => {
                let supporter = self.cast.get(&format!("/supporters/{}", self.supporters[by.supporter()])).json();
                self.send(*by, "POST", "/groups/5/memberships", &json!({"supporter_id": supporter["id"]}))
            }
            Step::Lead { by, lead } => {
                let membership = match lead {
                    None => None,
                    Some(lead) => Some(self.memberships.get(lead)?),
                };
                self.send(*by, "PATCH", DELIVERABLE, &json!({"lead_membership_id": membership}))
            }
            Step::AddVersion { by } => {
                let body = json!({"url": "https://example.org/draft.pdf", "note": "A draft."});
                self.send(*by, "POST", &format!("{DELIVERABLE}/versions"), &body)
            }
            Step::Seat { by, first, person: named } => {
                let named = named.map(|role| person(&self.cast, role).id);
                self.send(*by, "PATCH", &self.seat(usize::from(!first))?, &json!({"person_id": named}))
            }
            Step::GiveSeatUp { by, first } => self.send(*by, "DELETE", &self.seat(usize::from(!first))?, &Value::Null),
            Step::SetSeats { by, all } => {
                let seats: Vec<Value> = self.supporters[..if *all { 3 } else { 2 }]
                    .iter()
                    .map(|slug| json!({"supporter_id": self.cast.get(&format!("/supporters/{slug}")).json()["id"]}))
                    .collect();
                self.send(*by, "PUT", "/groups/5/co-chairs", &json!({"seats": seats}))
            }
            Step::EndAffiliation { by, of } => {
                let id = self.affiliations.get(of)?;
                self.send(*by, "DELETE", &format!("/affiliations/{id}"), &Value::Null)
            }
            Step::Affiliate { of } => {
                let path = format!("/supporters/{}/affiliations", self.supporters[of.supporter()]);
                let body = json!({"email": person(&self.cast, *of).email, "role": "representative"});
                self.send(Role::Secretary, "POST", &path, &body)
            }
        })
    }

    fn seat(&self, supporter: usize) -> Option<String> {
        let seats = self.list("/groups/5/co-chairs");
        let seat = seats.iter().find(|seat| seat["supporter"]["slug"] == self.supporters[supporter].as_str())?;
        Some(format!("/groups/5/co-chairs/{}", seat["id"].as_str()?))
    }

    /// The group is what the model says.
    #[track_caller]
    fn compare(&self) {
        let model = &self.model;
        let walked = || format!("{model:#?}\nwalked: {:#?}", self.taken);
        let group = self.cast.ask("GET", "/groups/5").by(&self.cast.secretary).send().expect(200).json();
        assert_eq!(group["status"], model.group, "{}", walked());
        let seats: Vec<(String, Option<Role>)> = group["co_chairs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seat| {
                let person = seat["person"].as_object().map(|person| self.role(&person["id"]));
                (seat["supporter"]["slug"].as_str().unwrap().to_owned(), person)
            })
            .collect();
        let said: Vec<_> = model.seats.iter().map(|seat| (self.supporters[seat.supporter].clone(), seat.person)).collect();
        assert_eq!(seats, said, "{}", walked());
        let mut open = BTreeMap::new();
        for item in self.list("/groups/5/memberships?limit=200") {
            if matches!(item["status"].as_str(), Some("requested" | "active")) {
                let twice = open.insert(self.role(&item["person"]["id"]), item["status"].as_str().unwrap().to_owned());
                assert_eq!(twice, None, "{}", walked());
            }
        }
        let said: BTreeMap<Role, String> = model
            .memberships
            .iter()
            .filter(|(role, _)| model.has_open_membership(**role))
            .map(|(role, (status, _))| (*role, (*status).to_owned()))
            .collect();
        assert_eq!(open, said, "{}", walked());
        let deliverable = self.cast.ask("GET", DELIVERABLE).by(&self.cast.secretary).send().expect(200).json();
        assert_eq!(deliverable["status"], model.deliverable, "{}", walked());
        let lead = deliverable["lead"].as_object().map(|lead| self.role(&lead["person"]["id"]));
        assert_eq!(lead, model.lead, "{}", walked());
        // What is counted beside is what there is.
        let members = model.memberships.keys().filter(|role| model.is_member(**role)).count();
        assert_eq!(group["counts"]["members"], members, "{}", walked());
        let mut stands_for: Vec<usize> = model.seats.iter().map(|seat| seat.supporter).collect();
        stands_for.extend(model.memberships.keys().filter(|role| model.is_member(**role)).map(|role| role.supporter()));
        stands_for.sort_unstable();
        stands_for.dedup();
        assert_eq!(group["counts"]["member_supporters"], stands_for.len(), "{}", walked());
    }
}

fn person(cast: &Cast, role: Role) -> &Person {
    match role {
        Role::Chair => &cast.chair,
        Role::OtherChair => &cast.other_chair,
        Role::Member => &cast.member,
        Role::OtherMember => &cast.other_member,
        Role::Lead => &cast.lead,
        Role::Observer => &cast.observer,
        Role::Representative => &cast.representative,
        Role::FocalPoint => &cast.focal_point,
        Role::Stranger => &cast.stranger,
        Role::Secretary => &cast.secretary,
    }
}
