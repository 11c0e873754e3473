//! What a consultation round may be and become (domain.md, Consultations): pure.

pub mod answers;
pub mod disclosure;
pub mod moving;
pub mod questions;
pub mod results;
pub mod tally;
pub mod veil;

use std::collections::BTreeSet;

use crate::states::State;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// Whose question it is.
    pub enum Scope {
        /// The whole call's.
        Call = "call",
        /// A group's.
        Group = "group",
        /// A group's, about one of its deliverables.
        Deliverable = "deliverable",
    }
}

word_enum! {
    /// Who is asked.
    pub enum Audience {
        /// Everybody with an address.
        Public = "public",
        /// Every endorsed supporter.
        Supporters = "supporters",
        /// The supporters whose members the group has.
        GroupMembers = "group_members",
    }
}

word_enum! {
    /// Who learns what a contribution says and whose it is, from most to fewest.
    pub enum Visibility {
        /// Whoever may read the round learns both.
        Attributed = "attributed",
        /// Whoever may read the round learns what it says; whose it is only its own supporter knows.
        Anonymous = "anonymous",
        /// The secretariat learns both, and nobody else anything.
        SecretariatOnly = "secretariat_only",
    }
}

impl Visibility {
    /// Whether it may become `to` once the round has closed: only narrower (domain.md, Consultations).
    pub fn narrows_to(self, to: Self) -> bool {
        to > self
    }
}

/// Whether a round keeps to itself who answered: it allows more than `attributed`. Then those who did not answer are not named, acts on
/// contributions name nobody, and counts are shown only where 3 or more stand on each side (domain.md, Consultations).
pub fn is_confidential(allowed: &BTreeSet<Visibility>) -> bool {
    allowed.iter().any(|visibility| *visibility != Visibility::Attributed)
}

/// How many must share what is shown of somebody who is not named.
pub const CROWD: i64 = 3;

word_enum! {
    /// Where a round stands.
    #[schemars(rename = "ConsultationStatus")]
    pub enum Status {
        /// Who runs it works on it.
        Draft = "draft",
        /// It opens by itself at `opens_at`.
        Scheduled = "scheduled",
        /// It takes contributions until `closes_at`.
        Open = "open",
        /// Who runs it answers what came in.
        Closed = "closed",
        /// Synthesis and results are out.
        Published = "published",
        /// It was called off.
        Cancelled = "cancelled",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Scheduled, Self::Open, Self::Cancelled],
            Self::Scheduled => &[Self::Open, Self::Draft, Self::Cancelled],
            Self::Open => &[Self::Closed, Self::Cancelled],
            Self::Closed => &[Self::Published],
            Self::Published | Self::Cancelled => &[],
        }
    }

    fn needs_reason(self, to: Self) -> bool {
        to == Self::Cancelled
    }
}

impl Status {
    /// Where a round stands at `now`, by the clock: what was written down may be behind it, for nobody need have been there to write.
    /// An instant that equals `opens_at` is in, one that equals `closes_at` is out.
    pub fn at(self, now: Instant, opens_at: Instant, closes_at: Instant) -> Self {
        match self {
            Self::Scheduled | Self::Open if now >= closes_at => Self::Closed,
            Self::Scheduled if now >= opens_at => Self::Open,
            stays => stays,
        }
    }

    /// Whether contributions and results are complete.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Published)
    }

    /// Whether its questions can still be changed: they are frozen from scheduling on.
    pub fn takes_questions(self) -> bool {
        self == Self::Draft
    }
}

word_enum! {
    /// Where a contribution stands.
    pub enum ContributionStatus {
        /// It is being written.
        Draft = "draft",
        /// Its last submitted revision counts, whatever is written beside it.
        Submitted = "submitted",
        /// It was taken back, and can be written anew.
        Withdrawn = "withdrawn",
    }
}

impl State for ContributionStatus {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Submitted],
            Self::Submitted => &[Self::Withdrawn],
            Self::Withdrawn => &[Self::Draft],
        }
    }
}

word_enum! {
    /// What became of a contribution, or of a point of it.
    #[schemars(rename = "DispositionWord")]
    pub enum Disposition {
        /// It is taken up.
        Accepted = "accepted",
        /// A part of it is.
        PartlyAccepted = "partly_accepted",
        /// It is not.
        Rejected = "rejected",
        /// It was read, and asks for nothing.
        Noted = "noted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn a_round_and_its_contributions_move_as_the_tables_say() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        draft -> scheduled, open, cancelled (reason)
        scheduled -> open, draft, cancelled (reason)
        open -> closed, cancelled (reason)
        closed -> published
        published -> nothing
        cancelled -> nothing
        ");
        insta::assert_snapshot!(states::table::<ContributionStatus>(), @"
        draft -> submitted
        submitted -> withdrawn
        withdrawn -> draft
        ");
    }

    #[test]
    fn the_clock_opens_and_closes_at_the_instant() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let (opens, closes) = (at("2026-03-01T00:00:00Z"), at("2026-03-31T22:00:00Z"));
        for (written, now, stands) in [
            (Status::Draft, "2026-04-01T00:00:00Z", Status::Draft),
            (Status::Scheduled, "2026-02-28T23:59:59.999999Z", Status::Scheduled),
            (Status::Scheduled, "2026-03-01T00:00:00Z", Status::Open),
            (Status::Scheduled, "2026-03-31T21:59:59.999999Z", Status::Open),
            (Status::Scheduled, "2026-03-31T22:00:00Z", Status::Closed),
            (Status::Open, "2026-03-31T21:59:59.999999Z", Status::Open),
            (Status::Open, "2026-03-31T22:00:00Z", Status::Closed),
            (Status::Closed, "2026-03-02T00:00:00Z", Status::Closed),
            (Status::Cancelled, "2026-03-02T00:00:00Z", Status::Cancelled),
        ] {
            assert_eq!(written.at(at(now), opens, closes), stands, "{written} at {now}");
        }
    }

    #[test]
    fn visibility_only_narrows() {
        use Visibility::{Anonymous, Attributed, SecretariatOnly};
        for (from, to, may) in [
            (Attributed, Anonymous, true),
            (Attributed, SecretariatOnly, true),
            (Anonymous, SecretariatOnly, true),
            (Anonymous, Anonymous, false),
            (Anonymous, Attributed, false),
            (SecretariatOnly, Anonymous, false),
        ] {
            assert_eq!(from.narrows_to(to), may, "{from} to {to}");
        }
        assert!(!is_confidential(&BTreeSet::from([Attributed])));
        assert!(is_confidential(&BTreeSet::from([Attributed, Anonymous])));
        assert!(is_confidential(&BTreeSet::from([SecretariatOnly])));
    }
}
