//! Metrics of OpenTelemetry: no bytes may panic, and every sample told is counted. The first byte chooses the format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_ingest::Sink;
use topmast_ingest::otlp::{Format, decode};

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        assert!(!metric.is_empty());
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0));
    }

    fn sample(&mut self, _: i64, _: f64) {
        self.0 += 1;
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let format = if choice & 1 == 0 { Format::Protobuf } else { Format::Json };
    let mut count = Count::default();
    if let Ok(outcome) = decode(format, body, 0, &mut count) {
        assert_eq!(count.0, outcome.samples);
    }
});
