//! What a deliverable owes next, and by whom (domain.md, Deliverables: the board): pure.

use schemars::JsonSchema;
use serde::Serialize;

use crate::deliverables::Status;
use crate::time::{Day, DaySchema};
use crate::word_enum;

word_enum! {
    /// What is owed next.
    pub enum OwedWhat {
        /// Somebody begins.
        Start = "start",
        /// The next milestone is reached.
        Milestone = "milestone",
        /// A first version is added.
        FirstVersion = "first_version",
        /// It is submitted.
        Submit = "submit",
        /// What the open round brings is taken up.
        Consultation = "consultation",
        /// It is approved, or returned.
        Approve = "approve",
        /// It is shown at the Forum, and marked presented.
        Present = "present",
    }
}

word_enum! {
    /// Who owes it.
    pub enum OwedBy {
        /// The lead.
        Lead = "lead",
        /// The group's co-chairs.
        CoChairs = "co_chairs",
        /// The secretariat.
        Secretariat = "secretariat",
    }
}

/// What is owed next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Owed {
    /// What.
    pub what: OwedWhat,
    /// Who.
    pub by: OwedBy,
    /// By the end of this day.
    #[schemars(with = "DaySchema")]
    pub due_on: Day,
}

/// What of a deliverable decides what it owes.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Where it stands.
    pub status: Status,
    /// When it is due.
    pub due_on: Day,
    /// Whether somebody leads it.
    pub led: bool,
    /// Whether it has a version.
    pub has_version: bool,
    /// When its next open milestone is due.
    pub next_milestone: Option<Day>,
    /// The last day for submission to its Forum edition.
    pub deadline: Option<Day>,
    /// The first day of its Forum edition.
    pub forum: Option<Day>,
}

/// What a deliverable owes next; nothing once it is presented or dropped, or approved for no edition. What a lead owes, the co-chairs owe
/// where nobody leads.
pub fn owed_next(of: &Standing) -> Option<Owed> {
    let by_lead = if of.led { OwedBy::Lead } else { OwedBy::CoChairs };
    // Whatever is due after the deadline has to be there by the deadline all the same.
    let in_time = of.deadline.map_or(of.due_on, |deadline| deadline.min(of.due_on));
    let owed = |what, by, due_on| Some(Owed { what, by, due_on });
    match of.status {
        Status::Planned => owed(OwedWhat::Start, by_lead, of.next_milestone.map_or(in_time, |day| day.min(in_time))),
        Status::InProgress => match of.next_milestone.filter(|day| *day <= in_time) {
            Some(day) => owed(OwedWhat::Milestone, by_lead, day),
            None if of.has_version => owed(OwedWhat::Submit, OwedBy::CoChairs, in_time),
            None => owed(OwedWhat::FirstVersion, by_lead, in_time),
        },
        Status::InConsultation => owed(OwedWhat::Consultation, OwedBy::CoChairs, in_time),
        Status::Submitted => owed(OwedWhat::Approve, OwedBy::Secretariat, of.forum.map_or(of.due_on, |forum| forum)),
        Status::Approved => of.forum.and_then(|forum| owed(OwedWhat::Present, OwedBy::Secretariat, forum)),
        Status::Presented | Status::Dropped => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_next_follows_from_where_it_stands() {
        let day = |text: &str| Some(text.parse::<Day>().unwrap());
        let (due, forum) = ("2026-10-20", "2026-11-11");
        // Status, led, version, milestone, deadline → what, by whom, when.
        type Case<'a> = (Status, bool, bool, Option<&'a str>, Option<&'a str>, Option<(OwedWhat, OwedBy, &'a str)>);
        use OwedBy::{CoChairs, Lead, Secretariat};
        use OwedWhat::{Approve, Consultation, FirstVersion, Milestone, Present, Start, Submit};
        let cases: [Case<'_>; 13] = [
            (Status::Planned, true, false, None, None, Some((Start, Lead, due))),
            (Status::Planned, false, false, None, None, Some((Start, CoChairs, due))),
            (Status::Planned, true, false, Some("2026-09-01"), None, Some((Start, Lead, "2026-09-01"))),
            (Status::InProgress, true, false, Some("2026-09-01"), None, Some((Milestone, Lead, "2026-09-01"))),
            (Status::InProgress, true, false, None, None, Some((FirstVersion, Lead, due))),
            (Status::InProgress, true, true, None, None, Some((Submit, CoChairs, due))),
            (Status::InProgress, true, true, None, Some("2026-10-12"), Some((Submit, CoChairs, "2026-10-12"))),
            (Status::InProgress, true, true, Some("2026-10-15"), Some("2026-10-12"), Some((Submit, CoChairs, "2026-10-12"))),
            (Status::InConsultation, true, true, None, None, Some((Consultation, CoChairs, due))),
            (Status::Submitted, true, true, None, None, Some((Approve, Secretariat, forum))),
            (Status::Approved, true, true, None, None, Some((Present, Secretariat, forum))),
            (Status::Presented, true, true, None, None, None),
            (Status::Dropped, false, false, Some("2026-09-01"), None, None),
        ];
        for (status, led, has_version, milestone, deadline, expected) in cases {
            let of = Standing {
                status,
                due_on: day(due).unwrap(),
                led,
                has_version,
                next_milestone: milestone.and_then(day),
                deadline: deadline.and_then(day),
                forum: day(forum),
            };
            let expected = expected.map(|(what, by, on)| Owed { what, by, due_on: day(on).unwrap() });
            assert_eq!(owed_next(&of), expected, "{of:?}");
        }
    }
}
