//! Recent figures: five minutes of each object's figures, one a second, for charts and trends.
//!
//! A task looks at the live model once a second and writes down what every object's
//! figures are, or that nothing was heard: a gap is a fact, and nothing is drawn
//! across it. What is written is the present alone; data that an agent kept while
//! it was away and sends later is old, so it fills no second.
//!
//! ```text
//! each second: figures of every server, application, service ─► Recent (ring) ─► averages ─► chart, trend
//!                                             sums of services ─► Recent of the cluster
//! ```
//!
//! Invariants
//! - H-1: a second is written once, in order; seconds that nobody wrote are gaps.
//! - H-2: a value counts for two intervals of its agent at most: one until the next is due, one for its delay.
//!
//! Memory: an object without figures costs nothing; else 300 seconds × 2 bytes a figure, so 4.2 kB a server,
//! 2.4 kB an application and 2.4 kB a service. A server with two applications and ten services takes 33 kB,
//! and 10,000 of them 0.33 GB, of the 64 KiB a server and 1 KiB a series (ten services have forty) that
//! a master may take.
//!
//! Elsewhere: anything older, and what came late (`http::v1::chart` asks the history). Seconds stay here because
//! they are what rows showed, and so that trends and the shortest chart cost no query.

use super::short::Short;
use super::{LiveModel, ServerLive, Totals, lock};
use crate::bus::CommandBus;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use topmast_model::path::{Level, ObjectPath};

/// Seconds kept.
pub(crate) const KEPT_S: i64 = 300;
/// [`KEPT_S`] as a length.
const SLOTS: usize = 300;
/// Intervals for which a value counts (H-2).
const COUNTS_INTERVALS: u32 = 2;
/// Servers looked at in one go: about a millisecond, so that other tasks wait no longer.
const SERVERS_AT_ONCE: usize = 256;
/// Seconds that one number of a trend averages.
const TREND_STEP_S: i64 = 10;
/// Numbers of a trend: all that is kept.
const TREND_LENGTH: i64 = KEPT_S / TREND_STEP_S;

/// Figures of one object; unknown where nothing was heard.
type Figures<const N: usize> = [Short; N];

/// Writes down every object's figures once a second, for as long as it is polled.
pub(crate) async fn run(bus: CommandBus, live: Arc<LiveModel>) {
    loop {
        // Just after a second began, so that none is left out and none comes twice.
        let into_second = u64::try_from(bus.clock().now().0.rem_euclid(1_000)).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(1_000 - into_second)).await;
        live.record(bus.clock().now().0.div_euclid(1_000), Instant::now()).await;
    }
}

impl LiveModel {
    /// Writes down what every object's figures are in a second, `now`.
    pub(super) async fn record(&self, second: i64, now: Instant) {
        let mut totals: BTreeMap<ObjectPath, Totals> = BTreeMap::new();
        for servers in self.all().chunks(SERVERS_AT_ONCE) {
            for (path, server) in servers {
                let cluster = path.ancestor(Level::Cluster).unwrap_or_else(|| path.clone());
                lock(server).record(second, now, totals.entry(cluster).or_default());
            }
            tokio::task::yield_now().await;
        }
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        for (cluster, totals) in totals {
            clusters.entry(cluster).or_default().write(second, known([totals.tps(), totals.error_pct()]));
        }
        clusters.retain(|_, recent| recent.goes_on(second));
    }

    /// Averages of an object's figure over each of the steps; not a number where nothing was heard.
    ///
    /// `figure` counts in [`topmast_api::chart::figures_of`] the path's level.
    pub(crate) fn recent(&self, path: &ObjectPath, figure: usize, steps: &Steps) -> Vec<f32> {
        let name = |level| path.name_at(level).unwrap_or_default();
        let of_server = |read: &dyn Fn(&RecentServer) -> Option<Vec<f32>>| {
            let server = path.ancestor(Level::Server)?;
            self.with(&server, |live| read(&live.recent)).flatten()
        };
        let averages = match path.level() {
            Level::Tenant => None,
            Level::Cluster => {
                let clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
                clusters.get(path).map(|recent| recent.averages(figure, steps))
            }
            Level::Server => of_server(&|recent| Some(recent.host.averages(figure, steps))),
            Level::Application => of_server(&|recent| {
                Some(recent.applications.get(name(Level::Application))?.own.averages(figure, steps))
            }),
            Level::Service => of_server(&|recent| {
                let application = recent.applications.get(name(Level::Application))?;
                Some(application.services.get(name(Level::Service))?.averages(figure, steps))
            }),
        };
        averages.unwrap_or_else(|| vec![f32::NAN; steps.count()])
    }
}

