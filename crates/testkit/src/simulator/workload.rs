//! The samples of a simulated server: series as a host has them, changing as a host's do.
//!
//! Values are whole multiples of what a kernel counts in (bytes, pages, hundredths
//! of a second), for frames of smooth random numbers would be longer than real ones.

use super::Options;
use super::applications::{application_name, service_name};
use topmast_model::catalogue::{self as metric, CATALOGUE, Metric, MetricKind, Unit};
use topmast_model::sample::Series;
use topmast_wire::limits::SERIES_MAX;

/// Metrics that a host has once for each processor, disk, filesystem, interface or process.
const REPEATED: &[&Metric] = &[
    metric::HOST_CPU_SECONDS,
    metric::HOST_DISK_READS,
    metric::HOST_DISK_WRITES,
    metric::HOST_DISK_READ_BYTES,
    metric::HOST_DISK_WRITTEN_BYTES,
    metric::HOST_DISK_BUSY_SECONDS,
    metric::HOST_FILESYSTEM_SIZE_BYTES,
    metric::HOST_FILESYSTEM_AVAILABLE_BYTES,
    metric::HOST_NETWORK_RECEIVE_BYTES,
    metric::HOST_NETWORK_TRANSMIT_BYTES,
    metric::HOST_PROCESS_CPU_SECONDS,
    metric::HOST_PROCESS_MEMORY_BYTES,
];
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
/// Series of one service.
const PER_SERVICE: usize = 3;
/// Of the changes, this share belongs to series that change at every tick …
const BUSY: f64 = 0.7;
/// … and the rest to series that change at every second one.
const CALM_CHANCE: f64 = 0.5;

/// Checks that options can be met.
pub(super) fn check(options: &Options) -> Result<(), String> {
    let business = options.applications * options.services * PER_SERVICE;
    if options.series < business || options.series > SERIES_MAX as usize {
        return Err(format!(
            "{} series a server are out of range; give {business} (those of its services) to {SERIES_MAX}",
            options.series
        ));
    }
    if !(0.0..=0.7).contains(&options.changing) {
        return Err(format!("the share {} of changing series is not between 0 and 0.7", options.changing));
    }
    if options.interval.is_zero() {
        return Err("the interval is zero; give at least a millisecond".into());
    }
    Ok(())
}

/// The series of one server and their values.
#[derive(Debug)]
pub(super) struct Workload {
    series: Vec<Slot>,
    /// Positions that change at every tick, then those that change at every second one.
    moving: Vec<usize>,
    n_busy: usize,
    random: fastrand::Rng,
}

#[derive(Debug)]
struct Slot {
    metric: &'static Metric,
    series: Series,
    /// The value in the smallest unit that its source counts in.
    count: u64,
}

impl Workload {
    pub(super) fn new(options: &Options, mut random: fastrand::Rng) -> Self {
        let mut series = business_series(options);
        let n_business = series.len();
        series.extend(host_series().take(options.series - n_business));
        let mut series: Vec<Slot> = series
            .into_iter()
            .map(|(metric, series)| Slot { metric, series, count: random.u64(0..1 << 30) })
            .collect();
        random.shuffle(&mut series);
        // Transactions never rest; which of the other series move is a matter of chance.
        let changes = options.changing * series.len() as f64;
        let is_transactions =
            |position: &usize| series[*position].metric == metric::SERVICE_TRANSACTIONS_TOTAL;
        let (mut moving, others): (Vec<_>, Vec<_>) = (0..series.len()).partition(is_transactions);
        moving.extend(others);
        let n_busy = whole(changes * BUSY);
        moving.truncate(n_busy + whole(changes * (1.0 - BUSY) / CALM_CHANCE));
        Self { series, moving, n_busy, random }
    }

    /// The series, in the order of their indexes.
    pub(super) fn series(&self) -> impl ExactSizeIterator<Item = &Series> {
        self.series.iter().map(|slot| &slot.series)
    }

    /// Every value as it is now: the first tick of a connection.
    pub(super) fn all(&self, values: &mut Vec<(u32, f64)>) {
        values.clear();
        values.extend((0..).zip(self.series.iter().map(Slot::value)));
    }

    /// One tick later: the values that changed.
    pub(super) fn tick(&mut self, values: &mut Vec<(u32, f64)>) {
        values.clear();
        for (order, position) in self.moving.iter().enumerate() {
            if order < self.n_busy || self.random.f64() < CALM_CHANCE {
                let slot = &mut self.series[*position];
                slot.advance(&mut self.random);
                values.push((u32::try_from(*position).unwrap_or(u32::MAX), slot.value()));
            }
        }
    }
}

