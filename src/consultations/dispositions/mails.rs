//! Telling contributors what became of their input. The parameters of the mails are a contract with the templates.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit;
use crate::call;
use crate::consultations::path::Round;
use crate::consultations::rules::questions::Question;
use crate::consultations::store::announcements::{self, AnnouncementRow};
use crate::consultations::store::contributions::ContributionId;
use crate::consultations::store::dispositions::{self, Contributor, DispositionRow, Whose};
use crate::consultations::store::questions;
use crate::db::Write;
use crate::deliverables::{self, DeliverableId, DeliverableRef, DeliverableSettled, Status};
use crate::error::Result;
use crate::facts::Objections;
use crate::locale::Localised;
use crate::mail::Kind;
use crate::notifications;
use crate::outbox::Mail;
use crate::people::{self, PersonRow};
use crate::policy::{PersonId, SupporterId};
use crate::supporters;

/// Contributions whose people are told in one write, at most.
const BATCH: i64 = 50;

/// What an announcement of a deliverable says.
#[derive(Serialize, Deserialize)]
struct Taken {
    id: DeliverableId,
    reference: String,
    title: String,
    presented: bool,
}

/// What the mails of one write are made from, in whatever language.
struct Letters {
    path: String,
    title: Localised,
    languages: Vec<String>,
    questions: Vec<Question>,
    takers: HashMap<DeliverableId, DeliverableRef>,
    became: BTreeMap<ContributionId, Vec<DispositionRow>>,
    taken: Option<Taken>,
}

/// Whether an announcement is one of these.
pub fn is_theirs(kind: Kind) -> bool {
    matches!(kind, Kind::ContributionAnswered | Kind::ContributionTakenUp)
}

/// Tells the contributors of these dispositions, one mail a person and contribution.
pub fn answered(tx: &mut Write<'_>, round: &Round, changed: Vec<DispositionRow>) -> Result<()> {
    let ids: BTreeSet<ContributionId> = changed.iter().map(|row| row.contribution_id).collect();
    let ids: Vec<ContributionId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let contributors = dispositions::contributors(tx, round.row.id, Whose::These(&ids))?;
    let letters = Letters::of(tx, round, changed, None)?;
    let by = audit::causer(tx);
    tell(tx, round, &contributors, &letters, by)
}

/// Queues the next batch of an announcement to the contributors of a round.
pub fn tell_some(tx: &mut Write<'_>, row: &AnnouncementRow, round: &Round) -> Result<()> {
    let taken: Option<Taken> =
        if row.kind == Kind::ContributionTakenUp { Some(serde_json::from_str(&row.params)?) } else { None };
    let whose = match &taken {
        Some(taken) => Whose::TakenUp(taken.id, &row.done_to, BATCH),
        None => Whose::Answered(&row.done_to, BATCH),
    };
    let contributors = dispositions::contributors(tx, round.row.id, whose)?;
    let Some(last) = contributors.last() else { return announcements::end(tx, row) };
    let ids: Vec<ContributionId> = contributors.iter().map(|one| one.contribution).collect();
    let rows = if taken.is_some() { Vec::new() } else { dispositions::of(tx, &ids)? };
    let letters = Letters::of(tx, round, rows, taken)?;
    tell(tx, round, &contributors, &letters, row.caused_by)?;
    announcements::come_to(tx, row, last.contribution.as_str())
}

/// Lets contributors be told that what takes their input up was approved or presented, where they know that it does.
pub fn on_deliverable_settled(tx: &mut Write<'_>, settled: &DeliverableSettled, _: &mut Objections) -> Result<()> {
    let taken = Taken {
        id: settled.deliverable,
        reference: settled.reference.clone(),
        title: settled.title.clone(),
        presented: settled.status == Status::Presented,
    };
    let params = serde_json::to_string(&taken)?;
    let (caused_by, created_at) = (audit::causer(tx), tx.now());
    for consultation_id in dispositions::rounds_taken_up(tx, settled.deliverable)? {
        let (id, kind, params, done_to) = (tx.new_id(), Kind::ContributionTakenUp, params.clone(), String::new());
        announcements::insert(tx, &AnnouncementRow { id, consultation_id, kind, params, caused_by, done_to, created_at })?;
    }
    Ok(())
}

