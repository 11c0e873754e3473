//! What happens to a Forum edition or a session that higher slices must know of.

use super::store::{EditionId, SessionId};
use crate::facts::Fact;

/// An edition is cancelled: open deliverables move to another one, or stay.
pub struct EditionCancelled {
    /// Which.
    pub edition: EditionId,
    /// Where its open deliverables go; `None`: they stay.
    pub move_to: Option<EditionId>,
    /// Why.
    pub reason: String,
}

impl Fact for EditionCancelled {}

/// An edition has other dates. Leads and co-chairs of what it shows are told.
pub struct EditionRescheduled {
    /// Which.
    pub edition: EditionId,
    /// By how many days its deliverables' due dates move along; `None`: they keep them.
    pub shift_days: Option<i64>,
    /// Why.
    pub reason: String,
}

impl Fact for EditionRescheduled {}

/// A session is about to show these deliverables: whoever keeps them objects to what there is none of, or what cannot be shown so.
pub struct SessionShows {
    /// The session.
    pub session: SessionId,
    /// Its edition.
    pub edition: EditionId,
    /// The references, in the order given, each with whether it is shown as final.
    pub shown: Vec<(String, bool)>,
}

impl Fact for SessionShows {}
