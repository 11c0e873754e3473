//! How a person comes to take part in a group.

use super::rules::{self, MembershipRole, MembershipStatus};
use super::store::{self, New, Row};
use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result, Violation};
use crate::facts;
use crate::groups::facts::PeopleJoined;
use crate::groups::store::{GroupRow, counts};
use crate::policy::{MembershipId, PersonId, SupporterId};
use crate::supporters;

/// Everything that keeps whoever it is from taking part in a group now, for a supporter or, an observer, for a body. Group and supporter
/// are held.
pub fn obstacles(c: &mut AnyConnection, group: &GroupRow, supporter: Option<SupporterId>) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    if let Some(why) = rules::refusal(group.status) {
        found.push(Violation::new("group_not_active", why));
    }
    let Some(supporter) = supporter else { return Ok(found) };
    if !supporters::refs(c, &[supporter])?.get(&supporter).is_some_and(|facts| facts.endorsed) {
        found.push(Violation::new("supporter_not_endorsed", "The supporter is not endorsed, so nobody can take part for it."));
    }
    Ok(found)
}

/// What keeps this person from it: a member speaks for its supporter. An observer need not.
pub fn not_affiliated(
    c: &mut AnyConnection,
    person: PersonId,
    supporter: Option<SupporterId>,
    role: MembershipRole,
) -> Result<Option<Violation>> {
    let Some(supporter) = supporter.filter(|_| role == MembershipRole::Member) else { return Ok(None) };
    if supporters::affiliations_of(c, person)?.iter().any(|(known, _)| *known == supporter) {
        return Ok(None);
    }
    let detail = "A member speaks for its supporter: the person is not affiliated to it now.";
    Ok(Some(Violation::new("not_affiliated", detail)))
}

/// Makes a membership, requested or active at once, in a group that the transaction holds; 409 where the person has one open.
pub fn make(tx: &mut Write<'_>, new: &New<'_>) -> Result<MembershipId> {
    let id = store::insert(tx, new)?.ok_or_else(already)?;
    audit::record(tx, Entry::of(rules::act(new.status), "membership", id).in_group(new.group));
    if new.status == MembershipStatus::Active {
        counts::recount(tx, new.group)?;
        facts::announce(tx, &PeopleJoined(new.group))?;
    }
    Ok(id)
}

/// 409: it takes part already, or has asked to.
pub fn already() -> Error {
    Error::already_exists("You take part in this group already, or have asked to: see `memberships` of GET /api/v1/me.")
}

/// Grants what was requested, in a group that the transaction holds.
pub fn activate(tx: &mut Write<'_>, row: &mut Row, by: Option<PersonId>) -> Result<()> {
    let from = row.status;
    (row.status, row.since, row.decided_by) = (MembershipStatus::Active, tx.now(), by);
    store::save(tx, row)?;
    audit::record(tx, Entry::of(rules::act(row.status), "membership", row.id).in_group(row.group_id).moved(from, row.status));
    counts::recount(tx, row.group_id)?;
    facts::announce(tx, &PeopleJoined(row.group_id))
}
