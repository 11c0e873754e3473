//! A group at work with its people: the Paris Call, whose group 5 is active with three seats, and persons in every standing.

use diesel::prelude::*;
use plenary::groups;
use plenary::ids::Id;
use plenary::policy::{GroupId, MembershipMark, SupporterId};
use plenary::schema::{co_chair_seats, memberships, seat_persons, supporters, working_groups};

use super::{Person, World};

/// The cast. `chair` sits for the first supporter that holds a seat, `other_chair` for the second; `member` and `other_member` are
/// members, `lead` is one too (who leads nothing yet), `observer` observes for a body, `stranger` has a confirmed account and nothing else,
/// `representative` speaks for the first seat's supporter without being a member, `focal_point` is that supporter's.
pub struct Cast {
    pub world: World,
    pub group: GroupId,
    /// The supporter of the first seat, for whom `chair`, `member`, `lead`, `representative` and `focal_point` speak.
    pub supporter: SupporterId,
    /// The supporter of the second seat, for whom `other_chair` and `other_member` speak.
    pub other_supporter: SupporterId,
    pub chair: Person,
    pub other_chair: Person,
    pub member: Person,
    pub other_member: Person,
    pub lead: Person,
    pub observer: Person,
    pub representative: Person,
    pub focal_point: Person,
    pub stranger: Person,
    pub secretary: Person,
}

impl std::ops::Deref for Cast {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Cast {
    /// Around group 5 of the Paris Call.
    pub fn new() -> Self {
        Self::around(World::new())
    }

    /// In a world of one's own.
    pub fn around(world: World) -> Self {
        world.load_paris_call();
        let (group, held): (GroupId, Vec<SupporterId>) = world.read(|c| {
            let group = working_groups::table.filter(working_groups::number.eq(5)).select(working_groups::id).get_result(c)?;
            let seats = co_chair_seats::table.filter(co_chair_seats::group_id.eq(group)).order(co_chair_seats::position);
            Ok((group, seats.select(co_chair_seats::supporter_id).load(c)?))
        });
        let (supporter, other_supporter) = (held[0], held[1]);
        let secretary = world.secretary();
        let colleague = |name: &str, of: SupporterId, role: &str| {
            let email = format!("{name}@plenary.test");
            let person = world.person(&email);
            let path = format!("/supporters/{of}/affiliations");
            world.ask("POST", &path).by(&secretary).json(&serde_json::json!({"email": email, "role": role})).send().expect(201);
            person
        };
        let chair = colleague("chair", supporter, "representative");
        let other_chair = colleague("other-chair", other_supporter, "representative");
        let member = colleague("member", supporter, "representative");
        let other_member = colleague("other-member", other_supporter, "representative");
        let lead = colleague("lead", supporter, "representative");
        let representative = colleague("representative", supporter, "representative");
        let focal_point = colleague("focal-point", supporter, "focal_point");
        let observer = world.person("observer@plenary.test");
        let stranger = world.person("stranger@plenary.test");
        let cast = Self {
            group,
            supporter,
            other_supporter,
            chair,
            other_chair,
            member,
            other_member,
            lead,
            observer,
            representative,
            focal_point,
            stranger,
            secretary,
            world,
        };
        cast.seat(&cast.chair, supporter);
        cast.seat(&cast.other_chair, other_supporter);
        for (person, of) in [(&cast.member, supporter), (&cast.other_member, other_supporter), (&cast.lead, supporter)] {
            cast.admit(person, Some(of));
        }
        cast.admit(&cast.observer, None);
        cast.mails();
        cast
    }

    /// Puts a person into the seat of a supporter.
    pub fn seat(&self, person: &Person, supporter: SupporterId) {
        self.write(|tx| {
            let seat: String = co_chair_seats::table
                .filter(co_chair_seats::group_id.eq(self.group))
                .filter(co_chair_seats::supporter_id.eq(supporter))
                .filter(co_chair_seats::until.is_null())
                .select(co_chair_seats::id)
                .get_result(&mut **tx)?;
            let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
            diesel::insert_into(seat_persons::table)
                .values((
                    seat_persons::id.eq(id),
                    seat_persons::seat_id.eq(seat),
                    seat_persons::person_id.eq(person.id),
                    seat_persons::since.eq(now),
                ))
                .execute(&mut **tx)?;
            Ok(())
        });
    }

    /// Makes a person a member for a supporter, or, without one, an observer for a body.
    pub fn admit(&self, person: &Person, supporter: Option<SupporterId>) -> Id<MembershipMark> {
        self.write(|tx| {
            let (id, now): (Id<MembershipMark>, _) = (tx.new_id(), tx.now());
            diesel::insert_into(memberships::table)
                .values((
                    memberships::id.eq(id),
                    memberships::group_id.eq(self.group),
                    memberships::person_id.eq(person.id),
                    memberships::supporter_id.eq(supporter),
                    memberships::body.eq(supporter.is_none().then_some("A Body")),
                    memberships::role.eq(if supporter.is_some() { "member" } else { "observer" }),
                    memberships::status.eq("active"),
                    memberships::since.eq(now),
                    memberships::version.eq(1_i64),
                    memberships::created_at.eq(now),
                    memberships::updated_at.eq(now),
                ))
                .execute(&mut **tx)?;
            groups::hold(tx, self.group)?;
            groups::recount(tx, self.group)?;
            Ok(id)
        })
    }

    /// Everybody signed in again: tokens do not outlive a quarter of an hour.
    pub fn again(mut self) -> Self {
        for person in [
            &mut self.chair,
            &mut self.other_chair,
            &mut self.member,
            &mut self.other_member,
            &mut self.lead,
            &mut self.observer,
            &mut self.representative,
            &mut self.focal_point,
            &mut self.stranger,
            &mut self.secretary,
        ] {
            *person = self.world.sign_in(&person.email);
        }
        self
    }

    /// The open membership of a person in the group.
    pub fn open_membership(&self, person: &Person) -> String {
        self.read(|c| {
            let open = memberships::table.filter(memberships::person_id.eq(person.id)).filter(memberships::until.is_null());
            Ok(open.filter(memberships::group_id.eq(self.group)).select(memberships::id).get_result(c)?)
        })
    }

    /// A supporter's slug.
    pub fn slug(&self, supporter: SupporterId) -> String {
        self.read(|c| Ok(supporters::table.filter(supporters::id.eq(supporter)).select(supporters::slug).get_result(c)?))
    }
}
