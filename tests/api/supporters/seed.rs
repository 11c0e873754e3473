//! A register to ask: a small call, and entries with their histories, written past the server.

use diesel::prelude::*;
use plenary::country::Region;
use plenary::db::Write;
use plenary::error::Error;
use plenary::ids::Id;
use plenary::policy::{GroupId, SupporterId};
use plenary::schema::*;
use plenary::supporters::Status;
use plenary::text;
use plenary::time::{Day, Instant};

use crate::world::{World, instant};

pub const SECTORS: &[&str] = &["state", "private_sector", "civil_society"];
pub const KINDS: &[&str] = &["company", "ngo"];

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// An organisation and how it came to stand where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    name: String,
    slug: String,
    sector: Option<&'static str>,
    kind: Option<&'static str>,
    country: Option<&'static str>,
    website: Option<&'static str>,
    statement: Option<&'static str>,
    former: Vec<&'static str>,
    principles: Vec<i64>,
    history: Vec<(Status, Option<Day>)>,
    created: Instant,
}

/// An organisation that endorsed on a day nobody knows, of which nothing is known.
pub fn entry(name: impl Into<String>) -> Entry {
    let name = name.into();
    Entry {
        slug: text::slug(&name).unwrap(),
        name,
        sector: None,
        kind: None,
        country: None,
        website: None,
        statement: None,
        former: Vec::new(),
        principles: Vec::new(),
        history: vec![(Status::Endorsed, None)],
        created: instant("2026-08-01T00:00:00Z"),
    }
}

impl Entry {
    pub fn slug(mut self, slug: String) -> Self {
        self.slug = slug;
        self
    }
    pub fn sector(mut self, sector: &'static str) -> Self {
        self.sector = Some(sector);
        self
    }
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }
    pub fn country(mut self, country: &'static str) -> Self {
        self.country = Some(country);
        self
    }
    pub fn website(mut self, website: &'static str) -> Self {
        self.website = Some(website);
        self
    }
    pub fn statement(mut self, statement: &'static str) -> Self {
        self.statement = Some(statement);
        self
    }
    pub fn formerly(mut self, name: &'static str) -> Self {
        self.former.push(name);
        self
    }
    pub fn principles(mut self, principles: &[i64]) -> Self {
        self.principles = principles.to_vec();
        self
    }
    pub fn created(mut self, at: &str) -> Self {
        self.created = instant(at);
        self
    }
    /// Endorsed on this day, at first.
    pub fn endorsed(self, on: &str) -> Self {
        self.at_first(Status::Endorsed, on)
    }
    /// Came as this on this day.
    pub fn at_first(mut self, status: Status, on: &str) -> Self {
        self.history = vec![(status, Some(day(on)))];
        self
    }
    /// Became this on this day, after what came before.
    pub fn then(mut self, status: Status, on: &str) -> Self {
        self.history.push((status, Some(day(on))));
        self
    }

    /// Writes it as the product does: an interval for each status, the last one open and shown in the row.
    pub fn write(&self, tx: &mut Write<'_>) -> Result<SupporterId, Error> {
        let id: SupporterId = tx.new_id();
        let last = |status| self.history.iter().rev().find(|(s, _)| *s == status).and_then(|(_, since)| *since);
        let status = self.history.last().unwrap().0;
        let endorsed_on = last(Status::Endorsed);
        let names = std::iter::once(self.name.as_str()).chain(self.former.iter().copied());
        use supporters as s;
        diesel::insert_into(s::table)
            .values((
                (s::id.eq(id), s::slug.eq(&self.slug), s::name.eq(&self.name), s::folded_name.eq(text::fold(&self.name))),
                (s::sector.eq(self.sector), s::kind.eq(self.kind), s::country.eq(self.country)),
                s::region.eq(self.country.and_then(Region::of)),
                (s::website.eq(self.website), s::statement.eq(self.statement), s::status.eq(status)),
                (s::endorsed_on.eq(endorsed_on), s::endorsed_key.eq(endorsed_on.map(|day| day.to_string()).unwrap_or_default())),
                s::withdrawn_on.eq(last(Status::Withdrawn).filter(|_| status == Status::Withdrawn)),
                (s::source.eq("test"), s::search_text.eq(names.map(text::fold).collect::<Vec<_>>().join(" "))),
                (s::version.eq(1), s::created_at.eq(self.created), s::updated_at.eq(self.created)),
            ))
            .execute(&mut **tx)?;
        for (i, (status, since)) in self.history.iter().enumerate() {
            use supporter_statuses as t;
            let until = self.history.get(i + 1).and_then(|(_, since)| *since);
            let interval_id: Id<()> = tx.new_id();
            diesel::insert_into(t::table)
                .values((
                    t::id.eq(interval_id.to_string()),
                    t::supporter_id.eq(id),
                    t::status.eq(*status),
                    t::since.eq(*since),
                    t::until.eq(until),
                ))
                .execute(&mut **tx)?;
        }
        for (i, name) in self.former.iter().enumerate() {
            use supporter_former_names as f;
            let name_id: Id<()> = tx.new_id();
            let until = instant("2025-01-01T00:00:00Z").plus(chrono::TimeDelta::days(i as i64));
            diesel::insert_into(f::table)
                .values((
                    f::id.eq(name_id.to_string()),
                    f::supporter_id.eq(id),
                    f::name.eq(*name),
                    f::folded_name.eq(text::fold(name)),
                    f::until.eq(until),
                ))
                .execute(&mut **tx)?;
        }
        for principle in &self.principles {
            use supporter_principles as p;
            diesel::insert_into(p::table).values((p::supporter_id.eq(id), p::principle.eq(*principle))).execute(&mut **tx)?;
        }
        Ok(id)
    }
}