impl Letters {
    fn of(tx: &mut Write<'_>, round: &Round, rows: Vec<DispositionRow>, taken: Option<Taken>) -> Result<Self> {
        let takers: Vec<DeliverableId> = rows.iter().filter_map(|row| row.deliverable_id).collect();
        let takers = deliverables::refs(tx, &takers)?;
        let mut became: BTreeMap<ContributionId, Vec<DispositionRow>> = BTreeMap::new();
        for row in rows {
            became.entry(row.contribution_id).or_default().push(row);
        }
        let title = Localised::from_json(&round.row.title)?;
        let (languages, questions) = (call::languages(tx)?.0, questions::of(tx, round.row.id)?);
        let path = format!("consultations/{}", round.row.slug);
        Ok(Self { path, title, languages, questions, takers, became, taken })
    }

    fn kind(&self) -> Kind {
        if self.taken.is_some() { Kind::ContributionTakenUp } else { Kind::ContributionAnswered }
    }

    /// About one contribution, to whoever reads this language, where one is known.
    fn params(&self, contribution: ContributionId, supporter: Option<&str>, locale: Option<&str>) -> Value {
        let order: Vec<String> = locale.map(str::to_owned).into_iter().chain(self.languages.iter().cloned()).collect();
        let title = self.title.pick(&order);
        if let Some(taken) = &self.taken {
            return json!({
                "path": format!("deliverables/{}", taken.reference), "title": title, "supporter": supporter,
                "reference": taken.reference, "deliverable": taken.title, "presented": taken.presented,
            });
        }
        let prompt =
            |id: &str| self.questions.iter().find(|question| question.id.as_str() == id).map(|one| one.prompt.pick(&order));
        let taker = |id| self.takers.get(&id).map(|taker| format!("{}, {}", taker.reference, taker.title));
        let item = |row: &DispositionRow| {
            json!({
                "question": prompt(&row.question_id),
                "point": Some(row.point.as_str()).filter(|point| !point.is_empty()),
                "disposition": row.disposition,
                "reason": row.reason,
                "deliverable": row.deliverable_id.and_then(taker),
            })
        };
        let items: Vec<Value> = self.became.get(&contribution).into_iter().flatten().map(item).collect();
        json!({"path": self.path, "title": title, "supporter": supporter, "items": items})
    }
}

/// Queues the mails to the people of these contributions, each once a contribution, but not to `but`.
fn tell(tx: &mut Write<'_>, round: &Round, to: &[Contributor], letters: &Letters, but: Option<PersonId>) -> Result<()> {
    let ids: Vec<ContributionId> = to.iter().map(|one| one.contribution).collect();
    let mut wrote: HashMap<ContributionId, Vec<PersonId>> = HashMap::new();
    for (contribution, person) in dispositions::writers(tx, &ids)? {
        wrote.entry(contribution).or_default().push(person);
    }
    let bodies: Vec<SupporterId> = to.iter().filter_map(|one| one.supporter).collect();
    let bodies = supporters::refs(tx, &bodies)?;
    for one in to {
        let name = one.supporter.and_then(|id| bodies.get(&id)).map(|facts| facts.reference.name.as_str());
        let mut persons: BTreeSet<PersonId> = one.person.into_iter().collect();
        if let Some(supporter) = one.supporter {
            persons.extend(supporters::focal_points(tx, supporter)?);
            for writer in wrote.remove(&one.contribution).unwrap_or_default() {
                // Whoever speaks for it no more learns no more of it.
                if supporters::affiliations_of(tx, writer)?.iter().any(|(id, _)| *id == supporter) {
                    persons.insert(writer);
                }
            }
        }
        let persons: Vec<PersonId> = persons.into_iter().filter(|person| Some(*person) != but).collect();
        for person in people::persons(tx, &persons)?.into_iter().filter(PersonRow::may_sign_in) {
            let params = letters.params(one.contribution, name, person.locale.as_deref());
            if round.is_confidential() {
                people::tell_in_secret(tx, letters.kind(), &person, params)?;
            } else {
                people::tell(tx, letters.kind(), &person, params)?;
            }
        }
        if let (None, None, Some(email)) = (one.supporter, one.person, &one.email) {
            let mail = Mail {
                kind: letters.kind().as_str(),
                person: None,
                recipient: email.clone(),
                locale: one.locale.clone(),
                params: letters.params(one.contribution, None, one.locale.as_deref()),
                due_at: None,
                concealed: round.is_confidential(),
            };
            notifications::enqueue_to_address(tx, mail)?;
        }
    }
    Ok(())
}
