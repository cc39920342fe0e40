//! The series being sampled, and the frames that tell of them.
//!
//! Series come in *groups*: all that one collector emits in one run. A series that its group's next run does not
//! emit has ended. Between the runs of a slow group its series keep their values.
//!
//! Calls mostly repeat those of the run before, in order; then a call is a comparison of texts and no memory is
//! taken. Otherwise the series is found by its hash.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use topmast_model::catalogue::Metric;
use topmast_model::sample::{SampleSink, Series};
use topmast_model::time::UnixMillis;
use topmast_wire::{FrameEncoder, SeriesError};

/// Most series of one group. The wire's dictionary holds 200,000 of all groups together.
const GROUP_MAX: usize = 50_000;

/// All series of an agent.
#[derive(Debug, Default)]
pub(crate) struct Table {
    encoder: FrameEncoder,
    groups: Vec<Group>,
    hasher: RandomState,
    /// Index and value of everything emitted since the last tick.
    values: Vec<(u32, f64)>,
    /// Series that were refused: too many, or with labels too long.
    refused: u64,
}

#[derive(Debug, Default)]
struct Group {
    entries: Vec<Entry>,
    /// Position of a series by the hash of its metric and labels.
    positions: HashMap<u64, u32>,
    /// Position at which the next call is expected.
    cursor: usize,
    /// Calls of the run under way.
    calls: u32,
    /// True when a call did not repeat the run before.
    reordered: bool,
}

#[derive(Debug)]
struct Entry {
    metric: &'static Metric,
    labels: Box<[Box<str>]>,
    hash: u64,
    /// Number in the encoder's dictionary.
    index: u32,
    value: f64,
    /// Number of the call in the run under way; `None` before it is emitted.
    call: Option<u32>,
}

impl Entry {
    fn is(&self, metric: &'static Metric, labels: &[&str]) -> bool {
        // Rows of the catalogue are unique, so the name decides.
        self.metric.name == metric.name && self.labels.iter().map(|label| &**label).eq(labels.iter().copied())
    }

    fn series(&self) -> Series {
        let names = self.metric.labels.iter().copied();
        Series::new(self.metric.name, names.zip(self.labels.iter().map(|label| &**label)))
    }
}

impl Table {
    /// Adds a group; returns its number.
    pub(crate) fn group(&mut self) -> usize {
        self.groups.push(Group::default());
        self.groups.len() - 1
    }

    /// Runs a group: what `emit` emits are its series from now on.
    pub(crate) fn run(&mut self, group: usize, emit: impl FnOnce(&mut dyn SampleSink)) {
        let mut run = Run { table: self, group };
        emit(&mut run);
        self.finish(group);
    }

    /// Ends every series of a group.
    pub(crate) fn clear(&mut self, group: usize) {
        self.run(group, |_| {});
    }

    /// Makes a frame of everything emitted since the last one.
    pub(crate) fn tick(&mut self, time: UnixMillis) -> Vec<Vec<u8>> {
        if let Err(error) = self.encoder.tick(time, &self.values) {
            // Every index here is one that the encoder gave; a new dictionary is right in any case.
            tracing::error!(%error, "begin a new dictionary");
            self.encoder.reset();
            self.define_again();
        }
        self.values.clear();
        std::iter::from_fn(|| self.encoder.take()).collect()
    }

    /// Begins a new dictionary with a new encoder: the next tick stands by itself.
    pub(crate) fn restart(&mut self) {
        self.encoder = FrameEncoder::new();
        self.define_again();
    }

    /// Gives every living series a new index in an empty dictionary, and its value to the next tick.
    fn define_again(&mut self) {
        self.values.clear();
        for entry in self.groups.iter_mut().flat_map(|group| &mut group.entries) {
            // It was accepted before, and an empty dictionary is not full.
            if let Ok(index) = self.encoder.define(&entry.series()) {
                entry.index = index;
                self.values.push((index, entry.value));
            }
        }
    }

    /// How many series were refused so far.
    pub(crate) const fn refused(&self) -> u64 {
        self.refused
    }

    fn sample(&mut self, group: usize, metric: &'static Metric, labels: &[&str], value: f64) {
        let Some(state) = self.groups.get_mut(group) else { return };
        let expected = state.entries.get(state.cursor).is_some_and(|entry| entry.is(metric, labels));
        let position = if expected {
            state.cursor
        } else {
            state.reordered = true;
            let hash = self.hasher.hash_one((metric.name, labels));
            match state.positions.get(&hash) {
                Some(position) => *position as usize,
                None => match self.define(group, metric, labels, hash) {
                    Some(position) => position,
                    None => return,
                },
            }
        };
        let state = &mut self.groups[group];
        let entry = &mut state.entries[position];
        entry.value = value;
        entry.call = Some(state.calls);
        state.calls += 1;
        state.cursor = position + 1;
        self.values.push((entry.index, value));
    }

    fn define(&mut self, group: usize, metric: &'static Metric, labels: &[&str], hash: u64) -> Option<usize> {
        let labels: Box<[Box<str>]> = labels.iter().map(|label| (*label).into()).collect();
        let mut entry = Entry { metric, labels, hash, index: 0, value: 0.0, call: None };
        let position = self.groups[group].entries.len();
        let mut index = self.encoder.define(&entry.series());
        if matches!(index, Err(SeriesError::Full)) {
            // The dictionary fills with series that came and went; the living ones begin a new one.
            self.encoder.reset();
            self.define_again();
            index = self.encoder.define(&entry.series());
        }
        match (index, u32::try_from(position)) {
            (Ok(index), Ok(number)) if position < GROUP_MAX => {
                entry.index = index;
                let state = &mut self.groups[group];
                state.entries.push(entry);
                state.positions.insert(hash, number);
                Some(position)
            }
            (index, _) => {
                if let Ok(index) = index {
                    self.encoder.retire(index);
                }
                if self.refused == 0 {
                    tracing::warn!(series = %entry.series(), "a series is left out: too many, or its labels are too long");
                }
                self.refused += 1;
                None
            }
        }
    }

