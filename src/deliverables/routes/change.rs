//! Changing a deliverable's fields.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::form::{self, Faults};
use super::super::path::{self, InDeliverable};
use super::super::record;
use super::super::rules::Kind;
use super::super::store::{self, DeliverableRow};
use super::super::todays::Todays;
use super::super::view::DeliverableView;
use crate::audit;
use crate::call;
use crate::error::{Error, FieldFault, Problem, Result};
use crate::forum::EditionId;
use crate::http::change::Change;
use crate::http::{Object, Request, Tagged};
use crate::policy::{Action, MembershipId};
use crate::time::{Day, DaySchema, Instant};

/// What can be changed of a deliverable. Its lead changes progress, summary and flag; the rest is the co-chairs'.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliverableChange")]
pub struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 1000))]
    title: Option<String>,
    #[serde(default)]
    #[schemars(with = "Kind")]
    kind: Option<Kind>,
    #[serde(default)]
    #[schemars(length(max = 20_000))]
    summary: Change<String>,
    #[serde(default)]
    #[schemars(with = "DaySchema")]
    due_on: Option<Day>,
    /// In per cent.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 0, max = 100))]
    progress: Option<i64>,
    /// Numbers of `/principles` that it serves, all of them.
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 100))]
    principles: Option<Vec<i64>>,
    /// Who leads it: an active member of the group; null: nobody.
    #[serde(default)]
    lead_membership_id: Change<MembershipId>,
    /// The year of the Forum edition that it is for; null: none.
    #[serde(default)]
    forum_year: Change<i64>,
    #[serde(default)]
    #[schemars(with = "bool")]
    binds_no_supporter: Option<bool>,
    /// That it is at risk, and why; null: no more.
    #[serde(default)]
    risk_flag: Change<Flag>,
}

/// Why a deliverable is at risk.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskFlagChange")]
struct Flag {
    #[schemars(length(min = 1, max = 20_000))]
    reason: String,
}

/// What the body says, checked.
struct Checked {
    title: Option<String>,
    summary: Change<String>,
    principles: Option<Vec<i64>>,
    edition: Change<EditionId>,
    risk: Change<String>,
}

impl Changes {
    /// The fields that a lead may not send.
    fn reserved(&self) -> Vec<&'static str> {
        let given = [
            ("title", self.title.is_some()),
            ("kind", self.kind.is_some()),
            ("due_on", self.due_on.is_some()),
            ("principles", self.principles.is_some()),
            ("lead_membership_id", self.lead_membership_id.is_given()),
            ("forum_year", self.forum_year.is_given()),
            ("binds_no_supporter", self.binds_no_supporter.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    /// The values, or everything that is wrong with them.
    fn check(&self, call: &call::Call, todays: &Todays) -> Result<Checked> {
        let mut faults = Faults::default();
        let title = self.title.as_deref().map(|typed| faults.title(typed));
        let summary = match &self.summary {
            Change::Set(typed) => faults.prose("/summary", typed).map_or(Change::Clear, Change::Set),
            other => other.clone(),
        };
        let principles = self.principles.as_deref().map(|typed| faults.principles(call, typed));
        let edition = match self.forum_year {
            Change::Set(year) => Change::given(faults.edition(todays, year)),
            Change::Clear => Change::Clear,
            Change::Keep => Change::Keep,
        };
        let risk = match &self.risk_flag {
            Change::Set(flag) => {
                let reason = faults.prose("/risk_flag/reason", &flag.reason);
                if reason.is_none() && faults.0.iter().all(|fault| fault.pointer != "/risk_flag/reason") {
                    faults.0.push(FieldFault::new("/risk_flag/reason", "format", "is empty; say why it is at risk"));
                }
                Change::given(reason)
            }
            Change::Clear => Change::Clear,
            Change::Keep => Change::Keep,
        };
        faults.none()?;
        Ok(Checked { title, summary, principles, edition, risk })
    }

    fn apply(&self, checked: Checked, row: &mut DeliverableRow, now: Instant) {
        if let Some(title) = checked.title {
            row.folded_title = crate::text::fold(&title);
            row.title = title;
        }
        checked.summary.apply(&mut row.summary);
        row.kind = self.kind.unwrap_or(row.kind);
        row.due_on = self.due_on.unwrap_or(row.due_on);
        row.progress = self.progress.unwrap_or(row.progress);
        row.binds_no_supporter = self.binds_no_supporter.unwrap_or(row.binds_no_supporter);
        self.lead_membership_id.apply(&mut row.lead_membership_id);
        checked.edition.apply(&mut row.forum_edition_id);
        let was = row.risk_reason.clone();
        checked.risk.apply(&mut row.risk_reason);
        if row.risk_reason.is_none() {
            row.risk_since = None;
        } else if row.risk_reason != was {
            row.risk_since = row.risk_since.or(Some(now));
        }
    }
}

pub async fn change(request: Request<InDeliverable, (), Changes>) -> Result<Object<Tagged<DeliverableView>>> {
    request
        .write(|tx, input| {
            let (body, now) = (&input.body, tx.now());
            let (call, todays) = (call::load(tx)?, Todays::load(tx, now)?);
            let checked = body.check(&call, &todays)?;
            let (found, group) = path::hold(tx, input)?;
            let reserved = body.reserved();
            if !reserved.is_empty() && !input.actor.may(Action::RunGroup, &found.object()) {
                let detail = format!(
                    "{} of a deliverable is its group's co-chairs' to change. A lead changes progress, summary and risk_flag.",
                    reserved.join(", ")
                );
                return Err(Error::forbidden(detail));
            }
            input.if_match.require(found.row.version)?;
            path::in_work(&found, &group)?;
            let served = checked.principles.clone();
            let mut row = found.row.clone();
            body.apply(checked, &mut row, now);
            let mut violations = Vec::new();
            if row.forum_edition_id != found.row.forum_edition_id {
                violations.extend(form::edition_violation(&todays, row.forum_edition_id));
            }
            if row.lead_membership_id != found.row.lead_membership_id {
                violations.extend(form::lead_violation(tx, row.group_id, row.lead_membership_id)?);
            }
            if !violations.is_empty() {
                return Err(Problem::violations(&violations).into());
            }
            let serves_others = match &served {
                Some(served) => *served != store::principles(tx, row.id)?,
                None => false,
            };
            if row != found.row || serves_others {
                store::save(tx, &row)?;
                if let Some(served) = served.filter(|_| serves_others) {
                    store::set_principles(tx, row.id, &served)?;
                }
                tell_record(tx, &found.row, &row, serves_others);
            }
            Ok(Object::tagged(super::shown(tx, input, row.id)?))
        })
        .await
}

/// A flag is the group's to know, so it has an entry of its own.
fn tell_record(tx: &mut crate::db::Write<'_>, was: &DeliverableRow, is: &DeliverableRow, serves_others: bool) {
    if is.risk_reason != was.risk_reason {
        let act = if is.risk_reason.is_some() { "deliverable.flagged" } else { "deliverable.unflagged" };
        audit::record(tx, record::of(act, is).because(is.risk_reason.as_deref()));
    }
    let flagged_alone = DeliverableRow { risk_reason: is.risk_reason.clone(), risk_since: is.risk_since, ..was.clone() } == *is;
    if !flagged_alone || serves_others {
        audit::record(tx, record::of("deliverable.changed", is));
    }
}
