//! What a membership may be and become (domain.md, Memberships): pure.

use crate::groups::rules::Status;
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

impl MembershipStatus {
    /// Whether it stands or waits: a person has one such membership a group at most.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Active)
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

/// Why a group that stands so takes nobody new; `None`: it does.
pub fn refusal(group: Status) -> Option<&'static str> {
    match group {
        Status::Active => None,
        Status::Proposed => Some("The group is only proposed: it takes members once it is active."),
        Status::Suspended => Some("The group is suspended: it takes nobody new until it is active again."),
        Status::Concluded => Some("The group has concluded: it takes nobody any more."),
        Status::Withdrawn => Some("The group was given up before it began: it takes nobody."),
    }
}

/// What the record calls the move to a status.
pub fn act(to: MembershipStatus) -> &'static str {
    match to {
        MembershipStatus::Requested => "membership.requested",
        MembershipStatus::Active => "membership.activated",
        MembershipStatus::Declined => "membership.declined",
        MembershipStatus::Cancelled => "membership.cancelled",
        MembershipStatus::Left => "membership.left",
        MembershipStatus::Removed => "membership.removed",
    }
}

/// The moves that a caller has from here: `own`, it is its own membership; `runs`, it runs the group (a co-chair, the secretariat). Nobody
/// decides about themselves: one's own request waits for another co-chair or the secretariat, one's own membership is left.
pub fn allowed(from: MembershipStatus, own: bool, runs: bool) -> Vec<MembershipStatus> {
    use MembershipStatus::{Active, Cancelled, Declined, Left, Removed, Requested};
    let may = |to: &&MembershipStatus| match to {
        Active | Declined | Removed => runs && !own,
        Cancelled | Left => own,
        Requested => false,
    };
    from.next().iter().filter(may).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn a_membership_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<MembershipStatus>(), @"
        requested -> active, declined (reason), cancelled
        active -> left, removed (reason)
        declined -> nothing
        cancelled -> nothing
        left -> nothing
        removed -> nothing
        ");
    }

    #[test]
    fn nobody_decides_about_themselves() {
        let lines: Vec<String> = [MembershipStatus::Requested, MembershipStatus::Active]
            .into_iter()
            .flat_map(|from| [(true, false), (false, true), (true, true), (false, false)].map(|(own, runs)| (from, own, runs)))
            .map(|(from, own, runs)| {
                let moves: Vec<String> = allowed(from, own, runs).iter().map(ToString::to_string).collect();
                let who = match (own, runs) {
                    (true, true) => "its person, who runs the group",
                    (true, false) => "its person",
                    (false, true) => "who runs the group",
                    (false, false) => "others",
                };
                format!("{from}, {who}: {}", moves.join(" "))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        requested, its person: cancelled
        requested, who runs the group: active declined
        requested, its person, who runs the group: cancelled
        requested, others: 
        active, its person: left
        active, who runs the group: removed
        active, its person, who runs the group: left
        active, others: 
        ");
        assert!(MembershipStatus::ALL.iter().all(|from| from.is_open() || allowed(*from, true, true).is_empty()));
    }
}
