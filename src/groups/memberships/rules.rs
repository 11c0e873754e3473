//! What a membership may be and become (domain.md, Memberships): pure.

use crate::states::State;
use crate::word_enum;

word_enum! {
    /// As what a person takes part in a group.
    pub enum MembershipRole {
        /// For a supporter: may lead, is counted.
        Member = "member",
        /// By invitation, for a supporter or another body: reads and comments.
        Observer = "observer",
    }
}

word_enum! {
    /// How a membership stands.
    pub enum MembershipStatus {
        /// It waits for a decision.
        Requested = "requested",
        /// It stands.
        Active = "active",
        /// It was not granted.
        Declined = "declined",
        /// Whoever asked took it back, or the affiliation it rested on ended.
        Cancelled = "cancelled",
        /// Its person left, or the affiliation it rested on ended.
        Left = "left",
        /// It was taken away.
        Removed = "removed",
    }
}

impl State for MembershipStatus {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Active, Self::Declined, Self::Cancelled],
            Self::Active => &[Self::Left, Self::Removed],
            Self::Declined | Self::Cancelled | Self::Left | Self::Removed => &[],
        }
    }

    fn needs_reason(self, to: Self) -> bool {
        matches!(to, Self::Declined | Self::Removed)
    }
}
