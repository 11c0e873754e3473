//! `/board`, `/board.svg`, and `/forum-editions/{year}/readiness`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::picture::{self, Event, Road, Stretch};
use super::table::{HealthCounts, Lane, Line, Table, events};
use super::{Owed, readiness};
use crate::db::Read;
use crate::deliverables::{self, BoardMilestone, DeliverableId, Health, HealthReason, Status, Which};
use crate::error::{Error, ProblemKind, Result};
use crate::forum::{self, EditionId, EditionRef};
use crate::groups::{self, GroupRef};
use crate::http::{Csv, Input, Object, Picture, Request, Route, Shared, Sheet, csv, get};
use crate::ids;
use crate::people::PersonRef;
use crate::picture::Mark;
use crate::picture::words::{Tongue, tongue};
use crate::policy::{Action, GroupId, Object as Subject};
use crate::time::{Day, DaySchema};

/// Most deliverables in a picture: what fits on a wall. Where there are more, it shows the most urgent.
const MOST_DRAWN: usize = 60;

pub fn routes() -> Vec<Route> {
    use ProblemKind::NotFound;
    let board = Action::ReadBoard;
    let mut routes = vec![
        get("/board", board, "What groups owe, how it does, and what comes next", show).answers(&[NotFound]),
        get("/board.svg", board, "The road to the Forum: the board as a picture", draw).answers(&[NotFound]),
    ];
    routes.extend(readiness::routes());
    routes
}

#[derive(Deserialize, JsonSchema)]
struct BoardQuery {
    /// Deliverables for the Forum of this year; without it, every deliverable.
    forum_year: Option<i64>,
    /// Deliverables of this group: its id, number or slug. Without it, of every group that the caller runs.
    #[schemars(length(max = 200))]
    group: Option<String>,
}

/// What groups owe.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Board")]
struct BoardView {
    /// The Forum that it is about; null: every deliverable.
    forum_edition: Option<EditionRef>,
    /// The day it is, in the call's zone.
    #[schemars(with = "DaySchema")]
    today: Day,
    counts: HealthCounts,
    /// The groups that owe something, by number.
    groups: Vec<LaneView>,
}

/// What one group owes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BoardGroup")]
struct LaneView {
    group: GroupRef,
    counts: HealthCounts,
    /// By due day.
    deliverables: Vec<LineView>,
}

/// A deliverable on the board.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BoardDeliverable")]
struct LineView {
    reference: String,
    title: String,
    status: Status,
    health: Health,
    health_reasons: Vec<HealthReason>,
    #[schemars(with = "DaySchema")]
    due_on: Day,
    /// Until `due_on`; below zero: over it.
    days_left: i64,
    /// In per cent.
    progress: i64,
    lead: Option<PersonRef>,
    forum_edition: Option<EditionRef>,
    /// What is owed next; null: nothing any more.
    next: Option<Owed>,
}

impl LineView {
    fn of(line: Line, table: &Table) -> Self {
        let Line { row, health, health_reasons, days_left, next } = line;
        Self {
            lead: row.lead.and_then(|lead| table.people.get(&lead)).cloned(),
            forum_edition: table.todays.edition(row.forum_edition_id).map(|edition| edition.reference()),
            reference: row.reference,
            title: row.title,
            status: row.status,
            health,
            health_reasons,
            due_on: row.due_on,
            days_left,
            progress: row.progress,
            next,
        }
    }
}

impl LaneView {
    fn of(lane: Lane, table: &Table) -> Self {
        Self {
            counts: HealthCounts::of(&lane.lines),
            group: lane.group,
            deliverables: lane.lines.into_iter().map(|line| LineView::of(line, table)).collect(),
        }
    }
}

/// What was asked for, as far as the caller may see it.
#[derive(Debug)]
struct Asked {
    edition: Option<EditionId>,
    groups: Option<Vec<GroupId>>,
}

impl Asked {
    /// The secretariat sees all, a co-chair the groups that it chairs. 403 for others.
    fn read(tx: &mut Read<'_>, input: &Input<(), BoardQuery>) -> Result<Self> {
        let edition = match input.query.forum_year {
            Some(year) => Some(forum::resolve(tx, &year.to_string())?),
            None => None,
        };
        let groups = match &input.query.group {
            Some(group) => {
                let group = groups::resolve(tx, group)?;
                input.allow(&Subject::of_group(group))?;
                Some(vec![group])
            }
            None if input.actor.may(Action::ReadBoard, &Subject::initiative()) => None,
            None => {
                let own = input.actor.seats.first().map_or_else(Subject::initiative, |group| Subject::of_group(*group));
                input.allow(&own)?;
                Some(ids::distinct(input.actor.seats.iter().copied()))
            }
        };
        Ok(Self { edition, groups })
    }

    fn which(&self) -> Which<'_> {
        Which { edition: self.edition, groups: self.groups.as_deref(), statuses: None }
    }
}

