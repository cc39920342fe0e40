//! Answering: which tiers, which segments, and what the heads have.

use super::History;
use super::cut::{Cuts, place};
use super::seal::{ChunkFiles, Chunks, times_in, values_in};
use crate::budget::{Budget, BudgetError};
use crate::codec::STALE;
use crate::head::{Found, Span, window_of};
use crate::labels::Labels;
use crate::pieces::{Joiner, Piece};
use crate::rollup;
use crate::segment::{Segment, Tier};
use crate::shard::Shard;
use crate::source::{Aggregate, Selection, SeriesSamples, Source, SourceError};
use crate::spread::{in_parts, spread, threads};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// A series with what one place has of it.
type Part = (Labels, Vec<Piece>);

impl Source for History {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let (from, until) = (selection.from, selection.until);
        // The heads before the segments: what moves from one to the other meanwhile is seen twice, not never.
        let heads = self.heads(selection, budget)?;
        let mut all = self.stored(selection, budget)?;
        all.extend(heads);
        let all = gathered(all);
        self.bounded(all.len())?;
        in_parts(all, |part| {
            let mut joiner = Joiner::default();
            let joined = part.into_iter().filter_map(|(series, pieces)| {
                let (times, values) = joiner.join(pieces, from, until)?;
                Some(SeriesSamples { series, times, values })
            });
            Ok(joined.collect())
        })
    }
}

/// Each series once, in order, with its pieces in the order in which they were found.
fn gathered(mut all: Vec<Part>) -> Vec<Part> {
    // What one segment has is in order already, which sorting makes use of.
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.dedup_by(|(labels, pieces), (before, kept)| {
        let same = labels == before;
        if same {
            kept.append(pieces);
        }
        same
    });
    all
}

fn charge(budget: &Budget, pieces: &[Piece]) -> Result<(), BudgetError> {
    budget.charge(pieces.iter().map(|(times, _)| times.len() as u64).sum())
}

/// Each sample stands for one; what is no number, for none.
fn ones(pieces: &mut [Piece]) {
    for value in pieces.iter_mut().flat_map(|(_, values)| values) {
        *value = match *value {
            value if value.to_bits() == STALE.to_bits() => STALE,
            value if value.is_nan() => 0.0,
            _ => 1.0,
        };
    }
}

/// The end of a series stays what it is.
fn mean(sum: f64, count: f64) -> f64 {
    if count.is_nan() { count } else { sum / count }
}

/// First and last time that a tier answers for; none when it does not.
type Range = Option<(i64, i64)>;

/// What of a query's range each tier answers: of most series, and of those that are cut.
struct Ranges {
    cuts: Arc<Cuts>,
    plain: [Range; 3],
    cut: BTreeMap<String, [Range; 3]>,
}

impl Ranges {
    fn of(segments: &[Arc<Segment>], cuts: Arc<Cuts>, selection: &Selection<'_>) -> Self {
        let starts = Tier::ALL.map(|tier| {
            let own = segments.iter().filter(|segment| segment.footer().tier == tier);
            own.map(|segment| segment.footer().first).min()
        });
        let cut = cuts.first.iter().map(|(value, first)| (value.clone(), ranges(starts, first, selection)));
        let cut = cut.collect();
        Self { plain: ranges(starts, &[i64::MIN; 3], selection), cut, cuts }
    }

    /// True when some series of the segment may be asked for.
    fn reach(&self, segment: &Segment) -> bool {
        let (footer, place) = (segment.footer(), place(segment.footer().tier));
        let mut all = std::iter::once(&self.plain).chain(self.cut.values());
        all.any(|ranges| {
            ranges[place].is_some_and(|(from, until)| footer.first <= until && footer.last >= from)
        })
    }

    fn of_series(&self, labels: &Labels, tier: Tier) -> Range {
        if self.cut.is_empty() {
            return self.plain[place(tier)];
        }
        self.cut.get(labels.get(&self.cuts.label)).unwrap_or(&self.plain)[place(tier)]
    }
}

