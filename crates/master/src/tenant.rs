//! What each tenant uses of this master, held to its quotas.
//!
//! ```text
//! request of somebody of a tenant ─► Meter::request ─► 429, or taken
//! frame of an agent ─► Feed: Meter::begin_series for each new one, Meter::is_open for a tick ─► history, or the live picture alone
//! samples of another program ─► bring: all of a request ─► history, or 429 and counted
//!                               Meter::room: new series of them ─► history, or refused in words and counted
//! ```
//!
//! Invariants
//! - TM-1: a rate is held by a bucket that a second fills: who was silent may use two seconds' worth at once, and no more.
//! - TM-2: what a quota refuses is counted, and costs the tenant nothing else: the live picture, reports and actions go on.
//!
//! Elsewhere: which tenants there are and what they may (`topmast_engine::tenant`).

use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use topmast_api::tenant::TenantUse;
use topmast_engine::tenant::only_tenant;
use topmast_engine::{State, Submission};
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Principal};
use topmast_model::tenant::{Quotas, Usage, UsageNote};

/// Time between two times that usage is noted: what a master that is killed loses of it.
const NOTE_EVERY: Duration = Duration::from_mins(15);
const DAY_MS: i64 = 86_400_000;

/// All tenants' meters, by name. Names come from grants and servers, which are bounded by themselves.
#[derive(Default)]
pub(crate) struct Meters(RwLock<BTreeMap<String, Arc<Meter>>>);

/// Why somebody of a tenant is not let in.
#[derive(Debug)]
pub(crate) enum Kept {
    /// Nobody is, in words.
    Suspended(String),
    /// There were too many requests, in words, and for how long to wait.
    Late(String, Duration),
}

/// Why samples of another program are not taken.
#[derive(Debug)]
pub(crate) struct Over {
    /// In words.
    pub(crate) detail: String,
    /// For how long to wait.
    pub(crate) wait: Duration,
}

