//! Supporters: the organisations that endorsed the call, and the public register of them, and its import.

mod affiliations;
mod applications;
mod facts;
mod import;
mod invitations;
mod joining;
mod path;
mod references;
mod requests;
mod retention;
mod routes;
mod rules;
mod store;
mod waiting;

use serde_json::{Map, Value};

use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::Route;
use crate::policy::{PersonId, SupporterId};

pub use affiliations::{AffiliationEnded, AffiliationMade, AffiliationRole, MyAffiliation, affiliated};
pub use facts::{SupporterChanged, SupporterWithdrawn, SupportersEndorsed, SupportersMerged};
pub use import::{
    BadLine, Codes, Field, ImportOptions, ImportReport, Mapping, Parsed, Remark, Row, Warning, import, parse as parse_register,
    refused_csv,
};
pub use invitations::rules::status as invitation_status;
pub use invitations::{
    InvitationId, InvitationRole, Invitations, Invited, Offer, Row as InvitationRow, Status as InvitationStatus,
    Which as WhichInvitations, count as count_invitations, invitation, invite, language, open_to as invitations_to,
    page as page_of_invitations, renew as renew_invitation, revoke as revoke_invitation, settle as settle_invitation,
    wait as wait_for_affiliation, waiting as waiting_for_affiliation,
};
pub use joining::{accept as accept_affiliation, offer as offer_of_affiliation, on_person_erased};
pub use path::{InSupporter, load as in_supporter};
pub use references::{SupporterFacts, SupporterRef, refs};
pub use requests::ask as ask_for_affiliation;
pub use retention::forget_old;
pub use rules::{INTERNATIONAL_ORGANISATION, Particulars, SOURCE_CALL, Status};
pub use store::entries::{Entries, Entry};
pub use store::stats::composition;
pub use waiting::{OpenApplication, OpenRequest, open_applications, open_requests};

/// A person's standing affiliations, with their supporters.
pub fn my_affiliations(connection: &mut AnyConnection, person: PersonId) -> Result<Vec<MyAffiliation>> {
    affiliations::mine(connection, person)
}

/// Holds these supporters until the transaction ends, before what depends on them (status, sector, affiliations) is read. Comes before any
/// group is held; the transaction is repeated where one of them is gone.
pub fn hold(tx: &mut Write<'_>, ids: &[SupporterId]) -> Result<()> {
    store::entry::hold(tx, ids)
}

/// A supporter's focal points, oldest affiliation first.
pub fn focal_points(connection: &mut AnyConnection, supporter: SupporterId) -> Result<Vec<PersonId>> {
    affiliations::focal_points(connection, supporter)
}

/// What is kept about a person whose address is this: affiliations, requests, invitations, applications.
pub fn export(connection: &mut AnyConnection, person: PersonId, folded_email: Option<&str>) -> Result<Map<String, Value>> {
    store::export::export(connection, person, folded_email)
}

/// The supporters a person is affiliated to now, and whether as focal point.
pub fn affiliations_of(connection: &mut AnyConnection, person: PersonId) -> Result<Vec<(SupporterId, bool)>> {
    affiliations::standing(connection, person)
}

/// The endorsed supporters in whose name or former names every word of `q` stands, by name, at most `limit`; none where `q` has no
/// letter or digit. One query.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<SupporterRef>> {
    let rows = store::search(connection, q, limit)?;
    Ok(rows.into_iter().map(|(id, slug, name)| SupporterRef { id, slug, name }).collect())
}

/// `/supporters` and what lies below a supporter, affiliations and requests for affiliation.
pub fn routes() -> Vec<Route> {
    let parts = [routes::routes(), affiliations::routes(), requests::routes(), applications::routes()];
    parts.into_iter().flatten().collect()
}
