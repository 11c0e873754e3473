//! The signature of what an endpoint is told (Standard Webhooks, symmetric): HMAC-SHA-256 over id, timestamp and body under a secret that is
//! derived from the server's key and stored nowhere.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretBox};

use crate::outbox::{TokenKey, WebhookId};
use crate::time::Instant;

/// How long the secrets before the present one sign beside it, for the endpoint to take up the new one.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// What is put before a secret's base64 form.
const PREFIX: &str = "whsec_";

/// The secret of an endpoint: 32 bytes.
pub struct Secret(SecretBox<[u8; 32]>);

impl Secret {
    /// The secret of this number of an endpoint.
    pub fn derive(key: &TokenKey, webhook: WebhookId, number: i64) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret());
        // No other use of the key signs what begins so: tokens of mails sign a bare id.
        let tag = hmac::sign(&key, format!("webhook {webhook} {number}").as_bytes());
        let mut secret = Box::new([0_u8; 32]);
        secret.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Self(SecretBox::new(secret))
    }

    /// As its endpoint is given it: `whsec_` and base64.
    pub fn shown(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0.expose_secret()))
    }
}

/// The header `webhook-signature`: one signature for each secret, spaces between.
pub fn sign(secrets: &[Secret], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let one = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.0.expose_secret());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The most secrets that sign side by side: rotating again and again makes no header without end.
const SIDE_BY_SIDE: i64 = 5;

/// The numbers of the secrets that sign at `now`, the present one first; `overlap`: the first of the earlier ones, and when the last of them was
/// replaced.
pub fn signing(number: i64, overlap: Option<(i64, Instant)>, now: Instant) -> Vec<i64> {
    (overlaps_from(number, overlap, now)..=number).rev().collect()
}

/// The first of the secrets that still sign at `now`. A rotation soon after another voids none that an endpoint may still check with.
pub fn overlaps_from(number: i64, overlap: Option<(i64, Instant)>, now: Instant) -> i64 {
    match overlap {
        Some((from, replaced)) if now < replaced.plus(OVERLAP) => from.max(number + 1 - SIDE_BY_SIDE),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_by_endpoint_number_and_server() {
        let key = |byte| TokenKey(SecretBox::new(Box::new([byte; 32])));
        let id = |last: u8| format!("0190aaaa-0000-7000-8000-0000000000{last:02}").parse().unwrap();
        let all = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)];
        let mut shown: Vec<_> =
            all.iter().map(|(server, endpoint, number)| Secret::derive(&key(*server), id(*endpoint), *number).shown()).collect();
        assert!(shown.iter().all(|secret| secret.starts_with("whsec_") && secret.len() == 6 + 44), "{shown:?}");
        shown.sort();
        shown.dedup();
        assert_eq!(shown.len(), 4);
    }

    #[test]
    fn the_old_secret_signs_for_a_day() {
        let at = |text| Instant::parse(text).unwrap();
        let since = |from, text| Some((from, at(text)));
        for (number, overlap, now, signs) in [
            (1, None, "2026-09-01T09:00:00Z", vec![1]),
            (2, since(1, "2026-09-01T09:00:00Z"), "2026-09-02T08:59:59Z", vec![2, 1]),
            (2, since(1, "2026-09-01T09:00:00Z"), "2026-09-02T09:00:00Z", vec![2]),
            // Rotated twice within a day, as by a client that tries again.
            (3, since(1, "2026-09-01T09:00:01Z"), "2026-09-02T08:59:59Z", vec![3, 2, 1]),
            (9, since(1, "2026-09-01T09:00:00Z"), "2026-09-01T09:00:00Z", vec![9, 8, 7, 6, 5]),
        ] {
            assert_eq!(signing(number, overlap, at(now)), signs, "{number} {now}");
        }
    }

    #[test]
    fn it_signs_as_the_standard_says() {
        // The example of the specification's reference libraries.
        let raw = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &raw);
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let secret = || Secret(SecretBox::new(Box::new([7; 32])));
        let both = sign(&[secret(), secret()], "id", 1, "{}");
        let (first, second) = both.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && first == second);
    }
}
