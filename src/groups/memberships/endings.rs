//! How memberships end: by a move, and by what happens to whom they rest on, in the same transaction.

use std::collections::BTreeSet;

use super::mails;
use super::rules::{self, MembershipStatus};
use super::store::{self, Row, Whose};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::Result;
use crate::facts::{self, Objections};
use crate::groups::facts::MembershipEnded;
use crate::groups::mails::membership_ended;
use crate::groups::store as groups;
use crate::people::PersonErased;
use crate::policy::GroupId;
use crate::supporters::{self, AffiliationEnded, SupporterWithdrawn, SupportersMerged};

/// Takes an open membership to where it ends, in a group that the transaction holds. Whoever ends it counts the group anew.
pub fn end(tx: &mut Write<'_>, row: &mut Row, to: MembershipStatus, reason: Option<&str>) -> Result<()> {
    let from = row.status;
    (row.status, row.until, row.reason) = (to, Some(tx.now()), reason.map(str::to_owned));
    store::save(tx, row)?;
    audit::record(tx, Entry::of(rules::act(to), "membership", row.id).in_group(row.group_id).moved(from, to).because(reason));
    if from == MembershipStatus::Active {
        facts::announce(tx, &MembershipEnded { group: row.group_id, membership: row.id })?;
    }
    Ok(())
}

/// Ends whatever is open of these: what stands as `left`, what waits as `cancelled`. Co-chairs are told. Gives those that stood.
fn end_all(tx: &mut Write<'_>, whose: Whose) -> Result<Vec<Row>> {
    let mut left = Vec::new();
    let groups: BTreeSet<GroupId> = store::open_of(tx, whose)?.iter().map(|row| row.group_id).collect();
    for group in &groups {
        groups::hold(tx, *group)?;
    }
    // Again: somebody may have moved one before its group was held.
    for mut row in store::open_of(tx, whose)?.into_iter().filter(|row| groups.contains(&row.group_id)) {
        let stood = row.status == MembershipStatus::Active;
        let to = if stood { MembershipStatus::Left } else { MembershipStatus::Cancelled };
        end(tx, &mut row, to, None)?;
        if stood {
            membership_ended(tx, row.group_id, row.person_id);
            left.push(row);
        }
    }
    for group in groups {
        groups::counts::recount(tx, group)?;
    }
    Ok(left)
}

/// Ends what rests on an affiliation that ended. Its supporter is held.
pub fn affiliation_ended(tx: &mut Write<'_>, fact: &AffiliationEnded, _: &mut Objections) -> Result<()> {
    // The person is told of the affiliation, and that this ends with it.
    end_all(tx, Whose::For(fact.person, fact.supporter)).map(drop)
}

/// Ends what there is for a supporter that withdrew, and tells those whom it takes along. Its row is written by then, and so held.
pub fn supporter_withdrawn(tx: &mut Write<'_>, fact: &SupporterWithdrawn, _: &mut Objections) -> Result<()> {
    let left = end_all(tx, Whose::Supporter(fact.0))?;
    let Some(supporter) = supporters::refs(tx, &[fact.0])?.remove(&fact.0) else { return Ok(()) };
    let ids: BTreeSet<GroupId> = left.iter().map(|row| row.group_id).collect();
    let rows = groups::by_ids(tx, &ids.into_iter().collect::<Vec<_>>())?;
    let causer = audit::causer(tx);
    for row in left.iter().filter(|row| Some(row.person_id) != causer) {
        if let Some(group) = rows.iter().find(|group| group.id == row.group_id) {
            mails::withdrawn(tx, group, row.person_id, &supporter.reference.name)?;
        }
    }
    Ok(())
}

/// Gives what there is for a supporter to the one that it goes into; both are held. A person has one open membership a group, whoever it
/// is for, so that none meets another.
pub fn supporters_merged(tx: &mut Write<'_>, fact: &SupportersMerged, _: &mut Objections) -> Result<()> {
    if fact.from == fact.into {
        return Ok(());
    }
    let concerned = store::groups_of(tx, fact.from)?;
    for group in &concerned {
        groups::hold(tx, *group)?;
    }
    store::move_to(tx, fact.from, fact.into)?;
    for group in concerned {
        groups::counts::recount(tx, group)?;
    }
    Ok(())
}

/// Ends what rests on no affiliation, an observer's, and forgets what was written in any.
pub fn person_erased(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    end_all(tx, Whose::Person(fact.person))?;
    store::forget(tx, fact.person)
}
