//! A digest: which of a day's news it shows, and what they say.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::templates::{Occasion, Templates};
use super::{Kind, illustration, plain};
use crate::time::Day;

/// What a digest shows of the news in its params, oldest first: of several of one kind about the same thing the latest.
pub fn items(params: &Value) -> Vec<(Kind, Value)> {
    let all = params.get("items").and_then(Value::as_array).into_iter().flatten();
    let known = all.filter_map(|item| {
        let kind = item.get("kind").and_then(Value::as_str).and_then(Kind::parse)?;
        Some((kind, item.get("params")?.clone()))
    });
    let today = params.get("today").and_then(day);
    let mut seen = BTreeSet::new();
    let newest_first = known.collect::<Vec<_>>().into_iter().rev();
    let mut shown: Vec<_> = newest_first
        .filter_map(|(kind, mut params)| {
            let is_new = subject(kind, &params).is_none_or(|subject| seen.insert((kind, subject)));
            if !is_new {
                return None;
            }
            if let Some(list) = params.get_mut("items").and_then(Value::as_array_mut).filter(|list| !list.is_empty()) {
                list.retain(|item| listed(kind, item).is_none_or(|subject| seen.insert((kind, subject))));
                if list.is_empty() {
                    return None;
                }
                list.iter_mut().for_each(|item| count_from(today, kind, item));
            }
            Some((kind, params))
        })
        .collect();
    shown.reverse();
    shown
}

/// What a mail is about, where a later one of its kind about the same takes its place; `None` where each says something of its own.
fn subject(kind: Kind, params: &Value) -> Option<String> {
    match kind {
        Kind::MeetingInvited | Kind::MeetingChanged | Kind::MeetingCancelled => meeting(params),
        Kind::DeliverableSubmitted | Kind::DeliverableReturned | Kind::DeliverableApproved | Kind::DeliverablePresented => {
            word(params, "reference")
        }
        Kind::ForumRescheduled | Kind::ReadinessReport => word(params, "year"),
        Kind::ConsultationOpened | Kind::ConsultationExtended | Kind::ConsultationCancelled | Kind::ConsultationPublished => {
            word(params, "path")
        }
        Kind::ContributionSubmitted | Kind::ContributionWithdrawn => {
            Some(format!("{} {}", word(params, "path")?, word(params, "supporter")?))
        }
        _ => None,
    }
}

/// The same of an item in the list of a reminder.
fn listed(kind: Kind, item: &Value) -> Option<String> {
    match kind {
        Kind::DeliverableDue | Kind::DeliverableLate => word(item, "reference"),
        Kind::SubmissionDeadline | Kind::ForumStart => word(item, "year"),
        Kind::ConsultationClosing => word(item, "path"),
        _ => None,
    }
}

/// The days of a reminder were counted when it was made, and the digest is read later.
fn count_from(today: Option<Day>, kind: Kind, item: &mut Value) {
    let then = item.get("due_on").or(item.get("on")).and_then(day);
    if let (Some(today), Some(then), Some(days)) = (today, then, item.get_mut("days")) {
        let left = (then - today).num_days();
        *days = json!(if kind == Kind::DeliverableLate { -left } else { left });
    }
}

fn day(value: &Value) -> Option<Day> {
    value.as_str()?.parse().ok()
}

/// Which meeting a mail is about.
pub fn meeting(params: &Value) -> Option<String> {
    word(params.get("meeting")?, "id")
}

