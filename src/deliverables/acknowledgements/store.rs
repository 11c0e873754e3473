//! Rows of acknowledgements: who agreed to be thanked by name, and who is.

use diesel::prelude::*;

use super::super::store::DeliverableId;
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::Result;
use crate::ids::Id;
use crate::policy::{MembershipId, PersonId};
use crate::schema::{acknowledgements as a, memberships};
use crate::time::Instant;

/// Marks the id of an acknowledgement.
#[derive(Debug)]
pub enum ThanksMark {}
/// The identifier of an acknowledgement.
pub type ThanksId = Id<ThanksMark>;

/// An acknowledgement, with the person of its membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThanksRow {
    /// Its id.
    pub id: ThanksId,
    /// In which deliverable.
    pub deliverable_id: DeliverableId,
    /// For which membership.
    pub membership_id: MembershipId,
    /// Whose.
    pub person_id: PersonId,
    /// Whether that person agrees to it.
    pub agreed: bool,
    /// What for.
    pub text: Option<String>,
    /// Where it stands among those shown; `None`: it is not shown.
    pub position: Option<i64>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl ThanksRow {
    /// Whether everybody sees it.
    pub fn is_shown(&self) -> bool {
        self.agreed && self.position.is_some()
    }
}

type Columns = (ThanksId, DeliverableId, MembershipId, PersonId, bool, Option<String>, Option<i64>, Instant, Instant);

fn row(columns: Columns) -> ThanksRow {
    let (id, deliverable_id, membership_id, person_id, agreed, text, position, created_at, updated_at) = columns;
    ThanksRow { id, deliverable_id, membership_id, person_id, agreed, text, position, created_at, updated_at }
}

/// Who is shown as thanked in these deliverables, or in all, in the order chosen.
pub fn shown(c: &mut AnyConnection, of: Option<&[DeliverableId]>) -> Result<Vec<ThanksRow>> {
    let mut query = a::table
        .inner_join(memberships::table)
        .filter(a::agreed.eq(true))
        .filter(a::position.is_not_null())
        .order((a::deliverable_id, a::position, a::id))
        .select((
            a::id,
            a::deliverable_id,
            a::membership_id,
            memberships::person_id,
            a::agreed,
            a::text,
            a::position,
            a::created_at,
            a::updated_at,
        ))
        .into_boxed::<Backend>();
    if let Some(ids) = of {
        query = query.filter(any_of("acknowledgements.deliverable_id", ids));
    }
    Ok(query.load::<Columns>(c)?.into_iter().map(row).collect())
}

/// Everybody who ever agreed to be thanked in a deliverable, those shown first.
pub fn all(c: &mut AnyConnection, of: DeliverableId) -> Result<Vec<ThanksRow>> {
    let rows: Vec<Columns> = a::table
        .inner_join(memberships::table)
        .filter(a::deliverable_id.eq(of))
        .order(a::id)
        .select((
            a::id,
            a::deliverable_id,
            a::membership_id,
            memberships::person_id,
            a::agreed,
            a::text,
            a::position,
            a::created_at,
            a::updated_at,
        ))
        .load(c)?;
    let mut rows: Vec<ThanksRow> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| row.position.unwrap_or(i64::MAX));
    Ok(rows)
}

/// A membership's acknowledgement, agreed or not.
pub fn of_membership(c: &mut AnyConnection, of: DeliverableId, membership: MembershipId) -> Result<Option<ThanksRow>> {
    Ok(all(c, of)?.into_iter().find(|row| row.membership_id == membership))
}

/// Keeps what a member says of its being thanked.
pub fn insert(tx: &mut Write<'_>, of: DeliverableId, membership: MembershipId, text: Option<&str>) -> Result<()> {
    let (id, now) = (tx.new_id::<ThanksMark>(), tx.now());
    diesel::insert_into(a::table)
        .values((
            a::id.eq(id),
            a::deliverable_id.eq(of),
            a::membership_id.eq(membership),
            a::agreed.eq(true),
            a::text.eq(text),
            a::created_at.eq(now),
            a::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Saves whether it is agreed, the words, and where it stands.
pub fn save(tx: &mut Write<'_>, row: &ThanksRow) -> Result<()> {
    let now = tx.now();
    diesel::update(a::table.filter(a::id.eq(row.id)))
        .set((a::agreed.eq(row.agreed), a::text.eq(&row.text), a::position.eq(row.position), a::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}
