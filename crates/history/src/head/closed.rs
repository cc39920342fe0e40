//! Buffers that take nothing more, until chunks are made of them: closing takes a moment, making chunks is most of the
//! work of a history.
//!
//! ```text
//! tick ─► close: times and buffers as they are ─► encode, while samples come in ─► keep: chunks of the window
//! ```
//!
//! All servers close at the end of a window in the same second, and were they to wait for their chunks, so would
//! everything that waits for them.
//!
//! Invariants
//! - C-1: chunks are made in the order of closing, so where they are does not depend on when (E-2).
//! - C-2: a series has at most one closed buffer, so they take no more memory than the open ones.

use super::Head;
use super::buffer::{Buffer, Run};
use super::table::Number;
use super::window::{ChunkRef, Column, window_of};
use crate::codec::Encoder;
use std::collections::HashMap;
use std::sync::Arc;

/// What a grid, or one of its series, had when it was closed.
#[derive(Debug)]
pub(crate) struct Closed {
    /// Ascending, all in one window, and not empty.
    pub(super) times: Arc<[i64]>,
    pub(super) carry: bool,
    /// None of them empty.
    pub(super) buffers: Vec<(Number, Buffer)>,
}

/// Chunks that are in no window yet.
pub(crate) struct Chunks {
    of: Arc<Closed>,
    columns: Vec<Times>,
    /// With the places of their columns among these.
    values: Vec<(Number, usize, Vec<u8>)>,
}

/// A column of times.
pub(super) struct Times {
    first: i64,
    last: i64,
    count: u32,
    bytes: Vec<u8>,
}

impl Closed {
    /// Makes chunks of all buffers; series at the same times share a column of them.
    pub(crate) fn encode(self: Arc<Self>, encoder: &mut Encoder) -> Chunks {
        let end = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        let mut chunks = Chunks { of: Arc::clone(&self), columns: Vec::new(), values: Vec::new() };
        let mut known: HashMap<Vec<(u32, u32)>, usize> = HashMap::new();
        for (number, buffer) in &self.buffers {
            let (mut runs, mut values) = (Vec::new(), Vec::with_capacity(self.times.len()));
            // What this very code wrote can be read.
            let decoded = buffer.decode(end, self.carry, &mut runs, &mut values);
            if decoded.is_err() || runs.is_empty() {
                continue;
            }
            let key = runs.iter().map(|run| (run.tick, run.count)).collect();
            let column = *known.entry(key).or_insert_with(|| {
                chunks.columns.push(Times::of(&times_of(&runs, &self.times), encoder));
                chunks.columns.len() - 1
            });
            let mut bytes = Vec::new();
            encoder.values(&values, &mut bytes);
            chunks.values.push((*number, column, bytes));
        }
        chunks
    }
}

impl Times {
    /// Packs times, of which there must be one.
    pub(super) fn of(times: &[i64], encoder: &mut Encoder) -> Self {
        let first = times.first().copied().unwrap_or_default();
        let last = times.last().copied().unwrap_or(first);
        let mut bytes = Vec::new();
        encoder.times(times, &mut bytes);
        Self { first, last, count: u32::try_from(times.len()).unwrap_or(u32::MAX), bytes }
    }
}

impl Head {
    /// Closes all that a grid has; it begins a new column.
    pub(super) fn close(&mut self, grid: u32) {
        let found = &mut self.grids[grid as usize];
        let (times, members, carry) =
            (std::mem::take(&mut found.times), std::mem::take(&mut found.members), found.carries());
        self.close_some(&members, times.into(), carry);
        self.grids[grid as usize].members = members;
    }

    /// Closes what one series has; its grid goes on.
    pub(super) fn close_alone(&mut self, number: Number) {
        let Some(series) = self.table.get(number) else { return };
        let grid = &self.grids[series.grid as usize];
        let (times, carry) = (grid.times.as_slice().into(), grid.carries());
        self.close_some(&[number], times, carry);
    }

    fn close_some(&mut self, numbers: &[Number], times: Arc<[i64]>, carry: bool) {
        let is_closed = |head: &Self, number: &Number| {
            head.table.get(*number).is_some_and(|series| series.closed.is_some())
        };
        // C-2
        while numbers.iter().any(|number| is_closed(self, number)) && self.make_first_chunks() {}
        let mut buffers = Vec::with_capacity(numbers.len());
        for number in numbers {
            let Some(series) = self.table.get_mut(*number) else { continue };
            let buffer = series.buffer.take(carry);
            if !buffer.is_empty() {
                buffers.push((*number, buffer));
            }
        }
        if buffers.is_empty() || times.is_empty() {
            return;
        }
        let closed = Arc::new(Closed { times, carry, buffers });
        for (position, (number, _)) in closed.buffers.iter().enumerate() {
            if let Some(series) = self.table.get_mut(*number) {
                series.closed = Some((Arc::clone(&closed), position));
            }
        }
        self.closed.push_back(closed);
    }

    /// What was closed first, of all that no chunks were made of.
    pub(crate) fn first_closed(&self) -> Option<Arc<Closed>> {
        self.closed.front().map(Arc::clone)
    }

    /// Takes chunks into their window, unless they are there already.
    pub(crate) fn keep(&mut self, chunks: &Chunks) {
        let Some(closed) = self.closed.pop_front_if(|first| Arc::ptr_eq(first, &chunks.of)) else { return };
        let window = window_of(closed.times[0]);
        let columns: Vec<u32> = chunks.columns.iter().map(|times| self.put_times(window, times)).collect();
        for (number, column, values) in &chunks.values {
            self.put_values(*number, window, columns[*column], values);
        }
        for (number, _) in &closed.buffers {
            if let Some(series) = self.table.get_mut(*number) {
                series.closed = None;
            }
        }
    }

    /// Makes chunks of what was closed first; false when nothing is closed.
    fn make_first_chunks(&mut self) -> bool {
        let Some(closed) = self.first_closed() else { return false };
        let chunks = closed.encode(&mut self.encoder);
        self.keep(&chunks);
        true
    }

    /// Makes chunks of all that is closed.
    pub(super) fn make_chunks(&mut self) {
        while self.make_first_chunks() {}
    }

    pub(super) fn put_times(&mut self, window: i64, times: &Times) -> u32 {
        let generation = self.sealed.get(&window).copied().unwrap_or(0);
        let window = self.windows.entry(window).or_default();
        window.generation = generation;
        let Times { first, last, count, ref bytes } = *times;
        let span = window.put(bytes);
        window.columns.push(Column { first, last, count, span });
        u32::try_from(window.columns.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn put_values(&mut self, number: Number, window: i64, column: u32, values: &[u8]) {
        let span = self.windows.entry(window).or_default().put(values);
        if let Some(series) = self.table.get_mut(number) {
            series.chunks.push(ChunkRef { window, column, span });
        }
    }
}

/// The times of runs of ticks.
pub(super) fn times_of(runs: &[Run], times: &[i64]) -> Vec<i64> {
    runs.iter().flat_map(|run| &times[run.tick as usize..(run.tick + run.count) as usize]).copied().collect()
}
