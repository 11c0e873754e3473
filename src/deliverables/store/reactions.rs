//! Deliverables to which something happens from below.

use diesel::prelude::*;

use super::super::rules::Status;
use super::{DeliverableRow, Found};
use crate::db::{AnyConnection, Backend, Write, any_of};

use crate::error::Result;
use crate::forum::EditionId;
use crate::policy::{GroupId, MembershipId, PersonId};
use crate::schema::{acknowledgements as a, deliverables as d, memberships};

/// Empties the lead of whatever a membership leads; which deliverables those are.
pub fn empty_leads(tx: &mut Write<'_>, membership: MembershipId) -> Result<Vec<DeliverableRow>> {
    let now = tx.now();
    let led = d::table.filter(d::lead_membership_id.eq(membership)).order((d::group_id, d::number));
    let led: Vec<DeliverableRow> = led.select(DeliverableRow::as_select()).load(&mut **tx)?;
    if !led.is_empty() {
        diesel::update(d::table.filter(d::lead_membership_id.eq(membership)))
            .set((d::lead_membership_id.eq(None::<MembershipId>), d::version.eq(d::version + 1), d::updated_at.eq(now)))
            .execute(&mut **tx)?;
    }
    Ok(led)
}

fn unsettled<'a>() -> d::BoxedQuery<'a, Backend> {
    d::table
        .filter(d::status.ne(Status::Approved))
        .filter(d::status.ne(Status::Presented))
        .filter(d::status.ne(Status::Dropped))
        .into_boxed::<Backend>()
}

/// Reference and status of what a group still owes, by number.
pub fn owed(c: &mut AnyConnection, group: GroupId) -> Result<Vec<(String, Status)>> {
    Ok(unsettled().filter(d::group_id.eq(group)).order(d::number).select((d::reference, d::status)).load(c)?)
}

/// Who leads what a group still owes, by number: each as often as it leads something.
pub fn leads(c: &mut AnyConnection, group: GroupId) -> Result<Vec<PersonId>> {
    Ok(d::table
        .inner_join(memberships::table)
        .filter(d::group_id.eq(group))
        .filter(d::status.ne(Status::Approved))
        .filter(d::status.ne(Status::Presented))
        .filter(d::status.ne(Status::Dropped))
        .order(d::number)
        .select(memberships::person_id)
        .load(c)?)
}

/// Whether a person leads anything that is still owed.
pub fn leads_any(c: &mut AnyConnection, person: PersonId) -> Result<bool> {
    let own = memberships::table.filter(memberships::person_id.eq(person)).select(memberships::id.nullable());
    let led: i64 = unsettled().filter(d::lead_membership_id.eq_any(own)).count().get_result(c)?;
    Ok(led > 0)
}

/// Whether a group has any deliverable.
pub fn any(c: &mut AnyConnection, group: GroupId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(d::table.filter(d::group_id.eq(group)))).get_result(c)?)
}

/// What an edition still waits for, or shows once it begins: neither presented nor dropped, with whoever leads it, by reference.
pub fn open_for(c: &mut AnyConnection, edition: EditionId) -> Result<Vec<Found>> {
    let rows: Vec<(DeliverableRow, Option<PersonId>)> = d::table
        .left_join(memberships::table)
        .filter(d::forum_edition_id.eq(edition))
        .filter(d::status.ne(Status::Presented))
        .filter(d::status.ne(Status::Dropped))
        .order((d::group_id, d::number))
        .select((DeliverableRow::as_select(), memberships::person_id.nullable()))
        .load(c)?;
    Ok(rows.into_iter().map(|(row, lead)| Found { row, lead }).collect())
}

/// Reference and status of the deliverables that these references name.
pub fn named(c: &mut AnyConnection, references: &[String]) -> Result<Vec<(String, Status)>> {
    let query = d::table.filter(any_of("deliverables.reference", references));
    Ok(query.select((d::reference, d::status)).load(c)?)
}

/// Takes a person off every list of those thanked, with the words that were written there.
pub fn forget_thanks(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    let (now, nothing) = (tx.now(), None::<String>);
    let memberships: Vec<MembershipId> =
        memberships::table.filter(memberships::person_id.eq(person)).select(memberships::id).load(&mut **tx)?;
    diesel::update(a::table.filter(any_of("acknowledgements.membership_id", &memberships)))
        .set((a::agreed.eq(false), a::text.eq(nothing), a::position.eq(None::<i64>), a::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}
