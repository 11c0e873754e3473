//! What the record says of deliverables, and of what lies below them.

use std::fmt::Display;

use super::store::DeliverableRow;
use crate::audit::Entry;

/// `act`, done to something of this deliverable's, which its group's timeline tells.
pub fn entry(act: &'static str, object_type: &'static str, object_id: impl Display, of: &DeliverableRow) -> Entry {
    Entry::of(act, object_type, object_id).in_group(of.group_id)
}

/// `act`, done to the deliverable itself.
pub fn of(act: &'static str, row: &DeliverableRow) -> Entry {
    entry(act, "deliverable", row.id, row)
}
