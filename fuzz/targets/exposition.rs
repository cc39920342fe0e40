//! Pages of metrics: no bytes may panic, and what is told of two of them are series that end once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use topmast_ingest::Sink;
use topmast_ingest::exposition::{Form, samples};
use topmast_ingest::relabel::Labels;
use topmast_ingest::scrape::{Held, Options, STALE};

/// The series that were told and have not ended.
#[derive(Default)]
struct Live(BTreeSet<String>, String);

impl Sink for Live {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        assert!(!metric.is_empty() && labels.iter().all(|(_, value)| !value.is_empty()));
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0));
        self.1 = format!("{metric}{labels:?}");
    }

    fn sample(&mut self, _: i64, value: f64) {
        if value.to_bits() == STALE.to_bits() {
            assert!(self.0.remove(&self.1), "the end of what was not there");
        } else {
            self.0.insert(self.1.clone());
        }
    }
}

fuzz_target!(|input: &[u8]| {
    // The first byte says the form, and where the second page begins.
    let Some((first, rest)) = input.split_first() else { return };
    let form = if first & 1 == 0 { Form::Text } else { Form::OpenMetrics };
    if let Ok(page) = str::from_utf8(rest) {
        let lines = page.lines().count();
        assert!(samples(page, form).count() <= lines + 1);
        for sample in samples(page, form).flatten() {
            let _ = sample.named();
        }
    }
    let target = [("instance", "host:1"), ("job", "j")];
    let options = Options {
        target: Labels::from(target.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        honor_labels: first & 2 != 0,
        honor_timestamps: false,
        relabel: Vec::new(),
        sample_limit: 0,
    };
    let (mut held, mut live) = (Held::default(), Live::default());
    for (time, page) in (1..).zip([rest, &rest[rest.len() / 2..]]) {
        let mut told = Live(live.0.clone(), String::new());
        if held.page(page, form, &options, time, &mut told).is_ok() {
            live = told;
        } else {
            held.end(time, &mut live);
            assert!(live.0.is_empty());
        }
    }
    held.end(9, &mut live);
    assert!(live.0.is_empty());
});
