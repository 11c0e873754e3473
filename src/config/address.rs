//! The addresses that settings hold: of pages, databases, mail servers, mailboxes. Pure; a refusal says what is wrong and
//! never repeats the text, which may hold a password.

use std::net::{Ipv6Addr, SocketAddr};

use super::{SmtpServer, SmtpTls};

/// Why a text is no such address; reads on after the key.
pub(super) type Wrong = &'static str;

/// `http://` and the address, under a name that a browser on this machine can open where it stands for every interface.
pub(super) fn url_of(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() { format!("http://localhost:{}", listen.port()) } else { format!("http://{listen}") }
}

/// An http or https URL that others can be appended to: no credentials, query, fragment, or `/` at the end.
pub(super) fn web_url(text: &str) -> Result<String, Wrong> {
    let (scheme, rest) = web_scheme(text)?;
    let (authority, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    let origin = origin_of(scheme, authority)?;
    if path.contains(['?', '#']) {
        return Err("must have no query and no fragment");
    }
    if !path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&b)) {
        return Err("has a character that a URL may have only percent-encoded");
    }
    Ok(origin + path.trim_end_matches('/'))
}

/// An origin as browsers send it (RFC 6454, 6.2): scheme, host in lower case, the port where it is not the scheme's own.
pub(super) fn origin(text: &str) -> Result<String, Wrong> {
    let (scheme, authority) = web_scheme(text)?;
    if authority.contains('/') {
        return Err("must end behind host and port, without a path or `/`");
    }
    origin_of(scheme, authority)
}

fn web_scheme(text: &str) -> Result<(&str, &str), Wrong> {
    text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")).ok_or("must begin with http:// or https://")
}

fn origin_of(scheme: &str, authority: &str) -> Result<String, Wrong> {
    if authority.contains(['?', '#']) {
        return Err("must have no query and no fragment");
    }
    if authority.contains('@') {
        return Err("must have no user and no password");
    }
    let (host, port) = host_and_port(authority)?;
    Ok(match port.filter(|port| *port != if scheme == "https" { 443 } else { 80 }) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// The host in lower case (an IPv6 address with its brackets) and the port.
fn host_and_port(authority: &str) -> Result<(String, Option<u16>), Wrong> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_v6 =
        || host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    let is_name = || !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if !is_name() && !is_v6() {
        return Err("has no host that could be reached: a name in ASCII, or an IP address (IPv6 in brackets)");
    }
    let port =
        port.map(|port| port.parse().ok().filter(|port| *port > 0).ok_or("has no port from 1 to 65535 behind the host's `:`"));
    Ok((host.to_ascii_lowercase(), port.transpose()?))
}

/// The server that an SMTP URL names: `smtps:`, or `smtp:` with `tls=required`; without TLS on this machine only, unless `allow_plain`.
pub(super) fn smtp_server(text: &str, allow_plain: bool) -> Result<SmtpServer, Wrong> {
    let (scheme, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "smtp" | "smtps"))
        .ok_or("must begin with smtps:// or smtp://")?;
    let (server, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = server.split_once('/').unwrap_or((server, ""));
    if !path.is_empty() {
        return Err("must have no path; a `/` in user or password is written %2F, `@` %40, `?` %3F");
    }
    let (login, server) = authority.rsplit_once('@').map_or((None, authority), |(login, server)| (Some(login), server));
    let (host, port) = host_and_port(server)?;
    let (tls, default_port) = match (scheme, query) {
        ("smtps", "") => (SmtpTls::Immediate, 465),
        ("smtp", "tls=required") => (SmtpTls::Required, 587),
        ("smtp", "tls=opportunistic") => (SmtpTls::Opportunistic, 587),
        ("smtp", "") => (SmtpTls::Never, 25),
        _ => return Err("may have only `?tls=required` or `?tls=opportunistic` behind smtp://, nothing behind smtps://"),
    };
    let is_safe = matches!(tls, SmtpTls::Immediate | SmtpTls::Required) || allow_plain || is_this_machine(&host);
    if !is_safe {
        return Err(
            "could send without TLS to another machine: write smtps://, or `?tls=required` behind smtp:// (or set mail.smtp_allow_plain)",
        );
    }
    let login = login.map(|login| {
        let (user, password) = login.split_once(':').ok_or("has a user without a password: write USER:PASSWORD@HOST")?;
        Ok::<_, Wrong>((decoded(user)?, decoded(password)?.into()))
    });
    Ok(SmtpServer {
        host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: port.unwrap_or(default_port),
        tls,
        login: login.transpose()?,
        ca_file: None,
    })
}

/// A percent-encoded part of a URL (RFC 3986, 2.1).
fn decoded(part: &str) -> Result<String, Wrong> {
    const WRONG: Wrong = "has a user or password that is not percent-encoded UTF-8; a `%` in it is written %25";
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, more) = rest.split_at_checked(2).ok_or(WRONG)?;
        let digits =
            std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(WRONG)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| WRONG)?);
        rest = more;
    }
    String::from_utf8(bytes).map_err(|_| WRONG)
}

fn is_this_machine(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// The URL of a database; libpq judges the rest of PostgreSQL's.
pub(super) fn database_url(text: &str) -> Result<(), Wrong> {
    let Some(path) = text.strip_prefix("sqlite:") else {
        let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        return is_postgres.then_some(()).ok_or("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE");
    };
    if path.starts_with("//") {
        Err("must have the path right behind `sqlite:`, such as sqlite:data/plenary.db or sqlite:/srv/plenary.db")
    } else if path.is_empty() || path == ":memory:" || path.starts_with("file:") || path.contains('?') {
        Err("must name a file behind `sqlite:`; several connections share it, so it cannot lie in memory or take parameters")
    } else {
        Ok(())
    }
}

/// An address that a mail can come from, as far as can be told without sending (RFC 5321: 254 octets, one `@`).
pub(super) fn mailbox(text: &str) -> Result<String, Wrong> {
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&b));
    let has_sides =
        text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.contains('@') && host_and_port(host).is_ok());
    (is_plain && has_sides && text.len() <= 254)
        .then(|| text.to_owned())
        .ok_or("must be a bare address such as secretariat@example.org; the name beside it is mail.from_name")
}

/// The name of a domain, in lower case: at least two labels (RFC 1035, 2.3.1), and short enough for a name below it.
pub(super) fn domain(text: &str) -> Result<String, Wrong> {
    let is_domain = text.contains('.') && text.len() <= 180 && text.split('.').all(is_label);
    is_domain.then(|| text.to_ascii_lowercase()).ok_or("must be a domain in ASCII such as example.org (others begin with xn--)")
}

/// Which key of a domain (RFC 6376, 3.1).
pub(super) fn selector(text: &str) -> Result<String, Wrong> {
    let is_selector = text.len() <= 60 && text.split('.').all(is_label);
    is_selector.then(|| text.to_ascii_lowercase()).ok_or("must be letters, digits and hyphens such as plenary-2026, at most 60")
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
