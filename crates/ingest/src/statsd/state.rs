//! What measurements of one series add up to, and the samples that say it.

use super::{Measurement, Value};
use crate::scrape::STALE;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Members of a set that are told apart.
const MEMBERS_MAX: usize = 10_000;
/// How long a member of a set counts after it was last named: the flush interval of Etsy's StatsD.
const MEMBER_MS: i64 = 10_000;

/// What a histogram's largest value is told as: a gauge of what came since the last flush.
pub(super) const MAX_SUFFIX: &str = "_max";

/// What is held of a series.
#[derive(Debug)]
pub(super) enum State {
    /// All that was ever counted.
    Count(f64),
    Gauge(f64),
    Histogram(Histogram),
    /// When each member was last named, by its hash.
    Set(HashMap<u64, i64>),
}

/// A histogram with fixed bounds.
#[derive(Debug)]
pub(super) struct Histogram {
    /// Of each bucket alone; the last is beyond all bounds.
    buckets: Vec<f64>,
    sum: f64,
    /// The largest since the last flush.
    max: Option<f64>,
    /// The last flush told one.
    max_told: bool,
}

/// What a state is told as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    Gauge,
    /// Timers are in seconds and have bounds of their own.
    Timer,
    Distribution,
    Set,
}

impl Value<'_> {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Count(_) => Kind::Count,
            Self::Gauge(_) | Self::GaugeChange(_) => Kind::Gauge,
            Self::Timer(_) => Kind::Timer,
            Self::Distribution(_) => Kind::Distribution,
            Self::Member(_) => Kind::Set,
        }
    }
}

impl Kind {
    pub(super) const fn is_histogram(self) -> bool {
        matches!(self, Self::Timer | Self::Distribution)
    }

    pub(super) fn state(self, bounds: &[f64]) -> State {
        match self {
            Self::Count => State::Count(0.0),
            Self::Gauge => State::Gauge(0.0),
            Self::Timer | Self::Distribution => State::Histogram(Histogram {
                buckets: vec![0.0; bounds.len() + 1],
                sum: 0.0,
                max: None,
                max_told: false,
            }),
            Self::Set => State::Set(HashMap::new()),
        }
    }
}

impl State {
    /// Adds a measurement of the same kind.
    pub(super) fn add(&mut self, measurement: &Measurement<'_>, bounds: &[f64], now: i64) {
        let weight = 1.0 / measurement.rate;
        match (self, measurement.value) {
            (Self::Count(all), Value::Count(more)) => *all += more * weight,
            (Self::Gauge(value), Value::Gauge(now)) => *value = now,
            (Self::Gauge(value), Value::GaugeChange(change)) => *value += change,
            (Self::Histogram(histogram), Value::Timer(ms)) => histogram.add(ms / 1e3, weight, bounds),
            (Self::Histogram(histogram), Value::Distribution(value)) => histogram.add(value, weight, bounds),
            (Self::Set(members), Value::Member(member)) => {
                let mut hasher = DefaultHasher::new();
                member.hash(&mut hasher);
                let hash = hasher.finish();
                if members.len() < MEMBERS_MAX || members.contains_key(&hash) {
                    members.insert(hash, now);
                }
            }
            _ => {}
        }
    }

    /// Tells every sample: the suffix of the metric, the upper bound of a bucket, and the value.
    pub(super) fn tell(&mut self, bounds: &[f64], now: i64, mut tell: impl FnMut(&str, Option<f64>, f64)) {
        match self {
            Self::Count(value) | Self::Gauge(value) => tell("", None, *value),
            Self::Histogram(histogram) => histogram.tell(bounds, tell),
            Self::Set(members) => {
                members.retain(|_, named| now - *named < MEMBER_MS);
                tell("", None, members.len() as f64);
            }
        }
    }

    /// True when it only grows, so that its first sample needs a beginning.
    pub(super) const fn is_cumulative(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Histogram(_))
    }
}

impl Histogram {
    fn add(&mut self, value: f64, weight: f64, bounds: &[f64]) {
        let place = bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket += weight;
        }
        self.sum += value * weight;
        self.max = Some(self.max.map_or(value, |max| max.max(value)));
    }

    fn tell(&mut self, bounds: &[f64], mut tell: impl FnMut(&str, Option<f64>, f64)) {
        let mut all = 0.0;
        for (bucket, bound) in self.buckets.iter().zip(bounds.iter().copied().chain([f64::INFINITY])) {
            all += bucket;
            tell("_bucket", Some(bound), all);
        }
        tell("_sum", None, self.sum);
        tell("_count", None, all);
        let ended = std::mem::replace(&mut self.max_told, self.max.is_some()).then_some(STALE);
        // A gauge of nothing is none.
        if let Some(value) = self.max.take().or(ended) {
            tell(MAX_SUFFIX, None, value);
        }
    }
}
