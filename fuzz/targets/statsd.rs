//! StatsD: no line may panic, each counts once, and what is told are series whose counts never shrink.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;
use topmast_ingest::Sink;
use topmast_ingest::scrape::STALE;
use topmast_ingest::statsd::{Aggregate, Options};

#[derive(Default)]
struct Told {
    series: String,
    last: HashMap<String, f64>,
}

impl Sink for Told {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        let plain =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
        assert!(plain(metric) && labels.iter().all(|(name, value)| plain(name) && !value.is_empty()));
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0));
        self.series = format!("{metric}{labels:?}");
    }

    fn sample(&mut self, _: i64, value: f64) {
        if value.to_bits() == STALE.to_bits() {
            self.last.remove(&self.series);
        } else if let Some(before) = self.last.insert(self.series.clone(), value)
            && self.series.contains("\"le\"")
        {
            assert!(value >= before);
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let options = Options {
        series: 50,
        idle_ms: 2_000,
        flush_ms: 1_000,
        timer_bounds: vec![0.01, 1.0],
        bounds: vec![10.0, 1_000.0],
    };
    let (mut all, mut told) = (Aggregate::new(options), Told::default());
    for (half, now) in [&input[..input.len() / 2], &input[input.len() / 2..]].into_iter().zip([1_000, 2_000])
    {
        let taken = all.take(half, now);
        let lines =
            half.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count() as u64;
        assert_eq!(taken.lines + taken.passed_over + taken.wrong + taken.refused, lines);
        assert_eq!(taken.reason.is_some(), taken.wrong + taken.refused > 0);
        assert!(all.held() <= 50);
        all.flush(now, &mut told);
    }
    all.flush(9_000, &mut told);
    assert_eq!(all.held(), 0);
    assert!(told.last.is_empty());
});
