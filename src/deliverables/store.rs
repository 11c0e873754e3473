//! The rows of deliverables.

pub mod beside;
pub mod board;
pub mod due;
pub mod list;
pub mod pending;
pub mod reactions;
pub mod versions;

use diesel::prelude::*;

use super::rules::{Kind, Status, Work};
use crate::db::{AnyConnection, Write};
use crate::error::{Error, Result};
use crate::forum::EditionId;
use crate::http::etag::stale;
use crate::ids::Id;
use crate::policy::{GroupId, MembershipId, Object, PersonId};
use crate::schema::{deliverable_principles as principles, deliverables as d, memberships};
use crate::text;
use crate::time::{Day, Instant};

/// Marks the id of a deliverable.
#[derive(Debug)]
pub enum DeliverableMark {}
/// The identifier of a deliverable.
pub type DeliverableId = Id<DeliverableMark>;

/// A deliverable's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = d)]
pub struct DeliverableRow {
    /// Its id.
    pub id: DeliverableId,
    /// The group that owes it.
    pub group_id: GroupId,
    /// Its reference, assigned once.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// The title as rows are sorted by it.
    pub folded_title: String,
    /// What it is about.
    pub summary: Option<String>,
    /// What kind of result it is.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
    /// When it is due, a day in its edition's zone, else in the call's.
    pub due_on: Day,
    /// In per cent.
    pub progress: i64,
    /// Who leads it.
    pub lead_membership_id: Option<MembershipId>,
    /// For which Forum edition it is.
    pub forum_edition_id: Option<EditionId>,
    /// The number of the version that is the result.
    pub approved_version: Option<i64>,
    /// Whether no supporter is bound by it.
    pub binds_no_supporter: bool,
    /// Why it is flagged as at risk; `None`: it is not.
    pub risk_reason: Option<String>,
    /// Since when it is flagged.
    pub risk_since: Option<Instant>,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl DeliverableRow {
    /// What its health depends on, where its next open milestone is due on `next_milestone`.
    pub fn work(&self, next_milestone: Option<Day>) -> Work {
        let Self { status, due_on, progress, .. } = *self;
        Work { status, due_on, progress, flagged: self.risk_reason.is_some(), next_milestone }
    }
}

/// A deliverable with whoever leads it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its row.
    pub row: DeliverableRow,
    /// The person of its lead's membership.
    pub lead: Option<PersonId>,
}

impl Found {
    /// What policy knows of it.
    pub fn object(&self) -> Object {
        Object { lead: self.lead, ..Object::of_group(self.row.group_id) }
    }
}

/// The deliverable that a path names by reference, in whatever case, or by id. 404 where there is none.
pub fn find(c: &mut AnyConnection, name: &str) -> Result<Found> {
    let query = d::table.left_join(memberships::table).select((DeliverableRow::as_select(), memberships::person_id.nullable()));
    let found = match name.parse::<DeliverableId>() {
        Ok(id) => query.filter(d::id.eq(id)).get_result(c),
        Err(_) => query.filter(d::reference.eq(name.to_ascii_uppercase())).get_result(c),
    };
    let (row, lead) = found.optional()?.ok_or_else(|| Error::not_found("deliverable"))?;
    Ok(Found { row, lead })
}

/// Holds a deliverable until the transaction ends, before what depends on it is read: its versions, milestones and who is thanked. The
/// transaction is repeated where it is gone.
pub fn hold(tx: &mut Write<'_>, id: DeliverableId) -> Result<Found> {
    let held = diesel::update(d::table.filter(d::id.eq(id))).set(d::version.eq(d::version)).execute(&mut **tx)?;
    if held == 1 { find(tx, id.as_str()) } else { Err(stale()) }
}

/// A new deliverable.
pub struct New {
    /// The group that owes it.
    pub group_id: GroupId,
    /// That group's number.
    pub group_number: i64,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: Option<String>,
    /// What kind of result it is.
    pub kind: Kind,
    /// When it is due.
    pub due_on: Day,
    /// Who leads it.
    pub lead_membership_id: Option<MembershipId>,
    /// For which Forum edition it is.
    pub forum_edition_id: Option<EditionId>,
    /// The principles that it serves.
    pub principles: Vec<i64>,
}

