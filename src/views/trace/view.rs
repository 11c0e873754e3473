//! How `/trace` shows what hangs together.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::all::All;
use crate::call::PrincipleRef;
use crate::consultations::{ConsultationId, ConsultationRef, ContributionId, Scope, Status as RoundStatus};
use crate::deliverables::{self, Status};
use crate::forum::{PresentedAs, SessionId, SessionRef};
use crate::groups::{GroupRef, Status as GroupStatus};
use crate::policy::GroupId;
use crate::supporters::SupporterRef;

/// How principles, groups, deliverables, rounds, contributions and sessions hang together.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trace")]
pub struct TraceView {
    /// By number.
    principles: Vec<TracedPrinciple>,
    /// By number.
    groups: Vec<TracedGroup>,
    /// By group and number.
    deliverables: Vec<TracedDeliverable>,
    /// By age; those that the caller may read.
    consultations: Vec<TracedRound>,
    /// Contributions to these rounds that a deliverable takes up, where the question names a deliverable, round, contribution or session; in
    /// an order that says nothing.
    contributions: Vec<TracedContribution>,
    /// Whether there are more contributions than are listed: ask more narrowly.
    more_contributions: bool,
    /// The earliest first.
    sessions: Vec<TracedSession>,
    gaps: Gaps,
}

/// A principle, and who takes it up.
#[derive(Serialize, JsonSchema)]
struct TracedPrinciple {
    #[serde(flatten)]
    principle: PrincipleRef,
    /// Numbers of the groups that pursue it.
    groups: Vec<i64>,
    /// References of the deliverables that serve it.
    deliverables: Vec<String>,
}

/// A group, what it pursues and what it owes.
#[derive(Serialize, JsonSchema)]
struct TracedGroup {
    #[serde(flatten)]
    group: GroupRef,
    status: GroupStatus,
    /// Numbers of the principles that it pursues.
    principles: Vec<i64>,
    /// References of what it owes.
    deliverables: Vec<String>,
}

/// A deliverable, whom it comes from and where it was shown.
#[derive(Serialize, JsonSchema)]
struct TracedDeliverable {
    reference: String,
    title: String,
    status: Status,
    /// The number of the group that owes it.
    group: i64,
    /// Numbers of the principles that it serves.
    principles: Vec<i64>,
    /// Slugs of the rounds that are about it, or of which it takes something up.
    consultations: Vec<String>,
    /// The sessions that show it.
    sessions: Vec<SessionId>,
}

/// A round, who asks, and what it led to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TracedConsultation")]
struct TracedRound {
    #[serde(flatten)]
    consultation: ConsultationRef,
    status: RoundStatus,
    scope: Scope,
    /// The number of the group that asks; null: the call.
    group: Option<i64>,
    /// The reference of the deliverable that it is about.
    deliverable: Option<String>,
    /// The deliverables that take something up from it; empty until it is published.
    taken_up: Vec<TakenUp>,
}

/// A deliverable that takes up contributions of a round.
#[derive(Serialize, JsonSchema)]
struct TakenUp {
    reference: String,
    /// How many.
    contributions: i64,
}

/// A contribution that is taken up.
#[derive(Serialize, JsonSchema)]
struct TracedContribution {
    /// Under which it is listed.
    id: ContributionId,
    /// The slug of its round.
    consultation: String,
    /// Whose it is, where it says so.
    supporter: Option<SupporterRef>,
    /// References of what takes it up.
    deliverables: Vec<String>,
}

/// A session, and what it shows.
#[derive(Serialize, JsonSchema)]
struct TracedSession {
    #[serde(flatten)]
    session: SessionRef,
    deliverables: Vec<Shown>,
}

/// A deliverable that a session shows.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "TracedPresentation")]
pub struct Shown {
    pub reference: String,
    #[serde(rename = "as")]
    pub presented_as: PresentedAs,
}

