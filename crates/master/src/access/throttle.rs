//! Login throttling: failures cost waiting time, per user name and per address.
//!
//! After `FREE_FAILURES` failures the next try must wait 1 s, then 2, 4 … up to
//! `LONGEST_WAIT`. A success clears the name. Of an IPv6 address the network
//! (/64) counts, for one machine has all the addresses in it. Nobody is locked out for good, so
//! an attacker cannot lock an operator out for the night.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures without a wait.
const FREE_FAILURES: u32 = 5;
/// Longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Failures are forgotten after so long without another.
const MEMORY: Duration = Duration::from_mins(15);
/// Names and addresses remembered at once; the oldest are forgotten beyond.
const REMEMBERED: usize = 10_000;

/// What failed how often, and when last.
#[derive(Debug, Default)]
pub struct LoginThrottle {
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    by_user: HashMap<String, Record>,
    by_address: HashMap<IpAddr, Record>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    count: u32,
    last: Instant,
}

impl LoginThrottle {
    /// How long a try of this user from this address must still wait; `None` when it may go ahead.
    pub fn wait(&self, user: &str, address: Option<IpAddr>, now: Instant) -> Option<Duration> {
        let of_user = self.lock().by_user.get(user).and_then(|record| record.wait(now));
        of_user.max(self.wait_of_address(address, now))
    }

    /// The same for a try that names nobody, e.g. with a join token.
    pub fn wait_of_address(&self, address: Option<IpAddr>, now: Instant) -> Option<Duration> {
        self.lock().by_address.get(&network(address?)).and_then(|record| record.wait(now))
    }

    /// Counts a failure.
    pub fn failed(&self, user: &str, address: Option<IpAddr>, now: Instant) {
        count(&mut self.lock().by_user, user.to_owned(), now);
        self.failed_at_address(address, now);
    }

    /// Counts a failure that names nobody.
    pub fn failed_at_address(&self, address: Option<IpAddr>, now: Instant) {
        if let Some(address) = address {
            count(&mut self.lock().by_address, network(address), now);
        }
    }

    /// Forgets a name's failures. The address keeps its own: it may be trying many names.
    pub fn succeeded(&self, user: &str) {
        self.lock().by_user.remove(user);
    }

    fn lock(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one place: an IPv4 address, or an IPv6 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl Record {
    fn wait(self, now: Instant) -> Option<Duration> {
        let beyond = self.count.checked_sub(FREE_FAILURES)?;
        let needed = Duration::from_secs(1 << beyond.min(6)).min(LONGEST_WAIT);
        needed.checked_sub(now.saturating_duration_since(self.last)).filter(|wait| !wait.is_zero())
    }
}

fn count<K: Eq + Hash + Clone>(records: &mut HashMap<K, Record>, key: K, now: Instant) {
    if records.len() >= REMEMBERED && !records.contains_key(&key) {
        records.retain(|_, record| now.saturating_duration_since(record.last) < MEMORY);
        if records.len() >= REMEMBERED
            && let Some(oldest) =
                records.iter().min_by_key(|(_, record)| record.last).map(|(key, _)| key.clone())
        {
            records.remove(&oldest);
        }
    }
    let record = records.entry(key).or_insert(Record { count: 0, last: now });
    if now.saturating_duration_since(record.last) >= MEMORY {
        record.count = 0;
    }
    record.count = record.count.saturating_add(1);
    record.last = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixth_failure_waits_and_waits_double() {
        let (throttle, start) = (LoginThrottle::default(), Instant::now());
        let second = Duration::from_secs(1);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.wait("eve", None, start), None);
            throttle.failed("eve", None, start);
        }
        assert_eq!(throttle.wait("eve", None, start), Some(second));
        assert_eq!(throttle.wait("eve", None, start + second), None);
        throttle.failed("eve", None, start + second);
        assert_eq!(throttle.wait("eve", None, start + second), Some(2 * second));
        assert_eq!(throttle.wait("adam", None, start), None);
        throttle.succeeded("eve");
        assert_eq!(throttle.wait("eve", None, start + second), None);
    }

    #[test]
    fn address_trying_many_names_waits_too() {
        let (throttle, now) = (LoginThrottle::default(), Instant::now());
        let address = Some(IpAddr::from([127, 0, 0, 9]));
        for name in 0..20 {
            throttle.failed(&name.to_string(), address, now);
        }
        assert_eq!(throttle.wait("another", address, now), Some(LONGEST_WAIT));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let (throttle, now) = (LoginThrottle::default(), Instant::now());
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
        let (throttle, now) = (LoginThrottle::default(), Instant::now());
        for name in 0..REMEMBERED + 100 {
            throttle.failed(&name.to_string(), None, now);
        }
        assert!(throttle.failures.lock().unwrap().by_user.len() <= REMEMBERED);
        for _ in 0..10 {
            throttle.failed("eve", None, now);
        }
        throttle.failed("eve", None, now + MEMORY);
        assert_eq!(throttle.wait("eve", None, now + MEMORY), None);
    }
}
