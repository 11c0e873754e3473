//! What happens to a group that higher slices must know of.

use std::cell::RefCell;

use crate::facts::Fact;
use crate::policy::{GroupId, MembershipId, PersonId};

/// It is about to be concluded: whoever has work open in it objects, listing each.
pub struct GroupConcluding(pub GroupId);

impl Fact for GroupConcluding {}

/// Its number is about to change: whoever made a reference of it objects.
pub struct GroupRenumbering(pub GroupId);

impl Fact for GroupRenumbering {}

/// It is suspended from now on: what was to begin in it by itself does not.
pub struct GroupSuspended(pub GroupId);

impl Fact for GroupSuspended {}

/// Somebody is a member of it from now on, or fills a seat: it may stand for another supporter too. It is held.
pub struct PeopleJoined(pub GroupId);

impl Fact for PeopleJoined {}

/// An active membership ended: what its person led for the group has no lead any more.
pub struct MembershipEnded {
    /// In which group.
    pub group: GroupId,
    /// Which.
    pub membership: MembershipId,
}

impl Fact for MembershipEnded {}

/// Somebody writes to whoever leads a deliverable of a group: who keeps the deliverables adds them to what is found.
pub struct LeadsWanted {
    /// Of which group.
    pub group: GroupId,
    /// Who leads, each at least once.
    pub found: RefCell<Vec<PersonId>>,
}

impl Fact for LeadsWanted {}
