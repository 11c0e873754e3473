//! Rows of persons and what they sign in with.

pub mod admin;
mod guesses;
pub mod reached;
pub mod retention;
mod sessions;

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::rules::Role;
use crate::db::{AnyConnection, DbError, Write, any_of};
use crate::error::Result;
use crate::http::etag::{stale, written};
use crate::ids::Id;
use crate::policy::{PersonId, PersonMark};
use crate::schema::{login_addresses, person_sessions, persons, recovery_codes, refresh_tokens};
use crate::text;
use crate::time::Instant;

pub use guesses::*;
pub use sessions::*;

/// A person's row.
#[derive(Clone, Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = persons, treat_none_as_null = true)]
pub struct PersonRow {
    /// Its id.
    #[diesel(skip_update)]
    pub id: PersonId,
    /// As typed; null once erased.
    pub email: Option<String>,
    /// In lower case: what it is looked up by.
    pub folded_email: Option<String>,
    /// When the address was confirmed.
    pub email_verified_at: Option<Instant>,
    /// What others see.
    pub display_name: String,
    /// A language of the call, where one was chosen.
    pub locale: Option<String>,
    /// A zone of the tz database, where one was chosen.
    pub time_zone: Option<String>,
    /// Its role in the initiative.
    pub role: Role,
    /// PHC string; null where it has never chosen one.
    pub password_hash: Option<String>,
    /// Its login address went with an affiliation that ended.
    pub address_lapsed: bool,
    /// Since when it may not sign in.
    pub suspended_at: Option<Instant>,
    /// When it was erased.
    pub erased_at: Option<Instant>,
    /// Base32, set up or about to be.
    pub totp_secret: Option<String>,
    /// Since when a second factor is asked for.
    pub totp_confirmed_at: Option<Instant>,
    /// The last time step whose code was taken.
    pub totp_last_step: Option<i64>,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl PersonRow {
    /// Whether the person may do more than keep its own account.
    pub fn is_verified(&self) -> bool {
        self.email_verified_at.is_some() && !self.address_lapsed
    }

    /// Whether the person may sign in at all.
    pub fn may_sign_in(&self) -> bool {
        self.suspended_at.is_none() && self.erased_at.is_none()
    }

    /// Whether a mail about its work reaches it: it has a confirmed address of its own, and is neither suspended nor erased.
    pub fn is_reachable(&self) -> bool {
        self.is_verified() && self.may_sign_in()
    }

    /// Whether a second factor is set up.
    pub fn has_second_factor(&self) -> bool {
        self.totp_confirmed_at.is_some()
    }
}

/// A new account.
pub struct NewPerson<'a> {
    /// As typed.
    pub email: &'a str,
    /// As looked up.
    pub folded_email: &'a str,
    /// Confirmed since, where it is.
    pub verified_at: Option<Instant>,
    /// What others see.
    pub display_name: &'a str,
    /// Its language.
    pub locale: Option<&'a str>,
    /// Its role.
    pub role: Role,
    /// Its password's hash.
    pub password_hash: Option<&'a str>,
}

/// Inserts a person. `None` where the address has an account.
pub fn insert_person(tx: &mut Write<'_>, person: &NewPerson<'_>) -> Result<Option<PersonId>> {
    let (id, now) = (tx.new_id::<PersonMark>(), tx.now());
    let inserted = tx.unless_taken(|c| {
        diesel::insert_into(persons::table)
            .values((
                persons::id.eq(id),
                persons::email.eq(person.email),
                persons::folded_email.eq(person.folded_email),
                persons::email_verified_at.eq(person.verified_at),
                persons::display_name.eq(person.display_name),
                persons::locale.eq(person.locale),
                persons::role.eq(person.role),
                persons::password_hash.eq(person.password_hash),
                persons::address_lapsed.eq(false),
                persons::search_text.eq(search_text(person.display_name, Some(person.folded_email))),
                persons::version.eq(1_i64),
                persons::created_at.eq(now),
                persons::updated_at.eq(now),
            ))
            .execute(c)
    })?;
    Ok(inserted.map(|_| id))
}

/// What a person is found by: its name first, so that a list can be sorted by it.
fn search_text(display_name: &str, email: Option<&str>) -> String {
    text::fold(&format!("{display_name} {}", email.unwrap_or_default()))
}

/// A person by id.
pub fn person(c: &mut AnyConnection, id: PersonId) -> Result<Option<PersonRow>> {
    Ok(persons::table.filter(persons::id.eq(id)).select(PersonRow::as_select()).get_result(c).optional()?)
}

/// Persons by id, in the order of ids; ids that name none are left out.
pub fn persons(c: &mut AnyConnection, ids: &[PersonId]) -> Result<Vec<PersonRow>> {
    let mut rows = Vec::with_capacity(ids.len());
    // More than SQLite binds at once may take part in groups.
    for some in ids.chunks(4096) {
        let query = persons::table.filter(any_of("persons.id", some)).order(persons::id);
        rows.extend(query.select(PersonRow::as_select()).load(c)?);
    }
    rows.sort_by_key(|row: &PersonRow| row.id);
    Ok(rows)
}