    /// Ends the series that the run left out, and learns its order.
    fn finish(&mut self, group: usize) {
        let Some(state) = self.groups.get_mut(group) else { return };
        if state.reordered || state.calls as usize != state.entries.len() {
            let (encoder, values) = (&mut self.encoder, &mut self.values);
            state.entries.retain(|entry| {
                if entry.call.is_none() {
                    encoder.retire(entry.index);
                    values.retain(|(index, _)| *index != entry.index);
                }
                entry.call.is_some()
            });
            state.entries.sort_by_key(|entry| entry.call);
            state.positions.clear();
            state.positions.extend(state.entries.iter().map(|entry| entry.hash).zip(0..));
        }
        for entry in &mut state.entries {
            entry.call = None;
        }
        (state.cursor, state.calls, state.reordered) = (0, 0, false);
    }
}

/// A group's run under way.
struct Run<'a> {
    table: &'a mut Table,
    group: usize,
}

impl SampleSink for Run<'_> {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        self.table.sample(self.group, metric, labels, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use topmast_model::catalogue::{HOST_CPU_COUNT, HOST_CPU_SECONDS, SERVICE_RESPONSES_TOTAL};
    use topmast_wire::{FrameDecoder, FrameSink};

    /// What a master knows after the frames.
    #[derive(Default)]
    struct Picture {
        series: BTreeMap<u32, String>,
        values: BTreeMap<String, f64>,
        defined: usize,
    }

    impl FrameSink for Picture {
        fn series(&mut self, index: u32, series: Series) {
            self.defined += 1;
            self.series.insert(index, series.to_string());
        }
        fn retired(&mut self, index: u32) {
            let series = self.series.remove(&index).unwrap();
            self.values.remove(&series);
        }
        fn tick(&mut self, _: UnixMillis) {}
        fn value(&mut self, index: u32, value: f64) {
            self.values.insert(self.series[&index].clone(), value);
        }
    }

    fn tick(table: &mut Table, decoder: &mut FrameDecoder, picture: &mut Picture) {
        for frame in table.tick(UnixMillis(1)) {
            decoder.decode(&frame, picture).unwrap();
        }
    }

    fn codes(table: &mut Table, group: usize, codes: &[(&str, f64)]) {
        table.run(group, |sink| {
            for (code, value) in codes {
                sink.sample(SERVICE_RESPONSES_TOTAL, &["switch", "MC", code], *value);
            }
        });
    }

    #[test]
    fn series_live_as_long_as_their_group_emits_them() {
        let (mut table, mut decoder, mut picture) =
            (Table::default(), FrameDecoder::new(), Picture::default());
        let (fast, slow) = (table.group(), table.group());
        table.run(slow, |sink| sink.sample(HOST_CPU_COUNT, &[], 2.0));
        codes(&mut table, fast, &[("00", 1.0), ("05", 2.0), ("91", 3.0)]);
        tick(&mut table, &mut decoder, &mut picture);
        assert_eq!(picture.values.len(), 4);
        // One gone, one new, another order; the slow group did not run.
        codes(&mut table, fast, &[("91", 4.0), ("51", 5.0), ("00", 6.0)]);
        tick(&mut table, &mut decoder, &mut picture);
        let found: Vec<_> =
            picture.values.iter().map(|(series, value)| format!("{series} {value}")).collect();
        assert_eq!(
            found,
            [
                "host_cpu_count 2",
                r#"service_responses_total{application="switch",code="00",service="MC"} 6"#,
                r#"service_responses_total{application="switch",code="51",service="MC"} 5"#,
                r#"service_responses_total{application="switch",code="91",service="MC"} 4"#,
            ]
        );
        assert_eq!(picture.defined, 5, "no series is defined twice");
        table.clear(fast);
        tick(&mut table, &mut decoder, &mut picture);
        assert_eq!(picture.values.len(), 1);
    }

    #[test]
    fn repeated_calls_match_without_the_hash() {
        let mut table = Table::default();
        let group = table.group();
        codes(&mut table, group, &[("00", 1.0), ("05", 2.0)]);
        table.groups[group].positions.clear();
        codes(&mut table, group, &[("00", 3.0), ("05", 4.0)]);
        assert_eq!(table.groups[group].entries.len(), 2);
    }

    #[test]
    fn restarted_table_stands_by_itself() {
        let mut table = Table::default();
        let group = table.group();
        table.run(group, |sink| {
            sink.sample(HOST_CPU_SECONDS, &["0", "user"], 1.0);
            sink.sample(HOST_CPU_COUNT, &[], 2.0);
        });
        table.tick(UnixMillis(1));
        table.restart();
        let (mut decoder, mut picture) = (FrameDecoder::new(), Picture::default());
        tick(&mut table, &mut decoder, &mut picture);
        assert_eq!(picture.values.values().copied().collect::<Vec<f64>>(), [2.0, 1.0]);
    }

    #[test]
    fn label_too_long_for_the_wire_is_left_out_and_counted() {
        let mut table = Table::default();
        let group = table.group();
        codes(&mut table, group, &[(&"x".repeat(5_000), 1.0), ("00", 1.0)]);
        assert_eq!((table.refused(), table.groups[group].entries.len()), (1, 1));
    }
}