/// What is missing on the way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TraceGaps")]
pub struct Gaps {
    /// Numbers of principles that no group pursues.
    pub principles_without_group: Vec<i64>,
    /// Numbers of principles that no deliverable serves which was not dropped.
    pub principles_without_deliverable: Vec<i64>,
    /// Numbers of groups that owe nothing which was not dropped.
    pub groups_without_deliverable: Vec<i64>,
    /// Numbers of groups nothing of which is approved or presented.
    pub groups_with_nothing_published: Vec<i64>,
    /// References of what is approved and no session shows.
    pub approved_without_session: Vec<String>,
    /// Published rounds with contributions that nobody has answered.
    pub contributions_never_answered: Vec<Unanswered>,
}

/// Contributions of a published round that nobody has answered.
#[derive(Serialize, JsonSchema)]
pub struct Unanswered {
    /// The slug of the round.
    pub consultation: String,
    /// How many; null where a round keeps such small numbers to itself.
    pub contributions: Option<i64>,
}

/// The answer.
pub fn view(all: All) -> TraceView {
    let gaps = all.gaps();
    let numbers: HashMap<GroupId, i64> = all.groups.iter().map(|(group, ..)| (group.id, group.number)).collect();
    let mut sessions: HashMap<&str, Vec<SessionId>> = HashMap::new();
    for (session, list) in &all.shown {
        for shown in list {
            sessions.entry(&shown.reference).or_default().push(session.id);
        }
    }
    let owed = |of: &dyn Fn(&deliverables::Traced) -> bool| -> Vec<String> {
        all.deliverables.iter().filter(|one| of(one)).map(|one| one.reference.clone()).collect()
    };
    let principles = all.principles.iter().map(|principle| TracedPrinciple {
        groups: all.groups.iter().filter(|(.., of)| of.contains(&principle.number)).map(|(group, ..)| group.number).collect(),
        deliverables: owed(&|one| one.principles.contains(&principle.number)),
        principle: principle.clone(),
    });
    let groups = all.groups.iter().map(|(group, status, principles)| TracedGroup {
        group: group.clone(),
        status: *status,
        principles: principles.clone(),
        deliverables: owed(&|one| one.group == group.id),
    });
    let deliverables = all.deliverables.iter().map(|one| TracedDeliverable {
        reference: one.reference.clone(),
        title: one.title.clone(),
        status: one.status,
        group: numbers.get(&one.group).copied().unwrap_or_default(),
        principles: one.principles.clone(),
        consultations: all.rounds_of(one.id).map(|round| round.consultation.slug.clone()).collect(),
        sessions: sessions.get(one.reference.as_str()).cloned().unwrap_or_default(),
    });
    let (principles, groups, deliverables) = (principles.collect(), groups.collect(), deliverables.collect());
    let slugs: HashMap<ConsultationId, String> =
        all.rounds.iter().map(|round| (round.consultation.id, round.consultation.slug.clone())).collect();
    let reference = |id| all.references.get(&id).cloned();
    let contributions = all.contributions.into_iter().map(|one| TracedContribution {
        id: one.id,
        consultation: slugs.get(&one.consultation).cloned().unwrap_or_default(),
        supporter: one.supporter,
        deliverables: one.deliverables.into_iter().filter_map(reference).collect(),
    });
    let contributions = contributions.collect();
    let taken_up = |(id, contributions)| Some(TakenUp { reference: reference(id)?, contributions });
    let consultations = all.rounds.into_iter().map(|round| TracedRound {
        group: round.group.and_then(|group| all.group_numbers.get(&group).copied()),
        deliverable: round.deliverable.and_then(reference),
        taken_up: round.taken_up.into_iter().filter_map(taken_up).collect(),
        status: round.status,
        scope: round.scope,
        consultation: round.consultation,
    });
    let consultations = consultations.collect();
    let sessions = all.shown.into_iter().map(|(session, deliverables)| TracedSession { session, deliverables }).collect();
    let more_contributions = all.more_contributions;
    TraceView { principles, groups, deliverables, consultations, contributions, more_contributions, sessions, gaps }
}
