//! Queues what is due, some persons at a time.

use serde_json::{Map, Value, json};

use super::gather::{self, About, Gathered};
use super::reading::Batch;
use super::rules::ReminderKind;
use super::rules::plan::{Item, Ripe, When};
use super::schedule::{self, Scheduled};
use super::store;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::locale::Localised;
use crate::mail::{Kind, Language, moment};
use crate::people::{self, PersonRow};
use crate::policy::PersonId;
use crate::time::Instant;

/// Persons told in one write, at most.
const PERSONS: usize = 100;
/// Reminders marked in one write, at most, unless one person gets more.
const REMINDERS: usize = 400;

/// What is to be planned at `now`: a look at the zones.
pub fn ripe(c: &mut AnyConnection, now: Instant) -> Result<Ripe> {
    let Some(here) = gather::zone(c)? else { return Ok(Ripe::default()) };
    let chosen = people::zones(c)?.into_iter().filter_map(|name| name.parse::<chrono_tz::Tz>().ok());
    let zones: Vec<chrono_tz::Tz> = chosen.chain([here]).collect();
    let arrived = store::arrivals(c)?.into_iter();
    let arrived: Vec<_> = arrived.map(|(person, zone, on)| (person, gather::zone_or(zone.as_deref(), here), on)).collect();
    Ok(Ripe::at(now, &zones, &store::planned(c)?.into_iter().collect(), &arrived))
}

/// Who is to be told of what, in the order of ids, in batches of which each is a short write.
pub fn plan(c: &mut AnyConnection, when: When) -> Result<Vec<Batch>> {
    let all = gather::gather(c, None)?;
    let mut batches = Vec::new();
    let (mut batch, mut reminders) = (Batch::new(), 0);
    for (person, items) in all.state.due(when) {
        if batch.len() == PERSONS || (reminders + items.len() > REMINDERS && !batch.is_empty()) {
            batches.push(std::mem::take(&mut batch));
            reminders = 0;
        }
        reminders += items.len();
        batch.insert(person, items.iter().filter_map(|item| key(&all, item)).collect());
    }
    batches.push(batch);
    batches.retain(|batch| !batch.is_empty());
    Ok(batches)
}

fn key(all: &Gathered, item: &Item) -> Option<(ReminderKind, String)> {
    all.state.subjects.get(item.subject).map(|subject| (subject.kind, subject.id.clone()))
}

/// Queues what these persons are to be told, and marks it, once however many do so at once; what that was. Whatever of the batch was done,
/// moved or told since it was planned is left out: it is computed anew from what concerns the batch.
pub fn tell(tx: &mut Write<'_>, batch: &Batch, when: When) -> Result<Vec<Scheduled>> {
    tx.exclude("reminders")?;
    let now = tx.now();
    let all = gather::gather(tx, Some(batch))?;
    let mut due = all.state.due(when);
    for (person, items) in &mut due {
        let planned = batch.get(person);
        items.retain(|item| key(&all, item).is_some_and(|key| planned.is_some_and(|planned| planned.contains(&key))));
    }
    due.retain(|_, items| !items.is_empty());
    let rows: Vec<PersonId> = due.keys().copied().collect();
    let mut told = Vec::new();
    for person in people::persons(tx, &rows)? {
        let Some(items) = due.remove(&person.id) else { continue };
        for kind in ReminderKind::ALL {
            let of: Vec<&Item> = items.iter().filter(|item| item.moment.kind == *kind).collect();
            if of.is_empty() {
                continue;
            }
            let (params, secret) = letter(&all, &person, &of, when)?;
            if secret {
                people::tell_in_secret(tx, mail_of(*kind), &person, params)?;
            } else {
                people::tell(tx, mail_of(*kind), &person, params)?;
            }
            for item in of {
                let Some(subject) = all.state.subjects.get(item.subject) else { continue };
                let moment = item.moment;
                store::mark(tx, &(moment.kind, subject.id.clone(), moment.target_on, moment.days_before, person.id, now))?;
            }
        }
        for item in &items {
            told.extend(schedule::row(&all, item)?);
        }
    }
    Ok(told)
}

/// Notes what is planned, once everybody was told.
pub fn done(tx: &mut Write<'_>, ripe: &Ripe) -> Result<()> {
    tx.exclude("reminders")?;
    for (zone, day) in &ripe.zones {
        store::plan_done(tx, zone, *day)?;
    }
    store::settle(tx, &ripe.settled)
}

/// Notes up to which day somebody was reminded in a zone, which it is about to leave.
pub fn leave_zone(tx: &mut Write<'_>, person: PersonId, zone: Option<&str>) -> Result<()> {
    let Some(here) = gather::zone(tx)? else { return Ok(()) };
    match store::planned_in(tx, gather::zone_or(zone, here).name())? {
        Some(planned_on) => store::arrive(tx, person, planned_on),
        None => Ok(()),
    }
}

/// The mail of a kind.
pub fn mail_of(kind: ReminderKind) -> Kind {
    match kind {
        ReminderKind::DeliverableDue => Kind::DeliverableDue,
        ReminderKind::DeliverableLate => Kind::DeliverableLate,
        ReminderKind::SubmissionDeadline => Kind::SubmissionDeadline,
        ReminderKind::ForumStart => Kind::ForumStart,
        ReminderKind::ConsultationClosing => Kind::ConsultationClosing,
    }
}

/// What a mail says, and whether that this person gets it is a secret.
fn letter(all: &Gathered, person: &PersonRow, items: &[&Item], when: When) -> Result<(Value, bool)> {
    let order: Vec<String> = person.locale.iter().chain(&all.languages).cloned().collect();
    let language = Language::first_of(order.iter().map(String::as_str));
    let zone = all.state.zones.get(&person.id).copied().unwrap_or(chrono_tz::UTC);
    let today = match when {
        When::Now(now) => now.day_in(zone),
        When::On(day) => day,
    };
    let (mut said, mut secret) = (Vec::new(), false);
    for item in items {
        let Some(about) = all.about.get(item.subject) else { continue };
        let on = item.moment.target_on;
        let days = on.signed_duration_since(today).num_days();
        said.push(match about {
            About::Deliverable { reference, title } => {
                let days = if item.moment.kind == ReminderKind::DeliverableLate { -days } else { days };
                json!({"reference": reference, "title": title, "due_on": on, "days": days, "path": path(about)})
            }
            About::Edition { year, name, city } => {
                let parts = all.parts.get(&(item.subject, person.id)).into_iter().flatten();
                let parts: Vec<Value> = parts.map(|(reference, title)| json!({"reference": reference, "title": title})).collect();
                json!({"year": year, "name": name, "city": city, "on": on, "days": days, "deliverables": parts, "path": path(about)})
            }
            About::Round { title, closes_at, secret: hides, .. } => {
                secret |= hides;
                let title = Localised::from_json(title)?;
                json!({"title": title.pick(&order), "closes": moment(*closes_at, zone, language), "days": days, "path": path(about)})
            }
        });
    }
    let mut params = Map::new();
    if let [only] = said.as_slice() {
        params.insert("path".into(), only.get("path").cloned().unwrap_or_default());
    }
    params.insert("items".into(), said.into());
    Ok((params.into(), secret))
}

/// Where a subject is, below the address of the front end.
pub fn path(about: &About) -> String {
    match about {
        About::Deliverable { reference, .. } => format!("deliverables/{reference}"),
        About::Edition { year, .. } => format!("forum-editions/{year}"),
        About::Round { slug, .. } => format!("consultations/{slug}"),
    }
}