/// What a search looks through.
fn search_text(reference: &str, title: &str, summary: Option<&str>) -> String {
    text::fold(&format!("{reference} {title} {}", summary.unwrap_or_default()))
}

/// Adds a deliverable to a group that the transaction holds; its id. Its number is the next one of its group: none is ever used again,
/// since none is ever deleted.
pub fn insert(tx: &mut Write<'_>, new: &New) -> Result<DeliverableId> {
    let (id, now) = (tx.new_id::<DeliverableMark>(), tx.now());
    let last: Option<i64> =
        d::table.filter(d::group_id.eq(new.group_id)).select(diesel::dsl::max(d::number)).get_result(&mut **tx)?;
    let number = last.unwrap_or_default() + 1;
    let reference = super::rules::reference(new.group_number, number);
    diesel::insert_into(d::table)
        .values((
            d::id.eq(id),
            d::group_id.eq(new.group_id),
            d::number.eq(number),
            d::search_text.eq(search_text(&reference, &new.title, new.summary.as_deref())),
            d::reference.eq(reference),
            d::title.eq(&new.title),
            d::folded_title.eq(text::fold(&new.title)),
            d::summary.eq(&new.summary),
            d::kind.eq(new.kind),
            d::status.eq(Status::Planned),
            d::due_on.eq(new.due_on),
            d::due_set_at.eq(now),
            d::progress.eq(0_i64),
            d::lead_membership_id.eq(new.lead_membership_id),
            d::forum_edition_id.eq(new.forum_edition_id),
            d::binds_no_supporter.eq(false),
            d::version.eq(1_i64),
            d::created_at.eq(now),
            d::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    set_principles(tx, id, &new.principles)?;
    Ok(id)
}

/// Saves a deliverable over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &DeliverableRow) -> Result<()> {
    let now = tx.now();
    let moved = d::table.filter(d::id.eq(row.id)).filter(d::due_on.ne(row.due_on));
    diesel::update(moved).set(d::due_set_at.eq(now)).execute(&mut **tx)?;
    let saved = diesel::update(d::table.filter(d::id.eq(row.id)).filter(d::version.eq(row.version)))
        .set((
            d::title.eq(&row.title),
            d::folded_title.eq(text::fold(&row.title)),
            d::search_text.eq(search_text(&row.reference, &row.title, row.summary.as_deref())),
            d::summary.eq(&row.summary),
            d::kind.eq(row.kind),
            d::status.eq(row.status),
            d::due_on.eq(row.due_on),
            d::progress.eq(row.progress),
            d::lead_membership_id.eq(row.lead_membership_id),
            d::forum_edition_id.eq(row.forum_edition_id),
            d::approved_version.eq(row.approved_version),
            d::binds_no_supporter.eq(row.binds_no_supporter),
            d::risk_reason.eq(&row.risk_reason),
            d::risk_since.eq(row.risk_since),
            d::version.eq(row.version + 1),
            d::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if saved == 1 { Ok(()) } else { Err(stale()) }
}

/// Marks a deliverable as changed where what changed lies beside its row (its list of those thanked).
pub fn touch(tx: &mut Write<'_>, id: DeliverableId) -> Result<()> {
    let now = tx.now();
    diesel::update(d::table.filter(d::id.eq(id)))
        .set((d::version.eq(d::version + 1), d::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The principles that a deliverable serves, ascending.
pub fn principles(c: &mut AnyConnection, of: DeliverableId) -> Result<Vec<i64>> {
    Ok(principles::table
        .filter(principles::deliverable_id.eq(of))
        .order(principles::principle)
        .select(principles::principle)
        .load(c)?)
}

/// Gives a deliverable these principles and no others.
pub fn set_principles(tx: &mut Write<'_>, of: DeliverableId, to: &[i64]) -> Result<()> {
    diesel::delete(principles::table.filter(principles::deliverable_id.eq(of))).execute(&mut **tx)?;
    // As few as a call has principles; the two databases share no insert of several rows.
    for number in to {
        diesel::insert_into(principles::table)
            .values((principles::deliverable_id.eq(of), principles::principle.eq(number)))
            .execute(&mut **tx)?;
    }
    Ok(())
}
