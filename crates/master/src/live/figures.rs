//! Figures: the numbers that rows show, derived from series after each tick.

use super::Totals;
use super::rate::Rate;
use std::collections::HashMap;
use topmast_model::sample::Series;

/// Window of transactions per second: short enough to decide on, long enough to be steady.
const TPS_WINDOW_MS: i64 = 5_000;
/// Window of processor and network rates of applications and servers: the last tick.
const TICK_WINDOW_MS: i64 = 900;
/// Filesystems that are full by nature.
const ALWAYS_FULL: [&str; 4] = ["squashfs", "iso9660", "udf", "erofs"];

/// What a server's row shows; `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct HostFigures {
    pub(crate) cpu_pct: Option<f64>,
    pub(crate) memory_total_bytes: Option<f64>,
    pub(crate) memory_used_bytes: Option<f64>,
    pub(crate) swap_pct: Option<f64>,
    pub(crate) load1: Option<f64>,
    pub(crate) uptime_s: Option<f64>,
    /// The fullest filesystem: used share in percent, and its mount point.
    pub(crate) fullest_disk: Option<(f64, Box<str>)>,
    pub(crate) network_receive_bytes_per_s: Option<f64>,
    pub(crate) network_transmit_bytes_per_s: Option<f64>,
}

impl HostFigures {
    /// Share of the memory in use, in percent.
    pub(crate) fn memory_pct(&self) -> Option<f64> {
        self.memory_used_bytes.zip(self.memory_total_bytes).and_then(|(used, total)| share(used, total))
    }
}

/// What an application's row shows beside its state; `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ApplicationFigures {
    pub(crate) memory_bytes: Option<f64>,
    pub(crate) cpu_pct: Option<f64>,
}

/// What a service's row shows beside its state; `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ServiceFigures {
    pub(crate) transactions: Option<f64>,
    pub(crate) errors: Option<f64>,
    pub(crate) tps: Option<f64>,
    pub(crate) error_pct: Option<f64>,
    pub(crate) latency_p50_s: Option<f64>,
    pub(crate) latency_p95_s: Option<f64>,
}

/// Index of a series in its connection's dictionary.
type Index = u32;
/// Reads a series' latest value.
type Value<'a> = &'a dyn Fn(Index) -> Option<f64>;

/// Takes an application's name and figures, and the names and figures of its services.
pub(super) type EachApplication<'a> =
    &'a mut dyn FnMut(&str, ApplicationFigures, &mut dyn Iterator<Item = (&str, ServiceFigures)>);

/// Which series feed which figures. Series that feed none cost nothing here.
#[derive(Default)]
pub(super) struct Sources {
    cpu: Vec<Processor>,
    memory_total: Option<Index>,
    memory_available: Option<Index>,
    swap_total: Option<Index>,
    swap_free: Option<Index>,
    load1: Option<Index>,
    uptime: Option<Index>,
    filesystems: HashMap<Box<str>, Filesystem>,
    receive: Vec<Index>,
    transmit: Vec<Index>,
    applications: HashMap<Box<str>, Application>,
    services: HashMap<Box<str>, HashMap<Box<str>, Service>>,
    cpu_pct: Option<f64>,
    rates: HostRates,
}

/// Time of all processors in one mode.
struct Processor {
    index: Index,
    busy: bool,
    last: Option<f64>,
}

#[derive(Default)]
struct Filesystem {
    size: Option<Index>,
    free: Option<Index>,
    available: Option<Index>,
}

struct HostRates {
    receive: Rate,
    transmit: Rate,
}

impl Default for HostRates {
    fn default() -> Self {
        let rate = || Rate::over(TICK_WINDOW_MS);
        Self { receive: rate(), transmit: rate() }
    }
}

struct Application {
    memory: Option<Index>,
    cpu: Option<Index>,
    cpu_rate: Rate,
}

pub(super) struct Service {
    transactions: Option<Index>,
    errors: Option<Index>,
    latency_p50: Option<Index>,
    latency_p95: Option<Index>,
    transactions_rate: Rate,
    errors_rate: Rate,
}

