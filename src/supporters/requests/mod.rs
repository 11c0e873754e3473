//! Requests for affiliation: a person asks a supporter, its focal points or the secretariat decide (domain.md, Persons).

mod routes;
pub mod rules;
mod store;

use super::affiliations;
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::Result;
use crate::ids::Id;
use crate::people::PersonRow;
use crate::policy::{PersonId, SupporterId};

use rules::Status;

pub use routes::routes;
pub use store::{Row, waiting};

/// Marks the id of a request for affiliation.
#[derive(Debug)]
pub enum RequestMark {}
/// The identifier of a request for affiliation.
pub type RequestId = Id<RequestMark>;

/// Asks a supporter in a person's name to let it speak for it, and tells who decides. `None` where it has asked already and waits.
pub fn ask(tx: &mut Write<'_>, person: &PersonRow, supporter: SupporterId, message: Option<&str>) -> Result<Option<RequestId>> {
    let Some(id) = store::insert(tx, person.id, supporter, message)? else { return Ok(None) };
    audit::record(tx, Entry::of("affiliation_request.made", "affiliation_request", id));
    affiliations::tell_asked(tx, supporter, person, message)?;
    Ok(Some(id))
}

/// A person speaks for a supporter now: what it asked for there is given.
pub fn settle(tx: &mut Write<'_>, person: PersonId, supporter: SupporterId) -> Result<()> {
    match store::open(tx, person, supporter)? {
        Some(mut row) => close(tx, &mut row, Status::Accepted, None),
        None => Ok(()),
    }
}

/// Takes a request to where it ends, and records it.
fn close(tx: &mut Write<'_>, row: &mut store::Row, to: Status, reason: Option<&str>) -> Result<()> {
    let from = row.status;
    row.status = to;
    row.reason = reason.map(str::to_owned);
    store::save(tx, row)?;
    let entry = Entry::of("affiliation_request.decided", "affiliation_request", row.id).moved(from, to);
    audit::record(tx, entry.because(reason));
    Ok(())
}

/// Cancels what a person who is being erased asked for, and forgets what it wrote.
pub fn forget(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    for mut row in store::of_person(tx, person)? {
        row.message = None;
        row.reason = None;
        if row.status == Status::Requested {
            row.status = Status::Cancelled;
            let entry = Entry::of("affiliation_request.cancelled", "affiliation_request", row.id);
            audit::record(tx, entry.moved(Status::Requested, Status::Cancelled));
        }
        store::save(tx, &mut row)?;
    }
    Ok(())
}
