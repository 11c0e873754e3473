//! How an invitation to a group comes true.

use crate::db::Write;
use crate::error::{Error, Result};
use crate::facts::Objections;
use crate::groups::memberships::rules::{MembershipRole, MembershipStatus};
use crate::groups::memberships::store::{self, New};
use crate::groups::memberships::{admission, endings, mails};
use crate::groups::store as groups;
use crate::people::{self, PersonRow};
use crate::policy::{GroupId, PersonId};
use crate::supporters::{self, AffiliationMade, InvitationRole, InvitationRow};

fn role_of(invitation: &InvitationRow) -> MembershipRole {
    if invitation.role == InvitationRole::Observer { MembershipRole::Observer } else { MembershipRole::Member }
}

/// Accepts an invitation to a group, for a person who has proved to read its mailbox. Who is to be a member and does not speak for the
/// supporter yet asks it to let it; the invitation stays open meanwhile, since whoever invites to a group cannot speak for a supporter. 409
/// where the group or the supporter takes nobody now, or the person takes part already; the link then still counts.
pub fn accept(tx: &mut Write<'_>, invitation: &InvitationRow, group: GroupId, person: &mut PersonRow) -> Result<()> {
    if let Some(supporter) = invitation.supporter_id {
        supporters::hold(tx, &[supporter])?;
    }
    let group = groups::hold(tx, group)?;
    if let Some(obstacle) = admission::obstacles(tx, &group, invitation.supporter_id)?.into_iter().next() {
        return Err(Error::wrong_state(obstacle.detail));
    }
    people::confirm_address(tx, person)?;
    let role = role_of(invitation);
    match invitation.supporter_id {
        Some(supporter) if admission::not_affiliated(tx, person.id, Some(supporter), role)?.is_some() => {
            supporters::ask_for_affiliation(tx, person, supporter, None)?;
            supporters::wait_for_affiliation(tx, invitation, person.id)
        }
        _ if take_part(tx, invitation, group.id, person.id)? => Ok(()),
        _ => Err(admission::already()),
    }
}

/// Makes who was invited take part in a group that the transaction holds; false where it does already, in this role. What else it has open
/// there gives way: a request that asked for the same is granted, another one is cancelled, an observer becomes a member or the reverse.
fn take_part(tx: &mut Write<'_>, invitation: &InvitationRow, group: GroupId, person: PersonId) -> Result<bool> {
    let role = role_of(invitation);
    supporters::settle_invitation(tx, invitation, person)?;
    if let Some(mut open) = store::open(tx, person, group)? {
        let waits = open.status == MembershipStatus::Requested;
        if open.role == role && !waits {
            return Ok(false);
        }
        if open.role == role && open.supporter_id == invitation.supporter_id {
            admission::activate(tx, &mut open, invitation.invited_by)?;
            return Ok(true);
        }
        endings::end(tx, &mut open, if waits { MembershipStatus::Cancelled } else { MembershipStatus::Left }, None)?;
    }
    let (supporter, body) = (invitation.supporter_id, invitation.body.as_deref());
    admission::make(tx, &New { group, person, supporter, body, role, status: MembershipStatus::Active, message: None })?;
    Ok(true)
}

/// Whoever accepted an invitation and waited for this affiliation is a member now. An invitation whose group takes nobody at the moment
/// goes on waiting.
pub fn affiliation_made(tx: &mut Write<'_>, fact: &AffiliationMade, _: &mut Objections) -> Result<()> {
    let waiting = supporters::waiting_for_affiliation(tx, fact.person, fact.supporter)?;
    if waiting.is_empty() {
        return Ok(());
    }
    supporters::hold(tx, &[fact.supporter])?;
    for invitation in waiting {
        let Some(group) = invitation.group_id else { continue };
        let group = groups::hold(tx, group)?;
        if admission::obstacles(tx, &group, invitation.supporter_id)?.is_empty()
            && take_part(tx, &invitation, group.id, fact.person)?
        {
            mails::decided(tx, &group, fact.person, true, None)?;
        }
    }
    Ok(())
}
