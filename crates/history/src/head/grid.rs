//! Series that are sampled together, and the times at which they were.

use super::CHUNK_TICKS;
use super::table::Number;

/// What a value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    /// Its own time alone.
    #[default]
    Exact,
    /// Its time and all later ones of the grid, up to the next value.
    Carried,
}

/// By how many ticks the columns of grids differ in length: those that began in the same second end one after the other.
const SPREAD: u64 = 100;

/// See the module.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Grid {
    pub(super) key: u64,
    pub(super) kind: Kind,
    /// Ascending, all in one window.
    pub(super) times: Vec<i64>,
    pub(super) members: Vec<Number>,
    used: bool,
}

impl Grid {
    pub(super) const fn new(key: u64, kind: Kind) -> Self {
        Self { key, kind, times: Vec::new(), members: Vec::new(), used: true }
    }

    pub(super) const fn is_free(&self) -> bool {
        !self.used
    }

    pub(super) const fn carries(&self) -> bool {
        matches!(self.kind, Kind::Carried)
    }

    /// Moves on to a time and returns its tick.
    pub(super) fn push(&mut self, time: i64) -> u32 {
        self.times.push(time);
        self.ticks() - 1
    }

    /// True when a column has its length.
    pub(super) fn is_full(&self) -> bool {
        let less = usize::try_from(self.key % SPREAD).unwrap_or_default();
        self.times.len() >= CHUNK_TICKS - less
    }

    /// Number of ticks.
    pub(super) fn ticks(&self) -> u32 {
        u32::try_from(self.times.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn last_tick(&self) -> Option<u32> {
        self.ticks().checked_sub(1)
    }

    /// The tick at a time, if there is one.
    pub(super) fn tick_at(&self, time: i64) -> Option<u32> {
        // Mostly the last one: the next series of the same scrape.
        if self.times.last() == Some(&time) {
            return self.last_tick();
        }
        self.times.binary_search(&time).ok().and_then(|tick| u32::try_from(tick).ok())
    }
}

/// The key of the grid for series that came at `time` between the ticks of another grid.
pub(super) fn key_apart(key: u64, time: i64) -> u64 {
    key.rotate_left(17) ^ time.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
