//! Text as people write it: cleaning on the way in, folding for search and look-alikes, slugs, and enums kept as words.

use any_ascii::any_ascii_char;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest name or title, in characters.
pub const MAX_NAME: usize = 200;
/// Longest slug, in characters.
pub const MAX_SLUG: usize = 80;
/// Longest free text (statement, summary, reason), in characters.
pub const MAX_TEXT: usize = 5_000;
/// Longest address of a web page, in characters.
pub const MAX_URL: usize = 2_000;

/// What is wrong with a text that names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing in it that could be searched for.
    #[error("needs at least one letter or digit")]
    Empty,
    /// Over the limit, in characters.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A control or bidirectional override character: it would let a name disguise itself as another.
    #[error("has a control or text-direction character; remove it")]
    Control,
}

/// A name or title on its way in: NFC, white space collapsed, at most `max` characters, nothing that hides or reorders it.
pub fn name(raw: &str, max: usize) -> Result<String, NameFault> {
    let collapsed = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = collapsed.nfc().collect();
    if name.chars().any(is_disguise) {
        Err(NameFault::Control)
    } else if fold(&name).is_empty() {
        Err(NameFault::Empty)
    } else if name.chars().count() > max {
        Err(NameFault::TooLong(max))
    } else {
        Ok(name)
    }
}

/// Free text on its way in: [`passage`], with at least one letter or digit in it.
pub fn prose(raw: &str, max: usize) -> Result<String, NameFault> {
    let prose = passage(raw, max)?;
    if fold(&prose).is_empty() { Err(NameFault::Empty) } else { Ok(prose) }
}

/// What somebody writes to others, which may be no more than a sign: NFC, line ends as `\n`, blanks around it gone, at most `max`
/// characters, and no controls but line ends and tabs. Direction marks stay: a paragraph may need them, and it names nothing.
pub fn passage(raw: &str, max: usize) -> Result<String, NameFault> {
    let passage: String = raw.replace("\r\n", "\n").trim().nfc().collect();
    if passage.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Err(NameFault::Control)
    } else if passage.chars().count() > max {
        Err(NameFault::TooLong(max))
    } else {
        Ok(passage)
    }
}

/// A cell of CSV that no spreadsheet takes for a formula: one that begins with `=`, `+`, `-`, `@`, a tab or a carriage return
/// gets an apostrophe in front (OWASP, CSV Injection).
pub fn formula_safe(cell: String) -> String {
    // A plain number below zero is one.
    let is_number = cell.strip_prefix('-').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

/// Whether a character is a control, a bidirectional override, embedding or isolate, a tag or an invisible filler.
/// The joiners U+200C and U+200D stay: Persian and Indic scripts need them.
pub fn is_disguise(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether a character is of a script that is written from right to left, by their blocks in the Unicode roadmap.
pub fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// Whether a text runs from right to left as a whole: its first letter does (Unicode, UAX #9, P2).
pub fn runs_right_to_left(text: &str) -> bool {
    text.chars().find(|c| c.is_alphabetic()).is_some_and(is_right_to_left)
}

/// The text without case, accents and punctuation, in words parted by one blank: `São Paulo` → `sao paulo`.
///
/// Two names that fold to the same text are look-alikes. Latin letters become ASCII; in other scripts only the marks go
/// that a writer may leave out (Arabic and Hebrew vowels, Greek and Cyrillic accents), so that different words stay different.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    let mut push = |c: char| {
        if c.is_alphanumeric() || is_combining_mark(c) {
            if gap && !folded.is_empty() {
                folded.push(' ');
            }
            gap = false;
            folded.push(c);
        } else if !matches!(c, '\'' | '’' | '\u{200C}' | '\u{200D}' | '\u{AD}') {
            // An apostrophe or a joiner parts no words; everything else does.
            gap = true;
        }
    };
    for c in text.nfkd().filter(|c| !is_optional_mark(*c)) {
        if is_latin(c) && !c.is_ascii() {
            any_ascii_char(c).chars().flat_map(char::to_lowercase).for_each(&mut push);
        } else {
            c.to_lowercase().filter(|c| !is_optional_mark(*c)).map(|c| if c == 'ς' { 'σ' } else { c }).for_each(&mut push);
        }
    }
    folded.nfc().collect()
}

fn is_optional_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}'
        | '\u{591}'..='\u{5BD}' | '\u{5BF}'..='\u{5C7}' // Hebrew points
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6ED}') // Arabic marks, tatweel
}

fn is_latin(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '\u{AA}' | '\u{BA}' | '\u{C0}'..='\u{24F}' | '\u{250}'..='\u{2AF}' | '\u{1E00}'..='\u{1EFF}' | '\u{2C60}'..='\u{2C7F}' | '\u{A720}'..='\u{A7FF}')
}

/// A slug of ASCII letters, digits and hyphens, at most [`MAX_SLUG`] long and cut between words where it can be.
/// Other scripts are transliterated; `None` where nothing is left.
pub fn slug(text: &str) -> Option<String> {
    let folded: String = fold(text).chars().map(|c| if c == ' ' { "-".into() } else { transliterate(c) }).collect();
    let mut slug = String::new();
    for word in folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.is_empty() {
            slug.extend(word.chars().take(MAX_SLUG));
        } else if slug.len() + 1 + word.len() <= MAX_SLUG {
            slug.push('-');
            slug.push_str(word);
        } else {
            break;
        }
    }
    (!slug.is_empty()).then_some(slug)
}

