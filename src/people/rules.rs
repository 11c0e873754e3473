//! What holds for accounts: addresses, passwords, roles, how guessing is slowed. No I/O.

use chrono::TimeDelta;
use unicode_normalization::UnicodeNormalization;

use crate::address;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// A person's role in the initiative.
    pub enum Role {
        /// None but its own.
        Person = "person",
        /// Runs the initiative.
        Secretariat = "secretariat",
        /// Accounts and settings; includes the secretariat.
        Administrator = "administrator",
    }
}

/// Shortest password, in characters after NFKC (NIST SP 800-63B asks for 8 at least; api.md, Accounts, for 12).
pub const MIN_PASSWORD: usize = 12;
/// Longest password, in characters after NFKC.
pub const MAX_PASSWORD: usize = 128;
/// How long an access token counts.
pub const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);
/// How long a refresh token counts.
pub const REFRESH_TOKEN_LIFE: TimeDelta = TimeDelta::days(30);
/// How long after its rotation a refresh token is answered once more (two tabs), while its successor is unused.
pub const ROTATION_GRACE: TimeDelta = TimeDelta::seconds(10);

/// An e-mail address as it is looked up: in lower case. `None` where it has not the form of one.
pub fn fold_email(email: &str) -> Option<String> {
    address::email(email).ok().map(|email| email.to_lowercase())
}

/// Whether two addresses are at one host, or one of them below the other's.
pub fn share_a_domain(one: &str, other: &str) -> bool {
    let domain = |email: &str| email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
    let (one, other) = (domain(one), domain(other));
    one == other || one.ends_with(&format!(".{other}")) || other.ends_with(&format!(".{one}"))
}

/// The password as it is hashed: NFKC, so that every keyboard types the same one.
pub fn normalise_password(password: &str) -> String {
    password.nfkc().collect()
}

/// What is wrong with a new password (already normalised), for the person who chose it.
pub fn password_faults(password: &str, email: &str) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        faults.push(("too-short", format!("must have at least {MIN_PASSWORD} characters; a sentence is easy to keep")));
    }
    if length > MAX_PASSWORD {
        faults.push(("too-long", format!("may have at most {MAX_PASSWORD} characters")));
    }
    let folded = password.to_lowercase();
    let core = folded.trim_matches(|c: char| c.is_numeric() || (!c.is_alphanumeric() && !c.is_whitespace()) || c.is_whitespace());
    let is_common = |word: &str| !word.is_empty() && passwords::analyzer::is_common_password(word);
    if is_common(password) || is_common(&folded) || is_common(core) {
        faults.push((
            "too-common",
            "is, but for digits and punctuation at its ends, among the commonest passwords; choose another".into(),
        ));
    }
    let email: String = email.trim().nfkc().collect::<String>().to_lowercase();
    let local = email.rsplit_once('@').map_or(email.as_str(), |(local, _)| local);
    if folded == email || (!local.is_empty() && folded == local) {
        faults.push(("is-email", "is your e-mail address; choose another".into()));
    }
    faults
}

/// How many guesses are free, and how the rest are slowed.
#[derive(Clone, Copy, Debug)]
pub struct GuessLimit {
    /// Failures in the window that cost nothing. 0: no limit.
    pub free: i64,
}

/// The window in which failures are counted.
pub const GUESS_WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Failures so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guesses {
    /// How many in this window.
    pub failures: i64,
    /// When the window began.
    pub since: Instant,
    /// Until when no further guess is looked at.
    pub blocked_until: Option<Instant>,
}

impl GuessLimit {
    /// How long the caller must wait before another guess is looked at; `None`: not at all.
    pub fn wait(self, guesses: Option<Guesses>, now: Instant) -> Option<TimeDelta> {
        let until = guesses?.blocked_until.filter(|until| self.free > 0 && *until > now)?;
        Some(until.since(now))
    }

    /// The count after one more failure: from the limit on each costs twice the wait of the one before, 4 s to 15 minutes.
    pub fn failed(self, guesses: Option<Guesses>, now: Instant) -> Guesses {
        let current = guesses
            .filter(|g| now.since(g.since) < GUESS_WINDOW || g.blocked_until.is_some_and(|until| until.plus(GUESS_WINDOW) > now));
        let (failures, since) = current.map_or((1, now), |g| (g.failures + 1, g.since));
        let over = failures - self.free;
        let blocked_until = (self.free > 0 && over >= 0).then(|| {
            let seconds =
                4_i64.checked_shl(u32::try_from(over).unwrap_or(u32::MAX)).filter(|s| (4..900).contains(s)).unwrap_or(900);
            now.plus(TimeDelta::seconds(seconds))
        });
        Guesses { failures, since, blocked_until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::parse("2026-11-22T00:00:00Z").unwrap().plus(TimeDelta::seconds(seconds))
    }

    #[test]
    fn addresses_are_folded_or_refused() {
        assert_eq!(fold_email(" Ana.Silva@Example.ORG ").as_deref(), Some("ana.silva@example.org"));
        for no in [
            "",
            "a",
            "a@b",
            "@b.org",
            "a@.org",
            "a b@c.org",
            "a@b.org\r\nBcc: x@y.org",
            "a@@b.org",
            ".a@b.org",
            "a..b@c.org",
            "a@-b.org",
            "<a@b.org>",
        ] {
            assert_eq!(fold_email(no), None, "{no:?}");
        }
    }

    #[test]
    fn passwords_are_refused_for_each_reason() {
        let cases: [(&str, &[&str]); 8] = [
            ("correct horse battery", &[]),
            ("пароль от кошки", &[]),
            ("qzxv kettle", &["too-short"]),
            ("password12345!", &["too-common"]),
            ("12!Monkey-2024", &["too-common"]),
            ("somebody.long@example.org", &["is-email"]),
            ("somebody.long", &["is-email"]),
            ("Password", &["too-short", "too-common"]),
        ];
        for (password, codes) in cases {
            let found: Vec<_> =
                password_faults(&normalise_password(password), "Somebody.Long@example.org").iter().map(|f| f.0).collect();
            assert_eq!(found, codes, "{password}");
        }
        assert_eq!(password_faults(&"x".repeat(129), "a@b.org").iter().map(|f| f.0).collect::<Vec<_>>(), ["too-long"]);
    }

    #[test]
    fn guessing_costs_nothing_up_to_the_limit_and_then_ever_more_up_to_a_quarter_hour() {
        let limit = GuessLimit { free: 3 };
        let mut guesses = None;
        let mut waits = Vec::new();
        let mut now = at(0);
        for _ in 0..16 {
            let next = limit.failed(guesses, now);
            let wait = limit.wait(Some(next), now).map_or(0, |w| w.num_seconds());
            waits.push(wait);
            now = now.plus(TimeDelta::seconds(wait));
            guesses = Some(next);
        }
        assert_eq!(waits, [0, 0, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900, 900]);
        assert_eq!(limit.wait(guesses, now), None, "the wait ends");
        assert_eq!(limit.failed(guesses, now.plus(TimeDelta::hours(1))).failures, 1, "a quiet window forgets");
        assert_eq!(GuessLimit { free: 0 }.failed(guesses, now).blocked_until, None, "0 switches it off");
    }
}