/// The tier for the resolution, and coarser ones for times that it does not reach back to.
///
/// - `starts`: where each tier begins, `first`: before what nothing of it is shown.
fn ranges(starts: [Option<i64>; 3], first: &[i64; 3], selection: &Selection<'_>) -> [Range; 3] {
    let mut until = selection.until;
    let mut ranges = [None; 3];
    for (place, tier) in Tier::ALL.into_iter().enumerate() {
        let next = Tier::ALL.into_iter().find(|next| *next > tier);
        if next.is_some_and(|next| selection.resolution >= next.step()) {
            continue;
        }
        let start = if next.is_none() { i64::MIN } else { starts[place].unwrap_or(i64::MAX) };
        let from = start.max(first[place]).max(selection.from);
        if from <= until {
            ranges[place] = Some((from, until));
            until = from.saturating_sub(1);
        }
        if until < selection.from {
            break;
        }
    }
    ranges
}

/// Leaves out what is before a time.
fn clip(pieces: &mut Vec<Piece>, first: i64) {
    for (times, values) in pieces.iter_mut() {
        let old = times.partition_point(|time| *time < first);
        if old > 0 {
            *times = times[old..].into();
            values.drain(..old.min(values.len()));
        }
    }
    pieces.retain(|(times, _)| !times.is_empty());
}

impl History {
    pub(super) fn bounded(&self, series: usize) -> Result<(), SourceError> {
        let limit = self.options.query_series;
        if series > limit { Err(SourceError::Series { limit }) } else { Ok(()) }
    }

