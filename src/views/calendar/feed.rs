//! `/me/calendar-feed`: the address of one's own calendar, which a calendar program reads without signing in.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::store::{self, FeedId, FeedRow};
use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, ProblemKind, Result};
use crate::facts::Objections;
use crate::http::{Created, NoContent, Object, Request, Route, Tagged, get, route};
use crate::outbox;
use crate::people::{self, Accounts, Keys, PersonErased};
use crate::policy::{Action, PersonId};
use crate::time::Instant;

const PATH: &str = "/me/calendar-feed";

pub fn routes() -> Vec<Route> {
    let own = Action::KeepOwnAccount;
    vec![
        get(PATH, own, "The address of one's own calendar, where there is one", show).answers(&[ProblemKind::NotFound]),
        route(Method::POST, PATH, own, "Give one's own calendar an address; the one before no longer works", make),
        route(Method::DELETE, PATH, own, "Take the address of one's own calendar back", revoke)
            .unversioned()
            .answers(&[ProblemKind::NotFound]),
    ]
}

/// One's own calendar. Whoever has its address reads it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CalendarFeed")]
struct FeedView {
    id: FeedId,
    /// To be given to a calendar program, and to nobody else.
    url: String,
    created_at: Instant,
    updated_at: Instant,
}

/// What makes addresses of calendars.
struct Addresses {
    keys: Keys,
    public_url: String,
}

impl Addresses {
    fn of<P, Q, B>(request: &Request<P, Q, B>) -> Result<Self> {
        Ok(Self { keys: request.part::<Accounts>()?.keys.clone(), public_url: request.public_url().to_owned() })
    }

    fn view(&self, c: &mut AnyConnection, person: PersonId) -> Result<FeedView> {
        // Under other keys than it was made with its token is lost, and so is the calendar.
        let row = store::of_person(c, person)?
            .filter(|row| outbox::token_hash(&self.keys.calendar_token(row.id)) == row.token_hash)
            .ok_or_else(|| Error::not_found("calendar address (POST makes one)"))?;
        let FeedRow { id, created_at, updated_at, .. } = row;
        let url = format!("{}/api/v1/calendar.ics?feed={}", self.public_url, self.keys.calendar_token(id));
        Ok(FeedView { id, url, created_at, updated_at })
    }
}

async fn show(request: Request) -> Result<Object<FeedView>> {
    let addresses = Addresses::of(&request)?;
    request.read(move |tx, input| Ok(Object::plain(addresses.view(tx, people::oneself(&input.actor)?)?))).await
}

async fn make(request: Request) -> Result<Created<FeedView>> {
    let (making, showing) = (Addresses::of(&request)?, Addresses::of(&request)?);
    request
        .create(
            move |tx, input| {
                let person = people::oneself(&input.actor)?;
                let id: FeedId = tx.new_id();
                store::replace(tx, person, id, &outbox::token_hash(&making.keys.calendar_token(id)))?;
                audit::record(tx, Entry::of("calendar_feed.made", "person", person));
                Ok(id.to_string())
            },
            move |tx, input, _| {
                let view = showing.view(tx, people::oneself(&input.actor)?)?;
                Ok(Created { location: PATH.into(), object: Tagged::new(1, view) })
            },
        )
        .await
}

async fn revoke(request: Request) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let person = people::oneself(&input.actor)?;
            if !store::remove(tx, person)? {
                return Err(Error::not_found("calendar address"));
            }
            audit::record(tx, Entry::of("calendar_feed.revoked", "person", person));
            Ok(NoContent)
        })
        .await
}

/// Whoever is erased has no calendar any more.
pub fn on_person_erased(tx: &mut Write<'_>, erased: &PersonErased, _: &mut Objections) -> Result<()> {
    store::remove(tx, erased.person).map(drop)
}

/// Since when a person has a private calendar, as it may take that along; null where it has none.
pub fn export(c: &mut AnyConnection, person: PersonId) -> Result<Value> {
    Ok(store::of_person(c, person)?.map_or(Value::Null, |row| json!({"created_at": row.created_at})))
}
