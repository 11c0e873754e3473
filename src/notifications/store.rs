//! Rows of preferences, notifications and what waits for a digest.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;
use diesel::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::rules::Choice;
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::http::etag;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::mail::Kind;
use crate::outbox;
use crate::policy::PersonId;
use crate::schema::{
    digest_items as d, notification_counters as c, notification_preferences as p, notifications as n, persons,
    unsubscribed_addresses as u,
};
use crate::text::hex;
use crate::time::{self, Instant};

/// How long what persons were told is kept (PRIVACY.md).
const KEPT: TimeDelta = TimeDelta::days(400);
/// Rows of a kind that one transaction forgets.
const BATCH: i64 = 500;
/// News that one digest holds, at most; what is more comes with the next.
const ITEMS: i64 = 100;

/// Marks the id of a notification.
#[derive(Debug)]
pub enum NotificationMark {}
/// The identifier of a notification.
pub type NotificationId = Id<NotificationMark>;

/// What a person said.
#[derive(Default)]
pub struct Preferences {
    /// By kind.
    pub choices: BTreeMap<String, Choice>,
    /// Its version; 0 where the person never said anything.
    pub version: i64,
}

/// What a person said.
pub fn preferences(connection: &mut AnyConnection, person: PersonId) -> Result<Preferences> {
    let row: Option<(String, i64)> =
        p::table.filter(p::person_id.eq(person)).select((p::choices, p::version)).get_result(connection).optional()?;
    let Some((choices, version)) = row else { return Ok(Preferences::default()) };
    Ok(Preferences { choices: serde_json::from_str(&choices)?, version })
}

/// What everybody, or some thousand persons at most, said who said anything, by kind.
pub fn all_preferences(
    connection: &mut AnyConnection,
    of: Option<&[PersonId]>,
) -> Result<Vec<(PersonId, BTreeMap<String, Choice>)>> {
    let mut all = p::table.select((p::person_id, p::choices)).into_boxed::<Backend>();
    if let Some(persons) = of {
        all = all.filter(any_of("notification_preferences.person_id", persons));
    }
    let rows: Vec<(PersonId, String)> = all.load(connection)?;
    rows.into_iter().map(|(person, choices)| Ok((person, serde_json::from_str(&choices)?))).collect()
}

/// Replaces what a person said. What waits for its digest, or to be sent again, is dropped where it wants no more of that kind; else it comes with
/// the next digest.
pub fn save_preferences(tx: &mut Write<'_>, person: PersonId, said: &Preferences) -> Result<i64> {
    let (now, choices) = (tx.now(), serde_json::to_string(&said.choices)?);
    if said.version == 0 {
        let row = (
            p::person_id.eq(person),
            p::choices.eq(&choices),
            p::version.eq(1_i64),
            p::created_at.eq(now),
            p::updated_at.eq(now),
        );
        tx.unless_taken(|c| diesel::insert_into(p::table).values(row).execute(c))?.ok_or_else(etag::stale)?;
    } else {
        let here = p::table.filter(p::person_id.eq(person).and(p::version.eq(said.version)));
        let set = (p::choices.eq(&choices), p::version.eq(p::version + 1), p::updated_at.eq(now));
        etag::written(diesel::update(here).set(set).execute(&mut **tx)?)?;
    }
    let off: Vec<&str> =
        said.choices.iter().filter(|(_, choice)| **choice == Choice::Off).map(|(kind, _)| kind.as_str()).collect();
    diesel::delete(d::table.filter(d::person_id.eq(person)).filter(any_of("digest_items.kind", &off))).execute(&mut **tx)?;
    outbox::drop_unwanted(tx, person, &off)?;
    Ok(said.version + 1)
}

/// The zone that a person lives by, else the call's, else UTC.
pub fn zone_of(tx: &mut Write<'_>, person: PersonId) -> Result<Tz> {
    let own: Option<Option<String>> =
        persons::table.filter(persons::id.eq(person)).select(persons::time_zone).get_result(&mut **tx).optional()?;
    if let Some(zone) = own.flatten().and_then(|zone| time::zone(&zone).ok()) {
        return Ok(zone);
    }
    Ok(crate::call::load(tx).map_or(Tz::UTC, |call| call.time_zone))
}

/// Keeps a person from erasing its account until the transaction ends; false where it has. What is told while it does would outlive it.
pub fn hold_reader(tx: &mut Write<'_>, person: PersonId) -> QueryResult<bool> {
    tx.share(&lock_of(person))?;
    let known = persons::table.filter(persons::id.eq(person)).filter(persons::erased_at.is_null());
    diesel::select(diesel::dsl::exists(known)).get_result(&mut **tx)
}

/// Waits for whoever is telling a person something, and lets nobody begin.
pub fn hold_back(tx: &mut Write<'_>, person: PersonId) -> QueryResult<()> {
    tx.exclude(&lock_of(person))
}

fn lock_of(person: PersonId) -> String {
    format!("tell {person}")
}

