//! Text that others wrote, made fit for a mail: pure.

use crate::text::{is_disguise, is_right_to_left};

/// Characters in a line of a text part (RFC 3676, 4.2, allows 78; quoting adds some).
const WIDTH: usize = 72;
/// First strong isolate and its end (Unicode, UAX #9): what stands between them does not turn the text around it.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// What others wrote as one line, without controls, invisible characters and runs of white space. What is written from right to left is
/// kept apart from what stands around it.
pub fn one_line(text: &str) -> String {
    let line = flat(text, char::is_whitespace, is_disguise);
    if line.chars().any(is_right_to_left) { format!("{}{line}{}", ISOLATE.0, ISOLATE.1) } else { line }
}

/// A line of ours for the head of a mail: whatever is in it, it stays one line. A space that does not break, as French has before a colon,
/// stays one.
pub fn head_line(text: &str) -> String {
    flat(text, |c| c.is_whitespace() && !matches!(c, '\u{A0}' | '\u{202F}'), char::is_control)
}

fn flat(text: &str, is_space: impl Fn(char) -> bool, is_unwanted: impl Fn(char) -> bool) -> String {
    let spaced: String =
        text.chars().map(|c| if is_space(c) { ' ' } else { c }).filter(|c| *c == ' ' || !is_unwanted(*c)).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Several lines, each marked as somebody else's words: nothing in them can pass for a line of ours.
pub fn quote(text: &str) -> String {
    let lines: Vec<_> = text.trim().lines().map(|line| format!("> {}", one_line(line)).trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Several lines that were made fit before, such as a mail in a digest: names that are kept apart from what stands around them stay so.
pub fn passage(text: &str) -> String {
    let is_isolate = |c: char| c == ISOLATE.0 || c == ISOLATE.1;
    text.trim().chars().filter(|c| *c == '\n' || is_isolate(*c) || !is_disguise(*c)).collect()
}

/// At most `max` characters, the last one an ellipsis where something was cut off.
pub fn cut(line: &str, max: usize) -> String {
    if line.chars().count() <= max {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(max.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    if short.contains(ISOLATE.0) && !short.contains(ISOLATE.1) {
        short.push(ISOLATE.1);
    }
    short
}

/// Breaks long lines between words; a word that is longer (a link) keeps a line of its own.
pub fn wrap(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len() + text.len() / 40);
    for line in text.lines() {
        let rest = if line.starts_with('>') { line.trim_start_matches(['>', ' ']) } else { line };
        // As deep as it is quoted: somebody's words may quote another's.
        let depth = line.strip_suffix(rest).unwrap_or_default().matches('>').count();
        let mark = "> ".repeat(depth);
        if line.chars().count() <= WIDTH || rest.is_empty() {
            wrapped.push_str(line);
            wrapped.push('\n');
            continue;
        }
        let mut length = 0;
        for word in rest.split(' ') {
            let more = word.chars().count();
            if length > 0 && length + 1 + more > WIDTH {
                wrapped.push('\n');
                length = 0;
            }
            if length == 0 {
                wrapped.push_str(&mark);
                length = mark.len();
            } else {
                wrapped.push(' ');
                length += 1;
            }
            wrapped.push_str(word);
            length += more;
        }
        wrapped.push('\n');
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one() {
        assert_eq!(one_line(" a\r\nBcc: b\u{2028}c\u{0}\u{202E}d "), "a Bcc: b cd");
        assert_eq!(one_line("جمعية الأمن"), "\u{2068}جمعية الأمن\u{2069}");
        assert_eq!(one_line("a\u{2069}b"), "ab");
    }

    #[test]
    fn a_quote_marks_every_line() {
        assert_eq!(quote("One.\n\nTwo\r\nhttps://evil.example "), "> One.\n>\n> Two\n> https://evil.example");
    }

    #[test]
    fn a_passage_keeps_its_lines_and_names_apart() {
        assert_eq!(passage("\nA \u{2068}جمعية\u{2069}:\u{202E}\n\n> b\r\n"), "A \u{2068}جمعية\u{2069}:\n\n> b");
    }

    #[test]
    fn a_cut_shows() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("ab cd", 4), "ab…");
        assert_eq!(cut("\u{2068}جمعية الأمن\u{2069}", 4), "\u{2068}جم…\u{2069}");
    }

    #[test]
    fn long_lines_break_between_words() {
        let long = "word ".repeat(30);
        let deep = wrap(&format!("> > {}", long.trim()));
        assert!(deep.lines().all(|line| line.starts_with("> > word") && line.len() <= WIDTH), "{deep}");
        let wrapped = wrap(&format!("{}\n\n> {}\n{}", long.trim(), long.trim(), "x".repeat(100)));
        assert!(wrapped.lines().all(|line| line.len() <= WIDTH || line.starts_with("xxx")), "{wrapped}");
        assert!(wrapped.contains(&"x".repeat(100)));
        assert_eq!(wrapped.lines().filter(|line| line.starts_with("> ")).count(), 3);
    }
}
