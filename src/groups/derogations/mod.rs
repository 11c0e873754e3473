//! Derogations from the co-chair rule: recorded, reasoned exceptions, granted by the secretariat (domain.md, Working groups).

mod expiry;
mod granted;
mod routes;
mod store;

use super::rules::Derogation;
use super::store::{DerogationRow, derogations, entry};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::Result;
use crate::policy::{GroupId, PersonId};

pub use expiry::tell_of_expired;
pub use granted::Granted;
pub use routes::routes;

/// Grants a derogation to a group that the transaction holds, in place of whatever it has. The caller looks after the balance.
pub fn grant(tx: &mut Write<'_>, group: GroupId, terms: &Derogation, by: Option<PersonId>) -> Result<()> {
    if let Some(row) = derogations(tx, &[group])?.pop() {
        withdraw(tx, &row)?;
    }
    let id = store::insert(tx, group, terms, by)?;
    entry::touch(tx, group)?;
    audit::record(tx, Entry::of("derogation.granted", "derogation", id).in_group(group).because(Some(&terms.reason)));
    Ok(())
}

/// Takes a derogation back from a group that the transaction holds; it is kept for the record. The caller looks after the balance.
fn withdraw(tx: &mut Write<'_>, row: &DerogationRow) -> Result<()> {
    store::withdraw(tx, row.id)?;
    entry::touch(tx, row.group_id)?;
    audit::record(tx, Entry::of("derogation.withdrawn", "derogation", row.id).in_group(row.group_id));
    Ok(())
}
