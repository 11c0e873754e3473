//! Who contributes to a round, for whom, and whether it is the time: what every route of one's own contribution begins with.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::consultations::dispositions::view::{self as dispositions, DispositionView};
use crate::consultations::path::{self, InConsultation, Round};
use crate::consultations::rules::{Audience, Status};
use crate::consultations::store::contributions::{self as rows, ContributionRow};
use crate::consultations::store::{self, ConsultationRow};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::groups;
use crate::http::{Input, Tagged};
use crate::people;
use crate::policy::{Action, Actor, Object, PersonId, SupporterId};
use crate::supporters::{self, SupporterFacts, SupporterRef};
use crate::time::Instant;

/// For whom one contributes.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ForSupporter")]
pub struct ForSupporter {
    /// The supporter, where one may act for several.
    pub supporter_id: Option<SupporterId>,
}

/// Whose contribution it is.
pub struct Party {
    /// As its row keeps it.
    pub owner: String,
    /// The supporter; in a public round there is none.
    pub supporter: Option<SupporterFacts>,
    /// In a public round: the address, and the language to write to it in.
    pub address: Option<(String, Option<String>)>,
}

/// A round, the instant at which the caller acts in it, for whom, and what that one has there already.
pub struct Desk {
    pub round: Round,
    pub at: Instant,
    pub person: PersonId,
    pub party: Party,
    pub row: Option<ContributionRow>,
    /// What became of it, which its people learn once the round is published.
    pub became: Vec<Tagged<DispositionView>>,
}

impl Desk {
    /// For reading.
    pub fn look<B>(c: &mut AnyConnection, now: Instant, input: &Input<InConsultation, ForSupporter, B>) -> Result<Self> {
        let round = path::load(c, &input.path.consultation, &input.actor, now)?;
        Self::at(c, input, round, now)
    }

    /// For writing: the round stays as it is until the transaction ends, and `at` is the instant that decides (domain.md, Consultations).
    pub fn sit<B>(tx: &mut Write<'_>, input: &Input<InConsultation, ForSupporter, B>) -> Result<Self> {
        let now = tx.now();
        let seen = path::load(tx, &input.path.consultation, &input.actor, now)?;
        let (row, at) = store::share(tx, seen.row.id)?;
        let round = Round::at(row, at)?;
        if !round.is_read_by(&input.actor) {
            return Err(Error::not_found("consultation"));
        }
        Self::at(tx, input, round, at)
    }

    fn at<B>(c: &mut AnyConnection, input: &Input<InConsultation, ForSupporter, B>, round: Round, at: Instant) -> Result<Self> {
        input.allow(&Object::initiative())?;
        let person = input.actor.person.ok_or_else(|| Error::Internal("a contribution of nobody".into()))?;
        let party = party(c, &input.actor, person, &round, input.query.supporter_id)?;
        let row = rows::of_owner(c, round.row.id, &party.owner)?;
        let became = match &row {
            Some(row) if round.status == Status::Published => {
                dispositions::of(c, &[(row.id, row.id)])?.remove(&row.id).unwrap_or_default()
            }
            Some(_) | None => Vec::new(),
        };
        Ok(Self { round, at, person, party, row, became })
    }

    /// 403 unless the supporter is endorsed, where it contributes as such.
    pub fn must_be_endorsed(&self) -> Result<()> {
        match &self.party.supporter {
            Some(facts) if self.round.row.audience == Audience::Supporters && !facts.endorsed => {
                let detail =
                    format!("{} does not endorse the call now: only endorsed supporters are asked here.", facts.reference.name);
                Err(Error::forbidden(detail))
            }
            _ => Ok(()),
        }
    }

    /// 409 unless the round takes contributions at this instant.
    pub fn must_be_open(&self) -> Result<()> {
        must_be_open(&self.round.row, self.round.status)
    }
}

/// 409 unless a round in this state takes contributions.
pub fn must_be_open(row: &ConsultationRow, status: Status) -> Result<()> {
    let detail = match status {
        Status::Open => return Ok(()),
        Status::Draft => "The round is a draft: it takes contributions once it is open.".to_owned(),
        Status::Scheduled => format!("The round opens at {}: come back then.", row.opens_at),
        Status::Closed | Status::Published => {
            format!("The round closed at {}: what was submitted before counts, and nothing more.", row.closes_at)
        }
        Status::Cancelled => "The round was cancelled: nothing counts any more.".to_owned(),
    };
    Err(Error::wrong_state(detail))
}

