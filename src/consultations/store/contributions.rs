//! The rows of contributions.

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::ConsultationId;
use crate::consultations::rules::questions::Answers;
use crate::consultations::rules::{ContributionStatus, Visibility};
use crate::db::{AnyConnection, DbError, Write, any_of};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::ids::Id;
use crate::policy::{PersonId, SupporterId};
use crate::schema::{consultation_audience as a, contribution_revisions as v, contribution_writers as w, contributions as n};
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

impl ContributionRow {
    /// A draft of somebody who has none, with nothing in it.
    pub fn begun(tx: &Write<'_>, consultation: ConsultationId, owner: String, at: Instant) -> Self {
        Self {
            id: tx.new_id(),
            consultation_id: consultation,
            owner,
            supporter_id: None,
            person_id: None,
            email: None,
            locale: None,
            status: ContributionStatus::Draft,
            revision: 0,
            answers: None,
            visibility: None,
            submitted_at: None,
            working_answers: None,
            working_visibility: None,
            sector: None,
            region: None,
            listing_id: tx.unrelated_id(),
            hidden_at: None,
            hidden_reason: None,
            moderation_version: 1,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    /// What is being written: the draft, or what stands beside the submitted revision.
    pub fn working(&self) -> Result<Option<Answers>> {
        Ok(self.working_answers.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// What counts, as it was submitted last.
    pub fn submitted(&self) -> Result<Option<Answers>> {
        Ok(self.answers.as_deref().map(serde_json::from_str).transpose()?)
    }
}

/// The owner of what a supporter contributes.
pub fn of_supporter(id: SupporterId) -> String {
    format!("supporter:{id}")
}

/// The owner of what somebody contributes to a public round, by the folded address.
pub fn of_address(folded: &str) -> String {
    let digest = Sha256::digest(folded.as_bytes());
    format!("address:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The contribution of an owner to a round.
pub fn of_owner(c: &mut AnyConnection, consultation: ConsultationId, owner: &str) -> Result<Option<ContributionRow>> {
    let one = n::table.filter(n::consultation_id.eq(consultation)).filter(n::owner.eq(owner));
    Ok(one.select(ContributionRow::as_select()).get_result(c).optional()?)
}

/// A contribution by its own id.
pub fn find(c: &mut AnyConnection, id: ContributionId) -> Result<Option<ContributionRow>> {
    Ok(n::table.filter(n::id.eq(id)).select(ContributionRow::as_select()).get_result(c).optional()?)
}

/// Which of these supporters have begun a contribution to a round.
pub fn begun_by(c: &mut AnyConnection, consultation: ConsultationId, among: &[SupporterId]) -> Result<Vec<SupporterId>> {
    let begun = n::table
        .filter(n::consultation_id.eq(consultation))
        .filter(any_of("contributions.supporter_id", among))
        .select(n::supporter_id);
    Ok(begun.load::<Option<SupporterId>>(c)?.into_iter().flatten().collect())
}

/// Keeps a new contribution. Where a colleague began one in the same moment, the transaction is repeated and finds it.
pub fn insert(tx: &mut Write<'_>, row: &ContributionRow) -> Result<()> {
    match tx.savepoint(|c| diesel::insert_into(n::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(error) if DbError::unique_violation(&error) || DbError::foreign_key_violation(&error) => Err(stale()),
        Err(error) => Err(error.into()),
    }
}

/// Saves a contribution over the version it was read at, as of `at`; the transaction is repeated when a colleague was faster.
pub fn save(tx: &mut Write<'_>, row: ContributionRow, at: Instant) -> Result<ContributionRow> {
    let known = n::table.filter(n::id.eq(row.id)).filter(n::version.eq(row.version));
    let next = ContributionRow { version: row.version + 1, updated_at: at, ..row };
    let saved = diesel::update(known).set(&next).execute(&mut **tx)?;
    if saved == 1 { Ok(next) } else { Err(stale()) }
}

/// Keeps what a contribution submits now, for ever. `by`: who did, where it was somebody with an account.
pub fn add_revision(tx: &mut Write<'_>, row: &ContributionRow, by: Option<PersonId>) -> Result<()> {
    let (Some(answers), Some(visibility), Some(at)) = (&row.answers, row.visibility, row.submitted_at) else {
        return Err(Error::Internal("a revision without what it submits".into()));
    };
    diesel::insert_into(v::table)
        .values((
            (v::contribution_id.eq(row.id), v::number.eq(row.revision), v::answers.eq(answers), v::visibility.eq(visibility)),
            (v::submitted_by.eq(by), v::submitted_at.eq(at)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that a person wrote at a contribution.
pub fn note_writer(tx: &mut Write<'_>, contribution: ContributionId, person: PersonId) -> Result<()> {
    let known = w::table.filter(w::contribution_id.eq(contribution)).filter(w::person_id.eq(person));
    if diesel::select(diesel::dsl::exists(known)).get_result(&mut **tx)? {
        return Ok(());
    }
    let writer = (w::contribution_id.eq(contribution), w::person_id.eq(person));
    match tx.savepoint(|c| diesel::insert_into(w::table).values(writer).execute(c)) {
        Ok(_) => Ok(()),
        // The same person, in another window.
        Err(error) if DbError::unique_violation(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sector and region of a supporter as they were when it came into the audience of a round; `None` where that is not written down.
pub fn as_invited(
    c: &mut AnyConnection,
    consultation: ConsultationId,
    supporter: SupporterId,
) -> Result<Option<(Option<String>, Option<String>)>> {
    let one = a::table.filter(a::consultation_id.eq(consultation)).filter(a::supporter_id.eq(supporter));
    Ok(one.select((a::sector, a::region)).get_result(c).optional()?)
}

/// Writes down that a supporter is in the audience of a round that is open, where that is not written yet: whoever contributes was asked.
pub fn enter(
    tx: &mut Write<'_>,
    consultation: ConsultationId,
    supporter: SupporterId,
    sector: Option<&str>,
    region: Option<&str>,
) -> Result<()> {
    if as_invited(tx, consultation, supporter)?.is_some() {
        return Ok(());
    }
    let row = (a::consultation_id.eq(consultation), a::supporter_id.eq(supporter), a::sector.eq(sector), a::region.eq(region));
    match tx.savepoint(|c| diesel::insert_into(a::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(error) if DbError::unique_violation(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
