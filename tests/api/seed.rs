//! A call file's rows, written past the product.

use diesel::RunQueryDsl as _;
use diesel::prelude::*;
use plenary::country::Region;
use plenary::db::Write;
use plenary::error::Error;
use plenary::groups::{DerogationMark, SeatMark};
use plenary::ids::Id;
use plenary::load::{self, CallFile};
use plenary::policy::{GroupId, SupporterId};
use plenary::schema::*;
use plenary::text::fold;
use plenary::time::{Day, Instant};

use crate::world::World;

/// The call of the demo.
pub const PARIS_CALL: &str = include_str!("../../config/paris-call.toml");

/// Writes the call file's rows.
pub fn load(world: &World, toml: &str) {
    let file = load::parse(toml).unwrap_or_else(|faults| panic!("{faults:?}"));
    world.write(|tx| write(tx, &file));
}

fn write(tx: &mut Write<'_>, file: &CallFile) -> Result<(), Error> {
    let now = tx.now();
    let zone = file.call.time_zone;
    let stamps = || (1_i64, now, now);
    let id: Id<()> = tx.new_id();
    let call = &file.call;
    diesel::insert_into(calls::table)
        .values((
            (calls::id.eq(id), calls::slug.eq(&call.slug), calls::name.eq(&call.name), calls::launched_on.eq(call.launched_on)),
            (calls::website.eq(&call.website), calls::contact_email.eq(&call.contact_email)),
            (calls::time_zone.eq(zone.name()), calls::as_of.eq(call.as_of)),
            calls::locales.eq(serde_json::to_string(&call.locales)?),
            (calls::min_seats.eq(file.rule.min_seats), calls::max_seats.eq(file.rule.max_seats)),
            (calls::min_sectors.eq(file.rule.min_sectors), calls::min_countries.eq(file.rule.min_countries)),
            (calls::version.eq(stamps().0), calls::created_at.eq(now), calls::updated_at.eq(now)),
        ))
        .execute(&mut **tx)?;
    for (position, sector) in (0_i64..).zip(&file.sectors) {
        use sectors as t;
        let id: Id<()> = tx.new_id();
        let own = (t::id.eq(id), t::code.eq(&sector.code), t::name.eq(sector.name.to_json()), t::position.eq(position));
        diesel::insert_into(t::table).values((own, t::created_at.eq(now), t::updated_at.eq(now))).execute(&mut **tx)?;
    }
    for (position, kind) in (0_i64..).zip(&file.kinds) {
        use kinds as t;
        let id: Id<()> = tx.new_id();
        let own = (t::id.eq(id), t::code.eq(&kind.code), t::name.eq(kind.name.to_json()), t::position.eq(position));
        diesel::insert_into(t::table).values((own, t::created_at.eq(now), t::updated_at.eq(now))).execute(&mut **tx)?;
    }
    for principle in &file.principles {
        use principles as t;
        let id: Id<()> = tx.new_id();
        let texts = (t::title.eq(principle.title.to_json()), t::summary.eq(principle.summary.to_json()));
        let own = (t::id.eq(id), t::number.eq(principle.number), texts);
        diesel::insert_into(t::table).values((own, t::created_at.eq(now), t::updated_at.eq(now))).execute(&mut **tx)?;
    }
    let mut by_slug = std::collections::HashMap::new();
    for supporter in &file.supporters {
        use supporters as t;
        let id: SupporterId = tx.new_id();
        by_slug.insert(supporter.slug.clone(), id);
        let region = supporter.country.as_deref().and_then(Region::of);
        let names = (t::slug.eq(&supporter.slug), t::name.eq(&supporter.name), t::folded_name.eq(fold(&supporter.name)));
        let places = (
            t::sector.eq(&supporter.sector),
            t::kind.eq(&supporter.kind),
            t::country.eq(&supporter.country),
            t::region.eq(region),
        );
        let texts =
            (t::website.eq(&supporter.website), t::statement.eq(&supporter.statement), t::search_text.eq(fold(&supporter.name)));
        let key = supporter.endorsed_on.map(|day: Day| day.to_string()).unwrap_or_default();
        let endorsed =
            (t::status.eq("endorsed"), t::endorsed_on.eq(supporter.endorsed_on), t::endorsed_key.eq(key), t::source.eq("call"));
        let own = (t::id.eq(id), names, places, texts, endorsed, t::version.eq(1_i64));
        diesel::insert_into(t::table).values((own, t::created_at.eq(now), t::updated_at.eq(now))).execute(&mut **tx)?;
    }
    for group in &file.groups {
        use working_groups as t;
        let id: GroupId = tx.new_id();
        let texts = (t::title.eq(group.title.to_json()), t::mandate.eq(group.mandate.as_ref().map(|m| m.to_json())));
        let mandate = group.mandate.as_ref().map(|m| m.folded()).unwrap_or_default();
        let search = t::search_text.eq(format!("{} {mandate}", group.title.folded()));
        let states = (t::status.eq(group.status), t::join_policy.eq(group.join_policy));
        let own =
            (t::id.eq(id), t::number.eq(group.number), t::slug.eq(&group.slug), texts, search, states, t::version.eq(1_i64));
        diesel::insert_into(t::table).values((own, t::created_at.eq(now), t::updated_at.eq(now))).execute(&mut **tx)?;
        for principle in &group.principles {
            use group_principles as p;
            diesel::insert_into(p::table).values((p::group_id.eq(id), p::principle.eq(*principle))).execute(&mut **tx)?;
        }
        for (position, slug) in (0_i64..).zip(&group.co_chairs) {
            use co_chair_seats as s;
            let seat: Id<SeatMark> = tx.new_id();
            let since = Instant::start_of(call.as_of, zone);
            let own = (s::id.eq(seat), s::group_id.eq(id), s::supporter_id.eq(by_slug[slug]), s::position.eq(position));
            let stamps = (s::version.eq(1_i64), s::created_at.eq(now), s::updated_at.eq(now));
            diesel::insert_into(s::table).values((own, s::since.eq(since), stamps)).execute(&mut **tx)?;
        }
        if let Some(terms) = &group.derogation {
            use derogations as d;
            let derogation: Id<DerogationMark> = tx.new_id();
            let waives = serde_json::to_string(&terms.waives)?;
            let own = (d::id.eq(derogation), d::group_id.eq(id), d::waives.eq(waives), d::reason.eq(&terms.reason));
            let days = (d::since.eq(terms.since), d::until.eq(terms.until));
            let stamps = (d::version.eq(1_i64), d::created_at.eq(now), d::updated_at.eq(now));
            diesel::insert_into(d::table).values((own, days, stamps)).execute(&mut **tx)?;
        }
    }
    for edition in &file.forum_editions {
        use forum_editions as e;
        let id: Id<()> = tx.new_id();
        let own = (e::id.eq(id), e::year.eq(edition.year), e::name.eq(&edition.name), e::status.eq(edition.status));
        let place = (e::city.eq(&edition.city), e::country.eq(&edition.country), e::venue.eq(&edition.venue));
        let dates = (e::starts_on.eq(edition.dates.starts_on), e::ends_on.eq(edition.dates.ends_on));
        let deadline = (e::submission_deadline.eq(edition.dates.submission_deadline), e::time_zone.eq(edition.time_zone.name()));
        let stamps = (e::version.eq(1_i64), e::created_at.eq(now), e::updated_at.eq(now));
        diesel::insert_into(e::table).values((own, place, dates, deadline, stamps)).execute(&mut **tx)?;
        for session in &edition.sessions {
            use forum_sessions as s;
            let session_id: Id<()> = tx.new_id();
            let own =
                (s::id.eq(session_id), s::forum_edition_id.eq(id), s::title.eq(session.title.to_json()), s::day.eq(session.day));
            let moderator = session.moderator.as_ref().map(|m| serde_json::to_string(m).unwrap());
            let people = (s::moderator.eq(moderator), s::panellists.eq(serde_json::to_string(&session.panellists)?));
            let times = (s::starts_at.eq(session.starts_at), s::ends_at.eq(session.ends_at), s::room.eq(&session.room));
            let texts = (s::recording_url.eq(&session.recording_url), s::search_text.eq(session.title.folded()));
            let stamps = (s::version.eq(1_i64), s::created_at.eq(now), s::updated_at.eq(now));
            diesel::insert_into(s::table).values((own, people, times, texts, stamps)).execute(&mut **tx)?;
        }
    }
    Ok(())
}
