//! How answers show deliverables: the same shape in lists, alone and nested.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::acknowledgements::store::ThanksRow;
use super::milestones::store::{MilestoneId, MilestoneRow};
use super::path::sees_drafts;
use super::rules::moves::{self, Caller};
use super::rules::{self, Health, HealthReason, Kind, Status};
use super::store::beside::Beside;
use super::store::versions::{VersionId, VersionRow};
use super::store::{DeliverableId, DeliverableRow};
use super::todays::Todays;
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::forum::EditionRef;
use crate::groups::{self, GroupRef};
use crate::http::Tagged;
use crate::ids::distinct;
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::policy::{Actor, MembershipId, Object, PersonId, Standing};
use crate::time::{Day, DaySchema, Instant};

/// A deliverable.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Deliverable")]
pub struct DeliverableView {
    id: DeliverableId,
    /// `WG<group number>-D<n>`, for ever.
    reference: String,
    /// The group that owes it.
    group: GroupRef,
    title: String,
    summary: Option<String>,
    kind: Kind,
    status: Status,
    /// Computed, on the day that it is in its Forum edition's zone, else in the call's.
    health: Health,
    /// Why it does so. That it was flagged is the group's to know.
    health_reasons: Vec<HealthReason>,
    #[schemars(with = "DaySchema")]
    due_on: Day,
    /// In per cent.
    progress: i64,
    /// The numbers of the principles that it serves, ascending.
    principles: Vec<i64>,
    /// Who leads it; the group's to know, null for others.
    lead: Option<LeadView>,
    forum_edition: Option<EditionRef>,
    milestones: Vec<Tagged<MilestoneView>>,
    /// The version that is the result.
    approved_version: Option<Tagged<VersionView>>,
    /// The latest version; the group's to know, null for others.
    latest_version: Option<Tagged<VersionView>>,
    /// That somebody flagged it as at risk; the group's to know, null for others.
    risk_flag: Option<RiskView>,
    /// The members who are thanked, with their consent.
    acknowledgements: Vec<ThanksView>,
    /// Whether no supporter is bound by it.
    binds_no_supporter: bool,
    /// The statuses that the caller may move it to, most usual first.
    allowed_transitions: Vec<Status>,
    created_at: Instant,
    updated_at: Instant,
}

/// The columns of [`DeliverableView::cells`].
pub const COLUMNS: &[&str] = &[
    "id",
    "reference",
    "group",
    "title",
    "summary",
    "kind",
    "status",
    "health",
    "health_reasons",
    "due_on",
    "progress",
    "principles",
    "lead",
    "forum_edition",
    "milestones",
    "approved_version",
    "latest_version",
    "risk_flag",
    "binds_no_supporter",
    "created_at",
    "updated_at",
];

impl DeliverableView {
    /// A row of CSV: lists parted by `; `, of milestones those that are not done, what is unknown or hidden empty.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let number = |version: &Option<Tagged<VersionView>>| version.as_ref().map(|v| v.value().number.to_string());
        let open = self.milestones.iter().map(Tagged::value).filter(|milestone| milestone.done_on.is_none());
        let open: Vec<_> = open.map(|milestone| format!("{} {}", milestone.due_on, milestone.title)).collect();
        [
            self.id.to_string(),
            self.reference.clone(),
            self.group.number.to_string(),
            self.title.clone(),
            self.summary.clone().unwrap_or_default(),
            self.kind.to_string(),
            self.status.to_string(),
            self.health.to_string(),
            self.health_reasons.iter().map(HealthReason::as_str).collect::<Vec<_>>().join("; "),
            self.due_on.to_string(),
            self.progress.to_string(),
            self.principles.iter().map(i64::to_string).collect::<Vec<_>>().join("; "),
            self.lead.as_ref().map(|lead| lead.person.display_name.clone()).unwrap_or_default(),
            self.forum_edition.map(|edition| edition.year.to_string()).unwrap_or_default(),
            open.join("; "),
            number(&self.approved_version).unwrap_or_default(),
            number(&self.latest_version).unwrap_or_default(),
            self.risk_flag.as_ref().map(|flag| flag.reason.clone()).unwrap_or_default(),
            self.binds_no_supporter.to_string(),
            self.created_at.to_string(),
            self.updated_at.to_string(),
        ]
    }
}

