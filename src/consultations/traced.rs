//! Rounds and contributions, for who follows a principle to what came of it or back.

use std::collections::HashMap;

use super::path::Round;
use super::rules::{CROWD, Scope, Status};
use super::store::contributions::ContributionId;
use super::store::{ConsultationId, traced as store};
use super::view::ConsultationRef;
use crate::db::AnyConnection;
use crate::deliverables::DeliverableId;
use crate::error::{Error, Result};
use crate::locale::Reader;
use crate::policy::{Actor, GroupId};
use crate::supporters::{self, SupporterRef};
use crate::time::Instant;

/// The most contributions that one answer traces.
pub const MOST_TRACED: usize = 1_000;

/// A round that a caller may read.
#[derive(Clone, Debug)]
pub struct TracedRound {
    /// It.
    pub consultation: ConsultationRef,
    /// Where it stands by the clock.
    pub status: Status,
    /// Whose question it is.
    pub scope: Scope,
    /// The group that asks.
    pub group: Option<GroupId>,
    /// The deliverable that it is about.
    pub deliverable: Option<DeliverableId>,
    /// How many of its contributions each deliverable takes up; empty until it is published.
    pub taken_up: Vec<(DeliverableId, i64)>,
    /// How many contributions nobody has answered; `None` where that is not known yet, or the round keeps such small numbers to itself.
    pub unanswered: Option<i64>,
}

/// Every round that the caller may read and that has been opened, by age, and when this is another answer by the clock; in three queries.
pub fn rounds(
    c: &mut AnyConnection,
    actor: &Actor,
    reader: &Reader,
    now: Instant,
) -> Result<(Vec<TracedRound>, Option<Instant>)> {
    let (mut rounds, mut next_change) = (Vec::new(), None::<Instant>);
    for row in store::rounds(c)? {
        next_change = next_change.into_iter().chain(row.next_change(now)).min();
        let round = Round::at(row, now)?;
        if round.has_opened() && round.is_read_by(actor) {
            rounds.push(round);
        }
    }
    let published: Vec<ConsultationId> = published(&rounds);
    let mut taken_up: HashMap<ConsultationId, Vec<(DeliverableId, i64)>> = HashMap::new();
    for (round, deliverable, contributions) in store::taken_up(c, &published)? {
        taken_up.entry(round).or_default().push((deliverable, contributions));
    }
    let unanswered: HashMap<ConsultationId, i64> = store::unanswered(c, &published)?.into_iter().collect();
    let view = |round: Round| {
        let open = unanswered.get(&round.row.id).copied().unwrap_or_default();
        let is_told = round.status == Status::Published && (!round.is_confidential() || open == 0 || open >= CROWD);
        Ok(TracedRound {
            consultation: ConsultationRef::of(&round.row, reader)?,
            status: round.status,
            scope: round.row.scope,
            group: round.row.group_id,
            deliverable: round.row.deliverable_id,
            taken_up: taken_up.remove(&round.row.id).unwrap_or_default(),
            unanswered: is_told.then_some(open),
        })
    };
    Ok((rounds.into_iter().map(view).collect::<Result<_>>()?, next_change))
}

fn published(rounds: &[Round]) -> Vec<ConsultationId> {
    rounds.iter().filter(|round| round.status == Status::Published).map(|round| round.row.id).collect()
}

/// A contribution that something takes up.
#[derive(Clone, Debug)]
pub struct TracedContribution {
    /// Under which it is listed.
    pub id: ContributionId,
    /// Its round.
    pub consultation: ConsultationId,
    /// Whose it is, where it says so.
    pub supporter: Option<SupporterRef>,
    /// What takes it up.
    pub deliverables: Vec<DeliverableId>,
}

/// Which contributions are traced.
pub enum Which<'a> {
    /// The one that is listed under this id; 404 where none is.
    One(ContributionId),
    /// Those that one of these deliverables takes up.
    TakenUpBy(&'a [DeliverableId]),
    /// Every one that something takes up.
    All,
}

/// Contributions of these rounds, as whoever reads them sees them; the first [`MOST_TRACED`], and whether there are more.
pub fn contributions(
    c: &mut AnyConnection,
    rounds: &[TracedRound],
    which: &Which<'_>,
) -> Result<(Vec<TracedContribution>, bool)> {
    let published: Vec<ConsultationId> =
        rounds.iter().filter(|round| round.status == Status::Published).map(|round| round.consultation.id).collect();
    let limit = MOST_TRACED as i64 + 1;
    let mut seen = match which {
        Which::One(id) => vec![store::contribution(c, &published, *id)?.ok_or_else(|| Error::not_found("contribution"))?],
        Which::TakenUpBy(deliverables) => store::contributions(c, &published, Some(deliverables), limit)?,
        Which::All => store::contributions(c, &published, None, limit)?,
    };
    let more = seen.len() > MOST_TRACED;
    seen.truncate(MOST_TRACED);
    let ids: Vec<ContributionId> = seen.iter().map(|one| one.id).collect();
    let mut takers: HashMap<ContributionId, Vec<DeliverableId>> = HashMap::new();
    for (contribution, deliverable) in store::takers(c, &ids)? {
        takers.entry(contribution).or_default().push(deliverable);
    }
    let of: Vec<_> = seen.iter().filter_map(|one| one.supporter).collect();
    let supporters = supporters::refs(c, &of)?;
    let traced = seen.into_iter().map(|one| TracedContribution {
        id: one.listed,
        consultation: one.consultation,
        supporter: one.supporter.and_then(|id| supporters.get(&id).map(|facts| facts.reference.clone())),
        deliverables: takers.remove(&one.id).unwrap_or_default(),
    });
    Ok((traced.collect(), more))
}
