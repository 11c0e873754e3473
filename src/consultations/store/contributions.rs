//! The rows of contributions.

use diesel::prelude::*;

use super::ConsultationId;
use crate::consultations::rules::{ContributionStatus, Visibility};
use crate::ids::Id;
use crate::policy::{PersonId, SupporterId};
use crate::schema::contributions as n;
use crate::time::Instant;

/// Marks the id of a contribution.
#[derive(Debug)]
pub enum ContributionMark {}
/// The identifier of a contribution.
pub type ContributionId = Id<ContributionMark>;

/// A contribution's row.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = n, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ContributionRow {
    pub id: ContributionId,
    pub consultation_id: ConsultationId,
    /// Whose it is, one a round: `supporter:<id>`, or `address:<SHA-256 of the folded address>`.
    pub owner: String,
    pub supporter_id: Option<SupporterId>,
    pub person_id: Option<PersonId>,
    pub email: Option<String>,
    pub locale: Option<String>,
    pub status: ContributionStatus,
    /// The number of the last submitted revision, 0 before the first.
    pub revision: i64,
    /// What it says, JSON of [`Answers`](crate::consultations::rules::questions::Answers).
    pub answers: Option<String>,
    pub visibility: Option<Visibility>,
    pub submitted_at: Option<Instant>,
    /// A draft, or what is written beside the submitted revision.
    pub working_answers: Option<String>,
    pub working_visibility: Option<Visibility>,
    pub sector: Option<String>,
    pub region: Option<String>,
    pub listing_id: ContributionId,
    pub hidden_at: Option<Instant>,
    pub hidden_reason: Option<String>,
    pub moderation_version: i64,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
