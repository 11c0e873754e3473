//! The working groups of a file, with their principles, seats and derogations.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::{Community, Load, Result, Said, Section};
use crate::groups::{self, Derogation, JoinPolicy, Seat, Status};
use crate::ids::Id;
use crate::load::file::Group;
use crate::policy::{GroupId, SupporterId};
use crate::schema::{co_chair_seats, derogations, group_principles, seat_persons, working_groups};
use crate::states::State;
use crate::supporters;
use crate::text;
use crate::time::{Day, Instant};

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = working_groups, treat_none_as_null = true, treat_none_as_default_value = false)]
struct GroupRow {
    id: GroupId,
    number: i64,
    slug: String,
    title: String,
    mandate: Option<String>,
    status: Status,
    join_policy: JoinPolicy,
    search_text: String,
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

/// What a search looks in: titles, mandates and slug.
fn search_text(group: &Group, slug: &str) -> String {
    let mandate = group.mandate.as_ref().map(|mandate| mandate.folded()).unwrap_or_default();
    [group.title.folded(), mandate, text::fold(slug)].join(" ")
}

impl Load<'_, '_> {
    pub(super) fn groups(&mut self, community: &Community) -> Result<()> {
        use working_groups as g;
        let rows: Vec<GroupRow> = g::table.select(GroupRow::as_select()).load(&mut **self.tx)?;
        let mut slugs: HashMap<String, i64> = rows.iter().map(|row| (row.slug.clone(), row.number)).collect();
        let mut rows: HashMap<i64, GroupRow> = rows.into_iter().map(|row| (row.number, row)).collect();
        for (at, group) in self.file.groups.iter().enumerate() {
            let before = self.before.and_then(|file| file.groups.iter().find(|before| before.number == group.number));
            let said = Said { now: group, before };
            let key = format!("groups[{at}]");
            let row = rows.remove(&group.number);
            let slug = row.as_ref().map_or_else(|| group.slug.clone(), |row| said.onto(row.slug.clone(), |g| g.slug.clone()));
            if let Some(other) = slugs.insert(slug.clone(), group.number).filter(|other| *other != group.number) {
                self.refuse(key, format!("has the slug {slug:?} that group {other} has in the database: choose another"));
                continue;
            }
            let id = row.as_ref().map(|row| row.id);
            let owners = [slug.clone(), group.number.to_string()].map(|name| groups::former_owner(self.tx, &name));
            let owners: Vec<Option<GroupId>> = owners.into_iter().collect::<crate::error::Result<_>>()?;
            if owners.into_iter().flatten().any(|owner| Some(owner) != id) {
                self.refuse(key, "has a number or slug that another group had: choose another".into());
                continue;
            }
            match row {
                Some(row) => self.group(&key, row, slug, &said, community)?,
                None => self.new_group(&key, &said, community)?,
            }
        }
        for group in self.before.into_iter().flat_map(|file| &file.groups) {
            if let Some(row) = rows.get(&group.number).filter(|row| !matches!(row.status, Status::Concluded | Status::Withdrawn))
            {
                self.refuse(
                    Section::Groups.as_str(),
                    format!(
                        "no longer have group {}, which is {}: keep it, and conclude or withdraw it instead",
                        row.number, row.status
                    ),
                );
            }
        }
        Ok(())
    }

