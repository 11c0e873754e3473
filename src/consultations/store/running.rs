//! The rounds that take answers or will, and what was written in them.

use diesel::prelude::*;

use super::ConsultationId;
use crate::consultations::rules::{Audience, ContributionStatus, Status};
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{consultations as r, contribution_writers as w, contributions as n};
use crate::time::Instant;

/// A round that is scheduled or open, as it was written down last.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = r)]
pub struct RunningRound {
    /// Its id.
    pub id: ConsultationId,
    /// Its name in paths.
    pub slug: String,
    /// Its title in several languages, JSON.
    pub title: String,
    /// Whose it is, where it is a group's.
    pub group_id: Option<GroupId>,
    /// Who may answer.
    pub audience: Audience,
    /// The visibilities that contributions may have, JSON.
    pub allowed_visibility: String,
    /// From when on it takes answers.
    pub opens_at: Instant,
    /// Until when.
    pub closes_at: Instant,
    /// When it was made.
    pub created_at: Instant,
    /// Since when it has closed then.
    pub closes_set_at: Instant,
}

/// Those of all rounds, or of some thousand at most, in the order of ids.
pub fn running(c: &mut AnyConnection, of: Option<&[ConsultationId]>) -> Result<Vec<RunningRound>> {
    let running = r::status.eq(Status::Scheduled).or(r::status.eq(Status::Open));
    let mut all = r::table.filter(running).order(r::id).select(RunningRound::as_select()).into_boxed::<Backend>();
    if let Some(ids) = of {
        all = all.filter(any_of("consultations.id", ids));
    }
    Ok(all.load(c)?)
}

/// A contribution to a round: of which supporter or person, where it stands, who wrote it.
pub type Written = (ConsultationId, Option<SupporterId>, Option<PersonId>, ContributionStatus, Option<PersonId>);

/// Whose contributions; of a list some thousand at most.
#[derive(Clone, Copy, Debug)]
pub enum WrittenBy<'a> {
    /// Everybody's.
    All,
    /// Those of these supporters.
    Supporters(&'a [SupporterId]),
    /// Those of these persons, in public rounds.
    Persons(&'a [PersonId]),
}

/// The contributions to some thousand rounds at most, each as often as it has writers.
pub fn written(c: &mut AnyConnection, rounds: &[ConsultationId], by: WrittenBy<'_>) -> Result<Vec<Written>> {
    let all = n::table
        .left_join(w::table)
        .filter(any_of("contributions.consultation_id", rounds))
        .select((n::consultation_id, n::supporter_id, n::person_id, n::status, w::person_id.nullable()))
        .into_boxed::<Backend>();
    let those = match by {
        WrittenBy::All => all,
        WrittenBy::Supporters(supporters) => all.filter(any_of("contributions.supporter_id", supporters)),
        WrittenBy::Persons(persons) => all.filter(any_of("contributions.person_id", persons)),
    };
    Ok(those.load(c)?)
}
