//! `/notifications/stream`: what one is told, as it comes. The number of a notification is the id of its event: whoever was cut off asks for
//! what came after the last one it has (`Last-Event-ID`, or `last_event_id` where a browser cannot say it: at the first request by another link).

use std::collections::VecDeque;

use actix_web::web::Bytes;
use futures_util::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant as Moment, Interval, MissedTickBehavior, interval_at};

use super::hub::{Hub, Place, Signal};
use super::routes::{oneself, view};
use super::store;
use crate::call;
use crate::error::{Error, Result};
use crate::http::events::{Open, event, farewell, heartbeat};
use crate::http::{Caller, Events, Narrated, Request, bad_token};
use crate::mail::{Language, Templates};
use crate::policy::{Object, PersonId};
use crate::time::Instant;

/// Events that a client which was cut off is sent at most; where it missed more, it is told to fetch the list (`reset`).
const MISSED: usize = 200;

/// Milliseconds that a client waits whose stream was replaced: six that come again at once would push each other out for ever.
const COME_AGAIN: u64 = 60_000;

/// Where a stream goes on.
#[derive(Deserialize, JsonSchema)]
pub struct Resume {
    /// The id of the last event that came; for browsers, which cannot send `Last-Event-ID` with the first request of a stream.
    #[schemars(range(min = 0))]
    last_event_id: Option<i64>,
}

/// What `/notifications/stream` says.
pub struct Notifications;

impl Narrated for Notifications {
    const EVENTS: &'static str = "`ready` (or `reset`) comes first, with the id from which the stream goes on. `notification`: what one is told, as in the \
        list. `reset`: more was missed than can be sent, so fetch the list. Each has an id, which `Last-Event-ID` takes; data is one line of JSON. \
        `replaced`: the same person opened a sixth stream, and this one, its oldest, ends. A comment every 15 seconds is a sign of life. A stream ends \
        with its token.";
}

/// A stream under way. Between two events it holds neither a connection to the database nor a thread.
struct Listening {
    caller: Caller,
    person: PersonId,
    language: Language,
    place: Place,
    _open: Open,
    /// The number of the last event that was sent.
    last: i64,
    ready: VecDeque<Bytes>,
    /// After what is ready.
    ends: bool,
    beat: Interval,
    /// When it has lasted long enough.
    end: Moment,
    /// As of when the caller is known to be there still.
    revision: u64,
}

/// What the database says.
enum Heard {
    /// The caller's session has ended, or its token.
    Over,
    /// Events, and the number of the last.
    Events(Vec<Bytes>, i64),
}