fn word(params: &Value, name: &str) -> Option<String> {
    match params.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The titles of the items of a digest, as its template writes them: each alone in a paragraph.
pub fn titles(params: &Value) -> Vec<String> {
    let items = params.get("items").and_then(Value::as_array).into_iter().flatten();
    let subjects = items.map(|item| item.get("subject").and_then(Value::as_str).unwrap_or_default());
    subjects.zip(1..).map(|(subject, n)| format!("{n}. {}", plain::one_line(subject))).collect()
}

impl Templates {
    /// The params of a digest with what its items say: `{name, items: [{subject, text, picture|null}]}`. What cannot be written any more
    /// is left out.
    pub fn gathered(&self, digest: &Occasion<'_>) -> Value {
        let written = items(digest.params).into_iter().filter_map(|(kind, params)| {
            let occasion = Occasion { kind, link: None, until: None, unsubscribe: None, params: &params, ..*digest };
            let (subject, body) = self.said(&occasion).ok()?;
            let picture = illustration::shown(kind, &params, digest.language);
            Some(json!({"subject": subject, "text": ungreeted(&body), "picture": picture}))
        });
        json!({"name": digest.params.get("name"), "items": written.collect::<Vec<_>>()})
    }
}

/// A text without the salutation that it begins with: the digest has greeted its reader.
fn ungreeted(body: &str) -> &str {
    match body.split_once("\n\n") {
        Some((first, rest)) if first.trim_end().ends_with(',') && !first.contains('\n') => rest.trim(),
        _ => body.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(items_of: &[(&str, Value)]) -> Vec<(Kind, Value)> {
        let all: Vec<_> = items_of.iter().map(|(kind, params)| json!({"kind": kind, "params": params})).collect();
        items(&json!({"name": "Ana", "items": all}))
    }

    #[test]
    fn of_what_is_about_the_same_the_latest_is_shown() {
        let meeting = |id: &str, n: i64| json!({"meeting": {"id": id, "sequence": n}});
        let due = |references: &[(&str, i64)]| {
            let items: Vec<_> = references.iter().map(|(r, days)| json!({"reference": r, "days": days})).collect();
            json!({"items": items})
        };
        let found = shown(&[
            ("meeting_changed", meeting("a", 1)),
            ("meeting_invited", meeting("a", 0)),
            ("deliverable_due", due(&[("WG1-D1", 14), ("WG1-D2", 14)])),
            ("meeting_changed", meeting("b", 1)),
            ("meeting_changed", meeting("a", 2)),
            ("deliverable_due", due(&[("WG1-D2", 7)])),
            ("deliverable_due", due(&[("WG1-D2", 6)])),
        ]);
        let expected = [
            (Kind::MeetingInvited, meeting("a", 0)),
            (Kind::DeliverableDue, due(&[("WG1-D1", 14)])),
            (Kind::MeetingChanged, meeting("b", 1)),
            (Kind::MeetingChanged, meeting("a", 2)),
            (Kind::DeliverableDue, due(&[("WG1-D2", 6)])),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn days_are_counted_from_the_day_it_is_read() {
        let list = |days: i64| json!({"items": [{"reference": "WG1-D1", "due_on": "2026-10-08", "days": days}]});
        let all = [
            json!({"kind": "deliverable_due", "params": list(1)}),
            json!({"kind": "deliverable_late", "params": list(-2)}),
            json!({"kind": "forum_start", "params": {"items": [{"year": 2026, "on": "2026-10-10", "days": 3}]}}),
        ];
        let params = json!({"today": "2026-10-09", "items": all});
        let days: Vec<_> = items(&params).iter().map(|(_, params)| params["items"][0]["days"].clone()).collect();
        assert_eq!(days, [json!(-1), json!(1), json!(1)]);
        let days: Vec<_> = items(&json!({"items": all})).iter().map(|(_, params)| params["items"][0]["days"].clone()).collect();
        assert_eq!(days, [json!(1), json!(-2), json!(3)]);
    }

    #[test]
    fn what_people_wrote_is_shown_each_time() {
        let reply = |body: &str| json!({"reference": "WG1-D1", "body": body, "path": "deliverables/WG1-D1"});
        let message = json!({"path": "groups/5", "subject": "Again", "body": "Again"});
        let request = |person: &str| json!({"path": "groups/5", "person": person});
        let all = [
            ("comment_reply", reply("One")),
            ("comment_reply", reply("Two")),
            ("group_message", message.clone()),
            ("group_message", message),
            ("membership_requested", request("Ana")),
            ("membership_requested", request("Bo")),
            ("pigeon", json!({})),
        ];
        assert_eq!(shown(&all).len(), 6);
        assert!(items(&json!({})).is_empty() && items(&json!({"items": [{"kind": 1}, null]})).is_empty());
    }

    #[test]
    fn only_a_salutation_goes() {
        assert_eq!(ungreeted("Hello Ana,\n\nOne.\n\nTwo.\n"), "One.\n\nTwo.");
        assert_eq!(ungreeted("One.\n\nTwo,\n"), "One.\n\nTwo,");
        assert_eq!(ungreeted("Alone,\n"), "Alone,");
    }
}
