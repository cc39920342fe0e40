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
//! A write whose answer was lost may have come through: what stands there says so, and the lease counts from when that
//! write was asked for. Who has the lease and cannot lead, for its copy of the journal takes nothing, stands back.
//!
//! Invariants
//! - L-1: a holder counts from when it *asked*, the others from when they *saw* the answer, so it stops before one begins.
//! - L-2: it is no more than a promise to keep quiet: what keeps a deposed master from doing anything is that its
//!   appends fail and its epoch is refused (docs/adr/0024-journal-on-jetstream.md).

#[cfg(test)]
mod simulation;

use std::time::Duration;

/// Time between two renewals.
pub const RENEW: Duration = Duration::from_millis(500);
/// A lease that was not renewed for so long may be taken over.
pub const EXPIRE: Duration = Duration::from_secs(2);

/// Who stands back lets the others try for so long: all of them have seen it expire by then.
const STAND_BACK: Duration = Duration::from_secs(6);

/// Time since some moment, by a clock of this master that never goes back.
pub type Instant = Duration;

/// One master's view of the lease.
#[derive(Debug, Clone, Default)]
pub struct Lease {
    /// The revision seen last, and since when.
    seen: Option<(u64, Instant)>,
    /// The revision that is ours, and when it was asked for.
    held: Option<(u64, Instant)>,
    /// When the first write was asked for of those whose answers were lost.
    unanswered: Option<Instant>,
    /// Others are to try first until then.
    back_until: Instant,
}

/// What stands in the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Which writing it is.
    pub revision: u64,
    /// True when this run of this master wrote it.
    pub is_ours: bool,
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
            (None, Some((revision, since)))
                if now.saturating_sub(since) >= EXPIRE && now >= self.back_until =>
            {
                Move::Write { revision: Some(revision) }
            }
            _ => Move::Watch,
        }
    }

    /// Takes in what stands there, read at `now`; `None` when nothing does.
    ///
    /// Returns what to do about it at once.
    pub fn saw(&mut self, now: Instant, found: Option<Found>) -> Move {
        let Some(Found { revision, is_ours }) = found else {
            // Nobody ever had it, or who had it gave it up.
            self.seen = None;
            self.held = None;
            return if now >= self.back_until { Move::Write { revision: None } } else { Move::Watch };
        };
        if is_ours && let Some(asked) = self.unanswered {
            // It came through, only its answer did not.
            self.won(asked, revision);
        }
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
        self.unanswered = None;
        self.held = Some((revision, asked));
        self.seen = Some((revision, asked));
    }

    /// It is not known whether what was asked for at `asked` was written.
    pub fn unanswered(&mut self, asked: Instant) {
        self.unanswered.get_or_insert(asked);
    }

    /// Another one was written in between, and this stands there now, as far as it could be read.
    pub fn overtaken(&mut self, found: Option<Found>) {
        match (self.unanswered.take(), found) {
            (Some(asked), Some(Found { revision, is_ours: true })) => self.won(asked, revision),
            _ => self.held = None,
        }
    }

    /// Lets go of it and lets the others try first: this master cannot lead now.
    pub fn stand_back(&mut self, now: Instant) {
        self.held = None;
        self.unanswered = None;
        self.back_until = now + STAND_BACK;
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

    fn other(revision: u64) -> Found {
        Found { revision, is_ours: false }
    }

    fn ours(revision: u64) -> Found {
        Found { revision, is_ours: true }
    }

    const TAKE: Move = Move::Write { revision: Some(7) };

    #[test]
    fn lease_that_is_renewed_is_left_alone() {
        let mut lease = Lease::default();
        for round in 0..10 {
            assert_eq!(lease.saw(ms(round * 500), Some(other(round + 1))), Move::Watch);
            assert!(!lease.is_leading(ms(round * 500)));
        }
    }

    #[test]
    fn lease_that_stands_still_is_taken_over() {
        let mut lease = Lease::default();
        assert_eq!(lease.saw(ms(100), Some(other(7))), Move::Watch);
        assert_eq!(lease.saw(ms(2_099), Some(other(7))), Move::Watch);
        assert_eq!(lease.saw(ms(2_100), Some(other(7))), TAKE);
        lease.won(ms(2_100), 8);
        assert!(lease.is_leading(ms(4_099)) && !lease.is_leading(ms(4_100)));
    }

    #[test]
    fn free_lease_is_taken_at_once() {
        let mut lease = Lease::default();
        assert_eq!(lease.saw(ms(0), None), Move::Write { revision: None });
        lease.overtaken(Some(other(1)));
        assert_eq!(lease.saw(ms(1), Some(other(1))), Move::Watch);
    }

    #[test]
    fn holder_renews_and_gives_way_to_who_took_it() {
        let mut lease = Lease::default();
        lease.won(ms(0), 6);
        assert_eq!(lease.next(ms(499)), Move::Watch);
        assert_eq!(lease.next(ms(500)), Move::Write { revision: Some(6) });
        lease.won(ms(500), 7);
        assert_eq!(lease.saw(ms(600), Some(ours(7))), Move::Watch);
        assert_eq!(lease.saw(ms(3_000), Some(ours(7))), TAKE, "not renewed in time, and nobody took it");
        assert_eq!(lease.saw(ms(3_100), Some(other(9))), Move::Watch);
        assert_eq!(lease.leads_until(), None);
    }

    #[test]
    fn older_reading_changes_nothing() {
        let mut lease = Lease::default();
        lease.won(ms(0), 9);
        assert_eq!(lease.saw(ms(10), Some(other(8))), Move::Watch);
        assert!(lease.is_leading(ms(10)));
    }

    #[test]
    fn write_whose_answer_was_lost_counts_from_when_it_was_asked_for() {
        // L-1
        let mut lease = Lease::default();
        lease.unanswered(ms(100));
        lease.unanswered(ms(1_100));
        lease.saw(ms(1_500), Some(ours(3)));
        assert!(lease.is_leading(ms(2_099)) && !lease.is_leading(ms(2_100)));
        lease.unanswered(ms(1_600));
        lease.overtaken(Some(ours(4)));
        assert_eq!((lease.held(), lease.leads_until()), (Some(4), Some(ms(3_600))));
        lease.unanswered(ms(2_000));
        lease.overtaken(Some(other(5)));
        assert_eq!(lease.held(), None);
    }

    #[test]
    fn master_that_cannot_lead_lets_the_others_try() {
        let mut lease = Lease::default();
        lease.won(ms(0), 1);
        lease.stand_back(ms(1_000));
        assert_eq!(lease.leads_until(), None);
        assert_eq!(lease.saw(ms(2_000), None), Move::Watch);
        assert_eq!(lease.saw(ms(3_000), Some(other(2))), Move::Watch);
        assert_eq!(lease.saw(ms(6_999), Some(other(2))), Move::Watch);
        assert_eq!(
            lease.saw(ms(7_000), Some(other(2))),
            Move::Write { revision: Some(2) },
            "nobody else did"
        );
    }
}
