//! What an application must be, and what can become of it (domain.md, Supporters and the register).

use std::fmt;

use crate::address;
use crate::call::Call;
use crate::country;
use crate::error::FieldFault;
use crate::states::State;
use crate::supporters::rules::INTERNATIONAL_ORGANISATION;
use crate::text;
use crate::word_enum;

word_enum! {
    /// Where an application stands.
    #[schemars(rename = "ApplicationStatus")]
    pub enum Status {
        /// Its contact has not followed the mailed link yet: it does not exist for anybody else.
        Unconfirmed = "unconfirmed",
        /// It waits for the secretariat.
        Pending = "pending",
        /// The organisation is a supporter.
        Endorsed = "endorsed",
        /// The secretariat said no.
        Declined = "declined",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Unconfirmed => &[Self::Pending],
            Self::Pending => &[Self::Endorsed, Self::Declined],
            Self::Endorsed | Self::Declined => &[],
        }
    }

    fn needs_reason(self, to: Self) -> bool {
        to == Self::Declined
    }
}

word_enum! {
    /// What the secretariat does with an application.
    pub enum Decision {
        /// Take the organisation into the register.
        Endorse = "endorse",
        /// Say no, and why.
        Decline = "decline",
        /// Ask the contact something; the application stays open.
        Ask = "ask",
    }
}

impl Decision {
    /// The decisions that are there in this state.
    pub fn allowed(status: Status) -> &'static [Self] {
        match status {
            Status::Pending => Self::ALL,
            Status::Unconfirmed | Status::Endorsed | Status::Declined => &[],
        }
    }

    /// Whether it must say why, or what it asks.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Decline | Self::Ask)
    }
}

word_enum! {
    /// Why two entries may be one organisation.
    pub enum Likeness {
        /// The same name, but for case, accents and punctuation.
        Name = "name",
        /// A name that the other had before.
        FormerName = "former_name",
        /// A web site of the same host: a hint only.
        Website = "website",
    }
}

/// What somebody typed, as it came.
pub struct Typed<'a> {
    pub name: &'a str,
    pub sector: &'a str,
    pub kind: Option<&'a str>,
    pub country: Option<&'a str>,
    pub website: Option<&'a str>,
    pub statement: Option<&'a str>,
    pub contact_name: &'a str,
    pub contact_email: &'a str,
    pub contact_job_title: &'a str,
    pub authorised: bool,
}

/// An application of the right form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    pub name: String,
    pub sector: String,
    pub kind: Option<String>,
    pub country: Option<String>,
    pub website: Option<String>,
    pub statement: Option<String>,
    pub contact: Contact,
}

/// Who speaks for an organisation that applies. Never public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub email: String,
    pub job_title: String,
}

impl Typed<'_> {
    /// The application, or everything that is wrong with it.
    pub fn check(&self, call: &Call) -> Result<Application, Vec<FieldFault>> {
        let sector = call.sector_fault("/sector", self.sector);
        let kind = self.kind.and_then(|kind| call.kind_fault("/kind", kind));
        let mut faults = Faults(sector.into_iter().chain(kind).collect());
        let country = match self.country {
            None if self.sector == INTERNATIONAL_ORGANISATION => None,
            None => {
                faults.add("/country", "required", "is missing; only an international organisation may have none");
                None
            }
            Some(typed) => {
                let country = country::alpha2(typed);
                if country.is_none() {
                    faults.add("/country", "enum", "must be a country code of ISO 3166-1, such as FR");
                }
                country
            }
        };
        if !self.authorised {
            let detail = "must be true: only who may speak for the organisation can apply for it";
            faults.add("/contact/authorised", "required", detail);
        }
        let application = Application {
            name: faults.take("/name", text::name(self.name, text::MAX_NAME)),
            sector: self.sector.to_owned(),
            kind: self.kind.map(str::to_owned),
            country,
            website: self.website.map(|website| faults.take("/website", address::url(website))),
            statement: self.statement.map(|statement| faults.take("/statement", text::prose(statement, text::MAX_TEXT))),
            contact: Contact {
                name: faults.take("/contact/name", text::name(self.contact_name, text::MAX_NAME)),
                email: faults.take("/contact/email", address::email(self.contact_email)),
                job_title: faults.take("/contact/job_title", text::name(self.contact_job_title, text::MAX_NAME)),
            },
        };
        if faults.0.is_empty() { Ok(application) } else { Err(faults.0) }
    }
}

/// Faults, gathered.
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, at: &str, code: &'static str, detail: impl Into<String>) {
        self.0.push(FieldFault::new(at, code, detail));
    }

    /// The value; a fault and nothing where it is none.
    fn take<E: fmt::Display>(&mut self, at: &str, read: Result<String, E>) -> String {
        read.unwrap_or_else(|why| {
            self.add(at, "format", why.to_string());
            String::new()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn an_application_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        unconfirmed -> pending
        pending -> endorsed, declined (reason)
        endorsed -> nothing
        declined -> nothing
        ");
    }
}
