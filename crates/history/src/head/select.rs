//! Finding series in a head: what is needed to decode them, so that decoding holds nobody up.

use super::Head;
use super::buffer::{Buffer, Run};
use super::closed::{Closed, times_of};
use super::table::{HeadSeries, Number};
use super::window::{ChunkRef, Column, Window};
use crate::bytes::Malformed;
use crate::labels::Labels;
use crate::matcher::Matcher;
use std::collections::HashMap;
use std::sync::Arc;

/// One series that matches, with what it has in a range.
pub(crate) struct Found {
    pub(crate) labels: Labels,
    /// Chunks in the order in which they were made, with their columns, the generations of their windows and, of
    /// those that are in no file yet, their bytes.
    pub(crate) chunks: Vec<(ChunkRef, Column, u32, Option<Pending>)>,
    pub(crate) pieces: Pieces,
}

/// Bytes of a chunk and of its column that are in no file yet.
pub(crate) struct Pending {
    pub(crate) values: Option<Box<[u8]>>,
    pub(crate) times: Option<Box<[u8]>>,
}

/// What a series has besides chunks.
pub(crate) struct Pieces {
    /// What was closed before the newest, and its place there, when it is wanted.
    closed: Option<(Arc<Closed>, usize)>,
    /// The times of its grid, when they are wanted.
    grid: Option<Arc<[i64]>>,
    buffer: Buffer,
    carry: bool,
    /// As they came.
    pub(crate) late: Vec<(i64, f64)>,
}

/// Times, and a value at each of them.
type Samples = (Arc<[i64]>, Vec<f64>);

impl Pieces {
    /// The times and values of the buffers, the older one first.
    pub(crate) fn newest(&self) -> Result<[Samples; 2], Malformed> {
        let closed = self.closed.as_ref().and_then(|(closed, place)| {
            closed.buffers.get(*place).map(|(_, buffer)| samples(buffer, &closed.times, closed.carry))
        });
        let open = self.grid.as_ref().map(|times| samples(&self.buffer, times, self.carry));
        Ok([closed.transpose()?.unwrap_or_default(), open.transpose()?.unwrap_or_default()])
    }

    fn is_empty(&self) -> bool {
        self.closed.is_none() && self.grid.is_none() && self.late.is_empty()
    }
}

fn samples(buffer: &Buffer, times: &Arc<[i64]>, carry: bool) -> Result<Samples, Malformed> {
    let (mut runs, mut values) = (Vec::new(), Vec::with_capacity(times.len()));
    let end = u32::try_from(times.len()).unwrap_or(u32::MAX);
    buffer.decode(end, carry, &mut runs, &mut values)?;
    let whole = runs.first() == Some(&Run { tick: 0, count: end });
    let times = if whole { Arc::clone(times) } else { times_of(&runs, times).into() };
    Ok((times, values))
}

impl Head {
    /// The series that all matchers mean, with what they have from one time to another, both included.
    pub(crate) fn select(&self, matchers: &[Matcher], from: i64, until: i64) -> Vec<Found> {
        let mut grids: HashMap<u32, Arc<[i64]>> = HashMap::new();
        let places = self.table.matching(matchers);
        let found = places.iter().filter_map(|place| self.table.at(place));
        found
            .filter_map(|(number, series)| {
                let chunks = series.chunks.iter().filter_map(|chunk| {
                    let window = self.windows.get(&chunk.window)?;
                    let column = window.columns[chunk.column as usize];
                    (column.first <= until && column.last >= from)
                        .then(|| (*chunk, column, window.generation, pending(window, chunk, &column)))
                });
                let chunks: Vec<_> = chunks.collect();
                let pieces = self.pieces(number, series, (from, until), &mut grids);
                let empty = chunks.is_empty() && pieces.is_empty();
                (!empty).then(|| Found { labels: series.labels.clone(), chunks, pieces })
            })
            .collect()
    }

    fn pieces(
        &self,
        number: Number,
        series: &HeadSeries,
        (from, until): (i64, i64),
        grids: &mut HashMap<u32, Arc<[i64]>>,
    ) -> Pieces {
        let grid = &self.grids[series.grid as usize];
        let reaches = |times: &[i64]| {
            times.first().is_some_and(|first| *first <= until)
                && times.last().is_some_and(|last| *last >= from)
        };
        let closed = series.closed.as_ref().filter(|(closed, _)| reaches(&closed.times)).cloned();
        let inside = reaches(&grid.times) && !series.buffer.is_empty();
        let (grid_times, buffer) = if inside {
            let times = grids.entry(series.grid).or_insert_with(|| grid.times.as_slice().into());
            (Some(Arc::clone(times)), series.buffer.clone())
        } else {
            (None, Buffer::default())
        };
        let late = self.late.of(number).iter().filter(|(time, _)| (from..=until).contains(time));
        Pieces { closed, grid: grid_times, buffer, carry: grid.carries(), late: late.copied().collect() }
    }

    /// Calls `each` with the names of labels that some series have which all matchers mean.
    pub(crate) fn label_names(&self, matchers: &[Matcher], each: impl FnMut(&str)) {
        self.table.postings().names_among(&self.table.matching(matchers), each);
    }

    /// Calls `each` with the values of a label that some series have which all matchers mean.
    pub(crate) fn label_values(&self, name: &str, matchers: &[Matcher], each: impl FnMut(&str)) {
        self.table.postings().values_among(name, &self.table.matching(matchers), each);
    }

    /// Calls `each` with the labels of every series that all matchers mean.
    pub(crate) fn labels(&self, matchers: &[Matcher], mut each: impl FnMut(&Labels)) {
        let places = self.table.matching(matchers);
        places.iter().filter_map(|place| self.table.at(place)).for_each(|(_, series)| each(&series.labels));
    }
}

fn pending(window: &Window, chunk: &ChunkRef, column: &Column) -> Option<Pending> {
    let (values, times) = (window.unwritten(chunk.span), window.unwritten(column.span));
    (values.is_some() || times.is_some())
        .then(|| Pending { values: values.map(Into::into), times: times.map(Into::into) })
}
