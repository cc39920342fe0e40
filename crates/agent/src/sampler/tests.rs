//! The sampler on this machine: its frames are read back as a master reads them.

use super::*;
use crate::spool::{Next, Position};
use std::collections::BTreeMap;
use topmast_model::sample::Series;
use topmast_wire::{FrameDecoder, FrameSink};

#[derive(Default)]
struct Picture {
    series: BTreeMap<u32, Series>,
    values: BTreeMap<String, f64>,
    times: Vec<i64>,
}

impl FrameSink for Picture {
    fn series(&mut self, index: u32, series: Series) {
        self.series.insert(index, series);
    }
    fn retired(&mut self, index: u32) {
        let series = self.series.remove(&index).unwrap();
        self.values.remove(&series.to_string());
    }
    fn tick(&mut self, time: UnixMillis) {
        self.times.push(time.0);
    }
    fn value(&mut self, index: u32, value: f64) {
        self.values.insert(self.series[&index].to_string(), value);
    }
}

fn sampler() -> (tempfile::TempDir, Sampler) {
    let directory = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::open(directory.path(), 1 << 20, ["m:1"].into_iter()).unwrap());
    (directory, Sampler::new(Arc::new(Mutex::new(Board::default())), Arc::default(), spool))
}

fn picture(spool: &Spool) -> Picture {
    let (mut at, mut buffer) = (spool.position("m:1"), Vec::new());
    let (mut decoder, mut picture) = (FrameDecoder::new(), Picture::default());
    loop {
        match spool.read(at, &mut buffer).unwrap() {
            Next::Record(next) => {
                decoder.decode(&buffer, &mut picture).unwrap();
                at = next;
            }
            Next::Segment(next) => {
                (at, decoder) = (next, FrameDecoder::new());
            }
            Next::End => return picture,
        }
    }
}

#[test]
fn ticks_of_this_host_reach_the_spool() {
    let (_directory, mut sampler) = sampler();
    sampler.tick(UnixMillis(1_000), &[]);
    sampler.tick(UnixMillis(2_000), &[]);
    let picture = picture(&sampler.spool);
    assert_eq!(picture.times, [1_000, 2_000]);
    for series in [
        "host_cpu_count",
        "host_memory_available_bytes",
        r#"host_processes_count{state="sleeping"}"#,
        "agent_memory_bytes",
        r#"agent_spool_bytes{master="m:1"}"#,
        r#"agent_checks_total{result="failed"}"#,
    ] {
        assert!(picture.values.contains_key(series), "{series} is missing");
    }
    assert!(picture.values.keys().any(|series| series.starts_with("host_filesystem_size_bytes")));
    assert_eq!(sampler.read_errors, 0);
}

#[test]
fn second_tick_of_an_idle_group_is_a_fraction_of_the_first() {
    let (_directory, mut sampler) = sampler();
    sampler.tick(UnixMillis(1_000), &[]);
    let spool = Arc::clone(&sampler.spool);
    let mut buffer = Vec::new();
    let Next::Record(second) = spool.read(Position::start_of(1), &mut buffer).unwrap() else {
        panic!("no first record")
    };
    let first_length = buffer.len();
    sampler.tick(UnixMillis(2_000), &[]);
    assert!(matches!(spool.read(second, &mut buffer).unwrap(), Next::Record(_)));
    assert!(buffer.len() * 4 < first_length, "{} of {first_length}", buffer.len());
}

#[test]
fn facts_of_this_host_are_known() {
    let facts = read_facts();
    assert!(!facts.hostname.is_empty() && facts.cpu_count > 0 && facts.memory_bytes > 0, "{facts:?}");
}
