//! The moves of a deliverable, who makes them, and what must be there: domain.md's table.

use super::Status;
use crate::groups::Status as GroupStatus;

/// Who makes a move, beside the secretariat, which makes every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mover {
    /// The lead, or a co-chair.
    Lead,
    /// A co-chair.
    CoChair,
    /// Nobody else.
    Secretariat,
}

/// What must be there for a move, beside a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A round on it is open.
    OpenRound,
    /// At least one version that is not withheld.
    Version,
    /// The latest version is named.
    LatestVersion,
    /// It is `final` on a session of an edition that has begun.
    ShownFinal,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where the deliverable stands.
    pub from: Status,
    /// Where it goes.
    pub to: Status,
    /// Who moves it.
    pub who: Mover,
    /// What must be there.
    pub guard: Option<Guard>,
    /// Whether anybody must say why.
    pub reason: bool,
}

/// Every move, most usual first from each status.
pub const MOVES: &[Move] = {
    use Guard::{LatestVersion, OpenRound, ShownFinal, Version};
    use Mover::{CoChair, Lead, Secretariat};
    use Status::{Approved, Dropped, InConsultation, InProgress, Planned, Presented, Submitted};
    const fn line(from: Status, to: Status, who: Mover, guard: Option<Guard>, reason: bool) -> Move {
        Move { from, to, who, guard, reason }
    }
    &[
        line(Planned, InProgress, Lead, None, false),
        line(Planned, Dropped, CoChair, None, true),
        line(InProgress, InConsultation, CoChair, Some(OpenRound), false),
        line(InProgress, Submitted, CoChair, Some(Version), false),
        line(InProgress, Dropped, CoChair, None, true),
        line(InConsultation, InProgress, CoChair, None, false),
        line(InConsultation, Dropped, CoChair, None, true),
        line(Submitted, Approved, Secretariat, Some(LatestVersion), false),
        line(Submitted, InProgress, Secretariat, None, true),
        line(Approved, Presented, Secretariat, Some(ShownFinal), false),
        line(Presented, Approved, Secretariat, None, true),
        line(Dropped, Planned, CoChair, None, false),
    ]
};

/// What a caller is to one deliverable. Several at once are possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Its lead.
    pub lead: bool,
    /// A co-chair of its group.
    pub co_chair: bool,
    /// Of the secretariat.
    pub secretariat: bool,
}

impl Caller {
    /// Whether this is theirs by their own place, not by the secretariat's standing in for them.
    fn is(self, who: Mover) -> bool {
        match who {
            Mover::Lead => self.lead || self.co_chair,
            Mover::CoChair => self.co_chair,
            Mover::Secretariat => self.secretariat,
        }
    }
}

impl Move {
    /// Whether this caller may make it, in a group that stands so.
    fn is_open_to(&self, caller: Caller, group: GroupStatus) -> bool {
        let stands = match group {
            GroupStatus::Active => true,
            // Nothing is handed in by a group that does not work.
            GroupStatus::Proposed | GroupStatus::Suspended => self.to != Status::Submitted,
            // Read-only, but that what was approved may still be shown.
            GroupStatus::Concluded => (self.from, self.to) == (Status::Approved, Status::Presented),
            GroupStatus::Withdrawn => false,
        };
        stands && (caller.is(self.who) || caller.secretariat)
    }

    /// Whether this caller must say why: also the secretariat that acts where lead or co-chair may.
    pub fn needs_reason(&self, caller: Caller) -> bool {
        self.reason || !caller.is(self.who)
    }
}

/// The statuses that a caller may move a deliverable to, as far as the table goes; the guards are asked when it moves.
pub fn allowed(from: Status, caller: Caller, group: GroupStatus) -> Vec<Status> {
    MOVES.iter().filter(|line| line.from == from && line.is_open_to(caller, group)).map(|line| line.to).collect()
}

