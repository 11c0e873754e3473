//! A group's members beside the register they come from: by sector and by region.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::store::Counts;
use super::view::GroupRef;
use crate::country::Region;
use crate::supporters::SupporterFacts;

/// Where the sector is not known, as in the statistics of the register.
const UNCLASSIFIED: &str = "unclassified";
/// Where the region is not known, as in the statistics of the register.
const UNKNOWN: &str = "unknown";

/// A group's members by sector and region, beside the register's composition. Each list adds up to the totals.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupComposition")]
pub struct Composition {
    /// The group.
    pub group: GroupRef,
    /// Its active members, observers left out.
    pub members: i64,
    /// Supporters that these members, or the seats, stand for.
    pub member_supporters: i64,
    /// Endorsed supporters of the whole register.
    pub register: i64,
    /// By every sector of the call, in the call's order, then `unclassified`.
    pub by_sector: Vec<Share>,
    /// By every region, then `unknown`.
    pub by_region: Vec<Share>,
}

/// One sector's, or region's, share of a group and of the register.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "GroupShare")]
pub struct Share {
    /// The sector or region.
    pub code: String,
    /// Members of the group.
    pub members: i64,
    /// Member supporters of the group.
    pub member_supporters: i64,
    /// Endorsed supporters of the register.
    pub register: i64,
}

impl Composition {
    /// Of `group`, whose member supporters these are, in a call of these `sectors`.
    pub fn new(group: GroupRef, sectors: &[String], supporters: &[&SupporterFacts], register: (&Counts, &Counts)) -> Self {
        let count = |known: &mut dyn Iterator<Item = Option<&str>>| {
            let mut counts: BTreeMap<Option<String>, i64> = BTreeMap::new();
            for code in known {
                *counts.entry(code.map(str::to_owned)).or_default() += 1;
            }
            counts.into_iter().collect::<Counts>()
        };
        let by_sector = count(&mut supporters.iter().map(|facts| facts.sector.as_deref()));
        let by_region = count(&mut supporters.iter().map(|facts| facts.region.as_ref().map(Region::as_str)));
        let regions = Region::ALL.iter().map(Region::to_string);
        let total = |counts: &Counts| counts.iter().map(|(_, n)| n).sum();
        Self {
            group,
            members: 0,
            member_supporters: total(&by_sector),
            register: total(register.0),
            by_sector: shares(sectors.iter().cloned(), UNCLASSIFIED, &by_sector, register.0),
            by_region: shares(regions, UNKNOWN, &by_region, register.1),
        }
    }
}

fn shares(codes: impl Iterator<Item = String>, unknown: &str, supporters: &Counts, register: &Counts) -> Vec<Share> {
    let of =
        |counts: &Counts, code: Option<&str>| counts.iter().filter(|(known, _)| known.as_deref() == code).map(|(_, n)| n).sum();
    let share = |code: Option<&str>| Share {
        code: code.unwrap_or(unknown).to_owned(),
        members: 0,
        member_supporters: of(supporters, code),
        register: of(register, code),
    };
    codes.map(|code| share(Some(&code))).chain([share(None)]).collect()
}