/// For whom a person contributes to a round. 403 where for nobody, 422 where it must say for whom.
fn party(c: &mut AnyConnection, actor: &Actor, person: PersonId, round: &Round, wanted: Option<SupporterId>) -> Result<Party> {
    let mine = match round.row.audience {
        Audience::Public => return in_public(c, person, wanted),
        Audience::Supporters => {
            let mine = actor.affiliations.iter().map(|(id, _)| *id);
            mine.filter(|id| actor.may(Action::Contribute, &Object::of_supporter(*id))).collect()
        }
        Audience::GroupMembers => match round.row.group_id {
            Some(group) if actor.may(Action::Contribute, &Object::of_group(group)) => groups::represented_by(c, person, group)?,
            _ => Vec::new(),
        },
    };
    let mut mine: Vec<SupporterFacts> = supporters::refs(c, &mine)?.into_values().collect();
    mine.sort_by(|a, b| a.reference.name.cmp(&b.reference.name));
    if round.row.audience == Audience::Supporters && mine.iter().any(|facts| !facts.endorsed) {
        // What one that withdrew has written before is still its own to read.
        let ids: Vec<SupporterId> = mine.iter().map(|facts| facts.reference.id).collect();
        let begun = rows::begun_by(c, round.row.id, &ids)?;
        mine.retain(|facts| facts.endorsed || begun.contains(&facts.reference.id));
    }
    let speaks = wanted.is_some_and(|id| actor.affiliations.iter().any(|(of, _)| *of == id));
    let others: Vec<&str> = mine.iter().map(|facts| facts.reference.name.as_str()).collect();
    let way = match others[..] {
        [] => String::new(),
        [one] => format!(" Name {one}, or leave `?supporter_id` out."),
        _ => format!(" Name {}.", others.join(" or ")),
    };
    let chosen = match wanted {
        Some(id) => mine.into_iter().find(|facts| facts.reference.id == id),
        None if mine.len() > 1 => return Err(supporter_required(mine)),
        None => mine.pop(),
    };
    let facts = chosen.ok_or_else(|| match round.row.audience {
        _ if wanted.is_some() => {
            let why = if speaks {
                "You speak for that supporter, but this round does not ask it, or not you for it."
            } else {
                "You do not speak for that supporter: whoever is affiliated to it answers for it."
            };
            Error::forbidden(format!("{why}{way}"))
        }
        Audience::GroupMembers => Error::forbidden(
            "This round asks the group's members, and whoever fills one of its co-chair seats, each for their supporter.",
        ),
        _ => Error::forbidden("This round asks endorsed supporters: whoever is affiliated to one answers for it."),
    })?;
    let owner = rows::of_supporter(facts.reference.id);
    Ok(Party { owner, supporter: Some(facts), address: None })
}

fn in_public(c: &mut AnyConnection, person: PersonId, wanted: Option<SupporterId>) -> Result<Party> {
    if wanted.is_some() {
        let why = "is not known in a public round, where everybody answers for themselves; remove it";
        return Err(Error::invalid("?supporter_id", "unknown", why));
    }
    let row = people::person(c, person)?.filter(|row| row.is_verified());
    let (email, folded, locale) = match row {
        Some(row) => (row.email, row.folded_email, row.locale),
        None => (None, None, None),
    };
    let (Some(email), Some(folded)) = (email, folded) else {
        return Err(Error::forbidden("Confirm your e-mail address first: a public round takes one contribution an address."));
    };
    Ok(Party { owner: rows::of_address(&folded), supporter: None, address: Some((email, locale)) })
}

fn supporter_required(mine: Vec<SupporterFacts>) -> Error {
    let supporters: Vec<SupporterRef> = mine.into_iter().map(|facts| facts.reference).collect();
    let detail = "You may act for several supporters here. Say for which with `?supporter_id=`, one of those in `supporters`.";
    Problem::new(ProblemKind::SupporterRequired, detail).with("supporters", supporters).into()
}
