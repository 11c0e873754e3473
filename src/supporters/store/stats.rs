//! Counts of the register, a handful of aggregates that indexes answer.
//!
//! An open endorsement is counted from `supporters`, which shows it (status and day), one that has ended from its interval: so no
//! statement joins a row a supporter, and only those who left are looked at one by one.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::super::rules::Status;
use crate::country::Region;
use crate::db::{AnyConnection, Backend};
use crate::error::Result;
use crate::schema::{supporter_statuses, supporter_statuses as t, supporters, supporters as s};
use crate::time::Day;

diesel::allow_columns_to_appear_in_same_group_by_clause!(supporters::sector, supporters::country, supporter_statuses::since);

/// The register on one day.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Everybody who stood in it.
    pub total: i64,
    /// By sector; `None` where it is unknown.
    pub by_sector: BTreeMap<Option<String>, i64>,
    /// By region; `None` where the country is unknown or M49 puts it nowhere.
    pub by_region: BTreeMap<Option<Region>, i64>,
    /// By country; `None` where it is unknown.
    pub by_country: BTreeMap<Option<String>, i64>,
    /// By the month of the endorsement, `YYYY-MM`.
    pub by_month: BTreeMap<String, i64>,
    /// Endorsements without a date.
    pub undated: i64,
}

impl Standing {
    /// The register on `day`.
    pub fn on(connection: &mut AnyConnection, day: Day) -> Result<Self> {
        let mut standing = Self::default();
        let open = || s::table.filter(s::status.eq(Status::Endorsed)).filter(s::endorsed_key.le(day.to_string()));
        let composition = open().group_by((s::sector, s::country)).select((s::sector, s::country, count_star()));
        for (sector, country, count) in composition.load(connection)? {
            standing.add_body(sector, country, count);
        }
        for (since, count) in open().group_by(s::endorsed_key).select((s::endorsed_key, count_star())).load(connection)? {
            let since: String = since;
            standing.add_endorsement(&since, count);
        }
        let ended = t::table
            .inner_join(s::table)
            .filter(t::status.eq(Status::Endorsed))
            .filter(t::until.gt(day))
            .filter(t::since.is_null().or(t::since.le(day)))
            .group_by((s::sector, s::country, t::since))
            .select((s::sector, s::country, t::since, count_star()));
        for (sector, country, since, count) in ended.load(connection)? {
            let since: Option<Day> = since;
            standing.add_body(sector, country, count);
            standing.add_endorsement(&since.map(|day| day.to_string()).unwrap_or_default(), count);
        }
        Ok(standing)
    }

    fn add_body(&mut self, sector: Option<String>, country: Option<String>, count: i64) {
        self.total += count;
        *self.by_sector.entry(sector).or_default() += count;
        *self.by_region.entry(country.as_deref().and_then(Region::of)).or_default() += count;
        *self.by_country.entry(country).or_default() += count;
    }

    /// `since` as in `endorsed_key`: empty when undated.
    fn add_endorsement(&mut self, since: &str, count: i64) {
        match since.get(..7) {
            Some(month) => *self.by_month.entry(month.to_owned()).or_default() += count,
            None => self.undated += count,
        }
    }
}

/// How many supporters there are of each sector and region together; `None` where one is unknown.
pub type Composition = BTreeMap<(Option<String>, Option<Region>), i64>;

/// How the register was composed on `day`.
pub fn composition(connection: &mut AnyConnection, day: Day) -> Result<Composition> {
    let open = s::table.filter(s::status.eq(Status::Endorsed)).filter(s::endorsed_key.le(day.to_string()));
    let open = open.group_by((s::sector, s::country)).select((s::sector, s::country, count_star()));
    let ended = t::table
        .inner_join(s::table)
        .filter(t::status.eq(Status::Endorsed))
        .filter(t::until.gt(day))
        .filter(t::since.is_null().or(t::since.le(day)))
        .group_by((s::sector, s::country))
        .select((s::sector, s::country, count_star()));
    let mut bodies: Vec<(Option<String>, Option<String>, i64)> = open.load(connection)?;
    bodies.extend(ended.load::<(Option<String>, Option<String>, i64)>(connection)?);
    let mut composition = Composition::new();
    for (sector, country, count) in bodies {
        *composition.entry((sector, country.as_deref().and_then(Region::of))).or_default() += count;
    }
    Ok(composition)
}

/// How many endorsements began and how many ended after `since` (from the beginning where it is `None`), up to and including `until`.
/// An undated one began on no day.
pub fn joined_and_left(connection: &mut AnyConnection, since: Option<Day>, until: Day) -> Result<(i64, i64)> {
    let endorsements = || t::table.filter(t::status.eq(Status::Endorsed)).into_boxed::<Backend>();
    let mut joined = endorsements().filter(t::since.le(until));
    let mut left = endorsements().filter(t::until.le(until));
    if let Some(since) = since {
        joined = joined.filter(t::since.gt(since));
        left = left.filter(t::until.gt(since));
    }
    Ok((joined.count().get_result(connection)?, left.count().get_result(connection)?))
}
