//! Merging segments: those of one day become one, and then those of one week of minutes, of one month of hours.
//!
//! A window's segment holds two hours; a query over a month would open hundreds, and roll-ups of two hours are
//! too few for a good chunk. What is merged is copied as it is; short chunks of roll-ups are joined.

use super::{DAY_MS, HOUR_MS, History, MaintainError};
use crate::codec::{Encoder, decode_times, decode_values};
use crate::head::{WINDOW_MS, window_of};
use crate::labels::Labels;
use crate::rollup::Rollups;
use crate::segment::{Damage, Entry, Segment, SegmentWriter, StoredChunk, Tier};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

/// Segments of a period are merged so long after its end: by then their late samples are there too, mostly.
const SETTLED_MS: i64 = 3 * HOUR_MS;
/// Series of a merged segment, at most, counted before those of one name became one: its index is read as a whole.
const SERIES_MAX: u64 = 4_000_000;
/// Samples of a chunk of roll-ups, at most: a day of minutes, two months of hours.
const JOINED_MAX: usize = 1_440;

/// Puts segments in the order in which pieces of them are to come: by tier, time, and when they were made.
pub(super) fn sort(segments: &mut [Arc<Segment>]) {
    segments.sort_by_cached_key(|segment| {
        (segment.footer().tier, segment.footer().first, segment.path().to_path_buf())
    });
}

/// Lengths of the periods whose segments become one, the shortest first. Each segment is an open file, so the more
/// days a tier is kept, the more of them are in one.
const fn periods_ms(tier: Tier) -> &'static [i64] {
    match tier {
        Tier::Raw => &[DAY_MS],
        Tier::Minute => &[DAY_MS, 7 * DAY_MS],
        Tier::Hour => &[DAY_MS, 30 * DAY_MS],
    }
}

/// Segments that may become one, in order of time, each with others.
fn portions(segments: &[Arc<Segment>]) -> impl Iterator<Item = &[Arc<Segment>]> {
    let mut rest = segments;
    let portions = std::iter::from_fn(move || {
        let mut series = 0;
        let fit = rest.iter().take_while(|segment| {
            series += segment.footer().series;
            series <= SERIES_MAX
        });
        let count = fit.count().max(1).min(rest.len());
        let (portion, after) = rest.split_at(count);
        rest = after;
        (!portion.is_empty()).then_some(portion)
    });
    portions.filter(|portion| portion.len() > 1)
}

/// Merging writes all of them again, so late samples of a merged day wait until they are as much as the day, or
/// until no more can come.
fn is_worth_it(segments: &[Arc<Segment>]) -> bool {
    let lengths = segments.iter().map(|segment| segment.length());
    lengths.clone().max().unwrap_or(0) <= lengths.sum::<u64>() / 2
}

impl History {
    /// Merges the segments of periods that are over; how many went into others.
    pub(super) fn merge_small(&self, now: i64) -> Result<usize, MaintainError> {
        let mut merged = 0;
        for tier in Tier::ALL {
            for length in periods_ms(tier) {
                merged += self.merge_periods(tier, *length, now)?;
            }
        }
        Ok(merged)
    }

    fn merge_periods(&self, tier: Tier, length: i64, now: i64) -> Result<usize, MaintainError> {
        let mut groups: BTreeMap<(u32, i64), Vec<Arc<Segment>>> = BTreeMap::new();
        for segment in self.segments().iter().filter(|segment| segment.footer().tier == tier) {
            let footer = segment.footer();
            let Some((window, _)) = footer.windows.first() else { continue };
            let period = (window * WINDOW_MS).div_euclid(length);
            groups.entry((footer.shard, period)).or_default().push(Arc::clone(segment));
        }
        let mut merged = 0;
        for ((shard, period), segments) in groups {
            let settled = (period + 1) * length + SETTLED_MS;
            if settled > now {
                continue;
            }
            let last = settled.saturating_add(self.options.late_ms) <= now;
            for segments in portions(&segments) {
                if last || is_worth_it(segments) {
                    self.merge(tier, shard, segments)?;
                    merged += segments.len();
                }
            }
        }
        Ok(merged)
    }

