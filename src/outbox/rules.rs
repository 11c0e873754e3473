//! When a mail is tried again and when it is given up: pure.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::mail::Kind;
use crate::word_enum;

word_enum! {
    /// Where a mail or a notice stands.
    pub enum State {
        /// It waits to be sent, for the first time or again.
        Queued = "queued",
        /// The next server took it.
        Sent = "sent",
        /// It was refused for good, or too often. Only a person resends it.
        Dead = "dead",
        /// It is not wanted any more: its link is void or over, or its reader erased.
        Dropped = "dropped",
    }
}

/// Whether a mail can be sent again: one that is not dropped, still has its recipient, and whose act, if it asks for one, is open.
/// Otherwise why not, and what to do.
pub fn may_resend(state: State, has_recipient: bool, act_is_open: Option<bool>) -> Result<(), &'static str> {
    if state == State::Dropped || !has_recipient {
        Err("This mail was dropped, or its reader was erased: nothing is left of it to send.")
    } else if act_is_open == Some(false) {
        Err("The link in this mail was used, replaced by a newer one, or is too old. Let its reader ask for a new one.")
    } else {
        Ok(())
    }
}

word_enum! {
    /// A lane of the outbox: what leaves by itself, and waits for nothing in another. Who asked for a link waits for no ten thousand reminders, mails wait
    /// for no endpoint that is slow to answer, nor the other way round.
    pub enum Lane {
        /// Mails that somebody waits for: those that ask for an act, and security mails.
        Awaited = "awaited",
        /// Other mails.
        Mails = "mails",
        /// What endpoints are told.
        Notices = "notices",
    }
}

impl Lane {
    /// The lanes of mails, the one that is to leave first first.
    pub const OF_MAILS: [Self; 2] = [Self::Awaited, Self::Mails];

    /// The lane of mails of a kind.
    pub fn of(kind: Kind) -> Self {
        if kind.asks() || kind.is_about_security() { Self::Awaited } else { Self::Mails }
    }
}

/// How often a mail is tried (domain.md, The Forum cycle and its mails).
pub const ATTEMPTS: i64 = 10;

/// How long a claim holds unless renewed. A holder that died gives up its mails after this.
pub const LEASE: TimeDelta = TimeDelta::seconds(20);

/// What became of one attempt, each with the other side's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken(String),
    /// It was not taken now (SMTP 4xx, a connection that broke).
    Later(String),
    /// It will never be taken (SMTP 5xx).
    Never(String),
    /// It will never be taken, nor will another: nobody has that address.
    Nobody(String),
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing more: it was sent.
    Done,
    /// Try again after this long.
    Again(TimeDelta),
    /// Give it up.
    GiveUp,
}

/// What to do after the attempt of number `attempt`, counted from 1; `jitter` lies between 0 and 1.
pub fn next(outcome: &Outcome, attempt: i64, jitter: f64) -> Next {
    match outcome {
        Outcome::Taken(_) => Next::Done,
        Outcome::Never(_) | Outcome::Nobody(_) => Next::GiveUp,
        Outcome::Later(_) if attempt >= ATTEMPTS => Next::GiveUp,
        Outcome::Later(_) => Next::Again(delay(attempt, jitter)),
    }
}

/// Half a minute, then three times as long each time, six hours at most: some 22 hours in all, so that a mail outlives a night without its
/// server. A fifth more or less by `jitter`, so that what failed together does not come back together.
fn delay(attempt: i64, jitter: f64) -> TimeDelta {
    let factor = 3_i32.saturating_pow(u32::try_from(attempt - 1).unwrap_or_default().min(10));
    let whole = TimeDelta::seconds(30).checked_mul(factor).unwrap_or(LONGEST).min(LONGEST);
    let millis = whole.num_milliseconds() as f64 * (0.8 + 0.4 * jitter.clamp(0.0, 1.0));
    TimeDelta::milliseconds(millis as i64)
}

const LONGEST: TimeDelta = TimeDelta::hours(6);

/// A number between 0 and 1 that is another one for each mail and attempt.
pub fn jitter(id: &str, attempt: i64) -> f64 {
    let hash = Sha256::new().chain_update(id).chain_update(attempt.to_be_bytes()).finalize();
    let number = hash.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    f64::from(number) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_their_bound_and_end() {
        let later = Outcome::Later("450 busy".into());
        let seconds: Vec<i64> = (1..ATTEMPTS)
            .map(|attempt| match next(&later, attempt, 0.5) {
                Next::Again(delay) => delay.num_seconds(),
                other => panic!("{attempt}: {other:?}"),
            })
            .collect();
        assert_eq!(seconds, [30, 90, 270, 810, 2430, 7290, 21600, 21600, 21600]);
        assert_eq!(next(&later, ATTEMPTS, 0.5), Next::GiveUp);
        assert_eq!(next(&Outcome::Taken("250 ok".into()), 1, 0.5), Next::Done);
        assert_eq!(next(&Outcome::Never("550 unknown".into()), 1, 0.5), Next::GiveUp);
        assert_eq!(next(&later, 1, 0.0), Next::Again(TimeDelta::seconds(24)));
        assert_eq!(next(&later, 1, 1.0), Next::Again(TimeDelta::seconds(36)));
    }

    #[test]
    fn jitter_spreads() {
        let mut seen: Vec<f64> = (0..100).map(|n| jitter("0190aaaa-0000-7000-8000-000000000001", n)).collect();
        assert!(seen.iter().all(|jitter| (0.0..=1.0).contains(jitter)));
        seen.sort_by(f64::total_cmp);
        assert!(seen[10] < 0.35 && seen[90] > 0.65, "{seen:?}");
        assert_ne!(jitter("a", 1), jitter("b", 1));
    }
}
