//! What the record says of contributions.

use crate::audit::{self, Entry};
use crate::consultations::path::Round;
use crate::consultations::rules::ContributionStatus;
use crate::consultations::store::contributions::ContributionId;
use crate::db::Write;

/// Records an act on a contribution, which moved it `from` one state `to` another where these differ. In a round that keeps to itself who
/// answered it names neither the contribution nor whoever acted (domain.md, Record). In no case it is part of a group's timeline.
pub fn record(
    tx: &mut Write<'_>,
    round: &Round,
    act: &'static str,
    id: ContributionId,
    (from, to): (ContributionStatus, ContributionStatus),
) {
    let moved = |entry: Entry| if from == to { entry } else { entry.moved(from, to) };
    if round.is_confidential() {
        audit::record_of_nobody(tx, moved(Entry::of(act, audit::CONFIDENTIAL_CONTRIBUTION, round.row.id)));
    } else {
        audit::record(tx, moved(Entry::of(act, "contribution", id)));
    }
}
