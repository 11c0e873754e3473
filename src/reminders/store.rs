//! What reminders are computed from, in a constant number of queries: all of it, or what concerns some persons and subjects.

mod marks;

use std::fmt::Display;

use diesel::prelude::*;

use crate::consultations::{Audience, ConsultationId, ContributionStatus, Status as RoundStatus};
use crate::db::{AnyConnection, AnyOf, Backend, any_of};
use crate::deliverables::{DeliverableId, Status as DeliverableStatus};
use crate::error::Result;
use crate::forum::{EditionId, Status as EditionStatus};
use crate::groups::{MembershipRole, MembershipStatus, Status as GroupStatus};
use crate::people::Role;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{
    affiliations as f, co_chair_seats as seats, consultations as r, contribution_writers as w, contributions as n,
    deliverables as d, forum_editions as e, forum_sessions as s, memberships as m, persons as p, seat_persons as sp,
    session_presentations as shown, supporters, working_groups as g,
};
use crate::supporters::{AffiliationRole, Status as SupporterStatus};
use crate::time::{Day, Instant};

pub use marks::*;

/// How many values a statement names, at most: no database binds any number.
const NAMED: usize = 4_096;

/// All rows, or those whose column (as SQL names it) has one of these values.
fn those<R, T: Display>(
    column: &'static str,
    values: Option<&[T]>,
    mut load: impl FnMut(Option<AnyOf>) -> QueryResult<Vec<R>>,
) -> Result<Vec<R>> {
    let Some(values) = values else { return Ok(load(None)?) };
    let mut rows = Vec::new();
    for some in values.chunks(NAMED) {
        rows.extend(load(Some(any_of(column, some)))?);
    }
    Ok(rows)
}

/// Somebody who can be reached.
#[derive(Queryable, Selectable)]
#[diesel(table_name = p)]
pub struct PersonRow {
    pub id: PersonId,
    pub display_name: String,
    pub email: Option<String>,
    pub time_zone: Option<String>,
    pub role: Role,
}

/// Who of these can be reached: confirmed, neither suspended nor erased.
pub fn persons(c: &mut AnyConnection, ids: Option<&[PersonId]>) -> Result<Vec<PersonRow>> {
    those("persons.id", ids, |of| {
        let mut all = p::table
            .filter(p::email_verified_at.is_not_null())
            .filter(p::address_lapsed.eq(false))
            .filter(p::suspended_at.is_null())
            .filter(p::erased_at.is_null())
            .order(p::id)
            .select(PersonRow::as_select())
            .into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    })
}

/// The zones that persons chose.
pub fn zones(c: &mut AnyConnection) -> Result<Vec<String>> {
    let zones: Vec<Option<String>> = p::table.select(p::time_zone).distinct().load(c)?;
    Ok(zones.into_iter().flatten().collect())
}

/// An edition that is to come.
#[derive(Queryable, Selectable)]
#[diesel(table_name = e)]
pub struct EditionRow {
    pub id: EditionId,
    pub year: i64,
    pub name: String,
    pub city: String,
    pub time_zone: String,
    pub starts_on: Day,
    pub submission_deadline: Option<Day>,
    pub created_at: Instant,
    pub starts_set_at: Instant,
    pub deadline_set_at: Instant,
}

/// The editions that are planned or open.
pub fn editions(c: &mut AnyConnection, ids: Option<&[String]>) -> Result<Vec<EditionRow>> {
    those("forum_editions.id", ids, |of| {
        let to_come = e::status.eq(EditionStatus::Planned).or(e::status.eq(EditionStatus::Open));
        let mut all = e::table.filter(to_come).order(e::year).select(EditionRow::as_select()).into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    })
}

/// A deliverable that is neither presented nor dropped, of a group that works.
#[derive(Queryable, Selectable)]
#[diesel(table_name = d)]
pub struct DeliverableRow {
    pub id: DeliverableId,
    pub group_id: GroupId,
    pub number: i64,
    pub reference: String,
    pub title: String,
    pub status: DeliverableStatus,
    pub due_on: Day,
    pub forum_edition_id: Option<EditionId>,
    pub created_at: Instant,
    pub due_set_at: Instant,
}

