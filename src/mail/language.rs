//! The languages in which the product speaks of itself.

use crate::word_enum;

word_enum! {
    /// A language that the product speaks of itself, in mails and their pages.
    pub enum Language {
        /// English.
        En = "en",
        /// French.
        Fr = "fr",
    }
}

impl Language {
    /// The first of these language tags that the product speaks (RFC 4647 lookup: `fr-CA` is French); English where it speaks none.
    pub fn first_of<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        tags.into_iter().find_map(|tag| Self::parse(&primary(tag))).unwrap_or(Self::En)
    }
}