impl Over {
    /// Whole seconds to wait, as `Retry-After` has them.
    pub(crate) fn retry_after_s(&self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

impl Meters {
    /// Charges a tenant with samples that another program brings: all of them, or none and they are counted as refused.
    pub(crate) fn bring(&self, tenant: &str, samples: u64, now: Instant) -> Result<(), Over> {
        let meter = self.of(tenant);
        meter.samples.bring(samples, meter.samples_quota(), now).map_err(|wait| {
            let quota = meter.samples_quota().unwrap_or_default();
            let detail = format!(
                "tenant {tenant} may bring {quota} samples a second into the history, and has; {samples} samples are \
                 not taken: send fewer, or ask for a larger quota"
            );
            Over { detail, wait }
        })
    }

    /// Those of all tenants that a state describes, with what they may bring.
    pub(crate) fn of_state(state: &State) -> Self {
        let meters = Self::default();
        for (name, tenant) in state.tenants() {
            meters.of(name).allow(tenant.quotas);
        }
        meters
    }

    /// Lets a request of whoever has these grants in, or says why not. Those who may something in several tenants belong to none.
    pub(crate) fn admit(&self, state: &State, grants: &[Grant], now: Instant) -> Result<(), Kept> {
        let Some(name) = only_tenant(grants) else { return Ok(()) };
        if let Some((_, suspension)) = state.suspension(grants) {
            let reason = &suspension.reason;
            return Err(Kept::Suspended(format!(
                "tenant {name} is suspended: {reason}; ask whoever runs this master"
            )));
        }
        let quota = state.tenants().get(name).and_then(|tenant| tenant.quotas.requests_per_s);
        self.of(name).request(quota, now).map_err(|wait| {
            let quota = quota.unwrap_or_default();
            Kept::Late(
                format!(
                    "tenant {name} may make {quota} requests a second; ask less often, or for a larger quota"
                ),
                wait,
            )
        })
    }

    /// The meter of a tenant.
    pub(crate) fn of(&self, tenant: &str) -> Arc<Meter> {
        let read = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(meter) = read.get(tenant) {
            return Arc::clone(meter);
        }
        drop(read);
        let mut write = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(write.entry(tenant.to_owned()).or_default())
    }
}

/// What one tenant uses.
#[derive(Default)]
pub(crate) struct Meter {
    requests: Rate,
    samples: Rate,
    /// Of its servers.
    series: AtomicU64,
    /// Of what programs send.
    series_brought: AtomicU64,
    series_taken: AtomicU64,
    series_refused: AtomicU64,
    /// What it may have now: 0 knows no bound.
    series_quota: AtomicU64,
    samples_quota: AtomicU64,
}

impl Meter {
    /// Takes a request, or says for how long to wait.
    pub(crate) fn request(&self, quota: Option<u64>, now: Instant) -> Result<(), Duration> {
        self.requests.take(quota, now)
    }

    /// What its servers may bring from now on; who feeds the history knows no state.
    pub(crate) fn allow(&self, quotas: Quotas) {
        self.series_quota.store(quotas.series.unwrap_or(0), Ordering::Relaxed);
        self.samples_quota.store(quotas.samples_per_s.unwrap_or(0), Ordering::Relaxed);
    }

    /// Takes a series of its servers; false when it has as many as it may.
    pub(crate) fn begin_series(&self) -> bool {
        let most = self.series_quota();
        let brought = self.series_brought.load(Ordering::Relaxed);
        let more = |now: u64| most.is_none_or(|most| now + brought < most).then_some(now + 1);
        let is_taken = self.series.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        let counter = if is_taken { &self.series_taken } else { &self.series_refused };
        counter.fetch_add(1, Ordering::Relaxed);
        is_taken
    }

    /// Series that the history may hold of what programs send: what its servers' leave.
    pub(crate) fn room(&self) -> usize {
        let left = |most: u64| most.saturating_sub(self.series.load(Ordering::Relaxed));
        self.series_quota().map_or(usize::MAX, |most| usize::try_from(left(most)).unwrap_or(usize::MAX))
    }

    /// Notes how many series the history holds of what programs send, and counts new ones that were taken and that were
    /// not.
    pub(crate) fn brought(&self, held: u64, taken: u64, refused: u64) {
        self.series_brought.store(held, Ordering::Relaxed);
        self.series_taken.fetch_add(taken, Ordering::Relaxed);
        self.series_refused.fetch_add(refused, Ordering::Relaxed);
    }

    /// Series that it may have.
    pub(crate) fn series_quota(&self) -> Option<u64> {
        Some(self.series_quota.load(Ordering::Relaxed)).filter(|most| *most > 0)
    }

    /// A series that was taken has ended.
    pub(crate) fn end_series(&self, count: u64) {
        self.series.fetch_sub(count, Ordering::Relaxed);
    }

    /// True while its servers may bring samples: until more came than a rate gives.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        self.samples.is_open(self.samples_quota(), now)
    }

    /// Counts samples of its servers that were taken, and that were not.
    pub(crate) fn samples(&self, taken: u64, refused: u64, now: Instant) {
        self.samples.spend(taken, refused, self.samples_quota(), now);
    }

    fn samples_quota(&self) -> Option<u64> {
        Some(self.samples_quota.load(Ordering::Relaxed)).filter(|most| *most > 0)
    }

    /// Requests, series and samples as they are told.
    pub(crate) fn told(&self, quotas: Quotas, now: Instant) -> [TenantUse; 3] {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let series = TenantUse {
            now: load(&self.series) + load(&self.series_brought),
            quota: quotas.series,
            taken: load(&self.series_taken),
            refused: load(&self.series_refused),
        };
        [self.requests.told(quotas.requests_per_s, now), series, self.samples.told(quotas.samples_per_s, now)]
    }
}

/// A rate, and all that there was of it.
#[derive(Default)]
struct Rate(Mutex<Bucket>);

#[derive(Default)]
struct Bucket {
    /// What may be taken at once, as of `at`.
    left: f64,
    at: Option<Instant>,
    taken: u64,
    refused: u64,
    /// The second that is counted now, what was taken in it and in the one before.
    second: Option<Instant>,
    counted: [u64; 2],
}

impl Rate {
    /// Takes one, or says for how long to wait.
    fn take(&self, quota: Option<u64>, now: Instant) -> Result<(), Duration> {
        let mut bucket = self.bucket(quota, now);
        let Some(quota) = quota.filter(|_| bucket.left < 1.0) else {
            bucket.spend(1);
            return Ok(());
        };
        bucket.refused += 1;
        Err(Duration::from_secs_f64((1.0 - bucket.left) / quota as f64))
    }

