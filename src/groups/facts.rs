//! What happens to a group that higher slices must know of.

use crate::facts::Fact;
use crate::policy::{GroupId, MembershipId};

/// It is about to be concluded: whoever has work open in it objects, listing each.
pub struct GroupConcluding(pub GroupId);

impl Fact for GroupConcluding {}

/// Its number is about to change: whoever made a reference of it objects.
pub struct GroupRenumbering(pub GroupId);

impl Fact for GroupRenumbering {}

/// An active membership ended: what its person led for the group has no lead any more.
pub struct MembershipEnded {
    /// In which group.
    pub group: GroupId,
    /// Which.
    pub membership: MembershipId,
}

impl Fact for MembershipEnded {}