/// The line of the table that a caller may follow; `None` where there is none for it.
pub fn find(from: Status, to: Status, caller: Caller, group: GroupStatus) -> Option<&'static Move> {
    MOVES.iter().find(|line| line.from == from && line.to == to && line.is_open_to(caller, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: Caller = Caller { lead: true, co_chair: false, secretariat: false };
    const CO_CHAIR: Caller = Caller { lead: false, co_chair: true, secretariat: false };
    const SECRETARIAT: Caller = Caller { lead: false, co_chair: false, secretariat: true };
    const BOTH: Caller = Caller { lead: false, co_chair: true, secretariat: true };
    const NOBODY: Caller = Caller { lead: false, co_chair: false, secretariat: false };

    /// Every state, every move, every role; `!` where it must say why, and what must be there.
    fn table(group: GroupStatus) -> String {
        let mut lines = Vec::new();
        for from in Status::ALL {
            for to in Status::ALL {
                let roles =
                    [("lead", LEAD), ("co_chair", CO_CHAIR), ("secretariat", SECRETARIAT), ("both", BOTH), ("nobody", NOBODY)];
                let cells: Vec<_> = roles
                    .iter()
                    .filter_map(|(name, caller)| {
                        let line = find(*from, *to, *caller, group)?;
                        Some(format!("{name}{}", if line.needs_reason(*caller) { "!" } else { "" }))
                    })
                    .collect();
                let guard = MOVES.iter().find(|line| line.from == *from && line.to == *to).and_then(|line| line.guard);
                if !cells.is_empty() {
                    let guard = guard.map(|guard| format!(" [{guard:?}]")).unwrap_or_default();
                    lines.push(format!("{from} -> {to}: {}{guard}", cells.join(" ")));
                }
            }
        }
        lines.join("\n")
    }

    #[test]
    fn a_deliverable_moves_as_the_table_says() {
        insta::assert_snapshot!(table(GroupStatus::Active), @"
        planned -> in_progress: lead co_chair secretariat! both
        planned -> dropped: co_chair! secretariat! both!
        in_progress -> in_consultation: co_chair secretariat! both [OpenRound]
        in_progress -> submitted: co_chair secretariat! both [Version]
        in_progress -> dropped: co_chair! secretariat! both!
        in_consultation -> in_progress: co_chair secretariat! both
        in_consultation -> dropped: co_chair! secretariat! both!
        submitted -> in_progress: secretariat! both!
        submitted -> approved: secretariat both [LatestVersion]
        approved -> presented: secretariat both [ShownFinal]
        presented -> approved: secretariat! both!
        dropped -> planned: co_chair secretariat! both
        ");
    }

    #[test]
    fn a_group_that_does_not_work_hands_nothing_in() {
        insta::assert_snapshot!(table(GroupStatus::Concluded), @"approved -> presented: secretariat both [ShownFinal]");
        assert_eq!(table(GroupStatus::Withdrawn), "");
        for group in [GroupStatus::Proposed, GroupStatus::Suspended] {
            let fewer = table(group);
            let all = table(GroupStatus::Active);
            let gone: Vec<_> = all.lines().filter(|line| !fewer.contains(line)).collect();
            assert_eq!(gone.len(), 1, "{gone:?}");
            assert!(gone[0].starts_with("in_progress -> submitted"), "{gone:?}");
        }
    }

    #[test]
    fn what_is_allowed_is_what_is_found() {
        for from in Status::ALL {
            for group in GroupStatus::ALL {
                for bits in 0..8 {
                    let caller = Caller { lead: bits & 1 > 0, co_chair: bits & 2 > 0, secretariat: bits & 4 > 0 };
                    let found: Vec<_> =
                        Status::ALL.iter().copied().filter(|to| find(*from, *to, caller, *group).is_some()).collect();
                    let mut allowed = allowed(*from, caller, *group);
                    allowed.sort_unstable();
                    assert_eq!(allowed, found);
                    // No status follows itself.
                    assert!(!found.contains(from));
                }
            }
        }
    }
}
