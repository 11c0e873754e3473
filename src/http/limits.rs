//! Rate limits (api.md, Rate limits): how often one address, one account, one address on one route may ask. Counted in this server's
//! memory, by the generic cell rate algorithm: the whole quota may be used at once, and comes back evenly over its period.
//!
//! What guessing passwords costs is counted in the database instead (`people`), where a restart does not reset it.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter, clock};

use crate::error::{Problem, ProblemKind};
use crate::policy::PersonId;
use crate::time::Clock;

/// How many requests a limit allows; 0: any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Of any kind a minute, from one address.
    pub per_address: u32,
    /// Of any kind a minute, with tokens of one person.
    pub per_account: u32,
    /// [`Limit::Register`] an hour, from one address.
    pub register: u32,
    /// [`Limit::Forgot`] an hour, from one address.
    pub forgot: u32,
    /// [`Limit::Applications`] an hour, from one address.
    pub applications: u32,
    /// [`Limit::PublicContributions`] an hour, from one address.
    pub public_contributions: u32,
}

/// What a single route is limited by, an hour and address (`Route::limited`). Routes of one limit share one count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Registrations, and asking for their mail again.
    Register,
    /// Forgotten passwords.
    Forgot,
    /// Applications of supporters.
    Applications,
    /// Contributions to public rounds without an account.
    PublicContributions,
}

/// Requests between two sweeps that forget quiet keys.
const SWEEP: u32 = 1 << 14;
/// Keys that one limit remembers at most (some 10 MB). Whoever commands more addresses than this is not held by a limit per address; then
/// counting starts anew.
const MAX_KEYS: usize = 100_000;

/// The machine's steady clock, or the one that tests move.
#[derive(Clone)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.steady()
    }
}

type Counts<K> = RateLimiter<K, HashMapStateStore<K>, Ticks, NoOpMiddleware<Duration>>;

/// One limit over many keys.
struct Keyed<K: Hash + Eq + Clone> {
    quota: Quota,
    ticks: Ticks,
    counts: RwLock<Counts<K>>,
    until_sweep: AtomicU32,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    /// `None` where the limit is off.
    fn new(most: u32, per: fn(NonZeroU32) -> Quota, clock: &Clock) -> Option<Self> {
        let quota = per(NonZeroU32::new(most)?);
        let ticks = Ticks(clock.clone());
        let counts = RwLock::new(RateLimiter::hashmap_with_clock(quota, ticks.clone()));
        Some(Self { quota, ticks, counts, until_sweep: AtomicU32::new(SWEEP) })
    }

    /// Counts one request; how long to wait where it is one too many.
    fn check(&self, key: &K) -> Result<(), Duration> {
        let checked = match self.counts.read() {
            Ok(counts) => counts.check_key(key),
            Err(poisoned) => poisoned.into_inner().check_key(key),
        };
        if self.until_sweep.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.sweep(MAX_KEYS);
        }
        checked.map_err(|not_until| not_until.wait_time_from(clock::Clock::now(&self.ticks)))
    }

    /// Forgets the keys whose quota is whole again, and all where more than `most` are left.
    fn sweep(&self, most: usize) {
        let Ok(mut counts) = self.counts.write() else { return };
        counts.retain_recent();
        if counts.len() > most {
            tracing::warn!(keys = counts.len(), "requests come from too many addresses at once; the rate limits count anew");
            *counts = RateLimiter::hashmap_with_clock(self.quota, self.ticks.clone());
        }
        self.until_sweep.store(SWEEP, Ordering::Relaxed);
    }
}

/// The limits of one server.
pub struct Limits {
    per_address: Option<Keyed<IpAddr>>,
    per_account: Option<Keyed<PersonId>>,
    register: Option<Keyed<IpAddr>>,
    forgot: Option<Keyed<IpAddr>>,
    applications: Option<Keyed<IpAddr>>,
    public_contributions: Option<Keyed<IpAddr>>,
}

