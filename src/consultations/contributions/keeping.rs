//! What happens to contributions when something happens to whoever wrote them.

use std::collections::{BTreeMap, BTreeSet};

use crate::consultations::counting;
use crate::consultations::rules::{Status, is_confidential};
use crate::consultations::store::contributions::of_address;
use crate::consultations::store::keeping::{self, Concerned};
use crate::consultations::store::{ConsultationId, public};
use crate::db::Write;
use crate::error::Result;
use crate::facts::Objections;
use crate::outbox;
use crate::people::{self, PersonErased};
use crate::supporters::SupportersMerged;

/// What was contributed stays; who wrote it, and with which address, goes.
pub fn person_erased(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    // An address that was never confirmed may be somebody else's.
    let row = people::person(tx, fact.person)?.filter(|row| row.email_verified_at.is_some());
    let owner = row.and_then(|row| row.folded_email).map(|folded| of_address(&folded));
    keeping::forget_person(tx, fact.person, owner.as_deref())?;
    for pending in owner.map(|owner| public::of_owner(tx, &owner)).transpose()?.into_iter().flatten() {
        outbox::forget_about(tx, pending.as_str())?;
        public::forget(tx, pending)?;
    }
    Ok(())
}

/// Contributions go with their supporter, but two of one round cannot become one before it is over. A round that keeps to itself who answered
/// stands against it where both are asked, answered or not.
pub fn supporters_merged(tx: &mut Write<'_>, fact: &SupportersMerged, objections: &mut Objections) -> Result<()> {
    if fact.from == fact.into {
        return Ok(());
    }
    let by_id = |all: Vec<Concerned>| all.into_iter().map(|one| (one.id, one)).collect::<BTreeMap<ConsultationId, Concerned>>();
    let (from, into) = (by_id(keeping::contributed(tx, fact.from)?), by_id(keeping::contributed(tx, fact.into)?));
    let (asked, asks) = (by_id(keeping::invited(tx, fact.from)?), by_id(keeping::invited(tx, fact.into)?));
    let mut stands = false;
    let all: BTreeMap<_, _> = from.iter().chain(&asked).collect();
    for (id, round) in all {
        if matches!(round.status, Status::Published | Status::Cancelled) {
            continue;
        }
        let secret = is_confidential(&serde_json::from_str(&round.allowed_visibility)?);
        let both_answered = from.contains_key(id) && into.contains_key(id);
        let both_asked = asked.contains_key(id) && asks.contains_key(id);
        if secret && (both_asked || both_answered) {
            let detail = format!(
                "Both are asked in the round {}, which keeps to itself who answers: publish or cancel it first.",
                round.slug
            );
            objections.raise("asked_in_both", detail);
            stands = true;
        } else if both_answered {
            let detail = format!("Both have a contribution to the round {}: publish or cancel it first.", round.slug);
            objections.raise("contribution_in_both", detail);
            stands = true;
        }
    }
    if stands {
        return Ok(());
    }
    let concerned: BTreeSet<ConsultationId> = from.keys().chain(asked.keys()).copied().collect();
    let mut over = Vec::new();
    for id in concerned {
        if counting::before_merge(tx, id)? {
            over.push(id);
        }
    }
    keeping::merge(tx, fact.from, fact.into, &over)
}