/// Which deliverables.
#[derive(Clone, Copy)]
pub enum Of<'a> {
    /// All of them.
    All,
    /// These.
    These(&'a [String]),
    /// Those of these groups.
    Groups(&'a [GroupId]),
    /// Those that these persons lead.
    LedBy(&'a [PersonId]),
}

/// Those, by reference, each with who leads it.
pub fn deliverables(c: &mut AnyConnection, which: Of<'_>) -> Result<Vec<(DeliverableRow, Option<PersonId>)>> {
    let load = |of: Option<AnyOf>| {
        let mut all = d::table
            .inner_join(g::table)
            .left_join(m::table)
            .filter(g::status.eq(GroupStatus::Proposed).or(g::status.eq(GroupStatus::Active)))
            .filter(d::status.ne(DeliverableStatus::Presented))
            .filter(d::status.ne(DeliverableStatus::Dropped))
            .order((d::group_id, d::number))
            .select((DeliverableRow::as_select(), m::person_id.nullable()))
            .into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    };
    match which {
        Of::All => those::<_, String>("deliverables.id", None, load),
        Of::These(ids) => those("deliverables.id", Some(ids), load),
        Of::Groups(groups) => those("deliverables.group_id", Some(groups), load),
        Of::LedBy(persons) => those("memberships.person_id", Some(persons), load),
    }
}

/// What the sessions of these editions show: edition and reference.
pub fn presentations(c: &mut AnyConnection, editions: &[EditionId]) -> Result<Vec<(EditionId, String)>> {
    those("forum_sessions.forum_edition_id", Some(editions), |of| {
        let mut all = shown::table.inner_join(s::table).select((s::forum_edition_id, shown::reference)).into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    })
}

/// Whose seats.
#[derive(Clone, Copy)]
pub enum Seats<'a> {
    /// Everybody's.
    All,
    /// Those of these groups.
    Groups(&'a [GroupId]),
    /// Those that these persons fill.
    Of(&'a [PersonId]),
}

/// Who fills a co-chair seat now, of which group and for which supporter.
pub fn seated(c: &mut AnyConnection, which: Seats<'_>) -> Result<Vec<(GroupId, SupporterId, PersonId)>> {
    let load = |of: Option<AnyOf>| {
        let mut all = seats::table
            .inner_join(sp::table)
            .filter(seats::until.is_null())
            .filter(sp::until.is_null())
            .order((seats::group_id, seats::position))
            .select((seats::group_id, seats::supporter_id, sp::person_id))
            .into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    };
    match which {
        Seats::All => those::<_, String>("co_chair_seats.group_id", None, load),
        Seats::Groups(groups) => those("co_chair_seats.group_id", Some(groups), load),
        Seats::Of(persons) => those("seat_persons.person_id", Some(persons), load),
    }
}

/// The active members, observers left out, of active groups.
pub fn members(c: &mut AnyConnection, persons: Option<&[PersonId]>) -> Result<Vec<(GroupId, Option<SupporterId>, PersonId)>> {
    those("memberships.person_id", persons, |of| {
        let mut all = m::table
            .inner_join(g::table)
            .filter(g::status.eq(GroupStatus::Active))
            .filter(m::status.eq(MembershipStatus::Active))
            .filter(m::role.eq(MembershipRole::Member))
            .select((m::group_id, m::supporter_id, m::person_id))
            .into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    })
}

/// Who is affiliated to which endorsed supporter, and whether as focal point.
pub fn affiliated(c: &mut AnyConnection, persons: Option<&[PersonId]>) -> Result<Vec<(SupporterId, PersonId, bool)>> {
    let rows: Vec<(SupporterId, PersonId, AffiliationRole)> = those("affiliations.person_id", persons, |of| {
        let mut all = f::table
            .inner_join(supporters::table)
            .filter(supporters::status.eq(SupporterStatus::Endorsed))
            .filter(f::until.is_null())
            .select((f::supporter_id, f::person_id, f::role))
            .into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    })?;
    let focal = |(supporter, person, role)| (supporter, person, role == AffiliationRole::FocalPoint);
    Ok(rows.into_iter().map(focal).collect())
}

/// A round that takes answers, or will.
#[derive(Queryable, Selectable)]
#[diesel(table_name = r)]
pub struct RoundRow {
    pub id: ConsultationId,
    pub slug: String,
    pub title: String,
    pub group_id: Option<GroupId>,
    pub audience: Audience,
    pub allowed_visibility: String,
    pub opens_at: Instant,
    pub closes_at: Instant,
    pub created_at: Instant,
    pub closes_set_at: Instant,
}

/// The rounds that are scheduled or open.
pub fn rounds(c: &mut AnyConnection, ids: Option<&[String]>) -> Result<Vec<RoundRow>> {
    those("consultations.id", ids, |of| {
        let running = r::status.eq(RoundStatus::Scheduled).or(r::status.eq(RoundStatus::Open));
        let mut all = r::table.filter(running).order(r::id).select(RoundRow::as_select()).into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    })
}

/// A contribution to a round: of which supporter or person, where it stands, who wrote it.
pub type Contribution = (ConsultationId, Option<SupporterId>, Option<PersonId>, ContributionStatus, Option<PersonId>);

/// Whose contributions.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Everybody's.
    All,
    /// Those of these supporters.
    Supporters(&'a [SupporterId]),
    /// Those of these persons, in public rounds.
    Persons(&'a [PersonId]),
}

/// The contributions to these rounds, each as often as it has writers.
pub fn contributions(c: &mut AnyConnection, rounds: &[ConsultationId], by: By<'_>) -> Result<Vec<Contribution>> {
    let load = |of: Option<AnyOf>| {
        let mut all = n::table
            .left_join(w::table)
            .filter(any_of("contributions.consultation_id", rounds))
            .select((n::consultation_id, n::supporter_id, n::person_id, n::status, w::person_id.nullable()))
            .into_boxed::<Backend>();
        if let Some(of) = of {
            all = all.filter(of);
        }
        all.load(c)
    };
    match by {
        By::All => those::<_, String>("contributions.id", None, load),
        By::Supporters(supporters) => those("contributions.supporter_id", Some(supporters), load),
        By::Persons(persons) => those("contributions.person_id", Some(persons), load),
    }
}
