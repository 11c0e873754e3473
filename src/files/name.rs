//! What an uploaded file is called.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::text::is_disguise;

/// Longest name, in characters.
const LONGEST: usize = 200;
/// Longest ending that is kept when a name is cut, in characters.
const LONGEST_ENDING: usize = 16;

/// The name of a file as it may be shown and saved: NFC, at most 200 characters, no directory, no separator, nothing that hides or reorders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// What remains of the name that a client gives; `file` where nothing does. A name too long is cut before its ending.
    pub fn of(given: &str) -> Self {
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        // White space first: what parts words may be a control.
        let words = last.split_whitespace().collect::<Vec<_>>().join(" ");
        let plain: String = words.chars().filter(|c| !is_disguise(*c)).nfc().collect();
        let plain = plain.trim_matches([' ', '.']);
        let plain = if plain.is_empty() { "file" } else { plain };
        Self(cut(plain))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last full stop, in lower case; empty where there is none.
    pub fn ending(&self) -> String {
        self.0.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn cut(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.chars().count() <= LONGEST_ENDING);
    let ending = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
    let stem: String = name.chars().take(LONGEST - ending.chars().count()).collect();
    format!("{}{ending}", stem.trim_end_matches([' ', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_may_be_shown_and_saved() {
        let cases = [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\Annual report.PDF", "Annual report.PDF"),
            ("a\r\nContent-Type: text/html.pdf", "html.pdf"),
            ("two  blanks\t.md ", "two blanks .md"),
            ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
            ("re\u{301}sume\u{301}.txt", "r\u{e9}sum\u{e9}.txt"),
            ("تقرير.pdf", "تقرير.pdf"),
            (".htaccess", "htaccess"),
            ("..", "file"),
            ("", "file"),
            ("\u{0}", "file"),
        ];
        for (given, name) in cases {
            assert_eq!(FileName::of(given).as_str(), name, "{given:?}");
        }
        let long = FileName::of(&format!("{}.docx", "é".repeat(400)));
        assert_eq!((long.as_str().chars().count(), long.ending().as_str()), (LONGEST, "docx"));
        assert_eq!(FileName::of(&"x.".repeat(300)).as_str().chars().count(), LONGEST - 1);
        assert_eq!(FileName::of("Notes.MD").ending(), "md");
    }
}
