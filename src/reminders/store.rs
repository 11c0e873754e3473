//! What reminders are computed from, in a constant number of queries, and what was sent.

use diesel::prelude::*;

use super::rules::ReminderKind;
use super::rules::offsets::Offsets;
use crate::consultations::{Audience, ConsultationId, ContributionStatus, Status as RoundStatus};
use crate::db::{AnyConnection, Write, any_of};
use crate::deliverables::{DeliverableId, Status as DeliverableStatus};
use crate::error::Result;
use crate::forum::{EditionId, Status as EditionStatus};
use crate::groups::{MembershipRole, MembershipStatus, Status as GroupStatus};
use crate::http::etag::stale;
use crate::mail::Kind;
use crate::people::{PersonErased, Role};
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{
    affiliations as f, co_chair_seats as seats, consultations as r, contribution_writers as w, contributions as n,
    deliverables as d, forum_editions as e, forum_sessions as s, memberships as m, persons as p, reminder_days as days,
    reminders, seat_persons as sp, session_presentations as shown, settings, supporters, working_groups as g,
};
use crate::supporters::{AffiliationRole, Status as SupporterStatus};
use crate::time::{Day, Instant};

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

/// Whoever can be reached: confirmed, neither suspended nor erased.
pub fn persons(c: &mut AnyConnection) -> Result<Vec<PersonRow>> {
    Ok(p::table
        .filter(p::email_verified_at.is_not_null())
        .filter(p::address_lapsed.eq(false))
        .filter(p::suspended_at.is_null())
        .filter(p::erased_at.is_null())
        .order(p::id)
        .select(PersonRow::as_select())
        .load(c)?)
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
pub fn editions(c: &mut AnyConnection) -> Result<Vec<EditionRow>> {
    let to_come = e::status.eq(EditionStatus::Planned).or(e::status.eq(EditionStatus::Open));
    Ok(e::table.filter(to_come).order(e::year).select(EditionRow::as_select()).load(c)?)
}

/// A deliverable that is neither presented nor dropped, of a group that works.
#[derive(Queryable, Selectable)]
#[diesel(table_name = d)]
pub struct DeliverableRow {
    pub id: DeliverableId,
    pub group_id: GroupId,
    pub reference: String,
    pub title: String,
    pub status: DeliverableStatus,
    pub due_on: Day,
    pub forum_edition_id: Option<EditionId>,
    pub created_at: Instant,
    pub due_set_at: Instant,
}

/// Those, by reference, each with who leads it.
pub fn deliverables(c: &mut AnyConnection) -> Result<Vec<(DeliverableRow, Option<PersonId>)>> {
    Ok(d::table
        .inner_join(g::table)
        .left_join(m::table)
        .filter(g::status.eq(GroupStatus::Proposed).or(g::status.eq(GroupStatus::Active)))
        .filter(d::status.ne(DeliverableStatus::Presented))
        .filter(d::status.ne(DeliverableStatus::Dropped))
        .order((d::group_id, d::number))
        .select((DeliverableRow::as_select(), m::person_id.nullable()))
        .load(c)?)
}

/// What sessions show: edition and reference.
pub fn presentations(c: &mut AnyConnection) -> Result<Vec<(EditionId, String)>> {
    Ok(shown::table.inner_join(s::table).select((s::forum_edition_id, shown::reference)).load(c)?)
}

/// Who fills a co-chair seat now, of which group and for which supporter.
pub fn seated(c: &mut AnyConnection) -> Result<Vec<(GroupId, SupporterId, PersonId)>> {
    Ok(seats::table
        .inner_join(sp::table)
        .filter(seats::until.is_null())
        .filter(sp::until.is_null())
        .order((seats::group_id, seats::position))
        .select((seats::group_id, seats::supporter_id, sp::person_id))
        .load(c)?)
}

/// The active members, observers left out, of active groups.
pub fn members(c: &mut AnyConnection) -> Result<Vec<(GroupId, Option<SupporterId>, PersonId)>> {
    Ok(m::table
        .inner_join(g::table)
        .filter(g::status.eq(GroupStatus::Active))
        .filter(m::status.eq(MembershipStatus::Active))
        .filter(m::role.eq(MembershipRole::Member))
        .select((m::group_id, m::supporter_id, m::person_id))
        .load(c)?)
}

/// Who is affiliated to which endorsed supporter, and whether as focal point.
pub fn affiliated(c: &mut AnyConnection) -> Result<Vec<(SupporterId, PersonId, bool)>> {
    let rows: Vec<(SupporterId, PersonId, AffiliationRole)> = f::table
        .inner_join(supporters::table)
        .filter(supporters::status.eq(SupporterStatus::Endorsed))
        .filter(f::until.is_null())
        .select((f::supporter_id, f::person_id, f::role))
        .load(c)?;
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
pub fn rounds(c: &mut AnyConnection) -> Result<Vec<RoundRow>> {
    let running = r::status.eq(RoundStatus::Scheduled).or(r::status.eq(RoundStatus::Open));
    Ok(r::table.filter(running).order(r::id).select(RoundRow::as_select()).load(c)?)
}

/// A contribution to a round: of which supporter or person, where it stands, who wrote it.
pub type Contribution = (ConsultationId, Option<SupporterId>, Option<PersonId>, ContributionStatus, Option<PersonId>);

/// The contributions to these rounds, each as often as it has writers.
pub fn contributions(c: &mut AnyConnection, rounds: &[ConsultationId]) -> Result<Vec<Contribution>> {
    Ok(n::table
        .left_join(w::table)
        .filter(any_of("contributions.consultation_id", rounds))
        .select((n::consultation_id, n::supporter_id, n::person_id, n::status, w::person_id.nullable()))
        .load(c)?)
}

/// A reminder that was sent: kind, subject, target, days before, whom, when.
pub type SentRow = (ReminderKind, String, Day, i64, PersonId, Instant);

/// What was sent for targets on a day or after, or since an instant.
pub fn sent(c: &mut AnyConnection, from: Day, since: Instant) -> Result<Vec<SentRow>> {
    use reminders as q;
    Ok(q::table
        .filter(q::target_on.ge(from).or(q::sent_at.ge(since)))
        // The weekly report keeps its marks here, too.
        .filter(q::kind.ne(Kind::ReadinessReport.as_str()))
        .select((q::kind, q::subject_id, q::target_on, q::days_before, q::person_id, q::sent_at))
        .load(c)?)
}

/// Notes that a reminder is sent.
pub fn mark(tx: &mut Write<'_>, (kind, subject, on, before, person, at): &SentRow) -> Result<()> {
    use reminders as q;
    let key = (q::kind.eq(kind), q::subject_id.eq(subject), q::target_on.eq(on), q::days_before.eq(before));
    diesel::insert_into(q::table).values((key, q::person_id.eq(person), q::sent_at.eq(at))).execute(&mut **tx)?;
    Ok(())
}

/// Forgets at most `limit` reminders that were sent before an instant; how many.
pub fn forget(tx: &mut Write<'_>, before: Instant, limit: i64) -> Result<usize> {
    use reminders as q;
    let last: Option<Instant> =
        q::table.filter(q::sent_at.lt(before)).order(q::sent_at).select(q::sent_at).limit(limit).load(&mut **tx)?.pop();
    let Some(last) = last else { return Ok(0) };
    Ok(diesel::delete(q::table.filter(q::sent_at.le(last))).execute(&mut **tx)?)
}

/// Forgets of what a person was reminded.
pub fn forget_person(tx: &mut Write<'_>, fact: &PersonErased) -> Result<()> {
    diesel::delete(reminders::table.filter(reminders::person_id.eq(fact.person))).execute(&mut **tx)?;
    Ok(())
}

/// The last day planned in each zone.
pub fn planned(c: &mut AnyConnection) -> Result<Vec<(String, Day)>> {
    Ok(days::table.select((days::zone, days::planned_on)).load(c)?)
}

/// Notes that the reminders of a day are planned in a zone.
pub fn plan_done(tx: &mut Write<'_>, zone: &str, on: Day) -> Result<()> {
    let first =
        tx.unless_taken(|c| diesel::insert_into(days::table).values((days::zone.eq(zone), days::planned_on.eq(on))).execute(c))?;
    if first.is_none() {
        let one = days::table.filter(days::zone.eq(zone)).filter(days::planned_on.lt(on));
        diesel::update(one).set(days::planned_on.eq(on)).execute(&mut **tx)?;
    }
    Ok(())
}

/// The one row of settings.
const ALL: &str = "all";

/// What was set, as JSON, with its version and since when; nothing where it is as delivered.
pub fn choices(c: &mut AnyConnection) -> Result<Option<(String, i64, Instant)>> {
    let columns = (settings::choices, settings::version, settings::updated_at);
    Ok(settings::table.filter(settings::id.eq(ALL)).select(columns).get_result(c).optional()?)
}

/// Saves settings over the version they were read at (0: none were); the transaction is repeated when another was faster.
pub fn save_choices(tx: &mut Write<'_>, choices: &str, version: i64) -> Result<()> {
    let now = tx.now();
    let values = (settings::choices.eq(choices), settings::version.eq(version + 1), settings::updated_at.eq(now));
    let saved = if version == 0 {
        let made = tx.unless_taken(|c| diesel::insert_into(settings::table).values((settings::id.eq(ALL), values)).execute(c))?;
        made.unwrap_or_default()
    } else {
        let known = settings::table.filter(settings::id.eq(ALL)).filter(settings::version.eq(version));
        diesel::update(known).set(values).execute(&mut **tx)?
    };
    if saved == 1 { Ok(()) } else { Err(stale()) }
}

/// The offsets in force.
pub fn offsets(c: &mut AnyConnection) -> Result<Offsets> {
    Ok(match choices(c)? {
        Some((json, ..)) => super::settings::Settings::read(&json)?.reminders,
        None => Offsets::default(),
    })
}
