//! For tests: recorded hosts, and a sink that remembers.
//!
//! `fixtures/hosts/HOST/PATH` holds what `PATH` held on that host. This is the
//! one place of the crate that reads files.

use crate::collector::{Machine, ParseSamples};
use crate::linux::facts::{FACT_FILES, FactFiles};
use std::path::PathBuf;
use topmast_model::catalogue::Metric;
use topmast_model::sample::{SampleSink, Series};

/// The folder of recorded hosts.
fn hosts() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/hosts"))
}

/// Names of the recorded hosts and of the folder `truncated`, sorted.
#[expect(clippy::disallowed_methods, reason = "tests read recorded hosts")]
pub(crate) fn host_names() -> Vec<String> {
    let entries = std::fs::read_dir(hosts()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a file held on a recorded host, if it was recorded.
#[expect(clippy::disallowed_methods, reason = "tests read recorded hosts")]
pub(crate) fn find_fixture(host: &str, path: &str) -> Option<Vec<u8>> {
    std::fs::read(hosts().join(host).join(path.trim_start_matches('/'))).ok()
}

/// What a file held on a recorded host.
pub(crate) fn fixture(host: &str, path: &str) -> Vec<u8> {
    find_fixture(host, path).unwrap_or_else(|| panic!("fixtures/hosts/{host}{path} is missing"))
}

/// What tools print: system, name of the file without its end, text. `fixtures/tools/SYSTEM/TOOL[-OPTIONS].txt`.
#[expect(clippy::disallowed_methods, reason = "tests read recorded texts")]
pub(crate) fn tool_texts() -> Vec<(String, String, Vec<u8>)> {
    let folder = |path: PathBuf| {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let name = |path: &std::path::Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let tools = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/tools"));
    let systems = folder(tools).into_iter().filter(|path| path.is_dir());
    let texts = systems.flat_map(|system| {
        folder(system.clone())
            .into_iter()
            .map(move |text| (name(&system), name(&text), std::fs::read(text).unwrap()))
    });
    texts.collect()
}

/// Every recorded file of a host that gives facts.
pub(crate) fn fact_files(host: &str) -> FactFiles {
    FACT_FILES.iter().filter_map(|path| Some((*path, find_fixture(host, path)?))).collect()
}

/// Remembers samples in order, each series in its text form.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Recorder(Vec<(String, f64)>);

impl Recorder {
    pub(crate) fn samples(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(series, value)| (series.as_str(), *value))
    }

    /// The value of a series, which must have been emitted at most once.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let mut values = self.samples().filter(|(other, _)| *other == series).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{series} was emitted twice");
        value
    }
}

impl SampleSink for Recorder {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        assert!(value.is_finite(), "{}", metric.name);
        let labels = metric.labels.iter().copied().zip(labels.iter().copied());
        self.0.push((Series::new(metric.name, labels).to_string(), value));
    }
}

/// Parses a text that is whole, on a machine of 100 ticks and pages of 4 KiB.
pub(crate) fn parsed(parse: ParseSamples, text: &[u8]) -> Recorder {
    let mut sink = Recorder::default();
    parse(Machine::default(), text, &mut sink).unwrap();
    sink
}

/// Parses a text and expects these samples among the others; with none expected, nothing may be emitted.
pub(crate) fn check(parse: ParseSamples, text: &[u8], expected: &[(&str, f64)]) {
    let sink = parsed(parse, text);
    for (series, value) in expected {
        assert_eq!(sink.value(series), Some(*value), "{series}");
    }
    assert!(!expected.is_empty() || sink == Recorder::default(), "{sink:?}");
}
