//! The mails that this slice queues.

use serde_json::{Value, json};

use super::store::PersonRow;
use crate::db::Write;
use crate::error::Result;
use crate::mail::Kind;
use crate::notifications::{self, News};
use crate::outbox::{self, Act, Mail, Purpose};

/// A mail to a person, at one of its addresses.
fn mail(kind: Kind, person: &PersonRow, email: &str) -> Mail {
    Mail {
        kind: kind.as_str(),
        person: Some(person.id),
        recipient: email.to_owned(),
        locale: person.locale.clone(),
        params: json!({"name": person.display_name}),
        due_at: None,
        concealed: false,
    }
}

/// Tells a person something, where it has an address that is its own: in the application and by mail, as it wants to hear of that kind.
pub fn tell(tx: &mut Write<'_>, kind: Kind, person: &PersonRow, params: Value) -> Result<()> {
    told(tx, kind, person, params, false)
}

/// [`tell`] by a mail that no view of the queue shows: that this person gets it is a secret.
pub fn tell_in_secret(tx: &mut Write<'_>, kind: Kind, person: &PersonRow, params: Value) -> Result<()> {
    told(tx, kind, person, params, true)
}

fn told(tx: &mut Write<'_>, kind: Kind, person: &PersonRow, params: Value, concealed: bool) -> Result<()> {
    let Some(email) = person.email.as_deref().filter(|_| person.is_verified()) else { return Ok(()) };
    let mut all = json!({"name": person.display_name});
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), params) {
        all.extend(more);
    }
    notifications::tell(tx, News { kind, person: person.id, email, locale: person.locale.clone(), params: all, concealed })
}

/// Asks whoever reads `email` to do something about a person's account.
pub fn ask(tx: &mut Write<'_>, kind: Kind, purpose: Purpose, person: &PersonRow, email: &str) -> Result<()> {
    let mail = mail(kind, person, email);
    outbox::ask(tx, mail, &Act { purpose, subject: person.id.as_str(), detail: json!({"email": email}) })?;
    Ok(())
}
