//! The words of pictures in the languages of the product.

use chrono::Datelike;

use crate::locale::Reader;
use crate::time::Day;

/// In which of the product's languages a picture speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    En,
    /// French.
    Fr,
}

impl Tongue {
    /// The first of these languages that the product speaks; English where it speaks none.
    pub fn of<'l>(languages: impl IntoIterator<Item = &'l str>) -> Self {
        let spoken = |language: &str| match language.split('-').next() {
            Some("en") => Some(Self::En),
            Some("fr") => Some(Self::Fr),
            _ => None,
        };
        languages.into_iter().find_map(spoken).unwrap_or(Self::En)
    }

    /// One of two texts.
    pub fn say<'t>(self, en: &'t str, fr: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }

    /// A month, shortened.
    pub fn month(self, day: Day) -> &'static str {
        const EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        const FR: [&str; 12] =
            ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
        let names = match self {
            Self::En => EN,
            Self::Fr => FR,
        };
        names.get(day.month0() as usize).copied().unwrap_or_default()
    }

    /// A day and its month: `11 Nov`.
    pub fn day(self, day: Day) -> String {
        format!("{} {}", day.day(), self.month(day))
    }
}

/// The language in which a picture speaks to a reader.
pub fn tongue(reader: &Reader) -> Tongue {
    match reader {
        Reader::All => Tongue::En,
        Reader::Prefers(order) => Tongue::of(order.iter().map(String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_speaks_the_readers_first_language_that_the_product_has() {
        assert_eq!(Tongue::of(["fr-CA", "en"]), Tongue::Fr);
        assert_eq!(Tongue::of(["ar", "en", "fr"]), Tongue::En);
        assert_eq!(Tongue::of(["ar"]), Tongue::En);
        let day = "2027-08-01".parse().unwrap();
        assert_eq!((Tongue::En.day(day), Tongue::Fr.day(day)), ("1 Aug".to_owned(), "1 août".to_owned()));
    }
}
