//! Who takes part.

use chrono_tz::Tz;
use diesel::prelude::*;
use plenary::ids::Id;
use plenary::policy::{GroupId, PersonId, PersonMark, SupporterId};
use plenary::schema::{affiliations, co_chair_seats, memberships, persons, seat_persons, supporters, working_groups};

use crate::world::{PARIS_CALL, World};

/// The edges of the world's days, and the call's zone between them.
pub const ZONES: [&str; 3] = ["Pacific/Kiritimati", "Europe/Paris", "Etc/GMT+12"];

/// A group, and who sits on its seats: addresses.
pub struct Group {
    pub id: GroupId,
    pub number: i64,
    pub chairs: Vec<String>,
}

/// The focal points of all supporters, each of whom lives in one of the zones.
pub struct Community {
    focal_points: Vec<(SupporterId, PersonId, String, Option<&'static str>)>,
    pub groups: Vec<Group>,
    /// The members of group 5: addresses.
    pub members: Vec<String>,
}

impl Community {
    /// The reference call with as many supporters, and a focal point for each who signs in with everybody's password.
    pub fn settle(world: &World, many: usize) -> Self {
        let known = PARIS_CALL.matches("[[supporters]]").count();
        let more = |n| {
            format!(
                "[[supporters]]\nname = \"Supporter {n:04}\"\nsector = \"private_sector\"\nkind = \"company\"\ncountry = \"FR\"\nendorsed_on = 2019-01-01\n"
            )
        };
        let file = format!("{PARIS_CALL}\n{}", (known..many).map(more).collect::<String>());
        world.load(&file);
        world.secretary();
        let mut community = Self { focal_points: focal_points(world), groups: Vec::new(), members: Vec::new() };
        assert_eq!(community.focal_points.len(), many);
        community.groups = community.seat(world);
        community.admit(world);
        community
    }

    /// Brings everybody to the call's zone.
    pub fn gather_in_one_zone(&self, world: &World) {
        world.write(|tx| {
            diesel::update(persons::table).set(persons::time_zone.eq(None::<String>)).execute(&mut **tx)?;
            Ok(())
        });
    }

    /// Every focal point's address.
    pub fn everybody(&self) -> impl Iterator<Item = &str> {
        self.focal_points.iter().map(|(.., email, _)| email.as_str())
    }

    /// Every focal point, with the supporter.
    pub fn ids(&self) -> impl Iterator<Item = (PersonId, SupporterId)> {
        self.focal_points.iter().map(|(supporter, person, ..)| (*person, *supporter))
    }

    /// The zone of who has this address.
    pub fn zone(&self, email: &str) -> Tz {
        let chosen = self.focal_points.iter().find(|(.., known, _)| known == email).and_then(|(.., zone)| *zone);
        chosen.unwrap_or("Europe/Paris").parse().unwrap()
    }

    /// Puts each supporter's focal point into its seats.
    fn seat(&self, world: &World) -> Vec<Group> {
        let seats: Vec<(String, GroupId, SupporterId, i64)> = world.read(|c| {
            let held = co_chair_seats::table.inner_join(working_groups::table).filter(co_chair_seats::until.is_null());
            let columns = (
                co_chair_seats::id,
                co_chair_seats::group_id,
                co_chair_seats::supporter_id,
                working_groups::number.assume_not_null(),
            );
            Ok(held.select(columns).order((working_groups::number, co_chair_seats::position)).load(c)?)
        });
        let mut groups: Vec<Group> = Vec::new();
        world.write(|tx| {
            groups.clear();
            for (seat, group, supporter, number) in &seats {
                let (_, person, email, _) = self.focal_points.iter().find(|(id, ..)| id == supporter).unwrap();
                let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
                diesel::insert_into(seat_persons::table)
                    .values((
                        seat_persons::id.eq(id),
                        seat_persons::seat_id.eq(seat),
                        seat_persons::person_id.eq(person),
                        seat_persons::since.eq(now),
                    ))
                    .execute(&mut **tx)?;
                match groups.last_mut().filter(|known| known.id == *group) {
                    Some(known) => known.chairs.push(email.clone()),
                    None => groups.push(Group { id: *group, number: *number, chairs: vec![email.clone()] }),
                }
            }
            Ok(())
        });
        assert_eq!(groups.len(), 6);
        groups
    }

    /// Makes the last twenty focal points members of group 5.
    fn admit(&mut self, world: &World) {
        let group = self.groups[4].id;
        let who = &self.focal_points[self.focal_points.len() - 20..];
        world.write(|tx| {
            for (supporter, person, ..) in who {
                let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
                diesel::insert_into(memberships::table)
                    .values((
                        (memberships::id.eq(id), memberships::group_id.eq(group), memberships::person_id.eq(person)),
                        (
                            memberships::supporter_id.eq(supporter),
                            memberships::role.eq("member"),
                            memberships::status.eq("active"),
                        ),
                        (memberships::since.eq(now), memberships::version.eq(1_i64)),
                        (memberships::created_at.eq(now), memberships::updated_at.eq(now)),
                    ))
                    .execute(&mut **tx)?;
            }
            plenary::groups::hold(tx, group)?;
            plenary::groups::recount(tx, group)
        });
        self.members = who.iter().map(|(.., email, _)| email.clone()).collect();
    }
}

/// Gives every supporter one.
fn focal_points(world: &World) -> Vec<(SupporterId, PersonId, String, Option<&'static str>)> {
    let all: Vec<(SupporterId, String)> =
        world.read(|c| Ok(supporters::table.order(supporters::slug).select((supporters::id, supporters::slug)).load(c)?));
    let password: Option<String> = world
        .read(|c| Ok(persons::table.filter(persons::role.eq("secretariat")).select(persons::password_hash).get_result(c)?));
    let zones: Vec<Option<&'static str>> = vec![Some(ZONES[0]), None, Some(ZONES[2])];
    let mut made = Vec::new();
    world.write(|tx| {
        made.clear();
        for ((supporter, slug), zone) in all.iter().zip(zones.iter().cycle()) {
            let (person, affiliation, now): (Id<PersonMark>, Id<()>, _) = (tx.new_id(), tx.new_id(), tx.now());
            let local: String = slug.chars().take(24).collect();
            let email = format!("{}@supporter.test", local.trim_end_matches('-'));
            diesel::insert_into(persons::table)
                .values((
                    (persons::id.eq(person), persons::email.eq(&email), persons::folded_email.eq(&email)),
                    (persons::email_verified_at.eq(now), persons::display_name.eq(&local), persons::time_zone.eq(zone)),
                    (persons::role.eq("person"), persons::password_hash.eq(&password), persons::address_lapsed.eq(false)),
                    (persons::search_text.eq(&local), persons::version.eq(1_i64)),
                    (persons::created_at.eq(now), persons::updated_at.eq(now)),
                ))
                .execute(&mut **tx)?;
            diesel::insert_into(affiliations::table)
                .values((
                    (
                        affiliations::id.eq(affiliation),
                        affiliations::person_id.eq(person),
                        affiliations::supporter_id.eq(supporter),
                    ),
                    (affiliations::role.eq("focal_point"), affiliations::since.eq(now), affiliations::version.eq(1_i64)),
                    (affiliations::created_at.eq(now), affiliations::updated_at.eq(now)),
                ))
                .execute(&mut **tx)?;
            made.push((*supporter, person, email, *zone));
        }
        Ok(())
    });
    made
}
