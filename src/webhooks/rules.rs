//! What holds for endpoints: pure.

use chrono::TimeDelta;

use super::kinds::EventKind;
use crate::outbox::Deaths;

/// Most endpoints of one deployment: each costs a row of the outbox for everything that happens.
pub const MOST: i64 = 50;

/// How long an endpoint may take nothing of what it is told before it is told nothing more.
const PATIENCE: TimeDelta = TimeDelta::days(3);

/// The kinds that an endpoint asks for, each once, in the order of the list of all.
pub fn in_order(asked: &[EventKind]) -> Vec<EventKind> {
    EventKind::ALL.iter().copied().filter(|kind| asked.contains(kind)).collect()
}

/// Whether nobody is there any more: whatever it was told for three days was given up.
pub fn is_lost(deaths: Option<Deaths>) -> bool {
    deaths.is_some_and(|deaths| deaths.last.since(deaths.first) >= PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    #[test]
    fn an_endpoint_is_lost_after_three_days() {
        let deaths = |first, last| Some(Deaths { first: Instant::parse(first).unwrap(), last: Instant::parse(last).unwrap() });
        assert!(!is_lost(None));
        assert!(!is_lost(deaths("2026-09-01T09:00:00Z", "2026-09-01T09:00:00Z")));
        assert!(!is_lost(deaths("2026-09-01T09:00:00Z", "2026-09-04T08:59:59Z")));
        assert!(is_lost(deaths("2026-09-01T09:00:00Z", "2026-09-04T09:00:00Z")));
    }

    #[test]
    fn kinds_are_kept_once_and_in_order() {
        let asked = [EventKind::DeliverableApproved, EventKind::SupporterEndorsed, EventKind::DeliverableApproved];
        assert_eq!(in_order(&asked), [EventKind::SupporterEndorsed, EventKind::DeliverableApproved]);
    }
}
