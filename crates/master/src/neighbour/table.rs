//! The series of a neighbour: each reading is all of them, told as what changed since the one before.

use std::collections::HashMap;
use topmast_model::catalogue::Metric;
use topmast_model::sample::{SampleSink, Series};
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink;

/// Series of one neighbour. More than a large host has; its disks, interfaces and filesystems are bounded before.
const SERIES_MAX: usize = 10_000;
/// Bytes of a label's value, as on the wire of agents.
const VALUE_MAX: usize = 1_024;

/// Values of a metric's labels, in their order.
type LabelValues = Box<[Box<str>]>;

/// What one reading says.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Sample>);

#[derive(Debug)]
struct Sample {
    metric: &'static Metric,
    labels: LabelValues,
    value: f64,
}

impl Samples {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl SampleSink for Samples {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        let fits = labels.iter().all(|label| label.len() <= VALUE_MAX);
        if fits && value.is_finite() && self.0.len() < SERIES_MAX {
            let labels = labels.iter().map(|label| (*label).into()).collect();
            self.0.push(Sample { metric, labels, value });
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// By metric and labels.
    series: HashMap<(&'static str, LabelValues), Known>,
    next: u32,
    readings: u64,
}

#[derive(Debug)]
struct Known {
    index: u32,
    /// The last reading that it was in.
    reading: u64,
}

impl Table {
    /// Tells a reading: what is new of its series, what is there no more, and the values.
    pub(super) fn tell(&mut self, samples: Samples, time: UnixMillis, sink: &mut impl FrameSink) {
        self.readings += 1;
        let reading = self.readings;
        let mut values = Vec::with_capacity(samples.len());
        for Sample { metric, labels, value } in samples.0 {
            let series = || {
                let names = metric.labels.iter().copied();
                Series::new(metric.name, names.zip(labels.iter().map(|label| &**label)))
            };
            let key = (metric.name, labels.clone());
            let known = self.series.entry(key).or_insert_with(|| {
                let index = self.next;
                self.next += 1;
                sink.series(index, series());
                Known { index, reading: 0 }
            });
            // Twice in a reading: the first stands.
            if known.reading != reading {
                known.reading = reading;
                values.push((known.index, value));
            }
        }
        self.series.retain(|_, known| {
            let is_there = known.reading == reading;
            if !is_there {
                sink.retired(known.index);
            }
            is_there
        });
        sink.tick(time);
        for (index, value) in values {
            sink.value(index, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::catalogue::{HOST_LOAD_1, HOST_NETWORK_RECEIVE_BYTES};

    #[derive(Default)]
    struct Told(Vec<String>);

    impl FrameSink for Told {
        fn series(&mut self, index: u32, series: Series) {
            self.0.push(format!("{index}: {series}"));
        }

        fn retired(&mut self, index: u32) {
            self.0.push(format!("{index} ends"));
        }

        fn tick(&mut self, time: UnixMillis) {
            self.0.push(format!("at {}", time.0));
        }

        fn value(&mut self, index: u32, value: f64) {
            self.0.push(format!("{index} = {value}"));
        }
    }

    #[test]
    fn series_are_defined_once_and_end_when_a_reading_has_them_not() {
        let (mut table, mut told) = (Table::default(), Told::default());
        let bytes = |interfaces: &[&str]| {
            let mut samples = Samples::default();
            samples.sample(HOST_LOAD_1, &[], 0.5);
            for interface in interfaces {
                samples.sample(HOST_NETWORK_RECEIVE_BYTES, &[interface], 7.0);
            }
            samples
        };
        table.tell(bytes(&["eth0"]), UnixMillis(1), &mut told);
        table.tell(bytes(&["eth1", "eth1"]), UnixMillis(2), &mut told);
        assert_eq!(
            told.0,
            [
                "0: host_load_1",
                "1: host_network_receive_bytes_total{interface=\"eth0\"}",
                "at 1",
                "0 = 0.5",
                "1 = 7",
                "2: host_network_receive_bytes_total{interface=\"eth1\"}",
                "1 ends",
                "at 2",
                "0 = 0.5",
                "2 = 7",
            ]
        );
    }

    #[test]
    fn samples_are_bounded() {
        let mut samples = Samples::default();
        for number in 0..SERIES_MAX + 10 {
            samples.sample(HOST_NETWORK_RECEIVE_BYTES, &[&number.to_string()], 1.0);
        }
        samples.sample(HOST_LOAD_1, &[], f64::NAN);
        assert_eq!(samples.len(), SERIES_MAX);
        let mut samples = Samples::default();
        samples.sample(HOST_NETWORK_RECEIVE_BYTES, &["x".repeat(VALUE_MAX + 1).as_str()], 1.0);
        assert!(samples.is_empty());
    }
}
