//! Invitations, to speak for a supporter or to take part in a group: mailed, open for 14 days, revocable, and sent again on request
//! (domain.md, Persons). Here is what all of them share; their routes lie with the groups, which know both.

pub mod rules;
mod store;

use serde_json::json;

use super::affiliations;
use crate::audit::{self, Entry};
use crate::call;
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::ids::Id;
use crate::locale::Reader;
use crate::mail::Kind;
use crate::outbox::{self, Act, Mail, Purpose};
use crate::people;
use crate::policy::PersonId;

pub use rules::{InvitationRole, Status};
pub use store::{Invitations, Offer, Row, Which, count, open, open_to, page, waiting};

/// Marks the id of an invitation.
#[derive(Debug)]
pub enum InvitationMark {}
/// The identifier of an invitation.
pub type InvitationId = Id<InvitationMark>;

/// In whose name somebody is invited, and in what language: that of who invites, since of the invited nobody knows one.
pub struct Invited<'a> {
    /// Who invites; `None`: the initiative.
    pub by: Option<PersonId>,
    /// A language of the call.
    pub locale: Option<&'a str>,
}

/// The language that a caller reads.
pub fn language(reader: &Reader) -> Option<&str> {
    match reader {
        Reader::All => None,
        Reader::Prefers(order) => order.first().map(String::as_str),
    }
}

/// An invitation, however it stands; 404 where there is none.
pub fn invitation(c: &mut AnyConnection, id: InvitationId) -> Result<Row> {
    store::find(c, id)?.ok_or_else(|| Error::not_found("invitation"))
}

/// Invites an address and mails it. 409 where it has an open invitation to this supporter, or group.
pub fn invite(tx: &mut Write<'_>, offer: Offer<'_>, email: &str, invited: &Invited<'_>) -> Result<InvitationId> {
    let folded = people::fold_email(email).ok_or_else(|| Error::invalid("/email", "format", "must be an e-mail address"))?;
    let expires_at = tx.now().plus(Purpose::AcceptInvitation.life());
    let email = email.trim();
    let new = store::New { offer, email, folded_email: &folded, invited_by: invited.by, expires_at };
    let id = store::insert(tx, &new)?.ok_or_else(already_open)?;
    audit::record(tx, Entry::of("invitation.made", "invitation", id));
    let row = invitation(tx, id)?;
    mail(tx, &row, invited)?;
    Ok(id)
}

fn already_open() -> Error {
    Error::already_exists(
        "This address has an open invitation here. Send it again with POST /api/v1/invitations/{invitation}/resend.",
    )
}

/// Opens an invitation for another 14 days, perhaps in another role, and mails it again; the earlier token is void. 409 where its address
/// has another open one by now.
pub fn renew(tx: &mut Write<'_>, row: &Row, role: InvitationRole, invited: &Invited<'_>) -> Result<InvitationId> {
    let mut row = row.clone();
    // Whoever waits for an affiliation goes on waiting.
    row.role = role;
    row.expires_at = tx.now().plus(Purpose::AcceptInvitation.life());
    row.status = Status::Open;
    if !store::save(tx, &mut row)? {
        return Err(already_open());
    }
    audit::record(tx, Entry::of("invitation.resent", "invitation", row.id));
    mail(tx, &row, invited)?;
    Ok(row.id)
}

fn mail(tx: &mut Write<'_>, row: &Row, invited: &Invited<'_>) -> Result<()> {
    let Some(recipient) = row.email.clone() else { return Ok(()) };
    let inviter = match invited.by {
        Some(person) => people::refs(tx, &[person])?.remove(&person).map(|person| person.display_name),
        None => None,
    };
    let supporter = match row.supporter_id {
        Some(supporter) => Some(affiliations::supporter_name(tx, supporter)?),
        None => None,
    };
    let (kind, params) = match row.group_id {
        None => (Kind::Invitation, json!({"supporter": supporter, "inviter": inviter, "role": row.role})),
        Some(group) => {
            let order = call::languages(tx)?.read_by(invited.locale);
            let title = store::group_title(tx, group)?.pick(&order).to_owned();
            let (body, role) = (&row.body, row.role);
            let params = json!({"group": title, "role": role, "supporter": supporter, "body": body, "inviter": inviter});
            (Kind::GroupInvitation, params)
        }
    };
    // Whose mailbox it is, is not said before it is accepted: the same row whether or not the address has an account.
    let mail = Mail {
        kind: kind.as_str(),
        person: None,
        recipient,
        locale: invited.locale.map(str::to_owned),
        params,
        due_at: None,
        concealed: false,
    };
    outbox::ask(tx, mail, &Act { purpose: Purpose::AcceptInvitation, subject: row.id.as_str(), detail: json!({}) })?;
    Ok(())
}

/// Takes an invitation back; its token is void.
pub fn revoke(tx: &mut Write<'_>, row: &Row) -> Result<()> {
    finish(tx, row, Status::Revoked, None)?;
    audit::record(tx, Entry::of("invitation.revoked", "invitation", row.id));
    Ok(())
}

/// Who was invited accepted, and waits for the supporter to let it speak for it: the invitation stays open, its link is used up.
pub fn wait(tx: &mut Write<'_>, row: &Row, person: PersonId) -> Result<()> {
    let mut row = row.clone();
    row.accepted_by = Some(person);
    if !store::save(tx, &mut row)? {
        return Err(stale());
    }
    audit::record(tx, Entry::of("invitation.agreed", "invitation", row.id));
    outbox::void(tx, Purpose::AcceptInvitation, row.id.as_str())
}

/// Who was invited speaks for the supporter, or takes part in the group, now: by accepting, or because somebody affiliated it at once.
pub fn settle(tx: &mut Write<'_>, row: &Row, person: PersonId) -> Result<()> {
    finish(tx, row, Status::Accepted, Some(person))?;
    audit::record(tx, Entry::of("invitation.accepted", "invitation", row.id));
    Ok(())
}

fn finish(tx: &mut Write<'_>, row: &Row, status: Status, accepted_by: Option<PersonId>) -> Result<()> {
    let mut row = row.clone();
    (row.status, row.accepted_by) = (status, accepted_by);
    if !store::save(tx, &mut row)? {
        return Err(stale());
    }
    outbox::void(tx, Purpose::AcceptInvitation, row.id.as_str())
}

/// Forgets the address that a person was invited at, and to whom those mails went; what was open is revoked. `folded`: its address, where
/// it is its own.
pub fn forget(tx: &mut Write<'_>, person: PersonId, folded: Option<&str>) -> Result<()> {
    for mut row in store::of_person(tx, person, folded)? {
        if row.status == Status::Open {
            row.status = Status::Revoked;
            audit::record(tx, Entry::of("invitation.revoked", "invitation", row.id));
        }
        (row.email, row.folded_email) = (None, None);
        store::save(tx, &mut row)?;
        outbox::forget_about(tx, row.id.as_str())?;
    }
    Ok(())
}