impl Limits {
    /// These limits, by this clock.
    pub fn new(quotas: Quotas, clock: &Clock) -> Self {
        Self {
            per_address: Keyed::new(quotas.per_address, Quota::per_minute, clock),
            per_account: Keyed::new(quotas.per_account, Quota::per_minute, clock),
            register: Keyed::new(quotas.register, Quota::per_hour, clock),
            forgot: Keyed::new(quotas.forgot, Quota::per_hour, clock),
            applications: Keyed::new(quotas.applications, Quota::per_hour, clock),
            public_contributions: Keyed::new(quotas.public_contributions, Quota::per_hour, clock),
        }
    }

    /// Counts a request from an address; 429 where it is one too many.
    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        check(self.per_address.as_ref(), &network(address), "Too many requests came from your address.")
    }

    /// Counts a request with a person's token.
    pub fn account(&self, person: PersonId) -> Result<(), Problem> {
        check(self.per_account.as_ref(), &person, "Too many requests came with your account.")
    }

    /// Counts a request from an address to a route that is limited by itself.
    pub fn route(&self, limit: Limit, address: IpAddr) -> Result<(), Problem> {
        let keyed = match limit {
            Limit::Register => &self.register,
            Limit::Forgot => &self.forgot,
            Limit::Applications => &self.applications,
            Limit::PublicContributions => &self.public_contributions,
        };
        check(keyed.as_ref(), &network(address), "Too many requests of this kind came from your address.")
    }
}

fn check<K: Hash + Eq + Clone>(keyed: Option<&Keyed<K>>, key: &K, why: &str) -> Result<(), Problem> {
    let Some(Err(wait)) = keyed.map(|keyed| keyed.check(key)) else { return Ok(()) };
    // Rounded up: whoever waits that long gets through.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let seconds = seconds.max(1);
    Err(Problem::new(ProblemKind::TooManyRequests, format!("{why} Wait {seconds} seconds, then go on more slowly."))
        .with_header("Retry-After", seconds))
}

/// What stands for one client: an IPv4 address, or the /64 of an IPv6 address, within which one may take any (RFC 4291, 2.5.1).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;
    use chrono::TimeDelta;

    fn clock() -> Clock {
        Clock::fixed(Instant::parse("2026-11-22T00:00:00Z").unwrap())
    }

    #[test]
    fn a_network_stands_for_its_addresses() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2::"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn a_quota_may_be_used_at_once_and_comes_back_evenly() {
        let clock = clock();
        let keyed = Keyed::new(6, Quota::per_minute, &clock).unwrap();
        assert!((0..6).all(|_| keyed.check(&1).is_ok()));
        assert_eq!(keyed.check(&1), Err(Duration::from_secs(10)));
        assert!(keyed.check(&2).is_ok(), "another key has its own count");
        clock.set(clock.now().plus(TimeDelta::milliseconds(9_999)));
        assert_eq!(keyed.check(&1), Err(Duration::from_millis(1)));
        clock.set(clock.now().plus(TimeDelta::milliseconds(1)));
        assert!(keyed.check(&1).is_ok());
        assert!(keyed.check(&1).is_err());
        assert!(Keyed::<u8>::new(0, Quota::per_minute, &clock).is_none(), "0 is off");
    }

    #[test]
    fn quiet_keys_are_forgotten_and_never_more_than_some_are_kept() {
        let clock = clock();
        let keyed = Keyed::new(60, Quota::per_minute, &clock).unwrap();
        let kept = || keyed.counts.read().unwrap().len();
        for key in 0..SWEEP - 1 {
            keyed.check(&key).unwrap();
        }
        assert_eq!(kept(), SWEEP as usize - 1);
        // Each was asked for once, and has had a second to recover.
        clock.set(clock.now().plus(TimeDelta::seconds(2)));
        keyed.check(&SWEEP).unwrap();
        assert_eq!(kept(), 1, "the sweep left what is still counted");
        keyed.sweep(1);
        assert_eq!(kept(), 1);
        keyed.sweep(0);
        assert_eq!(kept(), 0, "too many: all anew");
    }
}
