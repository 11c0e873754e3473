//! The one row of settings.

use diesel::prelude::*;

use super::rules::Settings;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::etag::stale;
use crate::schema::settings;
use crate::time::Instant;

/// Its id.
const ALL: &str = "all";

/// The settings as they are kept.
#[derive(Default)]
pub struct Stored {
    /// What is in force.
    pub settings: Settings,
    /// Their version; 0 where all is as delivered.
    pub version: i64,
    /// When they were last changed, if ever.
    pub updated_at: Option<Instant>,
}

/// What is kept; as delivered where nothing is.
pub fn stored(c: &mut AnyConnection) -> Result<Stored> {
    let columns = (settings::choices, settings::version, settings::updated_at);
    let row: Option<(String, i64, Instant)> =
        settings::table.filter(settings::id.eq(ALL)).select(columns).get_result(c).optional()?;
    let Some((json, version, at)) = row else { return Ok(Stored::default()) };
    Ok(Stored { settings: serde_json::from_str(&json)?, version, updated_at: Some(at) })
}

/// Saves settings over the version they were read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, to: &Settings, version: i64) -> Result<()> {
    let (now, json) = (tx.now(), serde_json::to_string(to)?);
    let values = (settings::choices.eq(json), settings::version.eq(version + 1), settings::updated_at.eq(now));
    let saved = if version == 0 {
        let made = tx.unless_taken(|c| diesel::insert_into(settings::table).values((settings::id.eq(ALL), values)).execute(c))?;
        made.unwrap_or_default()
    } else {
        let known = settings::table.filter(settings::id.eq(ALL)).filter(settings::version.eq(version));
        diesel::update(known).set(values).execute(&mut **tx)?
    };
    if saved == 1 { Ok(()) } else { Err(stale()) }
}
