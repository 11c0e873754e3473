//! What waits for somebody in the groups, for who wants to know what there is to do.

use std::collections::HashMap;

use super::rules;
use super::store::{self, SeatId, waiting};
use super::view::GroupRef;
use super::{balance, store::SeatRow};
use crate::call;
use crate::db::{AnyConnection, Read};
use crate::error::Result;
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::policy::{GroupId, MembershipId, PersonId, SupporterId};
use crate::supporters::{self, InvitationId, SupporterRef};
use crate::time::Instant;

/// Somebody asks to become a member.
pub struct OpenRequest {
    /// The membership that would be.
    pub id: MembershipId,
    /// Of which group.
    pub group: GroupRef,
    /// Who asks.
    pub person: PersonRef,
}

/// A seat that nobody fills.
pub struct VacantSeat {
    /// The seat.
    pub id: SeatId,
    /// Of which group.
    pub group: GroupRef,
    /// Whose.
    pub supporter: SupporterRef,
}

/// An invitation that can be accepted.
pub struct OpenInvitation {
    /// The invitation.
    pub id: InvitationId,
    /// To what: the name of a supporter, or the title of a group.
    pub to: String,
    /// When it is too late.
    pub expires_at: Instant,
}

fn by_id(c: &mut AnyConnection, ids: &[GroupId], reader: &Reader) -> Result<HashMap<GroupId, GroupRef>> {
    store::by_ids(c, ids)?.iter().map(|row| Ok((row.id, GroupRef::of(row, reader)?))).collect()
}

/// The requests for membership that `person` is to decide, the longest waiting first, at most `limit`: of the groups that it chairs, and for
/// the secretariat those of groups in which nobody sits. One's own are others' to decide.
pub fn requests_to_decide(
    c: &mut AnyConnection,
    person: PersonId,
    chaired: &[GroupId],
    secretariat: bool,
    reader: &Reader,
    limit: i64,
) -> Result<Vec<OpenRequest>> {
    let rows = waiting::requests(c, person, chaired, secretariat, limit)?;
    let ids: Vec<GroupId> = rows.iter().map(|(_, group, _)| *group).collect();
    let persons: Vec<PersonId> = rows.iter().map(|(.., person)| *person).collect();
    let (groups, persons) = (by_id(c, &ids, reader)?, people::refs(c, &persons)?);
    let request =
        |(id, group, person)| Some(OpenRequest { id, group: groups.get(&group)?.clone(), person: persons.get(&person)?.clone() });
    Ok(rows.into_iter().filter_map(request).collect())
}

/// The vacant seats of these supporters in groups that are at work or to be, at most `limit`.
pub fn vacant_seats(c: &mut AnyConnection, of: &[SupporterId], reader: &Reader, limit: i64) -> Result<Vec<VacantSeat>> {
    let rows = waiting::vacant_seats(c, of, limit)?;
    let ids: Vec<GroupId> = rows.iter().map(|(_, group, _)| *group).collect();
    let (groups, supporters) = (by_id(c, &ids, reader)?, supporters::refs(c, of)?);
    let seat = |(id, group, supporter)| {
        let supporter = supporters.get(&supporter)?.reference.clone();
        Some(VacantSeat { id, group: groups.get(&group)?.clone(), supporter })
    };
    Ok(rows.into_iter().filter_map(seat).collect())
}

/// The active groups whose co-chairs are not balanced today, by number.
pub fn unbalanced(tx: &mut Read<'_>, reader: &Reader) -> Result<Vec<GroupRef>> {
    let call = call::current(tx)?;
    let today = call.today(tx.now());
    let rows = store::active(tx)?;
    let ids: Vec<GroupId> = rows.iter().map(|row| row.id).collect();
    let present = store::present_seats(tx, &ids)?;
    let facts = balance::facts(tx, &present)?;
    let mut seats: HashMap<GroupId, Vec<SeatRow>> = HashMap::new();
    for seat in present {
        seats.entry(seat.group_id).or_default().push(seat);
    }
    let mut waived = HashMap::new();
    for row in store::derogations(tx, &ids)? {
        waived.insert(row.group_id, row.terms()?);
    }
    let mut unbalanced = Vec::new();
    for row in rows {
        let rule = balance::of_seats(&call.rule, seats.get(&row.id).map_or(&[], Vec::as_slice), &facts)?;
        let standing = waived.get(&row.id).filter(|terms| terms.stands_on(today));
        if !rules::balanced(&rule.violations, standing, today) {
            unbalanced.push(GroupRef::of(&row, reader)?);
        }
    }
    Ok(unbalanced)
}

/// The invitations to a person's confirmed address that it can accept and has not, at most `limit`.
pub fn open_invitations(tx: &mut Read<'_>, person: PersonId, reader: &Reader, limit: i64) -> Result<Vec<OpenInvitation>> {
    let now = tx.now();
    let known = people::person(tx, person)?.filter(|person| person.is_verified());
    let Some(address) = known.and_then(|person| person.folded_email) else { return Ok(Vec::new()) };
    let rows = supporters::invitations_to(tx, &address, now, limit)?;
    let ids: Vec<GroupId> = rows.iter().filter_map(|row| row.group_id).collect();
    let of: Vec<SupporterId> = rows.iter().filter_map(|row| row.supporter_id).collect();
    let (groups, supporters) = (by_id(tx, &ids, reader)?, supporters::refs(tx, &of)?);
    let open = |row: supporters::InvitationRow| {
        let group = row.group_id.and_then(|id| groups.get(&id)).map(|group| group.title.plain().to_owned());
        let supporter = row.supporter_id.and_then(|id| supporters.get(&id)).map(|facts| facts.reference.name.clone());
        Some(OpenInvitation { id: row.id, to: group.or(supporter)?, expires_at: row.expires_at })
    };
    Ok(rows.into_iter().filter(|row| row.accepted_by.is_none()).filter_map(open).collect())
}
