//! Rows of invitations.

use diesel::prelude::*;

use super::rules::{InvitationRole, Status};
use super::{InvitationId, InvitationMark};
use crate::db::{AnyConnection, Backend, Write};
use crate::error::Result;
use crate::http::etag::written;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::locale::Localised;
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::schema::{invitations as i, working_groups};
use crate::time::Instant;

/// An invitation's row.
#[derive(Clone, Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = i, treat_none_as_null = true)]
pub struct Row {
    /// Its id.
    #[diesel(skip_update)]
    pub id: InvitationId,
    /// To speak for it, or to take part for it; null where an observer is invited for a body.
    #[diesel(skip_update)]
    pub supporter_id: Option<SupporterId>,
    /// To take part in this group; `None`: to speak for the supporter.
    #[diesel(skip_update)]
    pub group_id: Option<GroupId>,
    /// For whom, as an observer for no supporter.
    #[diesel(skip_update)]
    pub body: Option<String>,
    /// Null once whoever was invited has erased the account.
    pub email: Option<String>,
    /// In lower case.
    pub folded_email: Option<String>,
    /// As what.
    pub role: InvitationRole,
    /// Who invites; null: the initiative.
    pub invited_by: Option<PersonId>,
    /// Who accepted it; while it is still open, who waits for its supporter's affiliation.
    pub accepted_by: Option<PersonId>,
    /// As it was left; an open one expires by itself.
    pub status: Status,
    /// At this instant it is too late.
    pub expires_at: Instant,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// Invitations as a list.
pub struct Invitations;

impl Listed for Invitations {
    type Row = Row;
    const SORTS: &'static [SortField<Row>] =
        &[SortField { name: "created_at", column: "invitations.created_at", key: SortKey::At(|row| row.created_at) }];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<Row> = SortField { name: "id", column: "invitations.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Whose invitations.
#[derive(Clone, Copy)]
pub enum Which<'a> {
    /// Those to speak for a supporter, of every status or one.
    Of(SupporterId, Option<Status>),
    /// Those to take part in a group, of every status or one.
    OfGroup(GroupId, Option<Status>),
    /// Those to an address that can be accepted.
    To(&'a str),
}

impl Which<'_> {
    fn query<'q>(self, now: Instant) -> i::BoxedQuery<'q, Backend> {
        let all = i::table.into_boxed::<Backend>();
        match self {
            Self::To(folded) => {
                let theirs = all.filter(i::folded_email.eq(folded.to_owned()));
                theirs.filter(i::status.eq(Status::Open)).filter(i::expires_at.gt(now))
            }
            Self::Of(supporter, status) => {
                standing(all.filter(i::supporter_id.eq(supporter)).filter(i::group_id.is_null()), status, now)
            }
            Self::OfGroup(group, status) => standing(all.filter(i::group_id.eq(group)), status, now),
        }
    }
}

/// Those of them that stand so at `now`.
fn standing<'q>(theirs: i::BoxedQuery<'q, Backend>, status: Option<Status>, now: Instant) -> i::BoxedQuery<'q, Backend> {
    match status {
        None => theirs,
        Some(Status::Open) => theirs.filter(i::status.eq(Status::Open)).filter(i::expires_at.gt(now)),
        Some(Status::Expired) => {
            theirs.filter(i::status.eq(Status::Expired).or(i::status.eq(Status::Open).and(i::expires_at.le(now))))
        }
        Some(other) => theirs.filter(i::status.eq(other)),
    }
}

/// A page of them.
pub fn page(c: &mut AnyConnection, which: Which<'_>, now: Instant, plan: &Plan<Invitations>) -> Result<Vec<Row>> {
    Ok(plan.apply(which.query(now).select(Row::as_select())).load(c)?)
}

/// Those to an address that can be accepted, the oldest first, at most `limit`.
pub fn open_to(c: &mut AnyConnection, folded: &str, now: Instant, limit: i64) -> Result<Vec<Row>> {
    Ok(Which::To(folded).query(now).order(i::id).limit(limit).select(Row::as_select()).load(c)?)
}

/// How many of them there are.
pub fn count(c: &mut AnyConnection, which: Which<'_>, now: Instant) -> Result<i64> {
    Ok(which.query(now).count().get_result(c)?)
}

/// An invitation, however it stands.
pub fn find(c: &mut AnyConnection, id: InvitationId) -> Result<Option<Row>> {
    Ok(i::table.filter(i::id.eq(id)).select(Row::as_select()).get_result(c).optional()?)
}

