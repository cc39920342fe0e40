//! One server's numbers: its series with their latest values, and what is derived from them.

use super::Totals;
use super::figures::{ApplicationFigures, EachApplication, HostFigures, Service, ServiceFigures, Sources};
use super::freshness::Freshness;
use super::recent::RecentServer;
use std::time::{Duration, Instant};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink;

/// The numbers of one server.
#[derive(Default)]
pub(crate) struct ServerLive {
    /// By index in the present connection's dictionary; empty where a series was retired.
    series: Vec<Option<Slot>>,
    sources: Sources,
    host: HostFigures,
    freshness: Freshness,
    /// Time between two of its ticks; zero before it connected.
    pub(super) interval: Duration,
    pub(super) recent: RecentServer,
    /// Why a neighbour cannot be read now.
    trouble: Option<Box<str>>,
}

struct Slot {
    series: Series,
    value: f64,
}

impl ServerLive {
    /// A new connection brings a new dictionary. Figures stay, with their age, until its first tick.
    pub(crate) fn connected(&mut self, interval: Duration) {
        self.interval = interval;
        self.series.clear();
        self.freshness.connected();
        self.sources = Sources::default();
    }

    /// A sink for one frame that arrived now; apply it once the whole frame was good.
    pub(crate) fn receive(&mut self, arrived: Instant, arrived_at: UnixMillis) -> Receiver<'_> {
        Receiver { live: self, arrived, arrived_at, tick: None }
    }

    /// The server's figures.
    pub(crate) fn host(&self) -> &HostFigures {
        &self.host
    }

    /// An application's figures.
    pub(crate) fn application(&self, name: &str) -> ApplicationFigures {
        self.sources.of_application(name, &|index| value(&self.series, index))
    }

    /// A service's figures.
    pub(crate) fn service(&self, application: &str, name: &str) -> ServiceFigures {
        self.service_reader(application, name).figures()
    }

    /// A service's figures, to read some of them only.
    pub(crate) fn service_reader(&self, application: &str, name: &str) -> ServiceReader<'_> {
        ServiceReader { series: &self.series, service: self.sources.service_of(application, name) }
    }

    /// What an application's services come to.
    pub(crate) fn totals(&self, application: &str) -> Totals {
        self.sources.totals_of(application, &|index| value(&self.series, index))
    }

    /// Calls `each` with every application's figures, and with those of its services.
    pub(super) fn each_application(&self, each: EachApplication<'_>) {
        self.sources.each_application(&|index| value(&self.series, index), each);
    }

    /// Notes why the server cannot be read, or that it can.
    pub(crate) fn set_trouble(&mut self, trouble: Option<&str>) {
        self.trouble = trouble.map(Into::into);
    }

    /// Why the server cannot be read now, as far as that is known.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Age of the newest data; `None` before the first.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        self.freshness.age(now)
    }

    /// Every series with its latest value, and the time of that value by the server's clock.
    pub(crate) fn samples(&self) -> impl Iterator<Item = (&Series, f64, Option<UnixMillis>)> {
        let time = self.freshness.newest();
        self.series
            .iter()
            .flatten()
            .filter(|slot| !slot.value.is_nan())
            .map(move |slot| (&slot.series, slot.value, time))
    }

    /// Number of series alive.
    pub(crate) fn series_count(&self) -> usize {
        self.series.iter().flatten().count()
    }
}

fn value(series: &[Option<Slot>], index: u32) -> Option<f64> {
    let value = series.get(index as usize)?.as_ref()?.value;
    (!value.is_nan()).then_some(value)
}

/// One service's figures. Its rates are at hand; its other values are each somewhere else in memory, so
/// who goes through very many services reads what is asked for only.
#[derive(Clone, Copy)]
pub(crate) struct ServiceReader<'a> {
    series: &'a [Option<Slot>],
    service: Option<&'a Service>,
}

impl ServiceReader<'_> {
    /// Transactions a second.
    pub(crate) fn tps(self) -> Option<f64> {
        self.service?.tps()
    }

    /// Share of errors in percent.
    pub(crate) fn error_pct(self) -> Option<f64> {
        self.service?.error_pct()
    }

    /// All of them.
    pub(crate) fn figures(self) -> ServiceFigures {
        let read = |service: &Service| service.figures(&|index| value(self.series, index));
        self.service.map(read).unwrap_or_default()
    }
}

/// Takes a frame's content into a server's numbers.
pub(crate) struct Receiver<'a> {
    live: &'a mut ServerLive,
    arrived: Instant,
    arrived_at: UnixMillis,
    tick: Option<UnixMillis>,
}

