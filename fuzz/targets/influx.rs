//! Influx lines: no bytes may panic, and a wrong line takes no other with it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_ingest::Sink;
use topmast_ingest::influx::{Precision, decode};

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        let plain =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
        assert!(plain(metric) && labels.iter().all(|(name, _)| plain(name)));
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0));
    }

    fn sample(&mut self, _: i64, value: f64) {
        assert!(value.is_finite());
        self.0 += 1;
    }
}

fuzz_target!(|input: &[u8]| {
    let (mut alone, mut after) = (Count::default(), Count::default());
    let Ok(lines) = decode(input, Precision::Nanoseconds, 0, &mut alone) else { return };
    assert_eq!(alone.0, lines.outcome.samples);
    assert_eq!(lines.wrong > 0, !lines.descriptions.is_empty());
    // What comes first is told, whatever comes after it.
    let body = [b"first value=1\n", input].concat();
    if let Ok(all) = decode(&body, Precision::Nanoseconds, 0, &mut after) {
        assert_eq!((after.0, all.wrong), (alone.0 + 1, lines.wrong));
    }
});
