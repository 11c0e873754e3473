//! Affiliations: whom a person speaks for, as intervals, and what follows when one ends (domain.md, Persons, affiliations, sessions).

mod mails;
mod routes;
mod store;

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::facts::{self, Fact};
use crate::http::etag::stale;
use crate::ids::Id;
use crate::people;
use crate::policy::{PersonId, SupporterId};
use crate::supporters::references::{self, SupporterRef};
use crate::time::Instant;
use crate::word_enum;

pub use mails::{affiliated as tell_affiliated, asked as tell_asked, supporter_name};
pub use routes::routes;
pub use store::{AffiliationRow, affiliated, between, focal_points, standing};

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

impl AffiliationRole {
    /// The one of the two that may do more.
    pub fn higher(self, other: Self) -> Self {
        if self == Self::FocalPoint { self } else { other }
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

/// A person speaks for a supporter from now on. Higher slices do what waited for it.
pub struct AffiliationMade {
    /// Who.
    pub person: PersonId,
    /// For whom.
    pub supporter: SupporterId,
}

impl Fact for AffiliationMade {}

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

/// Ends an affiliation and lets everything follow that rests on it, in this transaction. The person is told. A person whose login address
/// is at the supporter's own website loses its sessions and keeps only its account, until another address is confirmed.
pub fn end(tx: &mut Write<'_>, row: &AffiliationRow) -> Result<()> {
    finish(tx, row)?;
    // Before the address may be lost: it is the one by which the person is known.
    if let Some(person) = people::person(tx, row.person_id)? {
        mails::ended(tx, &person, row.supporter_id)?;
    }
    if let Some(host) = super::store::website_host(tx, row.supporter_id)? {
        people::lapse_address(tx, row.person_id, &host)?;
    }
    Ok(())
}

/// Ends every affiliation of a person who is being erased. Nobody is left to be told.
pub fn end_all_of_erased(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    for row in store::of_person(tx, person)? {
        finish(tx, &row)?;
    }
    Ok(())
}

fn finish(tx: &mut Write<'_>, row: &AffiliationRow) -> Result<()> {
    let was_focal_point = row.role == AffiliationRole::FocalPoint;
    // Whoever lets something rest on an affiliation holds its supporter too: it is there before this one ends, or finds that it has.
    store::hold_focal_points(tx, row.supporter_id)?;
    store::end(tx, row)?;
    facts::announce(tx, &AffiliationEnded { person: row.person_id, supporter: row.supporter_id })?;
    audit::record(tx, Entry::of("affiliation.ended", "affiliation", row.id));
    if was_focal_point { miss_focal_point(tx, row.supporter_id) } else { Ok(()) }
}

/// Tells the secretariat where an endorsed supporter's last focal point has gone.
fn miss_focal_point(tx: &mut Write<'_>, supporter: SupporterId) -> Result<()> {
    let endorsed = references::refs(tx, &[supporter])?.get(&supporter).is_some_and(|facts| facts.endorsed);
    if endorsed && store::focal_points(tx, supporter)?.is_empty() {
        mails::focal_point_missing(tx, supporter)?;
    }
    Ok(())
}

/// Gives an affiliation another role; the same one changes nothing.
pub fn change_role(tx: &mut Write<'_>, row: &AffiliationRow, role: AffiliationRole) -> Result<()> {
    if role == row.role {
        return Ok(());
    }
    if row.role == AffiliationRole::FocalPoint {
        store::hold_focal_points(tx, row.supporter_id)?;
    }
    store::save_role(tx, row, role)?;
    audit::record(tx, Entry::of("affiliation.role_changed", "affiliation", row.id).moved(row.role, role));
    if row.role == AffiliationRole::FocalPoint { miss_focal_point(tx, row.supporter_id) } else { Ok(()) }
}

/// What affiliating somebody came to.
pub struct Affiliated {
    /// The affiliation that stands.
    pub id: AffiliationId,
    /// Whether it is new, or its role was raised.
    pub changed: bool,
}

/// Affiliates a person; where it is already, it keeps the higher role.
pub fn affiliate(tx: &mut Write<'_>, person: PersonId, supporter: SupporterId, role: AffiliationRole) -> Result<Affiliated> {
    if let Some(row) = store::between(tx, person, supporter)? {
        let higher = row.role.higher(role);
        change_role(tx, &row, higher)?;
        return Ok(Affiliated { id: row.id, changed: higher != row.role });
    }
    // Somebody else may affiliate it in the same moment: the repeated transaction finds that.
    let id = store::insert(tx, person, supporter, role)?.ok_or_else(stale)?;
    audit::record(tx, Entry::of("affiliation.made", "affiliation", id));
    facts::announce(tx, &AffiliationMade { person, supporter })?;
    Ok(Affiliated { id, changed: true })
}
