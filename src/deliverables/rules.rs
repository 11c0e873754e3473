//! What a deliverable is, and how it does (domain.md, Deliverables): pure.

pub mod moves;

use chrono::Days;

use crate::time::Day;
use crate::word_enum;

word_enum! {
    /// What kind of result a deliverable is.
    #[schemars(rename = "DeliverableKind")]
    pub enum Kind {
        /// A report.
        Report = "report",
        /// An index.
        Index = "index",
        /// A toolkit.
        Toolkit = "toolkit",
        /// Guidelines.
        Guidelines = "guidelines",
        /// A statement.
        Statement = "statement",
        /// An event.
        Event = "event",
        /// Anything else.
        Other = "other",
    }
}

word_enum! {
    /// Where a deliverable stands.
    #[schemars(rename = "DeliverableStatus")]
    pub enum Status {
        /// Nobody has begun.
        Planned = "planned",
        /// It is being worked on.
        InProgress = "in_progress",
        /// A round on it is open.
        InConsultation = "in_consultation",
        /// It waits for approval.
        Submitted = "submitted",
        /// One of its versions is the result.
        Approved = "approved",
        /// That was shown at a Forum.
        Presented = "presented",
        /// It will not come about.
        Dropped = "dropped",
    }
}

impl Status {
    /// Whether nothing is owed any more: approved, presented or dropped.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Approved | Self::Presented | Self::Dropped)
    }

    /// Whether its group still owes it: it is neither submitted nor settled.
    pub fn is_owed(self) -> bool {
        self != Self::Submitted && !self.is_settled()
    }
}

word_enum! {
    /// How a deliverable does: computed, never stored.
    #[schemars(rename = "DeliverableHealth")]
    pub enum Health {
        /// It will be there in time, as far as one can tell.
        OnTrack = "on_track",
        /// It may not be.
        AtRisk = "at_risk",
        /// Its day has passed.
        Late = "late",
        /// It is approved or presented.
        Done = "done",
        /// It will not come about.
        Dropped = "dropped",
    }
}

word_enum! {
    /// Why a deliverable does as it does.
    #[schemars(rename = "DeliverableHealthReason")]
    pub enum HealthReason {
        /// It was dropped.
        Dropped = "dropped",
        /// It is approved.
        Approved = "approved",
        /// It was presented.
        Presented = "presented",
        /// It is submitted.
        Submitted = "submitted",
        /// The day it is due has passed.
        DueOnPassed = "due_on_passed",
        /// Somebody flagged it. The group's to know.
        RiskFlag = "risk_flag",
        /// A milestone that is not done was due before today.
        MilestoneOverdue = "milestone_overdue",
        /// It is due within 21 days, with progress under 70.
        DueSoon = "due_soon",
    }
}

/// Days before its due day from which a deliverable should be nearly done.
const SOON: u64 = 21;
/// The progress that is nearly done, in per cent.
pub const NEARLY_DONE: i64 = 70;

/// The last day that is soon, seen from `today`.
pub fn soon(today: Day) -> Day {
    today.checked_add_days(Days::new(SOON)).unwrap_or(today)
}

/// What of a deliverable its health depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Where it stands.
    pub status: Status,
    /// When it is due.
    pub due_on: Day,
    /// In per cent.
    pub progress: i64,
    /// Whether somebody flagged it.
    pub flagged: bool,
    /// The earliest due day of a milestone that is not done.
    pub next_milestone: Option<Day>,
}

/// How a deliverable does on a day, the first that applies, and why.
pub fn health(work: &Work, today: Day) -> (Health, Vec<HealthReason>) {
    let Work { status, due_on, progress, flagged, next_milestone } = *work;
    match status {
        Status::Dropped => return (Health::Dropped, vec![HealthReason::Dropped]),
        Status::Approved => return (Health::Done, vec![HealthReason::Approved]),
        Status::Presented => return (Health::Done, vec![HealthReason::Presented]),
        Status::Submitted => return (Health::OnTrack, vec![HealthReason::Submitted]),
        Status::Planned | Status::InProgress | Status::InConsultation => {}
    }
    if due_on < today {
        return (Health::Late, vec![HealthReason::DueOnPassed]);
    }
    let risks = [
        (flagged, HealthReason::RiskFlag),
        (next_milestone.is_some_and(|day| day < today), HealthReason::MilestoneOverdue),
        (due_on <= soon(today) && progress < NEARLY_DONE, HealthReason::DueSoon),
    ];
    let reasons: Vec<_> = risks.into_iter().filter(|(is, _)| *is).map(|(_, reason)| reason).collect();
    (if reasons.is_empty() { Health::OnTrack } else { Health::AtRisk }, reasons)
}