/// Equal spans of whole seconds, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    /// The second at which the first begins.
    pub(crate) since: i64,
    /// The second at which the last has ended.
    pub(crate) until: i64,
    /// Seconds of each, one at least.
    pub(crate) step_s: i64,
}

impl Steps {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.begins().count()
    }

    /// The second at which each begins.
    pub(crate) fn begins(&self) -> impl Iterator<Item = i64> + use<> {
        let (until, step_s) = (self.until, self.step_s.max(1));
        std::iter::successors(Some(self.since), move |begin| Some(begin + step_s))
            .take_while(move |begin| *begin < until)
    }
}

/// Recent figures of a server and of what is on it.
#[derive(Default)]
pub(super) struct RecentServer {
    host: Recent<7>,
    applications: HashMap<Box<str>, RecentApplication>,
    /// Derived from `host` when ten more seconds are over.
    cpu_trend: Vec<Option<u8>>,
    /// The second at which the trend ends.
    trend_until: i64,
}

/// Recent figures of clusters.
pub(super) type RecentClusters = BTreeMap<ObjectPath, Recent<2>>;

#[derive(Default)]
struct RecentApplication {
    own: Recent<4>,
    services: HashMap<Box<str>, Recent<4>>,
}

impl ServerLive {
    /// Writes down what the figures of the server and of all on it are in a second; what is heard of services
    /// counts in `cluster` too.
    fn record(&mut self, second: i64, now: Instant, cluster: &mut Totals) {
        let heard = self.age(now).is_some_and(|age| age < self.interval * COUNTS_INTERVALS);
        if heard {
            self.record_heard(second, cluster);
        }
        // A second that is written already stays as it is (H-1).
        self.recent.host.write(second, [Short::UNKNOWN; 7]);
        self.recent.host.goes_on(second);
        self.recent.follow_trend();
        self.recent.applications.retain(|_, application| {
            application.own.write(second, [Short::UNKNOWN; 4]);
            application.services.retain(|_, service| {
                service.write(second, [Short::UNKNOWN; 4]);
                service.goes_on(second)
            });
            application.own.goes_on(second) || !application.services.is_empty()
        });
    }

    fn record_heard(&mut self, second: i64, cluster: &mut Totals) {
        let mut recent = std::mem::take(&mut self.recent);
        let host = self.host();
        recent.host.write(
            second,
            known([
                host.cpu_pct,
                host.memory_pct(),
                host.load1,
                host.swap_pct,
                host.fullest_disk.as_ref().map(|(pct, _)| *pct),
                host.network_receive_bytes_per_s,
                host.network_transmit_bytes_per_s,
            ]),
        );
        self.each_application(&mut |name, figures, services| {
            let kept = recent.applications.entry(name.into()).or_default();
            let mut totals = Totals::default();
            for (name, service) in services {
                totals.add(service);
                cluster.add(service);
                let millis = |seconds: Option<f64>| seconds.map(|seconds| seconds * 1_000.0);
                let (p50, p95) = (millis(service.latency_p50_s), millis(service.latency_p95_s));
                let figures = known([service.tps, service.error_pct, p50, p95]);
                if let Some(kept) = kept.services.get_mut(name) {
                    kept.write(second, figures);
                } else if figures.iter().any(|figure| *figure != Short::UNKNOWN) {
                    kept.services.entry(name.into()).or_default().write(second, figures);
                }
            }
            let figures = [figures.cpu_pct, figures.memory_bytes, totals.tps(), totals.error_pct()];
            kept.own.write(second, known(figures));
        });
        self.recent = recent;
    }

