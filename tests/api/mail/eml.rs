//! Reads a mail as a mail program would (RFC 5322, 2045, 2047), as far as ours go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A mail, taken apart.
#[derive(Debug)]
pub struct Eml {
    headers: Vec<(String, String)>,
    pub text: String,
    pub html: String,
    /// The calendar part, with the method that its media type names.
    pub calendar: Option<(String, String)>,
}

impl Eml {
    #[track_caller]
    pub fn read(bytes: &[u8]) -> Self {
        assert!(bytes.is_ascii(), "a mail that not every server takes");
        let whole = std::str::from_utf8(bytes).unwrap();
        assert!(!whole.replace("\r\n", "").contains(['\r', '\n']), "a bare line end");
        let (headers, body) = split(whole);
        let kind = of(&headers, "Content-Type");
        assert!(kind.starts_with("multipart/alternative"), "{kind}");
        let boundary = kind.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
        assert!(matches!(parts.len(), 4 | 5), "{body}");
        let (text, html) = (part(parts[1], "text/plain"), part(parts[2], "text/html"));
        let calendar = (parts.len() == 5).then(|| {
            let method = parts[3].split("text/calendar; method=").nth(1).unwrap().split(';').next().unwrap();
            (method.to_owned(), part(parts[3], &format!("text/calendar; method={method}")))
        });
        Self { headers, text, html, calendar }
    }

    /// The header of this name, which there is once, decoded.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let all: Vec<_> = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).collect();
        assert_eq!(all.len(), 1, "{name}: {:?}", self.headers);
        decoded_words(&all[0].1)
    }

    /// The names of all headers.
    pub fn names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The link, alone on its line.
    #[track_caller]
    pub fn link(&self) -> &str {
        let links: Vec<_> = self.text.lines().filter(|line| line.starts_with("http")).collect();
        assert_eq!(links.len(), 1, "{}", self.text);
        links[0]
    }
}

fn split(text: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = unfolded.split("\r\n").filter(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?} is no header"));
        (name.to_owned(), value.to_owned())
    });
    (headers.collect(), body)
}

fn of(headers: &[(String, String)], name: &str) -> String {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// A part of this media type, decoded.
#[track_caller]
pub fn part(part: &str, kind: &str) -> String {
    let (headers, body) = split(part.trim_start_matches("\r\n"));
    assert_eq!(of(&headers, "Content-Type"), format!("{kind}; charset=utf-8"));
    let body = body.strip_suffix("\r\n").unwrap_or(body);
    let bytes = match of(&headers, "Content-Transfer-Encoding").as_str() {
        "7bit" => body.as_bytes().to_vec(),
        "quoted-printable" => quoted_printable(body),
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        other => panic!("{other:?}"),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'=' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&more[..2]).unwrap(), 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    bytes
}

/// Encoded words in a header (RFC 2047), of the one form that ours have.
fn decoded_words(value: &str) -> String {
    let joined = value.replace("?= =?", "?==?");
    let mut decoded = String::new();
    for (n, part) in joined.split("=?utf-8?b?").enumerate() {
        if n == 0 {
            decoded += part;
            continue;
        }
        let (word, rest) = part.split_once("?=").unwrap();
        decoded += std::str::from_utf8(&STANDARD.decode(word).unwrap()).unwrap();
        decoded += rest;
    }
    decoded
}
