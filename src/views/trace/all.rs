//! Everything that hangs together, and what a question leaves of it.

use std::collections::{BTreeSet, HashMap};

use super::TraceQuery;
use super::view::{Gaps, Shown, Unanswered};
use crate::call::{self, PrincipleRef};
use crate::consultations::{self, Status as RoundStatus, TracedContribution, TracedRound, Which};
use crate::db::Read;
use crate::deliverables::{self, DeliverableId, Status};
use crate::error::{Error, Problem, Result};
use crate::forum::{self, SessionRef};
use crate::groups::{self, GroupRef, Status as GroupStatus};
use crate::http::Input;
use crate::policy::GroupId;
use crate::time::Instant;

/// Everything there is.
pub struct All {
    pub principles: Vec<PrincipleRef>,
    pub groups: Vec<(GroupRef, GroupStatus, Vec<i64>)>,
    pub deliverables: Vec<deliverables::Traced>,
    pub rounds: Vec<TracedRound>,
    pub contributions: Vec<TracedContribution>,
    pub more_contributions: bool,
    pub shown: Vec<(SessionRef, Vec<Shown>)>,
    /// Of every group and deliverable, also of those that a question leaves out.
    pub group_numbers: HashMap<GroupId, i64>,
    pub references: HashMap<DeliverableId, String>,
    /// When a round opens or closes, and the answer is another one.
    pub next_change: Option<Instant>,
}

impl All {
    pub fn read(tx: &mut Read<'_>, input: &Input<(), TraceQuery>) -> Result<Self> {
        let mut shown: Vec<(SessionRef, Vec<Shown>)> = Vec::new();
        for (session, reference, presented_as) in forum::shown(tx, &input.reader)? {
            let one = Shown { reference, presented_as };
            match shown.last_mut().filter(|(last, _)| last.id == session.id) {
                Some((_, list)) => list.push(one),
                None => shown.push((session, vec![one])),
            }
        }
        let (groups, deliverables) = (groups::traced(tx, &input.reader)?, deliverables::traced(tx)?);
        let now = tx.now();
        let (rounds, next_change) = consultations::traced_rounds(tx, &input.actor, &input.reader, now)?;
        Ok(Self {
            principles: call::principles(tx, &input.reader)?,
            group_numbers: groups.iter().map(|(group, ..)| (group.id, group.number)).collect(),
            references: deliverables.iter().map(|one| (one.id, one.reference.clone())).collect(),
            groups,
            deliverables,
            rounds,
            next_change,
            contributions: Vec::new(),
            more_contributions: false,
            shown,
        })
    }

    /// What a question leaves of it: what lies on a way through what was asked for. 404 where there is no such thing.
    pub fn keep(&mut self, tx: &mut Read<'_>, input: &Input<(), TraceQuery>) -> Result<()> {
        let query = &input.query;
        if let Some(number) = query.principle {
            call::current(tx)?
                .principle_fault("?principle", number)
                .map_or(Ok(()), |fault| Err(Error::from(Problem::invalid(&[fault]))))?;
            self.deliverables.retain(|one| one.principles.contains(&number));
            let owing: BTreeSet<GroupId> = self.deliverables.iter().map(|one| one.group).collect();
            self.groups.retain(|(group, _, principles)| principles.contains(&number) || owing.contains(&group.id));
            self.principles.retain(|principle| principle.number == number);
        }
        if let Some(name) = &query.group {
            let group = groups::named(tx, name, "")?.id;
            self.deliverables.retain(|one| one.group == group);
            self.groups.retain(|(known, ..)| known.id == group);
        }
        if let Some(name) = &query.deliverable {
            let reference = deliverables::named(tx, name)?.reference;
            self.deliverables.retain(|one| one.reference == reference);
        }
        if let Some(session) = query.session {
            let of = self.shown.iter().find(|(known, _)| known.id == session).map(|(_, list)| list.clone());
            let of = match of {
                Some(list) => list,
                None => forum::session_exists(tx, session).map(|()| Vec::new())?,
            };
            self.deliverables.retain(|one| of.iter().any(|shown| shown.reference == one.reference));
            self.shown.retain(|(known, _)| known.id == session);
        }
        self.keep_round(tx, query)?;
        if query.is_narrow() {
            let mut owing: BTreeSet<GroupId> = self.deliverables.iter().map(|one| one.group).collect();
            if query.consultation.is_some() || query.contribution.is_some() {
                owing.extend(self.rounds.iter().filter_map(|round| round.group));
            }
            self.groups.retain(|(group, ..)| owing.contains(&group.id));
        }
        if query.group.is_some() || query.is_narrow() {
            let of_group = !query.is_narrow();
            let pursued = self.groups.iter().filter(|_| of_group).flat_map(|(_, _, principles)| principles);
            let pursued: BTreeSet<i64> =
                self.deliverables.iter().flat_map(|one| &one.principles).chain(pursued).copied().collect();
            self.principles.retain(|principle| pursued.contains(&principle.number));
        }
        let kept: BTreeSet<&str> = self.deliverables.iter().map(|one| one.reference.as_str()).collect();
        for (_, list) in &mut self.shown {
            list.retain(|shown| kept.contains(shown.reference.as_str()));
        }
        self.shown.retain(|(session, list)| !list.is_empty() || query.session == Some(session.id));
        self.keep_rounds(query);
        self.trace_contributions(tx, query)
    }

