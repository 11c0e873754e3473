//! What stands on a board, read at once.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::Owed;
use super::rules::{Standing, owed_next};
use crate::db::AnyConnection;
use crate::deliverables::{self, BoardRow, Health};
use crate::error::Result;
use crate::forum::{self, EditionFacts, EditionId};
use crate::groups::{self, GroupRef};
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::picture::words::Tongue;
use crate::policy::{GroupId, PersonId};
use crate::time::{Day, Instant};

/// Which deliverables.
pub struct Which<'a> {
    /// For this edition; `None`: every one.
    pub edition: Option<EditionId>,
    /// Of these groups; `None`: of all.
    pub groups: Option<&'a [GroupId]>,
}

/// A deliverable with what it owes.
pub struct Line {
    /// The deliverable.
    pub row: BoardRow,
    /// What it owes next.
    pub next: Option<Owed>,
}

impl Line {
    /// Days until it is due; below zero: over it.
    pub fn days_left(&self) -> i64 {
        (self.row.due_on - self.row.today).num_days()
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
    /// Every edition, by id.
    pub editions: HashMap<EditionId, EditionFacts>,
    /// The groups that owe something, by number.
    pub lanes: Vec<Lane>,
    /// Who leads.
    pub people: HashMap<PersonId, PersonRef>,
}

impl Table {
    /// What stands on the board at `now`, in a constant number of queries.
    pub fn read(c: &mut AnyConnection, which: &Which<'_>, reader: &Reader, now: Instant) -> Result<Self> {
        let editions: HashMap<EditionId, EditionFacts> =
            forum::editions(c)?.into_iter().map(|edition| (edition.id, edition)).collect();
        let mut by_group: HashMap<GroupId, Vec<Line>> = HashMap::new();
        for row in deliverables::board_rows(c, which.edition, which.groups, now)? {
            let next = owed(&row, &editions);
            by_group.entry(row.group_id).or_default().push(Line { row, next });
        }
        let ids: Vec<GroupId> = by_group.keys().copied().collect();
        let mut refs = groups::refs(c, &ids, reader)?;
        let mut lanes: Vec<Lane> =
            by_group.into_iter().filter_map(|(id, lines)| Some(Lane { group: refs.remove(&id)?, lines })).collect();
        lanes.sort_by_key(|lane| lane.group.number);
        let mut leads: Vec<PersonId> =
            lanes.iter().flat_map(|lane| &lane.lines).filter_map(|line| line.row.lead.map(|(_, person)| person)).collect();
        leads.sort_unstable();
        leads.dedup();
        Ok(Self { editions, lanes, people: people::refs(c, &leads)? })
    }

    /// Every line.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lanes.iter().flat_map(|lane| &lane.lines)
    }
}

/// What a deliverable owes next.
pub fn owed(row: &BoardRow, editions: &HashMap<EditionId, EditionFacts>) -> Option<Owed> {
    // What a cancelled Forum wanted, it wants no more.
    let edition =
        row.forum_edition_id.and_then(|id| editions.get(&id)).filter(|edition| edition.status != forum::Status::Cancelled);
    owed_next(&Standing {
        status: row.status,
        due_on: row.due_on,
        led: row.lead.is_some(),
        has_version: row.latest_version.is_some(),
        next_milestone: row
            .milestones
            .iter()
            .filter(|milestone| milestone.done_on.is_none())
            .map(|milestone| milestone.due_on)
            .min(),
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
    /// Of these.
    pub fn of<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Self {
        let mut counts = Self::default();
        for line in lines {
            *match line.row.health {
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

/// The groups' numbers and what each owes, as the picture's heading of days: the Forum and its deadline.
pub fn events(
    editions: &HashMap<EditionId, EditionFacts>,
    only: Option<EditionId>,
    tongue: Tongue,
) -> BTreeMap<Day, (Day, String)> {
    let mut events = BTreeMap::new();
    let shown =
        |edition: &&EditionFacts| only.is_none_or(|only| only == edition.id) && edition.status != forum::Status::Cancelled;
    for edition in editions.values().filter(shown) {
        if let Some(deadline) = edition.submission_deadline {
            events.insert(deadline, (deadline, format!("{} {}", tongue.say("Submission", "Remise"), edition.year)));
        }
        events.insert(edition.starts_on, (edition.ends_on, format!("Forum {}", edition.year)));
    }
    events
}
