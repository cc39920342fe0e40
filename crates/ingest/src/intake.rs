//! What every form shares: the bounds of a series, and the count of what was left out.
//!
//! A form gathers the labels of a series in any order and its samples; the intake sorts what is not sorted,
//! refuses what no series may have, and tells the rest to the sink.

use std::fmt;

/// Where samples go.
pub trait Sink {
    /// A series begins; its samples follow.
    ///
    /// - `labels`: ascending by name, each once and not empty, without the metric.
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]);

    /// A series begins whose labels are written as these bytes, if the sink has heard them before; its samples
    /// follow. False when it has not: then [`Self::series`] begins it.
    fn known(&mut self, _words: &[u8]) -> bool {
        false
    }

    /// A sample of the series that began last, ascending by time; in ms since the Unix epoch.
    fn sample(&mut self, time: i64, value: f64);
}

/// Labels of a series, at most.
pub const LABELS_MAX: usize = 128;
/// Bytes of a metric's or label's name.
pub const LABEL_NAME_MAX: usize = 1_024;
/// Bytes of a label's value.
pub const LABEL_VALUE_MAX: usize = 8_192;
/// Bytes of all names and values of a series.
pub const SERIES_BYTES_MAX: usize = 32_768;
/// Bytes of names and values that one request may make, however often it says the same one.
const ALL_BYTES_MAX: usize = 128 << 20;
/// Samples of one request.
pub(crate) const SAMPLES_MAX: u64 = 2_000_000;

/// The label that holds a metric's name.
pub(crate) const METRIC_NAME: &str = "__name__";

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Series told.
    pub series: u64,
    /// Samples told.
    pub samples: u64,
    /// Samples left out: of series that cannot be, or of kinds that are not kept.
    pub left_out: u64,
    /// Why the first of them was.
    pub reason: Option<String>,
}

impl Outcome {
    /// Counts what was left out.
    pub fn leave_out(&mut self, samples: u64, reason: impl fmt::Display) {
        self.left_out += samples;
        if self.reason.is_none() {
            self.reason = Some(reason.to_string());
        }
    }
}

/// The request holds too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request holds more than {SAMPLES_MAX} samples or {} MiB of labels; send less at once", ALL_BYTES_MAX >> 20)]
pub struct TooMuch;

/// Why a series was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    NoName,
    Name,
    Twice,
    Labels,
    Long,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => write!(f, "a series has no metric name"),
            Self::Name => write!(f, "a label has no name"),
            Self::Twice => write!(f, "a series has a label twice"),
            Self::Labels => write!(f, "a series has more than {LABELS_MAX} labels"),
            Self::Long => write!(
                f,
                "a series is too long: names have at most {LABEL_NAME_MAX} bytes, values {LABEL_VALUE_MAX}, \
                 all together {SERIES_BYTES_MAX}"
            ),
        }
    }
}

/// Labels of a series in any order, its metric among them as `__name__`, and its samples.
#[derive(Debug, Default)]
pub(crate) struct Series<'a> {
    pub(crate) labels: Vec<(&'a str, &'a str)>,
    pub(crate) samples: Vec<(i64, f64)>,
}

/// Between a form and the sink.
pub(crate) struct Intake<'s, S> {
    sink: &'s mut S,
    bytes: usize,
    pub(crate) outcome: Outcome,
}

impl<'s, S: Sink> Intake<'s, S> {
    pub(crate) fn new(sink: &'s mut S) -> Self {
        Self { sink, bytes: 0, outcome: Outcome::default() }
    }

    /// Tells a series, or leaves it out, and empties it.
    pub(crate) fn take(&mut self, series: &mut Series<'_>) -> Result<(), TooMuch> {
        let count = series.samples.len() as u64;
        if count > 0
            && let Err(wrong) = self.tell(series)
        {
            let metric = series.labels.iter().find(|(name, _)| *name == METRIC_NAME);
            let metric: String = metric.map_or("", |(_, value)| value).chars().take(100).collect();
            self.outcome.leave_out(count, format_args!("{wrong} ({metric:?})"));
        }
        self.end(series)
    }

    fn end(&self, series: &mut Series<'_>) -> Result<(), TooMuch> {
        series.labels.clear();
        series.samples.clear();
        let all = self.outcome.samples + self.outcome.left_out;
        if all > SAMPLES_MAX || self.bytes > ALL_BYTES_MAX { Err(TooMuch) } else { Ok(()) }
    }

    fn tell_samples(&mut self, samples: &mut [(i64, f64)]) {
        if !samples.is_sorted_by_key(|(time, _)| *time) {
            samples.sort_by_key(|(time, _)| *time);
        }
        for (time, value) in &*samples {
            self.sink.sample(*time, *value);
        }
        self.outcome.series += 1;
        self.outcome.samples += samples.len() as u64;
    }

