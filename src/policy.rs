//! Who may do what (domain.md, Who may do what): one table, asked by every route.
//!
//! Policy says who *may*; a slice's rules say what *can happen now*. They never call each other.

use crate::ids::Id;
use crate::word_enum;

/// Marks an [`Id`] of a person.
#[derive(Debug)]
pub enum PersonMark {}
/// Marks an [`Id`] of a supporter.
#[derive(Debug)]
pub enum SupporterMark {}
/// Marks an [`Id`] of a working group.
#[derive(Debug)]
pub enum GroupMark {}
/// Marks an [`Id`] of a session.
#[derive(Debug)]
pub enum SessionMark {}
/// The identifier of a person.
pub type PersonId = Id<PersonMark>;
/// The identifier of a supporter.
pub type SupporterId = Id<SupporterMark>;
/// The identifier of a working group.
pub type GroupId = Id<GroupMark>;
/// Marks an [`Id`] of a membership.
#[derive(Debug)]
pub enum MembershipMark {}
/// The identifier of a membership.
pub type MembershipId = Id<MembershipMark>;

word_enum! {
    /// What a caller is, seen from one object. A caller may stand in several ways at once; its rights are their union.
    pub enum Standing {
        /// Everybody, with or without account.
        Anyone = "anyone",
        /// A person who is signed in, its e-mail confirmed or not.
        Person = "person",
        /// The person that the object is, or belongs to.
        Oneself = "oneself",
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
        /// Apply, contact, sign, subscribe, register, sign in, answer a mail's link.
        UsePublicForms = "use_public_forms",
        /// Read and change one's own account.
        KeepOwnAccount = "keep_own_account",
        /// Ask a supporter for affiliation, accept an invitation.
        JoinSupporter = "join_supporter",
        /// Edit a supporter's profile, invite, end affiliations, withdraw, decide affiliation requests.
        RunSupporter = "run_supporter",
        /// See or end an affiliation, see a request for one: one's own, or as [`Action::RunSupporter`].
        EndAffiliation = "end_affiliation",
        /// See an invitation, take it back, send it again: as [`Action::RunSupporter`] or [`Action::RunGroup`], whatever it is to.
        RunInvitation = "run_invitation",
        /// Ask to become a member of a group, for a supporter.
        RequestMembership = "request_membership",
        /// See one membership: one's own, or as [`Action::ReadGroup`].
        SeeMembership = "see_membership",
        /// Move a membership on: one's own (cancel, leave), or as [`Action::RunGroup`] (decide, remove).
        MoveMembership = "move_membership",
        /// Read a group's drafts, member names, comments, minutes.
        ReadGroup = "read_group",
        /// Comment on a deliverable.
        Comment = "comment",
        /// Change or delete one's own comment.
        KeepOwnComment = "keep_own_comment",
        /// Say whether one comes to a meeting.
        Attend = "attend",
        /// Agree to be acknowledged in a deliverable.
        BeAcknowledged = "be_acknowledged",
        /// Progress, milestones, summary, versions of a deliverable, and its start.
        WorkOnDeliverable = "work_on_deliverable",
        /// Decide memberships, invite to a group, edit its text, deliverables, rounds, meetings, dispositions, messages.
        RunGroup = "run_group",
        /// Answer a round for a supporter of its audience.
        Contribute = "contribute",
        /// Answer a public round with one's account.
        ContributeInPublic = "contribute_in_public",
        /// See what groups will owe: a co-chair's own groups, or all.
        ReadBoard = "read_board",
        /// Give a seat up.
        GiveSeatUp = "give_seat_up",
        /// Name the person in a seat, or leave it oneself.
        FillSeat = "fill_seat",
        /// Run the initiative: set the seats, derogations, group status, approve, Forum, endorse, merge, mail queue, audit.
        RunInitiative = "run_initiative",
        /// Roles, suspension, second factors of others, settings, keys.
        RunAccounts = "run_accounts",
    }
}