/// The invitation of an address to speak for a supporter that can be accepted at `now`.
pub fn open(tx: &mut Write<'_>, supporter: SupporterId, folded: &str) -> Result<Option<Row>> {
    let now = tx.now();
    Ok(i::table
        .filter(i::supporter_id.eq(supporter))
        .filter(i::group_id.is_null())
        .filter(i::folded_email.eq(folded))
        .filter(i::status.eq(Status::Open))
        .filter(i::expires_at.gt(now))
        .select(Row::as_select())
        .get_result(&mut **tx)
        .optional()?)
}

/// The invitations to groups that a person accepted and that wait for its affiliation to this supporter.
pub fn waiting(tx: &mut Write<'_>, person: PersonId, supporter: SupporterId) -> Result<Vec<Row>> {
    let now = tx.now();
    Ok(i::table
        .filter(i::accepted_by.eq(person))
        .filter(i::supporter_id.eq(supporter))
        .filter(i::group_id.is_not_null())
        .filter(i::status.eq(Status::Open))
        .filter(i::expires_at.gt(now))
        .order(i::group_id)
        .select(Row::as_select())
        .load(&mut **tx)?)
}

/// What a group is called, in every language that it is in.
pub fn group_title(c: &mut AnyConnection, group: GroupId) -> Result<Localised> {
    use working_groups as g;
    let title: String = g::table.filter(g::id.eq(group)).select(g::title).get_result(c)?;
    Ok(Localised::from_json(&title)?)
}

/// To what somebody is invited.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
    /// For whom; `None`: an observer, for a body.
    pub supporter: Option<SupporterId>,
    /// In which group; `None`: to speak for the supporter.
    pub group: Option<GroupId>,
    /// The body that an observer is here for, where that is no supporter.
    pub body: Option<&'a str>,
    /// As what.
    pub role: InvitationRole,
}

/// A new invitation.
pub struct New<'a> {
    pub offer: Offer<'a>,
    pub email: &'a str,
    pub folded_email: &'a str,
    pub invited_by: Option<PersonId>,
    pub expires_at: Instant,
}

/// Inserts an open invitation. `None` where the address has an open one. What has run out by itself is written down first.
pub fn insert(tx: &mut Write<'_>, new: &New<'_>) -> Result<Option<InvitationId>> {
    let (id, now) = (tx.new_id::<InvitationMark>(), tx.now());
    let over =
        i::table.filter(i::folded_email.eq(new.folded_email)).filter(i::status.eq(Status::Open)).filter(i::expires_at.le(now));
    let expired = (i::status.eq(Status::Expired), i::version.eq(i::version + 1));
    diesel::update(over).set(expired).execute(&mut **tx)?;
    let Offer { supporter, group, body, role } = new.offer;
    let inserted = tx.unless_taken(|c| {
        diesel::insert_into(i::table)
            .values((
                i::id.eq(id),
                i::supporter_id.eq(supporter),
                i::group_id.eq(group),
                i::body.eq(body),
                i::email.eq(new.email),
                i::folded_email.eq(new.folded_email),
                i::role.eq(role),
                i::invited_by.eq(new.invited_by),
                i::status.eq(Status::Open),
                i::expires_at.eq(new.expires_at),
                i::version.eq(1_i64),
                i::created_at.eq(now),
                i::updated_at.eq(now),
            ))
            .execute(c)
    })?;
    Ok(inserted.map(|_| id))
}

/// Saves an invitation over the version it was read at; the transaction is repeated when another was faster. False where it would be the
/// second open one of its address.
pub fn save(tx: &mut Write<'_>, row: &mut Row) -> Result<bool> {
    let read_at = row.version;
    row.version += 1;
    row.updated_at = tx.now();
    let known = i::table.filter(i::id.eq(row.id)).filter(i::version.eq(read_at));
    match tx.unless_taken(|c| diesel::update(known).set(&*row).execute(c))? {
        Some(rows) => written(rows).map(|()| true),
        None => Ok(false),
    }
}

/// The invitations that a person accepted, and those to its address.
pub fn of_person(tx: &mut Write<'_>, person: PersonId, folded: Option<&str>) -> Result<Vec<Row>> {
    let mut query = i::table.filter(i::accepted_by.eq(person)).select(Row::as_select()).into_boxed::<Backend>();
    if let Some(folded) = folded {
        query = query.or_filter(i::folded_email.eq(folded.to_owned()));
    }
    Ok(query.order(i::id).load(&mut **tx)?)
}
