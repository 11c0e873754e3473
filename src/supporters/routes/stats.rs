//! `/supporters/stats`: the register in numbers that add up.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::store::stats::{Standing, joined_and_left};
use crate::call::{self, Call, Milestone};
use crate::country::Region;
use crate::error::{Error, Result};
use crate::http::{Object, Request};
use crate::time::{Day, DaySchema};

/// The register in numbers on one day. `by_sector`, `by_region` and `by_country` each add up to `total`, `by_month` does with `undated`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegisterStatistics")]
pub struct StatsView {
    /// The day that is counted.
    #[schemars(with = "DaySchema")]
    as_of: Day,
    /// Supporters endorsed on that day.
    total: i64,
    /// Every sector of the call in the call's order, then `unclassified`.
    by_sector: Vec<CountView>,
    /// Every region of UN M49, then `unknown`: no country, or one that M49 puts in no region.
    by_region: Vec<CountView>,
    /// The countries that occur, by code, then `unknown`.
    by_country: Vec<CountView>,
    /// The months in which they endorsed, as far as known, oldest first.
    by_month: Vec<MonthView>,
    /// Endorsements of which no day is known. They stand on every day until they ended, and never count as joined.
    undated: i64,
    /// Endorsements that began after `since` (without it: ever) and not after `as_of`.
    joined: i64,
    /// Endorsements that ended after `since` (without it: ever) and not after `as_of`. With `since`, `total` is that day's `total`
    /// plus `joined` less `left`.
    left: i64,
    /// Every total that was announced at its time, whatever `as_of`: for comparison, never mixed with what is counted here.
    announced: Vec<AnnouncedView>,
}

/// How many there are of one code.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CodeCount")]
struct CountView {
    code: String,
    count: i64,
}

/// How many there are of one month.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MonthCount")]
struct MonthView {
    /// `YYYY-MM`.
    month: String,
    count: i64,
}

/// A total as it was announced.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AnnouncedTotal")]
struct AnnouncedView {
    #[schemars(with = "DaySchema")]
    on: Day,
    total: i64,
    source: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct StatsQuery {
    /// The day that is counted; today, in the call's zone, if not given. A day to come is counted as far as it is recorded by now.
    #[schemars(with = "Option<DaySchema>")]
    as_of: Option<Day>,
    /// The day from which `joined` and `left` are counted, that day itself left out. Not after `as_of`.
    #[schemars(with = "Option<DaySchema>")]
    since: Option<Day>,
}

pub async fn stats(request: Request<(), StatsQuery>) -> Result<Object<StatsView>> {
    request
        .read(|tx, input| {
            let call = call::current(tx)?;
            let as_of = input.query.as_of.unwrap_or_else(|| call.today(tx.now()));
            let since = input.query.since;
            if since.is_some_and(|since| since > as_of) {
                return Err(Error::invalid("?since", "too-late", format!("must not lie after as_of, which is {as_of}")));
            }
            let standing = Standing::on(tx, as_of)?;
            let (joined, left) = joined_and_left(tx, since, as_of)?;
            let view = StatsView::of(&call, as_of, standing, (joined, left), call::milestones(tx)?);
            let changes_at = input.query.as_of.is_none().then(|| call.end_of_today(tx.now()));
            Ok(Object::plain(view).fresh_until(changes_at))
        })
        .await
}

impl StatsView {
    fn of(call: &Call, as_of: Day, standing: Standing, (joined, left): (i64, i64), milestones: Vec<Milestone>) -> Self {
        let Standing { total, by_sector, by_region, by_country, by_month, undated } = standing;
        let sectors = call.sectors.iter().map(|sector| sector.code.clone());
        let countries: Vec<_> = by_country.keys().flatten().cloned().collect();
        Self {
            as_of,
            total,
            by_sector: counts(sectors, &by_sector, "unclassified"),
            by_region: counts(Region::ALL.iter().copied(), &by_region, "unknown"),
            by_country: counts(countries, &by_country, "unknown"),
            by_month: by_month.into_iter().map(|(month, count)| MonthView { month, count }).collect(),
            undated,
            joined,
            left,
            announced: milestones
                .into_iter()
                .map(|Milestone { on, total, source }| AnnouncedView { on, total, source })
                .collect(),
        }
    }
}

/// One count for each of `codes`, in that order, then the count of those without one, under the name `none`.
fn counts<T: Ord + ToString>(
    codes: impl IntoIterator<Item = T>,
    counted: &BTreeMap<Option<T>, i64>,
    none: &str,
) -> Vec<CountView> {
    let count = |code: &Option<T>| counted.get(code).copied().unwrap_or_default();
    let known = codes.into_iter().map(Some).filter_map(|code| {
        let count = count(&code);
        code.map(|code| CountView { code: code.to_string(), count })
    });
    let mut counts: Vec<_> = known.collect();
    counts.push(CountView { code: none.to_owned(), count: count(&None) });
    counts
}
