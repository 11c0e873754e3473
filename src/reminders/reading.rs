//! The rows that reminders are computed from: everybody's, or what it takes to tell some persons of some subjects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::rules::ReminderKind;
use super::store::{self, SentRow};
use crate::consultations::{self, ConsultationId, RunningRound, Written, WrittenBy};
use crate::db::AnyConnection;
use crate::deliverables::{self, DeliverableId, Pending, PendingOf};
use crate::error::Result;
use crate::forum::{self, EditionAhead, EditionId};
use crate::groups::{self, SeatsOf};
use crate::ids::{Id, distinct};
use crate::mail::Kind;
use crate::notifications::{self, Choice};
use crate::people::{self, Reachable};
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::supporters;

/// Who is to be told of which subjects: their kinds and ids.
pub type Batch = BTreeMap<PersonId, BTreeSet<(ReminderKind, String)>>;

/// The rows.
pub struct Rows {
    /// Who can be reached.
    pub persons: Vec<Reachable>,
    /// Deliverables and who leads them, by group and number.
    pub deliverables: Vec<(Pending, Option<PersonId>)>,
    /// Who fills which group's seats for which supporter.
    pub seated: Vec<(GroupId, SupporterId, PersonId)>,
    /// Who is a member of which group, for which supporter.
    pub members: Vec<(GroupId, Option<SupporterId>, PersonId)>,
    /// The editions to come.
    pub editions: Vec<EditionAhead>,
    /// Which of them shows what: references.
    pub shown: Vec<(EditionId, String)>,
    /// Who said what of hearing that a Forum begins.
    pub wanted: HashMap<PersonId, Choice>,
    /// The rounds that take answers, or will.
    pub rounds: Vec<RunningRound>,
    /// Who is affiliated to whom, and whether as focal point.
    pub affiliated: Vec<(SupporterId, PersonId, bool)>,
    /// What was written in the rounds.
    pub written: Vec<Written>,
    /// What was sent.
    pub sent: Vec<SentRow>,
}

fn ids_of(editions: &[EditionAhead], rounds: &[RunningRound]) -> (Vec<EditionId>, Vec<ConsultationId>) {
    (editions.iter().map(|row| row.id).collect(), rounds.iter().map(|row| row.id).collect())
}

/// The ids of these kinds' subjects in a batch.
fn subjects<T>(batch: &Batch, kinds: &[ReminderKind]) -> Vec<Id<T>> {
    let named = batch.values().flatten().filter(|(kind, _)| kinds.contains(kind));
    let named: BTreeSet<&String> = named.map(|(_, id)| id).collect();
    named.into_iter().filter_map(|id| id.parse().ok()).collect()
}

impl Rows {
    /// Everybody's.
    pub fn all(c: &mut AnyConnection) -> Result<Self> {
        let deliverables = deliverables::pending(c, PendingOf::All)?;
        let (editions, rounds) = (forum::ahead(c, None)?, consultations::running(c, None)?);
        let (edition_ids, round_ids) = ids_of(&editions, &rounds);
        let owed = deliverables.iter().filter(|(row, _)| row.status.is_owed()).map(|(row, _)| row.id.to_string());
        let to_come = edition_ids.iter().map(ToString::to_string).chain(round_ids.iter().map(ToString::to_string));
        let subjects: Vec<String> = owed.chain(to_come).collect();
        let (affiliated, written) = if rounds.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            (supporters::affiliated(c, None)?, consultations::written(c, &round_ids, WrittenBy::All)?)
        };
        Ok(Self {
            persons: people::reachable(c, None)?,
            deliverables,
            seated: groups::seats_filled(c, SeatsOf::All)?,
            members: groups::working_members(c, None)?,
            shown: forum::presented_at(c, &edition_ids)?,
            wanted: notifications::choices_of(c, Kind::ForumStart, None)?,
            editions,
            rounds,
            affiliated,
            written,
            sent: store::sent(c, &subjects, None)?,
        })
    }

    /// Those that a batch needs. Of other persons there is only whoever works on a deliverable of the batch, since the secretariat is told
    /// where nobody of them can be reached; of other subjects what persons of the batch have to do with a Forum.
    pub fn of(c: &mut AnyConnection, batch: &Batch) -> Result<Self> {
        let persons: Vec<PersonId> = batch.keys().copied().collect();
        let owed: Vec<DeliverableId> = subjects(batch, &[ReminderKind::DeliverableDue]);
        let editions = forum::ahead(c, Some(&subjects(batch, &[ReminderKind::SubmissionDeadline, ReminderKind::ForumStart])))?;
        let rounds = consultations::running(c, Some(&subjects(batch, &[ReminderKind::ConsultationClosing])))?;
        let (edition_ids, round_ids) = ids_of(&editions, &rounds);

        let mut seated = groups::seats_filled(c, SeatsOf::Persons(&persons))?;
        let own = distinct(seated.iter().map(|(group, ..)| *group));
        let mut deliverables = deliverables::pending(c, PendingOf::These(&owed))?;
        let working = groups::seats_filled(c, SeatsOf::Groups(&distinct(deliverables.iter().map(|(row, _)| row.group_id))))?;
        let leads = deliverables.iter().filter_map(|(_, lead)| *lead);
        let reached = distinct(persons.iter().copied().chain(leads).chain(working.iter().map(|(.., person)| *person)));
        seated.extend(working);
        seated.sort_unstable();
        seated.dedup();
        if !editions.is_empty() {
            deliverables.extend(deliverables::pending(c, PendingOf::Groups(&own))?);
            deliverables.extend(deliverables::pending(c, PendingOf::LedBy(&persons))?);
            deliverables.sort_by_key(|(row, _)| (row.group_id, row.number));
            deliverables.dedup_by_key(|(row, _)| row.id);
        }
        let members = groups::working_members(c, Some(&persons))?;
        let mut wanted = HashMap::new();
        if !editions.is_empty() {
            let persons = distinct(members.iter().map(|(.., person)| *person));
            wanted = notifications::choices_of(c, Kind::ForumStart, Some(&persons))?;
        }
        let (mut affiliated, mut written) = (Vec::new(), Vec::new());
        if !rounds.is_empty() {
            affiliated = supporters::affiliated(c, Some(&persons))?;
            let spoken_for = affiliated.iter().map(|(supporter, ..)| *supporter);
            let spoken_for = spoken_for.chain(members.iter().filter_map(|(_, supporter, _)| *supporter));
            let supporters = distinct(spoken_for.chain(seated.iter().map(|(_, supporter, _)| *supporter)));
            written = consultations::written(c, &round_ids, WrittenBy::Supporters(&supporters))?;
            written.extend(consultations::written(c, &round_ids, WrittenBy::Persons(&persons))?);
        }
        let named: BTreeSet<&String> = batch.values().flatten().map(|(_, id)| id).collect();
        let sent = store::sent(c, &named.into_iter().cloned().collect::<Vec<_>>(), Some(&persons))?;
        Ok(Self {
            persons: people::reachable(c, Some(&reached))?,
            deliverables,
            seated,
            members,
            shown: forum::presented_at(c, &edition_ids)?,
            wanted,
            editions,
            rounds,
            affiliated,
            written,
            sent,
        })
    }
}
