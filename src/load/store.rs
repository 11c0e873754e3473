//! Writing a call file. What is in the database takes what the file says anew since it was loaded last, and no more: a field that
//! somebody has changed or filled meanwhile stays as long as the file says of it what it said before.

mod call;
mod community;
mod consultations;
mod forum;
mod groups;

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::file::{self, CallFile};
use super::report::{LoadFault, Report, Section};
use crate::audit::{self, Entry};
use crate::db::{AnyConnection, Db, Write};
use crate::facts;
use crate::ids::Id;
use crate::policy::SupporterId;
use crate::schema::call_sections;
use crate::supporters::SupportersEndorsed;
use crate::toml_file::Fault;

type Result<T, E = LoadFault> = std::result::Result<T, E>;

/// The section that keeps the file as it was loaded last.
const FILE: &str = "file";

/// Loads a call file, all of it or nothing, in one transaction. A file that says what the one before said writes nothing.
///
/// What a file no longer names is removed where nothing else refers to it: sectors, kinds, principles, seats, derogations, sessions,
/// milestones, consultations, petitions, campaigns. Supporters, groups and Forum editions have a history and are never removed: the
/// file that leaves one out is refused until it is withdrawn, concluded or cancelled.
///
/// Errors: every fault of the file; everything in the database that stands against it; a failure of the database.
pub fn load(db: &Db, text: &str) -> Result<Report> {
    let file = file::parse(text).map_err(LoadFault::File)?;
    db.write_blocking(&mut |tx| {
        tx.alone()?;
        let before = kept(tx)?;
        let mut load = Load { tx, file: &file, before: before.as_ref(), refusals: Vec::new(), report: Report::default() };
        if before.as_ref() == Some(&file) && load.has_its_rounds()? {
            return Ok(load.nothing());
        }
        let id = load.all(text)?;
        let Load { refusals, report, .. } = load;
        if !refusals.is_empty() {
            return Err(LoadFault::Refused(refusals));
        }
        if !report.is_unchanged() {
            audit::record(tx, Entry::of("call.loaded", "call", id));
        }
        Ok(report)
    })
}