impl Receiver<'_> {
    /// The frame is over: the last tick's values are complete.
    pub(crate) fn finish(mut self) {
        self.complete_tick();
        let ServerLive { series, sources, host, .. } = self.live;
        *host = sources.host(&|index| value(series, index));
    }

    fn complete_tick(&mut self) {
        let Some(time) = self.tick.take() else { return };
        let ServerLive { series, sources, freshness, .. } = &mut *self.live;
        sources.tick(time.0, &|index| value(series, index));
        freshness.tick(time, self.arrived, self.arrived_at);
    }
}

impl FrameSink for Receiver<'_> {
    fn series(&mut self, index: u32, series: Series) {
        let position = index as usize;
        if self.live.series.len() <= position {
            self.live.series.resize_with(position + 1, || None);
        }
        self.live.sources.define(index, &series);
        // Not a number until its first value comes.
        self.live.series[position] = Some(Slot { series, value: f64::NAN });
    }

    fn retired(&mut self, index: u32) {
        if let Some(slot) = self.live.series.get_mut(index as usize).and_then(Option::take) {
            self.live.sources.retire(index, &slot.series);
        }
    }

    fn tick(&mut self, time: UnixMillis) {
        self.complete_tick();
        self.tick = Some(time);
    }

    fn value(&mut self, index: u32, value: f64) {
        if let Some(Some(slot)) = self.live.series.get_mut(index as usize) {
            slot.value = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds ticks of (time in seconds, values by index) after defining the series.
    fn fed(series: &[Series], ticks: &[(i64, &[f64])]) -> ServerLive {
        let mut live = ServerLive::default();
        let mut receiver = live.receive(Instant::now(), UnixMillis(0));
        for (index, series) in series.iter().enumerate() {
            receiver.series(u32::try_from(index).unwrap(), series.clone());
        }
        for (time, values) in ticks {
            receiver.tick(UnixMillis(time * 1_000));
            for (index, value) in values.iter().enumerate() {
                receiver.value(u32::try_from(index).unwrap(), *value);
            }
        }
        receiver.finish();
        live
    }

    fn cpu(mode: &str) -> Series {
        Series::new("host_cpu_seconds_total", [("cpu", "all"), ("mode", mode)])
    }

    #[test]
    fn cpu_busy_leaves_out_iowait() {
        let series = [cpu("user"), cpu("iowait"), cpu("idle")];
        let live = fed(&series, &[(0, &[10.0, 5.0, 100.0]), (1, &[10.5, 5.5, 101.0])]);
        assert_eq!(live.host().cpu_pct, Some(25.0));
    }

    #[test]
    fn figures_are_unknown_not_zero_without_data() {
        let live = fed(&[cpu("user"), cpu("idle")], &[(0, &[1.0, 1.0])]);
        assert_eq!(*live.host(), HostFigures::default());
        assert_eq!(live.service("switch", "AcqDB"), ServiceFigures::default());
    }

    #[test]
    fn service_tps_and_errors_are_over_five_seconds() {
        let labels = [("application", "switch"), ("service", "AcqDB")];
        let series =
            [Series::new("service_transactions_total", labels), Series::new("service_errors_total", labels)];
        let ticks: Vec<(i64, Vec<f64>)> =
            (0_i64..8).map(|second| (second, vec![(second * 200) as f64, (second * 2) as f64])).collect();
        let ticks: Vec<(i64, &[f64])> =
            ticks.iter().map(|(time, values)| (*time, values.as_slice())).collect();
        let figures = fed(&series, &ticks).service("switch", "AcqDB");
        assert_eq!(figures.tps, Some(200.0));
        assert_eq!(figures.error_pct, Some(1.0));
        assert_eq!(figures.transactions, Some(1_400.0));
    }

    #[test]
    fn fullest_disk_is_by_what_users_can_have() {
        let labels = |mount| [("mount", mount), ("device", "d"), ("type", "ext4")];
        let of = |mount| {
            ["size", "free", "available"]
                .map(|part| Series::new(&format!("host_filesystem_{part}_bytes"), labels(mount)))
        };
        let series = [of("/"), of("/var")].concat();
        let live = fed(&series, &[(0, &[100.0, 60.0, 60.0, 100.0, 30.0, 20.0])]);
        assert_eq!(live.host().fullest_disk, Some((100.0 * 70.0 / 90.0, "/var".into())));
    }

    #[test]
    fn retired_series_and_a_new_connection_leave_no_figures() {
        let memory = Series::new("application_memory_bytes", [("application", "switch")]);
        let mut live = fed(&[memory], &[(0, &[4096.0])]);
        assert_eq!(live.application("switch").memory_bytes, Some(4096.0));
        live.receive(Instant::now(), UnixMillis(0)).retired(0);
        assert_eq!(live.application("switch").memory_bytes, None);
        live.connected(Duration::from_secs(1));
        assert_eq!(live.series_count(), 0);
    }
}
