//! One group, written: its row and the principles that it pursues.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::super::rules::{JoinPolicy, Status};
use super::{GroupRow, names};
use crate::db::Write;
use crate::error::Result;
use crate::http::etag::written;
use crate::locale::Localised;
use crate::policy::{GroupId, GroupMark};
use crate::schema::{group_principles as p, working_groups as groups};
use crate::text;
use crate::time::Instant;

/// What is said of a group beside its status and principles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Particulars {
    pub number: i64,
    pub slug: String,
    pub title: Localised,
    pub mandate: Option<Localised>,
    pub join_policy: JoinPolicy,
}

impl Particulars {
    /// As they are.
    pub fn of(row: &GroupRow) -> Result<Self> {
        let mandate = row.mandate.as_deref().map(Localised::from_json).transpose()?;
        let title = Localised::from_json(&row.title)?;
        Ok(Self { number: row.number, slug: row.slug.clone(), title, mandate, join_policy: row.join_policy })
    }

    fn columns(&self) -> Columns<'_> {
        let mandate = self.mandate.as_ref().map(Localised::folded).unwrap_or_default();
        Columns {
            number: self.number,
            slug: &self.slug,
            title: self.title.to_json(),
            mandate: self.mandate.as_ref().map(Localised::to_json),
            join_policy: self.join_policy,
            search_text: [self.title.folded(), mandate, text::fold(&self.slug)].join(" "),
        }
    }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = groups, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Columns<'a> {
    number: i64,
    slug: &'a str,
    title: String,
    mandate: Option<String>,
    join_policy: JoinPolicy,
    search_text: String,
}

/// A new group, proposed. The transaction is repeated when another took its number or slug meanwhile.
pub fn insert(tx: &mut Write<'_>, to: &Particulars) -> Result<GroupId> {
    let (id, now) = (tx.new_id::<GroupMark>(), tx.now());
    let columns = to.columns();
    let stamps = (groups::version.eq(1_i64), groups::created_at.eq(now), groups::updated_at.eq(now));
    let inserted = tx.unless_taken(|c| {
        diesel::insert_into(groups::table)
            .values((groups::id.eq(id), &columns, groups::status.eq(Status::Proposed), stamps))
            .execute(c)
    })?;
    written(inserted.unwrap_or_default())?;
    Ok(id)
}

/// Gives a group that the transaction holds these particulars; a number or slug that it had leads to it from now on.
pub fn save(tx: &mut Write<'_>, row: &GroupRow, to: &Particulars) -> Result<()> {
    let (was, is) = ([row.number.to_string(), row.slug.clone()], [to.number.to_string(), to.slug.clone()]);
    let columns = to.columns();
    let saved = tx.unless_taken(|c| diesel::update(groups::table.filter(groups::id.eq(row.id))).set(&columns).execute(c))?;
    written(saved.unwrap_or_default())?;
    for (was, is) in was.iter().zip(&is).filter(|(was, is)| was != is) {
        names::regain(tx, row.id, is)?;
        names::leave(tx, row.id, was)?;
    }
    Ok(())
}

/// Makes these the principles that a group pursues. Whether that changed anything.
pub fn set_principles(tx: &mut Write<'_>, id: GroupId, numbers: &[i64]) -> Result<bool> {
    let known: Vec<i64> = p::table.filter(p::group_id.eq(id)).select(p::principle).load(&mut **tx)?;
    let wanted: BTreeSet<i64> = numbers.iter().copied().collect();
    if wanted == known.into_iter().collect() {
        return Ok(false);
    }
    diesel::delete(p::table.filter(p::group_id.eq(id))).execute(&mut **tx)?;
    for number in wanted {
        diesel::insert_into(p::table).values((p::group_id.eq(id), p::principle.eq(number))).execute(&mut **tx)?;
    }
    Ok(true)
}

/// Moves a group that the transaction holds.
pub fn move_to(tx: &mut Write<'_>, id: GroupId, to: Status) -> Result<()> {
    diesel::update(groups::table.filter(groups::id.eq(id))).set(groups::status.eq(to)).execute(&mut **tx)?;
    touch(tx, id)
}

/// A group's version rises with what is written to it, seats and derogations included.
pub fn touch(tx: &mut Write<'_>, id: GroupId) -> Result<()> {
    let now = tx.now();
    diesel::update(groups::table.filter(groups::id.eq(id)))
        .set((groups::version.eq(groups::version + 1), groups::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes since when a group is out of balance. Its version stays: it follows from what was written elsewhere.
pub fn mark_unbalanced(tx: &mut Write<'_>, id: GroupId, since: Option<Instant>) -> Result<()> {
    diesel::update(groups::table.filter(groups::id.eq(id))).set(groups::unbalanced_since.eq(since)).execute(&mut **tx)?;
    Ok(())
}
