//! One entry of the register, written: its row, the intervals of its status, and its former names. The invariants of these tables are kept
//! here and nowhere else: each supporter has exactly one open interval, and its row shows that one.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::super::rules::{Particulars, Status, numbered_slug, slug_base};
use super::SupporterRow;
use crate::audit::{self, Entry};
use crate::country::Region;
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::http::etag::written;
use crate::ids::Id;
use crate::policy::SupporterId;
use crate::schema::{supporter_aliases as aliases, supporter_former_names as former, supporter_statuses as statuses, supporters};
use crate::text;
use crate::time::Day;

/// A supporter's whole row: what the public sees of it, where it came from, and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = supporters, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    #[diesel(embed)]
    pub shown: SupporterRow,
    pub source: String,
    pub search_text: String,
}

impl Row {
    /// Gives it these particulars; `former_names` are folded.
    pub fn set(&mut self, to: Particulars, former_names: &[String]) {
        let Particulars { slug, name, sector, kind, country, website, statement, endorsed_on, source } = to;
        let folded_name = text::fold(&name);
        self.search_text = [std::slice::from_ref(&folded_name), former_names].concat().join(" ");
        self.source = source;
        let shown = &mut self.shown;
        shown.region = country.as_deref().and_then(Region::of);
        shown.endorsed_key = endorsed_on.map(|day| day.to_string()).unwrap_or_default();
        (shown.slug, shown.name, shown.folded_name) = (slug, name, folded_name);
        (shown.sector, shown.kind, shown.country) = (sector, kind, country);
        (shown.website, shown.statement, shown.endorsed_on) = (website, statement, endorsed_on);
    }

    /// What is known about it.
    pub fn particulars(&self) -> Particulars {
        let Self { shown, source, .. } = self.clone();
        let SupporterRow { slug, name, sector, kind, country, website, statement, endorsed_on, .. } = shown;
        Particulars { slug, name, sector, kind, country, website, statement, endorsed_on, source }
    }
}

/// An entry's row.
pub fn row(connection: &mut AnyConnection, id: SupporterId) -> Result<Option<Row>> {
    Ok(supporters::table.filter(supporters::id.eq(id)).select(Row::as_select()).get_result(connection).optional()?)
}

/// Holds these entries until the transaction ends, in the order of their ids, before what depends on them is read: nobody else changes them
/// or takes them away meanwhile. The transaction is repeated when one is gone by now.
pub fn hold(tx: &mut Write<'_>, ids: &[SupporterId]) -> Result<()> {
    let ids: BTreeSet<SupporterId> = ids.iter().copied().collect();
    for id in ids {
        let held = diesel::update(supporters::table.filter(supporters::id.eq(id)))
            .set(supporters::version.eq(supporters::version))
            .execute(&mut **tx)?;
        written(held)?;
    }
    Ok(())
}

