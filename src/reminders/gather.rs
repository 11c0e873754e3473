//! The state that reminders are computed from, and what mails and schedule say of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono_tz::Tz;

use super::reading::{Batch, Rows};
use super::rules::plan::{Duty, State};
use super::rules::{ReminderKind, Subject, Target};
use super::store;
use crate::call;
use crate::consultations::{Audience, ContributionStatus, RunningRound, Visibility, Written};
use crate::db::AnyConnection;
use crate::deliverables::Pending;
use crate::error::{Error, Result};
use crate::forum::{EditionAhead, EditionId};
use crate::ids::distinct;
use crate::notifications::Choice;
use crate::people::{Reachable, Role};
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::settings;
use crate::time::Instant;

/// What a subject of the state is.
pub enum About {
    /// A deliverable.
    Deliverable { reference: String, title: String },
    /// An edition's submission deadline or first day.
    Edition { year: i64, name: String, city: String },
    /// A round, its title in several languages as JSON; whether it keeps to itself who answered.
    Round { slug: String, title: String, closes_at: Instant, secret: bool },
}

impl About {
    /// Whether it keeps to itself who has done their part.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Round { secret: true, .. })
    }
}

/// Everything at one instant.
pub struct Gathered {
    /// What is computed from.
    pub state: State,
    /// What the state's subjects are, in their order.
    pub about: Vec<About>,
    /// What persons have to do with an edition: references and titles of deliverables.
    pub parts: HashMap<(usize, PersonId), Vec<(String, String)>>,
    /// For whom persons are asked by a round: one of their supporters. In a public round everybody answers for themselves.
    pub parties: HashMap<(usize, PersonId), SupporterId>,
    /// Whoever can be reached.
    pub persons: HashMap<PersonId, Reachable>,
    /// The call's languages.
    pub languages: Vec<String>,
}

