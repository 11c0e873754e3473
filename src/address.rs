//! Addresses of web pages and of mailboxes: whether they have the right form, and the host they belong to.

use crate::text::{MAX_URL, is_disguise};

/// Longest e-mail address, in characters (RFC 5321, 4.5.3.1.3: a path of 256 octets with its brackets).
pub const MAX_EMAIL: usize = 254;

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Not the address of a web page.
    #[error("is no web address: write it as https://example.org/page")]
    Url,
    /// Not an e-mail address.
    #[error("is no e-mail address: write it as name@example.org")]
    Email,
    /// Over the limit, in characters.
    #[error("is longer than {0} characters")]
    TooLong(usize),
}

/// The address of a web page on its way in: trimmed, `http` or `https`, a host name or IPv4 address, no user name in it.
/// At most [`MAX_URL`] characters.
pub fn url(raw: &str) -> Result<String, AddressFault> {
    let url = raw.trim();
    if url.chars().count() > MAX_URL {
        return Err(AddressFault::TooLong(MAX_URL));
    }
    let unfit =
        |c: char| c.is_whitespace() || is_disguise(c) || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    if url.chars().any(unfit) || host(url).is_none() { Err(AddressFault::Url) } else { Ok(url.to_owned()) }
}

/// The host of a web address in lower case, without `www.` and port; `None` where it has none.
pub fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let host = host.to_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    (port.parse::<u16>().is_ok() && is_domain(host)).then(|| host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// An e-mail address on its way in, trimmed: a dot-atom and a host name (RFC 5321, 4.1.2, without quoted names and address
/// literals, which no mailbox that this serves has). At most [`MAX_EMAIL`] characters. Case is kept.
pub fn email(raw: &str) -> Result<String, AddressFault> {
    let email = raw.trim();
    if email.chars().count() > MAX_EMAIL {
        return Err(AddressFault::TooLong(MAX_EMAIL));
    }
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let (local, domain) = email.rsplit_once('@').ok_or(AddressFault::Email)?;
    let fits = local.len() <= 64
        && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
        && is_domain(domain)
        && domain.contains('.');
    if fits { Ok(email.to_owned()) } else { Err(AddressFault::Email) }
}

/// Labels of letters, digits and inner hyphens, at most 63 long (RFC 1123, 2.1), in any script (RFC 5890).
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().count() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| if c.is_ascii() { c.is_ascii_alphanumeric() || c == '-' } else { c.is_alphanumeric() || is_mark(c) })
    };
    domain.len() <= 253 && domain.split('.').all(label)
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) || matches!(c, '\u{200C}' | '\u{200D}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_have_a_scheme_and_a_host() {
        let cases = [
            ("https://pariscall.international/en/", Some("pariscall.international")),
            (" HTTP://WWW.Example.org:8080?q=1#x ", Some("example.org")),
            ("https://例え.jp/パス", Some("例え.jp")),
            ("https://localhost", Some("localhost")),
            ("https://example.org./", Some("example.org")),
            ("https://user@example.org/", None),
            ("https://example.org:port/", None),
            ("https://-a.org", None),
            ("https://a..org", None),
            ("https://", None),
            ("ftp://example.org", None),
            ("javascript:alert(1)", None),
            ("example.org", None),
            ("https://example.org/a b", None),
            ("https://example.org/\u{202E}gpj", None),
            ("https://example.org/<script>", None),
        ];
        for (raw, expected) in cases {
            assert_eq!(url(raw).ok().and_then(|url| host(&url)).as_deref(), expected, "{raw}");
        }
        let long = format!("https://example.org/{}", "a".repeat(MAX_URL));
        assert_eq!(url(&long), Err(AddressFault::TooLong(MAX_URL)));
    }

    #[test]
    fn e_mail_addresses_are_dot_atoms_at_a_host() {
        for yes in ["secretariat@example.org", "a.b+c@mail.example.org", " O'Neil@EXAMPLE.ORG ", "x@münchen.example"] {
            assert_eq!(email(yes).as_deref(), Ok(yes.trim()), "{yes}");
        }
        for no in [
            "",
            "a",
            "@example.org",
            "a@",
            "a@host",
            "a@b@example.org",
            ".a@example.org",
            "a..b@example.org",
            "a b@example.org",
            "a@exa mple.org",
            "a@example.org\r\nBcc: x@example.org",
            "\"a\"@example.org",
            "a@[127.0.0.1]",
            "a@.org",
        ] {
            assert_eq!(email(no), Err(AddressFault::Email), "{no}");
        }
        assert_eq!(email(&format!("{}@example.org", "a".repeat(65))), Err(AddressFault::Email));
        assert_eq!(email(&format!("a@{}.org", "a.".repeat(130))), Err(AddressFault::TooLong(MAX_EMAIL)));
    }
}
