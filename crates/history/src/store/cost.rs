//! What the store costs on recorded host data: prints figures, asserts none, and runs when asked only.
//!
//! `HOST_RECORDING=file cargo test --release -p topmast-history --lib store::cost -- --ignored --nocapture`
//!
//! The file: a line of series, then lines of a time in ms and a value for each series.

use super::tests::open;
use super::{Batch, History};
use crate::budget::Budget;
use crate::matcher::Matcher;
use crate::source::{Aggregate, Selection, Source as _};
use std::path::Path;
use std::time::Instant;
use topmast_model::sample::Series;

struct Recording {
    series: Vec<Series>,
    rows: Vec<(i64, Vec<f64>)>,
}

fn recording() -> Option<Recording> {
    let text = std::fs::read_to_string(std::env::var_os("HOST_RECORDING")?).unwrap();
    let mut lines = text.lines();
    let series = lines.next().unwrap().split('\t').map(|name| {
        let (metric, labels) = name.split_once('{').unwrap_or((name, "}"));
        let labels = labels.trim_end_matches('}').split(',').filter_map(|label| label.split_once('='));
        Series::new(metric, labels.map(|(name, value)| (name, value.trim_matches('"'))))
    });
    let series = series.collect();
    let rows = lines.map(|line| {
        let mut words = line.split(' ');
        (words.next().unwrap().parse().unwrap(), words.map(|word| word.parse().unwrap()).collect())
    });
    Some(Recording { series, rows: rows.collect() })
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .map(
            |entry| {
                if entry.path().is_dir() { bytes(&entry.path()) } else { entry.metadata().unwrap().len() }
            },
        )
        .sum()
}

/// Feeds the recording as `servers` agents would.
fn feed(history: &History, recording: &Recording, servers: usize, rows: usize) -> (f64, u64) {
    let names: Vec<String> = (0..servers).map(|number| format!("server-{number:04}")).collect();
    let mut feeds: Vec<_> = names
        .iter()
        .map(|name| {
            let mut feed = history.feed([("tenant", "acme"), ("cluster", "main"), ("server", name)]);
            (0..).zip(&recording.series).for_each(|(index, series)| feed.define(index, series));
            feed
        })
        .collect();
    let mut last: Vec<f64> = Vec::new();
    let (mut taken, before) = (0, cpu());
    for (time, values) in recording.rows.iter().take(rows) {
        let changes: Vec<(u32, f64)> = (0_u32..)
            .zip(values)
            .filter(|(index, value)| {
                last.get(*index as usize).is_none_or(|last| last.to_bits() != value.to_bits())
            })
            .map(|(index, value)| (index, *value))
            .collect();
        last.clone_from(values);
        for feed in &mut feeds {
            feed.tick(*time);
            for (index, value) in &changes {
                feed.value(*index, *value);
            }
            taken += history.commit(feed, *time).unwrap().taken;
        }
        history.sync().unwrap();
    }
    (cpu() - before, taken)
}

#[test]
#[ignore = "prints what the store costs; asked for by hand"]
fn recorded_host() {
    let Some(recording) = recording() else { return };
    let folder = tempfile::tempdir_in(std::env::var_os("COST_FOLDER").unwrap_or("/tmp".into())).unwrap();
    let rows = recording.rows.len();
    let last = recording.rows[rows - 1].0;
    println!("{} series, {rows} seconds", recording.series.len());
    let one = open(&folder.path().join("one"));
    let (seconds, taken) = feed(&one, &recording, 1, rows);
    println!("one server: {taken} samples, {:.1} M a CPU-second", taken as f64 / seconds / 1e6);
    println!("  log and chunks {:.3} B a sample", bytes(&folder.path().join("one")) as f64 / taken as f64);
    one.seal_all(last).unwrap();
    let status = one.status();
    for tier in &status.tiers {
        println!(
            "  {}: {:.4} B a sample ({} segments)",
            tier.name,
            tier.bytes as f64 / taken as f64,
            tier.segments
        );
    }
    let memory = resident();
    let many = open(&folder.path().join("many"));
    let (seconds, taken) = feed(&many, &recording, 100, 1_000);
    println!("100 servers: {taken} samples, {:.1} M a CPU-second", taken as f64 / seconds / 1e6);
    let series = many.status().series as f64;
    println!(
        "  {:.0} bytes of memory a series ({series} series)",
        (resident() - memory) * 1_048_576.0 / series
    );
    let before = cpu();
    many.seal_all(last).unwrap();
    println!("  sealed in {:.2} CPU-s", cpu() - before);
    query(
        "one series",
        &many,
        &[
            Matcher::equal("__name__", "load"),
            Matcher::equal("server", "server-0007"),
            Matcher::equal("k", "0"),
        ],
    );
    query(
        "one metric of 100 servers",
        &many,
        &[Matcher::equal("__name__", "load"), Matcher::equal("k", "0")],
    );
    query(
        "1,000 series",
        &many,
        &[Matcher::equal("__name__", "disk"), Matcher::matching("k", "0|1|2|3|4").unwrap()],
    );
    batches(&folder.path().join("batch"), &recording);
}

fn query(what: &str, history: &History, matchers: &[Matcher]) {
    let selection =
        Selection { matchers, from: 0, until: i64::MAX, resolution: 0, aggregate: Aggregate::Last };
    for turn in ["first", "again"] {
        let began = Instant::now();
        let found = history.select(&selection, &Budget::unlimited()).unwrap();
        let samples: usize = found.iter().map(|found| found.times.len()).sum();
        let ms = began.elapsed().as_secs_f64() * 1e3;
        println!("  {what}, {turn}: {} series, {samples} samples, {ms:.2} ms", found.len());
    }
}

/// The recording as single samples, a batch of 2,000 at a time, as remote-write sends them.
fn batches(folder: &Path, recording: &Recording) {
    let history = open(folder);
    let servers: Vec<String> = (0..20).map(|number| format!("server-{number:04}")).collect();
    let (mut taken, mut spent) = (0, 0.0);
    for (time, values) in recording.rows.iter().take(600) {
        let mut made = vec![Batch::default()];
        for server in &servers {
            for (series, value) in recording.series.iter().zip(values) {
                let mut labels: Vec<(&str, &str)> =
                    series.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
                labels.extend([("instance", server.as_str()), ("job", "node")]);
                labels.sort_unstable();
                if made.last().unwrap().len() >= 2_000 {
                    made.push(Batch::default());
                }
                let batch = made.last_mut().unwrap();
                batch.series(&series.metric, labels);
                batch.sample(*time, *value);
            }
        }
        let before = cpu();
        for batch in &made {
            taken += history.append(batch, *time).unwrap().taken;
        }
        history.sync().unwrap();
        spent += cpu() - before;
    }
    println!("batches: {taken} samples, {:.2} M a CPU-second", taken as f64 / spent / 1e6);
    history.seal_all(recording.rows[600].0).unwrap();
    let raw = &history.status().tiers[0];
    println!("  raw {:.4} B a sample", raw.bytes as f64 / raw.samples as f64);
}
