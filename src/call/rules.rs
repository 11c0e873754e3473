//! What the call is, and which words are among its own.

use chrono_tz::Tz;

use crate::error::FieldFault;
use crate::locale::Localised;
use crate::time::{Day, Instant};

/// What every slice asks the call: small, read once and remembered until something is written.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Where its secretariat is reached.
    pub contact_email: String,
    /// The day it was launched.
    pub launched_on: Day,
    /// Where its "today" is.
    pub time_zone: Tz,
    /// Its languages, first one first.
    pub locales: Vec<String>,
    /// The numbers of the co-chair rule.
    pub rule: RuleNumbers,
    /// Its sectors, in the call file's order.
    pub sectors: Vec<Code>,
    /// Its kinds, in the call file's order.
    pub kinds: Vec<Code>,
    /// The numbers of its principles.
    pub principles: Vec<i64>,
}

/// The numbers of the co-chair rule (domain.md, Working groups).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleNumbers {
    /// Fewest seats of an active group.
    pub min_seats: i64,
    /// Most seats of a group.
    pub max_seats: i64,
    /// Fewest known sectors.
    pub min_sectors: i64,
    /// Fewest known countries.
    pub min_countries: i64,
}

/// A sector or kind: rows of the call, not enums of the code.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Localised,
}

impl Call {
    /// The day it is now, for the call.
    pub fn today(&self, now: Instant) -> Day {
        now.day_in(self.time_zone)
    }

    /// The instant at which [`Call::today`] changes.
    pub fn end_of_today(&self, now: Instant) -> Instant {
        Instant::end_of(self.today(now), self.time_zone)
    }

    /// What is wrong with a code of a sector at `pointer`, if anything.
    pub fn sector_fault(&self, pointer: &str, code: &str) -> Option<FieldFault> {
        fault(pointer, code, self.sectors.iter().map(|sector| sector.code.as_str()))
    }

    /// What is wrong with a code of a kind at `pointer`, if anything.
    pub fn kind_fault(&self, pointer: &str, code: &str) -> Option<FieldFault> {
        fault(pointer, code, self.kinds.iter().map(|kind| kind.code.as_str()))
    }

    /// What is wrong with the number of a principle at `pointer`, if anything.
    pub fn principle_fault(&self, pointer: &str, number: i64) -> Option<FieldFault> {
        fault(pointer, number, self.principles.iter().copied())
    }
}

fn fault<T: PartialEq + ToString>(pointer: &str, given: T, known: impl Iterator<Item = T>) -> Option<FieldFault> {
    let known: Vec<T> = known.collect();
    (!known.contains(&given)).then(|| {
        let words: Vec<_> = known.iter().map(T::to_string).collect();
        FieldFault::new(pointer, "enum", format!("must be one of {}", words.join(", ")))
    })
}