/// Keeps news for a person's digest.
pub fn keep_for_digest(
    tx: &mut Write<'_>,
    person: PersonId,
    kind: Kind,
    params: &Value,
    concealed: bool,
    due_at: Instant,
) -> QueryResult<()> {
    let (id, now) = (tx.new_id::<()>(), tx.now());
    diesel::insert_into(d::table)
        .values((
            d::id.eq(id),
            d::person_id.eq(person),
            d::kind.eq(kind.as_str()),
            d::params.eq(params.to_string()),
            d::concealed.eq(concealed),
            d::due_at.eq(due_at),
            d::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether a digest is to be sent by now.
pub fn is_any_due(connection: &mut AnyConnection, now: Instant) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(d::table.filter(d::due_at.le(now)))).get_result(connection)
}

/// Persons whose digest is due, at most so many.
pub fn persons_due(connection: &mut AnyConnection, now: Instant, most: i64) -> QueryResult<Vec<PersonId>> {
    d::table.filter(d::due_at.le(now)).select(d::person_id).distinct().order(d::person_id).limit(most).load(connection)
}

/// News that waited for a digest.
pub struct Item {
    /// Which mail it would have been.
    pub kind: String,
    /// What its text is made from.
    pub params: Value,
    /// Whether it is a secret that this person is told.
    pub concealed: bool,
}

/// Takes what is due out of what waits for a person's digest, oldest first.
pub fn take_items(tx: &mut Write<'_>, person: PersonId, now: Instant) -> Result<Vec<Item>> {
    let rows: Vec<(Id<()>, String, String, bool)> = d::table
        .filter(d::person_id.eq(person))
        .filter(d::due_at.le(now))
        .order((d::created_at, d::id))
        .limit(ITEMS)
        .select((d::id, d::kind, d::params, d::concealed))
        .load(&mut **tx)?;
    let ids: Vec<Id<()>> = rows.iter().map(|row| row.0).collect();
    diesel::delete(d::table.filter(any_of("digest_items.id", &ids))).execute(&mut **tx)?;
    rows.into_iter()
        .map(|(_, kind, params, concealed)| Ok(Item { kind, params: serde_json::from_str(&params)?, concealed }))
        .collect()
}

/// Who reads a digest.
pub struct DigestReader {
    /// Its address.
    pub email: String,
    /// Its name.
    pub name: String,
    /// Its language, where it chose one.
    pub locale: Option<String>,
}

/// The person as a reader of mails; `None` where no mail about its work reaches it.
pub fn reader(connection: &mut AnyConnection, person: PersonId) -> Result<Option<DigestReader>> {
    let reachable = persons::table
        .filter(persons::id.eq(person))
        .filter(persons::email_verified_at.is_not_null())
        .filter(persons::address_lapsed.eq(false))
        .filter(persons::suspended_at.is_null())
        .filter(persons::erased_at.is_null());
    let row: Option<(Option<String>, String, Option<String>)> =
        reachable.select((persons::email, persons::display_name, persons::locale)).get_result(connection).optional()?;
    Ok(row.and_then(|(email, name, locale)| Some(DigestReader { email: email?, name, locale })))
}

/// Writes a person's news down, numbered on from the last. Its counter is held from here on: nobody sees a number before an earlier one.
pub fn notify(tx: &mut Write<'_>, person: PersonId, news: &[(Kind, Value)]) -> QueryResult<()> {
    let (now, count) = (tx.now(), i64::try_from(news.len()).unwrap_or(i64::MAX));
    let advance = |tx: &mut Write<'_>| {
        diesel::update(c::table.filter(c::person_id.eq(person))).set(c::newest.eq(c::newest + count)).execute(&mut **tx)
    };
    if advance(tx)? == 0 {
        let first = (c::person_id.eq(person), c::newest.eq(count));
        if tx.unless_taken(|connection| diesel::insert_into(c::table).values(first).execute(connection))?.is_none() {
            advance(tx)?;
        }
    }
    let newest: i64 = c::table.filter(c::person_id.eq(person)).select(c::newest).get_result(&mut **tx)?;
    for ((kind, params), number) in news.iter().zip(newest - count + 1..) {
        let id = tx.new_id::<NotificationMark>();
        diesel::insert_into(n::table)
            .values((
                n::id.eq(id),
                n::person_id.eq(person),
                n::number.eq(number),
                n::kind.eq(kind.as_str()),
                n::params.eq(params.to_string()),
                n::created_at.eq(now),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// A person's notifications as a list.
pub struct Inbox;

/// One notification.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = n)]
pub struct NotificationRow {
    /// Its id.
    pub id: NotificationId,
    /// The how-manieth of its person's.
    pub number: i64,
    /// Which mail says the same.
    pub kind: String,
    /// What its text is made from, JSON.
    pub params: String,
    /// When it was read.
    pub read_at: Option<Instant>,
    /// When it was told.
    pub created_at: Instant,
}

impl Listed for Inbox {
    type Row = NotificationRow;
    const SORTS: &'static [SortField<NotificationRow>] =
        &[SortField { name: "number", column: "notifications.number", key: SortKey::Int(|row| row.number) }];
    const DEFAULT: &'static str = "-number";
    const TIE: SortField<NotificationRow> =
        SortField { name: "id", column: "notifications.id", key: SortKey::Text(|row| row.id.to_string()) };
}

fn of_person<'a>(person: PersonId, unread: bool) -> n::BoxedQuery<'a, Backend> {
    let all = n::table.filter(n::person_id.eq(person)).into_boxed::<Backend>();
    if unread { all.filter(n::read_at.is_null()) } else { all }
}

/// One page of a person's notifications.
pub fn page(connection: &mut AnyConnection, person: PersonId, unread: bool, plan: &Plan<Inbox>) -> Result<Vec<NotificationRow>> {
    Ok(plan.apply(of_person(person, unread)).select(NotificationRow::as_select()).load(connection)?)
}

/// The numbers of these persons' newest notifications, where they have any.
pub fn newest_of(connection: &mut AnyConnection, persons: &[PersonId]) -> QueryResult<Vec<(PersonId, i64)>> {
    c::table.filter(any_of("notification_counters.person_id", persons)).select((c::person_id, c::newest)).load(connection)
}

/// A person's notifications with numbers above one, lowest first, at most so many.
pub fn after(connection: &mut AnyConnection, person: PersonId, number: i64, most: usize) -> QueryResult<Vec<NotificationRow>> {
    let later = n::table.filter(n::person_id.eq(person)).filter(n::number.gt(number)).order(n::number);
    later.limit(i64::try_from(most).unwrap_or(i64::MAX)).select(NotificationRow::as_select()).load(connection)
}

/// How many notifications a person has, or has not read.
pub fn count(connection: &mut AnyConnection, person: PersonId, unread: bool) -> Result<i64> {
    Ok(of_person(person, unread).count().get_result(connection)?)
}

/// Marks a person's notifications up to one as read; false where that is none of its own.
pub fn read_up_to(tx: &mut Write<'_>, person: PersonId, id: NotificationId) -> Result<bool> {
    let now = tx.now();
    let mine = n::table.filter(n::person_id.eq(person));
    let number: Option<i64> = mine.filter(n::id.eq(id)).select(n::number).get_result(&mut **tx).optional()?;
    let Some(number) = number else { return Ok(false) };
    diesel::update(mine.filter(n::read_at.is_null()).filter(n::number.le(number))).set(n::read_at.eq(now)).execute(&mut **tx)?;
    Ok(true)
}

/// Whether the reader of an address without account wants no more of a kind.
pub fn has_left(connection: &mut AnyConnection, address: &str, kind: &str) -> Result<bool> {
    let left = u::table.filter(u::address_digest.eq(digest(address))).filter(u::kind.eq(kind));
    Ok(diesel::select(diesel::dsl::exists(left)).get_result(connection)?)
}

/// Writes down that it wants no more; once however often it says so.
pub fn leave(tx: &mut Write<'_>, address: &str, kind: Kind) -> Result<()> {
    let row = (u::address_digest.eq(digest(address)), u::kind.eq(kind.as_str()), u::created_at.eq(tx.now()));
    tx.unless_taken(|c| diesel::insert_into(u::table).values(row).execute(c))?;
    Ok(())
}

fn digest(address: &str) -> String {
    hex(&Sha256::digest(address.to_lowercase().as_bytes()))
}

/// Forgets everything about a person.
pub fn forget_person(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    diesel::delete(p::table.filter(p::person_id.eq(person))).execute(&mut **tx)?;
    diesel::delete(d::table.filter(d::person_id.eq(person))).execute(&mut **tx)?;
    diesel::delete(n::table.filter(n::person_id.eq(person))).execute(&mut **tx)?;
    diesel::delete(c::table.filter(c::person_id.eq(person))).execute(&mut **tx)?;
    Ok(())
}

/// Forgets a batch of old notifications, and of news that nobody took; how many.
pub fn forget_old(tx: &mut Write<'_>) -> Result<usize> {
    let then = tx.now().minus(KEPT);
    let old: Vec<NotificationId> =
        n::table.filter(n::created_at.le(then)).order((n::created_at, n::id)).limit(BATCH).select(n::id).load(&mut **tx)?;
    let told = diesel::delete(n::table.filter(any_of("notifications.id", &old))).execute(&mut **tx)?;
    let old: Vec<Id<()>> =
        d::table.filter(d::created_at.le(then)).order((d::created_at, d::id)).limit(BATCH).select(d::id).load(&mut **tx)?;
    let kept = diesel::delete(d::table.filter(any_of("digest_items.id", &old))).execute(&mut **tx)?;
    Ok(told + kept)
}

/// A person's notifications, as it may take them along.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> Result<Value> {
    let rows: Vec<NotificationRow> =
        of_person(person, false).order(n::number).select(NotificationRow::as_select()).load(connection)?;
    let told = rows.into_iter().map(|row| {
        let params: Value = serde_json::from_str(&row.params).unwrap_or_default();
        json!({"kind": row.kind, "params": params, "read_at": row.read_at, "created_at": row.created_at})
    });
    Ok(told.collect())
}
