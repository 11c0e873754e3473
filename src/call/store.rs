//! The call's rows.

use chrono_tz::Tz;
use diesel::prelude::*;

use super::rules::{Call, Code, RuleNumbers};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::http::Languages;
use crate::ids::Id;
use crate::locale::Localised;
use crate::schema::{calls, kinds, principles, register_milestones, sectors};
use crate::time::{Day, Instant};

/// Marks the id of the call.
#[derive(Debug)]
pub enum CallMark {}

/// The call's one row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = calls)]
pub struct CallRow {
    pub id: Id<CallMark>,
    pub slug: String,
    pub name: String,
    pub launched_on: Day,
    pub website: Option<String>,
    pub contact_email: String,
    pub time_zone: String,
    pub locales: String,
    pub min_seats: i64,
    pub max_seats: i64,
    pub min_sectors: i64,
    pub min_countries: i64,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The call's row; 503 where none is loaded.
pub fn call_row(connection: &mut AnyConnection) -> Result<CallRow> {
    let row = calls::table.select(CallRow::as_select()).order(calls::created_at).first(connection).optional()?;
    row.ok_or_else(|| {
        Problem::new(ProblemKind::Unavailable, "No call is loaded yet. The operator loads one with `plenary load <call.toml>`.")
            .into()
    })
}

/// Everything of [`Call`].
pub fn load(connection: &mut AnyConnection) -> Result<Call> {
    let row = call_row(connection)?;
    let codes = |rows: Vec<(String, String)>| -> Result<Vec<Code>> {
        rows.into_iter().map(|(code, name)| Ok(Code { code, name: Localised::from_json(&name)? })).collect()
    };
    Ok(Call {
        slug: row.slug,
        name: row.name,
        contact_email: row.contact_email,
        launched_on: row.launched_on,
        time_zone: zone(&row.time_zone)?,
        locales: serde_json::from_str(&row.locales)?,
        rule: RuleNumbers {
            min_seats: row.min_seats,
            max_seats: row.max_seats,
            min_sectors: row.min_sectors,
            min_countries: row.min_countries,
        },
        sectors: codes(sectors::table.order(sectors::position).select((sectors::code, sectors::name)).load(connection)?)?,
        kinds: codes(kinds::table.order(kinds::position).select((kinds::code, kinds::name)).load(connection)?)?,
        principles: principles::table.order(principles::number).select(principles::number).load(connection)?,
    })
}

/// A stored zone.
pub fn zone(name: &str) -> Result<Tz> {
    name.parse().map_err(|_| Error::Internal(format!("stored time zone {name:?} is unknown")))
}

/// The call's languages.
pub fn languages(connection: &mut AnyConnection) -> Result<Languages> {
    let locales: Option<String> = calls::table.select(calls::locales).first(connection).optional()?;
    Ok(Languages(locales.map_or_else(|| Ok(vec!["en".to_owned()]), |json| serde_json::from_str(&json))?))
}

/// A principle's row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = principles)]
pub struct PrincipleRow {
    pub id: Id<CallMark>,
    pub number: i64,
    pub title: String,
    pub summary: String,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// Every principle, by number.
pub fn principle_rows(connection: &mut AnyConnection) -> Result<Vec<PrincipleRow>> {
    Ok(principles::table.select(PrincipleRow::as_select()).order(principles::number).load(connection)?)
}

/// A sector's or kind's row.
pub type CodeRow = (Id<CallMark>, String, String, Instant, Instant);

/// Every sector, in the call file's order.
pub fn sector_rows(connection: &mut AnyConnection) -> Result<Vec<CodeRow>> {
    use sectors as s;
    Ok(s::table.select((s::id, s::code, s::name, s::created_at, s::updated_at)).order(s::position).load(connection)?)
}

/// Every kind, in the call file's order.
pub fn kind_rows(connection: &mut AnyConnection) -> Result<Vec<CodeRow>> {
    use kinds as s;
    Ok(s::table.select((s::id, s::code, s::name, s::created_at, s::updated_at)).order(s::position).load(connection)?)
}

/// A total of the register as it was announced at the time.
#[derive(Clone, Debug)]
pub struct Milestone {
    /// The day it was announced.
    pub on: Day,
    /// The total.
    pub total: i64,
    /// Who says so.
    pub source: String,
}

/// Every announced total, oldest first.
pub fn milestones(connection: &mut AnyConnection) -> Result<Vec<Milestone>> {
    use register_milestones as m;
    let rows: Vec<(Day, i64, String)> =
        m::table.select((m::announced_on, m::total, m::source)).order(m::announced_on).load(connection)?;
    Ok(rows.into_iter().map(|(on, total, source)| Milestone { on, total, source }).collect())
}

/// Takes the lock of the call's row by writing what it says already.
pub fn lock(tx: &mut Write<'_>) -> Result<()> {
    diesel::update(calls::table).set(calls::version.eq(calls::version)).execute(&mut **tx)?;
    Ok(())
}