/// Whether a standing has a right. The whole table; a test holds every cell as a snapshot.
pub fn allows(action: Action, standing: Standing) -> bool {
    use Standing::{
        Administrator, Affiliated, Anyone, CoChair, FocalPoint, Lead, Member, Observer, Oneself, Person, Secretariat, Verified,
    };
    match action {
        Action::ReadPublic | Action::UsePublicForms => true,
        Action::KeepOwnAccount => match standing {
            Person | Oneself | Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair | Secretariat
            | Administrator => true,
            Anyone => false,
        },
        Action::JoinSupporter => match standing {
            Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Oneself => false,
        },
        Action::RunSupporter => match standing {
            FocalPoint | Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | Observer | Member | Lead | CoChair => false,
        },
        Action::EndAffiliation => match standing {
            Oneself | FocalPoint | Secretariat | Administrator => true,
            Anyone | Person | Verified | Affiliated | Observer | Member | Lead | CoChair => false,
        },
        Action::RunInvitation => match standing {
            FocalPoint | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | Observer | Member | Lead => false,
        },
        Action::RequestMembership => match standing {
            Affiliated | FocalPoint => true,
            Anyone | Person | Oneself | Verified | Observer | Member | Lead | CoChair | Secretariat | Administrator => false,
        },
        Action::SeeMembership => match standing {
            Oneself | Observer | Member | Lead | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Verified | Affiliated | FocalPoint => false,
        },
        Action::MoveMembership => match standing {
            Oneself | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Verified | Affiliated | FocalPoint | Observer | Member | Lead => false,
        },
        Action::ReadGroup | Action::Comment => match standing {
            Observer | Member | Lead | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint => false,
        },
        Action::KeepOwnComment => match standing {
            Oneself => true,
            Anyone | Person | Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair | Secretariat
            | Administrator => false,
        },
        Action::Attend => match standing {
            Observer | Member | Lead | CoChair => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint | Secretariat | Administrator => false,
        },
        Action::BeAcknowledged => match standing {
            Member | Lead => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint | Observer | CoChair | Secretariat | Administrator => {
                false
            }
        },
        Action::WorkOnDeliverable => match standing {
            Lead | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint | Observer | Member => false,
        },
        Action::RunGroup | Action::ReadBoard => match standing {
            CoChair | Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint | Observer | Member | Lead => false,
        },
        Action::Contribute => match standing {
            Affiliated | FocalPoint | Member | Lead | CoChair => true,
            Anyone | Person | Oneself | Verified | Observer | Secretariat | Administrator => false,
        },
        Action::ContributeInPublic => match standing {
            Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair | Secretariat | Administrator => true,
            Anyone | Person | Oneself => false,
        },
        Action::GiveSeatUp => match standing {
            FocalPoint | Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | Observer | Member | Lead | CoChair => false,
        },
        Action::FillSeat => match standing {
            Oneself | FocalPoint | Secretariat | Administrator => true,
            Anyone | Person | Verified | Affiliated | Observer | Member | Lead | CoChair => false,
        },
        Action::RunInitiative => match standing {
            Secretariat | Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair => false,
        },
        Action::RunAccounts => match standing {
            Administrator => true,
            Anyone | Person | Oneself | Verified | Affiliated | FocalPoint | Observer | Member | Lead | CoChair | Secretariat => {
                false
            }
        },
    }
}

/// Who calls, with everything that decides its standings, read at this request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The person, signed in.
    pub person: Option<PersonId>,
    /// The session it is signed in with.
    pub session: Option<Id<SessionMark>>,
    /// Its e-mail is confirmed. Without that it has no standing but its own.
    pub verified: bool,
    /// Its role is secretariat or administrator, and its second factor is what the settings ask for.
    pub secretariat: bool,
    /// Its role is administrator, likewise.
    pub administrator: bool,
    /// Its address went with an affiliation that ended: it only keeps its own account until another one is confirmed.
    pub address_lapsed: bool,
    /// Its role would allow more, once it has the second factor that the settings ask for.
    pub lacks_second_factor: bool,
    /// Its language, where it chose one.
    pub locale: Option<String>,
    /// The supporters it is affiliated to now, and whether as focal point.
    pub affiliations: Vec<(SupporterId, bool)>,
    /// The groups it is an active member of, and whether as observer.
    pub memberships: Vec<(GroupId, bool)>,
    /// The groups of which it fills a co-chair seat now.
    pub seats: Vec<GroupId>,
}

impl Actor {
    /// Somebody without account.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Every way in which this caller stands to `object`.
    pub fn standings(&self, object: &Object) -> Vec<Standing> {
        let mut standings = vec![Standing::Anyone];
        let mut add = |holds: bool, standing| {
            if holds {
                standings.push(standing);
            }
        };
        add(self.person.is_some(), Standing::Person);
        add(self.person.is_some() && self.person == object.person, Standing::Oneself);
        if self.verified {
            add(true, Standing::Verified);
            let mine = |focal: bool| self.affiliations.iter().any(|(id, is)| Some(*id) == object.supporter && (*is || !focal));
            add(mine(false), Standing::Affiliated);
            add(mine(true), Standing::FocalPoint);
            let among = |observer: bool| self.memberships.iter().any(|(id, is)| Some(*id) == object.group && *is == observer);
            add(among(true), Standing::Observer);
            add(among(false), Standing::Member);
            // A lead is an active member; whoever is none any more leads nothing, whatever the object still says.
            add(among(false) && object.lead.is_some() && self.person == object.lead, Standing::Lead);
            add(object.group.is_some_and(|group| self.seats.contains(&group)), Standing::CoChair);
            add(self.secretariat, Standing::Secretariat);
            add(self.administrator, Standing::Administrator);
        }
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
    /// The person that it is, or belongs to.
    pub person: Option<PersonId>,
    /// The supporter that it belongs to.
    pub supporter: Option<SupporterId>,
    /// The group that it belongs to.
    pub group: Option<GroupId>,
    /// The person who leads it, a deliverable.
    pub lead: Option<PersonId>,
}

impl Object {
    /// The initiative as a whole.
    pub fn initiative() -> Self {
        Self::default()
    }

    /// Something of a supporter's.
    pub fn of_supporter(supporter: SupporterId) -> Self {
        Self { supporter: Some(supporter), ..Self::default() }
    }

    /// Something of a group's.
    pub fn of_group(group: GroupId) -> Self {
        Self { group: Some(group), ..Self::default() }
    }

    /// Something of a person's.
    pub fn of_person(person: PersonId) -> Self {
        Self { person: Some(person), ..Self::default() }
    }
}
