//! The call file: one initiative in one TOML file, parsed and checked whole. Nothing in it is half read: either every fault is
//! told, each with its key and line, or the file comes back as typed values in which every reference resolves.

mod campaign;
mod community;
mod forum;
mod read;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;

use crate::call::RuleNumbers;
use crate::consultations::{Audience, Status};
use crate::forum::{Dates, Speaker};
use crate::groups::{Derogation, JoinPolicy};
use crate::locale::Localised;
use crate::time::{Day, Instant};
use crate::toml_file::{self, Fault};
use crate::word_enum;

/// A whole call file, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CallFile {
    /// The call itself.
    pub call: Call,
    /// The numbers of its co-chair rule.
    pub rule: RuleNumbers,
    /// Its sectors, in the file's order; at least one.
    pub sectors: Vec<Coded>,
    /// Its kinds of supporters, in the file's order.
    pub kinds: Vec<Coded>,
    /// Its principles, in the file's order.
    pub principles: Vec<Principle>,
    /// Supporters, all endorsed.
    pub supporters: Vec<Supporter>,
    /// Working groups; an active one is balanced.
    pub groups: Vec<Group>,
    /// Forum editions with their sessions.
    pub forum_editions: Vec<ForumEdition>,
    /// Consultations.
    pub consultations: Vec<Consultation>,
    /// Totals of the register as announced at the time.
    pub register_milestones: Vec<Milestone>,
    /// Petitions.
    pub petitions: Vec<Petition>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
}

/// `[call]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Names it in addresses.
    pub slug: String,
    /// Its name, at most 200 characters.
    pub name: String,
    /// The day of its launch.
    pub launched_on: Day,
    /// Its own web site.
    pub website: Option<String>,
    /// Where the secretariat is reached.
    pub contact_email: String,
    /// The zone whose days are the call's days.
    pub time_zone: Tz,
    /// Groups, seats and derogations stand since this day unless they say otherwise; the launch where the file does not say.
    pub as_of: Day,
    /// Its languages, the first of which stands in for the others; at least one.
    pub locales: Vec<String>,
}

/// One of `[[sectors]]` or `[[kinds]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// What it is called in data: small letters, digits and `_`.
    pub code: String,
    /// What people read.
    pub name: Localised,
}

/// One of `[[principles]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principle {
    /// Its number, from 1.
    pub number: i64,
    /// Its title.
    pub title: Localised,
    /// What it asks for.
    pub summary: Localised,
}

/// One of `[[supporters]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supporter {
    /// Its name, at most 200 characters.
    pub name: String,
    /// The name, folded; no two of a file are alike.
    pub folded: String,
    /// Names it in addresses; from the name where the file does not say.
    pub slug: String,
    /// One of the call's sectors.
    pub sector: Option<String>,
    /// One of the call's kinds.
    pub kind: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Its web site.
    pub website: Option<String>,
    /// What it says about the call.
    pub statement: Option<String>,
    /// When it endorsed the call, where known.
    pub endorsed_on: Option<Day>,
    /// Numbers of the principles that it commits to.
    pub principles: Vec<i64>,
}

/// One of `[[groups]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number, from 1.
    pub number: i64,
    /// Its title.
    pub title: Localised,
    /// What it is to do.
    pub mandate: Option<Localised>,
    /// Names it in addresses; from the title where the file does not say.
    pub slug: String,
    /// Where it stands; active where the file does not say.
    pub status: crate::groups::Status,
    /// How one joins; by approval where the file does not say.
    pub join_policy: JoinPolicy,
    /// Numbers of the principles that it pursues.
    pub principles: Vec<i64>,
    /// Slugs of the supporters in its co-chair seats, in the order of the seats; no supporter twice.
    pub co_chairs: Vec<String>,
    /// The exception it stands on.
    pub derogation: Option<Derogation>,
}

/// One of `[[forum_editions]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForumEdition {
    /// The year that names it, that of its first day.
    pub year: i64,
    /// Its name.
    pub name: String,
    /// Where it takes place.
    pub city: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The place within the city.
    pub venue: Option<String>,
    /// The zone of its days; the call's where the file does not say.
    pub time_zone: Tz,
    /// Its days, in order.
    pub dates: Dates,
    /// Where it stands; planned where the file does not say.
    pub status: crate::forum::Status,
    /// Its sessions, each on one of its days.
    pub sessions: Vec<Session>,
}

