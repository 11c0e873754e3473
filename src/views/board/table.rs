//! What stands on a board, read at once.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::Owed;
use super::rules::{Standing, owed_next};
use crate::db::{AnyConnection, Read};
use crate::deliverables::{self, BoardRow, DeliverableId, Health, HealthReason, Todays, Which};
use crate::error::Result;
use crate::forum::{self, EditionId};
use crate::groups::{self, GroupRef};
use crate::ids;
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::picture::words::Tongue;
use crate::policy::PersonId;
use crate::time::Day;

/// A deliverable with how it does and what it owes today.
pub struct Line {
    /// The deliverable.
    pub row: BoardRow,
    /// How it does.
    pub health: Health,
    /// Why.
    pub health_reasons: Vec<HealthReason>,
    /// Days until it is due; below zero: over it.
    pub days_left: i64,
    /// What it owes next.
    pub next: Option<Owed>,
}

impl Line {
    fn of(row: BoardRow, todays: &Todays) -> Self {
        let (health, health_reasons) = row.health(todays);
        let days_left = (row.due_on - todays.of(row.forum_edition_id)).num_days();
        let next = owed(&row, todays);
        Self { row, health, health_reasons, days_left, next }
    }

    /// What sorts by urgency: late first, then what may become so; of these what is due first.
    fn urgency(&self) -> (usize, Day, DeliverableId) {
        const FROM_MOST: [Health; 5] = [Health::Late, Health::AtRisk, Health::OnTrack, Health::Done, Health::Dropped];
        let rank = FROM_MOST.iter().position(|health| *health == self.health).unwrap_or(FROM_MOST.len());
        (rank, self.row.due_on, self.row.id)
    }
}

/// One group's part of the board.
pub struct Lane {
    /// The group.
    pub group: GroupRef,
    /// Its deliverables, by due day.
    pub lines: Vec<Line>,
}

/// A board.
pub struct Table {
    /// The day it is, and every edition.
    pub todays: Todays,
    /// The groups that owe something, by number.
    pub lanes: Vec<Lane>,
    /// Who leads.
    pub people: HashMap<PersonId, PersonRef>,
}

impl Table {
    /// What stands on the board now, in a constant number of queries.
    pub fn read(tx: &mut Read<'_>, which: &Which<'_>, reader: &Reader) -> Result<Self> {
        let todays = Todays::read(tx)?;
        Self::of(tx, todays, which, reader)
    }

    /// What stands on the board on these days.
    pub fn of(c: &mut AnyConnection, todays: Todays, which: &Which<'_>, reader: &Reader) -> Result<Self> {
        let rows = deliverables::board_rows(c, which)?.into_iter();
        let by_group = ids::listed(rows.map(|row| (row.group_id, Line::of(row, &todays))));
        let people = people::refs(c, &ids::distinct(by_group.values().flatten().filter_map(|line| line.row.lead)))?;
        let mut refs = groups::refs(c, &ids::distinct(by_group.keys().copied()), reader)?;
        let mut lanes: Vec<Lane> =
            by_group.into_iter().filter_map(|(id, lines)| Some(Lane { group: refs.remove(&id)?, lines })).collect();
        lanes.sort_by_key(|lane| lane.group.number);
        Ok(Self { todays, lanes, people })
    }

    /// Every line.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lanes.iter().flat_map(|lane| &lane.lines)
    }

    /// Leaves the most urgent lines where there are more than `most`, then also the lanes with the most urgent first.
    pub fn keep_urgent(&mut self, most: usize) {
        let mut urgencies: Vec<_> = self.lines().map(Line::urgency).collect();
        if urgencies.len() <= most {
            return;
        }
        urgencies.sort_unstable();
        urgencies.truncate(most);
        let Some(last) = urgencies.pop() else { return };
        for lane in &mut self.lanes {
            lane.lines.retain(|line| line.urgency() <= last);
        }
        self.lanes.retain(|lane| !lane.lines.is_empty());
        self.lanes.sort_by_key(|lane| lane.lines.iter().map(Line::urgency).min());
    }
}

/// What a deliverable owes next.
pub fn owed(row: &BoardRow, todays: &Todays) -> Option<Owed> {
    // What a cancelled Forum wanted, it wants no more.
    let edition = todays.edition(row.forum_edition_id).filter(|edition| edition.status != forum::Status::Cancelled);
    owed_next(&Standing {
        status: row.status,
        due_on: row.due_on,
        led: row.lead.is_some(),
        has_version: row.has_version,
        next_milestone: row.next_milestone,
        deadline: edition.and_then(|edition| edition.submission_deadline),
        forum: edition.map(|edition| edition.starts_on),
    })
}

/// How many deliverables do how.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "HealthCounts")]
pub struct HealthCounts {
    done: usize,
    on_track: usize,
    at_risk: usize,
    late: usize,
    dropped: usize,
}

impl HealthCounts {
    /// Each, with how many do so.
    pub fn each(&self) -> [(Health, usize); 5] {
        let Self { done, on_track, at_risk, late, dropped } = *self;
        [
            (Health::Done, done),
            (Health::OnTrack, on_track),
            (Health::AtRisk, at_risk),
            (Health::Late, late),
            (Health::Dropped, dropped),
        ]
    }

    /// Of these.
    pub fn of<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Self {
        let mut counts = Self::default();
        for line in lines {
            *match line.health {
                Health::Done => &mut counts.done,
                Health::OnTrack => &mut counts.on_track,
                Health::AtRisk => &mut counts.at_risk,
                Health::Late => &mut counts.late,
                Health::Dropped => &mut counts.dropped,
            } += 1;
        }
        counts
    }
}

/// The days that everything leads to, of one edition or (`None`) of all that were not cancelled: the Forum and its deadline, each with its
/// last day and what it is.
pub fn events(todays: &Todays, only: Option<EditionId>, tongue: Tongue) -> BTreeMap<Day, (Day, String)> {
    let mut events = BTreeMap::new();
    let shown = todays.editions().filter(|edition| only.is_none_or(|only| only == edition.id));
    for edition in shown.filter(|edition| edition.status != forum::Status::Cancelled) {
        if let Some(deadline) = edition.submission_deadline {
            events.insert(deadline, (deadline, format!("{} {}", tongue.say("Submission", "Remise"), edition.year)));
        }
        events.insert(edition.starts_on, (edition.ends_on, format!("Forum {}", edition.year)));
    }
    events
}
