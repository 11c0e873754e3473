//! When what is reminded of (domain.md, The Forum cycle and its mails): pure.

pub mod plan;

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::settings::ReminderSettings;
use crate::time::{Day, Instant};
use crate::word_enum;

word_enum! {
    /// What a reminder is about.
    pub enum ReminderKind {
        /// A deliverable is due.
        DeliverableDue = "deliverable_due",
        /// A deliverable was due, weekly.
        DeliverableLate = "deliverable_late",
        /// What is to be presented at a Forum must be submitted.
        SubmissionDeadline = "submission_deadline",
        /// A Forum begins.
        ForumStart = "forum_start",
        /// A consultation round closes.
        ConsultationClosing = "consultation_closing",
    }
}

impl ReminderKind {
    /// How many days before its date it is reminded of; none of what counts from no list.
    fn offsets(self, set: &ReminderSettings) -> &[i64] {
        match self {
            Self::DeliverableDue => &set.deliverable_due,
            Self::DeliverableLate => &[],
            Self::SubmissionDeadline => &set.submission_deadline,
            Self::ForumStart => &set.forum_start,
            Self::ConsultationClosing => &set.consultation_closing,
        }
    }
}

/// What reminders count backwards from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A day, the same in every zone.
    On(Day),
    /// The day of an instant in the recipient's zone.
    At(Instant),
}

impl Target {
    /// The day in a recipient's zone.
    pub fn day_in(self, zone: Tz) -> Day {
        match self {
            Self::On(day) => day,
            Self::At(at) => at.day_in(zone),
        }
    }
}

/// Something that has a date.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What is reminded of; `deliverable_due` includes `deliverable_late`.
    pub kind: ReminderKind,
    /// Its id.
    pub id: String,
    /// What the reminders count backwards from.
    pub target: Target,
    /// Since when the target has been that.
    pub set_at: Instant,
    /// Nothing whose moment lies before is sent: the subject existed by then, its date was set, it took answers.
    pub since: Instant,
    /// From then on nobody is reminded any more.
    pub until: Option<Instant>,
}

/// A moment at which somebody is to be reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Of what.
    pub kind: ReminderKind,
    /// Days before the target; below zero: after.
    pub days_before: i64,
    /// The target in the recipient's zone.
    pub target_on: Day,
    /// 09:00 of the day, there.
    pub at: Instant,
}

fn earlier(day: Day, days: i64) -> Day {
    day.checked_sub_signed(TimeDelta::days(days)).unwrap_or(day)
}

impl Subject {
    /// Its moments after one instant up to another, both as they are in the recipient's zone, the earliest first.
    pub fn moments(&self, zone: Tz, offsets: &ReminderSettings, after: Option<Instant>, to: Instant) -> Vec<Moment> {
        let target_on = self.target.day_in(zone);
        let moment = |kind: ReminderKind, days_before: i64| Moment {
            kind,
            days_before,
            target_on,
            at: Instant::at_nine(earlier(target_on, days_before), zone),
        };
        let mut moments: Vec<Moment> = self.kind.offsets(offsets).iter().map(|days| moment(self.kind, *days)).collect();
        if self.kind == ReminderKind::DeliverableDue {
            let every = offsets.deliverable_late_every.max(1);
            let (from, until) = (after.map_or(self.since, |after| after.max(self.since)), to);
            // One day around: days begin elsewhere in other zones.
            let first = (from.day_in(zone).signed_duration_since(target_on).num_days() / every).max(1);
            let last = until.day_in(zone).signed_duration_since(target_on).num_days() / every;
            moments.extend((first..=last).map(|weeks| moment(ReminderKind::DeliverableLate, -weeks * every)));
        }
        let counts = |moment: &Moment| {
            let is_asked = after.is_none_or(|after| moment.at > after) && moment.at <= to;
            is_asked && moment.at >= self.since && self.until.is_none_or(|until| moment.at < until)
        };
        moments.retain(counts);
        moments.sort_by_key(|moment| moment.at);
        moments
    }

    /// The one moment that is to be told of at `now`: of those in the span the latest. None where the subject is over by then.
    pub fn due(&self, zone: Tz, offsets: &ReminderSettings, after: Option<Instant>, to: Instant, now: Instant) -> Option<Moment> {
        if self.until.is_some_and(|until| until <= now) {
            return None;
        }
        self.moments(zone, offsets, after, to).pop()
    }
}

#[cfg(test)]
mod tests;
