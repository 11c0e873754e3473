//! `/deliverables/{deliverable}/milestones` and `/milestones/{milestone}`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::form::Faults;
use super::super::path::{self, InDeliverable};
use super::super::record;
use super::super::store::DeliverableRow;
use super::super::todays::Todays;
use super::super::view::MilestoneView;
use super::store::{self, MilestoneId, MilestoneList};
use crate::audit;
use crate::db::Write;
use crate::error::{Error, ProblemKind, Result};
use crate::http::change::Change;
use crate::http::page::Paging;
use crate::http::{Created, NoContent, Object, Page, Request, Route, Tagged, get, route};
use crate::policy::Action;
use crate::time::{Day, DaySchema};

const LIST: &str = "/deliverables/{deliverable}/milestones";
const ONE: &str = "/milestones/{milestone}";

/// Most milestones of one deliverable.
const MOST: i64 = 100;

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, InvalidCursor, NotFound, RuleViolation, WrongState};
    let (read, work) = (Action::ReadPublic, Action::WorkOnDeliverable);
    vec![
        get(LIST, read, "A deliverable's milestones, by due day", list).answers(&[NotFound, InvalidCursor]),
        route(Method::POST, LIST, work, "Add a milestone", make).answers(&[NotFound, WrongState, RuleViolation]),
        get(ONE, read, "One milestone", show).answers(&[NotFound]),
        route(Method::PATCH, ONE, work, "Change a milestone", change).answers(&[Forbidden, NotFound, WrongState, RuleViolation]),
        route(Method::DELETE, ONE, work, "Remove a milestone", delete).answers(&[Forbidden, NotFound, WrongState]),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<MilestoneList>,
}

async fn list(request: Request<InDeliverable, Query>) -> Result<Page<Tagged<MilestoneView>>> {
    request
        .read(|tx, input| {
            let id = path::load(tx, input)?.row.id;
            let plan = input.query.page.plan(&input.filters)?;
            let total = plan.total.then(|| store::count(tx, id)).transpose()?;
            let (rows, next) = plan.cut(store::page(tx, id, &plan)?);
            Ok(Page::new(rows.into_iter().map(MilestoneView::of).collect(), next, total))
        })
        .await
}

/// A milestone to add.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewMilestone")]
struct New {
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    #[schemars(with = "DaySchema")]
    due_on: Day,
    /// When it was done; null: not yet.
    #[schemars(with = "Option<DaySchema>")]
    done_on: Option<Day>,
}

/// Nothing is done on a day that has not come.
fn not_ahead(tx: &mut Write<'_>, of: &DeliverableRow, done_on: Option<Day>) -> Result<()> {
    let now = tx.now();
    let today = Todays::load(tx, now)?.of(of.forum_edition_id);
    if done_on.is_some_and(|day| day > today) {
        return Err(Error::violation("done_ahead", format!("It is {today}: nothing is done on a day that has not come.")));
    }
    Ok(())
}

async fn make(request: Request<InDeliverable, (), New>) -> Result<Created<MilestoneView>> {
    request
        .create(
            |tx, input| {
                let mut faults = Faults::default();
                let title = faults.title(&input.body.title);
                faults.none()?;
                let (found, group) = path::hold(tx, input)?;
                path::in_work(&found, &group)?;
                not_ahead(tx, &found.row, input.body.done_on)?;
                if store::count(tx, found.row.id)? >= MOST {
                    let detail = format!("A deliverable has at most {MOST} milestones: remove one first.");
                    return Err(Error::violation("too_many_milestones", detail));
                }
                let id = store::insert(tx, found.row.id, &title, input.body.due_on, input.body.done_on)?;
                audit::record(tx, record::entry("milestone.added", "milestone", id, &found.row));
                Ok(id.to_string())
            },
            |tx, input, id| {
                // A repeat too answers only who may do it now.
                path::load(tx, input)?;
                let row = store::find(tx, id.parse().map_err(|_| Error::not_found("milestone"))?)?;
                Ok(Created { location: format!("/milestones/{}", row.id), object: MilestoneView::of(row) })
            },
        )
        .await
}

/// A milestone.
#[derive(Deserialize, JsonSchema)]
struct InMilestone {
    /// The milestone's id.
    milestone: MilestoneId,
}

async fn show(request: Request<InMilestone>) -> Result<Object<Tagged<MilestoneView>>> {
    request.read(|tx, input| Ok(Object::tagged(MilestoneView::of(store::find(tx, input.path.milestone)?)))).await
}

/// What can be changed of a milestone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MilestoneChange")]
struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 1000))]
    title: Option<String>,
    #[serde(default)]
    #[schemars(with = "DaySchema")]
    due_on: Option<Day>,
    /// When it was done; null: not yet.
    #[serde(default)]
    #[schemars(with = "Option<DaySchema>")]
    done_on: Change<Day>,
}

async fn change(request: Request<InMilestone, (), Changes>) -> Result<Object<Tagged<MilestoneView>>> {
    request
        .write(|tx, input| {
            let mut faults = Faults::default();
            let title = input.body.title.as_deref().map(|typed| faults.title(typed));
            faults.none()?;
            let of = store::find(tx, input.path.milestone)?.deliverable_id;
            let (found, group) = path::hold_owner(tx, input, of)?;
            let was = store::find(tx, input.path.milestone)?;
            input.if_match.require(was.version)?;
            path::in_work(&found, &group)?;
            let mut row = was.clone();
            row.title = title.unwrap_or(row.title);
            row.due_on = input.body.due_on.unwrap_or(row.due_on);
            input.body.done_on.apply(&mut row.done_on);
            not_ahead(tx, &found.row, row.done_on.filter(|_| row.done_on != was.done_on))?;
            if row != was {
                store::save(tx, &row)?;
                let is_done = row.done_on.is_some() && was.done_on.is_none();
                let act = if is_done { "milestone.done" } else { "milestone.changed" };
                audit::record(tx, record::entry(act, "milestone", row.id, &found.row));
            }
            Ok(Object::tagged(MilestoneView::of(store::find(tx, row.id)?)))
        })
        .await
}

async fn delete(request: Request<InMilestone>) -> Result<NoContent> {
    request
        .write(|tx, input| {
            let of = store::find(tx, input.path.milestone)?.deliverable_id;
            let (found, group) = path::hold_owner(tx, input, of)?;
            let row = store::find(tx, input.path.milestone)?;
            input.if_match.require(row.version)?;
            path::in_work(&found, &group)?;
            store::delete(tx, row.id)?;
            audit::record(tx, record::entry("milestone.removed", "milestone", row.id, &found.row));
            Ok(NoContent)
        })
        .await
}
