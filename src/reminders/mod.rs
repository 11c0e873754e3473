//! Reminders: who owes what by when, told in time and once (domain.md, The Forum cycle and its mails).

mod gather;
mod planning;
mod reading;
mod routes;
mod rules;
mod schedule;
mod store;

use chrono::TimeDelta;

use crate::db::{Db, Write};
use crate::error::Result;
use crate::facts::Objections;
use crate::http::Route;
use crate::people::PersonErased;
use crate::policy::PersonId;
use crate::time::{Day, Instant};

pub use rules::ReminderKind;
pub use rules::plan::When;
pub use schedule::{RecipientView, Scheduled};
pub use store::{mark_report, reported};

/// `/admin/reminders/schedule`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}

/// Queues everything that has come up by now, a batch of persons a write; how many reminders that were. Any number of servers may do so at
/// once, and any may be killed in between: each reminder is queued once.
pub async fn send_due(db: &Db, now: Instant) -> Result<usize> {
    let ripe = db.read(move |tx| planning::ripe(tx, now)).await?;
    if ripe.is_empty() {
        return Ok(0);
    }
    let when = When::Now(now);
    let plan = db.read(move |tx| planning::plan(tx, when)).await?;
    let mut sent = 0;
    for batch in plan {
        sent += db.write(move |tx| planning::tell(tx, &batch, when)).await?.len();
    }
    db.write(move |tx| planning::done(tx, &ripe)).await?;
    Ok(sent)
}

/// Notes that somebody is about to leave a zone (none: the call's), so that it misses nothing where it arrives.
pub fn on_zone_left(tx: &mut Write<'_>, person: PersonId, zone: Option<&str>) -> Result<()> {
    planning::leave_zone(tx, person, zone)
}

/// Queues and marks what falls on a day in each recipient's zone, as if that day had ended; what that is, by when it is due, as the schedule
/// has it. `dry`: tells only.
pub fn send_on(db: &Db, day: Day, dry: bool) -> Result<Vec<Scheduled>> {
    let mut rows = db.read_blocking(|tx| schedule::on(tx, day))?;
    if !dry {
        let when = When::On(day);
        let plan = db.read_blocking(|tx| planning::plan(tx, when))?;
        let mut sent = Vec::new();
        for batch in &plan {
            sent.extend(db.write_blocking(&mut |tx: &mut Write<'_>| planning::tell(tx, batch, when))?);
        }
        // What is one row for many persons is that row, once.
        let (many, mut each): (Vec<_>, Vec<_>) = sent.into_iter().partition(|row| row.person.is_none());
        rows.retain(|row| row.person.is_none() && many.iter().any(|sent| sent.order() == row.order()));
        each.append(&mut rows);
        rows = each;
    }
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    db.read_blocking(|tx| schedule::say_how(tx, &mut rows))?;
    Ok(rows)
}

/// How long it is known what was sent (PRIVACY.md): longer than any offset.
const KEPT: TimeDelta = TimeDelta::days(400);

/// Forgets a batch of what was sent long ago; how much.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let before = tx.now().minus(KEPT);
    store::forget(tx, before, 500)
}

/// Forgets of what an erased person was reminded.
pub fn on_person_erased(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    store::forget_person(tx, fact)
}
