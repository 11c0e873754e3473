//! The mails about applications.

use serde_json::{Value, json};

use super::rules::{Application, Decision};
use super::store::{ApplicationId, Row};
use crate::db::Write;
use crate::error::Result;
use crate::mail::Kind;
use crate::outbox::{self, Act, Mail, Purpose};
use crate::people;

fn to_contact(tx: &mut Write<'_>, kind: Kind, email: &str, locale: Option<&str>, params: Value) -> Result<Mail> {
    // Where the contact has an account, erasing it drops what is queued.
    let person = match people::fold_email(email) {
        Some(folded) => people::person_by_email(tx, &folded)?.map(|person| person.id),
        None => None,
    };
    Ok(Mail {
        kind: kind.as_str(),
        person,
        recipient: email.to_owned(),
        locale: locale.map(str::to_owned),
        params,
        due_at: None,
        concealed: false,
    })
}

/// Asks the contact to confirm.
pub fn ask_to_confirm(tx: &mut Write<'_>, id: ApplicationId, application: &Application, locale: &str) -> Result<()> {
    let params = json!({"organisation": application.name, "name": application.contact.name});
    let mail = to_contact(tx, Kind::ConfirmApplication, &application.contact.email, Some(locale), params)?;
    outbox::ask(tx, mail, &Act { purpose: Purpose::ConfirmApplication, subject: id.as_str(), detail: json!({}) })?;
    Ok(())
}

/// Tells the contact that it was received, and the secretariat that it waits.
pub fn received(tx: &mut Write<'_>, row: &Row, duplicates: usize) -> Result<()> {
    tell(tx, Kind::ApplicationReceived, row, json!({}))?;
    for secretary in people::secretariat(tx)? {
        let path = format!("supporter-applications/{}", row.id);
        let params = json!({"path": path, "organisation": row.name, "duplicates": duplicates});
        people::tell(tx, Kind::ApplicationToDecide, &secretary, params)?;
    }
    Ok(())
}

/// Tells the contact what was decided, or asks it what the secretariat wants to know.
pub fn decided(tx: &mut Write<'_>, row: &Row, decision: Decision, reason: &str) -> Result<()> {
    match decision {
        Decision::Endorse => tell(tx, Kind::ApplicationEndorsed, row, json!({})),
        Decision::Decline => tell(tx, Kind::ApplicationDeclined, row, json!({"reason": reason})),
        Decision::Ask => tell(tx, Kind::ApplicationAsked, row, json!({"question": reason})),
    }
}

fn tell(tx: &mut Write<'_>, kind: Kind, row: &Row, more: Value) -> Result<()> {
    // Forgotten by the retention job: nobody is left to tell.
    let Some(email) = row.contact_email.as_deref() else { return Ok(()) };
    let mut params = json!({"organisation": row.name, "name": row.contact_name});
    if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
        params.extend(more);
    }
    let mail = to_contact(tx, kind, email, row.contact_locale.as_deref(), params)?;
    outbox::enqueue(tx, mail)?;
    Ok(())
}