    fn new_group(&mut self, key: &str, said: &Said<'_, Group>, community: &Community) -> Result<()> {
        let now = self.tx.now();
        let group = said.now;
        let row = GroupRow {
            id: self.tx.new_id(),
            number: group.number,
            slug: group.slug.clone(),
            title: group.title.to_json(),
            mandate: group.mandate.as_ref().map(|mandate| mandate.to_json()),
            status: group.status,
            join_policy: group.join_policy,
            search_text: search_text(group, &group.slug),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        diesel::insert_into(working_groups::table).values(&row).execute(&mut **self.tx)?;
        self.report.made(Section::Groups);
        self.pursue(row.id, said)?;
        let since = Instant::start_of(self.file.call.as_of, self.file.call.time_zone);
        self.seats(&row, said, community, since)?;
        groups::recount(self.tx, row.id)?;
        self.derogation(row.id, said)?;
        self.judge(key, group, &row, community)
    }

    fn group(&mut self, key: &str, is: GroupRow, slug: String, said: &Said<'_, Group>, community: &Community) -> Result<()> {
        let group = said.now;
        let status = said.onto(is.status, |g| g.status);
        if status != is.status {
            match is.status.go(status) {
                Err(refused) => self.refuse(key, format!("has the status {status}, but {refused}")),
                Ok(_) if is.status.needs_reason(status) => {
                    let detail = format!(
                        "has the status {status}, but going there from {} needs a reason, which no file gives",
                        is.status
                    );
                    self.refuse(key, detail);
                }
                Ok(_) => {}
            }
        }
        let is_new_text = said.before.is_none_or(|before| (&before.title, &before.mandate) != (&group.title, &group.mandate));
        let mut row = GroupRow {
            title: said.onto(is.title.clone(), |g| g.title.to_json()),
            mandate: said.onto_if_any(is.mandate.clone(), |g| g.mandate.as_ref().map(|mandate| mandate.to_json())),
            status,
            join_policy: said.onto(is.join_policy, |g| g.join_policy),
            search_text: if is_new_text || slug != is.slug { search_text(group, &slug) } else { is.search_text.clone() },
            slug,
            ..is.clone()
        };
        let before: Option<Vec<_>> =
            said.before.map(|group| group.co_chairs.iter().map(|slug| community.before.get(slug).copied()).collect());
        let after: Vec<_> = group.co_chairs.iter().map(|slug| community.now.get(slug).copied()).collect();
        let is_reseated = before != Some(after);
        let is_pursuing = self.pursue(is.id, said)?;
        let is_derogated = self.derogation(is.id, said)?;
        if is_reseated {
            let since = self.moment();
            self.seats(&row, said, community, since)?;
            groups::recount(self.tx, row.id)?;
        } else {
            group.co_chairs.iter().for_each(|_| self.report.kept(Section::CoChairSeats, false));
        }
        if is_reseated || (is_derogated && row.status.needs_balance()) || row.status != is.status {
            self.judge(key, group, &row, community)?;
        }
        let is_changed = row != is || is_pursuing || is_derogated || is_reseated;
        if row.slug != is.slug {
            groups::renamed(self.tx, row.id, &is.slug, &row.slug)?;
        }
        if is_changed {
            row.version += 1;
            row.updated_at = self.tx.now();
            diesel::update(working_groups::table.filter(working_groups::id.eq(row.id))).set(&row).execute(&mut **self.tx)?;
        }
        self.report.kept(Section::Groups, is_changed);
        Ok(())
    }

    /// Since when what this file changes stands: the day as of which it speaks, where it moved on; else now.
    fn moment(&self) -> Instant {
        let (now, call) = (self.tx.now(), &self.file.call);
        match self.before {
            Some(before) if before.call.as_of < call.as_of => Instant::start_of(call.as_of, call.time_zone).min(now),
            _ => now,
        }
    }

    /// The principles that a group pursues. Whether they changed.
    fn pursue(&mut self, id: GroupId, said: &Said<'_, Group>) -> Result<bool> {
        use group_principles as p;
        let stored: BTreeSet<i64> =
            p::table.filter(p::group_id.eq(id)).select(p::principle).load(&mut **self.tx)?.into_iter().collect();
        let wanted = said.onto(stored.clone(), |group| group.principles.iter().copied().collect());
        for number in stored.difference(&wanted) {
            diesel::delete(p::table.filter(p::group_id.eq(id)).filter(p::principle.eq(number))).execute(&mut **self.tx)?;
        }
        for number in wanted.difference(&stored) {
            diesel::insert_into(p::table).values((p::group_id.eq(id), p::principle.eq(number))).execute(&mut **self.tx)?;
        }
        Ok(stored != wanted)
    }

    /// Seats the co-chairs: ends the seats of others, keeps those that go on, and begins new ones.
    fn seats(&mut self, group: &GroupRow, said: &Said<'_, Group>, community: &Community, since: Instant) -> Result<()> {
        use co_chair_seats as s;
        let now = self.tx.now();
        let stored: Vec<(Id<()>, SupporterId, i64, Instant)> = s::table
            .filter(s::group_id.eq(group.id))
            .filter(s::until.is_null())
            .select((s::id, s::supporter_id, s::position, s::since))
            .load(&mut **self.tx)?;
        let wanted: Vec<SupporterId> = said.now.co_chairs.iter().filter_map(|slug| community.now.get(slug).copied()).collect();
        // Nobody leaves a seat before taking it.
        let since = stored.iter().map(|(.., began)| *began).max().map_or(since, |began| since.max(began));
        for (id, ..) in stored.iter().filter(|(_, supporter, ..)| !wanted.contains(supporter)) {
            let changes = (s::until.eq(since), s::version.eq(s::version + 1), s::updated_at.eq(now));
            diesel::update(s::table.filter(s::id.eq(id))).set(changes).execute(&mut **self.tx)?;
            diesel::update(seat_persons::table.filter(seat_persons::seat_id.eq(id)).filter(seat_persons::until.is_null()))
                .set(seat_persons::until.eq(now))
                .execute(&mut **self.tx)?;
            self.report.removed(Section::CoChairSeats);
        }
        for (position, supporter) in (0_i64..).zip(&wanted) {
            if let Some((id, _, is, _)) = stored.iter().find(|(_, seated, ..)| seated == supporter) {
                if *is != position {
                    let changes = (s::position.eq(position), s::version.eq(s::version + 1), s::updated_at.eq(now));
                    diesel::update(s::table.filter(s::id.eq(id))).set(changes).execute(&mut **self.tx)?;
                }
                self.report.kept(Section::CoChairSeats, *is != position);
                continue;
            }
            let id: Id<()> = self.tx.new_id();
            let seat = (s::id.eq(id), s::group_id.eq(group.id), s::supporter_id.eq(supporter), s::position.eq(position));
            diesel::insert_into(s::table)
                .values((seat, s::since.eq(since), s::version.eq(1_i64), s::created_at.eq(now), s::updated_at.eq(now)))
                .execute(&mut **self.tx)?;
            self.report.made(Section::CoChairSeats);
        }
        Ok(())
    }

    /// The derogation of a group; one that the file changes is withdrawn, and another granted. Whether it changed.
    fn derogation(&mut self, id: GroupId, said: &Said<'_, Group>) -> Result<bool> {
        use derogations as d;
        let now = self.tx.now();
        let stored = self.standing(id)?;
        let wanted = said.onto(stored.clone(), |group| group.derogation.clone());
        if stored == wanted {
            wanted.iter().for_each(|_| self.report.kept(Section::Derogations, false));
            return Ok(false);
        }
        if stored.is_some() {
            diesel::update(d::table.filter(d::group_id.eq(id)).filter(d::withdrawn_at.is_null()))
                .set((d::withdrawn_at.eq(now), d::version.eq(d::version + 1), d::updated_at.eq(now)))
                .execute(&mut **self.tx)?;
            self.report.removed(Section::Derogations);
        }
        if let Some(Derogation { waives, reason, since, until }) = wanted {
            let row: Id<()> = self.tx.new_id();
            let terms =
                (d::waives.eq(serde_json::to_string(&waives)?), d::reason.eq(reason), d::since.eq(since), d::until.eq(until));
            let stamps = (d::version.eq(1_i64), d::created_at.eq(now), d::updated_at.eq(now));
            diesel::insert_into(d::table).values((d::id.eq(row), d::group_id.eq(id), terms, stamps)).execute(&mut **self.tx)?;
            self.report.made(Section::Derogations);
        }
        Ok(true)
    }

    /// The derogation of a group that nobody has withdrawn.
    fn standing(&mut self, id: GroupId) -> Result<Option<Derogation>> {
        use derogations as d;
        let row: Option<(String, String, Day, Option<Day>)> = d::table
            .filter(d::group_id.eq(id))
            .filter(d::withdrawn_at.is_null())
            .select((d::waives, d::reason, d::since, d::until))
            .get_result(&mut **self.tx)
            .optional()?;
        let terms = |(waives, reason, since, until): (String, _, _, _)| {
            Ok(Derogation { waives: serde_json::from_str(&waives)?, reason, since, until })
        };
        row.map(terms).transpose()
    }

    /// Refuses seats against the co-chair rule as the register knows their supporters, who may differ there from the file.
    fn judge(&mut self, key: &str, group: &Group, row: &GroupRow, community: &Community) -> Result<()> {
        if !row.status.needs_balance() {
            return Ok(());
        }
        let supporters = group.co_chairs.iter().filter_map(|slug| community.entries.entry(*community.now.get(slug)?));
        let supporters: Vec<_> = supporters.collect();
        let seats: Vec<_> = supporters
            .iter()
            .map(|entry| Seat {
                key: entry.particulars.name.as_str(),
                supporter: entry.id.as_str(),
                endorsed: entry.status == supporters::Status::Endorsed,
                sector: entry.particulars.sector.as_deref(),
                country: entry.particulars.country.as_deref(),
            })
            .collect();
        let violations = groups::balance(&self.file.rule, &seats).violations;
        let derogation = self.standing(row.id)?;
        // As the file itself was judged: on the first day on which the derogation stands beside the seats.
        let as_of: Day = self.file.call.as_of;
        let day = derogation.as_ref().map_or(as_of, |derogation| derogation.since.max(as_of));
        for violation in violations {
            if !groups::balanced(std::slice::from_ref(&violation), derogation.as_ref(), day) {
                let (code, names) = (violation.code, violation.seats.join("; "));
                let detail = format!(
                    "violates the co-chair rule ({code}) as the register has its supporters: {} At fault: {names}. Choose other \
                     co-chairs, or correct the register",
                    violation.detail
                );
                self.refuse(key, detail);
            }
        }
        Ok(())
    }
}
