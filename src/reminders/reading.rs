//! The rows that reminders are computed from: everybody's, or what it takes to tell some persons of some subjects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::rules::ReminderKind;
use super::store::{self, By, Contribution, DeliverableRow, EditionRow, Of, PersonRow, RoundRow, Seats, SentRow};
use crate::consultations::ConsultationId;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::forum::EditionId;
use crate::ids::distinct;
use crate::mail::Kind;
use crate::notifications::{self, Choice};
use crate::policy::{GroupId, PersonId, SupporterId};

/// Who is to be told of which subjects: their kinds and ids.
pub type Batch = BTreeMap<PersonId, BTreeSet<(ReminderKind, String)>>;

/// The rows.
pub struct Rows {
    /// Who can be reached.
    pub persons: Vec<PersonRow>,
    /// Deliverables and who leads them, by group and number.
    pub deliverables: Vec<(DeliverableRow, Option<PersonId>)>,
    /// Who fills which group's seats for which supporter.
    pub seated: Vec<(GroupId, SupporterId, PersonId)>,
    /// Who is a member of which group, for which supporter.
    pub members: Vec<(GroupId, Option<SupporterId>, PersonId)>,
    /// The editions to come.
    pub editions: Vec<EditionRow>,
    /// Which of them shows what: references.
    pub shown: Vec<(EditionId, String)>,
    /// Who said what of hearing that a Forum begins.
    pub wanted: HashMap<PersonId, Choice>,
    /// The rounds that take answers, or will.
    pub rounds: Vec<RoundRow>,
    /// Who is affiliated to whom, and whether as focal point.
    pub affiliated: Vec<(SupporterId, PersonId, bool)>,
    /// What was written in the rounds.
    pub written: Vec<Contribution>,
    /// What was sent.
    pub sent: Vec<SentRow>,
}

fn ids_of(editions: &[EditionRow], rounds: &[RoundRow]) -> (Vec<EditionId>, Vec<ConsultationId>) {
    (editions.iter().map(|row| row.id).collect(), rounds.iter().map(|row| row.id).collect())
}

impl Rows {
    /// Everybody's.
    pub fn all(c: &mut AnyConnection) -> Result<Self> {
        let deliverables = store::deliverables(c, Of::All)?;
        let (editions, rounds) = (store::editions(c, None)?, store::rounds(c, None)?);
        let (edition_ids, round_ids) = ids_of(&editions, &rounds);
        let owed = deliverables.iter().filter(|(row, _)| row.status.is_owed()).map(|(row, _)| row.id.to_string());
        let to_come = edition_ids.iter().map(ToString::to_string).chain(round_ids.iter().map(ToString::to_string));
        let subjects: Vec<String> = owed.chain(to_come).collect();
        let (affiliated, written) = if rounds.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            (store::affiliated(c, None)?, store::contributions(c, &round_ids, By::All)?)
        };
        Ok(Self {
            persons: store::persons(c, None)?,
            deliverables,
            seated: store::seated(c, Seats::All)?,
            members: store::members(c, None)?,
            shown: store::presentations(c, &edition_ids)?,
            wanted: notifications::choices_of(c, Kind::ForumStart)?,
            editions,
            rounds,
            affiliated,
            written,
            sent: store::sent(c, &subjects)?,
        })
    }

    /// Those that a batch needs. Of other persons there is only whoever works on a deliverable of the batch, since the secretariat is told
    /// where nobody of them can be reached; of other subjects what persons of the batch have to do with a Forum.
    pub fn of(c: &mut AnyConnection, batch: &Batch) -> Result<Self> {
        let persons: Vec<PersonId> = batch.keys().copied().collect();
        let of_kinds = |kinds: &[ReminderKind]| -> Vec<String> {
            let named = batch.values().flatten().filter(|(kind, _)| kinds.contains(kind));
            named.map(|(_, id)| id.clone()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let owed = of_kinds(&[ReminderKind::DeliverableDue]);
        let editions = store::editions(c, Some(&of_kinds(&[ReminderKind::SubmissionDeadline, ReminderKind::ForumStart])))?;
        let rounds = store::rounds(c, Some(&of_kinds(&[ReminderKind::ConsultationClosing])))?;
        let (edition_ids, round_ids) = ids_of(&editions, &rounds);

        let mut seated = store::seated(c, Seats::Of(&persons))?;
        let own = distinct(seated.iter().map(|(group, ..)| *group));
        let mut deliverables = store::deliverables(c, Of::These(&owed))?;
        let working = store::seated(c, Seats::Groups(&distinct(deliverables.iter().map(|(row, _)| row.group_id))))?;
        let leads = deliverables.iter().filter_map(|(_, lead)| *lead);
        let reached = distinct(persons.iter().copied().chain(leads).chain(working.iter().map(|(.., person)| *person)));
        seated.extend(working);
        seated.sort_unstable();
        seated.dedup();
        if !editions.is_empty() {
            deliverables.extend(store::deliverables(c, Of::Groups(&own))?);
            deliverables.extend(store::deliverables(c, Of::LedBy(&persons))?);
            deliverables.sort_by_key(|(row, _)| (row.group_id, row.number));
            deliverables.dedup_by_key(|(row, _)| row.id);
        }
        let members = store::members(c, Some(&persons))?;
        let mut wanted = HashMap::new();
        if !editions.is_empty() {
            for person in distinct(members.iter().map(|(.., person)| *person)) {
                let said = notifications::preferences(c, person)?;
                wanted.extend(said.choices.get(Kind::ForumStart.as_str()).map(|choice| (person, *choice)));
            }
        }
        let (mut affiliated, mut written) = (Vec::new(), Vec::new());
        if !rounds.is_empty() {
            affiliated = store::affiliated(c, Some(&persons))?;
            let spoken_for = affiliated.iter().map(|(supporter, ..)| *supporter);
            let spoken_for = spoken_for.chain(members.iter().filter_map(|(_, supporter, _)| *supporter));
            let supporters = distinct(spoken_for.chain(seated.iter().map(|(_, supporter, _)| *supporter)));
            written = store::contributions(c, &round_ids, By::Supporters(&supporters))?;
            written.extend(store::contributions(c, &round_ids, By::Persons(&persons))?);
        }
        let mut sent = Vec::new();
        for (person, subjects) in batch {
            let subjects: BTreeSet<String> = subjects.iter().map(|(_, id)| id.clone()).collect();
            sent.extend(store::sent_to(c, *person, &subjects.into_iter().collect::<Vec<_>>())?);
        }
        Ok(Self {
            persons: store::persons(c, Some(&reached))?,
            deliverables,
            seated,
            members,
            shown: store::presentations(c, &edition_ids)?,
            wanted,
            editions,
            rounds,
            affiliated,
            written,
            sent,
        })
    }
}
