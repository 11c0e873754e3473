//! Rows of comments.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::store::DeliverableId;
use crate::db::{AnyConnection, Backend, Write};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::policy::PersonId;
use crate::schema::{acknowledgements, comments, deliverables, memberships};
use crate::time::Instant;

/// Marks the id of a comment.
#[derive(Debug)]
pub enum CommentMark {}
/// The identifier of a comment.
pub type CommentId = Id<CommentMark>;

/// A comment's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = comments)]
pub struct CommentRow {
    /// Its id.
    pub id: CommentId,
    /// On which deliverable.
    pub deliverable_id: DeliverableId,
    /// Whose.
    pub author_id: PersonId,
    /// To which comment it replies.
    pub reply_to: Option<CommentId>,
    /// Its words; empty once taken back.
    pub body: String,
    /// When it was last changed by its author.
    pub edited_at: Option<Instant>,
    /// When its author took it back.
    pub deleted_at: Option<Instant>,
    /// When it was hidden.
    pub hidden_at: Option<Instant>,
    /// Why it was.
    pub hidden_reason: Option<String>,
    /// Its version.
    pub version: i64,
    /// When it was written.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// The list of a deliverable's comments.
pub struct CommentList;

impl Listed for CommentList {
    type Row = CommentRow;
    const SORTS: &'static [SortField<CommentRow>] =
        &[SortField { name: "created_at", column: "comments.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<CommentRow> =
        SortField { name: "id", column: "comments.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// One page of a deliverable's comments.
pub fn page(c: &mut AnyConnection, of: DeliverableId, plan: &Plan<CommentList>) -> Result<Vec<CommentRow>> {
    let query = comments::table.filter(comments::deliverable_id.eq(of)).select(CommentRow::as_select());
    Ok(plan.apply(query.into_boxed::<Backend>()).load(c)?)
}

/// How many comments a deliverable has.
pub fn count(c: &mut AnyConnection, of: DeliverableId) -> Result<i64> {
    Ok(comments::table.filter(comments::deliverable_id.eq(of)).count().get_result(c)?)
}

/// One comment. 404 where there is none.
pub fn find(c: &mut AnyConnection, id: CommentId) -> Result<CommentRow> {
    let row = comments::table.filter(comments::id.eq(id)).select(CommentRow::as_select()).get_result(c).optional()?;
    row.ok_or_else(|| Error::not_found("comment"))
}

/// Adds a comment; its id.
pub fn insert(
    tx: &mut Write<'_>,
    of: DeliverableId,
    author: PersonId,
    body: &str,
    reply_to: Option<CommentId>,
) -> Result<CommentId> {
    let (id, now) = (tx.new_id::<CommentMark>(), tx.now());
    diesel::insert_into(comments::table)
        .values((
            comments::id.eq(id),
            comments::deliverable_id.eq(of),
            comments::author_id.eq(author),
            comments::reply_to.eq(reply_to),
            comments::body.eq(body),
            comments::version.eq(1_i64),
            comments::created_at.eq(now),
            comments::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Saves a comment over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &CommentRow) -> Result<()> {
    let now = tx.now();
    let saved = diesel::update(comments::table.filter(comments::id.eq(row.id)).filter(comments::version.eq(row.version)))
        .set((
            comments::body.eq(&row.body),
            comments::edited_at.eq(row.edited_at),
            comments::deleted_at.eq(row.deleted_at),
            comments::hidden_at.eq(row.hidden_at),
            comments::hidden_reason.eq(&row.hidden_reason),
            comments::version.eq(row.version + 1),
            comments::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if saved == 1 { Ok(()) } else { Err(stale()) }
}

/// Whether anybody replied to a comment.
pub fn has_replies(c: &mut AnyConnection, id: CommentId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(comments::table.filter(comments::reply_to.eq(id)))).get_result(c)?)
}

/// Removes a comment that nobody replied to.
pub fn delete(tx: &mut Write<'_>, id: CommentId) -> Result<()> {
    diesel::delete(comments::table.filter(comments::id.eq(id))).execute(&mut **tx)?;
    Ok(())
}

/// A person's comments, oldest first, and what it agreed to be thanked for.
pub fn export(c: &mut AnyConnection, person: PersonId) -> Result<(Value, Value)> {
    type Written = (String, String, Instant, Option<Instant>, Option<String>);
    let written: Vec<Written> = comments::table
        .inner_join(deliverables::table)
        .filter(comments::author_id.eq(person))
        .order(comments::id)
        .select((deliverables::reference, comments::body, comments::created_at, comments::edited_at, comments::hidden_reason))
        .load(c)?;
    let written = written.into_iter().map(|(reference, body, at, edited_at, hidden_reason)| {
        json!({"deliverable": reference, "body": body, "created_at": at, "edited_at": edited_at, "hidden_reason": hidden_reason})
    });
    let thanked: Vec<(String, bool, Option<String>, Instant)> = acknowledgements::table
        .inner_join(memberships::table)
        .inner_join(deliverables::table.on(deliverables::id.eq(acknowledgements::deliverable_id)))
        .filter(memberships::person_id.eq(person))
        .order(acknowledgements::id)
        .select((deliverables::reference, acknowledgements::agreed, acknowledgements::text, acknowledgements::created_at))
        .load(c)?;
    let thanked = thanked
        .into_iter()
        .map(|(reference, agreed, text, at)| json!({"deliverable": reference, "agreed": agreed, "text": text, "created_at": at}));
    Ok((written.collect(), thanked.collect()))
}
