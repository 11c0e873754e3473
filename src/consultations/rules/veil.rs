//! What is said of the origin of an anonymous contribution (domain.md, Consultations): region and sector where 3 or more supporters of the
//! audience share them, else the sector, else nothing. Pure.
//!
//! Leaving something out says something too: that what is left out is rare. So those of whom the same is left out must be 3 or more
//! together as well.

use std::collections::BTreeMap;

use super::CROWD;
use super::results::Code;
use super::tally::Tally;

/// What is said of the contributors of each sector and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Veil(BTreeMap<(Code, Code), Said>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Both,
    Sector,
    Nothing,
}

/// The rare ones of these, by how many they are, and the smallest others until those that are taken are a crowd; none where none is rare.
fn taken<K: Clone + Ord>(sizes: &BTreeMap<K, i64>) -> Vec<K> {
    let mut order: Vec<(&K, i64)> = sizes.iter().map(|(key, size)| (key, *size)).filter(|(_, size)| *size > 0).collect();
    order.sort_by_key(|(_, size)| *size);
    let (mut taken, mut people) = (Vec::new(), 0);
    for (key, size) in order {
        if size >= CROWD && (taken.is_empty() || people >= CROWD) {
            break;
        }
        taken.push(key.clone());
        people += size;
    }
    taken
}

impl Veil {
    /// Over those who were in the audience and did not say who they are, as it was at the close.
    pub fn over(tally: &Tally) -> Self {
        let mut sectors: BTreeMap<Code, BTreeMap<Code, i64>> = BTreeMap::new();
        for cell in &tally.cells {
            let people = (cell.invited - cell.submitted.named).max(cell.submitted.unnamed());
            *sectors.entry(cell.sector.clone()).or_default().entry(cell.region.clone()).or_default() += people;
        }
        let sizes: BTreeMap<Code, i64> =
            sectors.iter().map(|(sector, regions)| (sector.clone(), regions.values().sum())).collect();
        let without = taken(&sizes);
        let mut said = BTreeMap::new();
        for (sector, regions) in sectors {
            let rare = taken(&regions);
            for region in regions.into_keys() {
                let what = match (without.contains(&sector), rare.contains(&region)) {
                    (true, _) => Said::Nothing,
                    (false, true) => Said::Sector,
                    (false, false) => Said::Both,
                };
                said.insert((sector.clone(), region), what);
            }
        }
        Self(said)
    }

    /// What is said of one of this sector and region: its sector, its region.
    pub fn shown(&self, sector: &Code, region: &Code) -> (Code, Code) {
        match self.0.get(&(sector.clone(), region.clone())) {
            Some(Said::Both) => (sector.clone(), region.clone()),
            Some(Said::Sector) => (sector.clone(), None),
            Some(Said::Nothing) | None => (None, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::{Cell, Counts};
    use super::*;

    fn veil(cells: &[(&str, &str, i64, i64)]) -> Veil {
        let cell = |(sector, region, invited, named): &(&str, &str, i64, i64)| Cell {
            sector: Some((*sector).to_owned()),
            region: Some((*region).to_owned()),
            invited: *invited,
            submitted: Counts { all: *named, named: *named },
            ..Cell::default()
        };
        Veil::over(&Tally { has_audience: true, cells: cells.iter().map(cell).collect(), secretariat_only: 0 })
    }

    fn shown(veil: &Veil, sector: &str, region: &str) -> String {
        let (sector, region) = veil.shown(&Some(sector.to_owned()), &Some(region.to_owned()));
        format!("{} {}", sector.unwrap_or_default(), region.unwrap_or_default()).trim().to_owned()
    }

    #[test]
    fn what_three_share_is_said() {
        let over =
            veil(&[("state", "asia", 3, 0), ("state", "europe", 9, 0), ("academia", "asia", 1, 0), ("academia", "europe", 2, 0)]);
        assert_eq!(shown(&over, "state", "asia"), "state asia");
        assert_eq!(shown(&over, "academia", "asia"), "academia");
        assert_eq!(shown(&over, "academia", "europe"), "academia");
        assert_eq!(shown(&over, "state", "nowhere"), "");
    }

    #[test]
    fn whoever_says_who_they_are_is_no_cover() {
        let over =
            veil(&[("state", "asia", 5, 3), ("state", "europe", 9, 0), ("academia", "asia", 4, 2), ("civil", "asia", 4, 3)]);
        // Two in Asia would be found out by their missing region, so Europe's goes too.
        assert_eq!(shown(&over, "state", "asia"), "state");
        assert_eq!(shown(&over, "state", "europe"), "state");
        assert_eq!(shown(&over, "academia", "asia"), "");
        assert_eq!(shown(&over, "civil", "asia"), "");
    }

    #[test]
    fn a_sector_that_is_rare_alone_takes_another_along() {
        let over = veil(&[("state", "asia", 9, 0), ("academia", "asia", 4, 0), ("civil", "asia", 1, 0)]);
        assert_eq!(shown(&over, "civil", "asia"), "");
        assert_eq!(shown(&over, "academia", "asia"), "");
        assert_eq!(shown(&over, "state", "asia"), "state asia");
    }
}
