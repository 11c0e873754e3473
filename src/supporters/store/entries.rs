//! The whole register in memory, for commands that hold a file against it: read once, looked up by name, written row by row.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::super::rules::{Particulars, Status, numbered_slug, slug_base};
use super::SupporterRow;
use super::entry::{self, Row};
use crate::db::{AnyConnection, Write};
use crate::error::Result;
use crate::policy::SupporterId;
use crate::schema::{supporter_former_names as former, supporter_statuses as statuses, supporters};
use crate::text;

/// An entry as its reader gets it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: SupporterId,
    /// Where it stands.
    pub status: Status,
    /// What is known about it.
    pub particulars: Particulars,
}

/// Every entry of the register, whatever its status.
pub struct Entries {
    rows: HashMap<SupporterId, Row>,
    /// By folded name, oldest first.
    names: HashMap<String, Vec<SupporterId>>,
    /// By former name, folded.
    former_names: HashMap<String, Vec<SupporterId>>,
    /// The other way round.
    formerly: HashMap<SupporterId, Vec<String>>,
    slugs: HashMap<String, SupporterId>,
    /// How far the numbers behind a slug are used up.
    numbered: HashMap<String, u32>,
}

impl Entries {
    /// Reads it, in two queries.
    pub fn read(connection: &mut AnyConnection) -> Result<Self> {
        let rows: Vec<Row> =
            supporters::table.select(Row::as_select()).order((supporters::created_at, supporters::id)).load(connection)?;
        let formers: Vec<(SupporterId, String)> = former::table
            .select((former::supporter_id, former::folded_name))
            .order((former::until, former::id))
            .load(connection)?;
        let mut all = Self {
            rows: HashMap::with_capacity(rows.len()),
            names: HashMap::with_capacity(rows.len()),
            former_names: HashMap::new(),
            formerly: HashMap::new(),
            slugs: HashMap::with_capacity(rows.len()),
            numbered: HashMap::new(),
        };
        for row in rows {
            all.keep(row);
        }
        for (id, name) in formers {
            all.remember_former(id, name);
        }
        Ok(all)
    }

    fn keep(&mut self, row: Row) {
        let id = row.shown.id;
        self.names.entry(row.shown.folded_name.clone()).or_default().push(id);
        self.slugs.insert(row.shown.slug.clone(), id);
        self.rows.insert(id, row);
    }

    fn remember_former(&mut self, id: SupporterId, folded: String) {
        self.former_names.entry(folded.clone()).or_default().push(id);
        self.formerly.entry(id).or_default().push(folded);
    }

    /// The entry of this id.
    pub fn entry(&self, id: SupporterId) -> Option<Entry> {
        self.rows.get(&id).map(|row| Entry { id, status: row.shown.status, particulars: row.particulars() })
    }

    /// Every entry, in no order.
    pub fn all(&self) -> impl Iterator<Item = Entry> {
        self.rows.values().map(|row| Entry { id: row.shown.id, status: row.shown.status, particulars: row.particulars() })
    }

    /// The entry with this slug.
    pub fn with_slug(&self, slug: &str) -> Option<Entry> {
        self.slugs.get(slug).and_then(|id| self.entry(*id))
    }

    /// The entries that have this folded name, then those that had it formerly; the oldest first.
    pub fn named(&self, folded: &str) -> Vec<Entry> {
        let mut seen = HashSet::new();
        let ids = [&self.names, &self.former_names].into_iter().flat_map(|names| names.get(folded).into_iter().flatten());
        ids.filter(|id| seen.insert(**id)).filter_map(|id| self.entry(*id)).collect()
    }

    /// A slug made from `name` that no entry has: with a number behind it where another has it.
    pub fn free_slug(&mut self, name: &str) -> String {
        let base = slug_base(name);
        if !self.slugs.contains_key(&base) {
            return base;
        }
        let number = self.numbered.entry(base.clone()).or_insert(1);
        loop {
            *number += 1;
            let slug = numbered_slug(&base, *number);
            if !self.slugs.contains_key(&slug) {
                return slug;
            }
        }
    }

    /// A new entry, endorsed since the day that its particulars say.
    pub fn insert(&mut self, tx: &mut Write<'_>, particulars: Particulars) -> Result<SupporterId> {
        let since = particulars.endorsed_on;
        let row = entry::insert(tx, particulars, Status::Endorsed, since)?;
        let id = row.shown.id;
        self.keep(row);
        Ok(id)
    }

    /// Gives an entry these particulars: a name that it had stays as a former one, the day of an endorsement that stands moves its
    /// interval too. Whether anything changed.
    pub fn update(&mut self, tx: &mut Write<'_>, id: SupporterId, to: Particulars) -> Result<bool> {
        let Some(is) = self.rows.get(&id).cloned() else { return Ok(false) };
        if is.particulars() == to {
            return Ok(false);
        }
        let folded = text::fold(&to.name);
        if folded != is.shown.folded_name {
            self.rename(tx, &is.shown, &folded)?;
        }
        let mut row = is.clone();
        row.set(to, self.formerly.get(&id).map(Vec::as_slice).unwrap_or_default());
        row.shown.version += 1;
        row.shown.updated_at = tx.now();
        diesel::update(supporters::table.filter(supporters::id.eq(id))).set(&row).execute(&mut **tx)?;
        if row.shown.endorsed_on != is.shown.endorsed_on {
            let standing = statuses::table.filter(statuses::supporter_id.eq(id)).filter(statuses::until.is_null());
            diesel::update(standing.filter(statuses::status.eq(Status::Endorsed)))
                .set(statuses::since.eq(row.shown.endorsed_on))
                .execute(&mut **tx)?;
        }
        self.slugs.remove(&is.shown.slug);
        self.slugs.insert(row.shown.slug.clone(), id);
        self.rows.insert(id, row);
        Ok(true)
    }

    fn rename(&mut self, tx: &mut Write<'_>, was: &SupporterRow, folded: &str) -> Result<()> {
        entry::keep_former_name(tx, was, folded)?;
        for (names, name) in [(&mut self.names, was.folded_name.as_str()), (&mut self.former_names, folded)] {
            names.entry(name.to_owned()).or_default().retain(|id| *id != was.id);
        }
        self.formerly.entry(was.id).or_default().retain(|name| name != folded);
        self.names.entry(folded.to_owned()).or_default().push(was.id);
        self.remember_former(was.id, was.folded_name.clone());
        Ok(())
    }

    /// Marks an entry as changed where what changed lies beside its row.
    pub fn touch(&mut self, tx: &mut Write<'_>, id: SupporterId) -> Result<()> {
        let now = tx.now();
        if let Some(row) = self.rows.get_mut(&id) {
            row.shown.version += 1;
            row.shown.updated_at = now;
            diesel::update(supporters::table.filter(supporters::id.eq(id)))
                .set((supporters::version.eq(row.shown.version), supporters::updated_at.eq(now)))
                .execute(&mut **tx)?;
        }
        Ok(())
    }
}
