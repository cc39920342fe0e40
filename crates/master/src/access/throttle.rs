//! Failed logins cost time: for a name, for an address, and most for a name from one address.
//!
//! ```text
//! failures   1 … 5   6    7    8 …        from `after` on (10)
//! wait       none    1 s  2 s  4 s … 60 s  locked: 15 min, 30 min … one day
//! ```
//!
//! A name waits at most a minute wherever its user comes from, so an attacker cannot lock an operator out for the
//! night; the address that fails is locked. A configuration may lock the name itself instead. A success clears the
//! name, and so does an administrator. Names that do not exist are treated alike. Of an IPv6 address the network
//! (/64) counts, for one machine has all the addresses in it. All of it is forgotten when the master restarts.

use super::config::LockoutScope;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use topmast_model::path::NAME_MAX;

/// Failures without a wait.
const FREE_FAILURES: u32 = 5;
/// Longest wait before a lock.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Longest lock.
const LONGEST_LOCK: Duration = Duration::from_hours(24);
/// Failures are forgotten after so long without another, counted from the end of the wait.
const MEMORY: Duration = Duration::from_mins(15);
/// Names, addresses and pairs remembered at once; the oldest are forgotten beyond.
const REMEMBERED: usize = 10_000;
/// Failures written down at once, and in each minute after; the others are counted.
const WRITTEN_DOWN: f64 = 60.0;

/// When names are locked.
#[derive(Debug, Clone, Copy)]
pub struct Lockout {
    /// After so many failures in a row.
    pub after: u32,
    /// For how long; each further failure doubles it.
    pub time: Duration,
    /// From where.
    pub scope: LockoutScope,
}

/// What failed how often, and when last.
#[derive(Debug)]
pub struct LoginThrottle {
    lockout: Lockout,
    failures: Mutex<Failures>,
}

#[derive(Debug)]
struct Failures {
    by_user: HashMap<String, Record>,
    by_address: HashMap<IpAddr, Record>,
    by_both: HashMap<(String, IpAddr), Record>,
    /// Failures that may still be written down, and when that was counted.
    budget: (f64, Option<Instant>),
    untold: u32,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    count: u32,
    last: Instant,
}

/// Why a try must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    /// How long.
    pub time: Duration,
    /// The name is locked: more than a short wait, which an administrator can end.
    pub locked: bool,
}

/// What a failure led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// It may be written down; else it is counted.
    pub told: bool,
    /// The name is locked from now on, for so long.
    pub locked: Option<Duration>,
}

impl LoginThrottle {
    /// One that has seen nothing yet.
    pub fn new(lockout: Lockout) -> Self {
        let failures = Failures {
            by_user: HashMap::new(),
            by_address: HashMap::new(),
            by_both: HashMap::new(),
            budget: (WRITTEN_DOWN, None),
            untold: 0,
        };
        Self { lockout, failures: Mutex::new(failures) }
    }

    /// How long a try of this user from this address must still wait; `None` when it may go ahead.
    pub fn wait(&self, user: &str, address: Option<IpAddr>, now: Instant) -> Option<Wait> {
        let user = key(user);
        let both = address.map(|address| (user.to_owned(), network(address)));
        let failures = self.lock();
        let of_user = failures.by_user.get(user).and_then(|record| record.wait(self.name_lock(), now));
        let of_both = both.and_then(|both| failures.by_both.get(&both));
        let of_both = of_both.and_then(|record| record.wait(Some(self.lockout), now));
        drop(failures);
        of_user.max(of_both).max(self.wait_of_address(address, now).map(|time| Wait { time, locked: false }))
    }

    /// The same for a try that names nobody, e.g. with a join token.
    pub fn wait_of_address(&self, address: Option<IpAddr>, now: Instant) -> Option<Duration> {
        let failures = self.lock();
        let record = failures.by_address.get(&network(address?))?;
        record.wait(None, now).map(|wait| wait.time)
    }

    /// Counts a failure.
    pub fn failed(&self, user: &str, address: Option<IpAddr>, now: Instant) -> Failed {
        let user = key(user);
        let mut failures = self.lock();
        let mut locked = count(&mut failures.by_user, user.to_owned(), self.name_lock(), now);
        if let Some(address) = address {
            let both = (user.to_owned(), network(address));
            locked = locked.max(count(&mut failures.by_both, both, Some(self.lockout), now));
        }
        let told = failures.may_tell(now);
        drop(failures);
        self.failed_at_address(address, now);
        Failed { told, locked }
    }

    /// Counts a failure that names nobody.
    pub fn failed_at_address(&self, address: Option<IpAddr>, now: Instant) {
        if let Some(address) = address {
            count(&mut self.lock().by_address, network(address), None, now);
        }
    }

    /// Forgets a name's failures, after a success from this address. The address keeps its own: it may be trying
    /// many names.
    pub fn succeeded(&self, user: &str, address: Option<IpAddr>) {
        let mut failures = self.lock();
        failures.by_user.remove(user);
        if let Some(address) = address {
            failures.by_both.remove(&(user.to_owned(), network(address)));
        }
    }