/// The zone of who chose none; nothing before a call is loaded.
pub fn zone(c: &mut AnyConnection) -> Result<Option<Tz>> {
    match call::load(c) {
        Ok(call) => Ok(Some(call.time_zone)),
        Err(Error::Problem(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gathers everything, or of a batch what concerns its persons and subjects: there may be more, which is not theirs or not complete. 503
/// before a call is loaded.
pub fn gather(c: &mut AnyConnection, batch: Option<&Batch>) -> Result<Gathered> {
    let call = call::load(c)?;
    let rows = match batch {
        Some(batch) => Rows::of(c, batch)?,
        None => Rows::all(c)?,
    };
    let mut state =
        State { offsets: settings::current(c)?.reminders, planned: store::planned(c)?.into_iter().collect(), ..State::default() };
    state.arrived = store::arrivals(c)?.into_iter().map(|(person, _, on)| (person, on)).collect();
    let persons: HashMap<PersonId, Reachable> = rows.persons.into_iter().map(|row| (row.id, row)).collect();
    state.zones = persons.values().map(|row| (row.id, zone_or(row.time_zone.as_deref(), call.time_zone))).collect();
    for (kind, subject, on, before, person, at) in rows.sent {
        state.sent.entry((kind, subject, before, person)).or_default().push((on, at));
    }
    let (about, parts, parties) = (Vec::new(), HashMap::new(), HashMap::new());
    let mut all = Gathered { state, about, parts, parties, persons, languages: call.locales };
    let mut chairs: HashMap<GroupId, Vec<PersonId>> = HashMap::new();
    for (group, _, person) in &rows.seated {
        chairs.entry(*group).or_default().push(*person);
    }
    all.deliverables(&rows.deliverables, &chairs);
    let shown: HashSet<(EditionId, String)> = rows.shown.into_iter().collect();
    for edition in &rows.editions {
        all.deadline(edition, &rows.deliverables, &chairs)?;
        all.forum(edition, &rows.deliverables, &chairs, &shown, &rows.members, &rows.wanted)?;
    }
    for round in &rows.rounds {
        all.round(round, &rows.affiliated, &rows.written, &rows.members, &rows.seated)?;
    }
    Ok(all)
}

/// The zone that somebody chose, or the call's.
pub fn zone_or(chosen: Option<&str>, call: Tz) -> Tz {
    chosen.and_then(|zone| zone.parse().ok()).unwrap_or(call)
}

impl Gathered {
    fn add(&mut self, subject: Subject, about: About, persons: impl IntoIterator<Item = (PersonId, bool)>) {
        let at = self.state.subjects.len();
        let duties = persons.into_iter().filter(|(person, _)| self.persons.contains_key(person));
        let duties: Vec<_> = duties.map(|(person, done)| Duty { subject: at, person, done }).collect();
        self.state.duties.extend(duties);
        self.state.subjects.push(subject);
        self.about.push(about);
    }

    fn secretariat(&self) -> Vec<PersonId> {
        distinct(self.persons.values().filter(|row| row.role != Role::Person).map(|row| row.id))
    }

    /// Who works on a deliverable and can be reached: lead and seated co-chairs.
    fn workers(&self, row: &Pending, lead: Option<PersonId>, chairs: &HashMap<GroupId, Vec<PersonId>>) -> Vec<PersonId> {
        let all = lead.into_iter().chain(chairs.get(&row.group_id).into_iter().flatten().copied());
        distinct(all.filter(|person| self.persons.contains_key(person)))
    }

    fn deliverables(&mut self, rows: &[(Pending, Option<PersonId>)], chairs: &HashMap<GroupId, Vec<PersonId>>) {
        for (row, lead) in rows.iter().filter(|(row, _)| row.status.is_owed()) {
            let mut persons = self.workers(row, *lead, chairs);
            if persons.is_empty() {
                persons = self.secretariat();
            }
            let subject = Subject {
                kind: ReminderKind::DeliverableDue,
                id: row.id.to_string(),
                target: Target::On(row.due_on),
                set_at: row.due_set_at,
                since: row.created_at.max(row.due_set_at),
                until: None,
            };
            let about = About::Deliverable { reference: row.reference.clone(), title: row.title.clone() };
            self.add(subject, about, persons.into_iter().map(|person| (person, false)));
        }
    }

    fn deadline(
        &mut self,
        edition: &EditionAhead,
        rows: &[(Pending, Option<PersonId>)],
        chairs: &HashMap<GroupId, Vec<PersonId>>,
    ) -> Result<()> {
        let Some(deadline) = edition.submission_deadline else { return Ok(()) };
        let mut owed: BTreeMap<PersonId, Vec<(String, String)>> = BTreeMap::new();
        for (row, _) in rows.iter().filter(|(row, _)| row.status.is_owed() && row.forum_edition_id == Some(edition.id)) {
            for person in self.workers(row, None, chairs) {
                owed.entry(person).or_default().push((row.reference.clone(), row.title.clone()));
            }
        }
        let subject = Subject {
            kind: ReminderKind::SubmissionDeadline,
            id: edition.id.to_string(),
            target: Target::On(deadline),
            set_at: edition.deadline_set_at,
            since: edition.created_at.max(edition.deadline_set_at),
            until: Some(Instant::end_of(deadline, zone_of(edition)?)),
        };
        self.add_edition(subject, edition, owed);
        Ok(())
    }

    fn forum(
        &mut self,
        edition: &EditionAhead,
        rows: &[(Pending, Option<PersonId>)],
        chairs: &HashMap<GroupId, Vec<PersonId>>,
        shown: &HashSet<(EditionId, String)>,
        members: &[(GroupId, Option<SupporterId>, PersonId)],
        wanted: &HashMap<PersonId, Choice>,
    ) -> Result<()> {
        let mut parts: BTreeMap<PersonId, Vec<(String, String)>> = BTreeMap::new();
        let is_its =
            |row: &Pending| row.forum_edition_id == Some(edition.id) || shown.contains(&(edition.id, row.reference.clone()));
        for (row, lead) in rows.iter().filter(|(row, _)| is_its(row)) {
            for person in self.workers(row, *lead, chairs) {
                parts.entry(person).or_default().push((row.reference.clone(), row.title.clone()));
            }
        }
        for person in self.secretariat() {
            parts.entry(person).or_default();
        }
        let asked_for_it = |person: &PersonId| wanted.get(person).is_some_and(|choice| *choice != Choice::Off);
        for (.., person) in members.iter().filter(|(.., person)| asked_for_it(person)) {
            parts.entry(*person).or_default();
        }
        let subject = Subject {
            kind: ReminderKind::ForumStart,
            id: edition.id.to_string(),
            target: Target::On(edition.starts_on),
            set_at: edition.starts_set_at,
            since: edition.created_at.max(edition.starts_set_at),
            until: Some(Instant::start_of(edition.starts_on, zone_of(edition)?)),
        };
        self.add_edition(subject, edition, parts);
        Ok(())
    }

    fn add_edition(&mut self, subject: Subject, edition: &EditionAhead, parts: BTreeMap<PersonId, Vec<(String, String)>>) {
        let (at, persons) = (self.state.subjects.len(), parts.keys().copied().collect::<Vec<_>>());
        self.parts.extend(parts.into_iter().map(|(person, parts)| ((at, person), parts)));
        let about = About::Edition { year: edition.year, name: edition.name.clone(), city: edition.city.clone() };
        self.add(subject, about, persons.into_iter().map(|person| (person, false)));
    }

    fn round(
        &mut self,
        row: &RunningRound,
        affiliated: &[(SupporterId, PersonId, bool)],
        written: &[Written],
        members: &[(GroupId, Option<SupporterId>, PersonId)],
        seated: &[(GroupId, SupporterId, PersonId)],
    ) -> Result<()> {
        let written: Vec<_> = written.iter().filter(|(round, ..)| *round == row.id).collect();
        let submitted = |status: ContributionStatus| status == ContributionStatus::Submitted;
        let answered: HashSet<SupporterId> = written
            .iter()
            .filter(|(_, _, _, status, _)| submitted(*status))
            .filter_map(|(_, supporter, ..)| *supporter)
            .collect();
        // Whom it concerns, for a supporter; a person who acts for several owes while one of them does.
        let mut concerned: Vec<(PersonId, bool)> = Vec::new();
        let at = self.state.subjects.len();
        match row.audience {
            Audience::Supporters => {
                let drafts: BTreeSet<(SupporterId, PersonId)> =
                    written.iter().filter_map(|(_, supporter, _, _, writer)| (*supporter).zip(*writer)).collect();
                let told =
                    affiliated.iter().filter(|(supporter, person, focal)| *focal || drafts.contains(&(*supporter, *person)));
                for (supporter, person, _) in told {
                    self.parties.entry((at, *person)).or_insert(*supporter);
                    concerned.push((*person, answered.contains(supporter)));
                }
            }
            Audience::GroupMembers => {
                let endorsed: HashSet<SupporterId> = affiliated.iter().map(|(supporter, ..)| *supporter).collect();
                let members = members.iter().filter_map(|(group, supporter, person)| Some((*group, (*supporter)?, *person)));
                let all = members.chain(seated.iter().copied());
                let theirs = all.filter(|(group, supporter, _)| Some(*group) == row.group_id && endorsed.contains(supporter));
                for (_, supporter, person) in theirs {
                    self.parties.entry((at, person)).or_insert(supporter);
                    concerned.push((person, answered.contains(&supporter)));
                }
            }
            Audience::Public => concerned.extend(
                written
                    .iter()
                    .filter(|(_, _, _, status, _)| *status != ContributionStatus::Withdrawn)
                    .filter_map(|(_, _, person, status, _)| Some(((*person)?, submitted(*status)))),
            ),
        }
        let mut persons: BTreeMap<PersonId, bool> = BTreeMap::new();
        for (person, done) in concerned {
            let known = persons.entry(person).or_insert(true);
            *known = *known && done;
        }
        let allowed: BTreeSet<Visibility> = serde_json::from_str(&row.allowed_visibility)?;
        let secret = allowed.iter().any(|visibility| *visibility != Visibility::Attributed);
        let subject = Subject {
            kind: ReminderKind::ConsultationClosing,
            id: row.id.to_string(),
            target: Target::At(row.closes_at),
            set_at: row.closes_set_at,
            since: row.created_at.max(row.closes_set_at).max(row.opens_at),
            until: Some(row.closes_at),
        };
        let about = About::Round { slug: row.slug.clone(), title: row.title.clone(), closes_at: row.closes_at, secret };
        self.add(subject, about, persons);
        Ok(())
    }
}

fn zone_of(edition: &EditionAhead) -> Result<Tz> {
    edition.time_zone.parse().map_err(|_| Error::Internal(format!("edition {} has no zone", edition.year)))
}