    /// Takes as many as come while something is left; what is more than that is paid for later. Else says for how long to wait.
    fn bring(&self, count: u64, quota: Option<u64>, now: Instant) -> Result<(), Duration> {
        let mut bucket = self.bucket(quota, now);
        match quota.filter(|_| bucket.left <= 0.0) {
            None => {
                bucket.spend(count);
                Ok(())
            }
            Some(quota) => {
                bucket.refused += count;
                Err(Duration::from_secs_f64((1.0 - bucket.left) / quota as f64))
            }
        }
    }

    /// True while something is left.
    fn is_open(&self, quota: Option<u64>, now: Instant) -> bool {
        self.bucket(quota, now).left > 0.0
    }

    /// Counts what was taken, also more than was left, which is paid for later, and what was refused.
    fn spend(&self, taken: u64, refused: u64, quota: Option<u64>, now: Instant) {
        let mut bucket = self.bucket(quota, now);
        bucket.refused += refused;
        bucket.spend(taken);
    }

    fn bucket(&self, quota: Option<u64>, now: Instant) -> MutexGuard<'_, Bucket> {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.turn(now);
        bucket.fill(quota, now);
        bucket
    }

    fn told(&self, quota: Option<u64>, now: Instant) -> TenantUse {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.turn(now);
        TenantUse { now: bucket.counted[1], quota, taken: bucket.taken, refused: bucket.refused }
    }
}

