//! The samples that stores are compared with: this machine's counters, recorded and replicated, and business
//! counters.
//!
//! Each replicated server takes the recorded steps in an order of its own, with noise, so its series move as a
//! host's do and no two are the same. Transactions are Poisson.

use super::BenchError;
use std::collections::BTreeMap;
use std::time::Duration;

/// Samples of one request, as Prometheus sends them by default.
const PER_REQUEST: usize = 2_000;
/// Services of each server, two counters each.
const SERVICES: usize = 20;
/// Seeds the noise: every server under test gets the same samples.
const SEED: u64 = 7_400;

/// See the module.
pub(super) struct Dataset {
    /// Labels of every series, encoded as in a request, server by server.
    labels: Vec<Vec<u8>>,
    /// `metric|label|value…` of the series of one server.
    names: Vec<String>,
    /// Steps of the recorded series from second to second, and where each begins.
    steps: Vec<Vec<f64>>,
    first: Vec<f64>,
    servers: usize,
    seconds: usize,
    /// The first second, in ms since the Unix epoch.
    since: i64,
}

impl Dataset {
    /// Records for some seconds, then stands for `seconds` of as many servers.
    pub(super) async fn record(recorded: u64, servers: usize, seconds: usize) -> Result<Self, BenchError> {
        let mut rows: Vec<BTreeMap<String, f64>> = Vec::new();
        let mut timer = tokio::time::interval(Duration::from_secs(1));
        for _ in 0..=recorded {
            timer.tick().await;
            rows.push(read_host());
        }
        let names: Vec<&String> =
            rows[0].keys().filter(|name| rows.iter().all(|row| row.contains_key(*name))).collect();
        if names.is_empty() {
            return Err(BenchError::Strange("nothing could be read from /proc".into()));
        }
        let first = names.iter().map(|name| rows[0][*name]).collect();
        let steps =
            rows.windows(2).map(|pair| names.iter().map(|name| pair[1][*name] - pair[0][*name]).collect());
        let steps = steps.collect();
        let business = (0..SERVICES).flat_map(|service| {
            ["service_transactions_total", "service_errors_total"]
                .map(|metric| format!("{metric}|service|MC_{service:02}"))
        });
        let names: Vec<String> = names.iter().copied().cloned().chain(business).collect();
        let labels =
            (0..servers).flat_map(|server| names.iter().map(move |name| encoded_labels(name, server)));
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        let now = i64::try_from(now).unwrap_or(0) / 1_000 * 1_000;
        Ok(Self {
            labels: labels.collect(),
            names,
            steps,
            first,
            servers,
            seconds,
            since: now - i64::try_from(seconds).unwrap_or(0) * 1_000,
        })
    }

