//! How long to wait after a fault: longer each time, and not together with everybody else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;
use topmast_model::path::ObjectPath;

/// The wait after the first fault.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait after a fault that may pass by itself.
const LONGEST: Duration = Duration::from_mins(2);

/// The wait before the next try: doubled with every fault in a row, and a random half of it.
///
/// - `faults`: how many there were in a row, this one among them.
/// - `interval`: of the server, below which it is not tried.
pub(super) fn wait(server: &ObjectPath, faults: u32, interval: Duration) -> Duration {
    let whole =
        FIRST.saturating_mul(1 << faults.saturating_sub(1).min(8)).max(interval).min(LONGEST.max(interval));
    whole / 2 + share(server, faults, whole / 2)
}

/// Where in a span something of a server falls: always the same, and spread over all servers.
pub(crate) fn share(server: &ObjectPath, what: u32, span: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    (server.as_str(), what).hash(&mut hasher);
    // Spans here are minutes: the product of milliseconds fits.
    span.mul_f64((hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn server(number: usize) -> ObjectPath {
        format!("acme/main/s{number}").parse().unwrap()
    }

    #[test]
    fn wait_doubles_up_to_its_end_and_is_never_below_half_the_interval() {
        let waits: Vec<Duration> = (1..12).map(|faults| wait(&server(1), faults, SECOND)).collect();
        for (faults, wait) in (1..).zip(&waits) {
            let whole = FIRST.saturating_mul(1 << (faults - 1).min(8)).min(LONGEST);
            assert!((whole / 2..whole).contains(wait), "{faults}: {wait:?}");
        }
        assert_eq!(waits, (1..12).map(|faults| wait(&server(1), faults, SECOND)).collect::<Vec<_>>());
        assert!(wait(&server(1), 1, 600 * SECOND) >= 300 * SECOND);
        assert!(wait(&server(1), u32::MAX, SECOND) < LONGEST);
    }

    #[test]
    fn servers_that_fail_together_are_tried_apart() {
        let waits: Vec<Duration> = (0..1_000).map(|number| wait(&server(number), 7, SECOND)).collect();
        let first_half = waits.iter().filter(|wait| **wait < LONGEST * 3 / 4).count();
        assert!((400..600).contains(&first_half), "{first_half} of 1000");
    }
}
