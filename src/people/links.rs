//! Signed links: what lets a browser GET one address without headers, as the person who asked for it (api.md, `/me/links`).
//!
//! A token is 40 bytes (person, session, expiry) and their HMAC-SHA-256, with the address, under a key of its own derived from the server's.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use super::keys::Keys;
use crate::error::Result;
use crate::http::{SignedIn, bad_link};
use crate::ids::Id;
use crate::policy::{PersonId, SessionMark};
use crate::time::Instant;

/// How long a link is good for.
const LIFE: TimeDelta = TimeDelta::minutes(5);
/// What the key is derived for, and nothing else.
const PURPOSE: &[u8] = b"plenary signed links 1";
/// Person, session, expiry in seconds.
const SAID: usize = 16 + 16 + 8;

/// The key of links. The file's own key signs nothing but this name and the ids of mails.
fn key(keys: &Keys) -> hmac::Key {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &keys.mail_key()), PURPOSE);
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

fn signed(said: &[u8], target: &str) -> Vec<u8> {
    [said, target.as_bytes()].concat()
}

/// The token with which `person`, in this session, reads `target` (path and query) until the instant beside it.
pub(super) fn sign(keys: &Keys, person: PersonId, session: Id<SessionMark>, target: &str, now: Instant) -> (String, Instant) {
    let until = now.plus(LIFE).utc().timestamp();
    let said = [&person.bytes()[..], &session.bytes(), &until.to_be_bytes()].concat();
    let tag = hmac::sign(&key(keys), &signed(&said, target));
    (URL_SAFE_NO_PAD.encode([&said[..], tag.as_ref()].concat()), now.plus(LIFE))
}

/// Whom a token stands for, on the address it was made for and until it expires; 401 otherwise.
pub(super) fn verify(keys: &Keys, token: &str, target: &str, now: Instant) -> Result<SignedIn> {
    // Longer ones are not worth decoding.
    let bytes = if token.len() > 128 { None } else { URL_SAFE_NO_PAD.decode(token).ok() };
    let bytes = bytes.ok_or_else(bad_link)?;
    let (said, tag) = bytes.split_at_checked(SAID).ok_or_else(bad_link)?;
    hmac::verify(&key(keys), &signed(said, target), tag).map_err(|_| bad_link())?;
    let (person, rest) = said.split_first_chunk::<16>().ok_or_else(bad_link)?;
    let (session, until) = rest.split_first_chunk::<16>().ok_or_else(bad_link)?;
    let until = until.try_into().map(i64::from_be_bytes).map_err(|_| bad_link())?;
    if now.utc().timestamp() >= until {
        return Err(bad_link());
    }
    Ok(SignedIn { person: Id::of_bytes(*person), session: Id::of_bytes(*session), until: Instant::of_unix(until) })
}