pub async fn listen(request: Request<(), Resume>) -> Result<Events<Notifications>> {
    let (hub, caller, streams) = (request.part::<Hub>()?, request.caller()?, request.streams());
    let said = request.last_event().map(|id| id.trim().parse::<i64>().ok().filter(|number| *number >= 0));
    let revision = caller.db().revision();
    let head_only = request.wants_head_only();
    let (_, (person, language, asked)) = request
        .peek(|_, input| {
            let language = Language::first_of([input.reader.content_language(&input.languages.0).as_str()]);
            Ok((oneself(input)?, language, input.query.last_event_id))
        })
        .await?;
    if head_only {
        return Ok(Events::head());
    }
    // Before it is read how far it has come: what is told in between wakes it.
    let place = hub.join(caller.db(), person, streams.most)?;
    let newest = caller.db().read(move |tx| Ok::<_, Error>(store::newest_of(tx, &[person])?)).await?;
    let newest = newest.first().map_or(0, |(_, newest)| *newest);
    // What the header says is newer: a browser repeats the query as it was.
    let (last, first) = match said.or(asked.map(Some)) {
        None => (newest, "ready"),
        Some(Some(last)) if last <= newest => (last, "ready"),
        // Nothing that was ever sent: it cannot be told what it missed.
        Some(_) => (newest, "reset"),
    };
    // With an id at once: a stream that breaks off before anything was told resumes here.
    let ready = VecDeque::from([event(last, first, &json!({}))?]);
    let mut beat = interval_at(Moment::now() + streams.heartbeat, streams.heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = Moment::now() + streams.longest;
    let _open = caller.opened();
    let mut listening = Listening { caller, person, language, place, _open, last, ready, ends: false, beat, end, revision };
    if last < newest && !listening.fetch().await? {
        return Err(bad_token());
    }
    let events =
        stream::unfold(listening, |mut listening| async move { listening.next().await.map(|bytes| (Ok(bytes), listening)) });
    Ok(Events::of(events.boxed(), streams.patience))
}

impl Listening {
    /// The next bytes to be sent, when there are any; nothing where the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.ends {
                return None;
            }
            let goes_on = tokio::select! {
                changed = self.place.signals.changed() => match changed.map(|()| *self.place.signals.borrow_and_update()) {
                    Ok(Signal::Newest(number)) if number > self.last => self.fetch().await,
                    Ok(Signal::Newest(_)) => Ok(true),
                    Ok(Signal::Replaced) => {
                        self.ready.push_back(farewell("replaced", COME_AGAIN));
                        self.ends = true;
                        Ok(true)
                    }
                    Ok(Signal::End) | Err(_) => Ok(false),
                },
                _ = self.beat.tick() => self.is_alive().await,
                () = tokio::time::sleep_until(self.end) => Ok(false),
            };
            match goes_on {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    // The client comes again, and misses nothing.
                    tracing::warn!(%error, "a stream of notifications broke off");
                    return None;
                }
            }
        }
    }

    /// Sends what came after the last event, if the caller is still there; false where it is not.
    async fn fetch(&mut self) -> Result<bool> {
        let (asked, until, person, last, language) =
            (self.caller.asked(), self.caller.until(), self.person, self.last, self.language);
        let revision = self.caller.db().revision();
        let heard = self.caller.db().read(move |tx| {
            let now = tx.now();
            if !is_there(asked(tx, now), person, until, now)? {
                return Ok(Heard::Over);
            }
            let rows = store::after(tx, person, last, MISSED + 1)?;
            let Some(number) = rows.last().map(|row| row.number) else { return Ok(Heard::Events(Vec::new(), last)) };
            if rows.len() > MISSED {
                let newest = store::newest_of(tx, &[person])?.first().map_or(number, |(_, newest)| *newest);
                return Ok(Heard::Events(vec![event(newest, "reset", &json!({}))?], newest));
            }
            let call = call::current(tx)?;
            let templates = Templates::new(None);
            let told =
                rows.into_iter().map(|row| event(row.number, "notification", &view(row, &templates, &call.name, language)));
            Ok::<_, Error>(Heard::Events(told.collect::<Result<_>>()?, number))
        });
        match heard.await? {
            Heard::Over => Ok(false),
            Heard::Events(told, last) => {
                self.ready.extend(told);
                (self.last, self.revision) = (last, revision);
                Ok(true)
            }
        }
    }

    /// Gives a sign of life, if the caller is still there. The database is asked only where something was written since.
    async fn is_alive(&mut self) -> Result<bool> {
        let (revision, until) = (self.caller.db().revision(), self.caller.until());
        if self.caller.db().clock().now() >= until {
            return Ok(false);
        }
        if revision != self.revision {
            let (asked, person) = (self.caller.asked(), self.person);
            let is_there = self.caller.db().read(move |tx| {
                let now = tx.now();
                is_there(asked(tx, now), person, until, now)
            });
            if !is_there.await? {
                return Ok(false);
            }
            self.revision = revision;
        }
        self.ready.push_back(heartbeat());
        Ok(true)
    }
}

/// Whether the caller may go on: by the same token, in the same session, with the same rights.
fn is_there(actor: Result<crate::policy::Actor>, person: PersonId, until: Instant, now: Instant) -> Result<bool> {
    match actor {
        Ok(actor) => Ok(now < until && actor.may(crate::policy::Action::KeepOwnAccount, &Object::of_person(person))),
        Err(Error::Problem(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
