//! What was sent, and up to which day everybody is planned.

use diesel::prelude::*;

use super::rules::ReminderKind;
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::people::PersonErased;
use crate::policy::PersonId;
use crate::schema::{persons as p, reminder_arrivals as arrivals, reminder_days as days, reminders as q};
use crate::time::{Day, Instant};

/// How many values a statement names, at most: no database binds any number.
const NAMED: usize = 4_096;

/// A reminder that was sent: kind, subject, target, days before, whom, when.
pub type SentRow = (ReminderKind, String, Day, i64, PersonId, Instant);

/// The kind of the rows that say which weekly reports were queued.
const REPORT: &str = "readiness_report";

/// What was sent about these subjects: to everybody, or to some thousand persons at most.
pub fn sent(c: &mut AnyConnection, subjects: &[String], to: Option<&[PersonId]>) -> Result<Vec<SentRow>> {
    let mut rows = Vec::new();
    for some in subjects.chunks(NAMED) {
        let mut all = q::table
            .filter(q::kind.ne(REPORT))
            .filter(any_of("reminders.subject_id", some))
            .select((q::kind, q::subject_id, q::target_on, q::days_before, q::person_id, q::sent_at))
            .into_boxed::<Backend>();
        if let Some(persons) = to {
            all = all.filter(any_of("reminders.person_id", persons));
        }
        rows.extend(all.load::<SentRow>(c)?);
    }
    Ok(rows)
}

/// Notes that a reminder is sent.
pub fn mark(tx: &mut Write<'_>, (kind, subject, on, before, person, at): &SentRow) -> Result<()> {
    let key = (q::kind.eq(kind), q::subject_id.eq(subject), q::target_on.eq(on), q::days_before.eq(before));
    diesel::insert_into(q::table).values((key, q::person_id.eq(person), q::sent_at.eq(at))).execute(&mut **tx)?;
    Ok(())
}

/// Who was sent the weekly report of a Monday.
pub fn reported(c: &mut AnyConnection, edition: EditionId, monday: Day) -> Result<Vec<PersonId>> {
    let sent = q::table.filter(q::kind.eq(REPORT)).filter(q::subject_id.eq(edition.to_string())).filter(q::target_on.eq(monday));
    Ok(sent.select(q::person_id).load(c)?)
}

/// Notes that the weekly report of a Monday is sent to a person. False where it was before.
pub fn mark_report(tx: &mut Write<'_>, edition: EditionId, monday: Day, person: PersonId) -> Result<bool> {
    let now = tx.now();
    let row = (
        q::kind.eq(REPORT),
        q::subject_id.eq(edition.to_string()),
        q::target_on.eq(monday),
        q::days_before.eq(0_i64),
        q::person_id.eq(person),
        q::sent_at.eq(now),
    );
    Ok(tx.unless_taken(|c| diesel::insert_into(q::table).values(row).execute(c))?.is_some())
}

/// Forgets at most `limit` reminders that were sent before an instant; how many.
pub fn forget(tx: &mut Write<'_>, before: Instant, limit: i64) -> Result<usize> {
    let last: Option<Instant> =
        q::table.filter(q::sent_at.lt(before)).order(q::sent_at).select(q::sent_at).limit(limit).load(&mut **tx)?.pop();
    let Some(last) = last else { return Ok(0) };
    Ok(diesel::delete(q::table.filter(q::sent_at.le(last))).execute(&mut **tx)?)
}

/// Forgets of what a person was reminded, and where it was.
pub fn forget_person(tx: &mut Write<'_>, fact: &PersonErased) -> Result<()> {
    diesel::delete(q::table.filter(q::person_id.eq(fact.person))).execute(&mut **tx)?;
    diesel::delete(arrivals::table.filter(arrivals::person_id.eq(fact.person))).execute(&mut **tx)?;
    Ok(())
}

/// The last day planned in each zone.
pub fn planned(c: &mut AnyConnection) -> Result<Vec<(String, Day)>> {
    Ok(days::table.select((days::zone, days::planned_on)).load(c)?)
}

/// The last day planned in a zone.
pub fn planned_in(c: &mut AnyConnection, zone: &str) -> Result<Option<Day>> {
    Ok(days::table.filter(days::zone.eq(zone)).select(days::planned_on).get_result(c).optional()?)
}

/// Notes that the reminders of a day are planned in a zone.
pub fn plan_done(tx: &mut Write<'_>, zone: &str, on: Day) -> Result<()> {
    let first =
        tx.unless_taken(|c| diesel::insert_into(days::table).values((days::zone.eq(zone), days::planned_on.eq(on))).execute(c))?;
    if first.is_none() {
        let one = days::table.filter(days::zone.eq(zone)).filter(days::planned_on.lt(on));
        diesel::update(one).set(days::planned_on.eq(on)).execute(&mut **tx)?;
    }
    Ok(())
}

/// Who has come to which zone (none chosen: the call's) and was not planned there yet, with the last day planned where it was.
pub fn arrivals(c: &mut AnyConnection) -> Result<Vec<(PersonId, Option<String>, Day)>> {
    Ok(arrivals::table.inner_join(p::table).select((arrivals::person_id, p::time_zone, arrivals::planned_on)).load(c)?)
}

/// Notes that a person leaves a zone that is planned to a day, unless it was planned nowhere since it left another.
pub fn arrive(tx: &mut Write<'_>, person: PersonId, planned_on: Day) -> Result<()> {
    let row = (arrivals::person_id.eq(person), arrivals::planned_on.eq(planned_on));
    tx.unless_taken(|c| diesel::insert_into(arrivals::table).values(row).execute(c))?;
    Ok(())
}

/// Notes that these persons are planned with their zones again.
pub fn settle(tx: &mut Write<'_>, persons: &[PersonId]) -> Result<()> {
    for some in persons.chunks(NAMED) {
        diesel::delete(arrivals::table.filter(any_of("reminder_arrivals.person_id", some))).execute(&mut **tx)?;
    }
    Ok(())
}
