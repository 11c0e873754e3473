//! The round that a path begins with, as every route below `/consultations/{consultation}` loads it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::rules::{Audience, Status, Visibility, is_confidential};
use super::store::list::Sight;
use super::store::{self, ConsultationRow};
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::policy::{Action, Actor, GroupId, Object};
use crate::time::Instant;

/// Of a path below a round.
#[derive(Deserialize, JsonSchema)]
pub struct InConsultation {
    /// The round's id or slug.
    #[schemars(length(max = 200))]
    pub consultation: String,
}

/// A round, and where it stands by the clock.
#[derive(Clone, Debug)]
pub struct Round {
    /// Its row, as written.
    pub row: ConsultationRow,
    /// Where it stands.
    pub status: Status,
    /// What a contribution may choose from.
    pub allowed: BTreeSet<Visibility>,
}

impl Round {
    /// A round at an instant.
    pub fn at(row: ConsultationRow, now: Instant) -> Result<Self> {
        Ok(Self { status: row.status_at(now), allowed: row.allowed()?, row })
    }

    /// What it is for policy: its group's, or the initiative's.
    pub fn object(&self) -> Object {
        self.row.group_id.map_or_else(Object::initiative, Object::of_group)
    }

    /// Whether it keeps to itself who answered.
    pub fn is_confidential(&self) -> bool {
        is_confidential(&self.allowed)
    }

    /// Whether it has been opened, so that its audience reads it.
    pub fn has_opened(&self) -> bool {
        self.row.opened_at.is_some() || matches!(self.status, Status::Open | Status::Closed | Status::Published)
    }

    /// Whether the caller runs it: the secretariat, its group's co-chairs.
    pub fn is_run_by(&self, actor: &Actor) -> bool {
        actor.may(Action::RunGroup, &self.object())
    }

    /// Whether the caller may read it (domain.md, Consultations): before it opens who runs it, from then on everybody, or its group.
    pub fn is_read_by(&self, actor: &Actor) -> bool {
        let audience = match self.row.audience {
            Audience::Public | Audience::Supporters => true,
            Audience::GroupMembers => actor.may(Action::ReadGroup, &self.object()),
        };
        self.is_run_by(actor) || (self.has_opened() && audience)
    }

    /// Whether what came of it may be read by the caller: once published by whoever reads it, before, once closed, by who runs it.
    pub fn shows_results_to(&self, actor: &Actor) -> bool {
        match self.status {
            Status::Published => self.is_read_by(actor),
            Status::Closed => self.is_run_by(actor),
            Status::Draft | Status::Scheduled | Status::Open | Status::Cancelled => false,
        }
    }
}

/// Which rounds a caller may read, as lists ask for it.
pub fn sight(actor: &Actor) -> Sight {
    let mut groups: Vec<GroupId> = actor.memberships.iter().map(|(group, _)| *group).chain(actor.seats.iter().copied()).collect();
    groups.sort_unstable();
    groups.dedup();
    let may = |action| groups.iter().copied().filter(|group| actor.may(action, &Object::of_group(*group))).collect();
    Sight { all: actor.may(Action::RunGroup, &Object::initiative()), runs: may(Action::RunGroup), reads: may(Action::ReadGroup) }
}

/// The round of a path as of `now`, where the caller may read it; else 404.
pub fn load(c: &mut AnyConnection, name: &str, actor: &Actor, now: Instant) -> Result<Round> {
    let round = Round::at(store::find(c, name)?, now)?;
    if round.is_read_by(actor) { Ok(round) } else { Err(Error::not_found("consultation")) }
}
