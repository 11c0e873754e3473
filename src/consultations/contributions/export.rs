//! What the slice keeps about a person.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::view::answers;
use crate::consultations::rules::questions::{Answers, Question};
use crate::consultations::store::contributions::{ContributionId, of_address};
use crate::consultations::store::keeping::{self, Revision, Written};
use crate::consultations::store::{ConsultationId, questions};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::locale::Reader;
use crate::policy::PersonId;

/// The contributions that a person wrote at, or made in public: of a supporter's the revisions that it submitted itself, of its own all, and
/// what it is writing. `folded_email`: its address, where that is confirmed.
pub fn export(c: &mut AnyConnection, person: PersonId, folded_email: Option<&str>, reader: &Reader) -> Result<Value> {
    let owner = folded_email.map(of_address);
    let written = keeping::written_by(c, person, owner.as_deref())?;
    let (ids, rounds): (Vec<ContributionId>, Vec<ConsultationId>) = written.iter().map(|one| (one.id, one.consultation)).unzip();
    let mut asked: BTreeMap<ConsultationId, Vec<Question>> = BTreeMap::new();
    for (round, question) in questions::of_all(c, &rounds)? {
        asked.entry(round).or_default().push(question);
    }
    let mut revisions: BTreeMap<ContributionId, Vec<Revision>> = BTreeMap::new();
    for revision in keeping::revisions(c, &ids)? {
        revisions.entry(revision.0).or_default().push(revision);
    }
    written
        .into_iter()
        .map(|one| {
            let asked = asked.get(&one.consultation).map(Vec::as_slice).unwrap_or_default();
            told(&one, revisions.remove(&one.id).unwrap_or_default(), asked, person, reader)
        })
        .collect()
}

fn told(one: &Written, revisions: Vec<Revision>, asked: &[Question], person: PersonId, reader: &Reader) -> Result<Value> {
    let says = |json: &str| -> Result<Value> {
        let kept: Answers = serde_json::from_str(json)?;
        Ok(serde_json::to_value(answers(asked, &kept, reader))?)
    };
    let own = one.supporter.is_none();
    let submitted: Result<Vec<Value>> = revisions
        .into_iter()
        .filter(|(.., by)| own || *by == Some(person))
        .map(|(_, number, at, visibility, json, _)| {
            Ok(json!({"revision": number, "submitted_at": at, "visibility": visibility, "answers": says(&json)?}))
        })
        .collect();
    let working = one.working_answers.as_deref().filter(|_| own).map(says).transpose()?;
    Ok(json!({
        "consultation": one.slug,
        "supporter": one.supporter,
        "email": one.email,
        "status": one.status,
        "created_at": one.created_at,
        "submitted": submitted?,
        "working_copy": working,
    }))
}
