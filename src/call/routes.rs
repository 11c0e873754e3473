//! `/call`, `/principles`, `/sectors`, `/kinds`: small, whole, public.

use schemars::JsonSchema;
use serde::Serialize;

use super::store::{self, CallMark, CodeRow};
use crate::error::Result;
use crate::http::{Object, Page, Request, Route, Tagged, get};
use crate::ids::Id;
use crate::locale::{Localised, Reader, Shown};
use crate::policy::Action;
use crate::time::{Day, DaySchema, Instant};

/// The call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Call")]
struct CallView {
    id: Id<CallMark>,
    slug: String,
    name: String,
    #[schemars(with = "DaySchema")]
    launched_on: Day,
    website: Option<String>,
    contact_email: String,
    time_zone: String,
    locales: Vec<String>,
    co_chair_rule: RuleView,
    created_at: Instant,
    updated_at: Instant,
}

/// The numbers of the co-chair rule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoChairRule")]
struct RuleView {
    min_seats: i64,
    max_seats: i64,
    min_sectors: i64,
    min_countries: i64,
}

/// A numbered commitment of the call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Principle")]
struct PrincipleView {
    id: Id<CallMark>,
    number: i64,
    title: Shown,
    summary: Shown,
    created_at: Instant,
    updated_at: Instant,
}

/// A sector or a kind.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Code")]
struct CodeView {
    id: Id<CallMark>,
    code: String,
    name: Shown,
    created_at: Instant,
    updated_at: Instant,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/call", Action::ReadPublic, "The call that this deployment serves", call),
        get("/principles", Action::ReadPublic, "The call's principles, by number", principles),
        get("/sectors", Action::ReadPublic, "The sectors that a supporter may be of", sectors),
        get("/kinds", Action::ReadPublic, "The finer types of supporters", kinds),
    ]
}

async fn call(request: Request) -> Result<Object<Tagged<CallView>>> {
    request
        .read(|tx, _| {
            let row = store::call_row(tx)?;
            let view = CallView {
                id: row.id,
                slug: row.slug,
                name: row.name,
                launched_on: row.launched_on,
                website: row.website,
                contact_email: row.contact_email,
                time_zone: row.time_zone,
                locales: serde_json::from_str(&row.locales)?,
                co_chair_rule: RuleView {
                    min_seats: row.min_seats,
                    max_seats: row.max_seats,
                    min_sectors: row.min_sectors,
                    min_countries: row.min_countries,
                },
                created_at: row.created_at,
                updated_at: row.updated_at,
            };
            Ok(Object::tagged(Tagged::new(row.version, view)))
        })
        .await
}

async fn principles(request: Request) -> Result<Page<PrincipleView>> {
    request
        .read(|tx, input| {
            let view = |row: store::PrincipleRow| -> Result<PrincipleView> {
                Ok(PrincipleView {
                    id: row.id,
                    number: row.number,
                    title: Localised::from_json(&row.title)?.shown(&input.reader),
                    summary: Localised::from_json(&row.summary)?.shown(&input.reader),
                    created_at: row.created_at,
                    updated_at: row.updated_at,
                })
            };
            Ok(Page::new(store::principle_rows(tx)?.into_iter().map(view).collect::<Result<_>>()?, None, None))
        })
        .await
}

async fn sectors(request: Request) -> Result<Page<CodeView>> {
    request.read(|tx, input| codes(store::sector_rows(tx)?, &input.reader)).await
}

async fn kinds(request: Request) -> Result<Page<CodeView>> {
    request.read(|tx, input| codes(store::kind_rows(tx)?, &input.reader)).await
}

fn codes(rows: Vec<CodeRow>, reader: &Reader) -> Result<Page<CodeView>> {
    let view = |(id, code, name, created_at, updated_at): CodeRow| -> Result<CodeView> {
        Ok(CodeView { id, code, name: Localised::from_json(&name)?.shown(reader), created_at, updated_at })
    };
    Ok(Page::new(rows.into_iter().map(view).collect::<Result<_>>()?, None, None))
}