/// The text of the file that was loaded last; `None` before the first.
pub fn loaded(connection: &mut AnyConnection) -> Result<Option<String>> {
    let body: Option<String> = call_sections::table
        .filter(call_sections::name.eq(FILE))
        .select(call_sections::body)
        .get_result(connection)
        .optional()?;
    Ok(body.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// The file that was loaded last; `None` before the first, and where it was of a form that this program no longer reads.
fn kept(tx: &mut Write<'_>) -> Result<Option<CallFile>> {
    Ok(loaded(tx)?.and_then(|text| file::parse(&text).ok()))
}

/// One load: a file, the one before, and what has come of it so far.
struct Load<'l, 't> {
    tx: &'l mut Write<'t>,
    file: &'l CallFile,
    before: Option<&'l CallFile>,
    refusals: Vec<Fault>,
    report: Report,
}

impl Load<'_, '_> {
    /// Every section; the call's id.
    fn all(&mut self, text: &str) -> Result<Id<()>> {
        let id = self.call()?;
        self.sectors()?;
        self.kinds()?;
        self.principles()?;
        let community = self.supporters()?;
        self.groups(&community)?;
        self.forum_editions()?;
        self.consultations()?;
        self.milestones()?;
        self.sections()?;
        self.keep(FILE, &text)?;
        // Last: what used them may have gone in between.
        self.drop_sectors()?;
        self.drop_kinds()?;
        self.drop_principles()?;
        facts::announce(self.tx, &SupportersEndorsed)?;
        Ok(id)
    }

    /// Everything stays.
    fn nothing(mut self) -> Report {
        let file = self.file;
        let seats = file.groups.iter().map(|group| group.co_chairs.len()).sum();
        let sessions = file.forum_editions.iter().map(|edition| edition.sessions.len()).sum();
        let counts = [
            (Section::Call, 1),
            (Section::Sectors, file.sectors.len()),
            (Section::Kinds, file.kinds.len()),
            (Section::Principles, file.principles.len()),
            (Section::Supporters, file.supporters.len()),
            (Section::Groups, file.groups.len()),
            (Section::CoChairSeats, seats),
            (Section::Derogations, file.groups.iter().filter(|group| group.derogation.is_some()).count()),
            (Section::ForumEditions, file.forum_editions.len()),
            (Section::ForumSessions, sessions),
            (Section::Consultations, file.consultations.len()),
            (Section::RegisterMilestones, file.register_milestones.len()),
            (Section::Petitions, file.petitions.len()),
            (Section::Campaigns, file.campaigns.len()),
        ];
        for (section, count) in counts {
            (0..count).for_each(|_| self.report.kept(section, false));
        }
        self.report
    }

    fn refuse(&mut self, key: impl Into<String>, detail: String) {
        self.refusals.push(Fault { key: key.into(), line: None, detail });
    }

    /// The sections that later slices take up.
    fn sections(&mut self) -> Result<()> {
        let (file, before) = (self.file, self.before);
        self.keep(Section::Petitions.as_str(), &file.petitions)?;
        self.keep(Section::Campaigns.as_str(), &file.campaigns)?;
        self.compare(Section::Petitions, before.map(|file| &file.petitions), &file.petitions, |petition| &petition.slug);
        self.compare(Section::Campaigns, before.map(|file| &file.campaigns), &file.campaigns, |campaign| &campaign.slug);
        Ok(())
    }

    /// Counts what became of the things of a section, which `slug` tells apart.
    fn compare<T: PartialEq>(&mut self, section: Section, before: Option<&Vec<T>>, now: &[T], slug: impl Fn(&T) -> &String) {
        let before = before.map(Vec::as_slice).unwrap_or_default();
        for thing in now {
            match before.iter().find(|other| slug(other) == slug(thing)) {
                Some(other) => self.report.kept(section, other != thing),
                None => self.report.made(section),
            }
        }
        for _ in before.iter().filter(|thing| now.iter().all(|other| slug(other) != slug(thing))) {
            self.report.removed(section);
        }
    }

    /// Keeps a section as JSON.
    fn keep(&mut self, name: &str, body: &impl Serialize) -> Result<()> {
        use call_sections as s;
        let body = serde_json::to_string(body)?;
        let updated = diesel::update(s::table.filter(s::name.eq(name))).set(s::body.eq(&body)).execute(&mut **self.tx)?;
        if updated == 0 {
            diesel::insert_into(s::table).values((s::name.eq(name), s::body.eq(&body))).execute(&mut **self.tx)?;
        }
        Ok(())
    }
}

/// What the file says of one thing, and what it said when it was loaded last; `None` where it did not name it.
struct Said<'f, T> {
    now: &'f T,
    before: Option<&'f T>,
}

impl<T> Said<'_, T> {
    /// What a field becomes: what is stored, unless the file says something new about it.
    fn onto<V: PartialEq>(&self, stored: V, field: impl Fn(&T) -> V) -> V {
        let now = field(self.now);
        if self.before.is_some_and(|before| field(before) == now) { stored } else { now }
    }

    /// [`Said::onto`] for what may be left out: a file that names the thing for the first time takes nothing from it.
    fn onto_if_any<V: PartialEq>(&self, stored: Option<V>, field: impl Fn(&T) -> Option<V>) -> Option<V> {
        if self.before.is_none() { field(self.now).or(stored) } else { self.onto(stored, field) }
    }
}

/// The supporters that the file names, as they stand in the register after it.
struct Community {
    entries: crate::supporters::Entries,
    /// By their slug in the file.
    now: HashMap<String, SupporterId>,
    /// By their slug in the file before.
    before: HashMap<String, SupporterId>,
}

/// A few names for a message, and how many more there are.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