/// Holds these persons until the transaction ends, in the order of their ids, before how they stand is read: nobody suspends or erases them
/// meanwhile. Comes after supporters and before groups; ids that name none are left out.
pub fn hold_persons(tx: &mut Write<'_>, ids: impl IntoIterator<Item = PersonId>) -> Result<()> {
    for id in ids.into_iter().collect::<BTreeSet<_>>() {
        diesel::update(persons::table.filter(persons::id.eq(id)))
            .set(persons::version.eq(persons::version))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// A person by its folded address.
pub fn person_by_email(c: &mut AnyConnection, folded: &str) -> Result<Option<PersonRow>> {
    Ok(persons::table.filter(persons::folded_email.eq(folded)).select(PersonRow::as_select()).get_result(c).optional()?)
}

/// What these persons are called; ids that name none are left out.
pub fn names(c: &mut AnyConnection, ids: &[PersonId]) -> Result<Vec<(PersonId, String)>> {
    Ok(persons::table.filter(any_of("persons.id", ids)).select((persons::id, persons::display_name)).load(c)?)
}

/// What these persons are called, and their addresses; ids that name none are left out.
pub fn contacts(c: &mut AnyConnection, ids: &[PersonId]) -> Result<Vec<(PersonId, String, Option<String>)>> {
    let columns = (persons::id, persons::display_name, persons::email);
    Ok(persons::table.filter(any_of("persons.id", ids)).select(columns).load(c)?)
}

/// Who runs the initiative and can be reached: secretariat and administrators, confirmed, neither suspended nor erased, oldest first.
pub fn secretariat(c: &mut AnyConnection) -> Result<Vec<PersonRow>> {
    Ok(persons::table
        .filter(persons::role.ne(Role::Person))
        .filter(persons::email_verified_at.is_not_null())
        .filter(persons::address_lapsed.eq(false))
        .filter(persons::suspended_at.is_null())
        .filter(persons::erased_at.is_null())
        .order(persons::id)
        .select(PersonRow::as_select())
        .load(c)?)
}

/// Saves a person over the version it was read at; the transaction is repeated when another was faster.
pub fn save_person(tx: &mut Write<'_>, person: &mut PersonRow) -> Result<()> {
    let read_at = person.version;
    person.version += 1;
    person.updated_at = tx.now();
    let row = persons::table.filter(persons::id.eq(person.id)).filter(persons::version.eq(read_at));
    let search_text = search_text(&person.display_name, person.folded_email.as_deref());
    match diesel::update(row).set((&*person, persons::search_text.eq(search_text))).execute(&mut **tx) {
        // Its new address was taken since it was looked for: the repeated transaction finds who has it.
        Err(error) if DbError::unique_violation(&error) => Err(stale()),
        saved => written(saved?),
    }
}

/// How many administrators could still act: confirmed, neither suspended nor erased. Their rows are locked by the count's update, so that the last
/// two cannot demote each other at once.
pub fn other_administrators(tx: &mut Write<'_>, than: PersonId) -> Result<usize> {
    let others = persons::table
        .filter(persons::role.eq(Role::Administrator))
        .filter(persons::id.ne(than))
        .filter(persons::email_verified_at.is_not_null())
        .filter(persons::address_lapsed.eq(false))
        .filter(persons::suspended_at.is_null())
        .filter(persons::erased_at.is_null());
    // A write to each row, in the order of ids: whoever comes second waits, and then counts what the first left.
    let ids: Vec<PersonId> = others.select(persons::id).order(persons::id).load(&mut **tx)?;
    let mut standing = 0;
    for id in ids {
        standing += diesel::update(
            persons::table
                .filter(persons::id.eq(id))
                .filter(persons::role.eq(Role::Administrator))
                .filter(persons::suspended_at.is_null()),
        )
        .set(persons::role.eq(Role::Administrator))
        .execute(&mut **tx)?;
    }
    Ok(standing)
}

/// Replaces a person's recovery codes.
pub fn replace_recovery_codes(tx: &mut Write<'_>, person: PersonId, hashes: &[String]) -> Result<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(person))).execute(&mut **tx)?;
    for hash in hashes {
        let id: Id<()> = tx.new_id();
        diesel::insert_into(recovery_codes::table)
            .values((recovery_codes::id.eq(id), recovery_codes::person_id.eq(person), recovery_codes::code_hash.eq(hash)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Uses up a recovery code; whether it was there and unused.
pub fn use_recovery_code(tx: &mut Write<'_>, person: PersonId, hash: &str) -> Result<bool> {
    let now = tx.now();
    let used = diesel::update(
        recovery_codes::table
            .filter(recovery_codes::person_id.eq(person))
            .filter(recovery_codes::code_hash.eq(hash))
            .filter(recovery_codes::used_at.is_null()),
    )
    .set(recovery_codes::used_at.eq(now))
    .execute(&mut **tx)?;
    Ok(used == 1)
}

/// Removes whatever a person could sign in with, and where it did.
pub fn forget_credentials(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    let theirs = person_sessions::table.filter(person_sessions::person_id.eq(person)).select(person_sessions::id);
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::session_id.eq_any(theirs))).execute(&mut **tx)?;
    diesel::delete(person_sessions::table.filter(person_sessions::person_id.eq(person))).execute(&mut **tx)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(person))).execute(&mut **tx)?;
    diesel::delete(login_addresses::table.filter(login_addresses::person_id.eq(person))).execute(&mut **tx)?;
    Ok(())
}
