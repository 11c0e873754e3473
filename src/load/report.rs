//! What a load did, and why it did nothing.

use std::collections::BTreeMap;
use std::fmt;

use crate::db::{DbError, Failure};
use crate::error::Error;
use crate::toml_file::Fault;
use crate::word_enum;

word_enum! {
    /// What a call file is made of.
    pub enum Section {
        /// The call itself, with its co-chair rule.
        Call = "call",
        /// Its sectors.
        Sectors = "sectors",
        /// Its kinds of supporters.
        Kinds = "kinds",
        /// Its principles.
        Principles = "principles",
        /// Its supporters.
        Supporters = "supporters",
        /// Its working groups.
        Groups = "groups",
        /// The seats of the groups' co-chairs.
        CoChairSeats = "co-chair seats",
        /// The groups' derogations.
        Derogations = "derogations",
        /// Forum editions.
        ForumEditions = "forum editions",
        /// Their sessions.
        ForumSessions = "forum sessions",
        /// Consultations.
        Consultations = "consultations",
        /// Announced totals of the register.
        RegisterMilestones = "register milestones",
        /// Petitions.
        Petitions = "petitions",
        /// Campaigns.
        Campaigns = "campaigns",
    }
}

/// How many of one section were what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// New.
    pub made: usize,
    /// Changed.
    pub changed: usize,
    /// Removed, or ended.
    pub removed: usize,
    /// As they were.
    pub unchanged: usize,
}

/// What a load did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(BTreeMap<Section, Tally>);

impl Report {
    /// What became of one section.
    pub fn of(&self, section: Section) -> Tally {
        self.0.get(&section).copied().unwrap_or_default()
    }

    /// Whether nothing was made, changed or removed.
    pub fn is_unchanged(&self) -> bool {
        self.0.values().all(|tally| tally.made + tally.changed + tally.removed == 0)
    }

    pub(super) fn made(&mut self, section: Section) {
        self.0.entry(section).or_default().made += 1;
    }

    pub(super) fn removed(&mut self, section: Section) {
        self.0.entry(section).or_default().removed += 1;
    }

    /// One that was there before.
    pub(super) fn kept(&mut self, section: Section, is_changed: bool) {
        let tally = self.0.entry(section).or_default();
        *(if is_changed { &mut tally.changed } else { &mut tally.unchanged }) += 1;
    }
}

impl fmt::Display for Report {
    /// A line a section that has anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for (section, tally) in &self.0 {
            let Tally { made, changed, removed, unchanged } = *tally;
            let words = [(made, "made"), (changed, "changed"), (removed, "removed"), (unchanged, "unchanged")];
            let words: Vec<_> = words.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
            write!(f, "{}{section}: {}", if is_first { "" } else { "\n" }, words.join(", "))?;
            is_first = false;
        }
        Ok(())
    }
}

/// Why a file was not loaded. Nothing of it was.
#[derive(Debug)]
pub enum LoadFault {
    /// What is wrong with the file, all of it.
    File(Vec<Fault>),
    /// What in the database stands against the file, all of it.
    Refused(Vec<Fault>),
    /// The database failed.
    Failed(Error),
}

impl fmt::Display for LoadFault {
    /// A line a fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |faults: &[Fault]| faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n");
        match self {
            Self::File(faults) | Self::Refused(faults) => f.write_str(&lines(faults)),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadFault {}

impl From<Error> for LoadFault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for LoadFault {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<diesel::result::Error> for LoadFault {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<serde_json::Error> for LoadFault {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Failure for LoadFault {
    fn as_db(&self) -> Option<&DbError> {
        match self {
            Self::Failed(error) => error.as_db(),
            Self::File(_) | Self::Refused(_) => None,
        }
    }
}