/// A new entry, in `status` since a day; an endorsement may be undated.
pub fn insert(tx: &mut Write<'_>, particulars: Particulars, status: Status, since: Option<Day>) -> Result<Row> {
    let (id, now) = (tx.new_id(), tx.now());
    let shown = SupporterRow {
        id,
        slug: String::new(),
        name: String::new(),
        folded_name: String::new(),
        sector: None,
        kind: None,
        country: None,
        region: None,
        website: None,
        statement: None,
        status,
        endorsed_on: None,
        endorsed_key: String::new(),
        withdrawn_on: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut row = Row { shown, source: String::new(), search_text: String::new() };
    row.set(particulars, &[]);
    diesel::insert_into(supporters::table).values(&row).execute(&mut **tx)?;
    open_interval(tx, id, status, since)?;
    Ok(row)
}

fn open_interval(tx: &mut Write<'_>, supporter: SupporterId, status: Status, since: Option<Day>) -> Result<()> {
    let id: Id<()> = tx.new_id();
    diesel::insert_into(statuses::table)
        .values((
            statuses::id.eq(id),
            statuses::supporter_id.eq(supporter),
            statuses::status.eq(status),
            statuses::since.eq(since),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// A slug made from `name` that no entry has or had.
pub fn free_slug(connection: &mut AnyConnection, name: &str) -> Result<String> {
    let base = slug_base(name);
    let is_taken = |slug: &str, connection: &mut AnyConnection| -> QueryResult<bool> {
        let entries = supporters::table.filter(supporters::slug.eq(slug));
        let before = aliases::table.filter(aliases::alias.eq(slug));
        Ok(diesel::select(diesel::dsl::exists(entries)).get_result::<bool>(connection)?
            || diesel::select(diesel::dsl::exists(before)).get_result::<bool>(connection)?)
    };
    let mut slug = base.clone();
    let mut number = 1;
    while is_taken(&slug, connection)? {
        number += 1;
        slug = numbered_slug(&base, number);
    }
    Ok(slug)
}

/// Moves an entry from one status to another on a day, and records it. The transaction is repeated when another moved it first.
pub fn move_to(tx: &mut Write<'_>, id: SupporterId, from: Status, to: Status, on: Day, reason: Option<&str>) -> Result<()> {
    let now = tx.now();
    let still = supporters::table.filter(supporters::id.eq(id)).filter(supporters::status.eq(from));
    let changed = (
        supporters::status.eq(to),
        supporters::version.eq(supporters::version + 1),
        supporters::updated_at.eq(now),
        supporters::withdrawn_on.eq((to == Status::Withdrawn).then_some(on)),
    );
    let moved = match to {
        Status::Endorsed => diesel::update(still)
            .set((changed, supporters::endorsed_on.eq(Some(on)), supporters::endorsed_key.eq(on.to_string())))
            .execute(&mut **tx)?,
        // What it was endorsed on stays to be seen.
        Status::Withdrawn => diesel::update(still).set(changed).execute(&mut **tx)?,
        Status::Pending | Status::Declined => diesel::update(still)
            .set((changed, supporters::endorsed_on.eq(None::<Day>), supporters::endorsed_key.eq("")))
            .execute(&mut **tx)?,
    };
    written(moved)?;
    diesel::update(statuses::table.filter(statuses::supporter_id.eq(id)).filter(statuses::until.is_null()))
        .set(statuses::until.eq(on))
        .execute(&mut **tx)?;
    open_interval(tx, id, to, Some(on))?;
    let act = match to {
        Status::Pending => "supporter.reopened",
        Status::Endorsed => "supporter.endorsed",
        Status::Declined => "supporter.declined",
        Status::Withdrawn => "supporter.withdrawn",
    };
    audit::record(tx, Entry::of(act, "supporter", id).moved(from, to).because(reason));
    Ok(())
}

/// Gives an entry these particulars over the version it was read at; a name that it had stays as a former one, searchable.
pub fn change(tx: &mut Write<'_>, mut row: Row, to: Particulars) -> Result<Row> {
    let folded = text::fold(&to.name);
    if folded != row.shown.folded_name {
        keep_former_name(tx, &row.shown, &folded)?;
    }
    let former_names: Vec<String> = former::table
        .filter(former::supporter_id.eq(row.shown.id))
        .order((former::until, former::id))
        .select(former::folded_name)
        .load(&mut **tx)?;
    let read_at = row.shown.version;
    row.set(to, &former_names);
    row.shown.version += 1;
    row.shown.updated_at = tx.now();
    let is = supporters::table.filter(supporters::id.eq(row.shown.id)).filter(supporters::version.eq(read_at));
    written(diesel::update(is).set(&row).execute(&mut **tx)?)?;
    Ok(row)
}

/// Keeps the name that an entry is about to lose for the folded name `to`. A name that it has again is no former one.
pub fn keep_former_name(tx: &mut Write<'_>, was: &SupporterRow, to: &str) -> Result<()> {
    let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
    diesel::insert_into(former::table)
        .values((
            former::id.eq(id),
            former::supporter_id.eq(was.id),
            former::name.eq(&was.name),
            former::folded_name.eq(&was.folded_name),
            former::until.eq(now),
        ))
        .execute(&mut **tx)?;
    let again = former::table.filter(former::supporter_id.eq(was.id)).filter(former::folded_name.eq(to));
    diesel::delete(again).execute(&mut **tx)?;
    Ok(())
}

/// Makes these the principles that an entry commits to. Whether that changed anything; the caller touches the row.
pub fn set_principles(tx: &mut Write<'_>, id: SupporterId, numbers: &[i64]) -> Result<bool> {
    use crate::schema::supporter_principles as p;
    let known: Vec<i64> = p::table.filter(p::supporter_id.eq(id)).select(p::principle).load(&mut **tx)?;
    let wanted: BTreeSet<i64> = numbers.iter().copied().collect();
    if wanted == known.into_iter().collect() {
        return Ok(false);
    }
    diesel::delete(p::table.filter(p::supporter_id.eq(id))).execute(&mut **tx)?;
    for number in wanted {
        diesel::insert_into(p::table).values((p::supporter_id.eq(id), p::principle.eq(number))).execute(&mut **tx)?;
    }
    Ok(true)
}
