//! How an invitation stands: pure.

use crate::supporters::affiliations::AffiliationRole;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// As what somebody is invited: to speak for a supporter, or to take part in a group.
    pub enum InvitationRole {
        /// Speaks for the supporter.
        Representative = "representative",
        /// The supporter's own administrator.
        FocalPoint = "focal_point",
        /// Takes part in the group for a supporter.
        Member = "member",
        /// Reads and comments in the group, for a supporter or another body.
        Observer = "observer",
    }
}

impl InvitationRole {
    /// As what it lets speak for a supporter; `None`: it is to a group.
    pub fn affiliation(self) -> Option<AffiliationRole> {
        match self {
            Self::Representative => Some(AffiliationRole::Representative),
            Self::FocalPoint => Some(AffiliationRole::FocalPoint),
            Self::Member | Self::Observer => None,
        }
    }
}

impl From<AffiliationRole> for InvitationRole {
    fn from(role: AffiliationRole) -> Self {
        match role {
            AffiliationRole::Representative => Self::Representative,
            AffiliationRole::FocalPoint => Self::FocalPoint,
        }
    }
}

word_enum! {
    /// How an invitation stands.
    #[schemars(rename = "InvitationStatus")]
    pub enum Status {
        /// It waits to be accepted.
        Open = "open",
        /// Who was invited speaks for the supporter, or takes part in the group.
        Accepted = "accepted",
        /// It was taken back.
        Revoked = "revoked",
        /// Nobody accepted it in time.
        Expired = "expired",
    }
}

/// How an invitation stands at `now` that was left as `kept`.
pub fn status(kept: Status, expires_at: Instant, now: Instant) -> Status {
    if kept == Status::Open && expires_at <= now { Status::Expired } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_one_expires_and_at_its_last_instant_it_is_too_late() {
        let at = |text| Instant::parse(text).unwrap();
        let (before, end) = (at("2026-11-21T23:59:59Z"), at("2026-11-22T00:00:00Z"));
        assert_eq!(status(Status::Open, end, before), Status::Open);
        assert_eq!(status(Status::Open, end, end), Status::Expired);
        for kept in [Status::Accepted, Status::Revoked, Status::Expired] {
            assert_eq!(status(kept, end, end), kept);
        }
    }
}
