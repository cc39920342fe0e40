//! The steps of a query, and which samples each of them sees.
//!
//! What a step sees depends on times alone, so it is worked out once for all series that share a column of times.

use super::syntax::{At, Shift};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

/// Whether a window leaves out a sample that is exactly as old as it is long.
///
/// Prometheus 2 keeps it, Prometheus 3 leaves it out. We are compared with Prometheus 2.42.
const LEFT_OPEN: bool = false;

/// Most spans to keep for other series with the same times: 64 MiB.
const SPANS_KEPT_MAX: usize = 1 << 22;

/// The first time that a window of some length before its end holds, in ms.
pub(super) fn window_start(end: i64, length: i64) -> i64 {
    end - length + i64::from(LEFT_OPEN)
}

/// Times at equal distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    /// In ms since the Unix epoch.
    pub(super) start: i64,
    /// Distance in ms, above zero.
    pub(super) step: i64,
    pub(super) count: usize,
}

impl Grid {
    pub(super) fn at(time: i64) -> Self {
        Self { start: time, step: 1, count: 1 }
    }

    /// From a first time until, at most, a last one.
    pub(super) fn between(start: i64, end: i64, step: i64) -> Self {
        let count =
            if end < start { 0 } else { usize::try_from((end - start) / step + 1).unwrap_or(usize::MAX) };
        Self { start, step, count }
    }

    /// Its first step alone.
    pub(super) fn first(self) -> Self {
        Self { count: self.count.min(1), ..self }
    }

    pub(super) fn times(self) -> impl Iterator<Item = i64> {
        (0..self.count).scan(self.start, move |next, _| {
            let time = *next;
            *next += self.step;
            Some(time)
        })
    }

    /// Which of its steps has a time.
    pub(super) fn place(self, time: i64) -> Option<usize> {
        let since = time.checked_sub(self.start).filter(|since| since % self.step == 0)?;
        usize::try_from(since / self.step).ok().filter(|place| *place < self.count)
    }

    /// The last of its times.
    pub(super) fn end(self) -> i64 {
        let steps = i64::try_from(self.count.saturating_sub(1)).unwrap_or(i64::MAX);
        self.start.saturating_add(steps.saturating_mul(self.step))
    }

    /// Distance of its times; none when there is only one.
    pub(super) fn spacing(self) -> Option<i64> {
        (self.count > 1).then_some(self.step)
    }
}

/// Where a selector looks at each step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    offset_ms: i64,
    fixed: Option<i64>,
}

impl Moved {
    /// - `start`, `end`: of the query, which `@` may name.
    pub(super) fn new(shift: Shift, start: i64, end: i64) -> Self {
        let fixed = shift.at.map(|at| match at {
            At::Start => start,
            At::End => end,
            At::Time(time) => time,
        });
        Self { offset_ms: shift.offset_ms.unwrap_or_default(), fixed }
    }

    pub(super) fn of(self, step_time: i64) -> i64 {
        self.fixed.unwrap_or(step_time) - self.offset_ms
    }
}

/// Samples `from..until` of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) until: usize,
}

/// The times of a column and what each step sees of it.
type Alike = (Arc<[i64]>, Arc<[Span]>);

/// Which samples each step of a grid sees through a window that ends at the step, or is moved.
pub(super) struct Windows {
    grid: Grid,
    moved: Moved,
    length_ms: i64,
    /// By a column's place in memory.
    known: HashMap<(usize, usize), Arc<[Span]>>,
    /// By the hash of a column's times, with the times: series of other senders may have the same ones.
    alike: HashMap<u64, Alike, FixedState>,
}

impl Windows {
    pub(super) fn new(grid: Grid, moved: Moved, length_ms: i64) -> Self {
        Self { grid, moved, length_ms, known: HashMap::new(), alike: HashMap::default() }
    }

    /// The same without what is known of columns, for another thread.
    pub(super) fn fresh(&self) -> Self {
        Self::new(self.grid, self.moved, self.length_ms)
    }

    /// First and last time that some step sees; none when there is no step.
    pub(super) fn reach(&self) -> Option<(i64, i64)> {
        (self.grid.count > 0).then(|| {
            let first = window_start(self.moved.of(self.grid.start), self.length_ms);
            (first, self.moved.of(self.grid.end()))
        })
    }

    /// The spans of samples at such times, one for each step.
    ///
    /// The caller keeps every column of times alive that it asked for.
    pub(super) fn spans(&mut self, times: &Arc<[i64]>) -> Arc<[Span]> {
        let key = (times.as_ptr().addr(), times.len());
        if let Some(known) = self.known.get(&key) {
            return Arc::clone(known);
        }
        let hash = FixedState::default().hash_one(times);
        let alike = self.alike.get(&hash).filter(|(known, _)| known == times);
        let spans = alike.map_or_else(|| self.made(times), |(_, spans)| Arc::clone(spans));
        if (self.known.len() + 1).saturating_mul(spans.len()) <= SPANS_KEPT_MAX {
            self.known.insert(key, Arc::clone(&spans));
            self.alike.insert(hash, (Arc::clone(times), Arc::clone(&spans)));
        }
        spans
    }

    /// The spans of a column that lives no longer than the call.
    pub(super) fn made(&self, times: &[i64]) -> Arc<[Span]> {
        let mut from = 0;
        let mut until = 0;
        let span = |step_time| {
            let end = self.moved.of(step_time);
            let start = window_start(end, self.length_ms);
            from = advanced(times, from, |time| time < start);
            until = advanced(times, until.max(from), |time| time <= end);
            Span { from, until }
        };
        self.grid.times().map(span).collect()
    }
}

/// The first place from `place` on whose time does not pass: near ones by looking, far ones by halving.
fn advanced(times: &[i64], place: usize, passes: impl Fn(i64) -> bool) -> usize {
    let mut reach = 1;
    let mut low = place;
    while let Some(&time) = times.get(low + reach - 1) {
        if !passes(time) {
            break;
        }
        low += reach;
        reach *= 2;
    }
    let high = times.len().min(low + reach);
    low + times.get(low..high).unwrap_or_default().partition_point(|&time| passes(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_ends_at_or_before_the_end() {
        let grid = Grid::between(10, 39, 10);
        assert_eq!(grid.times().collect::<Vec<_>>(), [10, 20, 30]);
        assert_eq!(grid.end(), 30);
        assert_eq!(Grid::between(10, 9, 10).count, 0);
    }

    #[test]
    fn spans_equal_what_a_scan_finds() {
        let times: Arc<[i64]> = (0..200).map(|n| n * n / 3).collect();
        for (length, step) in [(1, 1), (50, 7), (1_000, 400), (20_000, 3)] {
            let grid = Grid::between(-30, 14_000, step);
            let mut windows = Windows::new(grid, Moved { offset_ms: 5, fixed: None }, length);
            for (time, span) in grid.times().zip(windows.spans(&times).iter()) {
                let seen = |t: i64| t >= window_start(time - 5, length) && t <= time - 5;
                let expected = times.iter().filter(|t| seen(**t)).count();
                assert_eq!(span.until - span.from, expected, "at {time}, {length} long");
                assert!(times[span.from..span.until].iter().all(|t| seen(*t)));
            }
        }
    }
}
