//! Addresses to which nothing is sent, because their server said that nobody has them.

use diesel::prelude::*;

use super::super::suppressions::Suppressions;
use crate::db::search::Contains;
use crate::db::{AnyConnection, Backend, Write};
use crate::error::Result;
use crate::http::page::Plan;
use crate::ids::Id;
use crate::mail::Kind;
use crate::schema::suppressions as s;
use crate::time::Instant;

/// Marks the id of a suppression.
#[derive(Clone, Copy, Debug)]
pub enum SuppressionMark {}
/// The identifier of a suppression.
pub type SuppressionId = Id<SuppressionMark>;

/// A suppressed address.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = s)]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// In lower case.
    pub folded_address: String,
    /// What its server said last.
    pub reason: String,
    /// Since when.
    pub created_at: Instant,
    /// When its server said it.
    pub updated_at: Instant,
}

/// Suppresses an address; what its server said last is kept.
pub fn suppress(tx: &mut Write<'_>, address: &str, reason: &str) -> QueryResult<()> {
    let (folded, now) = (address.to_lowercase(), tx.now());
    let said = (s::reason.eq(reason), s::updated_at.eq(now));
    let known = diesel::update(s::table.filter(s::folded_address.eq(&folded))).set(said).execute(&mut **tx)?;
    if known == 0 {
        let id = tx.new_id::<SuppressionMark>();
        let row = (s::id.eq(id), s::folded_address.eq(&folded), said, s::created_at.eq(now));
        // Where another server is first, its reason stands.
        tx.unless_taken(|c| diesel::insert_into(s::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Lets mails to an address leave again; the suppression that it had.
pub fn lift(tx: &mut Write<'_>, address: &str) -> QueryResult<Option<SuppressionId>> {
    let of = s::table.filter(s::folded_address.eq(address.to_lowercase()));
    let id: Option<SuppressionId> = of.select(s::id).get_result(&mut **tx).optional()?;
    let Some(id) = id else { return Ok(None) };
    let lifted = diesel::delete(s::table.filter(s::id.eq(id))).execute(&mut **tx)?;
    Ok(Some(id).filter(|_| lifted == 1))
}

/// Whether a mail of this kind that asks for nothing is kept from the address.
pub fn stops(c: &mut AnyConnection, kind: Option<Kind>, address: &str) -> QueryResult<bool> {
    if kind.is_some_and(Kind::is_about_security) {
        return Ok(false);
    }
    diesel::select(diesel::dsl::exists(s::table.filter(s::folded_address.eq(address.to_lowercase())))).get_result(c)
}

fn matching<'a>(q: Option<&str>) -> s::BoxedQuery<'a, Backend> {
    let all = s::table.into_boxed::<Backend>();
    match q {
        Some(q) => all.filter(Contains::scan("suppressions.folded_address", q)),
        None => all,
    }
}

/// One page of the suppressed addresses.
pub fn page(c: &mut AnyConnection, q: Option<&str>, plan: &Plan<Suppressions>) -> Result<Vec<Suppression>> {
    Ok(plan.apply(matching(q)).select(Suppression::as_select()).load(c)?)
}

/// How many addresses the filter leaves.
pub fn count(c: &mut AnyConnection, q: Option<&str>) -> Result<i64> {
    Ok(matching(q).count().get_result(c)?)
}
