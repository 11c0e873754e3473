//! Lists of deliverables, of all groups or of one.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::super::form::Faults;
use super::super::rules::{Health, Kind, Status};
use super::super::store::list::{self, DeliverableList, Filter};
use super::super::todays::Todays;
use super::super::view::{self, COLUMNS, DeliverableView, Onlooker};
use crate::call;
use crate::db::Read;
use crate::error::{Error, FieldFault, Result};
use crate::groups::{self, InGroup};
use crate::http::page::Paging;
use crate::http::{Csv, Input, Page, Request, Table, Tagged, csv};
use crate::policy::{GroupId, Object};
use crate::text;
use crate::time::{Day, DaySchema};

/// What narrows every list of deliverables.
#[derive(Deserialize, JsonSchema)]
pub struct Narrowing {
    #[serde(flatten)]
    page: Paging<DeliverableList>,
    /// Deliverables that stand so.
    status: Option<Status>,
    /// Deliverables that do so today.
    health: Option<Health>,
    /// Deliverables of this kind.
    kind: Option<Kind>,
    /// Deliverables that serve this principle, by number.
    principle: Option<i64>,
    /// Deliverables for the Forum edition of this year.
    forum_year: Option<i64>,
    /// Due on this day or later.
    #[schemars(with = "Option<DaySchema>")]
    due_from: Option<Day>,
    /// Due on this day or earlier.
    #[schemars(with = "Option<DaySchema>")]
    due_to: Option<Day>,
    /// Words that all stand in reference, title or summary, case and accents aside.
    #[schemars(length(min = 1, max = 200))]
    q: Option<String>,
}

/// [`Narrowing`], and to a group.
#[derive(Deserialize, JsonSchema)]
pub struct Query {
    #[serde(flatten)]
    narrowing: Narrowing,
    /// Number, slug or id of a working group.
    #[schemars(length(min = 1, max = 200))]
    group: Option<String>,
}

pub async fn all(request: Request<(), Query>) -> Result<Table<Tagged<DeliverableView>>> {
    request
        .read(|tx, input| {
            let group = match input.query.group.as_deref() {
                None => None,
                Some(name) => Some(groups::resolve(tx, name).map_err(|error| match error {
                    Error::Problem(_) => Error::invalid("?group", "enum", "names no working group by number, slug or id"),
                    other => other,
                })?),
            };
            answer(tx, input, &input.query.narrowing, &input.filters, group)
        })
        .await
}

pub async fn of_group(request: Request<InGroup, Narrowing>) -> Result<Table<Tagged<DeliverableView>>> {
    request
        .read(|tx, input| {
            let group = groups::named(tx, &input.path.group, "/deliverables")?;
            input.allow(&Object::of_group(group.id))?;
            answer(tx, input, &input.query, &input.filters, Some(group.id))
        })
        .await
}

fn answer<P, Q, B>(
    tx: &mut Read<'_>,
    input: &Input<P, Q, B>,
    narrowing: &Narrowing,
    filters: &Value,
    group: Option<GroupId>,
) -> Result<Table<Tagged<DeliverableView>>> {
    let paging = &narrowing.page;
    let plan = if input.wants_csv { paging.whole()? } else { paging.plan(filters)? };
    let todays = Todays::read(tx)?;
    let filter = filter(tx, narrowing, &todays, group)?;
    let rows = list::page(tx, &filter, &plan)?;
    let to = Onlooker { actor: &input.actor, reader: &input.reader, todays: &todays };
    if input.wants_csv {
        let views = view::deliverables(tx, rows, &to)?;
        let table = csv::table(COLUMNS, views.iter().map(|tagged| tagged.value().cells()))?;
        return Ok(Table::Csv(Csv { bytes: table, fresh_until: Some(todays.fresh_until()) }));
    }
    let total = plan.total.then(|| list::count(tx, &filter)).transpose()?;
    let (rows, next) = plan.cut(rows);
    Ok(Table::Page(Page::new(view::deliverables(tx, rows, &to)?, next, total).fresh_until(Some(todays.fresh_until()))))
}

fn filter(tx: &mut Read<'_>, narrowing: &Narrowing, todays: &Todays, group: Option<GroupId>) -> Result<Filter> {
    let call = call::current(tx)?;
    let mut faults = Faults::default();
    faults.0.extend(narrowing.principle.and_then(|number| call.principle_fault("?principle", number)));
    let edition = narrowing.forum_year.map(|year| todays.edition_of(year).map(|facts| facts.id));
    if edition == Some(None) {
        faults.0.push(FieldFault::new("?forum_year", "enum", "must be the year of a Forum edition; see /forum-editions"));
    }
    if narrowing.q.as_deref().is_some_and(|q| text::search_words(q).is_empty()) {
        faults.0.push(FieldFault::new("?q", "empty", "needs at least one letter or digit"));
    }
    if let (Some(from), Some(to)) = (narrowing.due_from, narrowing.due_to)
        && to < from
    {
        faults.0.push(FieldFault::new("?due_to", "too-early", "must not lie before due_from"));
    }
    faults.none()?;
    Ok(Filter {
        group,
        status: narrowing.status,
        health: narrowing.health.map(|health| (health, todays.clone())),
        kind: narrowing.kind,
        principle: narrowing.principle,
        edition: edition.flatten(),
        due_from: narrowing.due_from,
        due_to: narrowing.due_to,
        q: narrowing.q.clone(),
    })
}
