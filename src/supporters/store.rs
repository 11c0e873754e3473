//! The supporters' rows: one entry, the register filtered and sorted, and what a page of it shows beside the rows.

pub mod entries;
pub mod entry;
pub mod export;
pub mod merge;
pub mod names;
pub mod retention;
pub mod stats;

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::exists;
use diesel::prelude::*;

use super::rules::Status;
use crate::address;
use crate::country::Region;
use crate::db::search::Contains;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::http::page::{Listed, MAX_LIMIT, Plan, SortField, SortKey};
use crate::policy::{GroupId, SupporterId};
use crate::schema::{
    co_chair_seats, memberships, supporter_former_names, supporter_principles, supporter_statuses, supporters, supporters as s,
    working_groups,
};
use crate::text;
use crate::time::{Day, Instant};

/// A supporter's row, as far as the public sees it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = supporters, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct SupporterRow {
    pub id: SupporterId,
    pub slug: String,
    pub name: String,
    pub folded_name: String,
    pub sector: Option<String>,
    pub kind: Option<String>,
    pub country: Option<String>,
    pub region: Option<Region>,
    pub website: Option<String>,
    pub statement: Option<String>,
    pub status: Status,
    pub endorsed_on: Option<Day>,
    pub endorsed_key: String,
    pub withdrawn_on: Option<Day>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The register as a list.
pub struct Register;

