//! Who may do what (domain.md, Who may do what): one table, asked by every route.
//!
//! Policy says who *may*; a slice's rules say what *can happen now*. They never call each other.

use crate::ids::Id;
use crate::word_enum;

/// Marks an [`Id`] of a person.
pub enum PersonMark {}
/// Marks an [`Id`] of a supporter.
pub enum SupporterMark {}
/// Marks an [`Id`] of a working group.
pub enum GroupMark {}
/// The identifier of a person.
pub type PersonId = Id<PersonMark>;
/// The identifier of a supporter.
pub type SupporterId = Id<SupporterMark>;
/// The identifier of a working group.
pub type GroupId = Id<GroupMark>;

word_enum! {
    /// What a caller is, seen from one object. A caller may stand in several ways at once; its rights are their union.
    pub enum Standing {
        /// Everybody, with or without account.
        Anyone = "anyone",
        /// A person whose e-mail is confirmed.
        Verified = "verified_person",
        /// Affiliated to the object's supporter, in whatever role.
        Affiliated = "affiliated",
        /// The administrator of the object's supporter.
        FocalPoint = "focal_point",
        /// An observer of the object's group.
        Observer = "observer",
        /// A member of the object's group.
        Member = "member",
        /// The lead of the object, a deliverable.
        Lead = "lead",
        /// A co-chair of the object's group.
        CoChair = "co_chair",
        /// Runs the initiative.
        Secretariat = "secretariat",
        /// Accounts and settings; includes the secretariat.
        Administrator = "administrator",
    }
}

word_enum! {
    /// What somebody wants to do: one a row of domain.md's table, finer where rights part within a row.
    pub enum Action {
        /// Read what is public.
        ReadPublic = "read_public",
        /// Run the initiative: set the seats, derogations, group status, approve, Forum, endorse, merge, mail queue, audit.
        RunInitiative = "run_initiative",
    }
}

/// Whether a standing has a right. The whole table; a test holds every cell as a snapshot.
pub fn allows(action: Action, standing: Standing) -> bool {
    use Standing::{Administrator, Affiliated, Anyone, CoChair, FocalPoint, Lead, Member, Observer, Secretariat, Verified};
    match action {
        Action::ReadPublic => true,
        Action::RunInitiative => match standing {
            Secretariat | Administrator => true,
            Anyone | Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair => false,
        },
    }
}

/// Who calls, with everything that decides its standings, read at this request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The person, signed in.
    pub person: Option<PersonId>,
    /// Its e-mail is confirmed.
    pub verified: bool,
    /// Its role is secretariat or administrator.
    pub secretariat: bool,
    /// Its role is administrator.
    pub administrator: bool,
    /// Its language, where it chose one.
    pub locale: Option<String>,
}

impl Actor {
    /// Somebody without account.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Every way in which this caller stands to `object`.
    pub fn standings(&self, _object: &Object) -> Vec<Standing> {
        let mut standings = vec![Standing::Anyone];
        let mut add = |holds: bool, standing| {
            if holds {
                standings.push(standing);
            }
        };
        add(self.person.is_some() && self.verified, Standing::Verified);
        add(self.secretariat, Standing::Secretariat);
        add(self.administrator, Standing::Administrator);
        standings
    }

    /// Whether any standing allows the action on `object`.
    pub fn may(&self, action: Action, object: &Object) -> bool {
        self.standings(object).into_iter().any(|standing| allows(action, standing))
    }
}

/// What an action is about, as far as standings depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The supporter that it belongs to.
    pub supporter: Option<SupporterId>,
    /// The group that it belongs to.
    pub group: Option<GroupId>,
}

impl Object {
    /// The initiative as a whole.
    pub fn initiative() -> Self {
        Self::default()
    }
}
