//! Lists of deliverables, and what they are narrowed to.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::rules::{Health, Kind, NEARLY_DONE, Status, soon};
use super::super::todays::Todays;
use super::{DeliverableId, DeliverableRow};
use crate::db::search::Contains;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::forum::EditionId;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::GroupId;
use crate::schema::{deliverable_principles as principles, deliverables as d, milestones};
use crate::time::Day;

/// The list of deliverables.
pub struct DeliverableList;

impl Listed for DeliverableList {
    type Row = DeliverableRow;
    const SORTS: &'static [SortField<DeliverableRow>] = &[
        SortField { name: "created_at", column: "deliverables.created_at", key: SortKey::At(|row| row.created_at) },
        SortField { name: "due_on", column: "deliverables.due_on", key: SortKey::On(|row| row.due_on) },
        SortField { name: "title", column: "deliverables.folded_title", key: SortKey::Text(|row| row.folded_title.clone()) },
    ];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<DeliverableRow> =
        SortField { name: "id", column: "deliverables.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// What a list is narrowed to.
#[derive(Default)]
pub struct Filter {
    /// Of this group.
    pub group: Option<GroupId>,
    /// Standing so.
    pub status: Option<Status>,
    /// Doing so, on the day it is for each.
    pub health: Option<(Health, Todays)>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Serving this principle.
    pub principle: Option<i64>,
    /// For this Forum edition.
    pub edition: Option<EditionId>,
    /// Due on this day or later.
    pub due_from: Option<Day>,
    /// Due on this day or earlier.
    pub due_to: Option<Day>,
    /// Having all these words.
    pub q: Option<String>,
}

type Condition = Box<dyn BoxableExpression<d::table, Backend, SqlType = Bool>>;

/// Whether a deliverable is among those for which it is one certain day: of these editions, or of none of them.
fn for_whom(editions: &[EditionId], among: bool) -> Condition {
    let of_these = any_of("deliverables.forum_edition_id", editions);
    if among { Box::new(of_these) } else { Box::new(d::forum_edition_id.is_null().or(not(of_these))) }
}

/// [`super::super::rules::health`] as SQL, for all deliverables for which it is `today`. A test holds the two together.
fn does(health: Health, today: Day) -> Condition {
    let unsettled =
        || d::status.eq(Status::Planned).or(d::status.eq(Status::InProgress)).or(d::status.eq(Status::InConsultation));
    let overdue = || {
        let open = milestones::table.filter(milestones::deliverable_id.eq(d::id)).filter(milestones::done_on.is_null());
        exists(open.filter(milestones::due_on.lt(today)))
    };
    let unfinished = || d::due_on.le(soon(today)).and(d::progress.lt(NEARLY_DONE));
    let at_risk = || d::risk_reason.is_not_null().or(overdue()).or(unfinished());
    match health {
        Health::Dropped => Box::new(d::status.eq(Status::Dropped)),
        Health::Done => Box::new(d::status.eq(Status::Approved).or(d::status.eq(Status::Presented))),
        Health::Late => Box::new(unsettled().and(d::due_on.lt(today))),
        Health::AtRisk => Box::new(unsettled().and(d::due_on.ge(today)).and(at_risk())),
        Health::OnTrack => Box::new(d::status.eq(Status::Submitted).or(unsettled().and(d::due_on.ge(today)).and(not(at_risk())))),
    }
}

impl Filter {
    fn query(&self) -> d::BoxedQuery<'static, Backend> {
        let mut query = d::table.into_boxed::<Backend>();
        if let Some(group) = self.group {
            query = query.filter(d::group_id.eq(group));
        }
        if let Some(status) = self.status {
            query = query.filter(d::status.eq(status));
        }
        if let Some(kind) = self.kind {
            query = query.filter(d::kind.eq(kind));
        }
        if let Some(edition) = self.edition {
            query = query.filter(d::forum_edition_id.eq(edition));
        }
        if let Some(day) = self.due_from {
            query = query.filter(d::due_on.ge(day));
        }
        if let Some(day) = self.due_to {
            query = query.filter(d::due_on.le(day));
        }
        if let Some(principle) = self.principle {
            let serves =
                principles::table.filter(principles::deliverable_id.eq(d::id)).filter(principles::principle.eq(principle));
            query = query.filter(exists(serves));
        }
        if let Some(q) = &self.q {
            query = query.filter(Contains::scan("deliverables.search_text", q));
        }
        if let Some((health, todays)) = &self.health {
            let (elsewhere, here) = (todays.elsewhere(), todays.here());
            let others: Vec<EditionId> = elsewhere.values().flatten().copied().collect();
            let mut does_so: Condition =
                if others.is_empty() { does(*health, here) } else { Box::new(for_whom(&others, false).and(does(*health, here))) };
            for (day, editions) in elsewhere {
                does_so = Box::new(does_so.or(for_whom(&editions, true).and(does(*health, day))));
            }
            query = query.filter(does_so);
        }
        query
    }
}

/// One page of deliverables, or all of them.
pub fn page(c: &mut AnyConnection, filter: &Filter, plan: &Plan<DeliverableList>) -> Result<Vec<DeliverableRow>> {
    Ok(plan.apply(filter.query().select(DeliverableRow::as_select())).load(c)?)
}

/// How many a filter leaves.
pub fn count(c: &mut AnyConnection, filter: &Filter) -> Result<i64> {
    Ok(filter.query().count().get_result(c)?)
}

/// Id, reference and title of these deliverables.
pub fn refs(c: &mut AnyConnection, ids: &[DeliverableId]) -> Result<Vec<(DeliverableId, String, String)>> {
    Ok(d::table.filter(any_of("deliverables.id", ids)).select((d::id, d::reference, d::title)).load(c)?)
}

/// Id, reference and where it stands of those that these names name, each an id or a reference.
pub fn named(c: &mut AnyConnection, names: &[String]) -> Result<Vec<(DeliverableId, String, Status)>> {
    let references = names.iter().map(|name| name.to_ascii_uppercase());
    let named = any_of("deliverables.id", names).or(any_of("deliverables.reference", references));
    Ok(d::table.filter(named).select((d::id, d::reference, d::status)).load(c)?)
}

/// Id, reference and title of the latest deliverables that have every word of `q`.
pub fn search(c: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<(DeliverableId, String, String)>> {
    let query = Filter { q: Some(q.to_owned()), ..Filter::default() }.query();
    Ok(query.order((d::created_at.desc(), d::id.desc())).limit(limit).select((d::id, d::reference, d::title)).load(c)?)
}
