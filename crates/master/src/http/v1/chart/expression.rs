//! The figures of objects as `PromQL`: the same numbers as `live::figures` derives from each tick, over any span.
//!
//! An average of shares is taken as the share of averages. That is the same where the whole stands still
//! (memory, swap, disks), and for counters it is the share of the whole step, in which busy seconds weigh more.

use std::fmt::Write as _;
use topmast_api::chart::Figure;
use topmast_model::path::{Level, ObjectPath};

/// Filesystems that are full by nature, as for rows.
const ALWAYS_FULL: &str = "squashfs|iso9660|udf|erofs";
/// Intervals that a gauge is averaged over at least: a sample that comes late makes no gap.
const GAUGE_INTERVALS: i64 = 3;
/// Intervals that a counter's rate is over at least.
const RATE_INTERVALS: i64 = 4;

/// Series of one object, and the windows that are averaged over.
pub(super) struct Scope {
    labels: String,
    gauge: String,
    rate: String,
}

impl Scope {
    pub(super) fn new(path: &ObjectPath, step_ms: i64, interval_ms: i64) -> Self {
        // Both edges of a window count: one less, so that no sample is in two steps.
        let window = |intervals: i64| format!("[{}ms]", step_ms.max(interval_ms * intervals) - 1);
        Self { labels: labels(path), gauge: window(GAUGE_INTERVALS), rate: window(RATE_INTERVALS) }
    }

    /// The expression of a figure of the object's level.
    pub(super) fn expression(&self, level: Level, figure: &Figure) -> Option<String> {
        let busy = r#",cpu="all",mode!~"idle|iowait""#;
        let disk = format!(r#",type!~"{ALWAYS_FULL}""#);
        Some(match (level, figure.name) {
            (Level::Server, "cpu_pct") => format!(
                "100 * sum({}) / sum({})",
                self.rate("host_cpu_seconds_total", busy),
                self.rate("host_cpu_seconds_total", r#",cpu="all""#)
            ),
            (Level::Server, "memory_pct") => {
                self.used("host_memory_available_bytes", "host_memory_total_bytes")
            }
            (Level::Server, "swap_pct") => self.used("host_swap_free_bytes", "host_swap_total_bytes"),
            (Level::Server, "load1") => format!("max({})", self.average("host_load_1", "")),
            (Level::Server, "disk_pct") => {
                let [size, free, available] = ["size", "free", "available"]
                    .map(|what| self.average(&format!("host_filesystem_{what}_bytes"), &disk));
                format!("max(100 * ({size} - {free}) / ({size} - {free} + {available}))")
            }
            (Level::Server, "network_rx_bytes_per_s") => self.network("receive"),
            (Level::Server, "network_tx_bytes_per_s") => self.network("transmit"),
            (Level::Application, "cpu_pct") => {
                format!("100 * sum({})", self.rate("application_cpu_seconds_total", ""))
            }
            (Level::Application, "memory_bytes") => {
                format!("max({})", self.average("application_memory_bytes", ""))
            }
            (Level::Cluster | Level::Application | Level::Service, "tps") => {
                format!("sum({})", self.rate("service_transactions_total", ""))
            }
            // Services that count no errors add nothing to the share.
            (Level::Cluster | Level::Application | Level::Service, "error_pct") => {
                let errors = self.rate("service_errors_total", "");
                let all = self.rate("service_transactions_total", "");
                format!("100 * sum({errors} and {all}) / sum({all} and {errors})")
            }
            (Level::Service, "latency_p50_ms") => self.latency("0.5"),
            (Level::Service, "latency_p95_ms") => self.latency("0.95"),
            _ => return None,
        })
    }

    fn average(&self, metric: &str, more: &str) -> String {
        format!("avg_over_time({metric}{{{}{more}}}{})", self.labels, self.gauge)
    }

    fn rate(&self, metric: &str, more: &str) -> String {
        format!("rate({metric}{{{}{more}}}{})", self.labels, self.rate)
    }

    fn used(&self, free: &str, whole: &str) -> String {
        format!("max(100 * (1 - {} / {}))", self.average(free, ""), self.average(whole, ""))
    }

    fn network(&self, way: &str) -> String {
        format!("sum({})", self.rate(&format!("host_network_{way}_bytes_total"), r#",interface!="lo""#))
    }

    fn latency(&self, quantile: &str) -> String {
        let more = format!(r#",quantile="{quantile}""#);
        format!("max(1000 * {})", self.average("service_latency_seconds", &more))
    }
}

/// The labels that the history gives to an object's series, as matchers.
fn labels(path: &ObjectPath) -> String {
    let mut labels = String::new();
    for (label, level) in [
        ("tenant", Level::Tenant),
        ("cluster", Level::Cluster),
        ("server", Level::Server),
        ("application", Level::Application),
        ("service", Level::Service),
    ] {
        if let Some(name) = path.name_at(level) {
            let comma = if labels.is_empty() { "" } else { "," };
            // Writing into a text cannot fail.
            let _ = write!(labels, "{comma}{label}={}", quoted(name));
        }
    }
    labels
}

/// A text as `PromQL` writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::chart::figures_of;
    use topmast_history::promql;

    #[test]
    fn every_figure_of_every_level_has_an_expression_that_is_one() {
        for of in ["acme/main", "acme/main/db", "acme/main/db/switch", "acme/main/db/switch/Acq.DB+1"] {
            let path: ObjectPath = of.parse().unwrap();
            let scope = Scope::new(&path, 6_000, 1_000);
            for figure in figures_of(path.level()) {
                let text = scope.expression(path.level(), figure);
                let text = text.unwrap_or_else(|| panic!("{of} has no expression for {}", figure.name));
                promql::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(
                    text.matches("{tenant=\"acme\",cluster=\"main\"").count(),
                    text.matches('{').count()
                );
            }
        }
    }

    #[test]
    fn windows_are_steps_or_some_intervals() {
        let windows = |step, interval| {
            let scope = Scope::new(&"acme/main".parse().unwrap(), step, interval);
            (scope.gauge, scope.rate)
        };
        assert_eq!(windows(60_000, 1_000), ("[59999ms]".into(), "[59999ms]".into()));
        assert_eq!(windows(2_000, 1_000), ("[2999ms]".into(), "[3999ms]".into()));
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let name = "a\"} or vector(1) \\\n";
        assert_eq!(quoted(name), r#""a\"} or vector(1) \\\n""#);
        assert!(promql::parse(&format!("up{{server={}}}", quoted(name))).is_ok());
    }
}
