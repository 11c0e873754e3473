//! A group's members beside the register they come from: by sector and by region.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::store::Counts;
use super::view::GroupRef;
use crate::country::Region;
use crate::picture::bars::{Bars, Panel, Row};
use crate::picture::words::Tongue;
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
    /// Of `group`, whose member supporters these are, each with how many members stand for it, in a call of these `sectors`.
    pub fn new(group: GroupRef, sectors: &[String], supporters: &[(&SupporterFacts, i64)], register: (&Counts, &Counts)) -> Self {
        let by_sector = tally(supporters, |facts| facts.sector.clone());
        let by_region = tally(supporters, |facts| facts.region.as_ref().map(Region::to_string));
        let regions = Region::ALL.iter().map(Region::to_string);
        let total = |counts: &Counts| counts.iter().map(|(_, n)| n).sum();
        Self {
            group,
            members: by_sector.values().map(|(members, _)| members).sum(),
            member_supporters: by_sector.values().map(|(_, supporters)| supporters).sum(),
            register: total(register.0),
            by_sector: shares(sectors.iter().cloned(), UNCLASSIFIED, &by_sector, register.0),
            by_region: shares(regions, UNKNOWN, &by_region, register.1),
        }
    }
}

impl Composition {
    /// As bars: its members, or where it has none yet the supporters that hold its seats, beside the register. `name`: of a sector, by code.
    pub fn bars(&self, tongue: Tongue, name: impl Fn(&str) -> Option<String>) -> Bars {
        let seats_only = self.members == 0;
        let worded = |code: &str| match (tongue, code) {
            (Tongue::Fr, "africa") => "Afrique".to_owned(),
            (Tongue::Fr, "americas") => "Amériques".to_owned(),
            (Tongue::Fr, "asia") => "Asie".to_owned(),
            (Tongue::Fr, "oceania") => "Océanie".to_owned(),
            (Tongue::Fr, UNCLASSIFIED) => "non classés".to_owned(),
            (Tongue::Fr, UNKNOWN) => "inconnue".to_owned(),
            (Tongue::En, UNCLASSIFIED | UNKNOWN) => code.to_owned(),
            _ => code.split('_').map(capitalised).collect::<Vec<_>>().join(" "),
        };
        let panel = |heading: &str, shares: &[Share]| Panel {
            heading: heading.to_owned(),
            rows: shares
                .iter()
                .map(|share| Row {
                    label: name(&share.code).unwrap_or_else(|| worded(&share.code)),
                    counts: [if seats_only { share.member_supporters } else { share.members }, share.register],
                })
                .collect(),
        };
        let ours =
            if seats_only { tongue.say("Member supporters", "Soutiens membres") } else { tongue.say("Members", "Membres") };
        Bars {
            tongue,
            title: format!("{} \u{2013} {}", self.group.number, self.group.title.plain()),
            series: [ours.to_owned(), tongue.say("Register", "Registre").to_owned()],
            panels: vec![
                panel(tongue.say("By sector", "Par secteur"), &self.by_sector),
                panel(tongue.say("By region", "Par région"), &self.by_region),
            ],
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Members and member supporters by one thing that is known of the supporters; `None`: unknown.
type Tally = BTreeMap<Option<String>, (i64, i64)>;

fn tally(supporters: &[(&SupporterFacts, i64)], known: impl Fn(&SupporterFacts) -> Option<String>) -> Tally {
    let mut tally = Tally::new();
    for (facts, count) in supporters {
        let (members, supporters) = tally.entry(known(facts)).or_default();
        *members += count;
        *supporters += 1;
    }
    tally
}

fn shares(codes: impl Iterator<Item = String>, unknown: &str, group: &Tally, register: &Counts) -> Vec<Share> {
    let share = |code: Option<String>| {
        let (members, member_supporters) = group.get(&code).copied().unwrap_or_default();
        let register = register.iter().filter(|(known, _)| *known == code).map(|(_, n)| n).sum();
        Share { code: code.unwrap_or_else(|| unknown.to_owned()), members, member_supporters, register }
    };
    codes.map(Some).chain([None]).map(share).collect()
}
