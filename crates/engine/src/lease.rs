//! Who may lead: one master at a time holds the lease, and the others watch that it is renewed.
//!
//! The lease is one value in a place that every master reaches, replaced only by who names its last revision. Its holder
//! replaces it every [`RENEW`]. Who sees one revision for [`EXPIRE`] takes it over. No clock is compared with another:
//! each master measures by its own how long a revision stands.
//!
//! ```text
//!            seen for EXPIRE, taken over
//!  Watching ─────────────────────────────► Leading ──┐ renewed
//!     ▲                                       │  ◄───┘
//!     └───────── another one has it ──────────┘
//! ```
//!
//! Invariants
//! - L-1: a holder counts from when it *asked*, the others from when they *saw* the answer, so it stops before one begins.
//! - L-2: it is no more than a promise to keep quiet: what keeps a deposed master from doing anything is that its
//!   appends fail and its epoch is refused (docs/adr/0024-journal-on-jetstream.md).

use std::time::Duration;

/// Time between two renewals.
pub const RENEW: Duration = Duration::from_millis(500);
/// A lease that was not renewed for so long may be taken over.
pub const EXPIRE: Duration = Duration::from_secs(2);

/// Time since some moment, by a clock of this master that never goes back.
pub type Instant = Duration;

/// One master's view of the lease.
#[derive(Debug, Clone, Default)]
pub struct Lease {
    /// The revision seen last, and since when.
    seen: Option<(u64, Instant)>,
    /// The revision that is ours, and when it was asked for.
    held: Option<(u64, Instant)>,
}

/// What a master should do about the lease now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Nothing but look again.
    Watch,
    /// Write it in place of this revision, or where none is.
    Write {
        /// The revision to be replaced.
        revision: Option<u64>,
    },
}

impl Lease {
    /// What to do at `now`, knowing what was seen so far.
    pub fn next(&self, now: Instant) -> Move {
        match (self.held, self.seen) {
            (Some((revision, asked)), _) if now.saturating_sub(asked) >= RENEW => {
                Move::Write { revision: Some(revision) }
            }
            (None, Some((revision, since))) if now.saturating_sub(since) >= EXPIRE => {
                Move::Write { revision: Some(revision) }
            }
            _ => Move::Watch,
        }
    }

    /// Takes in what stands there, read at `now`; `None` when nothing does.
    ///
    /// Returns what to do about it at once.
    pub fn saw(&mut self, now: Instant, revision: Option<u64>) -> Move {
        let Some(revision) = revision else {
            // Nobody ever had it, or who had it gave it up.
            self.seen = None;
            self.held = None;
            return Move::Write { revision: None };
        };
        if self.held.is_some_and(|(held, _)| held < revision) {
            self.held = None;
        }
        if self.seen.is_none_or(|(seen, _)| seen < revision) {
            self.seen = Some((revision, now));
        }
        self.next(now)
    }

    /// Our value was written as `revision`; it was asked for at `asked`.
    pub fn won(&mut self, asked: Instant, revision: u64) {
        self.held = Some((revision, asked));
        self.seen = Some((revision, asked));
    }

    /// Another one was written in between.
    pub fn lost(&mut self) {
        self.held = None;
    }

    /// The revision that is ours.
    pub fn held(&self) -> Option<u64> {
        self.held.map(|(revision, _)| revision)
    }

    /// Until when this master may lead; `None` when it does not hold the lease.
    pub fn leads_until(&self) -> Option<Instant> {
        self.held.map(|(_, asked)| asked + EXPIRE)
    }

    /// True while this master may lead (L-1).
    pub fn is_leading(&self, now: Instant) -> bool {
        self.leads_until().is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Instant {
        Duration::from_millis(millis)
    }

    const TAKE: Move = Move::Write { revision: Some(7) };

    #[test]
    fn lease_that_is_renewed_is_left_alone() {
        let mut lease = Lease::default();
        for round in 0..10 {
            assert_eq!(lease.saw(ms(round * 500), Some(round + 1)), Move::Watch);
            assert!(!lease.is_leading(ms(round * 500)));
        }
    }

    #[test]
    fn lease_that_stands_still_is_taken_over() {
        let mut lease = Lease::default();
        assert_eq!(lease.saw(ms(100), Some(7)), Move::Watch);
        assert_eq!(lease.saw(ms(2_099), Some(7)), Move::Watch);
        assert_eq!(lease.saw(ms(2_100), Some(7)), TAKE);
        lease.won(ms(2_100), 8);
        assert!(lease.is_leading(ms(4_099)) && !lease.is_leading(ms(4_100)));
    }

    #[test]
    fn free_lease_is_taken_at_once() {
        let mut lease = Lease::default();
        assert_eq!(lease.saw(ms(0), None), Move::Write { revision: None });
        lease.lost();
        assert_eq!(lease.saw(ms(1), Some(1)), Move::Watch);
    }

    #[test]
    fn holder_renews_and_gives_way_to_who_took_it() {
        let mut lease = Lease::default();
        lease.won(ms(0), 6);
        assert_eq!(lease.next(ms(499)), Move::Watch);
        assert_eq!(lease.next(ms(500)), Move::Write { revision: Some(6) });
        lease.won(ms(500), 7);
        assert_eq!(lease.saw(ms(600), Some(7)), Move::Watch);
        assert_eq!(lease.saw(ms(3_000), Some(7)), TAKE, "not renewed in time, and nobody took it");
        assert_eq!(lease.saw(ms(3_100), Some(9)), Move::Watch);
        assert_eq!(lease.leads_until(), None);
    }

    #[test]
    fn older_reading_changes_nothing() {
        let mut lease = Lease::default();
        lease.won(ms(0), 9);
        assert_eq!(lease.saw(ms(10), Some(8)), Move::Watch);
        assert!(lease.is_leading(ms(10)));
    }
}