    pub(super) fn series(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn samples(&self) -> usize {
        self.labels.len() * self.seconds
    }

    /// The end of the last second, in ms since the Unix epoch.
    pub(super) fn until(&self) -> i64 {
        self.since + i64::try_from(self.seconds).unwrap_or(0) * 1_000
    }

    /// Requests: protobuf, packed by snappy; second after second.
    pub(super) fn bodies(&self) -> impl Iterator<Item = Vec<u8>> {
        self.values().flat_map(|(time, values)| {
            let chunks = self.labels.chunks(PER_REQUEST).zip(values.chunks(PER_REQUEST));
            chunks.map(|(labels, values)| request(labels, values, time)).collect::<Vec<_>>()
        })
    }

    /// The values of all series, second after second.
    pub(super) fn values(&self) -> impl Iterator<Item = (i64, Vec<f64>)> {
        let per_server = self.labels.len() / self.servers;
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut values: Vec<f64> = (0..self.labels.len())
            .map(|series| self.first.get(series % per_server).copied().unwrap_or(0.0))
            .collect();
        (0..self.seconds).map(move |second| {
            let time = self.since + i64::try_from(second).unwrap_or(0) * 1_000;
            for (series, value) in values.iter_mut().enumerate() {
                let (server, place) = (series / per_server, series % per_server);
                let step = &self.steps[(second + server * 7) % self.steps.len()];
                *value += match step.get(place) {
                    Some(step) => noisy(*step, &mut random),
                    None => business(place - step.len(), &mut random),
                };
            }
            (time, values.clone())
        })
    }

    /// Series that change at most seconds, and business counters: place, metric and labels of each.
    pub(super) fn varying(&self) -> Vec<Varying> {
        let per_server = self.labels.len() / self.servers;
        let changes = |place: usize| match self.first.get(place) {
            Some(_) => 2 * self.steps.iter().filter(|step| step[place] != 0.0).count() > self.steps.len(),
            None => true,
        };
        let places = (0..self.labels.len()).filter(|series| changes(series % per_server));
        places.map(|series| named(series, &self.names[series % per_server], series / per_server)).collect()
    }
}

/// A series: its place, its metric, its labels.
pub(super) type Varying = (usize, String, Vec<(String, String)>);

fn named(place: usize, name: &str, server: usize) -> Varying {
    let mut labels: Vec<(String, String)> = labels(name, &format!("server-{server:03}"))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let metric = labels.remove(0).1;
    (place, metric, labels)
}

/// A recorded step with a fifth of noise, in the unit that it was counted in.
fn noisy(step: f64, random: &mut fastrand::Rng) -> f64 {
    if step == 0.0 {
        return 0.0;
    }
    let unit = if step.fract() == 0.0 { 1.0 } else { 0.01 };
    (step * (0.8 + 0.4 * random.f64()) / unit).round() * unit
}

/// Transactions of a second, and few errors.
fn business(place: usize, random: &mut fastrand::Rng) -> f64 {
    let mean = if place.is_multiple_of(2) { 20.0 + place as f64 } else { 0.02 };
    // Knuth's method: products of uniform numbers until they fall below e^-mean.
    let limit = f64::exp(-mean);
    let (mut product, mut count) = (random.f64(), 0.0);
    while product > limit {
        product *= random.f64();
        count += 1.0;
    }
    count
}

/// Everything that these files count, by `metric|label|value`.
fn read_host() -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    for line in read("/proc/stat").lines() {
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        for (place, word) in words.take(40).enumerate() {
            let scale = if name.starts_with("cpu") { 100.0 } else { 1.0 };
            put(&mut all, format!("host_{}_total|place|{place}|name|{name}", &name[..3]), word, scale);
        }
    }
    for (path, metric) in [("/proc/meminfo", "host_memory_kib"), ("/proc/vmstat", "host_vm")] {
        for line in read(path).lines() {
            let mut words = line.split_whitespace();
            if let (Some(name), Some(word)) = (words.next(), words.next()) {
                put(&mut all, format!("{metric}|name|{}", name.trim_end_matches(':')), word, 1.0);
            }
        }
    }
    for (path, metric, skip) in [("/proc/diskstats", "host_disk", 3), ("/proc/net/dev", "host_network", 1)] {
        for line in read(path).lines() {
            let line = line.replace(':', " ");
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(device) = words.get(skip - 1) else { continue };
            for (place, word) in words.iter().skip(skip).enumerate() {
                put(&mut all, format!("{metric}|place|{place}|device|{device}"), word, 1.0);
            }
        }
    }
    all
}

fn put(all: &mut BTreeMap<String, f64>, name: String, word: &str, scale: f64) {
    if let Ok(value) = word.parse::<f64>() {
        all.insert(name, value / scale);
    }
}

/// `metric|label|value…` and the server's labels, sorted by name.
fn labels<'a>(name: &'a str, server: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut words = name.split('|');
    let metric = words.next().unwrap_or_default();
    let mut labels = vec![("__name__", metric), ("instance", server), ("job", "bench")];
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        labels.push((name, value));
    }
    labels.sort_unstable();
    labels.into_iter()
}

/// [`labels`] as a request has them.
pub(super) fn encoded_labels(name: &str, server: usize) -> Vec<u8> {
    let server = format!("server-{server:03}");
    let mut bytes = Vec::new();
    for (name, value) in labels(name, &server) {
        let mut label = Vec::new();
        field(&mut label, 0x0a, name.as_bytes());
        field(&mut label, 0x12, value.as_bytes());
        field(&mut bytes, 0x0a, &label);
    }
    bytes
}

/// A request with a sample of each series.
pub(super) fn request(labels: &[Vec<u8>], values: &[f64], time: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut series, mut sample) = (Vec::new(), Vec::new());
    for (labels, value) in labels.iter().zip(values) {
        sample.clear();
        sample.push(0x09);
        sample.extend_from_slice(&value.to_le_bytes());
        sample.push(0x10);
        varint(&mut sample, time.unsigned_abs());
        series.clear();
        series.extend_from_slice(labels);
        field(&mut series, 0x12, &sample);
        field(&mut bytes, 0x0a, &series);
    }
    // The encoder fails on inputs of 4 GiB only.
    snap::raw::Encoder::new().compress_vec(&bytes).unwrap_or_default()
}

fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[expect(clippy::cast_possible_truncation, reason = "seven bits are taken at a time")]
fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_has_hundreds_of_series_and_poisson_has_its_mean() {
        assert!(read_host().len() > 200, "{}", read_host().len());
        let mut random = fastrand::Rng::with_seed(SEED);
        let sum: f64 = (0..2_000).map(|_| business(4, &mut random)).sum();
        assert!((sum / 2_000.0 - 24.0).abs() < 1.0, "{sum}");
    }
}
