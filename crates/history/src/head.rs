//! The head: the newest samples of every series, in memory, and the chunks made of those before.
//!
//! ```text
//! tick of a grid ─► buffers of its series ─► (600 ticks, or the window ends) ─► closed ─► chunks ─► open window
//! sample alone   ─► its grid's tick, or ─► late samples ─► (sorted) ─► chunks ─► open window
//! ```
//!
//! A *grid* is a set of series that are sampled together: a server's agent, or a scrape target. They share
//! their times, so a chunk's column of times is kept once for all of them. A *window* is two hours; a chunk
//! lies in one of them.
//!
//! What happens to a head follows from what it is told alone, in that order (the log tells it again after a
//! crash), so nothing here may depend on a clock, on addresses or on chance.
//!
//! Invariants
//! - E-1: the samples of a series come back as they were given, each at its time, until their window is sealed.
//! - E-2: the same calls lead to the same head, chunks and their places included.

mod buffer;
mod closed;
mod cut;
mod grid;
mod late;
mod saved;
mod select;
mod table;
mod value;
mod window;

pub(crate) use grid::Kind;
pub(crate) use late::sort_last_wins;
pub(crate) use select::Found;
pub(crate) use table::Number;
pub(crate) use value::Last;
pub(crate) use window::{ChunkRef, Sealing, Span, WINDOW_MS, Window, window_of};

use crate::codec::{Encoder, STALE};
use crate::labels::{Labels, hash_of};
use buffer::Buffer;
use closed::Closed;
use grid::Grid;
use late::LateSamples;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use table::{HeadSeries, SeriesTable};

/// Ticks of a grid, at most, after which chunks are made of them: `pco` needs some hundreds of values.
pub(crate) const CHUNK_TICKS: usize = 600;
/// A grid whose time goes back keeps what it has as a chunk and begins another; with fewer ticks than this it
/// leaves the tick out instead, so that a clock that jumps to and fro makes no chunk a tick.
const TICKS_BEFORE_BACK: usize = 10;

/// What became of a sample or a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was the newest of its series.
    InOrder,
    /// It was older than the newest.
    Late,
    /// It was there already, or cannot be placed.
    Dropped,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Head {
    table: SeriesTable,
    grids: Vec<Grid>,
    by_key: HashMap<u64, u32>,
    /// Places of grids that are no more; the lowest is used next.
    free_grids: BTreeSet<u32>,
    windows: BTreeMap<i64, Window>,
    /// How often each window was sealed; those never sealed are missing.
    sealed: BTreeMap<i64, u32>,
    late: LateSamples,
    /// In the order of closing.
    closed: VecDeque<Arc<Closed>>,
    encoder: Encoder,
    /// How often series were forgotten, since this process has the head.
    evictions: u64,
    /// Number of series on grids that are not carried.
    single: usize,
}

impl Head {
    /// The number of series.
    pub(crate) fn series_count(&self) -> usize {
        self.table.len()
    }

    /// The number of series whose samples come one by one, not from a feed.
    pub(crate) const fn single_count(&self) -> usize {
        self.single
    }

    fn count_single(&mut self) {
        self.single = self.grids.iter().filter(|grid| !grid.carries()).map(|grid| grid.members.len()).sum();
    }

    /// The series with these packed labels, whose hash is known.
    pub(crate) fn find(&self, hash: u64, packed: &[u8]) -> Option<Number> {
        self.table.find(hash, packed)
    }

    /// The series at a place.
    pub(crate) fn number_at(&self, place: u32) -> Option<Number> {
        self.table.at(place).map(|(number, _)| number)
    }

    /// Bytes of chunks that are in no file yet.
    pub(crate) fn waiting(&self) -> usize {
        self.windows.values().map(|window| window.pending.len()).sum()
    }

    /// The oldest time that it has, or none.
    pub(crate) fn begins(&self) -> Option<i64> {
        let chunks = self.windows.values().flat_map(|window| &window.columns).map(|column| column.first);
        let grids = self.grids.iter().map(|grid| grid.times.as_slice());
        let ticks = grids.chain(self.closed.iter().map(|closed| &*closed.times));
        let ticks = ticks.filter_map(|times| times.first().copied());
        let late = self.late.iter().flat_map(|(_, samples)| samples).map(|(time, _)| *time);
        chunks.chain(ticks).chain(late).min()
    }

