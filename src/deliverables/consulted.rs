//! What rounds do to the deliverables that they are about.

use super::record;
use super::rules::Status;
use super::store::{self, DeliverableId, versions};
use crate::audit;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::time::Instant;

/// Whether a deliverable has a version that its audience could read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsultedVersion {
    /// It has.
    Readable,
    /// The secretariat withheld it.
    Withheld,
    /// There is none of that number.
    None,
}

/// How the version of this number stands.
pub fn consulted_version(c: &mut AnyConnection, of: DeliverableId, number: i64) -> Result<ConsultedVersion> {
    Ok(match versions::is_withheld(c, of, number)? {
        Some(false) => ConsultedVersion::Readable,
        Some(true) => ConsultedVersion::Withheld,
        None => ConsultedVersion::None,
    })
}

/// Says from which instant on everybody may read a version, because a round that everybody may read is about it; `None`: no round is.
pub fn consult(tx: &mut Write<'_>, of: DeliverableId, number: i64, from: Option<Instant>) -> Result<()> {
    versions::consult(tx, of, number, from)
}

/// The last open round on a deliverable has ended: what was in consultation is in progress again, by itself (domain.md, Deliverables). The
/// transaction holds its group.
pub fn round_ended(tx: &mut Write<'_>, id: DeliverableId) -> Result<()> {
    let mut row = store::find(tx, id.as_str())?.row;
    if row.status == Status::InConsultation {
        let was = std::mem::replace(&mut row.status, Status::InProgress);
        store::save(tx, &row)?;
        audit::record_of_nobody(tx, record::of("deliverable.moved", &row).moved(was, row.status));
    }
    Ok(())
}
