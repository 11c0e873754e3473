//! How many days before, by kind: what administrators set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReminderKind;

/// The most days before a date.
pub const MOST_DAYS: i64 = 400;
/// The most reminders of one kind before a date.
pub const MOST: usize = 12;

/// When reminders are sent, in days before the date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ReminderSettings")]
pub struct Offsets {
    /// Before a deliverable is due.
    pub deliverable_due: Vec<i64>,
    /// Every so many days once it is late.
    pub deliverable_late_every: i64,
    /// Before the last day on which deliverables are submitted for a Forum.
    pub submission_deadline: Vec<i64>,
    /// Before a Forum's first day.
    pub forum_start: Vec<i64>,
    /// Before the day on which a round closes.
    pub consultation_closing: Vec<i64>,
    /// From so many days before a Forum on the secretariat gets a report every week.
    pub readiness_report_from: i64,
}

impl Default for Offsets {
    fn default() -> Self {
        Self {
            deliverable_due: vec![30, 14, 7, 1],
            deliverable_late_every: 7,
            submission_deadline: vec![60, 30, 14, 7, 2],
            forum_start: vec![90, 60, 30, 14, 7, 1],
            consultation_closing: vec![14, 3, 1],
            readiness_report_from: 90,
        }
    }
}

impl Offsets {
    /// Those of a kind that counts from a list.
    pub fn of(&self, kind: ReminderKind) -> &[i64] {
        match kind {
            ReminderKind::DeliverableDue => &self.deliverable_due,
            ReminderKind::DeliverableLate => &[],
            ReminderKind::SubmissionDeadline => &self.submission_deadline,
            ReminderKind::ForumStart => &self.forum_start,
            ReminderKind::ConsultationClosing => &self.consultation_closing,
        }
    }
}

/// What is wrong with a list of offsets, in words that follow the field's name.
pub fn fault(days: &[i64]) -> Option<String> {
    if days.len() > MOST {
        return Some(format!("must have at most {MOST} entries"));
    }
    if days.iter().any(|day| !(1..=MOST_DAYS).contains(day)) {
        return Some(format!("must have numbers of days from 1 to {MOST_DAYS}"));
    }
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    (sorted.len() != days.len()).then(|| "must name each number of days once".to_owned())
}