    /// The open windows by their numbers.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (i64, &Window)> {
        self.windows.iter().map(|(number, window)| (*number, window))
    }

    /// See [`Self::windows`].
    pub(crate) fn windows_mut(&mut self) -> impl Iterator<Item = (&i64, &mut Window)> {
        self.windows.iter_mut()
    }

    /// Grows whenever series are forgotten: until then, every number means what it did.
    pub(crate) const fn evictions(&self) -> u64 {
        self.evictions
    }

    /// True while a number means the series that it was given for.
    pub(crate) fn is_valid(&self, number: Number) -> bool {
        self.table.get(number).is_some()
    }

    /// The series at a place, and what its next value is written beside.
    pub(crate) fn last(&self, place: u32) -> Option<(Number, Last)> {
        self.table.at(place).map(|(number, series)| (number, series.buffer.last()))
    }

    /// What the next value of a series is written beside.
    pub(crate) fn last_of(&self, number: Number) -> Option<Last> {
        self.table.get(number).map(|series| series.buffer.last())
    }

    /// Number of series on the grid with a key.
    pub(crate) fn members_of(&self, key: u64) -> usize {
        self.by_key.get(&key).map_or(0, |grid| self.grids[*grid as usize].members.len())
    }

    /// The grid with a key, made when it is not there yet.
    pub(crate) fn grid(&mut self, key: u64, kind: Kind) -> u32 {
        if let Some(grid) = self.by_key.get(&key) {
            return *grid;
        }
        let grid = Grid::new(key, kind);
        let number = if let Some(free) = self.free_grids.pop_first() {
            self.grids[free as usize] = grid;
            free
        } else {
            self.grids.push(grid);
            u32::try_from(self.grids.len() - 1).unwrap_or(u32::MAX)
        };
        self.by_key.insert(key, number);
        number
    }

    /// The series with these labels on a grid, made or moved there when need be.
    pub(crate) fn define(&mut self, packed: &[u8], grid: u32) -> Option<Number> {
        if let Some(number) = self.table.find(hash_of(packed), packed) {
            self.move_to(number, grid);
            return Some(number);
        }
        let labels = Labels::from_packed(packed).ok()?;
        let number = self.table.insert(HeadSeries::new(labels, grid));
        let grid = self.grids.get_mut(grid as usize)?;
        grid.members.push(number);
        self.single += usize::from(!grid.carries());
        Some(number)
    }

    /// Moves a series to another grid; what it has on its old one is kept as a chunk.
    fn move_to(&mut self, number: Number, grid: u32) {
        let Some(from) = self.table.get(number).map(|series| series.grid).filter(|from| *from != grid) else {
            return;
        };
        self.close_alone(number);
        if let Some(series) = self.table.get_mut(number) {
            series.grid = grid;
            series.buffer = Buffer::default();
        }
        self.grids[from as usize].members.retain(|member| *member != number);
        self.grids[grid as usize].members.push(number);
        let was_single = usize::from(!self.grids[from as usize].carries());
        self.single = self.single + usize::from(!self.grids[grid as usize].carries()) - was_single;
    }

    /// A carried grid moves on to a time: its values go on, but for those pushed after this.
    pub(crate) fn tick(&mut self, grid: u32, time: i64) -> Taken {
        let Some(found) = self.grids.get(grid as usize) else { return Taken::Dropped };
        if let Some(last) = found.times.last() {
            if *last == time || (*last > time && found.times.len() < TICKS_BEFORE_BACK) {
                return Taken::Dropped;
            }
            if found.is_full() || *last > time || window_of(*last) != window_of(time) {
                self.close(grid);
            }
        }
        self.grids[grid as usize].push(time);
        Taken::InOrder
    }

    /// The value of a carried series at its grid's last tick.
    pub(crate) fn push(&mut self, number: Number, value: f64) {
        let Some(series) = self.table.get_mut(number) else { return };
        let Some(tick) = self.grids[series.grid as usize].last_tick() else { return };
        series.buffer.push(tick, value, true);
    }

    /// A carried series ends with its grid's last tick: that has the marker, later ones nothing.
    pub(crate) fn end(&mut self, number: Number) {
        let Some(series) = self.table.get_mut(number) else { return };
        let Some(tick) = self.grids[series.grid as usize].last_tick() else {
            // Its last tick is in a chunk already: it has no first one in this column.
            series.buffer.end(0);
            return;
        };
        if series.buffer.carried().is_some() && series.buffer.next() <= tick {
            series.buffer.push(tick, STALE, true);
        }
        series.buffer.end(tick + 1);
    }

    /// A carried grid begins anew: no value goes on beyond its last tick.
    pub(crate) fn reset(&mut self, grid: u32) {
        let Some(grid) = self.grids.get(grid as usize) else { return };
        let next = grid.last_tick().map_or(0, |tick| tick + 1);
        for number in &grid.members {
            if let Some(series) = self.table.get_mut(*number) {
                // A value that was to be the first of a column without ticks stands for nothing.
                let next = next.max(series.buffer.next());
                series.buffer.end(next);
            }
        }
    }

    /// One sample of a series.
    pub(crate) fn sample(&mut self, number: Number, time: i64, value: f64) -> Taken {
        let Some(series) = self.table.get_mut(number) else { return Taken::Dropped };
        let grid = &mut self.grids[series.grid as usize];
        let (key, Kind::Exact) = (grid.key, grid.kind) else { return Taken::Dropped };
        let tick = match grid.times.last() {
            Some(last) if *last >= time => grid.tick_at(time),
            Some(last) if grid.is_full() || window_of(*last) != window_of(time) => {
                let grid = series.grid;
                self.close(grid);
                return self.sample(number, time, value);
            }
            _ => Some(grid.push(time)),
        };
        if let Some(tick) = tick.filter(|tick| *tick >= series.buffer.next()) {
            series.buffer.push(tick, value, false);
            series.newest = time;
            return Taken::InOrder;
        }
        if time > series.newest {
            // The series is in order, but its grid is also of something else that came between. What came
            // at the same time moves to a grid of its own together.
            let apart = self.grid(grid::key_apart(key, time), Kind::Exact);
            if self.grids[apart as usize].times.last().is_none_or(|last| *last <= time) {
                self.move_to(number, apart);
                return self.sample(number, time, value);
            }
        } else if time == series.newest {
            return Taken::Dropped;
        }
        self.late.push(number, time, value);
        if self.late.is_full() {
            self.cut_late();
        }
        Taken::Late
    }

    /// Forgets series that have no sample here.
    fn evict(&mut self) {
        let (grids, late) = (&self.grids, &self.late);
        let gone = self.table.remove_where(|number, series| {
            let newest = series.buffer.is_empty() || grids[series.grid as usize].times.is_empty();
            series.chunks.is_empty() && series.closed.is_none() && newest && !late.has(number)
        });
        if gone == 0 {
            return;
        }
        self.evictions += 1;
        for (number, grid) in (0_u32..).zip(&mut self.grids) {
            grid.members.retain(|member| self.table.get(*member).is_some());
            if !grid.is_free() && grid.members.is_empty() && grid.times.is_empty() {
                self.by_key.remove(&grid.key);
                *grid = Grid::default();
                self.free_grids.insert(number);
            }
        }
        self.count_single();
    }

    /// True when what a window has came after it was sealed.
    pub(crate) fn was_sealed(&self, window: i64) -> bool {
        self.sealed.contains_key(&window)
    }

    /// A window was sealed by a head that is no more: its next generation is another one.
    pub(crate) fn note_sealed(&mut self, window: i64, generation: u32) {
        let times = self.sealed.entry(window).or_default();
        *times = (*times).max(generation.saturating_add(1));
    }

    /// Windows with samples that end at or before a time.
    pub(crate) fn windows_until(&self, time: i64) -> Vec<i64> {
        let mut found: Vec<i64> = self.windows.keys().copied().collect();
        found.extend(self.grids.iter().filter_map(|grid| grid.times.last()).map(|last| window_of(*last)));
        found.extend(self.closed.iter().map(|closed| window_of(closed.times[0])));
        found.extend(self.late.windows());
        found.retain(|window| (window + 1).saturating_mul(WINDOW_MS) <= time);
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values come back bit for bit")]
mod tests;