    /// Forgets what addresses did.
    #[cfg(test)]
    pub(crate) fn forget_addresses(&self) {
        self.lock().by_address.clear();
    }

    /// Forgets all failures of a name.
    pub fn unlock(&self, user: &str) {
        let mut failures = self.lock();
        failures.by_user.remove(user);
        failures.by_both.retain(|(name, _), _| name != user);
    }

    /// For how long names are still locked, from somewhere at least.
    pub fn locked(&self, now: Instant) -> HashMap<String, Duration> {
        let failures = self.lock();
        let names = failures.by_user.iter().map(|(name, record)| (name, record.wait(self.name_lock(), now)));
        let pairs = failures.by_both.iter();
        let pairs = pairs.map(|((name, _), record)| (name, record.wait(Some(self.lockout), now)));
        let mut locked = HashMap::new();
        for (name, wait) in names.chain(pairs) {
            if let Some(wait) = wait.filter(|wait| wait.locked) {
                let kept: &mut Duration = locked.entry(name.clone()).or_default();
                *kept = wait.time.max(*kept);
            }
        }
        locked
    }

    /// How many failures were counted and not written down since the last call.
    pub fn take_untold(&self) -> u32 {
        std::mem::take(&mut self.lock().untold)
    }

    fn name_lock(&self) -> Option<Lockout> {
        Some(self.lockout).filter(|lockout| lockout.scope == LockoutScope::Name)
    }

    fn lock(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    /// Takes one from what may be written down; it fills up again within a minute.
    fn may_tell(&mut self, now: Instant) -> bool {
        let (left, counted) = self.budget;
        let passed = counted.map_or(Duration::ZERO, |then| now.saturating_duration_since(then));
        let left = (left + passed.as_secs_f64() * WRITTEN_DOWN / 60.0).min(WRITTEN_DOWN);
        let told = left >= 1.0;
        self.budget = (if told { left - 1.0 } else { left }, Some(now));
        self.untold = self.untold.saturating_add(u32::from(!told));
        told
    }
}

/// What counts as one name: what is typed may be longer than any user's name, and is remembered.
fn key(user: &str) -> &str {
    &user[..user.floor_char_boundary(NAME_MAX)]
}

/// What counts as one place: an IPv4 address, or an IPv6 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl Record {
    /// How long its last failure makes wait, and whether that is a lock.
    fn needed(self, lockout: Option<Lockout>) -> Option<Wait> {
        if let Some(lockout) = lockout.filter(|lockout| self.count >= lockout.after) {
            let doubled = lockout.time.saturating_mul(1 << (self.count - lockout.after).min(16));
            return Some(Wait { time: doubled.min(LONGEST_LOCK), locked: true });
        }
        let beyond = self.count.checked_sub(FREE_FAILURES)?;
        Some(Wait { time: Duration::from_secs(1 << beyond.min(6)).min(LONGEST_WAIT), locked: false })
    }

    fn wait(self, lockout: Option<Lockout>, now: Instant) -> Option<Wait> {
        let needed = self.needed(lockout)?;
        let left = needed.time.checked_sub(now.saturating_duration_since(self.last))?;
        (!left.is_zero()).then_some(Wait { time: left, ..needed })
    }

    fn is_forgotten(self, lockout: Option<Lockout>, now: Instant) -> bool {
        let waited = self.needed(lockout).map_or(Duration::ZERO, |wait| wait.time);
        now.saturating_duration_since(self.last) >= waited + MEMORY
    }
}

