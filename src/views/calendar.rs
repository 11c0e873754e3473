//! `/calendar.ics`, `/groups/{group}/calendar.ics` and the private feed: what is due, which meetings there are, when the Forum is.

mod feed;
mod store;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::calendar::{self, Entry};
use crate::call;
use crate::db::{AnyConnection, Read};
use crate::error::{Error, ProblemKind, Result};
use crate::groups::{self, InGroup};
use crate::http::{Calendar, Request, Route, get};
use crate::policy::{Action, GroupId, Object};
use crate::time::{Day, Instant};
use crate::{deliverables, forum, meetings, outbox, people};

pub use feed::{export, on_person_erased};

const PRODUCT: &str = "-//Plenary//Calendar//EN";
/// How far back the calendars of all groups reach; a group's own has everything.
const BACK: TimeDelta = TimeDelta::days(366);

pub fn routes() -> Vec<Route> {
    let read = Action::ReadPublic;
    let mut routes = vec![
        get(
            "/calendar.ics",
            read,
            "What is due, meetings and the Forum as a calendar; with `feed` one's own, as `/me/calendar-feed` gives it",
            whole,
        )
        .answers(&[ProblemKind::NotFound]),
        get(
            "/groups/{group}/calendar.ics",
            read,
            "What a group owes and its meetings as a calendar; members see place and link",
            of_group,
        )
        .answers(&[ProblemKind::NotFound]),
    ];
    routes.extend(feed::routes());
    routes
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    /// The token of a private calendar: one's own groups' meetings with place and link, what they owe, and the Forum.
    #[schemars(length(max = 200))]
    feed: Option<String>,
}

/// What a calendar of several groups begins with, and until when that day is today.
fn reach(now: Instant, zone: Tz) -> (Day, Instant) {
    (now.minus(BACK).day_in(zone), Instant::end_of(now.day_in(zone), zone).plus(TimeDelta::microseconds(1)))
}

async fn whole(request: Request<(), Query>) -> Result<Calendar> {
    let public_url = request.public_url().to_owned();
    request
        .read(move |tx, input| {
            let call = call::current(tx)?;
            let (from, tomorrow) = reach(tx.now(), call.time_zone);
            let own = input.query.feed.as_deref().map(|token| own_groups(tx, token)).transpose()?;
            let mut entries = forum::calendar_entries(tx, from, &input.reader)?;
            entries.extend(of_groups(tx, input, own.as_deref(), Some((from, call.time_zone)), &public_url, |_| own.is_some())?);
            let text = calendar::published(PRODUCT, &call.name, call.time_zone, &entries);
            Ok(Calendar { text, fresh_until: Some(tomorrow), private: own.is_some() })
        })
        .await
}

/// The groups that the owner of a private calendar takes part in now. 404 where there is none of that token, or nobody may read it any more.
fn own_groups(tx: &mut Read<'_>, token: &str) -> Result<Vec<GroupId>> {
    let gone = || Error::not_found("calendar");
    let person = store::owner(tx, &outbox::token_hash(token))?.ok_or_else(gone)?;
    let person = people::person(tx, person)?.filter(|row| row.is_reachable()).ok_or_else(gone)?;
    let (memberships, seats) = groups::standings_of(tx, person.id)?;
    let own: BTreeSet<GroupId> = memberships.into_iter().map(|(group, _)| group).chain(seats).collect();
    Ok(own.into_iter().collect())
}

/// What these groups (`None`: all) have in a calendar: from a day in a zone on, where one is given.
fn of_groups<P, Q>(
    c: &mut AnyConnection,
    input: &crate::http::Input<P, Q>,
    of: Option<&[GroupId]>,
    from: Option<(Day, Tz)>,
    public_url: &str,
    shows_all: impl Fn(GroupId) -> bool,
) -> Result<Vec<Entry>> {
    let since = from.map(|(day, zone)| Instant::start_of(day, zone));
    let mut entries = deliverables::calendar_entries(c, of, from.map(|(day, _)| day), public_url, &input.reader)?;
    let which = meetings::Calendar { groups: of, since, shows_all: &shows_all, public_url, reader: &input.reader };
    entries.extend(meetings::entries(c, &which)?);
    Ok(entries)
}

async fn of_group(request: Request<InGroup>) -> Result<Calendar> {
    let public_url = request.public_url().to_owned();
    request
        .read(move |tx, input| {
            let group = groups::named(tx, &input.path.group, "/calendar.ics")?.id;
            let known = groups::refs(tx, &[group], &input.reader)?.remove(&group).ok_or_else(|| Error::not_found("group"))?;
            let reads = input.actor.may(Action::ReadGroup, &Object::of_group(group));
            let entries = of_groups(tx, input, Some(&[group]), None, &public_url, |_| reads)?;
            let zone = call::current(tx)?.time_zone;
            let text = calendar::published(PRODUCT, known.title.plain(), zone, &entries);
            Ok(Calendar { text, fresh_until: None, private: false })
        })
        .await
}