/// One of `[[forum_editions.sessions]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its title.
    pub title: Localised,
    /// The day, in the edition's zone.
    pub day: Day,
    /// When it starts.
    pub starts_at: Option<Instant>,
    /// When it ends, after it starts.
    pub ends_at: Option<Instant>,
    /// Where in the venue.
    pub room: Option<String>,
    /// Who moderates.
    pub moderator: Option<Speaker>,
    /// Who speaks.
    pub panellists: Vec<Speaker>,
    /// Where it can be seen again.
    pub recording_url: Option<String>,
}

word_enum! {
    /// Where a consultation of a file stands. The other states need questions, which a file does not carry.
    pub enum RoundStatus {
        /// Being prepared.
        Draft = "draft",
        /// Over, with its synthesis.
        Published = "published",
        /// Called off.
        Cancelled = "cancelled",
    }
}

impl RoundStatus {
    /// As rounds call it.
    pub fn status(self) -> Status {
        match self {
            Self::Draft => Status::Draft,
            Self::Published => Status::Published,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// What a consultation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole call.
    Call,
    /// The group of this number.
    Group(i64),
}

/// One of `[[consultations]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consultation {
    /// Names it in addresses; from the title where the file does not say.
    pub slug: String,
    /// What it is about.
    pub scope: Scope,
    /// Its title.
    pub title: Localised,
    /// What one should know before answering.
    pub background: Option<Localised>,
    /// Who is asked.
    pub audience: Audience,
    /// Where it stands; a draft where the file does not say.
    pub status: RoundStatus,
    /// The first instant of its first day, in the call's zone.
    pub opens_at: Instant,
    /// The last instant of its last day, in the call's zone.
    pub closes_at: Instant,
    /// What came out; a published one has it.
    pub synthesis: Option<Localised>,
}

/// One of `[[register_milestones]]`: a total as it was announced, whose parts need not add up to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Milestone {
    /// The day for which it was announced; no two of a file are alike.
    pub on: Day,
    /// How many supporters were announced.
    pub total: i64,
    /// How many of them in which sector, as announced.
    pub by_sector: BTreeMap<String, i64>,
    /// Who announced it.
    pub source: String,
}

/// One of `[[petitions]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Petition {
    /// Names it in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What is signed.
    pub text: Option<String>,
    /// How many signatures are wanted.
    pub goal: Option<i64>,
    /// The day since which it can be signed.
    pub launched_on: Day,
    /// Signatures announced elsewhere; never added to those confirmed here.
    pub announced_signatures: Option<i64>,
    /// Who announced them.
    pub announced_source: Option<String>,
}

/// One of `[[campaigns]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Campaign {
    /// Names it in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The word under which it is spoken of, with `#`.
    pub hashtag: Option<String>,
    /// The slug of its petition.
    pub petition: Option<String>,
    /// Its first day.
    pub starts_on: Day,
    /// How long it lasts, in weeks, 1 to 520.
    pub weeks: i64,
}

/// Reads a call file. Errors: every fault in it, in the order of its lines.
pub fn parse(text: &str) -> Result<CallFile, Vec<Fault>> {
    const KEYS: &[&str] = &[
        "call",
        "co_chair_rule",
        "sectors",
        "kinds",
        "principles",
        "supporters",
        "groups",
        "forum_editions",
        "consultations",
        "register_milestones",
        "petitions",
        "campaigns",
    ];
    toml_file::read(text, KEYS, |root| {
        // Every section is read before the first `?`, so that no fault hides another.
        let known = read::Known::of(root);
        let call = community::call(root);
        let rule = community::rule(root);
        let coded = |key, min| community::coded(root, key, min, &known);
        let (sectors, kinds) = (coded("sectors", 1), coded("kinds", 0));
        let principles = community::principles(root, &known);
        let supporters = community::supporters(root, &known);
        let groups = community::groups(root, &known, rule.as_ref(), &supporters);
        let forum_editions = forum::editions(root, &known);
        let consultations = campaign::consultations(root, &known);
        let register_milestones = campaign::milestones(root, &known);
        let petitions = campaign::petitions(root);
        let campaigns = campaign::campaigns(root, &known);
        let supporters = supporters.into_iter().map(|(_, supporter)| supporter).collect();
        Some(CallFile {
            call: call?,
            rule: rule?,
            sectors,
            kinds,
            principles,
            supporters,
            groups,
            forum_editions,
            consultations,
            register_milestones,
            petitions,
            campaigns,
        })
    })
}

#[cfg(test)]
mod tests;
