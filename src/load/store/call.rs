//! The call, its sectors, kinds and principles, and the totals that were announced: nobody writes these but a load.

use diesel::prelude::*;

use super::{Load, Result, Section, some_of};
use crate::ids::Id;
use crate::load::file::{CallFile, Coded, Principle};
use crate::schema::{calls, group_principles, kinds, principles, register_milestones, sectors, supporter_principles};
use crate::schema::{supporters, working_groups};
use crate::time::{Day, Instant};

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = calls, treat_none_as_null = true, treat_none_as_default_value = false)]
struct CallRow {
    id: Id<()>,
    slug: String,
    name: String,
    launched_on: Day,
    website: Option<String>,
    contact_email: String,
    time_zone: String,
    as_of: Day,
    locales: String,
    min_seats: i64,
    max_seats: i64,
    min_sectors: i64,
    min_countries: i64,
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

/// A sector's or kind's row: id, code, name, position.
type CodeRow = (Id<()>, String, String, i64);

/// The position of a row in the file.
fn position(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// Writes the sectors or kinds: the new and changed ones, and at the end drops those that the file no longer has.
macro_rules! codes {
    ($table:ident, $section:expr, $write:ident, $drop:ident, $column:ident) => {
        impl Load<'_, '_> {
            pub(super) fn $write(&mut self) -> Result<()> {
                use $table as t;
                let now = self.tx.now();
                let rows: Vec<CodeRow> = t::table.select((t::id, t::code, t::name, t::position)).load(&mut **self.tx)?;
                for (at, Coded { code, name }) in self.file.$table.iter().enumerate() {
                    let (name, position) = (name.to_json(), position(at));
                    let Some((id, _, is_name, is_position)) = rows.iter().find(|(_, is, _, _)| is == code) else {
                        let id: Id<()> = self.tx.new_id();
                        let row = (t::id.eq(id), t::code.eq(code), t::name.eq(name), t::position.eq(position));
                        diesel::insert_into(t::table)
                            .values((row, t::created_at.eq(now), t::updated_at.eq(now)))
                            .execute(&mut **self.tx)?;
                        self.report.made($section);
                        continue;
                    };
                    let is_changed = *is_name != name || *is_position != position;
                    if is_changed {
                        diesel::update(t::table.filter(t::id.eq(id)))
                            .set((t::name.eq(name), t::position.eq(position), t::updated_at.eq(now)))
                            .execute(&mut **self.tx)?;
                    }
                    self.report.kept($section, is_changed);
                }
                Ok(())
            }

            pub(super) fn $drop(&mut self) -> Result<()> {
                use $table as t;
                let codes: Vec<String> = t::table.select(t::code).order(t::position).load(&mut **self.tx)?;
                for code in codes.iter().filter(|code| self.file.$table.iter().all(|coded| coded.code != **code)) {
                    let users: Vec<String> = supporters::table
                        .filter(supporters::$column.eq(code))
                        .order(supporters::folded_name)
                        .select(supporters::name)
                        .load(&mut **self.tx)?;
                    if users.is_empty() {
                        diesel::delete(t::table.filter(t::code.eq(code))).execute(&mut **self.tx)?;
                        self.report.removed($section);
                    } else {
                        self.refuse(
                            $section.as_str(),
                            format!(
                                "no longer has {code:?}, which supporters use: {}. Keep it, or change them first",
                                some_of(&users)
                            ),
                        );
                    }
                }
                Ok(())
            }
        }
    };
}

codes!(sectors, Section::Sectors, sectors, drop_sectors, sector);
codes!(kinds, Section::Kinds, kinds, drop_kinds, kind);

impl Load<'_, '_> {
    /// The call's row; its id.
    pub(super) fn call(&mut self) -> Result<Id<()>> {
        let now = self.tx.now();
        let stored = calls::table.select(CallRow::as_select()).get_result(&mut **self.tx).optional()?;
        let CallFile { call, rule, .. } = self.file;
        let mut row = CallRow {
            id: stored.as_ref().map_or_else(|| self.tx.new_id(), |row| row.id),
            slug: call.slug.clone(),
            name: call.name.clone(),
            launched_on: call.launched_on,
            website: call.website.clone(),
            contact_email: call.contact_email.clone(),
            time_zone: call.time_zone.name().to_owned(),
            as_of: call.as_of,
            locales: serde_json::to_string(&call.locales)?,
            min_seats: rule.min_seats,
            max_seats: rule.max_seats,
            min_sectors: rule.min_sectors,
            min_countries: rule.min_countries,
            version: stored.as_ref().map_or(1, |row| row.version),
            created_at: stored.as_ref().map_or(now, |row| row.created_at),
            updated_at: stored.as_ref().map_or(now, |row| row.updated_at),
        };
        let Some(stored) = stored else {
            diesel::insert_into(calls::table).values(&row).execute(&mut **self.tx)?;
            self.report.made(Section::Call);
            return Ok(row.id);
        };
        let is_changed = row != stored;
        if is_changed {
            row.version += 1;
            row.updated_at = now;
            diesel::update(calls::table.filter(calls::id.eq(row.id))).set(&row).execute(&mut **self.tx)?;
        }
        self.report.kept(Section::Call, is_changed);
        Ok(row.id)
    }

    pub(super) fn principles(&mut self) -> Result<()> {
        use principles as p;
        let now = self.tx.now();
        let rows: Vec<(i64, String, String)> = p::table.select((p::number, p::title, p::summary)).load(&mut **self.tx)?;
        for Principle { number, title, summary } in &self.file.principles {
            let (title, summary) = (title.to_json(), summary.to_json());
            let Some((_, is_title, is_summary)) = rows.iter().find(|(is, _, _)| is == number) else {
                let id: Id<()> = self.tx.new_id();
                let row = (p::id.eq(id), p::number.eq(number), p::title.eq(title), p::summary.eq(summary));
                diesel::insert_into(p::table)
                    .values((row, p::created_at.eq(now), p::updated_at.eq(now)))
                    .execute(&mut **self.tx)?;
                self.report.made(Section::Principles);
                continue;
            };
            let is_changed = *is_title != title || *is_summary != summary;
            if is_changed {
                diesel::update(p::table.filter(p::number.eq(number)))
                    .set((p::title.eq(title), p::summary.eq(summary), p::updated_at.eq(now)))
                    .execute(&mut **self.tx)?;
            }
            self.report.kept(Section::Principles, is_changed);
        }
        Ok(())
    }

    pub(super) fn drop_principles(&mut self) -> Result<()> {
        use principles as p;
        let numbers: Vec<i64> = p::table.select(p::number).order(p::number).load(&mut **self.tx)?;
        for number in numbers.into_iter().filter(|number| self.file.principles.iter().all(|kept| kept.number != *number)) {
            let groups: Vec<i64> = group_principles::table
                .inner_join(working_groups::table)
                .filter(group_principles::principle.eq(number))
                .order(working_groups::number)
                .select(working_groups::number)
                .load(&mut **self.tx)?;
            let supporters: Vec<String> = supporter_principles::table
                .inner_join(supporters::table)
                .filter(supporter_principles::principle.eq(number))
                .order(supporters::folded_name)
                .select(supporters::name)
                .load(&mut **self.tx)?;
            if groups.is_empty() && supporters.is_empty() {
                diesel::delete(p::table.filter(p::number.eq(number))).execute(&mut **self.tx)?;
                self.report.removed(Section::Principles);
                continue;
            }
            let users: Vec<String> = groups.iter().map(|number| format!("group {number}")).chain(supporters).collect();
            let users = some_of(&users);
            self.refuse(
                Section::Principles.as_str(),
                format!("no longer have number {number}, which is in use: {users}. Keep it, or take it from them first"),
            );
        }
        Ok(())
    }

    pub(super) fn milestones(&mut self) -> Result<()> {
        use register_milestones as m;
        let rows: Vec<(Day, i64, String, String)> =
            m::table.select((m::announced_on, m::total, m::by_sector, m::source)).load(&mut **self.tx)?;
        for milestone in &self.file.register_milestones {
            let by_sector = serde_json::to_string(&milestone.by_sector)?;
            let values = (m::total.eq(milestone.total), m::by_sector.eq(&by_sector), m::source.eq(&milestone.source));
            let Some((_, total, parts, source)) = rows.iter().find(|(on, _, _, _)| *on == milestone.on) else {
                diesel::insert_into(m::table).values((m::announced_on.eq(milestone.on), values)).execute(&mut **self.tx)?;
                self.report.made(Section::RegisterMilestones);
                continue;
            };
            let is_changed = (*total, parts, source) != (milestone.total, &by_sector, &milestone.source);
            if is_changed {
                diesel::update(m::table.filter(m::announced_on.eq(milestone.on))).set(values).execute(&mut **self.tx)?;
            }
            self.report.kept(Section::RegisterMilestones, is_changed);
        }
        for (on, ..) in rows.iter().filter(|(on, ..)| self.file.register_milestones.iter().all(|kept| kept.on != *on)) {
            diesel::delete(m::table.filter(m::announced_on.eq(on))).execute(&mut **self.tx)?;
            self.report.removed(Section::RegisterMilestones);
        }
        Ok(())
    }
}
