//! The rows of private calendars: only the hash of the token in an address.

use diesel::prelude::*;

use crate::db::{AnyConnection, DbError, Write};
use crate::error::Result;
use crate::http::etag::stale;
use crate::ids::Id;
use crate::policy::PersonId;
use crate::schema::calendar_feeds as f;
use crate::time::Instant;

/// Marks the id of a private calendar.
#[derive(Debug)]
pub enum FeedMark {}
/// The identifier of a private calendar.
pub type FeedId = Id<FeedMark>;

/// A private calendar.
#[derive(Queryable, Selectable)]
#[diesel(table_name = f)]
pub struct FeedRow {
    pub id: FeedId,
    pub token_hash: String,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// Whose calendar has the token of this hash.
pub fn owner(c: &mut AnyConnection, token_hash: &str) -> Result<Option<PersonId>> {
    Ok(f::table.filter(f::token_hash.eq(token_hash)).select(f::person_id).get_result(c).optional()?)
}

/// A person's calendar.
pub fn of_person(c: &mut AnyConnection, person: PersonId) -> Result<Option<FeedRow>> {
    Ok(f::table.filter(f::person_id.eq(person)).select(FeedRow::as_select()).get_result(c).optional()?)
}

/// Removes a person's calendar; whether there was one.
pub fn remove(tx: &mut Write<'_>, person: PersonId) -> Result<bool> {
    Ok(diesel::delete(f::table.filter(f::person_id.eq(person))).execute(&mut **tx)? == 1)
}

/// Gives a person a calendar in place of what it had. Where two do at once, the transaction is repeated.
pub fn replace(tx: &mut Write<'_>, person: PersonId, id: FeedId, token_hash: &str) -> Result<()> {
    remove(tx, person)?;
    let now = tx.now();
    let row = (f::person_id.eq(person), f::id.eq(id), f::token_hash.eq(token_hash), f::created_at.eq(now), f::updated_at.eq(now));
    match tx.savepoint(|c| diesel::insert_into(f::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(error) if DbError::unique_violation(&error) => Err(stale()),
        Err(error) => Err(error.into()),
    }
}