impl Sources {
    /// Notes what a new series feeds.
    pub(super) fn define(&mut self, index: Index, series: &Series) {
        let label = |name| series.label(name).unwrap_or_default();
        match &*series.metric {
            "host_cpu_seconds_total" if label("cpu") == "all" => {
                // A processor that waits for a disk is free for other work: iowait is not busy.
                let busy = !matches!(label("mode"), "idle" | "iowait");
                self.cpu.push(Processor { index, busy, last: None });
            }
            "host_memory_total_bytes" => self.memory_total = Some(index),
            "host_memory_available_bytes" => self.memory_available = Some(index),
            "host_swap_total_bytes" => self.swap_total = Some(index),
            "host_swap_free_bytes" => self.swap_free = Some(index),
            "host_load_1" => self.load1 = Some(index),
            "host_uptime_seconds" => self.uptime = Some(index),
            "host_filesystem_size_bytes" if !ALWAYS_FULL.contains(&label("type")) => {
                self.filesystem(label("mount")).size = Some(index);
            }
            "host_filesystem_free_bytes" => self.filesystem(label("mount")).free = Some(index),
            "host_filesystem_available_bytes" => self.filesystem(label("mount")).available = Some(index),
            "host_network_receive_bytes_total" if label("interface") != "lo" => self.receive.push(index),
            "host_network_transmit_bytes_total" if label("interface") != "lo" => self.transmit.push(index),
            "application_memory_bytes" => self.application(label("application")).memory = Some(index),
            "application_cpu_seconds_total" => self.application(label("application")).cpu = Some(index),
            "service_transactions_total" => self.service(series).transactions = Some(index),
            "service_errors_total" => self.service(series).errors = Some(index),
            "service_latency_seconds" => match label("quantile") {
                "0.5" => self.service(series).latency_p50 = Some(index),
                "0.95" => self.service(series).latency_p95 = Some(index),
                _ => {}
            },
            _ => {}
        }
    }

    /// Forgets a series that ended.
    pub(super) fn retire(&mut self, index: Index, series: &Series) {
        let clear = |slot: &mut Option<Index>| {
            if *slot == Some(index) {
                *slot = None;
            }
        };
        let label = |name| series.label(name).unwrap_or_default();
        self.cpu.retain(|kept| kept.index != index);
        self.receive.retain(|kept| *kept != index);
        self.transmit.retain(|kept| *kept != index);
        for slot in [
            &mut self.memory_total,
            &mut self.memory_available,
            &mut self.swap_total,
            &mut self.swap_free,
            &mut self.load1,
            &mut self.uptime,
        ] {
            clear(slot);
        }
        if let Some(filesystem) = self.filesystems.get_mut(label("mount")) {
            clear(&mut filesystem.size);
            clear(&mut filesystem.free);
            clear(&mut filesystem.available);
            if filesystem.size.is_none() && filesystem.free.is_none() && filesystem.available.is_none() {
                self.filesystems.remove(label("mount"));
            }
        }
        if let Some(application) = self.applications.get_mut(label("application")) {
            clear(&mut application.memory);
            clear(&mut application.cpu);
            if application.memory.is_none() && application.cpu.is_none() {
                self.applications.remove(label("application"));
            }
        }
        if let Some(services) = self.services.get_mut(label("application"))
            && let Some(service) = services.get_mut(label("service"))
        {
            clear(&mut service.transactions);
            clear(&mut service.errors);
            clear(&mut service.latency_p50);
            clear(&mut service.latency_p95);
            if service.is_empty() {
                services.remove(label("service"));
            }
        }
    }

    /// Takes a tick's values into the rates.
    pub(super) fn tick(&mut self, time_ms: i64, value: Value<'_>) {
        let sum = |indexes: &mut dyn Iterator<Item = Index>| indexes.filter_map(value).sum::<f64>();
        self.cpu_tick(value);
        if !self.receive.is_empty() {
            self.rates.receive.push(time_ms, sum(&mut self.receive.iter().copied()));
            self.rates.transmit.push(time_ms, sum(&mut self.transmit.iter().copied()));
        }
        for application in self.applications.values_mut() {
            follow(&mut application.cpu_rate, application.cpu.and_then(value), time_ms);
        }
        for service in self.services.values_mut().flat_map(HashMap::values_mut) {
            follow(&mut service.transactions_rate, service.transactions.and_then(value), time_ms);
            follow(&mut service.errors_rate, service.errors.and_then(value), time_ms);
        }
    }

    /// Takes a tick's processor time. Idle and iowait time can fall a little on real kernels, so each
    /// mode's growth is at least none before they are summed.
    fn cpu_tick(&mut self, value: Value<'_>) {
        let (mut busy, mut total, mut known) = (0.0, 0.0, !self.cpu.is_empty());
        for mode in &mut self.cpu {
            let now = value(mode.index);
            match mode.last.zip(now) {
                Some((last, now)) => {
                    let growth = (now - last).max(0.0);
                    total += growth;
                    busy += if mode.busy { growth } else { 0.0 };
                }
                None => known = false,
            }
            mode.last = now;
        }
        self.cpu_pct = if known { share(busy, total) } else { None };
    }

