//! Rows of derogations, written. A group has at most one that nobody withdrew.

use diesel::prelude::*;

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::groups::rules::Derogation;
use crate::groups::store::DerogationMark;
use crate::http::etag::written;
use crate::ids::Id;
use crate::policy::{GroupId, PersonId};
use crate::schema::derogations as d;
use crate::time::Day;

/// A new derogation of a group that the transaction holds. Its version follows on those before it: an ETag of one of these matches no more.
pub fn insert(tx: &mut Write<'_>, group: GroupId, terms: &Derogation, by: Option<PersonId>) -> Result<Id<DerogationMark>> {
    let (id, now) = (tx.new_id::<DerogationMark>(), tx.now());
    let before: Option<i64> =
        d::table.filter(d::group_id.eq(group)).select(diesel::dsl::max(d::version)).get_result(&mut **tx)?;
    let own = (d::waives.eq(serde_json::to_string(&terms.waives)?), d::reason.eq(&terms.reason), d::granted_by.eq(by));
    let stands = (d::since.eq(terms.since), d::until.eq(terms.until));
    let stamps = (d::version.eq(before.unwrap_or_default() + 1), d::created_at.eq(now), d::updated_at.eq(now));
    diesel::insert_into(d::table).values((d::id.eq(id), d::group_id.eq(group), own, stands, stamps)).execute(&mut **tx)?;
    Ok(id)
}

/// Takes it back; the transaction is repeated where somebody did meanwhile.
pub fn withdraw(tx: &mut Write<'_>, id: Id<DerogationMark>) -> Result<()> {
    let now = tx.now();
    let standing = d::table.filter(d::id.eq(id)).filter(d::withdrawn_at.is_null());
    let withdrawn = diesel::update(standing)
        .set((d::withdrawn_at.eq(now), d::version.eq(d::version + 1), d::updated_at.eq(now)))
        .execute(&mut **tx)?;
    written(withdrawn)
}

/// The derogations whose last day is before `today` and of which nobody has noticed it, with their groups, by group.
pub fn run_out(c: &mut AnyConnection, today: Day) -> Result<Vec<(Id<DerogationMark>, GroupId)>> {
    Ok(d::table
        .filter(d::until.lt(today))
        .filter(d::withdrawn_at.is_null())
        .filter(d::expired_at.is_null())
        .order((d::group_id, d::id))
        .select((d::id, d::group_id))
        .load(c)?)
}

/// Whether any derogation is to run out of which nobody has noticed it.
pub fn any_to_run_out(c: &mut AnyConnection) -> Result<bool> {
    let open = d::table.filter(d::until.is_not_null()).filter(d::withdrawn_at.is_null()).filter(d::expired_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(c)?)
}

/// Notes that it has run out; whether nobody had.
pub fn note_expired(tx: &mut Write<'_>, id: Id<DerogationMark>) -> Result<bool> {
    let now = tx.now();
    let open = d::table.filter(d::id.eq(id)).filter(d::expired_at.is_null());
    Ok(diesel::update(open).set(d::expired_at.eq(now)).execute(&mut **tx)? == 1)
}
