//! What deliverables ask of higher slices.

use std::cell::Cell;

use super::rules::Status;
use super::store::DeliverableId;
use crate::facts::Fact;

/// Is a round on this deliverable open? Whoever keeps rounds answers; nobody's answer is no.
pub struct RoundWanted {
    /// Which.
    pub deliverable: DeliverableId,
    open: Cell<bool>,
}

impl Fact for RoundWanted {}

impl RoundWanted {
    /// A question nobody has answered.
    pub fn on(deliverable: DeliverableId) -> Self {
        Self { deliverable, open: Cell::new(false) }
    }

    /// Says that one is open.
    pub fn is_open(&self) {
        self.open.set(true);
    }

    /// The answer.
    pub fn found(&self) -> bool {
        self.open.get()
    }
}

/// A deliverable was approved or presented: whoever contributed to it may be told.
pub struct DeliverableSettled {
    /// Which.
    pub deliverable: DeliverableId,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// What it is now: approved or presented.
    pub status: Status,
}

impl Fact for DeliverableSettled {}
