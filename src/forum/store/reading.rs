//! What other slices ask of editions and sessions.

use chrono_tz::Tz;
use diesel::prelude::*;

use super::super::rules::{PresentedAs, Status};
use super::{EditionId, EditionRef, SessionId};
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::schema::{forum_editions as editions, forum_sessions as sessions, session_presentations as presentations};
use crate::time::{Day, Instant};

/// A Forum edition as other slices see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionFacts {
    /// Its id.
    pub id: EditionId,
    /// Its year, the name that never changes.
    pub year: i64,
    /// Where its days are.
    pub time_zone: Tz,
    /// Its first day.
    pub starts_on: Day,
    /// Its last day.
    pub ends_on: Day,
    /// The last day on which a deliverable may be submitted for it.
    pub submission_deadline: Option<Day>,
    /// Where it stands.
    pub status: Status,
}

impl EditionFacts {
    /// How answers refer to it.
    pub fn reference(&self) -> EditionRef {
        EditionRef { id: self.id, year: self.year }
    }

    /// The day it is there.
    pub fn today(&self, now: Instant) -> Day {
        now.day_in(self.time_zone)
    }

    /// Whether it takes work still: planned or open.
    pub fn takes_work(&self) -> bool {
        matches!(self.status, Status::Planned | Status::Open)
    }

    /// Whether it has begun, and was not cancelled.
    pub fn has_begun(&self, now: Instant) -> bool {
        self.status != Status::Cancelled && self.starts_on <= self.today(now)
    }
}

/// Every edition there is, by year: a handful.
pub fn editions(connection: &mut AnyConnection) -> Result<Vec<EditionFacts>> {
    use editions as e;
    type Row = (EditionId, i64, String, Day, Day, Option<Day>, Status);
    let columns = (e::id, e::year, e::time_zone, e::starts_on, e::ends_on, e::submission_deadline, e::status);
    let rows: Vec<Row> = e::table.order(e::year).select(columns).load(connection)?;
    let facts = |(id, year, zone, starts_on, ends_on, submission_deadline, status): Row| {
        let time_zone = zone.parse().map_err(|_| Error::Internal(format!("edition {year} has no zone {zone:?}")))?;
        Ok(EditionFacts { id, year, time_zone, starts_on, ends_on, submission_deadline, status })
    };
    rows.into_iter().map(facts).collect()
}

/// The sessions that show a deliverable as final, each with its edition, the earliest first.
pub fn final_presentations(connection: &mut AnyConnection, reference: &str) -> Result<Vec<(SessionId, EditionId)>> {
    Ok(presentations::table
        .inner_join(sessions::table)
        .filter(presentations::reference.eq(reference))
        .filter(presentations::presented_as.eq(PresentedAs::Final))
        .order((sessions::day, sessions::id))
        .select((sessions::id, sessions::forum_edition_id))
        .load(connection)?)
}