    /// What a question for a round or a contribution leaves: it, and what it is about or led to. 404 where the caller may not read it.
    fn keep_round(&mut self, tx: &mut Read<'_>, query: &TraceQuery) -> Result<()> {
        if let Some(name) = &query.consultation {
            let is_asked = |round: &TracedRound| round.consultation.id.as_str() == name || round.consultation.slug == *name;
            self.rounds.retain(is_asked);
            let round = self.rounds.first().ok_or_else(|| Error::not_found("consultation"))?;
            let led_to = |id| round.deliverable == Some(id) || round.taken_up.iter().any(|(taker, _)| *taker == id);
            self.deliverables.retain(|one| led_to(one.id));
        }
        if let Some(id) = query.contribution {
            let (found, _) = consultations::traced_contributions(tx, &self.rounds, &Which::One(id))?;
            self.deliverables.retain(|one| found.iter().any(|contribution| contribution.deliverables.contains(&one.id)));
            self.rounds.retain(|round| found.iter().any(|contribution| contribution.consultation == round.consultation.id));
            self.contributions = found;
        }
        Ok(())
    }

    /// Rounds that a kept deliverable comes from, and those of a kept group that the question is for.
    fn keep_rounds(&mut self, query: &TraceQuery) {
        let is_whole = query.principle.is_none() && query.group.is_none() && !query.is_narrow();
        if is_whole || query.consultation.is_some() || query.contribution.is_some() {
            return;
        }
        let kept: BTreeSet<DeliverableId> = self.deliverables.iter().map(|one| one.id).collect();
        let asking: BTreeSet<GroupId> = self.groups.iter().filter(|_| !query.is_narrow()).map(|(group, ..)| group.id).collect();
        self.rounds.retain(|round| {
            round.deliverable.is_some_and(|id| kept.contains(&id))
                || round.taken_up.iter().any(|(id, _)| kept.contains(id))
                || round.group.is_some_and(|group| asking.contains(&group))
        });
    }

    fn trace_contributions(&mut self, tx: &mut Read<'_>, query: &TraceQuery) -> Result<()> {
        if !query.is_narrow() || query.contribution.is_some() {
            return Ok(());
        }
        let kept: Vec<DeliverableId> = self.deliverables.iter().map(|one| one.id).collect();
        let which = if query.consultation.is_some() { Which::All } else { Which::TakenUpBy(&kept) };
        (self.contributions, self.more_contributions) = consultations::traced_contributions(tx, &self.rounds, &which)?;
        Ok(())
    }

    /// The rounds that are about a deliverable, or of which it takes something up.
    pub fn rounds_of(&self, id: DeliverableId) -> impl Iterator<Item = &TracedRound> {
        let is_of =
            move |round: &&TracedRound| round.deliverable == Some(id) || round.taken_up.iter().any(|(taker, _)| *taker == id);
        self.rounds.iter().filter(is_of)
    }

    pub fn gaps(&self) -> Gaps {
        let open = || self.deliverables.iter().filter(|one| one.status != Status::Dropped);
        let numbers = |missing: &dyn Fn(i64) -> bool| -> Vec<i64> {
            self.principles.iter().map(|principle| principle.number).filter(|number| missing(*number)).collect()
        };
        let groups = |missing: &dyn Fn(GroupId) -> bool| -> Vec<i64> {
            let alive = self.groups.iter().filter(|(_, status, _)| *status != GroupStatus::Withdrawn);
            alive.filter(|(group, ..)| missing(group.id)).map(|(group, ..)| group.number).collect()
        };
        let is_shown = |reference: &str| self.shown.iter().any(|(_, list)| list.iter().any(|shown| shown.reference == reference));
        Gaps {
            principles_without_group: numbers(&|number| !self.groups.iter().any(|(_, _, of)| of.contains(&number))),
            principles_without_deliverable: numbers(&|number| !open().any(|one| one.principles.contains(&number))),
            groups_without_deliverable: groups(&|id| !open().any(|one| one.group == id)),
            groups_with_nothing_published: groups(&|id| {
                !open().any(|one| one.group == id && matches!(one.status, Status::Approved | Status::Presented))
            }),
            approved_without_session: open()
                .filter(|one| one.status == Status::Approved && !is_shown(&one.reference))
                .map(|one| one.reference.clone())
                .collect(),
            contributions_never_answered: self
                .rounds
                .iter()
                .filter(|round| round.status == RoundStatus::Published && round.unanswered != Some(0))
                .map(|round| Unanswered { consultation: round.consultation.slug.clone(), contributions: round.unanswered })
                .collect(),
        }
    }
}