impl Listed for Register {
    type Row = SupporterRow;
    const SORTS: &'static [SortField<SupporterRow>] = &[
        SortField { name: "name", column: "supporters.folded_name", key: SortKey::Text(|row| row.folded_name.clone()) },
        SortField { name: "endorsed_on", column: "supporters.endorsed_key", key: SortKey::Text(|row| row.endorsed_key.clone()) },
        SortField { name: "created_at", column: "supporters.created_at", key: SortKey::At(|row| row.created_at) },
    ];
    const DEFAULT: &'static str = "name";
    const TIE: SortField<SupporterRow> =
        SortField { name: "id", column: "supporters.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Which entries of the register; what is `None` leaves all.
#[derive(Default)]
pub struct Filter {
    pub sector: Option<String>,
    pub kind: Option<String>,
    pub country: Option<String>,
    pub region: Option<Region>,
    pub principle: Option<i64>,
    /// The group that it takes part in at this instant: by a seat, or by a member.
    pub in_group: Option<(GroupId, Instant)>,
    /// Words, all of which stand in its name or former names.
    pub q: Option<String>,
    pub endorsed_from: Option<Day>,
    pub endorsed_to: Option<Day>,
    /// Endorsed on this day, whatever it is now; `None`: endorsed now.
    pub as_of: Option<Day>,
}

type Query<'a> = supporters::BoxedQuery<'a, Backend>;

impl Filter {
    /// The entries that the filter leaves.
    fn entries<'a>(&self, connection: &mut AnyConnection) -> Result<Query<'a>> {
        let found = self.q.as_deref().map(|q| Contains::supporters(connection, q)).transpose()?;
        let few = self.in_group.is_some() || found.as_ref().is_some_and(Contains::is_selective);
        let mut query = self.endorsed(few);
        if let Some(sector) = &self.sector {
            query = query.filter(s::sector.eq(sector.clone()));
        }
        if let Some(kind) = &self.kind {
            query = query.filter(s::kind.eq(kind.clone()));
        }
        if let Some(country) = &self.country {
            query = query.filter(s::country.eq(country.clone()));
        }
        if let Some(region) = self.region {
            query = query.filter(s::region.eq(region));
        }
        if let Some(principle) = self.principle {
            use supporter_principles as p;
            // Asked row by row: most supporters have most principles, so that the walk along the sort order ends soon.
            query = query.filter(exists(p::table.filter(p::supporter_id.eq(s::id)).filter(p::principle.eq(principle))));
        }
        if let Some((group, at)) = self.in_group {
            query = query.filter(any_of("supporters.id", in_group(connection, group, at)?));
        }
        if let Some(found) = found {
            query = query.filter(found);
        }
        Ok(query)
    }

    /// The entries that stand in the register now, or on the day asked for: by an endorsement that is open, or one that has ended since.
    /// `few`: another filter leaves so few that they are better looked up than met on a walk through the endorsed.
    fn endorsed<'a>(&self, few: bool) -> Query<'a> {
        let query = supporters::table.into_boxed::<Backend>();
        let undated = self.endorsed_from.is_none() && self.endorsed_to.is_none();
        // Of `endorsed_key`, which is empty where there is no day.
        let first = self.endorsed_from.map_or(if undated { "" } else { "0" }.to_owned(), |from| from.to_string());
        let last = [self.endorsed_to, self.as_of].into_iter().flatten().min();
        if self.as_of.is_none() && !few {
            let query = query.filter(s::status.eq(Status::Endorsed));
            let query = if undated { query } else { query.filter(s::endorsed_key.ge(first)) };
            return match last {
                Some(last) => query.filter(s::endorsed_key.le(last.to_string())),
                None => query,
            };
        }
        // An expression, which no index has: SQLite, without statistics, would believe that one leaves fewer than any other filter.
        let key = s::status.concat(s::endorsed_key);
        let from = key.ge(format!("{}{first}", Status::Endorsed));
        let open = from.and(key.le(format!("{}{}", Status::Endorsed, last.map_or("9".to_owned(), |last| last.to_string()))));
        let (Some(day), Some(last)) = (self.as_of, last) else { return query.filter(open) };
        use supporter_statuses as t;
        let ended = t::table.filter(t::status.eq(Status::Endorsed)).filter(t::until.gt(day)).select(t::supporter_id);
        match self.endorsed_from {
            Some(from) => query.filter(open.or(s::id.eq_any(ended.filter(t::since.ge(from).and(t::since.le(last)))))),
            None if undated => query.filter(open.or(s::id.eq_any(ended.filter(t::since.is_null().or(t::since.le(last)))))),
            None => query.filter(open.or(s::id.eq_any(ended.filter(t::since.le(last))))),
        }
    }
}

/// Who held a seat in a group, or stood behind an active member of it, at an instant.
fn in_group(connection: &mut AnyConnection, group: GroupId, at: Instant) -> Result<BTreeSet<SupporterId>> {
    use co_chair_seats as c;
    use memberships as m;
    let seats = c::table.filter(c::group_id.eq(group)).filter(c::since.le(at));
    let seated = seats.filter(c::until.is_null().or(c::until.gt(at))).select(c::supporter_id);
    // What was asked for and never granted has another status; an observer stands for nobody here.
    let members = m::table.filter(m::group_id.eq(group)).filter(m::since.le(at)).filter(m::role.eq("member"));
    let members =
        members.filter(m::status.eq("active").or(m::status.eq("left").or(m::status.eq("removed")).and(m::until.gt(at))));
    let behind: Vec<Option<SupporterId>> = members.select(m::supporter_id).distinct().load(connection)?;
    Ok(seated.load(connection)?.into_iter().chain(behind.into_iter().flatten()).collect())
}

/// One page of the register, or all of it.
pub fn page(connection: &mut AnyConnection, filter: &Filter, plan: &Plan<Register>) -> Result<Vec<SupporterRow>> {
    let query = filter.entries(connection)?.select(SupporterRow::as_select());
    Ok(plan.apply(query).load(connection)?)
}

/// How many entries the filter leaves.
pub fn count(connection: &mut AnyConnection, filter: &Filter) -> Result<i64> {
    Ok(filter.entries(connection)?.count().get_result(connection)?)
}

/// One entry by id or slug, whatever its status.
pub fn find(connection: &mut AnyConnection, id_or_slug: &str) -> Result<Option<SupporterRow>> {
    let columns = SupporterRow::as_select();
    let row = match id_or_slug.parse::<SupporterId>() {
        Ok(id) => s::table.filter(s::id.eq(id)).select(columns).get_result(connection),
        Err(_) => s::table.filter(s::slug.eq(id_or_slug)).select(columns).get_result(connection),
    };
    Ok(row.optional()?)
}

/// What an entry shows beside its row.
#[derive(Default)]
pub struct Beside {
    former_names: HashMap<SupporterId, Vec<String>>,
    principles: HashMap<SupporterId, Vec<i64>>,
}

impl Beside {
    /// What belongs to these rows, in one query each. More rows than a page has are the whole register: then all of it is read.
    pub fn rows(connection: &mut AnyConnection, rows: &[SupporterRow]) -> Result<Self> {
        use supporter_former_names as f;
        use supporter_principles as p;
        if rows.is_empty() {
            return Ok(Self::default());
        }
        let mut former = f::table.order((f::until, f::id)).select((f::supporter_id, f::name)).into_boxed::<Backend>();
        let mut principles = p::table.order(p::principle).select((p::supporter_id, p::principle)).into_boxed::<Backend>();
        if usize::try_from(MAX_LIMIT).is_ok_and(|limit| rows.len() <= limit) {
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            former = former.filter(any_of("supporter_former_names.supporter_id", &ids));
            principles = principles.filter(any_of("supporter_principles.supporter_id", &ids));
        }
        Ok(Self { former_names: by_supporter(former.load(connection)?), principles: by_supporter(principles.load(connection)?) })
    }

    /// The entry's former names, oldest first.
    pub fn former_names(&mut self, id: SupporterId) -> Vec<String> {
        self.former_names.remove(&id).unwrap_or_default()
    }

    /// The principles it commits to, by number.
    pub fn principles(&mut self, id: SupporterId) -> Vec<i64> {
        self.principles.remove(&id).unwrap_or_default()
    }
}

fn by_supporter<T>(rows: Vec<(SupporterId, T)>) -> HashMap<SupporterId, Vec<T>> {
    let mut lists: HashMap<_, Vec<T>> = HashMap::new();
    for (id, value) in rows {
        lists.entry(id).or_default().push(value);
    }
    lists
}

/// The group that an id, a number or a slug names.
pub fn group_id(connection: &mut AnyConnection, name: &str) -> Result<Option<GroupId>> {
    use working_groups as g;
    let ids = g::table.select(g::id);
    let id = if let Ok(id) = name.parse::<GroupId>() {
        ids.filter(g::id.eq(id)).get_result(connection)
    } else if let Ok(number) = name.parse::<i64>() {
        ids.filter(g::number.eq(number)).get_result(connection)
    } else {
        ids.filter(g::slug.eq(name)).get_result(connection)
    };
    Ok(id.optional()?)
}

/// The host of an entry's web site, where it has one.
pub fn website_host(connection: &mut AnyConnection, id: SupporterId) -> Result<Option<String>> {
    let website: Option<Option<String>> = s::table.filter(s::id.eq(id)).select(s::website).get_result(connection).optional()?;
    Ok(website.flatten().and_then(|website| address::host(&website)))
}

/// What [`facts`] reads: id, slug, name, sector, country, region, status.
pub type Facts = (SupporterId, String, String, Option<String>, Option<String>, Option<Region>, Status);

/// These supporters' facts.
pub fn facts(connection: &mut AnyConnection, ids: &[SupporterId]) -> Result<Vec<Facts>> {
    let columns = (s::id, s::slug, s::name, s::sector, s::country, s::region, s::status);
    Ok(s::table.filter(any_of("supporters.id", ids)).select(columns).load(connection)?)
}

/// Id, slug and name of the endorsed supporters that `q` finds, by name.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<(SupporterId, String, String)>> {
    if text::search_words(q).is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter { q: Some(q.to_owned()), ..Filter::default() };
    let found = filter.entries(connection)?.order((s::folded_name, s::id)).limit(limit);
    Ok(found.select((s::id, s::slug, s::name)).load(connection)?)
}
