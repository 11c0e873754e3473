//! The leases of named jobs: of several servers one runs each.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::{AnyConnection, DbError, Write};
use crate::schema::job_leases as l;
use crate::time::Instant;

/// Whether nobody has run the job within its period.
pub fn is_due(connection: &mut AnyConnection, name: &str, now: Instant) -> QueryResult<bool> {
    let until: Option<Instant> = l::table.filter(l::name.eq(name)).select(l::leased_until).get_result(connection).optional()?;
    Ok(until.is_none_or(|until| until <= now))
}

/// Takes the job for a whole period, in the transaction that does it: if that fails, the job is due again. False where another has it.
pub fn take(tx: &mut Write<'_>, name: &str, holder: &str, now: Instant, period: TimeDelta) -> QueryResult<bool> {
    let until = now.plus(period);
    let taken = diesel::update(l::table.filter(l::name.eq(name).and(l::leased_until.le(now))))
        .set((l::holder.eq(holder), l::leased_until.eq(until)))
        .execute(&mut **tx)?;
    if taken == 1 {
        return Ok(true);
    }
    let first = tx.savepoint(|c| {
        diesel::insert_into(l::table).values((l::name.eq(name), l::holder.eq(holder), l::leased_until.eq(until))).execute(c)
    });
    match first {
        Ok(_) => Ok(true),
        Err(error) if DbError::unique_violation(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