/// Loads a small call: three sectors, two kinds, three principles, two announced totals, in Paris.
pub fn call(world: &World) {
    world.write(|tx| {
        let at = tx.now();
        let id: Id<()> = tx.new_id();
        use calls as c;
        diesel::insert_into(c::table)
            .values((
                (c::id.eq(id.to_string()), c::slug.eq("call"), c::name.eq("Call"), c::launched_on.eq(day("2018-11-12"))),
                (c::contact_email.eq("call@example.org"), c::time_zone.eq("Europe/Paris"), c::as_of.eq(day("2026-08-01"))),
                (c::locales.eq(r#"["en","fr"]"#), c::min_seats.eq(2), c::max_seats.eq(3), c::min_sectors.eq(2)),
                (c::min_countries.eq(2), c::version.eq(1), c::created_at.eq(at), c::updated_at.eq(at)),
            ))
            .execute(&mut **tx)?;
        for number in 1..=3 {
            use principles as p;
            let id: Id<()> = tx.new_id();
            diesel::insert_into(p::table)
                .values((
                    (
                        p::id.eq(id.to_string()),
                        p::number.eq(number),
                        p::title.eq(r#"{"en":"T"}"#),
                        p::summary.eq(r#"{"en":"S"}"#),
                    ),
                    (p::created_at.eq(at), p::updated_at.eq(at)),
                ))
                .execute(&mut **tx)?;
        }
        for (position, code) in (0..).zip(SECTORS) {
            use sectors as s;
            let id: Id<()> = tx.new_id();
            diesel::insert_into(s::table)
                .values((
                    (s::id.eq(id.to_string()), s::code.eq(*code), s::name.eq(r#"{"en":"N"}"#), s::position.eq(position)),
                    (s::created_at.eq(at), s::updated_at.eq(at)),
                ))
                .execute(&mut **tx)?;
        }
        for (position, code) in (0..).zip(KINDS) {
            use kinds as k;
            let id: Id<()> = tx.new_id();
            diesel::insert_into(k::table)
                .values((
                    (k::id.eq(id.to_string()), k::code.eq(*code), k::name.eq(r#"{"en":"N"}"#), k::position.eq(position)),
                    (k::created_at.eq(at), k::updated_at.eq(at)),
                ))
                .execute(&mut **tx)?;
        }
        for (on, total) in [("2018-11-12", 400), ("2021-02-28", 1100)] {
            use register_milestones as m;
            diesel::insert_into(m::table)
                .values((m::announced_on.eq(day(on)), m::total.eq(total), m::by_sector.eq("{}"), m::source.eq("press")))
                .execute(&mut **tx)?;
        }
        Ok(())
    });
}

/// A world with the call and these entries, written in this order.
pub fn register(entries: &[Entry]) -> World {
    let world = World::new();
    call(&world);
    add(&world, entries);
    world
}

/// Writes further entries.
pub fn add(world: &World, entries: &[Entry]) -> Vec<SupporterId> {
    world.write(|tx| entries.iter().map(|entry| entry.write(tx)).collect())
}

/// Makes a group in which these supporters hold a seat, each since an instant and perhaps until one.
pub fn group(world: &World, number: i64, slug: &str, seats: &[(SupporterId, &str, Option<&str>)]) -> GroupId {
    world.write(|tx| {
        let at = tx.now();
        let id: GroupId = tx.new_id();
        use co_chair_seats as c;
        use working_groups as g;
        diesel::insert_into(g::table)
            .values((
                (g::id.eq(id), g::number.eq(number), g::slug.eq(slug), g::title.eq(r#"{"en":"G"}"#), g::status.eq("active")),
                (g::join_policy.eq("approval"), g::search_text.eq(""), g::version.eq(1)),
                (g::created_at.eq(at), g::updated_at.eq(at)),
            ))
            .execute(&mut **tx)?;
        for (position, (supporter, since, until)) in (0..).zip(seats) {
            let seat: Id<()> = tx.new_id();
            diesel::insert_into(c::table)
                .values((
                    (c::id.eq(seat.to_string()), c::group_id.eq(id), c::supporter_id.eq(*supporter), c::position.eq(position)),
                    (c::since.eq(instant(since)), c::until.eq(until.map(instant)), c::version.eq(1)),
                    (c::created_at.eq(at), c::updated_at.eq(at)),
                ))
                .execute(&mut **tx)?;
        }
        Ok(id)
    })
}
