//! Which addresses endpoints may have. What the server is made to call must not be what only the server can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::text::MAX_URL;

/// What the settings allow beyond https to public addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Also `http:`, which everybody between reads.
    pub allow_http: bool,
    /// Also addresses that are not public: within the house, or on this machine.
    pub allow_private_addresses: bool,
}

impl Reach {
    /// The address of an endpoint, in the form in which it is kept, or what is wrong with it. What a name stands for is asked when something is
    /// sent there.
    pub fn url(&self, text: &str) -> Result<Url, &'static str> {
        const NONE: &str = "is no address that could be reached: write it as https://example.org/hook";
        if text.chars().count() > MAX_URL {
            return Err("is longer than 2,000 characters");
        }
        // The parser would leave line breaks out and escape blanks, and the address would be another than what was typed.
        if text.trim().contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err("must have no blanks and line breaks in it");
        }
        let url = Url::parse(text.trim()).map_err(|_| NONE)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err("must begin with https: what is sent to http can be read and changed on its way"),
            _ => return Err(NONE),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must have no user and no password in it: what is sent is signed instead");
        }
        if url.fragment().is_some() {
            return Err("must have no fragment (`#`): it is never sent");
        }
        if url.port() == Some(0) {
            return Err(NONE);
        }
        let private =
            "names an address that is not public; the setting webhooks.allow_private_addresses decides whether those are told";
        let host = url.host().ok_or(NONE)?;
        let is_fine = match host {
            Host::Domain(name) => self.allow_private_addresses || !is_this_machine(name),
            Host::Ipv4(ip) => self.allows(ip.into()),
            Host::Ipv6(ip) => self.allows(ip.into()),
        };
        if is_fine { Ok(url) } else { Err(private) }
    }

    /// Whether something may be sent to this address.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.allow_private_addresses || is_public(ip)
    }
}

/// A name that stands for this machine or this network wherever it is asked (RFC 6761, RFC 6762).
fn is_this_machine(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    ["localhost", "local", "internal"].iter().any(|own| name == *own || name.ends_with(&format!(".{own}")))
}

/// Whether an address is one that the whole world can reach (IANA's special-purpose registries; RFC 6890). What stands for another one in a
/// longer form (mapped, translated, tunnelled) is not.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Global unicast is 2000::/3, less what of it is for protocols and tunnels (2001::/23, 2002::/16) and for documents.
    a & 0xe000 == 0x2000 && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8)) && a != 0x2002 && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_refused_in_every_form() {
        let strict = Reach::default();
        for host in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0177.0.0.1",
            "2130706433",
            "0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[::7f00:1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[100::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[3fff::1]",
            "[fc00::1]",
            "[fd12::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            let url = format!("https://{host}/hook");
            assert!(strict.url(&url).is_err(), "{url}");
            let lax = Reach { allow_private_addresses: true, ..strict };
            assert!(lax.url(&url).is_ok(), "{url}");
        }
        for host in ["example.org", "8.8.8.8", "100.63.0.1", "172.32.0.1", "[2a00:1450::1]", "[2001:4860::1]", "bücher.example"]
        {
            let url = format!("https://{host}/hook?key=1");
            assert!(strict.url(&url).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_endpoint_has_a_plain_https_address() {
        for (text, why) in [
            ("http://example.org/", "must begin with https"),
            ("ftp://example.org/", "is no address"),
            ("file:///etc/passwd", "is no address"),
            ("javascript:alert(1)", "is no address"),
            ("example.org/hook", "is no address"),
            ("https://", "is no address"),
            ("https://user@example.org/", "no user"),
            ("https://:secret@example.org/", "no user"),
            ("https://example.org/#a", "no fragment"),
            ("https://example.org:0/", "is no address"),
            ("https://exa mple.org/", "no blanks"),
            ("https://exa\nmple.org/", "no blanks"),
            ("https://example.org/\tx y", "no blanks"),
        ] {
            let wrong = Reach::default().url(text).unwrap_err();
            assert!(wrong.contains(why), "{text}: {wrong}");
        }
        assert!(Reach::default().url(&format!("https://example.org/{}", "a".repeat(MAX_URL))).is_err());
        assert!(Reach { allow_http: true, ..Reach::default() }.url("http://example.org/").is_ok());
    }
}
