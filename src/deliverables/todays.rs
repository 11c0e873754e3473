//! Which day it is for a deliverable: in its Forum edition's zone, else in the call's (domain.md, Deliverables).

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::call;
use crate::db::{AnyConnection, Read};
use crate::error::Result;
use crate::forum::{self, EditionFacts, EditionId};
use crate::time::{Day, Instant};

/// The day it is at one instant, for the call and for every Forum edition.
#[derive(Clone, Debug)]
pub struct Todays {
    zone: Tz,
    here: Day,
    editions: Vec<(EditionFacts, Day)>,
    fresh_until: Instant,
}

impl Todays {
    /// At the instant of a read.
    pub fn read(tx: &mut Read<'_>) -> Result<Self> {
        let (zone, now) = (call::current(tx)?.time_zone, tx.now());
        Ok(Self::new(zone, forum::editions(tx)?, now))
    }

    /// At an instant.
    pub fn load(c: &mut AnyConnection, now: Instant) -> Result<Self> {
        Ok(Self::new(call::load(c)?.time_zone, forum::editions(c)?, now))
    }

    fn new(zone: Tz, editions: Vec<EditionFacts>, now: Instant) -> Self {
        let here = now.day_in(zone);
        let ends = editions.iter().map(|edition| Instant::end_of(edition.today(now), edition.time_zone));
        let fresh_until = ends.fold(Instant::end_of(here, zone), Instant::min);
        let editions = editions.into_iter().map(|edition| (edition.today(now), edition)).map(|(day, edition)| (edition, day));
        Self { zone, here, editions: editions.collect(), fresh_until }
    }

    /// The day for the call, and for whatever is for no edition.
    pub fn here(&self) -> Day {
        self.here
    }

    /// The day for what is for this edition.
    pub fn of(&self, edition: Option<EditionId>) -> Day {
        let known = self.editions.iter().find(|(facts, _)| Some(facts.id) == edition);
        known.map_or(self.here, |(_, day)| *day)
    }

    /// Where the days of what is for this edition are counted.
    pub fn zone_of(&self, edition: Option<EditionId>) -> Tz {
        self.edition(edition).map_or(self.zone, |facts| facts.time_zone)
    }

    /// Every edition, by year.
    pub fn editions(&self) -> impl Iterator<Item = &EditionFacts> {
        self.editions.iter().map(|(facts, _)| facts)
    }

    /// The editions for which it is another day than for the call, by day.
    pub fn elsewhere(&self) -> BTreeMap<Day, Vec<EditionId>> {
        let mut days: BTreeMap<Day, Vec<EditionId>> = BTreeMap::new();
        for (facts, day) in self.editions.iter().filter(|(_, day)| *day != self.here) {
            days.entry(*day).or_default().push(facts.id);
        }
        days
    }

    /// An edition.
    pub fn edition(&self, id: Option<EditionId>) -> Option<&EditionFacts> {
        self.editions().find(|facts| Some(facts.id) == id)
    }

    /// The edition of a year.
    pub fn edition_of(&self, year: i64) -> Option<&EditionFacts> {
        self.editions().find(|facts| facts.year == year)
    }

    /// Until when it is that day everywhere.
    pub fn fresh_until(&self) -> Instant {
        self.fresh_until
    }
}
