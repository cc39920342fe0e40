//! A history of many servers, and what the queries of all shipped rules cost there.

use super::fleet::SERVICES;
use super::{Bound, Figure, median, strange};
use crate::bench::BenchError;
use std::collections::HashMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use topmast_engine::alarm::{SeriesAlarm, ThresholdAlarm};
use topmast_engine::shipped_rules;
use topmast_history::promql::{self, Options as QueryOptions, Value};
use topmast_history::{Batch, Budget, History, Options};
use topmast_model::problem::locate;
use topmast_model::time::UnixMillis;

/// Time between two samples, and how many there are: what the longest look back of a shipped rule needs.
const STEP_MS: i64 = 15_000;
const SAMPLES: i64 = 45;
/// Time between two looks of a master, in which all have to be done.
const LOOK_MS: f64 = 5_000.0;
/// Time that a master gives the query of one rule.
const ANSWERED_MS: f64 = 2_000.0;
const MODES: [&str; 5] = ["user", "system", "idle", "iowait", "irq"];

/// A metric of a server with one label, empty when it has none, and how its value comes from the number of the sample.
type Shape = (&'static str, &'static str, &'static [&'static str], fn(f64) -> f64);

const SHAPES: &[Shape] = &[
    ("host_uptime_seconds", "", &[""], |at| 1e6 + at),
    ("host_cpu_count", "", &[""], |_| 8.0),
    ("host_memory_available_bytes", "", &[""], |at| 4e9 + at),
    ("host_memory_total_bytes", "", &[""], |_| 8e9),
    ("host_memory_out_of_memory_kills_total", "", &[""], |_| 0.0),
    ("host_swap_free_bytes", "", &[""], |_| 2e9),
    ("host_swap_total_bytes", "", &[""], |_| 2e9),
    ("host_swap_read_bytes_total", "", &[""], |_| 0.0),
    ("host_filesystem_available_bytes", "mount", &["/", "/var", "/opt"], |at| 5e10 - at),
    ("host_filesystem_size_bytes", "mount", &["/", "/var", "/opt"], |_| 1e11),
    ("host_filesystem_files_free_count", "mount", &["/", "/var", "/opt"], |_| 1e6),
    ("host_filesystem_files_count", "mount", &["/", "/var", "/opt"], |_| 2e6),
    ("host_disk_busy_seconds_total", "device", &["sda", "sdb"], |at| at * 0.2),
    ("host_network_receive_errors_total", "interface", &["eth0", "eth1"], |_| 0.0),
    ("host_network_transmit_errors_total", "interface", &["eth0", "eth1"], |_| 0.0),
    ("agent_dropped_ticks_total", "master", &["m1"], |_| 0.0),
];

pub(super) fn measure(servers: usize, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let folder = tempfile::Builder::new().prefix("topmast-rules-").tempdir().map_err(strange)?;
    let (history, _) = History::open(folder.path(), Options::default()).map_err(strange)?;
    let end = now() / STEP_MS * STEP_MS;
    let began = Instant::now();
    let samples = fill(&history, servers, end)?;
    let (series, filled) = (history.series_count(), began.elapsed().as_secs_f64());

    let mut kept: HashMap<String, Vec<SeriesAlarm>> = HashMap::new();
    let mut slowest = (0.0, "");
    let mut worked = 0.0;
    let (took, values) = median(|| {
        let mut values = 0_usize;
        (slowest, worked) = ((0.0, ""), 0.0);
        for rule in shipped_rules().values() {
            let (Some(text), Some(alarm)) = (rule.when.query(), ThresholdAlarm::of(rule)) else { continue };
            let query = promql::parse(text).map_err(strange)?;
            let began = Instant::now();
            let found = query.instant(&history, end, &QueryOptions::default(), &Budget::unlimited());
            let Value::Vector(found) = found.map_err(strange)? else { continue };
            let asked = Instant::now();
            let alarms = kept.entry(rule.name.clone()).or_default();
            alarms.resize(found.len(), SeriesAlarm::new());
            for (sample, series) in found.iter().zip(alarms) {
                std::hint::black_box(locate(sample.labels.pairs()));
                series.observe(&alarm, UnixMillis(end), sample.value);
            }
            values += found.len();
            worked += asked.elapsed().as_secs_f64() * 1e3;
            let own = began.elapsed().as_secs_f64() * 1e3;
            if own > slowest.0 {
                slowest = (own, rule.name.as_str());
            }
        }
        Ok(values)
    })?;
    show(
        Figure::new("slowest query of a shipped rule", slowest.0, "ms")
            .target(Bound::AtMost(ANSWERED_MS))
            .note(slowest.1),
    );
    let note = format!(
        "{servers} servers, {series} series, {values} values; {worked:.0} ms of it for the series of what came; \
         {samples} samples were written in {filled:.0} s"
    );
    show(
        Figure::new("look at all shipped rules on numbers", took, "ms")
            .target(Bound::AtMost(LOOK_MS))
            .note(note),
    );
    Ok(())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn fill(history: &History, servers: usize, end: i64) -> Result<usize, BenchError> {
    let (mut batch, mut samples) = (Batch::default(), 0);
    for number in 0..servers {
        let server = format!("server-{number:05}");
        let base = [("cluster", "main"), ("server", server.as_str()), ("tenant", "acme")];
        let mut series = |metric: &str, more: &[(&str, &str)], value: &dyn Fn(f64) -> f64| {
            let mut labels = [&base[..], more].concat();
            labels.sort_unstable();
            batch.series(metric, labels);
            for at in 0..SAMPLES {
                batch.sample(end - (SAMPLES - 1 - at) * STEP_MS, value((at * STEP_MS / 1_000) as f64));
            }
        };
        for (metric, label, places, value) in SHAPES {
            for place in *places {
                let label = [(*label, *place)];
                series(metric, if place.is_empty() { &[] } else { &label }, value);
            }
        }
        for mode in MODES {
            series("host_cpu_seconds_total", &[("cpu", "all"), ("mode", mode)], &|at| at * 1.5);
        }
        for service in 0..SERVICES {
            let service = format!("s{service}");
            let labels = [("application", "switch"), ("service", service.as_str())];
            series("service_transactions_total", &labels, &|at| at * 12.0);
            series("service_errors_total", &labels, &|at| (at * 0.01).floor());
        }
        if batch.len() > 100_000 {
            samples += batch.len();
            history.append(&batch, end).map_err(strange)?;
            batch.clear();
        }
    }
    samples += batch.len();
    history.append(&batch, end).map_err(strange)?;
    history.sync().map_err(strange)?;
    Ok(samples)
}
