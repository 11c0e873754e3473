//! Rows of memberships.

use std::collections::BTreeSet;

use diesel::dsl::count_star;
use diesel::prelude::*;
use serde_json::{Value, json};

use super::rules::{MembershipRole, MembershipStatus};
use crate::db::{AnyConnection, Backend, Write};
use crate::error::Result;
use crate::http::etag::written;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::{GroupId, MembershipId, MembershipMark, PersonId, SupporterId};
use crate::schema::{memberships as m, supporters, working_groups as groups};
use crate::time::Instant;

/// A membership's row.
#[derive(Clone, Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = m, treat_none_as_null = true)]
pub struct Row {
    #[diesel(skip_update)]
    pub id: MembershipId,
    #[diesel(skip_update)]
    pub group_id: GroupId,
    #[diesel(skip_update)]
    pub person_id: PersonId,
    /// For whom; `None`: an observer's, for a body.
    pub supporter_id: Option<SupporterId>,
    pub body: Option<String>,
    pub role: MembershipRole,
    pub status: MembershipStatus,
    pub message: Option<String>,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    /// Since when it has been active; where it never was, since when it was asked for.
    pub since: Instant,
    pub until: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A group's memberships, as a list.
pub struct Memberships;

impl Listed for Memberships {
    type Row = Row;
    const SORTS: &'static [SortField<Row>] = &[
        SortField { name: "created_at", column: "memberships.created_at", key: SortKey::At(|row| row.created_at) },
        SortField { name: "since", column: "memberships.since", key: SortKey::At(|row| row.since) },
    ];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<Row> = SortField { name: "id", column: "memberships.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Which of a group's memberships; what is `None` leaves all.
#[derive(Clone, Copy)]
pub struct Filter {
    pub group: GroupId,
    pub status: Option<MembershipStatus>,
    pub role: Option<MembershipRole>,
    pub supporter: Option<SupporterId>,
}

impl Filter {
    fn query(self) -> m::BoxedQuery<'static, Backend> {
        let mut query = m::table.filter(m::group_id.eq(self.group)).into_boxed::<Backend>();
        if let Some(status) = self.status {
            query = query.filter(m::status.eq(status));
        }
        if let Some(role) = self.role {
            query = query.filter(m::role.eq(role));
        }
        if let Some(supporter) = self.supporter {
            query = query.filter(m::supporter_id.eq(supporter));
        }
        query
    }
}

/// A page of them, and where the next one starts.
pub fn page(c: &mut AnyConnection, filter: Filter, plan: &Plan<Memberships>) -> Result<(Vec<Row>, Option<String>)> {
    Ok(plan.cut(plan.apply(filter.query().select(Row::as_select())).load(c)?))
}

/// How many of them there are.
pub fn count(c: &mut AnyConnection, filter: Filter) -> Result<i64> {
    Ok(filter.query().select(count_star()).get_result(c)?)
}

/// A membership, however it stands.
pub fn find(c: &mut AnyConnection, id: MembershipId) -> Result<Option<Row>> {
    Ok(m::table.filter(m::id.eq(id)).select(Row::as_select()).get_result(c).optional()?)
}

/// The one that a person has open in a group.
pub fn open(c: &mut AnyConnection, person: PersonId, group: GroupId) -> Result<Option<Row>> {
    Ok(m::table
        .filter(m::person_id.eq(person))
        .filter(m::group_id.eq(group))
        .filter(m::until.is_null())
        .select(Row::as_select())
        .get_result(c)
        .optional()?)
}

/// A new membership.
pub struct New<'a> {
    pub group: GroupId,
    pub person: PersonId,
    pub supporter: Option<SupporterId>,
    pub body: Option<&'a str>,
    pub role: MembershipRole,
    pub status: MembershipStatus,
    pub message: Option<&'a str>,
}

