//! What happens to a supporter that higher slices must know of.

use crate::facts::Fact;
use crate::policy::SupporterId;

/// Its sector or country is another one: groups where it holds a seat may be balanced differently.
pub struct SupporterChanged(pub SupporterId);

impl Fact for SupporterChanged {}

/// Some are endorsed from now on, told once however many an act brings: whoever counts on who is endorsed looks again.
pub struct SupportersEndorsed;

impl Fact for SupportersEndorsed {}

/// It withdrew: its seats end, and whatever rests on its being endorsed.
pub struct SupporterWithdrawn(pub SupporterId);

impl Fact for SupporterWithdrawn {}

/// One entry is about to go into another: whatever refers to the first moves to the second, or it objects.
pub struct SupportersMerged {
    /// The entry that goes.
    pub from: SupporterId,
    /// The entry that stays.
    pub into: SupporterId,
}

impl Fact for SupportersMerged {}