/// Counts a failure of a key. Returns the lock that it leads to.
fn count<K: Eq + Hash + Clone>(
    records: &mut HashMap<K, Record>,
    key: K,
    lockout: Option<Lockout>,
    now: Instant,
) -> Option<Duration> {
    if records.len() >= REMEMBERED && !records.contains_key(&key) {
        records.retain(|_, record| !record.is_forgotten(lockout, now));
        if records.len() >= REMEMBERED
            && let Some(oldest) =
                records.iter().min_by_key(|(_, record)| record.last).map(|(key, _)| key.clone())
        {
            records.remove(&oldest);
        }
    }
    let record = records.entry(key).or_insert(Record { count: 0, last: now });
    if record.is_forgotten(lockout, now) {
        record.count = 0;
    }
    record.count = record.count.saturating_add(1);
    record.last = now;
    record.needed(lockout).filter(|wait| wait.locked).map(|wait| wait.time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn throttle(scope: LockoutScope) -> LoginThrottle {
        LoginThrottle::new(Lockout { after: 10, time: 15 * MINUTE, scope })
    }

    fn wait(seconds: u64) -> Wait {
        Wait { time: Duration::from_secs(seconds), locked: false }
    }

    fn lock(minutes: u32) -> Wait {
        Wait { time: minutes * MINUTE, locked: true }
    }

    #[test]
    fn sixth_failure_waits_and_waits_double() {
        let (throttle, start) = (throttle(LockoutScope::Address), Instant::now());
        let second = Duration::from_secs(1);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.wait("eve", None, start), None);
            throttle.failed("eve", None, start);
        }
        assert_eq!(throttle.wait("eve", None, start), Some(wait(1)));
        assert_eq!(throttle.wait("eve", None, start + second), None);
        throttle.failed("eve", None, start + second);
        assert_eq!(throttle.wait("eve", None, start + second), Some(wait(2)));
        assert_eq!(throttle.wait("adam", None, start), None);
        throttle.succeeded("eve", None);
        assert_eq!(throttle.wait("eve", None, start + second), None);
    }

    #[test]
    fn name_is_locked_from_the_address_that_fails_for_longer_each_time_and_elsewhere_waits_a_minute() {
        let (throttle, now) = (throttle(LockoutScope::Address), Instant::now());
        let (here, there) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        for _ in 0..9 {
            assert_eq!(throttle.failed("eve", here, now).locked, None);
        }
        assert_eq!(throttle.failed("eve", here, now).locked, Some(15 * MINUTE));
        assert_eq!(
            (throttle.wait("eve", here, now), throttle.wait("eve", there, now)),
            (Some(lock(15)), Some(wait(32)))
        );
        assert_eq!(throttle.locked(now), HashMap::from([("eve".to_owned(), 15 * MINUTE)]));
        let later = now + 15 * MINUTE;
        assert_eq!(throttle.wait("eve", here, later), None);
        assert_eq!(throttle.failed("eve", here, later).locked, Some(30 * MINUTE));
        let mut last = later;
        for _ in 0..20 {
            last += throttle.wait("eve", here, last).unwrap().time;
            throttle.failed("eve", here, last);
        }
        assert_eq!(throttle.wait("eve", here, last), Some(lock(24 * 60)));
        throttle.unlock("eve");
        assert_eq!((throttle.wait("eve", here, last), throttle.locked(last).len()), (None, 0));
    }

    #[test]
    fn name_is_locked_everywhere_where_the_configuration_says_so() {
        let (throttle, now) = (throttle(LockoutScope::Name), Instant::now());
        for host in 0..10 {
            throttle.failed("eve", Some(IpAddr::from([192, 0, 2, host])), now);
        }
        assert_eq!(throttle.wait("eve", Some(IpAddr::from([192, 0, 2, 99])), now), Some(lock(15)));
        assert_eq!(throttle.wait("eve", None, now + 15 * MINUTE), None);
    }

    #[test]
    fn address_trying_many_names_waits_too() {
        let (throttle, now) = (throttle(LockoutScope::Address), Instant::now());
        let address = Some(IpAddr::from([127, 0, 0, 9]));
        for name in 0..20 {
            throttle.failed(&name.to_string(), address, now);
        }
        assert_eq!(throttle.wait("another", address, now), Some(wait(60)));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let (throttle, now) = (throttle(LockoutScope::Address), Instant::now());
        let address = |text: &str| Some(text.parse().unwrap());
        for host in 0..20 {
            throttle.failed_at_address(address(&format!("2001:db8:0:1::{host}")), now);
        }
        assert_eq!(throttle.wait_of_address(address("2001:db8:0:1:ffff::1"), now), Some(LONGEST_WAIT));
        assert_eq!(throttle.wait_of_address(address("2001:db8:0:2::1"), now), None);
        assert_eq!(throttle.wait("somebody", None, now), None);
    }

    #[test]
    fn memory_is_bounded_and_failures_are_forgotten() {
        let (throttle, now) = (throttle(LockoutScope::Address), Instant::now());
        for name in 0..u32::try_from(REMEMBERED).unwrap() + 100 {
            throttle.failed(&name.to_string(), Some(IpAddr::from(name.to_be_bytes())), now);
        }
        let failures = throttle.lock();
        let sizes = [failures.by_user.len(), failures.by_address.len(), failures.by_both.len()];
        drop(failures);
        assert!(sizes.iter().all(|size| *size <= REMEMBERED), "{sizes:?}");
        for _ in 0..10 {
            throttle.failed("eve", None, now);
        }
        throttle.failed("eve", None, now + MEMORY + MINUTE);
        assert_eq!(throttle.wait("eve", None, now + MEMORY + MINUTE), None);
    }

    #[test]
    fn endless_names_are_remembered_by_their_beginning() {
        let (throttle, now) = (throttle(LockoutScope::Address), Instant::now());
        let endless = "ü".repeat(1_000_000);
        for _ in 0..6 {
            throttle.failed(&endless, None, now);
        }
        assert!(throttle.lock().by_user.keys().all(|name| name.len() <= NAME_MAX));
        assert_eq!(throttle.wait(&endless, None, now), Some(wait(2)));
    }

    #[test]
    fn so_many_failures_are_written_down_a_minute_and_the_others_counted() {
        let (throttle, now) = (throttle(LockoutScope::Address), Instant::now());
        let told = |now| (0..500).filter(|name| throttle.failed(&name.to_string(), None, now).told).count();
        assert_eq!(told(now), 60);
        assert_eq!(throttle.take_untold(), 440);
        assert_eq!(told(now + MINUTE / 2), 30);
        assert_eq!((throttle.take_untold(), throttle.take_untold()), (470, 0));
    }
}
