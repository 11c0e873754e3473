//! `/supporters` and `/supporters/{supporter}`: the public register. Never contact data.

mod change;
mod merge;
mod stats;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::{InSupporter, visible};
use super::rules::Status;
use super::store::{self, Beside, Filter, Register, SupporterRow};
use crate::call::{self, Call};
use crate::country::{self, Region};
use crate::db::Read;
use crate::error::{FieldFault, Problem, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Csv, Object, Page, Request, Route, Table, Tagged, csv, get, route};
use crate::policy::{Action, SupporterId};
use crate::text;
use crate::time::{Day, DaySchema, Instant};

/// A supporter, as the public sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Supporter")]
struct SupporterView {
    id: SupporterId,
    slug: String,
    name: String,
    /// Names that it had before, oldest first.
    former_names: Vec<String>,
    /// A code of `/sectors`; null where it is unknown.
    sector: Option<String>,
    /// A code of `/kinds`.
    kind: Option<String>,
    /// ISO 3166-1 alpha-2; null where it is unknown.
    country: Option<String>,
    /// UN M49's, from the country; null where M49 has none.
    region: Option<Region>,
    website: Option<String>,
    statement: Option<String>,
    /// Numbers of `/principles` that it commits to.
    principles: Vec<i64>,
    /// Null where the day is not known.
    #[schemars(with = "Option<DaySchema>")]
    endorsed_on: Option<Day>,
    #[schemars(with = "Option<DaySchema>")]
    withdrawn_on: Option<Day>,
    status: Status,
    created_at: Instant,
    updated_at: Instant,
}

/// The names of [`SupporterView`]'s fields, in the order of [`SupporterView::cells`].
const COLUMNS: &[&str] = &[
    "id",
    "slug",
    "name",
    "former_names",
    "sector",
    "kind",
    "country",
    "region",
    "website",
    "statement",
    "principles",
    "endorsed_on",
    "withdrawn_on",
    "status",
    "created_at",
    "updated_at",
];

impl SupporterView {
    fn of(row: SupporterRow, beside: &mut Beside) -> Tagged<Self> {
        let view = Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            former_names: beside.former_names(row.id),
            sector: row.sector,
            kind: row.kind,
            country: row.country,
            region: row.region,
            website: row.website,
            statement: row.statement,
            principles: beside.principles(row.id),
            endorsed_on: row.endorsed_on,
            withdrawn_on: row.withdrawn_on,
            status: row.status,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Tagged::new(row.version, view)
    }

    /// A row of CSV: lists parted by `; `, what is unknown empty.
    fn cells(row: SupporterRow, beside: &mut Beside) -> [String; COLUMNS.len()] {
        let principles: Vec<_> = beside.principles(row.id).iter().map(i64::to_string).collect();
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        [
            row.id.to_string(),
            row.slug,
            row.name,
            beside.former_names(row.id).join("; "),
            row.sector.unwrap_or_default(),
            row.kind.unwrap_or_default(),
            row.country.unwrap_or_default(),
            row.region.map(|region| region.to_string()).unwrap_or_default(),
            row.website.unwrap_or_default(),
            row.statement.unwrap_or_default(),
            principles.join("; "),
            day(row.endorsed_on),
            day(row.withdrawn_on),
            row.status.to_string(),
            row.created_at.to_string(),
            row.updated_at.to_string(),
        ]
    }
}

#[derive(Deserialize, JsonSchema)]
struct RegisterQuery {
    #[serde(flatten)]
    page: Paging<Register>,
    /// A code of `/sectors`.
    #[schemars(length(max = 100))]
    sector: Option<String>,
    /// A code of `/kinds`.
    #[schemars(length(max = 100))]
    kind: Option<String>,
    /// ISO 3166-1 alpha-2, in any case.
    #[schemars(length(min = 2, max = 2))]
    country: Option<String>,
    /// A region of UN M49.
    region: Option<Region>,
    /// A number of `/principles`: who commits to it.
    principle: Option<i64>,
    /// Number, slug or id of a working group: who holds a seat in it or has a member there, now or at the end of `as_of`.
    #[schemars(length(min = 1, max = 200))]
    group: Option<String>,
    /// Words that all stand in the name or a former name, without regard to case and accents.
    #[schemars(length(min = 1, max = 200))]
    q: Option<String>,
    /// Endorsed on this day or later; leaves the undated out.
    #[schemars(with = "Option<DaySchema>")]
    endorsed_from: Option<Day>,
    /// Endorsed on this day or earlier; leaves the undated out.
    #[schemars(with = "Option<DaySchema>")]
    endorsed_to: Option<Day>,
    /// Who was endorsed on this day, shown as they are now. An undated endorsement stands on every day until it ended.
    #[schemars(with = "Option<DaySchema>")]
    as_of: Option<Day>,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/supporters", Action::ReadPublic, "The register: endorsed supporters, filtered and sorted; also as CSV", register)
            .answers(&[ProblemKind::InvalidCursor]),
        get("/supporters/stats", Action::ReadPublic, "The register in numbers, as of a day", stats::stats),
        get("/supporters/{supporter}", Action::ReadPublic, "A supporter that is or was endorsed", supporter)
            .answers(&[ProblemKind::NotFound]),
        route(Method::PATCH, "/supporters/{supporter}", Action::RunSupporter, "Change a supporter's profile", change::change)
            .answers(&[ProblemKind::RuleViolation]),
        route(
            Method::POST,
            "/supporters/{supporter}/transitions",
            Action::RunSupporter,
            "Withdraw a supporter",
            change::transition,
        )
        .answers(&[ProblemKind::IllegalTransition, ProblemKind::RuleViolation, ProblemKind::PreconditionFailed]),
        route(
            Method::POST,
            "/supporters/{supporter}/merge",
            Action::RunInitiative,
            "Merge a supporter into another",
            merge::merge,
        )
        .answers(&[ProblemKind::RuleViolation, ProblemKind::PreconditionFailed]),
    ]
}

