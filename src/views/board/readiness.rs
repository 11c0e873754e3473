//! How ready one Forum is: what is ready, late or missing, and which groups bring nothing (domain.md, The Forum cycle).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::routes::no_edition;
use super::table::{HealthCounts, Lane, Line, Table};
use crate::deliverables::{Health, Status, Which};
use crate::error::{ProblemKind, Result};
use crate::forum::{self, EditionRef};
use crate::groups::{self, GroupRef};
use crate::http::{Object, Request, Route, get};
use crate::policy::Action;
use crate::time::{Day, DaySchema, Instant};

pub fn routes() -> Vec<Route> {
    let what = "How ready one year's Forum is: what is ready, late or missing";
    vec![get("/forum-editions/{year}/readiness", Action::ReadPublic, what, show).answers(&[ProblemKind::NotFound])]
}

#[derive(Deserialize, JsonSchema)]
struct InEdition {
    /// The edition's year or id.
    #[schemars(length(max = 200))]
    year: String,
}

/// How ready a Forum is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Readiness")]
struct ReadinessView {
    forum_edition: EditionRef,
    /// The day it is in the edition's zone.
    #[schemars(with = "DaySchema")]
    today: Day,
    /// Until the Forum starts; below zero: since.
    days_to_start: i64,
    /// Until the submission deadline; below zero: since.
    days_to_deadline: Option<i64>,
    counts: HealthCounts,
    /// Approved or presented.
    ready: Vec<ReadyView>,
    /// Submitted, to be approved.
    submitted: Vec<ReadyView>,
    /// Neither, and past its due day.
    late: Vec<ReadyView>,
    /// Neither, and still to come; what is at risk first.
    missing: Vec<ReadyView>,
    /// Active groups without anything for this Forum that was not dropped, by number.
    groups_with_nothing: Vec<GroupRef>,
}

/// A deliverable, as far as its Forum is concerned.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReadyDeliverable")]
struct ReadyView {
    reference: String,
    title: String,
    group: GroupRef,
    status: Status,
    health: Health,
    #[schemars(with = "DaySchema")]
    due_on: Day,
    /// Until `due_on`; below zero: over it.
    days_left: i64,
}

async fn show(request: Request<InEdition>) -> Result<Object<ReadinessView>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let id = forum::resolve(tx, &input.path.year)?;
            let table = Table::read(tx, &Which { edition: Some(id), ..Which::default() }, &input.reader)?;
            let edition = table.todays.edition(Some(id)).ok_or_else(no_edition)?;
            let today = edition.today(now);
            let days_to = |day: Day| (day - today).num_days();
            let pick = |wanted: &dyn Fn(&Line) -> bool| -> Vec<ReadyView> {
                let of_lane = |lane: &Lane| {
                    let group = lane.group.clone();
                    let view = move |line: &Line| ReadyView {
                        reference: line.row.reference.clone(),
                        title: line.row.title.clone(),
                        group: group.clone(),
                        status: line.row.status,
                        health: line.health,
                        due_on: line.row.due_on,
                        days_left: line.days_left,
                    };
                    lane.lines.iter().filter(|line| wanted(line)).map(view).collect::<Vec<_>>()
                };
                let mut picked: Vec<ReadyView> = table.lanes.iter().flat_map(of_lane).collect();
                picked.sort_by(|a, b| (a.health, a.due_on, &a.reference).cmp(&(b.health, b.due_on, &b.reference)));
                picked
            };
            let open = |line: &Line| matches!(line.row.status, Status::Planned | Status::InProgress | Status::InConsultation);
            let mut missing = pick(&|line| open(line) && line.health != Health::Late);
            missing.sort_by_key(|view| view.health != Health::AtRisk);
            let busy: Vec<_> = table
                .lanes
                .iter()
                .filter(|lane| lane.lines.iter().any(|line| line.row.status != Status::Dropped))
                .map(|lane| lane.group.id)
                .collect();
            let mut groups_with_nothing = groups::active(tx, &input.reader)?;
            groups_with_nothing.retain(|group| !busy.contains(&group.id));
            let view = ReadinessView {
                forum_edition: edition.reference(),
                today,
                days_to_start: days_to(edition.starts_on),
                days_to_deadline: edition.submission_deadline.map(days_to),
                counts: HealthCounts::of(table.lines()),
                ready: pick(&|line| matches!(line.row.status, Status::Approved | Status::Presented)),
                submitted: pick(&|line| line.row.status == Status::Submitted),
                late: pick(&|line| line.health == Health::Late),
                missing,
                groups_with_nothing,
            };
            let fresh_until = Some(Instant::end_of(today, edition.time_zone));
            Ok(Object::plain(view).fresh_until(fresh_until))
        })
        .await
}
