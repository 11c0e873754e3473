//! `/board`, `/board.svg`, and `/forum-editions/{year}/readiness`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::picture::{self, Event, Road, Stretch};
use super::table::{HealthCounts, Lane, Line, Table, Which, events};
use super::{Owed, readiness};
use crate::call;
use crate::db::Read;
use crate::deliverables::{Health, HealthReason, Status};
use crate::error::{Error, ProblemKind, Result};
use crate::forum::{self, EditionId, EditionRef};
use crate::groups::{self, GroupRef};
use crate::http::{Csv, Input, Object, Picture, Request, Route, Sheet, csv, get};
use crate::people::PersonRef;
use crate::picture::Mark;
use crate::picture::words::tongue;
use crate::policy::{Action, GroupId, Object as Subject};
use crate::time::{Day, DaySchema, Instant};

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
    fn of(line: &Line, table: &Table) -> Self {
        let row = &line.row;
        Self {
            reference: row.reference.clone(),
            title: row.title.clone(),
            status: row.status,
            health: row.health,
            health_reasons: row.health_reasons.clone(),
            due_on: row.due_on,
            days_left: line.days_left(),
            progress: row.progress,
            lead: row.lead.and_then(|(_, person)| table.people.get(&person)).cloned(),
            forum_edition: row.forum_edition_id.and_then(|id| table.editions.get(&id)).map(|edition| edition.reference()),
            next: line.next.clone(),
        }
    }
}

impl LaneView {
    fn of(lane: &Lane, table: &Table) -> Self {
        Self {
            group: lane.group.clone(),
            counts: HealthCounts::of(&lane.lines),
            deliverables: lane.lines.iter().map(|line| LineView::of(line, table)).collect(),
        }
    }
}

/// What the caller may see of what was asked for: the secretariat all, a co-chair the groups that it chairs. 403 for others.
fn read(tx: &mut Read<'_>, input: &Input<(), BoardQuery>) -> Result<(Table, Option<EditionId>)> {
    let edition = match input.query.forum_year {
        Some(year) => Some(forum::resolve(tx, &year.to_string())?),
        None => None,
    };
    let groups: Option<Vec<GroupId>> = match &input.query.group {
        Some(group) => {
            let group = groups::resolve(tx, group)?;
            input.allow(&Subject::of_group(group))?;
            Some(vec![group])
        }
        None if input.actor.may(Action::ReadBoard, &Subject::initiative()) => None,
        None => {
            let own = input.actor.seats.first().map_or_else(Subject::initiative, |group| Subject::of_group(*group));
            input.allow(&own)?;
            Some(input.actor.seats.clone())
        }
    };
    let now = tx.now();
    Ok((Table::read(tx, &Which { edition, groups: groups.as_deref() }, &input.reader, now)?, edition))
}

async fn show(request: Request<(), BoardQuery>) -> Result<Sheet<BoardView>> {
    request
        .read(|tx, input| {
            let today = call::current(tx)?.today(tx.now());
            let (table, edition) = read(tx, input)?;
            if input.wants_csv {
                let bytes = sheet(&table)?;
                return Ok(Sheet::Csv(Csv { bytes, fresh_until: None }));
            }
            let forum_edition = edition.and_then(|id| table.editions.get(&id)).map(|edition| edition.reference());
            let groups = table.lanes.iter().map(|lane| LaneView::of(lane, &table)).collect();
            Ok(Sheet::Object(Object::plain(BoardView { forum_edition, today, counts: HealthCounts::of(table.lines()), groups })))
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

fn sheet(table: &Table) -> Result<Vec<u8>> {
    let row = |lane: &Lane, line: &Line| {
        let view = LineView::of(line, table);
        let reasons: Vec<_> = view.health_reasons.iter().map(HealthReason::as_str).collect();
        let next = view.next;
        [
            lane.group.number.to_string(),
            lane.group.title.plain().to_owned(),
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
    csv::table(&COLUMNS, table.lanes.iter().flat_map(|lane| lane.lines.iter().map(|line| row(lane, line))))
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

async fn draw(request: Request<(), BoardQuery>) -> Result<Picture> {
    request
        .read(|tx, input| {
            let call = call::current(tx)?;
            let today = call.today(tx.now());
            let fresh_until = Some(Instant::end_of(today, call.time_zone));
            let (table, edition) = read(tx, input)?;
            let tongue = tongue(&input.reader);
            let stretch = |line: &Line| Stretch {
                reference: line.row.reference.clone(),
                title: line.row.title.clone(),
                mark: mark(line.row.health),
                standing: picture::name(tongue, mark(line.row.health)).to_owned(),
                due_on: line.row.due_on,
                progress: line.row.progress,
                milestones: line
                    .row
                    .milestones
                    .iter()
                    .map(|step| (step.done_on.unwrap_or(step.due_on), step.done_on.is_some(), step.title.clone()))
                    .collect(),
            };
            let lane = |lane: &Lane| picture::Lane {
                label: format!("{} \u{2013} {}", lane.group.number, lane.group.title.plain()),
                rows: lane.lines.iter().map(stretch).collect(),
            };
            let year = edition.and_then(|id| table.editions.get(&id)).map(|edition| edition.year);
            let days = events(&table.editions, edition, tongue);
            // Past Forums would press what is to come into a corner.
            let first = table.lines().map(|line| line.row.due_on).chain([today]).min().unwrap_or(today);
            let road = Road {
                tongue,
                title: year.map_or_else(
                    || tongue.say("What groups owe", "Ce que doivent les groupes").to_owned(),
                    |year| format!("{} {year}", tongue.say("The road to the Forum", "La route vers le Forum")),
                ),
                today,
                events: days
                    .into_iter()
                    .filter(|(from, (to, _))| *to >= first || edition.is_some() && *from >= first)
                    .map(|(from, (to, label))| Event { from, to, label })
                    .collect(),
                groups: table.lanes.iter().map(lane).collect(),
            };
            Ok(Picture { svg: picture::draw(&road), fresh_until })
        })
        .await
}

/// Where there is no such Forum.
pub(super) fn no_edition() -> Error {
    Error::not_found("Forum edition")
}