impl Slot {
    fn value(&self) -> f64 {
        match (self.metric.kind, self.metric.unit) {
            (MetricKind::Counter, Unit::Seconds) => self.count as f64 / 100.0,
            (MetricKind::Gauge, Unit::Seconds) => self.count as f64 / 1e6,
            (MetricKind::Gauge, Unit::Bytes) => (self.count << 12) as f64,
            _ => self.count as f64,
        }
    }

    fn advance(&mut self, random: &mut fastrand::Rng) {
        let step = match (self.metric.kind, self.metric.unit) {
            (MetricKind::Counter, Unit::Bytes) => random.u64(64..65_536),
            (MetricKind::Counter, _) => random.u64(1..=100),
            (MetricKind::Gauge, Unit::Seconds) => {
                self.count = random.u64(500..50_000);
                return;
            }
            // Up and down, but never below zero.
            (MetricKind::Gauge, _) => {
                let change = random.u64(1..=256);
                self.count =
                    if random.bool() { self.count + change } else { self.count.saturating_sub(change) };
                return;
            }
        };
        self.count += step;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of at most 200,000 series"
)]
fn whole(count: f64) -> usize {
    count.round() as usize
}

fn business_series(options: &Options) -> Vec<(&'static Metric, Series)> {
    let mut all = Vec::new();
    for application in 0..options.applications {
        for service in 0..options.services {
            let (application, service) = (application_name(application), service_name(service));
            let labels = [("application", application.as_str()), ("service", service.as_str())];
            for metric in [metric::SERVICE_TRANSACTIONS_TOTAL, metric::SERVICE_ERRORS_TOTAL] {
                all.push((metric, Series::new(metric.name, labels)));
            }
            let quantile = labels.into_iter().chain([("quantile", "0.95")]);
            let metric = metric::SERVICE_LATENCY_SECONDS;
            all.push((metric, Series::new(metric.name, quantile)));
        }
    }
    all
}

/// As many host series as anybody takes: the single ones, then those of ever more processors and disks.
fn host_series() -> impl Iterator<Item = (&'static Metric, Series)> {
    let single = CATALOGUE.iter().filter(|row| row.name.starts_with("host_") && row.labels.is_empty());
    let single = single.map(|row| (*row, Series::new(row.name, [])));
    let repeated = (0..).flat_map(|number: usize| {
        REPEATED.iter().map(move |row| {
            let values: Vec<String> = row.labels.iter().map(|label| label_value(label, number)).collect();
            let labels = row.labels.iter().copied().zip(values.iter().map(String::as_str));
            (*row, Series::new(row.name, labels))
        })
    });
    single.chain(repeated)
}

fn label_value(label: &str, number: usize) -> String {
    match label {
        "cpu" if number < MODES.len() => "all".into(),
        "cpu" => (number / MODES.len() - 1).to_string(),
        "mode" => MODES[number % MODES.len()].into(),
        "mount" => format!("/srv/data{number}"),
        "device" => format!("sd{number}"),
        "interface" => format!("eth{number}"),
        "pid" => (1_000 + number).to_string(),
        "type" => "ext4".into(),
        _ => format!("worker{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn series_are_as_many_as_asked_and_each_is_there_once() {
        for series in [3, 10, 100, 1_000] {
            let options = Options { series, ..Options::default() };
            let workload = Workload::new(&options, fastrand::Rng::with_seed(1));
            let distinct: HashSet<&Series> = workload.series().collect();
            assert_eq!((workload.series().len(), distinct.len()), (series, series));
        }
    }

    #[test]
    fn share_of_changed_values_is_the_one_asked_for() {
        let options = Options { series: 1_000, ..Options::default() };
        let mut workload = Workload::new(&options, fastrand::Rng::with_seed(1));
        let (mut before, mut values) = (Vec::new(), Vec::new());
        workload.all(&mut before);
        let mut changed = 0;
        for _ in 0..100 {
            workload.tick(&mut values);
            for (index, value) in &values {
                changed += usize::from(before[*index as usize].1.to_bits() != value.to_bits());
                before[*index as usize].1 = *value;
            }
        }
        let share = changed as f64 / 100_000.0;
        assert!((0.12..0.14).contains(&share), "{share}");
    }

    #[test]
    fn equal_seeds_give_equal_values() {
        // S-1
        let ticks = |seed| {
            let mut workload = Workload::new(&Options::default(), fastrand::Rng::with_seed(seed));
            let mut values = Vec::new();
            workload.tick(&mut values);
            values
        };
        assert_eq!(ticks(7), ticks(7));
        assert_ne!(ticks(7), ticks(8));
    }

    #[test]
    fn options_that_cannot_be_met_are_refused() {
        let wrong = [
            Options { series: 2, ..Options::default() },
            Options { changing: 1.5, ..Options::default() },
            Options { interval: std::time::Duration::ZERO, ..Options::default() },
        ];
        for options in wrong {
            assert!(check(&options).is_err(), "{options:?}");
        }
    }
}
