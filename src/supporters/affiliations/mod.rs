//! Affiliations: whom a person speaks for, as intervals, and what follows when one ends (domain.md, Persons, affiliations, sessions).

mod store;

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::facts::{self, Fact};
use crate::ids::Id;
use crate::people;
use crate::policy::{PersonId, SupporterId};
use crate::supporters::references::{self, SupporterRef};
use crate::time::Instant;
use crate::word_enum;

pub use store::{AffiliationRow, affiliation, insert, of_supporter, save_role, standing};

/// Marks the id of an affiliation.
#[derive(Debug)]
pub enum AffiliationMark {}
/// The identifier of an affiliation.
pub type AffiliationId = Id<AffiliationMark>;

word_enum! {
    /// In what role a person is affiliated.
    pub enum AffiliationRole {
        /// Speaks for the supporter.
        Representative = "representative",
        /// The supporter's own administrator.
        FocalPoint = "focal_point",
    }
}

/// An affiliation ended. Higher slices vacate seats, end memberships and requests, empty leads, and tell the co-chairs.
pub struct AffiliationEnded {
    /// Whose.
    pub person: PersonId,
    /// To whom.
    pub supporter: SupporterId,
}

impl Fact for AffiliationEnded {}

/// One's own affiliation, as `/me` shows it.
#[derive(Serialize, JsonSchema)]
pub struct MyAffiliation {
    id: AffiliationId,
    supporter: SupporterRef,
    role: AffiliationRole,
    since: Instant,
}

/// A person's standing affiliations, with their supporters.
pub fn mine(c: &mut AnyConnection, person: PersonId) -> Result<Vec<MyAffiliation>> {
    let rows = store::of_person(c, person)?;
    let ids: Vec<_> = rows.iter().map(|row| row.supporter_id).collect();
    let mut facts = references::refs(c, &ids)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let supporter = facts.remove(&row.supporter_id)?.reference;
            Some(MyAffiliation { id: row.id, supporter, role: row.role, since: row.since })
        })
        .collect())
}

/// Ends an affiliation and lets everything follow that rests on it, in this transaction. A person whose login address is at the
/// supporter's own website loses its sessions and keeps only its account, until another address is confirmed.
pub fn end(tx: &mut Write<'_>, row: &AffiliationRow) -> Result<()> {
    store::end(tx, row.id)?;
    facts::announce(tx, &AffiliationEnded { person: row.person_id, supporter: row.supporter_id })?;
    audit::record(tx, Entry::of("affiliation.ended", "affiliation", row.id));
    if let Some(host) = super::store::website_host(tx, row.supporter_id)? {
        people::lapse_address(tx, row.person_id, &host)?;
    }
    Ok(())
}

/// SHIM until the affiliations branch lands.
pub fn welcome(tx: &mut Write<'_>, supporter: SupporterId, email: &str, role: AffiliationRole, _: Option<&str>) -> Result<()> {
    if let Some(person) = people::person_by_email(tx, &email.to_lowercase())? {
        insert(tx, person.id, supporter, role)?;
    }
    Ok(())
}

/// SHIM2
pub fn focal_points(c: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<people::PersonRow>> {
    let mut all = Vec::new();
    for row in store::of_supporter(c, supporter)?.into_iter().filter(|row| row.role == AffiliationRole::FocalPoint) {
        all.extend(people::person(c, row.person_id)?);
    }
    Ok(all)
}
