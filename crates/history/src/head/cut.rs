//! Making chunks of late samples, and taking a window's chunks out.

use super::closed::Times;
use super::late::sort_last_wins;
use super::window::{ChunkRef, Sealing, SealingSeries, window_of};
use super::{CHUNK_TICKS, Head};
use std::sync::Arc;

impl Head {
    /// Makes chunks of all late samples.
    pub(super) fn cut_late(&mut self) {
        // C-1
        self.make_chunks();
        for (number, mut samples) in self.late.take() {
            sort_last_wins(&mut samples);
            for samples in samples.chunk_by(|one, other| window_of(one.0) == window_of(other.0)) {
                for samples in samples.chunks(CHUNK_TICKS) {
                    let (times, values): (Vec<i64>, Vec<f64>) = samples.iter().copied().unzip();
                    let window = window_of(times[0]);
                    let times = Times::of(&times, &mut self.encoder);
                    let column = self.put_times(window, &times);
                    let mut bytes = Vec::new();
                    self.encoder.values(&values, &mut bytes);
                    self.put_values(number, window, column, &bytes);
                }
            }
        }
    }

    /// Takes a window out, with all that belongs to it; forgets series that have nothing left.
    pub(crate) fn seal(&mut self, window: i64) -> Option<Sealing> {
        for grid in 0..self.grids.len() {
            if self.grids[grid].times.last().is_some_and(|last| window_of(*last) == window) {
                self.close(u32::try_from(grid).unwrap_or(u32::MAX));
            }
        }
        self.make_chunks();
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
