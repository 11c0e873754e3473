//! What a supporter may be and become (domain.md, Supporters and the register).

use crate::states::State;
use crate::word_enum;

/// The sector whose supporters may have no country: the co-chair rule and applications know it by this code.
pub const INTERNATIONAL_ORGANISATION: &str = "international_organisation";

word_enum! {
    /// Where a supporter stands; kept as intervals, so that the register can be shown as of any day.
    pub enum Status {
        /// Asks to endorse.
        Pending = "pending",
        /// Stands in the public register.
        Endorsed = "endorsed",
        /// The secretariat said no.
        Declined = "declined",
        /// Endorsed once, no longer.
        Withdrawn = "withdrawn",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Endorsed, Self::Declined],
            Self::Endorsed => &[Self::Withdrawn],
            Self::Declined | Self::Withdrawn => &[Self::Pending],
        }
    }

    fn needs_reason(self, to: Self) -> bool {
        matches!(to, Self::Declined | Self::Withdrawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states;

    #[test]
    fn a_supporter_moves_as_the_table_says() {
        insta::assert_snapshot!(states::table::<Status>(), @"
        pending -> endorsed, declined (reason)
        endorsed -> withdrawn (reason)
        declined -> pending
        withdrawn -> pending
        ");
        for (from, to) in Status::ALL.iter().flat_map(|from| Status::ALL.iter().map(move |to| (from, to))) {
            assert_eq!(
                from.go(*to).map_err(|refused| refused.allowed),
                if from.next().contains(to) { Ok(*to) } else { Err(from.next()) }
            );
        }
    }
}