/// Who leads a deliverable.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "DeliverableLead")]
struct LeadView {
    membership_id: MembershipId,
    person: PersonRef,
}

/// Why a deliverable is flagged.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RiskFlag")]
struct RiskView {
    reason: String,
    since: Instant,
}

/// Something of a deliverable that is to be done by a day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeliverableMilestone")]
pub struct MilestoneView {
    id: MilestoneId,
    title: String,
    #[schemars(with = "DaySchema")]
    due_on: Day,
    /// When it was done; null: not yet.
    #[schemars(with = "Option<DaySchema>")]
    done_on: Option<Day>,
    created_at: Instant,
    updated_at: Instant,
}

impl MilestoneView {
    /// As answers show it.
    pub fn of(row: MilestoneRow) -> Tagged<Self> {
        let MilestoneRow { id, title, due_on, done_on, version, created_at, updated_at, .. } = row;
        Tagged::new(version, Self { id, title, due_on, done_on, created_at, updated_at })
    }
}

/// A version of a deliverable: a file, or a link.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeliverableVersion")]
pub struct VersionView {
    id: VersionId,
    number: i64,
    file_name: Option<String>,
    media_type: Option<String>,
    /// In bytes.
    size: Option<i64>,
    /// Of the file, in hex.
    sha256: Option<String>,
    url: Option<String>,
    note: Option<String>,
    /// When the secretariat withheld it: its bytes are gone, the rest stays.
    withheld_at: Option<Instant>,
    withheld_reason: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

impl VersionView {
    /// As answers show it.
    pub fn of(row: VersionRow) -> Tagged<Self> {
        let view = Self {
            id: row.id,
            number: row.number,
            file_name: row.file_name,
            media_type: row.media_type,
            size: row.size,
            sha256: row.sha256,
            url: row.url.filter(|_| row.withheld_at.is_none()),
            note: row.note,
            withheld_at: row.withheld_at,
            withheld_reason: row.withheld_reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Tagged::new(row.version, view)
    }
}

/// A member who is thanked in a deliverable, or agrees to be.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Acknowledgement")]
pub struct ThanksView {
    membership_id: MembershipId,
    person: PersonRef,
    /// What for.
    text: Option<String>,
    /// Whether it is among those that everybody sees.
    shown: bool,
    created_at: Instant,
    updated_at: Instant,
}

impl ThanksView {
    /// As answers show it.
    pub fn of(row: ThanksRow, persons: &HashMap<PersonId, PersonRef>) -> Result<Self> {
        let person = persons.get(&row.person_id).cloned();
        let person = person.ok_or_else(|| Error::Internal(format!("acknowledgement {} has no person", row.id)))?;
        let shown = row.is_shown();
        let ThanksRow { membership_id, text, created_at, updated_at, .. } = row;
        Ok(Self { membership_id, person, text, shown, created_at, updated_at })
    }
}

/// For whom deliverables are shown, and when.
pub struct Onlooker<'a> {
    /// The caller.
    pub actor: &'a Actor,
    /// The languages it reads.
    pub reader: &'a Reader,
    /// The day it is.
    pub todays: &'a Todays,
}

/// What a caller is to a deliverable.
pub fn caller(actor: &Actor, object: &Object) -> Caller {
    let standings = actor.standings(object);
    let is = |standing| standings.contains(&standing);
    let secretariat = is(Standing::Secretariat) || is(Standing::Administrator);
    Caller { lead: is(Standing::Lead), co_chair: is(Standing::CoChair), secretariat }
}

/// These deliverables as answers show them. As many queries for one as for a page of them.
pub fn deliverables(c: &mut AnyConnection, rows: Vec<DeliverableRow>, to: &Onlooker<'_>) -> Result<Vec<Tagged<DeliverableView>>> {
    let mut beside = Beside::rows(c, &rows)?;
    let groups = groups::refs(c, &distinct(rows.iter().map(|row| row.group_id)), to.reader)?;
    let thanked = beside.thanks.values().flatten().map(|row| row.person_id);
    let persons = people::refs(c, &distinct(thanked.chain(beside.leads.values().copied())))?;
    let gone = |what: &str, row: &DeliverableRow| Error::Internal(format!("deliverable {} has no {what}", row.reference));
    let view = |row: DeliverableRow| {
        let lead = row.lead_membership_id.and_then(|id| Some((id, *beside.leads.get(&id)?)));
        let object = Object { lead: lead.map(|(_, person)| person), ..Object::of_group(row.group_id) };
        let inside = sees_drafts(to.actor, row.group_id);
        let stands = *beside.groups.get(&row.group_id).ok_or_else(|| gone("group", &row))?;
        let milestones = beside.milestones.remove(&row.id).unwrap_or_default();
        let (health, mut health_reasons) = health(&row, &milestones, to.todays);
        health_reasons.retain(|reason| inside || *reason != HealthReason::RiskFlag);
        let lead = match lead.filter(|_| inside) {
            Some((membership_id, person)) => {
                let person = persons.get(&person).cloned().ok_or_else(|| gone("lead", &row))?;
                Some(LeadView { membership_id, person })
            }
            None => None,
        };
        let versions = beside.versions.remove(&row.id).unwrap_or_default();
        let latest = versions.last().filter(|_| inside).cloned();
        let approved = versions.into_iter().find(|version| Some(version.number) == row.approved_version);
        let thanks = beside.thanks.remove(&row.id).unwrap_or_default();
        let view = DeliverableView {
            id: row.id,
            group: groups.get(&row.group_id).cloned().ok_or_else(|| gone("group", &row))?,
            health,
            health_reasons,
            principles: beside.principles.remove(&row.id).unwrap_or_default(),
            lead,
            forum_edition: to.todays.edition(row.forum_edition_id).map(|facts| facts.reference()),
            milestones: milestones.into_iter().map(MilestoneView::of).collect(),
            approved_version: approved.map(VersionView::of),
            latest_version: latest.map(VersionView::of),
            risk_flag: row.risk_reason.zip(row.risk_since).filter(|_| inside).map(|(reason, since)| RiskView { reason, since }),
            acknowledgements: thanks.into_iter().map(|row| ThanksView::of(row, &persons)).collect::<Result<_>>()?,
            binds_no_supporter: row.binds_no_supporter,
            allowed_transitions: moves::allowed(row.status, caller(to.actor, &object), stands),
            reference: row.reference,
            title: row.title,
            summary: row.summary,
            kind: row.kind,
            status: row.status,
            due_on: row.due_on,
            progress: row.progress,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Tagged::new(row.version, view))
    };
    rows.into_iter().map(view).collect()
}

/// How a deliverable with these milestones does today, and why.
pub fn health(row: &DeliverableRow, milestones: &[MilestoneRow], todays: &Todays) -> (Health, Vec<HealthReason>) {
    let next = milestones.iter().filter(|milestone| milestone.done_on.is_none()).map(|milestone| milestone.due_on).min();
    rules::health(&row.work(next), todays.of(row.forum_edition_id))
}

/// One deliverable.
pub fn deliverable(c: &mut AnyConnection, row: DeliverableRow, to: &Onlooker<'_>) -> Result<Tagged<DeliverableView>> {
    let view = deliverables(c, vec![row], to)?.pop();
    view.ok_or_else(|| Error::not_found("deliverable"))
}
