//! `/calendar.ics`, `/groups/{group}/calendar.ics` and the private feed: what is due, which meetings there are, when rounds open and close,
//! when the Forum is.

mod feed;
mod store;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::calendar::{self, Entry};
use crate::call;
use crate::db::Read;
use crate::error::{Error, ProblemKind, Result};
use crate::http::{Calendar, Request, Route, get};
use crate::locale::{Reader, Shown};
use crate::policy::{Action, Actor, GroupId, Object};
use crate::time::{Day, Instant};
use crate::{consultations, deliverables, forum, groups, meetings, outbox, people};

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
            let owner = input.query.feed.as_deref().map(|token| owner(tx, token)).transpose()?;
            let own = owner.as_ref().map(own_groups);
            let mut entries = forum::calendar_entries(tx, from, &input.reader)?;
            let of = Which {
                groups: own.as_deref(),
                and_call: true,
                from: Some((from, call.time_zone)),
                actor: owner.as_ref().unwrap_or(&input.actor),
                reader: &input.reader,
                public_url: &public_url,
            };
            let (more, changes_at) = of_groups(tx, &of, |_| own.is_some())?;
            entries.extend(more);
            let text = calendar::published(PRODUCT, &call.name, call.time_zone, &entries);
            let fresh_until = changes_at.map_or(tomorrow, |at| at.min(tomorrow));
            Ok(Calendar { text, fresh_until: Some(fresh_until), private: own.is_some() })
        })
        .await
}

/// The owner of a private calendar, as far as groups are concerned. 404 where there is none of that token, or nobody may read it any more.
fn owner(tx: &mut Read<'_>, token: &str) -> Result<Actor> {
    let gone = || Error::not_found("calendar");
    let person = store::owner(tx, &outbox::token_hash(token))?.ok_or_else(gone)?;
    let person = people::person(tx, person)?.filter(|row| row.may_sign_in() && row.is_verified()).ok_or_else(gone)?;
    let (memberships, seats) = groups::standings_of(tx, person.id)?;
    Ok(Actor { person: Some(person.id), verified: true, memberships, seats, ..Actor::anonymous() })
}

/// The groups that somebody takes part in.
fn own_groups(actor: &Actor) -> Vec<GroupId> {
    let own: BTreeSet<GroupId> = actor.memberships.iter().map(|(group, _)| *group).chain(actor.seats.iter().copied()).collect();
    own.into_iter().collect()
}

/// What a calendar shows, and to whom.
struct Which<'a> {
    /// What these groups have; `None`: what all have.
    groups: Option<&'a [GroupId]>,
    /// And the call's own rounds.
    and_call: bool,
    /// From a day in a zone on.
    from: Option<(Day, Tz)>,
    actor: &'a Actor,
    reader: &'a Reader,
    public_url: &'a str,
}

/// What groups have in a calendar, and when more may be read of it by itself.
fn of_groups(tx: &mut Read<'_>, which: &Which<'_>, shows_all: impl Fn(GroupId) -> bool) -> Result<(Vec<Entry>, Option<Instant>)> {
    let Which { groups, and_call, from, actor, reader, public_url } = *which;
    let (call, now) = (call::current(tx)?, tx.now());
    let since = from.map(|(day, zone)| Instant::start_of(day, zone));
    let mut entries = deliverables::calendar_entries(tx, groups, from.map(|(day, _)| day), public_url, reader)?;
    let meetings = meetings::Calendar { groups, since, shows_all: &shows_all, public_url, reader };
    entries.extend(meetings::entries(tx, &meetings)?);
    let rounds = consultations::Calendar { groups, and_call, since, actor, reader, public_url, now };
    entries.extend(consultations::entries(tx, &call, &rounds)?);
    Ok((entries, consultations::next_change(tx, now)?))
}

#[derive(Deserialize, JsonSchema)]
struct InGroup {
    /// Its id, number or slug.
    #[schemars(length(max = 200))]
    group: String,
}

async fn of_group(request: Request<InGroup>) -> Result<Calendar> {
    let public_url = request.public_url().to_owned();
    request
        .read(move |tx, input| {
            let group = groups::named(tx, &input.path.group, "/calendar.ics")?.id;
            let title = groups::refs(tx, &[group], &input.reader)?.remove(&group).map(|group| group.title);
            let name = match title {
                Some(Shown::One(title)) => title,
                Some(Shown::All(all)) => all.pick(&[]).to_owned(),
                None => return Err(Error::not_found("group")),
            };
            let reads = input.actor.may(Action::ReadGroup, &Object::of_group(group));
            let of = Which {
                groups: Some(&[group]),
                and_call: false,
                from: None,
                actor: &input.actor,
                reader: &input.reader,
                public_url: &public_url,
            };
            let (entries, fresh_until) = of_groups(tx, &of, |_| reads)?;
            let zone = call::current(tx)?.time_zone;
            let text = calendar::published(PRODUCT, &name, zone, &entries);
            Ok(Calendar { text, fresh_until, private: false })
        })
        .await
}
