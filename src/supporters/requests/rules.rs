//! How a request for affiliation moves: pure.

use crate::states::State;
use crate::word_enum;

word_enum! {
    /// How a request for affiliation stands.
    #[schemars(rename = "AffiliationRequestStatus")]
    pub enum Status {
        /// It waits for a decision.
        Requested = "requested",
        /// The person speaks for the supporter.
        Accepted = "accepted",
        /// The supporter said no.
        Declined = "declined",
        /// The person erased its account meanwhile.
        Cancelled = "cancelled",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Accepted, Self::Declined, Self::Cancelled],
            Self::Accepted | Self::Declined | Self::Cancelled => &[],
        }
    }
}

word_enum! {
    /// What is decided about a request for affiliation.
    pub enum AffiliationDecision {
        /// The person speaks for the supporter, as representative.
        Accept = "accept",
        /// It does not.
        Decline = "decline",
    }
}

impl AffiliationDecision {
    /// Where it takes a request.
    pub fn leads_to(self) -> Status {
        match self {
            Self::Accept => Status::Accepted,
            Self::Decline => Status::Declined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn a_request_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        requested -> accepted, declined, cancelled
        accepted -> nothing
        declined -> nothing
        cancelled -> nothing
        ");
        assert!(AffiliationDecision::ALL.iter().all(|decision| Status::Requested.go(decision.leads_to()).is_ok()));
    }
}
