//! Parts of the inside, for `benches/` alone. Each is a function of its own in the program, so that what counts
//! instructions can count those of one.

use crate::codec::{Encoder, decode_values};
use crate::head::{Head, Kind, Number};
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::operation::Recorder;
use crate::postings::Postings;
use topmast_model::sample::Series;

/// A chunk's encoder.
#[derive(Default)]
pub struct Chunks(Encoder);

impl Chunks {
    /// The values as a chunk.
    #[inline(never)]
    pub fn encode(&mut self, values: &[f64]) -> Vec<u8> {
        let mut out = Vec::new();
        self.0.values(values, &mut out);
        out
    }

    /// The values of a chunk; none when it is damaged.
    #[inline(never)]
    pub fn decode(bytes: &[u8], count: usize) -> Vec<f64> {
        let mut out = Vec::with_capacity(count);
        let _ = decode_values(bytes, count, &mut out);
        out
    }
}

/// A head with one server, and its log in memory.
pub struct Ticks {
    head: Head,
    grid: u32,
    series: Vec<Number>,
    log: Vec<u8>,
}

impl Ticks {
    /// A server with so many series.
    pub fn new(series: usize) -> Self {
        let mut head = Head::default();
        let grid = head.grid(1, Kind::Carried);
        let labels =
            (0..series).map(|number| Labels::of(&Series::new(&format!("m{number}"), [("server", "s")])));
        let series = labels.filter_map(|labels| head.define(labels.as_bytes(), grid)).collect();
        Self { head, grid, series, log: Vec::new() }
    }

    /// A tick with the values that changed.
    #[inline(never)]
    pub fn tick(&mut self, time: i64, values: impl Iterator<Item = (usize, f64)>) {
        self.log.clear();
        let mut recorder = Recorder::new(&mut self.head, &mut self.log);
        recorder.tick(self.grid, time);
        for (index, value) in values {
            recorder.push(self.series[index], value);
        }
        recorder.close();
    }
}

/// Lets so many agents join an empty head; how many grids there are.
#[inline(never)]
pub fn join(agents: u64) -> u32 {
    let mut head = Head::default();
    (0..agents).map(|agent| head.grid(agent, Kind::Carried)).max().unwrap_or(0)
}

/// Lets a sender give the series of one target times of their own, each before that of the series before it; how
/// many series there are.
#[inline(never)]
pub fn out_of_step(series: i64) -> usize {
    let mut head = Head::default();
    let grid = head.grid(1, Kind::Exact);
    let labels = (0..series).map(|number| Labels::of(&Series::new(&format!("m{number}"), [])));
    let numbers: Vec<Number> = labels.filter_map(|labels| head.define(labels.as_bytes(), grid)).collect();
    for (number, time) in numbers.iter().zip((0..series).rev()) {
        head.sample(*number, time, 1.0);
    }
    head.series_count()
}

/// Which series have which labels.
#[derive(Default)]
pub struct Index(Postings);

impl Index {
    /// The index of these series.
    pub fn of(series: impl Iterator<Item = Series>) -> Self {
        let mut postings = Postings::default();
        (0..).zip(series).for_each(|(number, series)| postings.insert(number, &Labels::of(&series)));
        Self(postings)
    }

    /// How many series the matchers mean.
    #[inline(never)]
    pub fn matching(&self, matchers: &[Matcher]) -> u64 {
        self.0.matching(matchers).len()
    }
}
