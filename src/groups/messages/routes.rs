//! `/groups/{group}/messages` and `/admin/messages`.

use actix_web::http::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::Audience;
use super::sending::{self, Message};
use crate::call;
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::groups::path::InGroup;
use crate::groups::rules::Status;
use crate::groups::store::{self, Filter, GroupRow, names};
use crate::groups::view::GroupRef;
use crate::http::answer::{Described, Reply};
use crate::http::{Accepted, Answer, Input, Object as Answered, Request, Route, route};
use crate::people;
use crate::policy::{Action, Object};

pub fn routes() -> Vec<Route> {
    let violation = &[ProblemKind::RuleViolation];
    vec![
        route(
            Method::POST,
            "/groups/{group}/messages",
            Action::RunGroup,
            "Write to people of a group; at most 5 messages a day, sender and group",
            to_one,
        )
        .answers(violation),
        route(
            Method::POST,
            "/admin/messages",
            Action::RunInitiative,
            "Write to people of all groups that a filter leaves, once to each person; or see whom it would reach",
            to_many,
        )
        .answers(violation),
    ]
}

/// A message to people of a group, as plain text.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupMessage")]
#[serde(deny_unknown_fields)]
struct ToOne {
    /// At most 200 characters.
    #[schemars(length(max = 1000))]
    subject: String,
    /// At most 5,000 characters.
    #[schemars(length(max = 20_000))]
    body: String,
    to: Audience,
}

async fn to_one(request: Request<InGroup, (), ToOne>) -> Result<Accepted> {
    request
        .accept(
            || Accepted,
            |tx, input| {
                let message = Message::read(&input.body.subject, &input.body.body, input.body.to)?;
                let group = names::resolve(tx, &input.path.group, "/messages")?;
                input.allow(&Object::of_group(group.id))?;
                sending::send(tx, people::oneself(&input.actor)?, &message, &[group])
            },
        )
        .await
}

/// Which groups: those that every given part leaves, all where none is given.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupFilter")]
#[serde(deny_unknown_fields)]
struct Which {
    /// Groups of this status.
    status: Option<Status>,
    /// Groups that pursue this principle, by number.
    principle: Option<i64>,
    /// One group, by id, number (as text) or slug.
    #[schemars(length(max = 200))]
    group: Option<String>,
}

/// A message to people of several groups, as plain text.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupsMessage")]
#[serde(deny_unknown_fields)]
struct ToMany {
    filter: Which,
    /// At most 200 characters.
    #[schemars(length(max = 1000))]
    subject: String,
    /// At most 5,000 characters.
    #[schemars(length(max = 20_000))]
    body: String,
    /// Without it, to members.
    #[serde(default = "Audience::everybody")]
    to: Audience,
    /// Whether only to say whom it would reach.
    #[serde(default)]
    preview: bool,
}

/// Whom a message would reach.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessagePreview")]
struct Preview {
    /// The groups that the filter leaves, by number.
    groups: Vec<Reached>,
    /// How many persons would get it, each once.
    recipients: usize,
}

/// A group that a message would reach.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReachedGroup")]
struct Reached {
    group: GroupRef,
    /// How many persons of it would get it.
    recipients: usize,
}

/// What came of a message to several groups.
enum Outcome {
    /// It is on its way.
    Sent,
    /// Nothing was sent.
    Previewed(Preview),
}

impl Answer for Outcome {
    const ONCE: bool = true;
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
        match self {
            Self::Sent => Accepted.reply(next_page),
            Self::Previewed(preview) => Answered::plain(preview).reply(next_page),
        }
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        let mut described = Accepted::describe(schemas);
        described.or = Some(Box::new(Answered::<Preview>::describe(schemas)));
        described
    }
}

async fn to_many(request: Request<(), (), ToMany>) -> Result<Outcome> {
    request
        .create(
            |tx, input| {
                let message = read(tx, input)?;
                input.allow(&Object::initiative())?;
                if !input.body.preview {
                    let groups = matching(tx, &input.body.filter)?;
                    sending::send(tx, people::oneself(&input.actor)?, &message, &groups)?;
                }
                Ok("sent".to_owned())
            },
            |tx, input, _| {
                input.allow(&Object::initiative())?;
                if input.body.preview { Ok(Outcome::Previewed(preview(tx, input)?)) } else { Ok(Outcome::Sent) }
            },
        )
        .await
}

fn read(c: &mut AnyConnection, input: &Input<(), (), ToMany>) -> Result<Message> {
    let ToMany { filter, subject, body, to, .. } = &input.body;
    if let Some(principle) = filter.principle {
        let fault = call::load(c)?.principle_fault("/filter/principle", principle);
        fault.map_or(Ok(()), |fault| Err(Problem::invalid(&[fault])))?;
    }
    Message::read(subject, body, *to)
}

/// The groups that a filter leaves, by number. 422 where it names one that there is not.
fn matching(c: &mut AnyConnection, which: &Which) -> Result<Vec<GroupRow>> {
    let filter = Filter { status: which.status, principle: which.principle, q: None };
    let mut rows = store::all(c, &filter)?;
    if let Some(reference) = &which.group {
        let id = match names::find(c, reference) {
            Ok(row) => row.id,
            Err(Error::Problem(_)) => return Err(Error::invalid("/filter/group", "unknown", "names no group")),
            Err(error) => return Err(error),
        };
        rows.retain(|row| row.id == id);
    }
    Ok(rows)
}

fn preview(tx: &mut Write<'_>, input: &Input<(), (), ToMany>) -> Result<Preview> {
    let rows = matching(tx, &input.body.filter)?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let recipients = sending::recipients(tx, &ids, input.body.to, people::oneself(&input.actor)?)?;
    let reached = |row: &GroupRow| {
        let recipients = recipients.iter().filter(|(_, by)| by.contains(&row.id)).count();
        Ok(Reached { group: GroupRef::of(row, &input.reader)?, recipients })
    };
    Ok(Preview { groups: rows.iter().map(reached).collect::<Result<_>>()?, recipients: recipients.len() })
}
