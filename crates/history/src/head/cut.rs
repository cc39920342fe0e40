//! Making chunks: of a grid's buffers, of one series' buffer, of late samples; and taking a window's out.

use super::late::sort_last_wins;
use super::table::Number;
use super::window::{ChunkRef, Column, Sealing, SealingSeries, window_of};
use super::{CHUNK_TICKS, Head};
use crate::head::buffer::Run;
use std::collections::HashMap;
use std::sync::Arc;

/// Columns made in one cut, by the ticks that they are of.
type Columns = HashMap<Vec<(u32, u32)>, u32>;

impl Head {
    /// Makes chunks of all that a grid's buffers hold; it begins a new column.
    pub(super) fn cut(&mut self, grid: u32) {
        let found = &mut self.grids[grid as usize];
        let (times, members, carry) =
            (std::mem::take(&mut found.times), std::mem::take(&mut found.members), found.carries());
        let mut columns = Columns::new();
        for number in &members {
            self.cut_one(*number, &times, carry, &mut columns);
        }
        let found = &mut self.grids[grid as usize];
        found.members = members;
        found.times = times;
        found.times.clear();
    }

    /// Makes a chunk of one series' buffer; its grid goes on.
    pub(super) fn cut_alone(&mut self, number: Number) {
        let Some(grid) = self.table.get(number).map(|series| series.grid as usize) else { return };
        let (times, carry) = (std::mem::take(&mut self.grids[grid].times), self.grids[grid].carries());
        self.cut_one(number, &times, carry, &mut Columns::new());
        self.grids[grid].times = times;
    }

    fn cut_one(&mut self, number: Number, times: &[i64], carry: bool, columns: &mut Columns) {
        let Some(series) = self.table.get_mut(number) else { return };
        let (mut runs, mut values) = (Vec::new(), Vec::new());
        let end = u32::try_from(times.len()).unwrap_or(u32::MAX);
        // What this very code wrote can be read.
        let decoded = series.buffer.decode(end, carry, &mut runs, &mut values);
        series.buffer.restart(carry);
        let Some(first) = runs.first().map(|run| times[run.tick as usize]).filter(|_| decoded.is_ok()) else {
            return;
        };
        let window = window_of(first);
        let key = runs.iter().map(|run| (run.tick, run.count)).collect();
        let column = if let Some(column) = columns.get(&key) {
            *column
        } else {
            let column = self.put_column(window, &times_of(&runs, times));
            columns.insert(key, column);
            column
        };
        self.put_chunk(number, window, column, &values);
    }

    /// Makes chunks of all late samples.
    pub(super) fn cut_late(&mut self) {
        for (number, mut samples) in self.late.take() {
            sort_last_wins(&mut samples);
            for samples in samples.chunk_by(|one, other| window_of(one.0) == window_of(other.0)) {
                for samples in samples.chunks(CHUNK_TICKS) {
                    let (times, values): (Vec<i64>, Vec<f64>) = samples.iter().copied().unzip();
                    let window = window_of(times[0]);
                    let column = self.put_column(window, &times);
                    self.put_chunk(number, window, column, &values);
                }
            }
        }
    }

    fn put_column(&mut self, window: i64, times: &[i64]) -> u32 {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return 0 };
        let (first, last, count) = (*first, *last, u32::try_from(times.len()).unwrap_or(u32::MAX));
        let mut bytes = Vec::new();
        self.encoder.times(times, &mut bytes);
        let generation = self.sealed.get(&window).copied().unwrap_or(0);
        let window = self.windows.entry(window).or_default();
        window.generation = generation;
        let span = window.put(&bytes);
        window.columns.push(Column { first, last, count, span });
        u32::try_from(window.columns.len() - 1).unwrap_or(u32::MAX)
    }

    fn put_chunk(&mut self, number: Number, window: i64, column: u32, values: &[f64]) {
        let mut bytes = Vec::new();
        self.encoder.values(values, &mut bytes);
        let span = self.windows.entry(window).or_default().put(&bytes);
        if let Some(series) = self.table.get_mut(number) {
            series.chunks.push(ChunkRef { window, column, span });
        }
    }

    /// Takes a window out, with all that belongs to it; forgets series that have nothing left.
    pub(crate) fn seal(&mut self, window: i64) -> Option<Sealing> {
        for grid in 0..self.grids.len() {
            if self.grids[grid].times.last().is_some_and(|last| window_of(*last) == window) {
                self.cut(u32::try_from(grid).unwrap_or(u32::MAX));
            }
        }
        if self.late.windows().any(|late| late == window) {
            self.cut_late();
        }
        let content = Arc::new(self.windows.remove(&window)?);
        *self.sealed.entry(window).or_default() += 1;
        let mut series = Vec::new();
        for found in self.table.iter_mut() {
            let chunks: Vec<ChunkRef> = found.chunks.extract_if(.., |chunk| chunk.window == window).collect();
            if !chunks.is_empty() {
                series.push(SealingSeries { labels: found.labels.clone(), chunks });
            }
        }
        self.evict();
        series.sort_unstable_by(|one, other| one.labels.cmp(&other.labels));
        Some(Sealing { window, content, series: series.into() })
    }
}

/// The times of runs of ticks.
pub(super) fn times_of(runs: &[Run], times: &[i64]) -> Vec<i64> {
    runs.iter().flat_map(|run| &times[run.tick as usize..(run.tick + run.count) as usize]).copied().collect()
}
