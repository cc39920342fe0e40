//! Answering: which tiers, which segments, and what the heads have.

use super::History;
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
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was found so far, by series.
type All = BTreeMap<Labels, Vec<Piece>>;

/// A part of a query's range that one tier answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    tier: Tier,
    from: i64,
    until: i64,
}

impl Source for History {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let (from, until) = (selection.from, selection.until);
        let mut all = All::new();
        // The heads before the segments: what moves from one to the other meanwhile is seen twice, not never.
        let heads = self.heads(selection, budget)?;
        let (segments, mut loaded) = (self.segments(), 0);
        for part in parts(&segments, selection) {
            for segment in segments.iter().filter(|segment| overlaps(segment, &part)) {
                self.visit(segment, &mut loaded, || {
                    self.segment(segment, &part, selection, &mut all, budget)
                })?;
            }
        }
        for (labels, mut pieces) in heads {
            if selection.resolution > 0 && selection.aggregate == Aggregate::Count {
                ones(&mut pieces);
            }
            all.entry(labels).or_default().extend(pieces);
            self.bounded(all.len())?;
        }
        let mut joiner = Joiner::default();
        let joined = all.into_iter().filter_map(|(labels, pieces)| {
            let (times, values) = joiner.join(pieces, from, until)?;
            Some(SeriesSamples { series: Arc::new(labels.to_series()), times, values })
        });
        Ok(joined.collect())
    }
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

fn overlaps(segment: &Segment, part: &Part) -> bool {
    let footer = segment.footer();
    footer.tier == part.tier && footer.first <= part.until && footer.last >= part.from
}

/// The tier for the resolution, and coarser ones for times that it does not reach back to.
fn parts(segments: &[Arc<Segment>], selection: &Selection<'_>) -> Vec<Part> {
    let mut until = selection.until;
    let mut parts = Vec::new();
    for tier in Tier::ALL {
        let next = Tier::ALL.into_iter().find(|next| *next > tier);
        if next.is_some_and(|next| selection.resolution >= next.step()) {
            continue;
        }
        let own = segments.iter().filter(|segment| segment.footer().tier == tier);
        let start = own.map(|segment| segment.footer().first).min();
        let from =
            if next.is_none() { selection.from } else { start.unwrap_or(i64::MAX).max(selection.from) };
        if from <= until {
            parts.push(Part { tier, from, until });
            until = from.saturating_sub(1);
        }
        if until < selection.from {
            break;
        }
    }
    parts
}

impl History {
    pub(super) fn bounded(&self, series: usize) -> Result<(), SourceError> {
        let limit = self.options.query_series;
        if series > limit { Err(SourceError::Series { limit }) } else { Ok(()) }
    }

    fn segment(
        &self,
        segment: &Segment,
        part: &Part,
        selection: &Selection<'_>,
        all: &mut All,
        budget: &Budget,
    ) -> Result<(), SourceError> {
        let turn = self.next_turn();
        let (entries, damages) = segment.find(selection.matchers, turn);
        self.note_all(damages);
        self.bounded(entries.len())?;
        let raw = part.tier == Tier::Raw;
        let value = if raw { 0 } else { rollup::place(selection.aggregate) };
        let range = (part.from, part.until);
        for entry in entries {
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
            if raw && selection.resolution > 0 && selection.aggregate == Aggregate::Count {
                ones(&mut pieces);
            }
            charge(budget, &pieces)?;
            all.entry(entry.labels).or_default().extend(pieces);
            self.bounded(all.len())?;
        }
        Ok(())
    }

    /// What the heads have, and the windows that are being sealed.
    fn heads(
        &self,
        selection: &Selection<'_>,
        budget: &Budget,
    ) -> Result<Vec<(Labels, Vec<Piece>)>, SourceError> {
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
                        charge(budget, &pieces)?;
                        all.push((series.labels.clone(), pieces));
                        self.bounded(all.len())?;
                    }
                }
            }
            let mut columns = BTreeMap::new();
            for series in found {
                let pieces = self.head_pieces(shard, &files, &series, &mut columns)?;
                charge(budget, &pieces)?;
                all.push((series.labels, pieces));
            }
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
        pieces.push(series.pieces.newest().map_err(unreadable)?);
        let late = series.pieces.late.iter();
        pieces.extend(late.map(|(time, value)| (Arc::from([*time]), vec![*value])));
        Ok(pieces)
    }
}

fn unreadable(error: impl std::fmt::Display) -> SourceError {
    SourceError::Read(error.to_string().into())
}