    /// Tells the samples of a series by the words of its sender and empties it, when the sink has heard them before.
    pub(crate) fn take_known(&mut self, words: &[u8], series: &mut Series<'_>) -> Result<bool, TooMuch> {
        if series.samples.is_empty() || !self.sink.known(words) {
            return Ok(false);
        }
        self.bytes += words.len();
        self.tell_samples(&mut series.samples);
        self.end(series)?;
        Ok(true)
    }

    fn tell(&mut self, series: &mut Series<'_>) -> Result<(), Wrong> {
        let Series { labels, samples } = series;
        let (sorted, empty) = self.check(labels)?;
        if !sorted {
            labels.sort_unstable();
            if labels.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(Wrong::Twice);
            }
        }
        let place = match labels.first() {
            // Mostly the first: only capitals sort before it.
            Some((METRIC_NAME, _)) => 0,
            _ => labels.binary_search_by(|(name, _)| (*name).cmp(METRIC_NAME)).map_err(|_| Wrong::NoName)?,
        };
        let metric = labels[place].1;
        if metric.len() > LABEL_NAME_MAX {
            return Err(Wrong::Long);
        }
        if metric.is_empty() {
            return Err(Wrong::NoName);
        }
        if place == 0 && !empty {
            self.sink.series(metric, &labels[1..]);
        } else {
            labels.remove(place);
            // An empty label is the same as none.
            labels.retain(|(_, value)| !value.is_empty());
            self.sink.series(metric, labels);
        }
        self.tell_samples(samples);
        Ok(())
    }

    /// Checks the bounds of labels; whether they are sorted, each once, and whether any is empty.
    fn check(&mut self, labels: &[(&str, &str)]) -> Result<(bool, bool), Wrong> {
        let Checked { sorted, empty, bytes } = check(labels)?;
        self.bytes += bytes;
        if bytes > SERIES_BYTES_MAX { Err(Wrong::Long) } else { Ok((sorted, empty)) }
    }
}

/// What was seen of labels.
struct Checked {
    sorted: bool,
    empty: bool,
    bytes: usize,
}

fn check(labels: &[(&str, &str)]) -> Result<Checked, Wrong> {
    // The metric is one of them here.
    if labels.len() > LABELS_MAX + 1 {
        return Err(Wrong::Labels);
    }
    let (mut sorted, mut empty, mut bytes, mut last) = (true, false, 0, "");
    for (name, value) in labels {
        sorted &= is_before(last, name);
        empty |= value.is_empty();
        last = name;
        bytes += name.len() + value.len();
        if name.len() > LABEL_NAME_MAX || value.len() > LABEL_VALUE_MAX {
            return Err(Wrong::Long);
        }
        if name.is_empty() {
            return Err(Wrong::Name);
        }
    }
    Ok(Checked { sorted, empty, bytes })
}

/// Checks a series whose labels are sorted, each once and not empty, its metric among them.
pub(crate) fn check_series(labels: &[(&str, &str)]) -> Result<(), Wrong> {
    let metric = labels.iter().find(|(name, _)| *name == METRIC_NAME).ok_or(Wrong::NoName)?;
    let bytes = check(labels)?.bytes;
    if bytes > SERIES_BYTES_MAX || metric.1.len() > LABEL_NAME_MAX { Err(Wrong::Long) } else { Ok(()) }
}

/// True when a name sorts before another; mostly its first byte says it, which is far cheaper than a comparison.
#[inline]
pub fn is_before(name: &str, other: &str) -> bool {
    match (name.as_bytes().first(), other.as_bytes().first()) {
        (Some(one), Some(two)) if one != two => one < two,
        _ => name < other,
    }
}

/// A name as Prometheus wants them: letters, digits, underscores, no digit first; a metric's may have colons.
/// Anything else becomes an underscore.
pub(crate) fn push_name(out: &mut String, name: &str, colons: bool) {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        out.push('_');
    }
    out.extend(name.chars().map(|character| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => character,
        ':' if colons => character,
        _ => '_',
    }));
}

/// A series' name with its labels, and its samples.
#[cfg(test)]
pub(crate) type Samples = (String, Vec<(i64, f64)>);

/// Everything that was told, for tests.
#[cfg(test)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told(pub(crate) Vec<Samples>);

#[cfg(test)]
impl Sink for Told {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0), "{labels:?}");
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.0.push((format!("{metric}{{{}}}", labels.join(",")), Vec::new()));
    }

    fn sample(&mut self, time: i64, value: f64) {
        self.0.last_mut().unwrap().1.push((time, value));
    }
}
