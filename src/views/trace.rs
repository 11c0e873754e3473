//! `/trace`: from a principle to what came of it, and back from what was shown at a Forum to why, with what is missing on the way.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::{self, PrincipleRef};
use crate::db::Read;
use crate::deliverables::{self, Status};
use crate::error::{ProblemKind, Result};
use crate::forum::{self, PresentedAs, SessionId, SessionRef};
use crate::groups::{self, GroupRef, Status as GroupStatus};
use crate::http::{Input, Object, Request, Route, get};
use crate::policy::{Action, GroupId};

pub fn routes() -> Vec<Route> {
    let what = "From principles over groups and deliverables to sessions, or back, with what is missing";
    vec![get("/trace", Action::ReadPublic, what, trace).answers(&[ProblemKind::NotFound])]
}

#[derive(Deserialize, JsonSchema)]
struct TraceQuery {
    /// Only what this principle, by number, leads to.
    principle: Option<i64>,
    /// Only what a group comes from and leads to: its id, number or slug.
    #[schemars(length(max = 200))]
    group: Option<String>,
    /// Only what a deliverable comes from and leads to: its reference or id.
    #[schemars(length(max = 200))]
    deliverable: Option<String>,
    /// Only what a session comes from.
    session: Option<SessionId>,
}

/// How principles, groups, deliverables and sessions hang together.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trace")]
struct TraceView {
    /// By number.
    principles: Vec<TracedPrinciple>,
    /// By number.
    groups: Vec<TracedGroup>,
    /// By group and number.
    deliverables: Vec<TracedDeliverable>,
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
    /// The sessions that show it.
    sessions: Vec<SessionId>,
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
struct Shown {
    reference: String,
    #[serde(rename = "as")]
    presented_as: PresentedAs,
}

/// What is missing on the way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TraceGaps")]
struct Gaps {
    /// Numbers of principles that no group pursues.
    principles_without_group: Vec<i64>,
    /// Numbers of principles that no deliverable serves which was not dropped.
    principles_without_deliverable: Vec<i64>,
    /// Numbers of groups that owe nothing which was not dropped.
    groups_without_deliverable: Vec<i64>,
    /// Numbers of groups nothing of which is approved or presented.
    groups_with_nothing_published: Vec<i64>,
    /// References of what is approved and no session shows.
    approved_without_session: Vec<String>,
}

/// Everything there is.
struct All {
    principles: Vec<PrincipleRef>,
    groups: Vec<(GroupRef, GroupStatus, Vec<i64>)>,
    deliverables: Vec<deliverables::Traced>,
    shown: Vec<(SessionRef, Vec<Shown>)>,
}

impl All {
    fn read(tx: &mut Read<'_>, input: &Input<(), TraceQuery>) -> Result<Self> {
        let mut shown: Vec<(SessionRef, Vec<Shown>)> = Vec::new();
        for (session, reference, presented_as) in forum::shown(tx, &input.reader)? {
            let one = Shown { reference, presented_as };
            match shown.last_mut().filter(|(last, _)| last.id == session.id) {
                Some((_, list)) => list.push(one),
                None => shown.push((session, vec![one])),
            }
        }
        Ok(Self {
            principles: call::principles(tx, &input.reader)?,
            groups: groups::traced(tx, &input.reader)?,
            deliverables: deliverables::traced(tx)?,
            shown,
        })
    }

    /// What a question leaves of it: what lies on a way through what was asked for. 404 where there is no such thing.
    fn keep(&mut self, tx: &mut Read<'_>, query: &TraceQuery) -> Result<()> {
        if let Some(number) = query.principle {
            call::current(tx)?
                .principle_fault("?principle", number)
                .map_or(Ok(()), |fault| Err(crate::error::Error::from(crate::error::Problem::invalid(&[fault]))))?;
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
        if query.deliverable.is_some() || query.session.is_some() {
            let owing: BTreeSet<GroupId> = self.deliverables.iter().map(|one| one.group).collect();
            self.groups.retain(|(group, ..)| owing.contains(&group.id));
        }
        if query.group.is_some() || query.deliverable.is_some() || query.session.is_some() {
            let of_group = query.deliverable.is_none() && query.session.is_none();
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
        Ok(())
    }

    fn gaps(&self) -> Gaps {
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
        }
    }

    fn view(self) -> TraceView {
        let gaps = self.gaps();
        let numbers: HashMap<GroupId, i64> = self.groups.iter().map(|(group, ..)| (group.id, group.number)).collect();
        let mut sessions: HashMap<&str, Vec<SessionId>> = HashMap::new();
        for (session, list) in &self.shown {
            for shown in list {
                sessions.entry(&shown.reference).or_default().push(session.id);
            }
        }
        let owed = |of: &dyn Fn(&deliverables::Traced) -> bool| -> Vec<String> {
            self.deliverables.iter().filter(|one| of(one)).map(|one| one.reference.clone()).collect()
        };
        let principles = self
            .principles
            .iter()
            .map(|principle| TracedPrinciple {
                groups: self
                    .groups
                    .iter()
                    .filter(|(_, _, of)| of.contains(&principle.number))
                    .map(|(group, ..)| group.number)
                    .collect(),
                deliverables: owed(&|one| one.principles.contains(&principle.number)),
                principle: principle.clone(),
            })
            .collect();
        let groups = self
            .groups
            .iter()
            .map(|(group, status, principles)| TracedGroup {
                group: group.clone(),
                status: *status,
                principles: principles.clone(),
                deliverables: owed(&|one| one.group == group.id),
            })
            .collect();
        let deliverables = self
            .deliverables
            .iter()
            .map(|one| TracedDeliverable {
                reference: one.reference.clone(),
                title: one.title.clone(),
                status: one.status,
                group: numbers.get(&one.group).copied().unwrap_or_default(),
                principles: one.principles.clone(),
                sessions: sessions.get(one.reference.as_str()).cloned().unwrap_or_default(),
            })
            .collect();
        let sessions = self.shown.into_iter().map(|(session, deliverables)| TracedSession { session, deliverables }).collect();
        TraceView { principles, groups, deliverables, sessions, gaps }
    }
}

async fn trace(request: Request<(), TraceQuery>) -> Result<Object<TraceView>> {
    request
        .read(|tx, input| {
            let mut all = All::read(tx, input)?;
            all.keep(tx, &input.query)?;
            Ok(Object::plain(all.view()))
        })
        .await
}