async fn register(request: Request<(), RegisterQuery>) -> Result<Table<Tagged<SupporterView>>> {
    request
        .read(|tx, input| {
            let paging = &input.query.page;
            let plan = if input.wants_csv { paging.whole()? } else { paging.plan(&input.filters)? };
            let filter = filter(tx, &input.query)?;
            let rows = store::page(tx, &filter, &plan)?;
            if input.wants_csv {
                let mut beside = Beside::rows(tx, &rows)?;
                let bytes = csv::table(COLUMNS, rows.into_iter().map(|row| SupporterView::cells(row, &mut beside)))?;
                return Ok(Table::Csv(Csv { bytes, fresh_until: None }));
            }
            let total = if plan.total { Some(store::count(tx, &filter)?) } else { None };
            let (rows, next) = plan.cut(rows);
            let mut beside = Beside::rows(tx, &rows)?;
            let items = rows.into_iter().map(|row| SupporterView::of(row, &mut beside)).collect();
            Ok(Table::Page(Page::new(items, next, total)))
        })
        .await
}

/// The filter that a query asks for, or every fault in it.
fn filter(tx: &mut Read<'_>, query: &RegisterQuery) -> Result<Filter> {
    let call = call::current(tx)?;
    let sector = query.sector.as_deref().and_then(|code| call.sector_fault("?sector", code));
    let kind = query.kind.as_deref().and_then(|code| call.kind_fault("?kind", code));
    let principle = query.principle.and_then(|number| call.principle_fault("?principle", number));
    let mut faults: Vec<_> = [sector, kind, principle].into_iter().flatten().collect();
    let mut refuse = |name: &str, code, detail: String| faults.push(FieldFault::new(format!("?{name}"), code, detail));
    let country = query.country.as_deref().and_then(country::alpha2);
    if query.country.is_some() && country.is_none() {
        refuse("country", "enum", "must be a country code of ISO 3166-1, such as FR".into());
    }
    let group = query.group.as_deref().map(|group| store::group_id(tx, group)).transpose()?;
    if group == Some(None) {
        refuse("group", "enum", "names no working group by number, slug or id".into());
    }
    if query.q.as_deref().is_some_and(|q| text::search_words(q).is_empty()) {
        refuse("q", "empty", "needs at least one letter or digit".into());
    }
    if let (Some(from), Some(to)) = (query.endorsed_from, query.endorsed_to)
        && to < from
    {
        refuse("endorsed_to", "too-early", "must not lie before endorsed_from".into());
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(&faults).into());
    }
    Ok(Filter {
        sector: query.sector.clone(),
        kind: query.kind.clone(),
        country,
        region: query.region,
        principle: query.principle,
        in_group: group.flatten().map(|group| (group, taking_part_at(tx, &call, query.as_of))),
        q: query.q.clone(),
        endorsed_from: query.endorsed_from,
        endorsed_to: query.endorsed_to,
        as_of: query.as_of,
    })
}

/// When a seat must be held, or a member take part, to count: now, or at the end of the day asked for.
fn taking_part_at(tx: &Read<'_>, call: &Call, as_of: Option<Day>) -> Instant {
    as_of.map_or(tx.now(), |day| Instant::end_of(day, call.time_zone))
}

async fn supporter(request: Request<InSupporter>) -> Result<Object<Tagged<SupporterView>>> {
    request
        .read(|tx, input| {
            let row = visible(tx, input, "")?;
            let mut beside = Beside::rows(tx, std::slice::from_ref(&row))?;
            Ok(Object::tagged(SupporterView::of(row, &mut beside)))
        })
        .await
}
