//! Items: their keys, what they are in the catalogue, and the answers.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::catalogue as metric;
use topmast_model::catalogue::Metric;

/// What an agent answers instead of a value.
const NOT_SUPPORTED: &[u8] = b"ZBX_NOTSUPPORTED";
/// Rows of a discovery that are looked at.
const DISCOVERED_MAX: usize = 4_096;
/// Longest name that is asked about, in bytes.
const NAME_MAX: usize = 255;

/// An item that is one sample.
pub(super) struct Gauge {
    pub(super) key: &'static str,
    pub(super) metric: &'static Metric,
    pub(super) labels: &'static [&'static str],
}

const fn gauge(key: &'static str, metric: &'static Metric, labels: &'static [&'static str]) -> Gauge {
    Gauge { key, metric, labels }
}

pub(super) const GAUGES: &[Gauge] = &[
    gauge("system.cpu.num", metric::HOST_CPU_COUNT, &[]),
    gauge("system.cpu.load[all,avg1]", metric::HOST_LOAD_1, &[]),
    gauge("system.cpu.load[all,avg5]", metric::HOST_LOAD_5, &[]),
    gauge("system.cpu.load[all,avg15]", metric::HOST_LOAD_15, &[]),
    gauge("system.cpu.switches", metric::HOST_CONTEXT_SWITCHES, &[]),
    gauge("system.cpu.intr", metric::HOST_INTERRUPTS, &[]),
    gauge("system.uptime", metric::HOST_UPTIME_SECONDS, &[]),
    gauge("vm.memory.size[total]", metric::HOST_MEMORY_TOTAL_BYTES, &[]),
    gauge("vm.memory.size[available]", metric::HOST_MEMORY_AVAILABLE_BYTES, &[]),
    gauge("vm.memory.size[free]", metric::HOST_MEMORY_FREE_BYTES, &[]),
    gauge("vm.memory.size[buffers]", metric::HOST_MEMORY_BUFFERS_BYTES, &[]),
    gauge("vm.memory.size[cached]", metric::HOST_MEMORY_CACHED_BYTES, &[]),
    gauge("system.swap.size[,total]", metric::HOST_SWAP_TOTAL_BYTES, &[]),
    gauge("system.swap.size[,free]", metric::HOST_SWAP_FREE_BYTES, &[]),
    gauge("proc.num[,,run]", metric::HOST_PROCESSES_COUNT, &["running"]),
    gauge("proc.num[,,sleep]", metric::HOST_PROCESSES_COUNT, &["sleeping"]),
    gauge("proc.num[,,disk]", metric::HOST_PROCESSES_COUNT, &["blocked"]),
    gauge("proc.num[,,trace]", metric::HOST_PROCESSES_COUNT, &["stopped"]),
    gauge("proc.num[,,zomb]", metric::HOST_PROCESSES_COUNT, &["zombie"]),
];

/// Modes of processor time, as the agent calls them and as the catalogue does.
pub(super) const CPU_MODES: [(&str, &str); 8] = [
    ("user", "user"),
    ("nice", "nice"),
    ("system", "system"),
    ("idle", "idle"),
    ("iowait", "iowait"),
    ("interrupt", "irq"),
    ("softirq", "softirq"),
    ("steal", "steal"),
];

/// What an agent answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A value.
    Value(String),
    /// The item is not known there, or cannot be read; in the agent's words.
    NotSupported(String),
}

impl Answer {
    /// Reads the payload of an answer's frame.
    pub fn of(payload: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match payload.strip_prefix(NOT_SUPPORTED) {
            Some(reason) => Self::NotSupported(text(reason.strip_prefix(b"\0").unwrap_or(reason))),
            None => Self::Value(text(payload)),
        }
    }
}

/// Answers by the key that was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// Notes an answer.
    pub fn put(&mut self, key: &str, answer: Answer) {
        self.0.insert(key.to_owned(), answer);
    }

    /// A value as it came.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            Answer::Value(text) => Some(text),
            Answer::NotSupported(_) => None,
        }
    }

    /// The reason of the first item that the agent does not know, when it knows none at all.
    pub fn nothing(&self) -> Option<&str> {
        let mut reasons = self.0.values().map(|answer| match answer {
            Answer::NotSupported(reason) => Some(&**reason),
            Answer::Value(_) => None,
        });
        let first = reasons.next()??;
        reasons.all(|reason| reason.is_some()).then_some(first)
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        let text = self.text(key)?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        text.parse().ok().filter(|number: &f64| is_number && number.is_finite())
    }

    /// The rows of an answer that is a list.
    pub(super) fn rows(&self, key: &str) -> Vec<Value> {
        let parsed = self.text(key).and_then(|text| serde_json::from_str(text).ok());
        let rows = match parsed {
            // Agents before 4.2 put the list into an object.
            Some(Value::Object(mut object)) => object.remove("data"),
            other => other,
        };
        match rows {
            Some(Value::Array(mut rows)) => {
                rows.truncate(DISCOVERED_MAX);
                rows
            }
            _ => Vec::new(),
        }
    }
}

/// The names that a discovery found, each once, of the rows that `keep` lets through.
pub(super) fn names(answers: &Answers, key: &str, field: &str, keep: fn(&Value) -> bool) -> Vec<String> {
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    for row in answers.rows(key) {
        if let Some(name) = row.get(field).and_then(Value::as_str)
            && keep(&row)
            && is_askable(name)
            && seen.insert(name.to_owned())
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// True unless the discovery says that a block device is a part of another.
pub(super) fn is_whole(row: &Value) -> bool {
    row.get("{#DEVTYPE}").and_then(Value::as_str).is_none_or(|kind| kind == "disk")
}

/// Names that a key can hold: a parameter in quotes cannot end in a backslash, and a key is one line.
pub(super) fn is_askable(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len()) && !name.ends_with('\\') && !name.chars().any(char::is_control)
}

/// A parameter of a key, in quotes when it needs them.
pub(super) fn parameter(name: &str) -> String {
    let plain = !name.starts_with([' ', '"', '[']) && !name.contains([',', ']', '"']);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\\\"")) }
}