    /// What the segments have.
    fn stored(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<Part>, SourceError> {
        let segments = self.segments();
        let ranges = Ranges::of(&segments, self.cuts(), selection);
        let wanted: Vec<_> = segments.iter().filter(|segment| ranges.reach(segment)).cloned().collect();
        let (turn, loaded) = (self.next_turn(), AtomicUsize::new(0));
        let (mut places, mut series) = (Vec::new(), 0);
        for segment in wanted {
            match self.visit(&segment, &loaded, || segment.matching(selection.matchers, turn)) {
                Ok(found) => {
                    budget.charge(0)?;
                    series += usize::try_from(found.len()).unwrap_or(usize::MAX);
                    places.push((segment, found));
                }
                Err(damage) => self.note(damage),
            }
        }
        let found = spread(threads(series), places, |(segment, found)| {
            self.visit(&segment, &loaded, || self.segment(&segment, &ranges, &found, turn, selection, budget))
        });
        let mut all = Vec::new();
        for parts in found {
            all.append(&mut parts?);
        }
        Ok(all)
    }

    fn segment(
        &self,
        segment: &Segment,
        ranges: &Ranges,
        series: &RoaringBitmap,
        turn: u64,
        selection: &Selection<'_>,
        budget: &Budget,
    ) -> Result<Vec<Part>, SourceError> {
        self.bounded(usize::try_from(series.len()).unwrap_or(usize::MAX))?;
        let (entries, damages) = segment.entries(series);
        self.note_all(damages);
        let tier = segment.footer().tier;
        let raw = tier == Tier::Raw;
        let value = if raw { 0 } else { rollup::place(selection.aggregate) };
        let mut all = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(range) = ranges.of_series(&entry.labels, tier) else { continue };
            let pieces = segment.pieces(&entry, range, value, turn).and_then(|mut pieces| {
                if !raw && selection.aggregate == Aggregate::Mean {
                    let counts = segment.pieces(&entry, range, rollup::place(Aggregate::Count), turn)?;
                    for ((_, sums), (_, counts)) in pieces.iter_mut().zip(counts) {
                        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum = mean(*sum, count));
                    }
                }
                Ok(pieces)
            });
            let mut pieces = match pieces {
                Ok(pieces) if pieces.is_empty() => continue,
                Ok(pieces) => pieces,
                Err(damage) => {
                    self.note(damage);
                    continue;
                }
            };
            // A chunk at the border is whole, which is one sample too many where something is cut (CT-1).
            if ranges.cuts.find(&entry.labels).is_some() {
                clip(&mut pieces, range.0);
            }
            if raw && selection.resolution > 0 && selection.aggregate == Aggregate::Count {
                ones(&mut pieces);
            }
            charge(budget, &pieces)?;
            all.push((entry.labels, pieces));
        }
        Ok(all)
    }

    /// What the heads have, and the windows that are being sealed.
    fn heads(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<Part>, SourceError> {
        let count = selection.resolution > 0 && selection.aggregate == Aggregate::Count;
        let cuts = self.cuts();
        let paid = |labels: Labels, mut pieces: Vec<Piece>| {
            let first = cuts.first_of(&labels, Tier::Raw);
            if first > selection.from {
                clip(&mut pieces, first);
            }
            charge(budget, &pieces)?;
            if count {
                ones(&mut pieces);
            }
            Ok((labels, pieces))
        };
        let mut all = Vec::new();
        for shard in &self.shards {
            let (found, sealing, files) = {
                let mut state = shard.lock();
                let found = state.head.select(selection.matchers, selection.from, selection.until);
                let files = state.chunk_files(shard.folder()).map_err(unreadable)?;
                (found, state.sealing.clone(), files)
            };
            self.bounded(found.len())?;
            for window in &sealing {
                let inside =
                    window_of(selection.from) <= window.window && window.window <= window_of(selection.until);
                if inside {
                    let mut chunks = Chunks::new(self, shard, &files, window);
                    for series in
                        window.series.iter().filter(|series| series.labels.accepted_by(selection.matchers))
                    {
                        let pieces: Vec<Piece> =
                            series.chunks.iter().filter_map(|chunk| chunks.samples(chunk)).collect();
                        all.push(paid(series.labels.clone(), pieces)?);
                        self.bounded(all.len())?;
                    }
                }
            }
            let mut read = in_parts(found, |part| {
                let mut columns = BTreeMap::new();
                let read = part.into_iter().map(|series| {
                    let pieces = self.head_pieces(shard, &files, &series, &mut columns)?;
                    paid(series.labels, pieces)
                });
                read.collect::<Result<Vec<Part>, SourceError>>()
            })?;
            all.append(&mut read);
        }
        Ok(all)
    }

    /// The samples of a series in a head; chunks that cannot be read are noted and left out.
    fn head_pieces(
        &self,
        shard: &Shard,
        files: &ChunkFiles,
        series: &Found,
        columns: &mut BTreeMap<(i64, u32), Option<Arc<[i64]>>>,
    ) -> Result<Vec<Piece>, SourceError> {
        let mut pieces = Vec::new();
        for (chunk, column, generation, pending) in &series.chunks {
            let read = |span: Span, pending: Option<&[u8]>| match pending {
                Some(bytes) => Some(bytes.to_vec()),
                None => self.chunk_bytes(shard, files, (chunk.window, *generation), span),
            };
            let pending = pending.as_ref();
            let times = columns.entry((chunk.window, chunk.column)).or_insert_with(|| {
                let bytes = read(column.span, pending.and_then(|pending| pending.times.as_deref()))?;
                times_in(&bytes, column.count)
            });
            let Some(times) = times.clone() else { continue };
            let values = read(chunk.span, pending.and_then(|pending| pending.values.as_deref()))
                .and_then(|bytes| values_in(&bytes, column.count));
            pieces.extend(values.map(|values| (times, values)));
        }
        pieces.extend(series.pieces.newest().map_err(unreadable)?);
        let late = series.pieces.late.iter();
        pieces.extend(late.map(|(time, value)| (Arc::from([*time]), vec![*value])));
        Ok(pieces)
    }
}

fn unreadable(error: impl std::fmt::Display) -> SourceError {
    SourceError::Read(error.to_string().into())
}