/// How answers and mails call a deliverable, for ever: `WG<group number>-D<n>`.
pub fn reference(group_number: i64, number: i64) -> String {
    format!("WG{group_number}-D{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_the_first_that_applies() {
        use HealthReason::{Approved, DueOnPassed, DueSoon, MilestoneOverdue, Presented, RiskFlag, Submitted};
        use Status::{InConsultation, InProgress, Planned};
        let day = |text: &str| text.parse::<Day>().unwrap();
        let today = day("2026-10-01");
        type Case<'a> = (Status, &'a str, i64, bool, Option<&'a str>, Health, &'a [HealthReason]);
        let cases: [Case<'_>; 19] = [
            // Whatever else is the matter with it.
            (Status::Dropped, "2026-09-01", 0, true, Some("2026-09-01"), Health::Dropped, &[HealthReason::Dropped]),
            (Status::Approved, "2026-09-01", 0, true, Some("2026-09-01"), Health::Done, &[Approved]),
            (Status::Presented, "2026-09-01", 0, true, Some("2026-09-01"), Health::Done, &[Presented]),
            (Status::Submitted, "2026-09-01", 0, true, Some("2026-09-01"), Health::OnTrack, &[Submitted]),
            // The day after is late, the day itself is not.
            (InProgress, "2026-09-30", 100, false, None, Health::Late, &[DueOnPassed]),
            (InProgress, "2026-09-30", 10, true, Some("2026-09-01"), Health::Late, &[DueOnPassed]),
            (InConsultation, "2026-10-01", 70, false, None, Health::OnTrack, &[]),
            // Flagged.
            (Planned, "2027-01-01", 0, true, None, Health::AtRisk, &[RiskFlag]),
            // A milestone is overdue the day after.
            (Planned, "2027-01-01", 0, false, Some("2026-09-30"), Health::AtRisk, &[MilestoneOverdue]),
            (Planned, "2027-01-01", 0, false, Some("2026-10-01"), Health::OnTrack, &[]),
            // 21 days, and progress under 70.
            (InProgress, "2026-10-22", 69, false, None, Health::AtRisk, &[DueSoon]),
            (InProgress, "2026-10-22", 70, false, None, Health::OnTrack, &[]),
            (InProgress, "2026-10-23", 0, false, None, Health::OnTrack, &[]),
            (Planned, "2026-10-01", 0, false, None, Health::AtRisk, &[DueSoon]),
            // Every risk is named.
            (InProgress, "2026-10-22", 69, true, Some("2026-09-30"), Health::AtRisk, &[RiskFlag, MilestoneOverdue, DueSoon]),
            (InProgress, "2026-10-22", 70, true, Some("2026-10-02"), Health::AtRisk, &[RiskFlag]),
            (InConsultation, "2026-10-02", 0, false, Some("2026-09-30"), Health::AtRisk, &[MilestoneOverdue, DueSoon]),
            (Planned, "2027-06-01", 0, false, None, Health::OnTrack, &[]),
            (InProgress, "2026-10-01", 99, false, None, Health::OnTrack, &[]),
        ];
        for (status, due_on, progress, flagged, milestone, expected, reasons) in cases {
            let work = Work { status, due_on: day(due_on), progress, flagged, next_milestone: milestone.map(day) };
            assert_eq!(health(&work, today), (expected, reasons.to_vec()), "{work:?}");
        }
        // The end of time is no reason to fall over.
        let work = Work { status: Planned, due_on: Day::MAX, progress: 0, flagged: false, next_milestone: None };
        assert_eq!(health(&work, Day::MAX).0, Health::AtRisk);
    }
}
