//! The metric catalogue: every metric Topmast makes itself, with its unit and meaning.
//!
//! One row a metric, as data, so that the agent, the console, the API's
//! documentation and the tests agree. `xtask tidy` refuses a metric without a row.
//!
//! Invariants
//! - M-1: a name is `<namespace>_<name>_<base unit>`, plus `_total` for a counter.
//! - M-2: names are unique; label names are lower case.

/// How a metric's values behave over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, except when its source restarts; rates are derived on read.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// The base unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count of things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// A share between 0 and 1.
    Ratio,
}

/// One row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name in the field's form, e.g. `host_memory_available_bytes`.
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: MetricKind,
    /// Unit of the values.
    pub unit: Unit,
    /// Names of the labels, in the order in which a sink is given their values.
    pub labels: &'static [&'static str],
    /// One sentence for people.
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($ident:ident = $name:literal $kind:ident $unit:ident [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $ident: &Metric = &Metric {
                name: $name,
                kind: MetricKind::$kind,
                unit: Unit::$unit,
                labels: &[$($label),*],
                help: $help,
            };
        )*
        /// Every row, in the order written.
        pub const CATALOGUE: &[&Metric] = &[$($ident),*];
    };
}

catalogue! {
    // Host: processor
    HOST_CPU_SECONDS = "host_cpu_seconds_total" Counter Seconds ["cpu", "mode"] "Time each processor spent in each mode; cpu=\"all\" is their sum.";
    HOST_CPU_COUNT = "host_cpu_count" Gauge Count [] "Processors online.";
    // Applications, per application of the server
    APPLICATION_CPU_SECONDS = "application_cpu_seconds_total" Counter Seconds ["application"] "Processor time used by the application's processes.";
    APPLICATION_MEMORY_BYTES = "application_memory_bytes" Gauge Bytes ["application"] "Resident memory of the application's processes.";
    APPLICATION_PROCESSES_COUNT = "application_processes_count" Gauge Count ["application"] "Processes of the application.";
    APPLICATION_RESTARTS_TOTAL = "application_restarts_total" Counter Count ["application"] "Restarts made by the restart policy or an operator.";
    // Services, per service of an application
    SERVICE_TRANSACTIONS_TOTAL = "service_transactions_total" Counter Count ["application", "service"] "Transactions completed, good and bad.";
    SERVICE_ERRORS_TOTAL = "service_errors_total" Counter Count ["application", "service"] "Transactions that ended in an error.";
    SERVICE_RESPONSES_TOTAL = "service_responses_total" Counter Count ["application", "service", "code"] "Transactions by response code.";
    SERVICE_LATENCY_SECONDS = "service_latency_seconds" Gauge Seconds ["application", "service", "quantile"] "Transaction latency at a quantile, as the application reports it.";
    SERVICE_CHECK_SECONDS = "service_check_duration_seconds" Gauge Seconds ["application", "service"] "Time the service check took.";
    SERVICE_VALUE = "service_perfdata_count" Gauge Count ["application", "service", "name"] "A number that a check plugin reported beside its state, in the plugin's own unit.";
}

/// Looks a metric up by name.
pub fn find(name: &str) -> Option<&'static Metric> {
    CATALOGUE.iter().copied().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_unique_and_says_its_kind_and_unit() {
        // M-1, M-2
        let mut seen = HashSet::new();
        for metric in CATALOGUE {
            assert!(seen.insert(metric.name), "{} appears twice", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == MetricKind::Counter,
                "{}",
                metric.name
            );
            let base = metric.name.trim_end_matches("_total");
            let unit = match metric.unit {
                Unit::Bytes => "_bytes",
                Unit::Seconds => "_seconds",
                Unit::Ratio => "_ratio",
                Unit::Count => "",
            };
            assert!(base.ends_with(unit), "{} does not end in {unit}", metric.name);
            assert!(
                metric.labels.iter().all(|label| label.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            );
            assert!(metric.help.ends_with('.'), "{}: help is a sentence", metric.name);
        }
    }
}
