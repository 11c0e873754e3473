//! What rounds wait for, for who wants to know what there is to do.

use super::path;
use super::rules::{Audience, Status};
use super::store::clock::{self, Running};
use super::store::{ConsultationId, audience};
use super::view::ConsultationRef;
use crate::db::Read;
use crate::error::Result;
use crate::groups;
use crate::locale::Reader;
use crate::policy::{Actor, SupporterId};
use crate::supporters::{self, SupporterRef};
use crate::time::Instant;

/// A round that a supporter of one's own has not answered.
pub struct UnansweredRound {
    /// Which.
    pub round: ConsultationRef,
    /// Who has not.
    pub supporter: SupporterRef,
    /// When it is too late.
    pub closes_at: Instant,
    /// Whether it asks the members of a group.
    pub of_group: bool,
}

/// The open rounds that ask supporters for which this person may answer, and which have not; by round.
pub fn unanswered(tx: &mut Read<'_>, actor: &Actor, reader: &Reader) -> Result<Vec<UnansweredRound>> {
    let Some(person) = actor.person.filter(|_| actor.verified) else { return Ok(Vec::new()) };
    let now = tx.now();
    let mut open = clock::standing(tx, Running::All, Status::Open, now)?;
    open.retain(|row| row.audience != Audience::Public);
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let member = groups::speaks_for(tx, person)?;
    let affiliated = actor.affiliations.iter().map(|(supporter, _)| *supporter);
    let mut own: Vec<SupporterId> = affiliated.chain(member.iter().map(|(_, supporter)| *supporter)).collect();
    own.sort_unstable();
    own.dedup();
    let ids: Vec<ConsultationId> = open.iter().map(|row| row.id).collect();
    let (answered, facts) = (audience::answered(tx, &ids, &own)?, supporters::refs(tx, &own)?);
    let mut unanswered = Vec::new();
    for row in open {
        let of_group = row.group_id.filter(|_| row.audience == Audience::GroupMembers);
        let may = |supporter: SupporterId| match of_group {
            Some(group) => member.contains(&(group, supporter)),
            None => actor.affiliations.iter().any(|(known, _)| *known == supporter),
        };
        for supporter in own.iter().filter(|supporter| may(**supporter) && !answered.contains(&(row.id, **supporter))) {
            if let Some(facts) = facts.get(supporter).filter(|facts| facts.endorsed) {
                unanswered.push(UnansweredRound {
                    round: ConsultationRef::of(&row, reader)?,
                    supporter: facts.reference.clone(),
                    closes_at: row.closes_at,
                    of_group: of_group.is_some(),
                });
            }
        }
    }
    Ok(unanswered)
}

/// A closed round that waits for who runs it.
pub struct UnpublishedRound {
    /// Which.
    pub round: ConsultationRef,
    /// Whether its synthesis is written, so that it can be published.
    pub has_synthesis: bool,
    /// Whether the caller chairs its group.
    pub is_chaired: bool,
}

/// The closed rounds that this person runs and nobody has published, the longest closed first, at most `limit`.
pub fn unpublished(tx: &mut Read<'_>, actor: &Actor, reader: &Reader, limit: i64) -> Result<Vec<UnpublishedRound>> {
    let (now, sight) = (tx.now(), path::sight(actor));
    let groups = (!sight.all).then_some(sight.runs.as_slice());
    let round = |row: super::store::ConsultationRow| {
        let has_synthesis = row.synthesis.is_some();
        let is_chaired = row.group_id.is_some_and(|group| actor.seats.contains(&group));
        Ok(UnpublishedRound { round: ConsultationRef::of(&row, reader)?, has_synthesis, is_chaired })
    };
    clock::unpublished(tx, groups, now, limit)?.into_iter().map(round).collect()
}