    /// The server's figures now.
    pub(super) fn host(&self, value: Value<'_>) -> HostFigures {
        let read = |index: Option<Index>| index.and_then(value);
        let memory_total_bytes = read(self.memory_total);
        let available = read(self.memory_available);
        HostFigures {
            cpu_pct: self.cpu_pct,
            memory_total_bytes,
            memory_used_bytes: memory_total_bytes.zip(available).map(|(total, free)| total - free),
            // A server without swap has no share of it.
            swap_pct: read(self.swap_total)
                .zip(read(self.swap_free))
                .and_then(|(total, free)| share(total - free, total)),
            load1: read(self.load1),
            uptime_s: read(self.uptime),
            fullest_disk: self
                .filesystems
                .iter()
                .filter_map(|(mount, filesystem)| Some((filesystem.used_pct(&read)?, mount.clone())))
                .max_by(|one, other| one.0.total_cmp(&other.0)),
            network_receive_bytes_per_s: self.rates.receive.per_second(),
            network_transmit_bytes_per_s: self.rates.transmit.per_second(),
        }
    }

    /// An application's figures now.
    pub(super) fn of_application(&self, name: &str, value: Value<'_>) -> ApplicationFigures {
        self.applications.get(name).map_or_else(ApplicationFigures::default, |application| {
            ApplicationFigures {
                memory_bytes: application.memory.and_then(value),
                cpu_pct: application.cpu_rate.per_second().map(|seconds| seconds * 100.0),
            }
        })
    }

    /// What is kept of a service.
    pub(super) fn service_of(&self, application: &str, name: &str) -> Option<&Service> {
        self.services.get(application)?.get(name)
    }

    /// What an application's services come to now.
    pub(super) fn totals_of(&self, application: &str, value: Value<'_>) -> Totals {
        let mut totals = Totals::default();
        let services = self.services.get(application).into_iter().flat_map(HashMap::values);
        services.for_each(|service| {
            // Only what totals are of: each number is somewhere else in memory.
            totals.add(ServiceFigures {
                tps: service.tps(),
                error_pct: service.error_pct(),
                errors: service.errors.and_then(value),
                ..ServiceFigures::default()
            });
        });
        totals
    }

    /// Calls `each` with every application's figures now, and with those of its services.
    pub(super) fn each_application(&self, value: Value<'_>, each: EachApplication<'_>) {
        let without_own = self.services.keys().filter(|name| !self.applications.contains_key(*name));
        for name in self.applications.keys().chain(without_own) {
            let services = self.services.get(name).into_iter().flatten();
            let mut services = services.map(|(name, service)| (&**name, service.figures(value)));
            each(name, self.of_application(name, value), &mut services);
        }
    }

    fn filesystem(&mut self, mount: &str) -> &mut Filesystem {
        self.filesystems.entry(mount.into()).or_default()
    }

    fn application(&mut self, name: &str) -> &mut Application {
        self.applications.entry(name.into()).or_insert_with(|| Application {
            memory: None,
            cpu: None,
            cpu_rate: Rate::over(TICK_WINDOW_MS),
        })
    }

    fn service(&mut self, series: &Series) -> &mut Service {
        let label = |name| series.label(name).unwrap_or_default();
        let services = self.services.entry(label("application").into()).or_default();
        services.entry(label("service").into()).or_insert_with(|| Service {
            transactions: None,
            errors: None,
            latency_p50: None,
            latency_p95: None,
            transactions_rate: Rate::over(TPS_WINDOW_MS),
            errors_rate: Rate::over(TPS_WINDOW_MS),
        })
    }
}

impl Filesystem {
    /// Used share as `df` shows it: of what ordinary users can have.
    fn used_pct(&self, read: &dyn Fn(Option<Index>) -> Option<f64>) -> Option<f64> {
        let used = read(self.size)? - read(self.free)?;
        share(used, used + read(self.available)?)
    }
}

impl Service {
    pub(super) fn figures(&self, value: Value<'_>) -> ServiceFigures {
        ServiceFigures {
            transactions: self.transactions.and_then(value),
            tps: self.tps(),
            error_pct: self.error_pct(),
            errors: self.errors.and_then(value),
            latency_p50_s: self.latency_p50.and_then(value),
            latency_p95_s: self.latency_p95.and_then(value),
        }
    }

    pub(super) fn tps(&self) -> Option<f64> {
        self.transactions_rate.per_second()
    }

    pub(super) fn error_pct(&self) -> Option<f64> {
        let (errors, all) = self.errors_rate.growth().zip(self.transactions_rate.growth())?;
        share(errors, all)
    }

    fn is_empty(&self) -> bool {
        [self.transactions, self.errors, self.latency_p50, self.latency_p95].iter().all(Option::is_none)
    }
}

/// Pushes a value; a series that is not there has no rate.
fn follow(rate: &mut Rate, value: Option<f64>, time_ms: i64) {
    match value {
        Some(value) => rate.push(time_ms, value),
        None => rate.clear(),
    }
}

/// `part` of `whole` in percent, kept within 0 to 100; `None` of nothing.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| (100.0 * part / whole).clamp(0.0, 100.0))
}
