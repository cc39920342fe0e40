//! Frames of the relay, taken in by a master that begins anywhere and loses anything.

use super::*;
use std::collections::BTreeMap;

/// What a master knows after the frames.
#[derive(Default)]
struct Master {
    decoder: FrameDecoder,
    picture: Picture,
}

#[derive(Default)]
struct Picture {
    series: BTreeMap<u32, String>,
    values: BTreeMap<String, f64>,
    times: Vec<i64>,
}

impl FrameSink for Picture {
    fn series(&mut self, index: u32, series: Series) {
        self.series.insert(index, series.to_string());
    }
    fn retired(&mut self, index: u32) {
        let series = self.series.remove(&index).unwrap();
        self.values.remove(&series);
    }
    fn tick(&mut self, time: UnixMillis) {
        self.times.push(time.0);
    }
    fn value(&mut self, index: u32, value: f64) {
        self.values.insert(self.series[&index].clone(), value);
    }
}

impl Master {
    /// Takes everything that a relay has; returns the last position that it confirms.
    fn take(&mut self, relay: &mut Relay, spool: &Spool) -> Option<Position> {
        let mut confirms = None;
        while let Some(outgoing) = relay.next(spool).unwrap() {
            self.decoder.decode(&outgoing.frame, &mut self.picture).unwrap();
            confirms = Some(outgoing.confirms);
        }
        confirms
    }

    fn values(&self) -> Vec<(&str, f64)> {
        self.picture.values.iter().map(|(series, value)| (series.as_str(), *value)).collect()
    }
}

/// A sampler with series `a` and, from time 3 to 5, `b`.
struct Sampled {
    directory: tempfile::TempDir,
    spool: Spool,
    encoder: FrameEncoder,
    a: u32,
    b: Option<u32>,
}

impl Sampled {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 1 << 20, ["m"].into_iter()).unwrap();
        spool.begin_segment_if_needed();
        let mut encoder = FrameEncoder::new();
        let a = encoder.define(&Series::new("a", [])).unwrap();
        Self { directory, spool, encoder, a, b: None }
    }

    fn tick(&mut self, time: i32) {
        let mut values = vec![(self.a, f64::from(time))];
        if time == 3 {
            self.b = Some(self.encoder.define(&Series::new("b", [("of", "x")])).unwrap());
        }
        if time == 6
            && let Some(b) = self.b.take()
        {
            self.encoder.retire(b);
        }
        values.extend(self.b.map(|b| (b, 0.5)));
        self.encoder.tick(UnixMillis(time.into()), &values).unwrap();
        while let Some(frame) = self.encoder.take() {
            self.spool.append(&frame);
        }
    }
}

#[test]
fn relay_hands_on_ticks_values_and_ends_of_series() {
    let mut sampled = Sampled::new();
    let mut relay = Relay::new(sampled.spool.position("m"));
    let mut master = Master::default();
    (1..=4).for_each(|time| sampled.tick(time));
    master.take(&mut relay, &sampled.spool);
    assert_eq!(master.values(), [("a", 4.0), ("b{of=\"x\"}", 0.5)]);
    (5..=7).for_each(|time| sampled.tick(time));
    master.take(&mut relay, &sampled.spool);
    assert_eq!(master.values(), [("a", 7.0)]);
    assert_eq!(master.picture.times, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn connection_that_begins_inside_a_segment_knows_what_came_before() {
    let mut sampled = Sampled::new();
    (1..=4).for_each(|time| sampled.tick(time));
    let mut first = Relay::new(sampled.spool.position("m"));
    let confirmed = Master::default().take(&mut first, &sampled.spool).unwrap();
    sampled.tick(5);
    let mut master = Master::default();
    master.take(&mut Relay::new(confirmed), &sampled.spool);
    assert_eq!(master.picture.times, [5]);
    // `b` did not change at 5 and was never sent on this connection before.
    assert_eq!(master.values(), [("a", 5.0), ("b{of=\"x\"}", 0.5)]);
}

#[test]
fn backlog_goes_out_in_portions_that_confirm_themselves() {
    let mut sampled = Sampled::new();
    (1..=150).for_each(|time| sampled.tick(time));
    let mut relay = Relay::new(sampled.spool.position("m"));
    let first = relay.next(&sampled.spool).unwrap().unwrap();
    assert_eq!(first.ticks, TICKS_PER_FRAME);
    let mut master = Master::default();
    master.take(&mut Relay::new(first.confirms), &sampled.spool);
    assert_eq!(master.picture.times.first(), Some(&61));
    assert_eq!(master.picture.times.len(), 90);
}

#[test]
fn new_segment_is_a_new_dictionary_on_the_same_connection() {
    let mut sampled = Sampled::new();
    sampled.tick(1);
    let mut relay = Relay::new(sampled.spool.position("m"));
    let mut master = Master::default();
    master.take(&mut relay, &sampled.spool);
    // As after a restart of the agent: another encoder, another segment.
    let path = sampled.directory.path().to_owned();
    sampled.spool = Spool::open(&path, 1 << 20, ["m"].into_iter()).unwrap();
    sampled.spool.begin_segment_if_needed();
    sampled.encoder = FrameEncoder::new();
    sampled.a = sampled.encoder.define(&Series::new("a", [])).unwrap();
    sampled.tick(2);
    master.take(&mut relay, &sampled.spool);
    assert_eq!(master.picture.times, [1, 2]);
    assert_eq!(master.values(), [("a", 2.0)]);
}

#[test]
fn damaged_record_costs_its_segment_only() {
    let mut sampled = Sampled::new();
    sampled.tick(1);
    sampled.spool.append(b"not a frame");
    sampled.tick(2);
    let path = sampled.directory.path().to_owned();
    sampled.spool = Spool::open(&path, 1 << 20, ["m"].into_iter()).unwrap();
    sampled.spool.begin_segment_if_needed();
    sampled.encoder = FrameEncoder::new();
    sampled.a = sampled.encoder.define(&Series::new("a", [])).unwrap();
    sampled.tick(3);
    let mut master = Master::default();
    master.take(&mut Relay::new(sampled.spool.position("m")), &sampled.spool);
    assert_eq!(master.picture.times, [1, 3]);
}
