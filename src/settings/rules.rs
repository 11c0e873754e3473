//! The settings, and what they may be: pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::FieldFault;

/// The most days before a date.
const MOST_DAYS: i64 = 400;
/// The most reminders of one kind before a date.
const MOST: usize = 12;

/// The settings. What the database does not keep of them is as delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Settings")]
pub struct Settings {
    /// When reminders are sent.
    pub reminders: ReminderSettings,
}

/// When reminders are sent, in days before the date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ReminderSettings")]
pub struct ReminderSettings {
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

impl Default for ReminderSettings {
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

/// What is to be set; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettingsChange")]
pub struct Changes {
    #[serde(default)]
    #[schemars(with = "ReminderChange")]
    reminders: Option<ReminderChange>,
}

/// When reminders are to be sent, in days before the date; an empty list sends none.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReminderSettingsChange")]
struct ReminderChange {
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    deliverable_due: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 400))]
    deliverable_late_every: Option<i64>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    submission_deadline: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    forum_start: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 12), inner(range(min = 1, max = 400)))]
    consultation_closing: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 400))]
    readiness_report_from: Option<i64>,
}

impl Settings {
    /// These settings once changed.
    ///
    /// # Errors
    /// All that is wrong with the change beyond its form.
    pub fn changed(&self, changes: &Changes) -> Result<Self, Vec<FieldFault>> {
        let (given, mut settings) = (changes.reminders.clone().unwrap_or_default(), self.clone());
        let (to, mut faults) = (&mut settings.reminders, Vec::new());
        let lists = [
            ("deliverable_due", given.deliverable_due, &mut to.deliverable_due),
            ("submission_deadline", given.submission_deadline, &mut to.submission_deadline),
            ("forum_start", given.forum_start, &mut to.forum_start),
            ("consultation_closing", given.consultation_closing, &mut to.consultation_closing),
        ];
        for (name, given, to) in lists {
            let Some(mut days) = given else { continue };
            if let Some(why) = fault(&days) {
                faults.push(FieldFault::new(format!("/reminders/{name}"), "range", why));
            }
            days.sort_unstable_by(|a, b| b.cmp(a));
            *to = days;
        }
        to.deliverable_late_every = given.deliverable_late_every.unwrap_or(to.deliverable_late_every);
        to.readiness_report_from = given.readiness_report_from.unwrap_or(to.readiness_report_from);
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}

/// What is wrong with a list of days before a date, in words that follow the field's name.
fn fault(days: &[i64]) -> Option<String> {
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
