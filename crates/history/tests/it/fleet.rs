//! Series as a monitored fleet makes them, with all that goes wrong in one: counters that begin again, samples
//! that are late or missing, series that end, values that are no numbers.
//!
//! Shared between the tests inside the crate and those outside: `history` is the crate, however it is named.

use super::history::promql::STALE_BITS;
use super::history::{Aggregate, Budget, Labels, Selection, SeriesSamples, Source, SourceError};
use topmast_model::sample::Series;

/// First time of a sample, in ms since the Unix epoch; not on a full minute.
pub(crate) const START: i64 = 1_700_000_007_000;
/// Usual distance of samples, in ms.
pub(crate) const INTERVAL: i64 = 15_000;
/// Samples of a series that misses none: two hours, which Prometheus keeps in its head.
pub(crate) const SAMPLES: i64 = 480;

/// Series in memory.
pub(crate) struct Fleet(pub(crate) Vec<SeriesSamples>);

impl Source for Fleet {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let mut found = Vec::new();
        for samples in &self.0 {
            if !samples.series.accepted_by(selection.matchers) {
                continue;
            }
            let from = samples.times.partition_point(|time| *time < selection.from);
            let until = samples.times.partition_point(|time| *time <= selection.until);
            budget.charge((until - from) as u64)?;
            let mut values = samples.values[from..until].to_vec();
            if selection.aggregate == Aggregate::Count {
                values
                    .iter_mut()
                    .filter(|value| value.to_bits() != STALE_BITS)
                    .for_each(|value| *value = 1.0);
            }
            if from < until {
                found.push(SeriesSamples {
                    series: samples.series.clone(),
                    times: samples.times[from..until].into(),
                    values,
                });
            }
        }
        found.sort_by_cached_key(|samples| samples.series.to_series());
        Ok(found)
    }
}

/// Makes the fleet of a seed.
pub(crate) fn fleet(seed: u64) -> Fleet {
    let mut maker = Maker { random: fastrand::Rng::with_seed(seed), made: Vec::new() };
    for (job, instances) in [("api", 3), ("web", 2)] {
        for instance in 0..instances {
            maker.host(job, &format!("i{instance}"));
        }
    }
    for room in ["attic", "cellar", "hall", "yard"] {
        maker.room(room);
    }
    for (metric, samples) in [("first", 0..200), ("second", 260..480)] {
        maker.add(metric, &[("role", "leader")], samples, |_, n| n as f64);
    }
    maker.add("constant", &[("zone", "")], 0..SAMPLES, |_, _| 42.0);
    maker.add("colour:ratio:rate5m", &[("shade", "ä\"\\\n€")], 0..SAMPLES, |random, _| random.f64());
    Fleet(maker.made)
}

struct Maker {
    random: fastrand::Rng,
    made: Vec<SeriesSamples>,
}

impl Maker {
    /// What a service on one host says of itself.
    fn host(&mut self, job: &str, instance: &str) {
        let base = [("job", job), ("instance", instance)];
        let with = |more: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
            base.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (code, speed) in [("200", 40.0), ("404", 3.0), ("500", 0.3)] {
            let mut total = self.random.f64() * 100.0;
            self.add_owned("requests_total", &with(&[("code", code)]), 0..SAMPLES, |random, _| {
                total += (random.f64() * speed).floor();
                if random.u8(..) == 0 {
                    total = (random.f64() * speed).floor();
                }
                total
            });
        }
        let mut counts = [0.0_f64; 5];
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 5];
        for _ in 0..SAMPLES {
            for _ in 0..self.random.u8(0..20) {
                let bucket = self.random.usize(0..5);
                counts[bucket..].iter_mut().for_each(|count| *count += 1.0);
            }
            columns.iter_mut().zip(counts).for_each(|(column, count)| column.push(count));
        }
        for (le, column) in ["0.1", "0.5", "1", "2.5", "+Inf"].into_iter().zip(columns) {
            let value = |_: &mut fastrand::Rng, n: i64| column[usize::try_from(n).unwrap()];
            self.add_owned("latency_seconds_bucket", &with(&[("le", le)]), 0..SAMPLES, value);
        }
        self.add_owned("memory_bytes", &with(&[]), 0..SAMPLES, |random, n| {
            2e9 + 1e6 * n as f64 + (random.f64() * 1e8).floor()
        });
        self.add_owned("limit_bytes", &with(&[]), 0..SAMPLES, |_, _| 4e9);
        let version = if self.random.bool() { "1.10" } else { "1.9" };
        self.add_owned("build_info", &with(&[("version", version)]), 0..SAMPLES, |_, _| 1.0);
        self.add_owned("up", &with(&[]), 0..SAMPLES, |random, _| f64::from(u8::from(random.u8(..) > 20)));
    }

    /// A thermometer, which sometimes ends, and sometimes reads nonsense.
    fn room(&mut self, room: &str) {
        let mut degrees = self.random.f64() * 20.0;
        self.add("temperature_celsius", &[("room", room)], 0..SAMPLES, |random, _| {
            degrees += random.f64() - 0.5;
            degrees
        });
        self.add("odd", &[("room", room)], 0..SAMPLES, |random, n| match random.u8(0..20) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3..=8 => -(n as f64),
            9..=12 => 0.0,
            _ => (random.f64() - 0.5) * 3.0,
        });
        self.add("level", &[("room", room)], 0..SAMPLES, |random, _| f64::from(random.u8(0..4)));
    }

    fn add(
        &mut self,
        metric: &str,
        labels: &[(&str, &str)],
        samples: std::ops::Range<i64>,
        value: impl FnMut(&mut fastrand::Rng, i64) -> f64,
    ) {
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.add_owned(metric, &labels, samples, value);
    }

    fn add_owned(
        &mut self,
        metric: &str,
        labels: &[(String, String)],
        samples: std::ops::Range<i64>,
        mut value: impl FnMut(&mut fastrand::Rng, i64) -> f64,
    ) {
        let mut times = Vec::new();
        let mut values = Vec::new();
        let mut missing = 0_u32;
        // Half of the series are sampled to the millisecond; the others drift.
        let drifts = self.random.bool();
        for n in samples {
            let next = value(&mut self.random, n);
            let time = START + n * INTERVAL + if drifts { self.random.i64(0..4_000) } else { 0 };
            if missing > 0 {
                missing -= 1;
                continue;
            }
            times.push(time);
            match self.random.u8(..) {
                // An end, and some time of nothing.
                0 => {
                    values.push(f64::from_bits(STALE_BITS));
                    missing = self.random.u32(0..40);
                }
                // A gap without an end.
                1..=3 => {
                    values.push(next);
                    missing = self.random.u32(0..30);
                }
                _ => values.push(next),
            }
        }
        let labels = labels.iter().filter(|(_, value)| !value.is_empty());
        let series = Series::new(metric, labels.map(|(name, value)| (name.as_str(), value.as_str())));
        self.made.push(SeriesSamples { series: Labels::of(&series), times: times.into(), values });
    }
}
