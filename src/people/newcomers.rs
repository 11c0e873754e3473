//! Who gets an account, by registering or by accepting an invitation, and whose mailbox is proved by following a mail's link.

use super::rules;
use super::store::{self, PersonRow};
use crate::audit::{self, Entry};
use crate::db::Write;
use crate::error::{Error, FieldFault, Result};
use crate::outbox::{self, Purpose};
use crate::text;

/// What a newcomer chooses, as it came.
pub struct Newcomer<'a> {
    /// At `/password`.
    pub password: &'a str,
    /// At `/display_name`.
    pub display_name: &'a str,
    /// At `/locale`.
    pub locale: Option<&'a str>,
}

impl Newcomer<'_> {
    /// Everything wrong with it, for somebody with this address in a call of these languages.
    pub fn faults(&self, email: &str, languages: &[String]) -> Vec<FieldFault> {
        let mut faults: Vec<_> = rules::password_faults(&self.password(), email)
            .into_iter()
            .map(|(code, detail)| FieldFault::new("/password", code, detail))
            .collect();
        if let Err(fault) = text::name(self.display_name, text::MAX_NAME) {
            faults.push(FieldFault::new("/display_name", "format", fault.to_string()));
        }
        if let Some(locale) = self.locale.filter(|locale| !languages.iter().any(|known| known == locale)) {
            let detail = format!("must be one of {}; {locale:?} is not", languages.join(", "));
            faults.push(FieldFault::new("/locale", "enum", detail));
        }
        faults
    }

    /// The password as it is hashed.
    pub fn password(&self) -> String {
        rules::normalise_password(self.password)
    }

    /// What others will see; 422 where it is no name.
    pub fn name(&self) -> Result<String> {
        text::name(self.display_name, text::MAX_NAME).map_err(|e| Error::invalid("/display_name", "format", e.to_string()))
    }
}

/// Confirms an account's address, whose mailbox its person has proved to read. A lost one counts again.
pub fn confirm_address(tx: &mut Write<'_>, person: &mut PersonRow) -> Result<()> {
    if person.is_verified() {
        return Ok(());
    }
    person.email_verified_at = Some(tx.now());
    person.address_lapsed = false;
    store::save_person(tx, person)?;
    outbox::void(tx, Purpose::VerifyEmail, person.id.as_str())?;
    audit::record(tx, Entry::of("person.verified", "person", person.id).by(person.id));
    Ok(())
}
