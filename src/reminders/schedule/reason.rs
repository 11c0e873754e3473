//! Why somebody is reminded, in words.

use crate::mail::Language;
use crate::reminders::rules::{Moment, ReminderKind};

/// Why somebody is reminded at a moment.
pub fn of(moment: &Moment, language: Language) -> String {
    let (on, count) = (moment.target_on, moment.days_before.abs());
    match language {
        Language::En => {
            let days = if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
            match moment.kind {
                ReminderKind::DeliverableDue => format!("{days} before it is due on {on}"),
                ReminderKind::DeliverableLate => format!("{days} after it was due on {on}"),
                ReminderKind::SubmissionDeadline => format!("{days} before the submission deadline on {on}"),
                ReminderKind::ForumStart => format!("{days} before the Forum begins on {on}"),
                ReminderKind::ConsultationClosing => format!("{days} before the round closes on {on}"),
            }
        }
        Language::Fr => {
            let days = if count == 1 { "1 jour".to_owned() } else { format!("{count} jours") };
            match moment.kind {
                ReminderKind::DeliverableDue => format!("{days} avant l'échéance du {on}"),
                ReminderKind::DeliverableLate => format!("{days} après l'échéance du {on}"),
                ReminderKind::SubmissionDeadline => format!("{days} avant la date limite de remise du {on}"),
                ReminderKind::ForumStart => format!("{days} avant l'ouverture du Forum le {on}"),
                ReminderKind::ConsultationClosing => format!("{days} avant la clôture de la consultation le {on}"),
            }
        }
    }
}
