//! Who may move a round where, and what must hold (domain.md, Consultations): pure.

use super::{Audience, Status};
use crate::error::Violation;
use crate::states::State;
use crate::time::Instant;

/// Whether a round's going there is the secretariat's to decide: it asks beyond its group.
pub fn is_the_secretariats(audience: Audience, to: Status) -> bool {
    audience != Audience::GroupMembers && matches!(to, Status::Scheduled | Status::Open)
}

/// Where a caller who runs a round may move it, most usual first.
pub fn allowed(from: Status, audience: Audience, secretariat: bool) -> Vec<Status> {
    from.next().iter().copied().filter(|to| secretariat || !is_the_secretariats(audience, *to)).collect()
}

/// What scheduling or opening depends on.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    /// The instant.
    pub now: Instant,
    /// When it is to open; now where it is opened by hand.
    pub opens_at: Instant,
    /// When it is to close.
    pub closes_at: Instant,
    /// Whether it asks anything.
    pub asks: bool,
    /// Whether a contribution could choose a visibility.
    pub has_visibility: bool,
    /// Whether its group, where it has one, is at work.
    pub group_active: bool,
    /// Whether the version that it is about, where it is about one, can be read.
    pub version_readable: bool,
}

/// Everything that keeps a round from being scheduled or opened.
pub fn obstacles(to: &Readiness) -> Vec<Violation> {
    let Readiness { now, opens_at, closes_at, .. } = *to;
    [
        (!to.asks, "no_question", "It asks nothing: PUT …/questions first.".to_owned()),
        (
            !to.has_visibility,
            "no_visibility",
            "A contribution could choose no visibility: name one in `allowed_visibility`.".to_owned(),
        ),
        (
            opens_at < now,
            "opens_in_the_past",
            format!("`opens_at` has passed ({opens_at}): set a later one, or open it by hand."),
        ),
        (
            closes_at <= opens_at,
            "closes_before_it_opens",
            format!("`closes_at` ({closes_at}) must lie after it opens ({opens_at})."),
        ),
        (!to.group_active, "group_not_active", "Its group is not active: rounds open in active groups only.".to_owned()),
        (
            !to.version_readable,
            "version_withheld",
            "The version that it is about was withheld: name another one in `version`.".to_owned(),
        ),
    ]
    .into_iter()
    .filter(|(stands, ..)| *stands)
    .map(|(_, code, detail)| Violation::new(code, detail))
    .collect()
}

/// Everything that keeps an open round's close from being moved to `to`.
pub fn extension_faults(closes_at: Instant, to: Instant, now: Instant) -> Vec<Violation> {
    [
        (to <= now, "closes_in_the_past", format!("`closes_at` must lie ahead; it is {now}.")),
        (to <= closes_at, "no_extension", format!("It closes at {closes_at} as it is: a round is extended to a later instant.")),
    ]
    .into_iter()
    .filter(|(stands, ..)| *stands)
    .map(|(_, code, detail)| Violation::new(code, detail))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_beyond_a_group_is_scheduled_by_the_secretariat() {
        let words = |from, audience, secretariat| {
            allowed(from, audience, secretariat).iter().map(Status::as_str).collect::<Vec<_>>().join(" ")
        };
        for audience in [Audience::Public, Audience::Supporters] {
            assert_eq!(words(Status::Draft, audience, false), "cancelled");
            assert_eq!(words(Status::Scheduled, audience, false), "draft cancelled");
            assert_eq!(words(Status::Open, audience, false), "closed cancelled");
            assert_eq!(words(Status::Draft, audience, true), "scheduled open cancelled");
        }
        assert_eq!(words(Status::Draft, Audience::GroupMembers, false), "scheduled open cancelled");
        assert_eq!(words(Status::Closed, Audience::Public, false), "published");
    }

    #[test]
    fn every_obstacle_is_named_at_once() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let now = at("2026-09-01T09:00:00Z");
        let codes = |of: &Readiness| obstacles(of).iter().map(|violation| violation.code).collect::<Vec<_>>();
        let ready = Readiness {
            now,
            opens_at: now,
            closes_at: at("2026-09-01T09:00:00.000001Z"),
            asks: true,
            has_visibility: true,
            group_active: true,
            version_readable: true,
        };
        assert!(codes(&ready).is_empty());
        let nothing = Readiness {
            opens_at: at("2026-09-01T08:59:59.999999Z"),
            closes_at: at("2026-09-01T08:59:59.999999Z"),
            asks: false,
            has_visibility: false,
            group_active: false,
            version_readable: false,
            ..ready
        };
        assert_eq!(
            codes(&nothing),
            [
                "no_question",
                "no_visibility",
                "opens_in_the_past",
                "closes_before_it_opens",
                "group_not_active",
                "version_withheld"
            ]
        );
        let extended = |to: &str| {
            let faults = extension_faults(at("2026-09-02T09:00:00Z"), at(to), now);
            faults.iter().map(|violation| violation.code).collect::<Vec<_>>()
        };
        assert!(extended("2026-09-02T09:00:00.000001Z").is_empty());
        assert_eq!(extended("2026-09-02T09:00:00Z"), ["no_extension"]);
        assert_eq!(extended("2026-09-01T09:00:00Z"), ["closes_in_the_past", "no_extension"]);
    }
}