fn transliterate(c: char) -> String {
    let latin = any_ascii_char(c).to_ascii_lowercase();
    // A Han character is a word of its own: without the hyphens a name of ten would be one unreadable run.
    if matches!(c, '\u{3400}'..='\u{9FFF}') { format!("-{latin}-") } else { latin }
}

/// Whether `text` is a slug as [`slug`] makes them, and cannot be taken for an id or a number.
pub fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_SLUG
        && text.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        && text.bytes().any(|b| b.is_ascii_lowercase())
}

/// The words of a search: folded, at most eight, each to be found somewhere in the text.
pub fn search_words(q: &str) -> Vec<String> {
    fold(q).split(' ').filter(|word| !word.is_empty()).take(8).map(str::to_owned).collect()
}

/// Bytes as small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A `like` pattern that finds `word` anywhere; `\` is its escape.
pub fn like_anywhere(word: &str) -> String {
    let escaped = word.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

/// An enum whose values are words: in SQL (`Text`), in JSON, in paths and in the schema alike.
///
/// `word_enum! { /// Doc. pub enum Status { /// Doc. Open = "open", } }`
#[macro_export]
macro_rules! word_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
            diesel::deserialize::FromSqlRow, diesel::expression::AsExpression)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $(#[$meta])*
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every value, in the order in which it was declared.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for it everywhere.
            pub fn as_str(&self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value that `word` stands for.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Text, DB>::to_sql(self.as_str(), out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                Self::parse(&word).ok_or_else(|| format!("{word:?} is no {}", stringify!($name)).into())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_takes_case_and_accents_and_leaves_other_scripts_their_letters() {
        let cases = [
            ("São Paulo", "sao paulo"),
            ("  F-Secure ", "f secure"),
            ("GEODE, Paris 8", "geode paris 8"),
            ("Straße ŁÓDŹ Øresund Æther", "strasse lodz oresund aether"),
            ("L’Oréal", "loreal"),
            ("Électricité", "electricite"),
            ("Αθήνα ΑΘΉΝΑΣ", "αθηνα αθηνασ"),
            ("Ёлка", "елка"),
            ("مُحَمَّد", "محمد"),
            ("שָׁלוֹם", "שלום"),
            ("日本 がか", "日本 がか"),
            ("हिन्दी", "हिन्दी"),
            ("ﬁnance Ⅳ", "finance iv"),
            ("İstanbul", "istanbul"),
            ("!!!", ""),
        ];
        for (text, folded) in cases {
            assert_eq!(fold(text), folded, "{text}");
            assert_eq!(fold(&fold(text)), folded, "folding twice: {text}");
        }
    }

    #[test]
    fn slugs_are_short_ascii_and_never_numbers() {
        assert_eq!(slug("Advancing international norms").as_deref(), Some("advancing-international-norms"));
        assert_eq!(slug("État de São Paulo!").as_deref(), Some("etat-de-sao-paulo"));
        assert_eq!(slug("東京").as_deref(), Some("dong-jing"));
        assert_eq!(slug("…"), None);
        assert!(slug(&"word ".repeat(60)).unwrap().len() <= MAX_SLUG);
        for no in ["", "A", "a--b", "-a", "2021", "é", "a b"] {
            assert!(!is_slug(no), "{no}");
        }
        assert!(is_slug("wg-2021"));
    }

    #[test]
    fn a_name_is_cleaned_or_refused() {
        assert_eq!(name("  Cafe\u{301}  Ltd ", 20).unwrap(), "Café Ltd");
        assert_eq!(name("a\u{202E}b", 20), Err(NameFault::Control));
        assert_eq!(name(" — ", 20), Err(NameFault::Empty));
        assert_eq!(name("abc", 2), Err(NameFault::TooLong(2)));
        assert_eq!(name("می\u{200C}خواهم", 20).unwrap(), "می\u{200C}خواهم");
    }

    #[test]
    fn free_text_keeps_its_lines_and_loses_controls() {
        assert_eq!(prose(" One.\r\n\tTwo, cafe\u{301}. \n", 40).unwrap(), "One.\n\tTwo, café.");
        assert_eq!(prose("a\u{0}b", 20), Err(NameFault::Control));
        assert_eq!(prose(" \n ", 20), Err(NameFault::Empty));
        assert_eq!(prose("abc", 2), Err(NameFault::TooLong(2)));
        assert_eq!((passage(" 👍 ", 1), passage("", 1)), (Ok("👍".into()), Ok(String::new())));
    }

    #[test]
    fn no_cell_begins_a_formula() {
        for cell in ["=1+1", "+33 1", "-", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(formula_safe(cell.into()), format!("'{cell}"));
        }
        for cell in ["", "a=b", "F-Secure", "'quoted"] {
            assert_eq!(formula_safe(cell.into()), cell);
        }
    }

    #[test]
    fn a_like_pattern_escapes_its_own_signs() {
        assert_eq!(like_anywhere(r"50%_\"), r"%50\%\_\\%");
    }
}
