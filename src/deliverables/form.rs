//! What of a deliverable is typed, checked: all faults at once.

use std::collections::BTreeSet;

use super::todays::Todays;
use crate::call::Call;
use crate::db::AnyConnection;
use crate::error::{FieldFault, Result, Violation};
use crate::forum::EditionId;
use crate::groups;
use crate::policy::{GroupId, MembershipId};
use crate::text::{self, NameFault};

/// Reads fields, and keeps what is wrong with them.
#[derive(Default)]
pub struct Faults(pub Vec<FieldFault>);

impl Faults {
    /// A title.
    pub fn title(&mut self, typed: &str) -> String {
        text::name(typed, text::MAX_NAME).unwrap_or_else(|why| {
            self.0.push(FieldFault::new("/title", "format", why.to_string()));
            String::new()
        })
    }

    /// Free text; blank is none.
    pub fn prose(&mut self, pointer: &str, typed: &str) -> Option<String> {
        match text::prose(typed, text::MAX_TEXT) {
            Ok(text) => Some(text),
            Err(NameFault::Empty) => None,
            Err(why) => {
                self.0.push(FieldFault::new(pointer, "format", why.to_string()));
                None
            }
        }
    }

    /// Principles of the call, each once, ascending.
    pub fn principles(&mut self, call: &Call, typed: &[i64]) -> Vec<i64> {
        let faults = typed.iter().enumerate();
        self.0.extend(faults.filter_map(|(n, number)| call.principle_fault(&format!("/principles/{n}"), *number)));
        typed.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The edition of a year.
    pub fn edition(&mut self, todays: &Todays, year: i64) -> Option<EditionId> {
        let edition = todays.edition_of(year).map(|facts| facts.id);
        if edition.is_none() {
            self.0.push(FieldFault::new("/forum_year", "enum", "must be the year of a Forum edition; see /forum-editions"));
        }
        edition
    }

    /// 422 with all of them, where there are any.
    pub fn none(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(crate::error::Problem::invalid(&self.0).into()) }
    }
}

/// Whether an edition takes work still; a violation where it does not.
pub fn edition_violation(todays: &Todays, edition: Option<EditionId>) -> Option<Violation> {
    let facts = todays.edition(edition).filter(|facts| !facts.takes_work())?;
    let detail = format!("The Forum of {} is {}: choose one that is planned or open.", facts.year, facts.status);
    Some(Violation::new("edition_over", detail))
}

/// Whether a membership may lead in a group that the transaction holds; a violation where it may not.
pub fn lead_violation(c: &mut AnyConnection, group: GroupId, lead: Option<MembershipId>) -> Result<Option<Violation>> {
    let Some(id) = lead else { return Ok(None) };
    let facts = groups::membership(c, id)?;
    let may = facts.is_some_and(|facts| facts.group_id == group && facts.is_active_member());
    let detail = "Only an active member of the group may lead: name the membership of one, or leave the lead empty.";
    Ok((!may).then(|| Violation::new("lead_not_a_member", detail)))
}
