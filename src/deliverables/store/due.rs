//! The few columns of many deliverables that a calendar shows.

use diesel::prelude::*;

use super::super::rules::Status;
use super::DeliverableId;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::policy::GroupId;
use crate::schema::deliverables;
use crate::time::{Day, Instant};

/// A deliverable in a calendar.
#[derive(Queryable, Selectable)]
#[diesel(table_name = deliverables)]
pub struct DueRow {
    pub id: DeliverableId,
    pub reference: String,
    pub title: String,
    pub status: Status,
    pub due_on: Day,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The deliverables due on a day or after (`None`: all), of these groups or (`None`) of all, by due day.
pub fn since(c: &mut AnyConnection, groups: Option<&[GroupId]>, from: Option<Day>) -> Result<Vec<DueRow>> {
    let mut query = deliverables::table.into_boxed::<Backend>();
    if let Some(from) = from {
        query = query.filter(deliverables::due_on.ge(from));
    }
    if let Some(groups) = groups {
        query = query.filter(any_of("deliverables.group_id", groups));
    }
    Ok(query.order((deliverables::due_on, deliverables::id)).select(DueRow::as_select()).load(c)?)
}
