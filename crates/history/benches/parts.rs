//! What single parts of the history cost: coding, the head, the index.
//!
//! `cargo bench -p topmast-history --features bench`; counting instructions: docs/guide/benchmark.md.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use topmast_history::Matcher;
use topmast_history::bench::{Chunks, Index, Ticks, join, out_of_step};
use topmast_model::sample::Series;

/// Values of a chunk.
const COUNT: usize = 600;
/// Series of a server, and those of them that change in a tick.
const SERIES: usize = 850;
const CHANGING: usize = 110;
/// Series of an index.
const INDEXED: usize = 100_000;

/// What metrics of hosts look like.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Constant,
    Counter,
    Gauge,
    Noise,
}

const KINDS: [Kind; 4] = [Kind::Constant, Kind::Counter, Kind::Gauge, Kind::Noise];

fn values(kind: Kind) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut last = 1_000.0;
    let mut next = || {
        last = match kind {
            Kind::Constant => last,
            Kind::Counter => last + f64::from(random.u32(0..4_096)),
            // To a hundredth, as loads and percentages are.
            Kind::Gauge => (last * 100.0 + f64::from(random.i32(-50..50))).round() / 100.0,
            Kind::Noise => random.f64(),
        };
        last
    };
    (0..COUNT).map(|_| next()).collect()
}

#[divan::bench(args = KINDS)]
fn encode(bencher: Bencher, kind: Kind) {
    let (values, mut chunks) = (values(kind), Chunks::default());
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| chunks.encode(black_box(&values)));
}

#[divan::bench(args = KINDS)]
fn decode(bencher: Bencher, kind: Kind) {
    let bytes = Chunks::default().encode(&values(kind));
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| Chunks::decode(black_box(&bytes), COUNT));
}

/// The cut into chunks, each 600 ticks, is in it.
#[divan::bench(sample_count = 20, sample_size = 600)]
fn tick(bencher: Bencher) {
    let (mut ticks, mut time) = (Ticks::new(SERIES), 0);
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        time += 1_000;
        let step = usize::try_from(time / 1_000).unwrap_or(0);
        ticks.tick(time, (0..CHANGING).map(|change| ((change * 7 + step) % SERIES, (step * 3) as f64)));
    });
}

#[divan::bench(args = [1_000, 10_000])]
fn agents_join(bencher: Bencher, agents: u64) {
    bencher.counter(ItemsCount::new(agents)).bench_local(|| join(black_box(agents)));
}

/// The worst that a sender's order of times can do.
#[divan::bench(args = [1_000, 10_000], sample_count = 10)]
fn series_out_of_step(bencher: Bencher, series: i64) {
    bencher.counter(ItemsCount::new(series.unsigned_abs())).bench_local(|| out_of_step(black_box(series)));
}

#[derive(Debug, Clone, Copy)]
enum Look {
    OneOfMany,
    OneOfFew,
    Regex,
    RegexOfAll,
}

#[divan::bench(args = [Look::OneOfMany, Look::OneOfFew, Look::Regex, Look::RegexOfAll])]
fn index(bencher: Bencher, look: Look) {
    let series = (0..INDEXED).map(|number| {
        let (name, zone) = (format!("shop-{number}"), format!("{}", number % 20));
        Series::new("container_cpu", [("name", name.as_str()), ("zone", zone.as_str())])
    });
    let index = Index::of(series);
    let metric = Matcher::equal("__name__", "container_cpu");
    let matching = |text: &str| Matcher::matching("name", text).into_iter();
    let matchers: Vec<Matcher> = match look {
        Look::OneOfMany => vec![metric, Matcher::equal("name", "shop-777")],
        Look::OneOfFew => vec![metric, Matcher::equal("zone", "7")],
        Look::Regex => std::iter::once(metric).chain(matching("shop-77.*")).collect(),
        Look::RegexOfAll => std::iter::once(metric).chain(matching(".+")).collect(),
    };
    bencher.bench_local(|| index.matching(black_box(&matchers)));
}

fn main() {
    divan::main();
}
