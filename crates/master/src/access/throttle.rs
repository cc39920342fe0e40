//! Login throttling: failures cost waiting time, per user name and per address.
//!
//! After [`FREE_FAILURES`] failures the next try must wait 1 s, then 2, 4 … up to
//! [`LONGEST_WAIT`]. A success clears the name. Nobody is locked out for good, so
//! an attacker cannot lock an operator out for the night.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;
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
        let failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let user = failures.by_user.get(user).and_then(|record| record.wait(now));
        let address =
            address.and_then(|address| failures.by_address.get(&address)).and_then(|record| record.wait(now));
        user.max(address)
    }

    /// Counts a failure.
    pub fn failed(&self, user: &str, address: Option<IpAddr>, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        count(&mut failures.by_user, user.to_owned(), now);
        if let Some(address) = address {
            count(&mut failures.by_address, address, now);
        }
    }

    /// Forgets a name's failures. The address keeps its own: it may be trying many names.
    pub fn succeeded(&self, user: &str) {
        self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).by_user.remove(user);
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
