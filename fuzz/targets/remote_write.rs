//! Remote write: no bytes may panic, every sample told is counted, and labels are sorted and without empty ones.
//!
//! The first byte chooses the version and how the rest is packed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_ingest::Sink;
use topmast_ingest::compression::{Encoding, unpack};
use topmast_ingest::remote_write::{Version, decode};

#[derive(Default)]
struct Count {
    series: u64,
    samples: u64,
    last: Option<i64>,
}

impl Sink for Count {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        assert!(!metric.is_empty());
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0));
        assert!(labels.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()));
        self.series += 1;
        self.last = None;
    }

    fn sample(&mut self, time: i64, _: f64) {
        assert!(self.last.is_none_or(|last| last <= time));
        self.last = Some(time);
        self.samples += 1;
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let version = if choice & 1 == 0 { Version::One } else { Version::Two };
    let encoding = match choice >> 1 & 3 {
        0 => Encoding::Identity,
        1 => Encoding::Snappy,
        2 => Encoding::Zstd,
        _ => Encoding::Gzip,
    };
    let mut memory = Vec::new();
    let Ok(body) = unpack(encoding, body, 1 << 20, &mut memory) else { return };
    assert!(body.len() <= 1 << 20);
    let mut count = Count::default();
    if let Ok(written) = decode(version, body, &mut count) {
        assert_eq!((count.series, count.samples), (written.outcome.series, written.outcome.samples));
        assert_eq!(written.outcome.left_out > 0, written.outcome.reason.is_some());
    }
});
