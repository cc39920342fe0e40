//! Samples and the series they belong to, shaped as in Prometheus.
//!
//! A *series* is a metric of the [catalogue](crate::catalogue) plus label values;
//! a *sample* is one value of it at one time. All series of a server share the
//! agent's tick, so a sample carries no time of its own here: the frame does.

use crate::catalogue::Metric;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a collector puts what it read.
///
/// Called some hundred times a tick, so nothing here owns memory: an
/// implementation that sees the same calls in the same order every tick
/// need not allocate at all.
pub trait SampleSink {
    /// Takes one value.
    ///
    /// - `metric`: a row of the catalogue.
    /// - `labels`: one value for each name in `metric.labels`, in that order.
    /// - `value`: in the metric's base unit (seconds, bytes, ratio, count).
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64);
}

/// One series: a metric name and its labels, sorted by label name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Series {
    /// Metric name, as in the catalogue.
    pub metric: Box<str>,
    /// Label names and values, ascending by name.
    pub labels: Box<[(Box<str>, Box<str>)]>,
}

impl Series {
    /// Builds a series; sorts the labels.
    pub fn new<'a>(metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut labels: Vec<(Box<str>, Box<str>)> =
            labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        labels.sort();
        Self { metric: metric.into(), labels: labels.into() }
    }

    /// The value of one label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

impl fmt::Display for Series {
    /// Writes the Prometheus text form: `name{a="b",c="d"}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        for (position, (name, value)) in self.labels.iter().enumerate() {
            f.write_str(if position == 0 { "{" } else { "," })?;
            write!(f, "{name}=\"")?;
            for character in value.chars() {
                match character {
                    '\\' => f.write_str("\\\\")?,
                    '"' => f.write_str("\\\"")?,
                    '\n' => f.write_str("\\n")?,
                    other => write!(f, "{other}")?,
                }
            }
            f.write_str("\"")?;
        }
        if self.labels.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_sorts_labels_and_prints_as_prometheus_does() {
        let series = Series::new("host_cpu_seconds_total", [("mode", "user"), ("cpu", "0")]);
        assert_eq!(series.to_string(), r#"host_cpu_seconds_total{cpu="0",mode="user"}"#);
        assert_eq!(series.label("mode"), Some("user"));
        assert_eq!(series.label("absent"), None);
    }

    #[test]
    fn series_escapes_quotes_backslashes_and_newlines() {
        let series = Series::new("m", [("path", "C:\\a\"b\nc")]);
        assert_eq!(series.to_string(), r#"m{path="C:\\a\"b\nc"}"#);
    }
}