async fn show(request: Request<(), BoardQuery>) -> Result<Shared<Sheet<BoardView>>> {
    request
        .read(|tx, input| {
            let asked = Asked::read(tx, input)?;
            input.shared(tx, format_args!("board {asked:?}"), |tx| {
                let mut table = Table::read(tx, &asked.which(), &input.reader)?;
                let fresh_until = Some(table.todays.fresh_until());
                if input.wants_csv {
                    return Ok(Sheet::Csv(Csv { bytes: sheet(table)?, fresh_until }));
                }
                let (counts, lanes) = (HealthCounts::of(table.lines()), std::mem::take(&mut table.lanes));
                let view = BoardView {
                    forum_edition: table.todays.edition(asked.edition).map(|edition| edition.reference()),
                    today: table.todays.here(),
                    counts,
                    groups: lanes.into_iter().map(|lane| LaneView::of(lane, &table)).collect(),
                };
                Ok(Sheet::Object(Object::plain(view).fresh_until(fresh_until)))
            })
        })
        .await
}

const COLUMNS: [&str; 15] = [
    "group",
    "group_title",
    "reference",
    "title",
    "status",
    "health",
    "health_reasons",
    "due_on",
    "days_left",
    "progress",
    "lead",
    "forum_year",
    "next",
    "next_by",
    "next_due_on",
];

fn sheet(mut table: Table) -> Result<Vec<u8>> {
    let lanes = std::mem::take(&mut table.lanes);
    let row = |group: &GroupRef, line: Line| {
        let view = LineView::of(line, &table);
        let reasons: Vec<_> = view.health_reasons.iter().map(HealthReason::as_str).collect();
        let next = view.next;
        [
            group.number.to_string(),
            group.title.plain().to_owned(),
            view.reference,
            view.title,
            view.status.to_string(),
            view.health.to_string(),
            reasons.join("; "),
            view.due_on.to_string(),
            view.days_left.to_string(),
            view.progress.to_string(),
            view.lead.map(|lead| lead.display_name).unwrap_or_default(),
            view.forum_edition.map(|edition| edition.year.to_string()).unwrap_or_default(),
            next.as_ref().map(|next| next.what.to_string()).unwrap_or_default(),
            next.as_ref().map(|next| next.by.to_string()).unwrap_or_default(),
            next.map(|next| next.due_on.to_string()).unwrap_or_default(),
        ]
    };
    let rows = lanes.into_iter().flat_map(|Lane { group, lines }| {
        let row = &row;
        lines.into_iter().map(move |line| row(&group, line))
    });
    csv::table(&COLUMNS, rows)
}

/// The mark of a health.
fn mark(health: Health) -> Mark {
    match health {
        Health::Done => Mark::Done,
        Health::OnTrack => Mark::Fine,
        Health::AtRisk => Mark::Risk,
        Health::Late => Mark::Late,
        Health::Dropped => Mark::Off,
    }
}

async fn draw(request: Request<(), BoardQuery>) -> Result<Shared<Picture>> {
    request
        .read(|tx, input| {
            let asked = Asked::read(tx, input)?;
            input.shared(tx, format_args!("board.svg {asked:?}"), |tx| {
                let table = Table::read(tx, &asked.which(), &input.reader)?;
                let fresh_until = Some(table.todays.fresh_until());
                Ok(Picture { svg: picture::draw(&road(tx, table, asked.edition, tongue(&input.reader))?), fresh_until })
            })
        })
        .await
}

/// What the picture of a board shows of it.
fn road(tx: &mut Read<'_>, mut table: Table, edition: Option<EditionId>, tongue: Tongue) -> Result<Road> {
    let counts = HealthCounts::of(table.lines()).each().map(|(health, count)| (mark(health), count));
    let groups_in_all = table.lanes.len();
    table.keep_urgent(MOST_DRAWN);
    let drawn: Vec<DeliverableId> = table.lines().map(|line| line.row.id).collect();
    let mut milestones = deliverables::board_milestones(tx, &drawn)?;
    let today = table.todays.here();
    // Past Forums would press what is to come into a corner.
    let first = table.lines().map(|line| line.row.due_on).chain([today]).min().unwrap_or(today);
    let events = events(&table.todays, edition, tongue)
        .into_iter()
        .filter(|(from, (to, _))| *to >= first || edition.is_some() && *from >= first)
        .map(|(from, (to, label))| Event { from, to, label })
        .collect();
    let step = |step: BoardMilestone| (step.done_on.unwrap_or(step.due_on), step.done_on.is_some(), step.title);
    let mut stretch = |line: Line| Stretch {
        mark: mark(line.health),
        due_on: line.row.due_on,
        progress: line.row.progress,
        milestones: milestones.remove(&line.row.id).unwrap_or_default().into_iter().map(step).collect(),
        reference: line.row.reference,
        title: line.row.title,
    };
    let lane = |lane: Lane| picture::Lane {
        label: format!("{} \u{2013} {}", lane.group.number, lane.group.title.plain()),
        rows: lane.lines.into_iter().map(&mut stretch).collect(),
    };
    let title = match table.todays.edition(edition) {
        None => tongue.say("What groups owe", "Ce que doivent les groupes").to_owned(),
        Some(edition) => format!("{} {}", tongue.say("The road to the Forum", "La route vers le Forum"), edition.year),
    };
    Ok(Road { tongue, title, today, events, counts, groups_in_all, groups: table.lanes.into_iter().map(lane).collect() })
}

/// Where there is no such Forum.
pub(super) fn no_edition() -> Error {
    Error::not_found("Forum edition")
}