    /// The share of the processors in use, in whole percent over ten seconds each, the oldest first; `None`
    /// where nothing was heard. Nothing comes before the first that is known.
    pub(crate) fn cpu_trend(&self) -> &[Option<u8>] {
        &self.recent.cpu_trend
    }
}

impl RecentServer {
    /// Derives the trend anew when another of its steps is over, which is far less often than rows are made.
    fn follow_trend(&mut self) {
        let until = (self.host.newest + 1).div_euclid(TREND_STEP_S) * TREND_STEP_S;
        if until == self.trend_until {
            return;
        }
        self.trend_until = until;
        let steps = Steps { since: until - TREND_LENGTH * TREND_STEP_S, until, step_s: TREND_STEP_S };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 100; `as` saturates"
        )]
        let whole = |pct: f32| (!pct.is_nan()).then_some(pct.round() as u8);
        let averages = self.host.averages(0, &steps);
        self.cpu_trend = averages.into_iter().map(whole).skip_while(Option::is_none).collect();
    }
}

/// The last seconds of an object's figures, in a ring: the second `s` is in slot `s` modulo its length.
#[derive(Default)]
pub(super) struct Recent<const N: usize> {
    /// Nothing is kept of an object of which nothing was ever heard.
    slots: Option<Box<[Figures<N>; SLOTS]>>,
    /// The newest second written; none is before 1970.
    newest: i64,
    /// The newest second in which anything was known.
    heard: i64,
}

impl<const N: usize> Recent<N> {
    /// Writes a second, and gaps for those since the one before; not one that is written already (H-1).
    fn write(&mut self, second: i64, figures: Figures<N>) {
        if second <= self.newest {
            return;
        }
        let is_known = figures.iter().any(|figure| *figure != Short::UNKNOWN);
        if is_known {
            self.heard = second;
        }
        let newest = std::mem::replace(&mut self.newest, second);
        if !is_known && self.slots.is_none() {
            return;
        }
        let slots = self.slots.get_or_insert_with(|| Box::new([[Short::UNKNOWN; N]; SLOTS]));
        for missed in second.saturating_sub(KEPT_S).max(newest).saturating_add(1)..second {
            slots[slot(missed)] = [Short::UNKNOWN; N];
        }
        slots[slot(second)] = figures;
    }

    /// Whether anything is known of the seconds kept; else their memory is given back.
    fn goes_on(&mut self, second: i64) -> bool {
        let goes_on = second.saturating_sub(self.heard) < KEPT_S;
        if !goes_on {
            self.slots = None;
        }
        goes_on
    }

    /// The average of each step over what is known of it.
    fn averages(&self, figure: usize, steps: &Steps) -> Vec<f32> {
        let average = |begin: i64| {
            let (mut sum, mut count) = (0.0, 0_u16);
            for value in self.values(figure, begin..=(begin + steps.step_s - 1).min(steps.until - 1)) {
                sum += f64::from(value);
                count += 1;
            }
            #[expect(clippy::cast_possible_truncation, reason = "an average of f32 is in the range of f32")]
            let average = (sum / f64::from(count)) as f32;
            // Nothing through nothing is not a number: a gap.
            average
        };
        steps.begins().map(average).collect()
    }

    /// What is known of those of the seconds that are kept.
    fn values(&self, figure: usize, seconds: RangeInclusive<i64>) -> impl Iterator<Item = f32> {
        let oldest = self.newest.saturating_sub(KEPT_S - 1).max(*seconds.start());
        let newest = self.newest.min(*seconds.end());
        let kept =
            self.slots.iter().flat_map(move |slots| (oldest..=newest).map(|second| slots[slot(second)]));
        kept.filter_map(move |figures| figures.get(figure)?.get())
    }
}

fn slot(second: i64) -> usize {
    usize::try_from(second.rem_euclid(KEPT_S)).unwrap_or(0)
}

fn known<const N: usize>(figures: [Option<f64>; N]) -> Figures<N> {
    figures.map(|figure| figure.map_or(Short::UNKNOWN, Short::of))
}

#[cfg(test)]
mod tests;
