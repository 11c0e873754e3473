//! Rounds and contributions with what they led to.

use diesel::dsl::{count, count_star, exists, not};
use diesel::prelude::*;

use super::contributions::ContributionId;
use super::{ConsultationId, ConsultationRow};
use crate::consultations::rules::{ContributionStatus, Status, Visibility};
use crate::db::{AnyConnection, Backend, any_of};
use crate::deliverables::DeliverableId;
use crate::error::Result;
use crate::policy::SupporterId;
use crate::schema::{consultations as r, contributions as n, dispositions as d};

/// Every round that is more than a draft, by age.
pub fn rounds(c: &mut AnyConnection) -> Result<Vec<ConsultationRow>> {
    let begun = r::table.filter(r::status.ne(Status::Draft));
    Ok(begun.order((r::created_at, r::id)).select(ConsultationRow::as_select()).load(c)?)
}

type Listed<'a> = n::BoxedQuery<'a, Backend>;

/// What everybody sees who reads these published rounds.
fn listed<'a>(rounds: &[ConsultationId]) -> Listed<'a> {
    n::table
        .filter(any_of("contributions.consultation_id", rounds))
        .filter(n::status.eq(ContributionStatus::Submitted))
        .filter(n::visibility.ne(Visibility::SecretariatOnly))
        .filter(n::hidden_at.is_null())
        .into_boxed::<Backend>()
}

/// How many of these rounds' contributions each deliverable takes up.
pub fn taken_up(c: &mut AnyConnection, rounds: &[ConsultationId]) -> Result<Vec<(ConsultationId, DeliverableId, i64)>> {
    let rows: Vec<(ConsultationId, Option<DeliverableId>, i64)> = d::table
        .inner_join(n::table.on(n::id.eq(d::contribution_id)))
        .filter(any_of("dispositions.consultation_id", rounds))
        .filter(d::deliverable_id.is_not_null())
        .filter(n::status.eq(ContributionStatus::Submitted))
        .filter(n::visibility.ne(Visibility::SecretariatOnly))
        .filter(n::hidden_at.is_null())
        .group_by((d::consultation_id, d::deliverable_id))
        .order((d::consultation_id, d::deliverable_id))
        .select((d::consultation_id, d::deliverable_id, count(d::contribution_id).aggregate_distinct()))
        .load(c)?;
    Ok(rows.into_iter().filter_map(|(round, deliverable, contributions)| Some((round, deliverable?, contributions))).collect())
}

/// How many of these rounds' contributions nobody has answered; rounds without any are left out.
pub fn unanswered(c: &mut AnyConnection, rounds: &[ConsultationId]) -> Result<Vec<(ConsultationId, i64)>> {
    let answered = d::table.filter(d::contribution_id.eq(n::id));
    Ok(n::table
        .filter(any_of("contributions.consultation_id", rounds))
        .filter(n::status.eq(ContributionStatus::Submitted))
        .filter(n::visibility.ne(Visibility::SecretariatOnly))
        .filter(n::hidden_at.is_null())
        .filter(not(exists(answered)))
        .group_by(n::consultation_id)
        .order(n::consultation_id)
        .select((n::consultation_id, count_star()))
        .load(c)?)
}

/// A contribution as everybody sees it who reads its round: by the id under which it is listed, and whose it is where it says so.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Under which it is listed.
    pub listed: ContributionId,
    /// Its own.
    pub id: ContributionId,
    /// Its round.
    pub consultation: ConsultationId,
    /// Whose it is; `None` where it is anonymous.
    pub supporter: Option<SupporterId>,
}

type Columns = (ContributionId, ContributionId, ConsultationId, Option<Visibility>, Option<SupporterId>);

fn seen((id, listing, consultation, visibility, supporter): Columns) -> Seen {
    let is_named = visibility == Some(Visibility::Attributed);
    Seen { listed: if is_named { id } else { listing }, id, consultation, supporter: supporter.filter(|_| is_named) }
}

const COLUMNS: (n::id, n::listing_id, n::consultation_id, n::visibility, n::supporter_id) =
    (n::id, n::listing_id, n::consultation_id, n::visibility, n::supporter_id);

/// At most `limit` of these rounds' contributions that something takes up, one of `deliverables` where these are given, in the order of all
/// lists.
pub fn contributions(
    c: &mut AnyConnection,
    rounds: &[ConsultationId],
    deliverables: Option<&[DeliverableId]>,
    limit: i64,
) -> Result<Vec<Seen>> {
    let mut query = d::table
        .inner_join(n::table.on(n::id.eq(d::contribution_id)))
        .filter(any_of("dispositions.consultation_id", rounds))
        .filter(d::deliverable_id.is_not_null())
        .filter(n::status.eq(ContributionStatus::Submitted))
        .filter(n::visibility.ne(Visibility::SecretariatOnly))
        .filter(n::hidden_at.is_null())
        .select(COLUMNS)
        .distinct()
        .order(n::listing_id)
        .limit(limit)
        .into_boxed::<Backend>();
    if let Some(these) = deliverables {
        query = query.filter(any_of("dispositions.deliverable_id", these));
    }
    Ok(query.load::<Columns>(c)?.into_iter().map(seen).collect())
}

/// The contribution that is listed under this id in one of these rounds.
pub fn contribution(c: &mut AnyConnection, rounds: &[ConsultationId], id: ContributionId) -> Result<Option<Seen>> {
    let found = listed(rounds).filter(n::id.eq(id).or(n::listing_id.eq(id))).select(COLUMNS).get_result(c).optional()?;
    Ok(found.map(seen).filter(|seen| seen.listed == id))
}

/// What takes up these contributions.
pub fn takers(c: &mut AnyConnection, contributions: &[ContributionId]) -> Result<Vec<(ContributionId, DeliverableId)>> {
    let rows: Vec<(ContributionId, Option<DeliverableId>)> = d::table
        .filter(any_of("dispositions.contribution_id", contributions))
        .filter(d::deliverable_id.is_not_null())
        .order((d::contribution_id, d::deliverable_id))
        .select((d::contribution_id, d::deliverable_id))
        .distinct()
        .load(c)?;
    Ok(rows.into_iter().filter_map(|(contribution, deliverable)| Some((contribution, deliverable?))).collect())
}