impl Bucket {
    /// Fills it for the time that passed; without a quota it is never empty.
    fn fill(&mut self, quota: Option<u64>, now: Instant) {
        let passed = self.at.map_or(2.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.left = quota.map_or(f64::INFINITY, |quota| {
            let left = if self.left.is_finite() { self.left } else { 0.0 };
            let quota = quota as f64;
            (left + passed * quota).min(2.0 * quota)
        });
        self.at = Some(now);
    }

    fn spend(&mut self, count: u64) {
        self.left -= count as f64;
        self.taken += count;
        self.counted[0] += count;
    }

    /// Begins another second when one is over.
    fn turn(&mut self, now: Instant) {
        let second = *self.second.get_or_insert(now);
        let passed = now.saturating_duration_since(second).as_secs();
        if passed > 0 {
            self.counted = [0, if passed == 1 { self.counted[0] } else { 0 }];
            self.second = Some(second + Duration::from_secs(passed));
        }
    }
}

/// Samples and requests of tenants that were noted.
#[derive(Default)]
pub(crate) struct Noted(BTreeMap<String, (u64, u64)>);

/// Notes what tenants used, for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>) {
    let mut timer = tokio::time::interval_at(tokio::time::Instant::now() + NOTE_EVERY, NOTE_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut noted = Noted::default();
    loop {
        timer.tick().await;
        note(&context, &mut noted).await;
    }
}

/// Notes what tenants used since the last time; what cannot be noted is with the next.
pub(crate) async fn note(context: &Context, noted: &mut Noted) {
    let day = context.bus.clock().now().0.div_euclid(DAY_MS);
    let (notes, counts) = {
        let state = context.bus.state();
        let (mut notes, mut counts) = (Vec::new(), BTreeMap::new());
        for name in state.tenant_names() {
            let Ok(tenant) = ObjectPath::tenant(name) else { continue };
            let [requests, series, samples] = context.meters.of(name).told(Quotas::default(), Instant::now());
            let (old_samples, old_requests) = noted.0.get(name).copied().unwrap_or_default();
            let usage = Usage {
                servers: state.servers().within(Some(&tenant)).count() as u64,
                applications: state.applications().within(Some(&tenant)).count() as u64,
                series: series.now,
                samples: samples.taken - old_samples,
                requests: requests.taken - old_requests,
                actions: 0,
            };
            counts.insert(name.to_owned(), (samples.taken, requests.taken));
            notes.push(UsageNote { tenant, day, usage });
        }
        (notes, counts)
    };
    let submission = Submission { principal: Principal::master(), command: Command::NoteUsage { notes } };
    match context.bus.submit(submission).await {
        Ok(_) => noted.0 = counts,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what tenants used is not noted; it is tried again"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_takes_two_seconds_worth_at_once_and_then_as_much_as_a_second_fills() {
        // TM-1
        let (meter, start) = (Meter::default(), Instant::now());
        let at = |millis: u64| start + Duration::from_millis(millis);
        let taken = |count: usize, millis: u64| {
            (0..count).filter(|_| meter.request(Some(10), at(millis)).is_ok()).count()
        };
        assert_eq!(taken(50, 0), 20);
        assert_eq!(meter.request(Some(10), at(0)), Err(Duration::from_millis(100)));
        assert_eq!(taken(50, 500), 5);
        assert_eq!(taken(50, 60_000), 20);
        let quotas = Quotas { requests_per_s: Some(10), ..Quotas::default() };
        let [requests, ..] = meter.told(quotas, at(61_000));
        assert_eq!((requests.now, requests.taken, requests.refused), (20, 45, 106));
        assert_eq!(meter.request(None, at(61_000)), Ok(()), "without a quota there is no bound");
    }

    #[test]
    fn frame_that_is_larger_than_a_second_is_paid_for_later() {
        let (meter, start) = (Meter::default(), Instant::now());
        meter.allow(Quotas { samples_per_s: Some(100), ..Quotas::default() });
        let at = |second: u64| start + Duration::from_secs(second);
        assert!(meter.is_open(at(0)), "it could never pass else");
        meter.samples(500, 0, at(0));
        assert!(!meter.is_open(at(3)));
        meter.samples(0, 500, at(3));
        assert!(meter.is_open(at(4)));
        let [.., samples] = meter.told(Quotas::default(), at(4));
        assert_eq!((samples.taken, samples.refused), (500, 500));
    }

    #[test]
    fn samples_of_programs_are_taken_whole_or_refused_whole_with_how_long_to_wait() {
        let (meters, start) = (Meters::default(), Instant::now());
        let at = |second: u64| start + Duration::from_secs(second);
        meters.bring("acme", 1_000_000, at(0)).unwrap();
        meters.of("acme").allow(Quotas { samples_per_s: Some(100), ..Quotas::default() });
        meters.bring("acme", 500, at(1)).unwrap();
        let over = meters.bring("acme", 7, at(1)).unwrap_err();
        assert!(over.detail.contains("may bring 100 samples a second"), "{}", over.detail);
        assert!(over.detail.contains("7 samples are not taken"), "{}", over.detail);
        assert_eq!(
            over.retry_after_s(),
            5,
            "four seconds fill what was taken too much, and then one more comes"
        );
        meters.bring("acme", 7, at(6)).unwrap();
        let [.., samples] = meters.of("acme").told(Quotas::default(), at(6));
        assert_eq!((samples.taken, samples.refused), (1_000_507, 7));
    }

    #[test]
    fn series_are_as_many_as_may_be_and_make_room_when_they_end() {
        let meter = Meter::default();
        meter.allow(Quotas { series: Some(2), ..Quotas::default() });
        assert_eq!([(); 3].map(|()| meter.begin_series()), [true, true, false]);
        meter.end_series(1);
        assert!(meter.begin_series());
        let [_, series, _] = meter.told(Quotas::default(), Instant::now());
        assert_eq!((series.now, series.taken, series.refused), (2, 3, 1));
        assert_eq!(meter.room(), 0);
        meter.end_series(1);
        assert_eq!(meter.room(), 1);
        meter.brought(1, 1, 4);
        assert!(!meter.begin_series(), "what programs send counts as well");
        let [_, series, _] = meter.told(Quotas::default(), Instant::now());
        assert_eq!((series.now, series.taken, series.refused), (2, 4, 6));
        meter.allow(Quotas::default());
        assert_eq!(meter.room(), usize::MAX);
    }
}
