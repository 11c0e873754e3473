//! The mails about contributions. Their parameters are a contract with the templates.

use serde_json::{Value, json};

use super::desk::Desk;
use crate::call;
use crate::consultations::path::Round;
use crate::consultations::store::contributions::ContributionRow;
use crate::consultations::store::public::PendingRow;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::locale::Localised;
use crate::mail::Kind;
use crate::outbox::{self, Act, Mail, Purpose};
use crate::people;
use crate::supporters;

/// What a round is called in a reader's language, else in the call's first that it has.
fn title(c: &mut AnyConnection, round: &Round, locale: Option<&str>) -> Result<String> {
    let order: Vec<String> = locale.map(str::to_owned).into_iter().chain(call::languages(c)?.0).collect();
    Ok(Localised::from_json(&round.row.title)?.pick(&order).to_owned())
}

/// Tells the focal points of the supporter what was done for it, but whoever did it. Where the round keeps to itself who answered, so does
/// the queue of mails.
pub fn to_focal_points(tx: &mut Write<'_>, desk: &Desk, kind: Kind, revision: i64) -> Result<()> {
    let Some(facts) = &desk.party.supporter else { return Ok(()) };
    let told: Vec<_> = supporters::focal_points(tx, facts.reference.id)?.into_iter().filter(|id| *id != desk.person).collect();
    let who = people::refs(tx, &[desk.person])?.remove(&desk.person).map(|person| person.display_name);
    for person in people::persons(tx, &told)? {
        let title = title(tx, &desk.round, person.locale.as_deref())?;
        let path = format!("consultations/{}", desk.round.row.slug);
        let params =
            json!({"path": path, "round": title, "supporter": facts.reference.name, "person": who, "revision": revision});
        if desk.round.is_confidential() {
            people::tell_in_secret(tx, kind, &person, params)?;
        } else {
            people::tell(tx, kind, &person, params)?;
        }
    }
    Ok(())
}

fn to_address(tx: &mut Write<'_>, round: &Round, kind: Kind, email: &str, locale: Option<&str>) -> Result<Mail> {
    // Where the address has an account, erasing it drops what is queued.
    let person = match people::fold_email(email) {
        Some(folded) => people::person_by_email(tx, &folded)?.map(|person| person.id),
        None => None,
    };
    let params: Value = json!({"round": title(tx, round, locale)?});
    let (recipient, locale) = (email.to_owned(), locale.map(str::to_owned));
    Ok(Mail { kind: kind.as_str(), person, recipient, locale, params, due_at: None, concealed: round.is_confidential() })
}

/// Asks whoever reads an address whether these answers are theirs. Each has a link of its own: what a stranger sends voids no other.
pub fn ask_to_confirm(tx: &mut Write<'_>, round: &Round, row: &PendingRow) -> Result<()> {
    let mail = to_address(tx, round, Kind::ConfirmContribution, &row.email, Some(&row.locale))?;
    let detail = json!({"consultation": round.row.id});
    outbox::ask(tx, mail, &Act { purpose: Purpose::ConfirmContribution, subject: row.id.as_str(), detail })?;
    Ok(())
}

/// Says that the answers count, with the link that takes them back.
pub fn confirmed(tx: &mut Write<'_>, round: &Round, row: &ContributionRow) -> Result<()> {
    let Some(email) = row.email.as_deref() else { return Ok(()) };
    let mail = to_address(tx, round, Kind::ContributionConfirmed, email, row.locale.as_deref())?;
    let detail = json!({"consultation": round.row.id});
    outbox::ask(tx, mail, &Act { purpose: Purpose::WithdrawContribution, subject: row.id.as_str(), detail })?;
    Ok(())
}
