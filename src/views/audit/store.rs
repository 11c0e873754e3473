//! Pages of the record.

use diesel::dsl::not;
use diesel::prelude::*;

use crate::audit::CONFIDENTIAL_CONTRIBUTION;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::{GroupId, PersonId};
use crate::schema::{audit_entries as e, audit_reasons as r};
use crate::time::Instant;

/// An entry, with its reason.
#[derive(Queryable)]
pub struct Row {
    pub seq: i64,
    pub at: Instant,
    pub actor_id: Option<PersonId>,
    pub act: String,
    pub object_type: String,
    pub object_id: String,
    pub from_state: Option<String>,
    pub to_state: Option<String>,
    pub request_id: Option<String>,
    pub reason: Option<String>,
}

/// The record as a list.
pub struct Record;

impl Listed for Record {
    type Row = Row;
    const SORTS: &'static [SortField<Row>] = &[Self::TIE];
    const DEFAULT: &'static str = "-seq";
    const TIE: SortField<Row> = SortField { name: "seq", column: "audit_entries.seq", key: SortKey::Int(|row| row.seq) };
}

/// Which entries; what is `None` leaves all.
#[derive(Default)]
pub struct Filter<'a> {
    /// Those of a group's timeline.
    pub group: Option<GroupId>,
    /// Those of these acts.
    pub acts: Option<&'a [&'static str]>,
    /// None of these objects'; empty leaves all.
    pub but_objects: &'a [String],
    pub object_type: Option<&'a str>,
    pub object_id: Option<&'a str>,
    pub actor: Option<PersonId>,
    pub act: Option<&'a str>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

type Query<'a> = e::BoxedQuery<'a, Backend>;

impl<'a> Filter<'a> {
    fn entries(&self) -> Query<'a> {
        let mut query = e::table.filter(e::object_type.ne(CONFIDENTIAL_CONTRIBUTION)).into_boxed::<Backend>();
        if let Some(group) = self.group {
            query = query.filter(e::group_id.eq(group.to_string()));
        }
        if let Some(acts) = self.acts {
            query = query.filter(any_of("audit_entries.act", acts));
        }
        if !self.but_objects.is_empty() {
            query = query.filter(not(any_of("audit_entries.object_id", self.but_objects)));
        }
        if let Some(object_type) = self.object_type {
            query = query.filter(e::object_type.eq(object_type));
        }
        if let Some(object_id) = self.object_id {
            query = query.filter(e::object_id.eq(object_id));
        }
        if let Some(actor) = self.actor {
            query = query.filter(e::actor_id.eq(actor.to_string()));
        }
        if let Some(act) = self.act {
            query = query.filter(e::act.eq(act));
        }
        if let Some(from) = self.from {
            query = query.filter(e::at.ge(from));
        }
        if let Some(to) = self.to {
            query = query.filter(e::at.le(to));
        }
        query
    }
}

/// One page.
pub fn page(connection: &mut AnyConnection, filter: &Filter<'_>, plan: &Plan<Record>) -> Result<Vec<Row>> {
    let query = filter.entries().select((
        e::seq,
        e::at,
        e::actor_id,
        e::act,
        e::object_type,
        e::object_id,
        e::from_state,
        e::to_state,
        e::request_id,
        r::table.filter(r::seq.eq(e::seq)).select(r::reason).single_value(),
    ));
    Ok(plan.apply(query).load(connection)?)
}

/// How many entries the filter leaves.
pub fn count(connection: &mut AnyConnection, filter: &Filter<'_>) -> Result<i64> {
    Ok(filter.entries().count().get_result(connection)?)
}