    /// Writes segments into one, without what is too old.
    pub(super) fn merge(
        &self,
        tier: Tier,
        shard: u32,
        segments: &[Arc<Segment>],
    ) -> Result<(), MaintainError> {
        let window = segments.iter().map(|segment| window_of(segment.footer().first)).min().unwrap_or(0);
        let path = self.segment_path(tier, window, shard as usize);
        let mut writer = SegmentWriter::create(&path, tier)?;
        let mut sources: Vec<_> =
            segments.iter().map(|segment| (segment, self.entries_of(segment).peekable())).collect();
        let mut encoder = Encoder::default();
        let cuts = self.cuts();
        while let Some(labels) =
            sources.iter_mut().filter_map(|(_, entries)| Some(&entries.peek()?.labels)).min()
        {
            let labels = labels.clone();
            writer.series(labels.clone())?;
            let first = cuts.first_of(&labels, tier);
            let mut chunks = self.chunks_of(&labels, &mut sources);
            chunks.retain(|chunk| chunk.times().1 >= first);
            for chunk in joined(chunks, tier, &mut encoder) {
                let values: Vec<&[u8]> = chunk.values.iter().map(|values| &**values).collect();
                writer.chunk(chunk.times(), &values, chunk.count().into());
            }
        }
        drop(sources);
        let mut windows: Vec<(i64, u32)> =
            segments.iter().flat_map(|segment| segment.footer().windows.iter().copied()).collect();
        windows.sort_unstable();
        let made = writer.finish(shard, windows)?.and_then(|path| self.open_made(&path));
        self.replace_segments(segments, made)
    }

    /// The entries of a segment; what is damaged is noted and left out.
    fn entries_of<'a>(&'a self, segment: &'a Segment) -> impl Iterator<Item = Entry> + 'a {
        segment.all().filter_map(|entry| entry.map_err(|damage| self.note(damage)).ok())
    }

    /// The chunks of a series in all sources, which move on behind it.
    fn chunks_of(
        &self,
        labels: &Labels,
        sources: &mut [(&Arc<Segment>, Peekable<impl Iterator<Item = Entry>>)],
    ) -> Vec<StoredChunk> {
        let mut chunks = Vec::new();
        for (segment, entries) in sources {
            if let Some(entry) = entries.next_if(|entry| entry.labels == *labels) {
                let found: Result<Vec<StoredChunk>, Damage> = segment.chunks(&entry, self.next_turn());
                chunks.extend(found.map_err(|damage| self.note(damage)).into_iter().flatten());
            }
        }
        chunks.sort_by_key(|chunk| chunk.times().0);
        chunks
    }
}

/// Joins chunks of roll-ups that follow one another; others stay as they are.
fn joined(chunks: Vec<StoredChunk>, tier: Tier, encoder: &mut Encoder) -> Vec<StoredChunk> {
    if tier == Tier::Raw {
        return chunks;
    }
    let mut all = Vec::new();
    let mut run: Vec<StoredChunk> = Vec::new();
    for chunk in chunks {
        let count: u32 = run.iter().map(StoredChunk::count).sum();
        let follows = run.last().is_none_or(|last| last.times().1 < chunk.times().0);
        if !follows || (count + chunk.count()) as usize > JOINED_MAX {
            all.extend(join_run(std::mem::take(&mut run), encoder));
        }
        run.push(chunk);
    }
    all.extend(join_run(run, encoder));
    all
}

fn join_run(run: Vec<StoredChunk>, encoder: &mut Encoder) -> Vec<StoredChunk> {
    if run.len() < 2 {
        return run;
    }
    let mut rollups = Rollups::default();
    for chunk in &run {
        let count = chunk.count() as usize;
        let mut read = || {
            decode_times(chunk.times().3, count, &mut rollups.times)?;
            for (column, values) in rollups.values.iter_mut().zip(&chunk.values) {
                decode_values(values, count, column)?;
            }
            Ok::<(), crate::bytes::Malformed>(())
        };
        if read().is_err() {
            return run;
        }
    }
    let (times, values) = rollups.encode(encoder);
    let values = values.into_iter().map(Into::into).collect();
    vec![StoredChunk::new(&rollups.times, &times, values)]
}
