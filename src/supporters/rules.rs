//! What a supporter may be and become (domain.md, Supporters and the register).

use crate::states::State;
use crate::text::{self, MAX_SLUG};
use crate::time::Day;
use crate::word_enum;

/// The sector whose supporters may have no country: the co-chair rule and applications know it by this code.
pub const INTERNATIONAL_ORGANISATION: &str = "international_organisation";

word_enum! {
    /// Where a supporter stands; kept as intervals, so that the register can be shown as of any day.
    #[schemars(rename = "SupporterStatus")]
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

/// What is known about a supporter, all of which a file may tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Names it in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its sector, by code.
    pub sector: Option<String>,
    /// Its kind, by code.
    pub kind: Option<String>,
    /// Its country, as alpha-2 code.
    pub country: Option<String>,
    /// Its web site.
    pub website: Option<String>,
    /// What it says about the call.
    pub statement: Option<String>,
    /// When it endorsed the call.
    pub endorsed_on: Option<Day>,
    /// Where the entry came from: [`SOURCE_CALL`], or `import:` and the name of the register.
    pub source: String,
}

/// What an entry's slug begins with.
pub fn slug_base(name: &str) -> String {
    match text::slug(name) {
        Some(slug) if text::is_slug(&slug) => slug,
        // Nothing in it that an address could show, or digits alone, which would be taken for a number.
        Some(slug) => format!("supporter-{slug}"),
        None => "supporter".to_owned(),
    }
}

/// The slug with a number behind it, where another entry has it.
pub fn numbered_slug(base: &str, number: u32) -> String {
    let tail = format!("-{number}");
    let head: String = base.chars().take(MAX_SLUG.saturating_sub(tail.len())).collect();
    format!("{}{tail}", head.trim_end_matches('-'))
}

/// The source of entries that came with an application.
pub const SOURCE_APPLICATION: &str = "application";

/// The source of entries that the call file names.
pub const SOURCE_CALL: &str = "call";

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
