//! `/me/notification-preferences`: how one wants to hear of each kind of news. What holds where one said nothing depends on whether one has a
//! task, which is for groups and deliverables to know.

use std::collections::BTreeMap;

use actix_web::http::Method;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::db::AnyConnection;
use crate::deliverables;
use crate::error::Result;
use crate::http::{Input, Object, Request, Route, Tagged, get, route};
use crate::mail::Kind;
use crate::notifications::{self, Choice, Preferences};
use crate::people;
use crate::policy::{self, Action, PersonId};

/// What is in force, by kind of mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NotificationPreferences")]
#[schemars(transform = list_kinds)]
struct InForce {
    #[serde(flatten)]
    choices: BTreeMap<String, Choice>,
}

/// What one chooses, by kind of mail. What is left out is as if nothing had ever been said.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transform = list_kinds, transform = refuse_others)]
struct Chosen(BTreeMap<String, Choice>);

/// Names each kind that can be chosen, where the type knows texts only.
fn list_kinds(schema: &mut Schema) {
    let Some(choice) = schema.remove("additionalProperties") else { return };
    let kinds = Kind::ALL.iter().filter(|kind| kind.is_optional());
    let kinds: Map<String, Value> = kinds.map(|kind| (kind.to_string(), choice.clone())).collect();
    schema.insert("properties".into(), kinds.into());
}

fn refuse_others(schema: &mut Schema) {
    schema.insert("additionalProperties".into(), false.into());
}

pub fn routes() -> Vec<Route> {
    const PATH: &str = "/me/notification-preferences";
    vec![
        get(PATH, Action::KeepOwnAccount, "How one wants to hear of each kind of news", show),
        route(Method::PUT, PATH, Action::KeepOwnAccount, "Say how one wants to hear of each kind of news", replace),
    ]
}

/// Who asks, and whether it has a task: secretariat, co-chair, or lead of something that is still owed.
fn oneself<P, Q, B>(c: &mut AnyConnection, input: &Input<P, Q, B>) -> Result<(PersonId, bool)> {
    let person = people::oneself(&input.actor)?;
    input.allow(&policy::Object::of_person(person))?;
    let has_task = input.actor.secretariat || !input.actor.seats.is_empty() || deliverables::leads_any(c, person)?;
    Ok((person, has_task))
}

fn view(said: &Preferences, has_task: bool) -> Object<Tagged<InForce>> {
    Object::tagged(Tagged::new(said.version, InForce { choices: notifications::in_force(&said.choices, has_task) }))
}

async fn show(request: Request) -> Result<Object<Tagged<InForce>>> {
    request
        .read(|tx, input| {
            let (person, has_task) = oneself(tx, input)?;
            Ok(view(&notifications::preferences(tx, person)?, has_task))
        })
        .await
}

async fn replace(request: Request<(), (), Chosen>) -> Result<Object<Tagged<InForce>>> {
    request
        .write(|tx, input| {
            let (person, has_task) = oneself(tx, input)?;
            let known = notifications::preferences(tx, person)?;
            if known.version == 0 {
                input.if_match.allow(0)?;
            } else {
                input.if_match.require(known.version)?;
            }
            let said = notifications::choose(tx, person, known.version, &input.body.0, has_task)?;
            Ok(view(&said, has_task))
        })
        .await
}