/// Inserts an open membership. `None` where the person has one in this group.
pub fn insert(tx: &mut Write<'_>, new: &New<'_>) -> Result<Option<MembershipId>> {
    let (id, now) = (tx.new_id::<MembershipMark>(), tx.now());
    let inserted = tx.unless_taken(|c| {
        diesel::insert_into(m::table)
            .values((
                m::id.eq(id),
                m::group_id.eq(new.group),
                m::person_id.eq(new.person),
                m::supporter_id.eq(new.supporter),
                m::body.eq(new.body),
                m::role.eq(new.role),
                m::status.eq(new.status),
                m::message.eq(new.message),
                m::since.eq(now),
                m::version.eq(1_i64),
                m::created_at.eq(now),
                m::updated_at.eq(now),
            ))
            .execute(c)
    })?;
    Ok(inserted.map(|_| id))
}

/// Saves a membership over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &mut Row) -> Result<()> {
    let read_at = row.version;
    row.version += 1;
    row.updated_at = tx.now();
    let saved = diesel::update(m::table.filter(m::id.eq(row.id)).filter(m::version.eq(read_at))).set(&*row).execute(&mut **tx)?;
    written(saved)
}

/// Whose open memberships.
#[derive(Clone, Copy)]
pub enum Whose {
    /// A person's for a supporter.
    For(PersonId, SupporterId),
    /// All for a supporter.
    Supporter(SupporterId),
    /// All of a person.
    Person(PersonId),
}

/// These open memberships, oldest first.
pub fn open_of(c: &mut AnyConnection, whose: Whose) -> Result<Vec<Row>> {
    let open = m::table.filter(m::until.is_null()).into_boxed::<Backend>();
    let query = match whose {
        Whose::For(person, supporter) => open.filter(m::person_id.eq(person)).filter(m::supporter_id.eq(supporter)),
        Whose::Supporter(supporter) => open.filter(m::supporter_id.eq(supporter)),
        Whose::Person(person) => open.filter(m::person_id.eq(person)),
    };
    Ok(query.order(m::id).select(Row::as_select()).load(c)?)
}

/// The groups in which anybody has or had a membership for a supporter.
pub fn groups_of(c: &mut AnyConnection, supporter: SupporterId) -> Result<BTreeSet<GroupId>> {
    let groups: Vec<GroupId> = m::table.filter(m::supporter_id.eq(supporter)).select(m::group_id).distinct().load(c)?;
    Ok(groups.into_iter().collect())
}

/// Gives every membership for one supporter, open or ended, to another.
pub fn move_to(tx: &mut Write<'_>, from: SupporterId, into: SupporterId) -> Result<()> {
    let now = tx.now();
    diesel::update(m::table.filter(m::supporter_id.eq(from)))
        .set((m::supporter_id.eq(into), m::version.eq(m::version + 1), m::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets what was written about a person, and by it.
pub fn forget(tx: &mut Write<'_>, person: PersonId) -> Result<()> {
    let now = tx.now();
    let nothing = None::<String>;
    let written = m::table.filter(m::person_id.eq(person)).filter(m::message.is_not_null().or(m::reason.is_not_null()));
    diesel::update(written)
        .set((m::message.eq(&nothing), m::reason.eq(&nothing), m::version.eq(m::version + 1), m::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The supporter that an id or a slug names.
pub fn supporter_id(c: &mut AnyConnection, name: &str) -> Result<Option<SupporterId>> {
    let ids = supporters::table.select(supporters::id);
    let id = match name.parse::<SupporterId>() {
        Ok(id) => ids.filter(supporters::id.eq(id)).get_result(c),
        Err(_) => ids.filter(supporters::slug.eq(name)).get_result(c),
    };
    Ok(id.optional()?)
}

/// What is kept about a person: its memberships, oldest first.
pub fn export(c: &mut AnyConnection, person: PersonId) -> Result<Value> {
    let rows: Vec<(Row, String, Option<String>)> = m::table
        .inner_join(groups::table)
        .left_join(supporters::table)
        .filter(m::person_id.eq(person))
        .order(m::id)
        .select((Row::as_select(), groups::slug, supporters::name.nullable()))
        .load(c)?;
    let rows = rows.into_iter().map(|(row, group, supporter)| {
        json!({
            "group": group, "supporter": supporter, "body": row.body, "role": row.role, "status": row.status,
            "message": row.message, "reason": row.reason, "since": row.since, "until": row.until,
            "created_at": row.created_at,
        })
    });
    Ok(rows.collect())
}
