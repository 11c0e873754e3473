//! What waits for somebody's decision, for who wants to know what there is to do.

use super::applications::{self, ApplicationId};
use super::references::{self, SupporterRef};
use super::requests::{self, RequestId};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::people::{self, PersonRef};
use crate::policy::SupporterId;
use crate::time::Instant;

/// Somebody asks to speak for a supporter.
pub struct OpenRequest {
    /// The request.
    pub id: RequestId,
    /// Who asks.
    pub person: PersonRef,
    /// To speak for whom.
    pub supporter: SupporterRef,
    /// Since when it waits.
    pub since: Instant,
}

/// An organisation asks to endorse the call.
pub struct OpenApplication {
    /// The application.
    pub id: ApplicationId,
    /// What the organisation is called.
    pub name: String,
    /// Since when it waits.
    pub since: Instant,
}

/// The open requests for affiliation to these supporters, the longest waiting first, at most `limit`.
pub fn open_requests(c: &mut AnyConnection, of: &[SupporterId], limit: i64) -> Result<Vec<OpenRequest>> {
    let rows = requests::waiting(c, of, limit)?;
    let persons: Vec<_> = rows.iter().map(|row| row.person_id).collect();
    let (names, supporters) = (people::refs(c, &persons)?, references::refs(c, of)?);
    let open = |row: requests::Row| {
        let supporter = supporters.get(&row.supporter_id)?.reference.clone();
        Some(OpenRequest { id: row.id, person: names.get(&row.person_id)?.clone(), supporter, since: row.created_at })
    };
    Ok(rows.into_iter().filter_map(open).collect())
}

/// The confirmed applications that wait for the secretariat, the longest waiting first, at most `limit`.
pub fn open_applications(c: &mut AnyConnection, limit: i64) -> Result<Vec<OpenApplication>> {
    let rows = applications::waiting(c, limit)?;
    Ok(rows.into_iter().map(|(id, name, since)| OpenApplication { id, name, since }).collect())
}
