//! DKIM signatures (RFC 6376, 8463): relaxed/relaxed over the whole body and what of the head is the sender's word.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::config::DkimSettings;
use crate::time::Instant;

/// The fields that are signed where a mail has them; the last two because one-click unsubscribe asks for it (RFC 8058, 4).
const SIGNED: [&str; 10] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Reply-To",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
/// Names of fields on one line of the signature.
const NAMES: usize = 5;
/// Characters of the signature's own on one line.
const WIDTH: usize = 72;

/// The field that a message begins with once it is signed, its last line ended.
pub fn field(message: &str, dkim: &DkimSettings, at: Instant) -> Result<String, String> {
    let (head, body) = message.split_once("\r\n\r\n").ok_or("it has no body")?;
    let fields = fields(head);
    let mut names: Vec<&str> = SIGNED.into_iter().filter(|name| fields.iter().any(|field| field.is(name))).collect();
    let mut signed: String =
        names.iter().flat_map(|name| fields.iter().rfind(|field| field.is(name))).map(|field| relaxed(field) + "\r\n").collect();
    // Once more than it is there: whoever adds another breaks the signature (RFC 6376, 8.15).
    names.insert(0, "From");
    let names: Vec<String> = names.chunks(NAMES).map(|names| names.join(":")).collect();
    let value = format!(
        " v=1; a={}; c=relaxed/relaxed;\r\n\td={};\r\n\ts={};\r\n\tt={};\r\n\th={};\r\n\tbh={};\r\n\tb=",
        dkim.key.algorithm(),
        dkim.domain,
        dkim.selector,
        at.utc().timestamp(),
        names.join(":\r\n\t"),
        STANDARD.encode(Sha256::digest(relaxed_body(body))),
    );
    signed += &relaxed(&Field { name: NAME, value: &value });
    let signature = dkim.key.sign(signed.as_bytes()).map_err(|_| "the key of mail.dkim_key_file does not sign")?;
    let signature: Vec<char> = STANDARD.encode(signature).chars().collect();
    let lines: Vec<String> = signature.chunks(WIDTH).map(|line| line.iter().collect()).collect();
    Ok(format!("{NAME}:{value}{}\r\n", lines.join("\r\n\t")))
}

const NAME: &str = "DKIM-Signature";

/// A field of a head: all behind the colon, folded as it is.
struct Field<'a> {
    name: &'a str,
    value: &'a str,
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn fields(mut head: &str) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    while !head.is_empty() {
        // Up to a line that does not go on with what the one before says.
        let end = head.match_indices("\r\n").find(|(at, _)| !head.get(at + 2..).unwrap_or_default().starts_with([' ', '\t']));
        let (field, rest) = match end {
            Some((at, _)) => (head.get(..at).unwrap_or_default(), head.get(at + 2..).unwrap_or_default()),
            None => (head, ""),
        };
        if let Some((name, value)) = field.split_once(':') {
            fields.push(Field { name: name.trim_end(), value });
        }
        head = rest;
    }
    fields
}

/// RFC 6376, 3.4.2.
fn relaxed(field: &Field<'_>) -> String {
    format!("{}:{}", field.name.to_ascii_lowercase(), words(field.value))
}

/// RFC 6376, 3.4.4.
fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    let mut empty = 0;
    for line in body.split("\r\n") {
        let words = words(line);
        if words.is_empty() {
            empty += 1;
            continue;
        }
        relaxed += &"\r\n".repeat(std::mem::take(&mut empty));
        if line.starts_with(SPACE) {
            relaxed.push(' ');
        }
        relaxed += &words;
        relaxed += "\r\n";
    }
    relaxed
}

const SPACE: [char; 2] = [' ', '\t'];

/// One space where there were any, none at the ends; folds go with them.
fn words(text: &str) -> String {
    let words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 6376, 3.4.5, and what that leaves open.
    #[test]
    fn bodies_and_fields_are_relaxed_as_the_standard_says() {
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        for empty in ["", "\r\n", "\r\n\r\n", " \t\r\n \r\n"] {
            assert_eq!(relaxed_body(empty), "", "{empty:?}");
        }
        assert_eq!(relaxed_body("a\r\n \r\n\r\nb"), "a\r\n\r\n\r\nb\r\n");
        let all: Vec<String> = fields("A: X\r\nB : Y\t\r\n\tZ  \r\nC:").iter().map(relaxed).collect();
        assert_eq!(all, ["a:X", "b:Y Z", "c:"]);
    }
}
